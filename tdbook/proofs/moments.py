"""Gaussian moments: uniform directions (Sections 3, 4 and 5).

A uniform direction is a Gaussian vector divided by its length, and independent of that length; so moments on
the sphere are quotients of Gaussian ones, which the divergence theorem gives by a recursion.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import (
    Add,
    Expr,
    Integer,
    Rational,
    S,
    Symbol,
    cancel,
    expand_func,
    factorial,
    gamma,
    gammasimp,
    rf,
)

from tdbook.proofs.algebra import d, family, l
from tdbook.proofs.components import divergence
from tdbook.proofs.identity import Identity, identity, shows

y, z = family("y"), family("z")


def _beta(first: Expr, second: Expr) -> Expr:
    return gamma(first) * gamma(second) / gamma(first + second)


def _rising(start: Expr, length: Expr) -> Expr:
    """start (start+1) ... (start+length-1)."""
    return gamma(start + length) / gamma(start)


# ------------------------------------------------------------------------------------------------------------
# The share of S at initialisation
# ------------------------------------------------------------------------------------------------------------
# u is uniform on a sphere of R^d: a Gaussian vector divided by its length. Its share in S is X/(X+Y) with X =
# |x|^2 for a Gaussian x in R^s and Y likewise in R^(d-s). The share is independent of X+Y, so E share^p = E
# X^p / E (X+Y)^p.
dim_s = Symbol("s", integer=True, positive=True)
power = Symbol("p", integer=True, positive=True)


def _chi_moment(dimension: Expr, p: Expr) -> Expr:
    r"""E |x|^(2p) of a standard Gaussian vector: :math:`2^p\,\Gamma(\tfrac n2+p)/\Gamma(\tfrac n2)`."""
    return 2**p * gamma(dimension / 2 + p) / gamma(dimension / 2)


def _share_moment(p: Expr | int) -> Expr:
    return _chi_moment(dim_s, S(p)) / _chi_moment(d, S(p))


@shows("initial-share")
def share_divergence() -> Identity:
    r"""The divergence of x |x|^(2p); by Stein's identity E|x|^(2p+2) = (n+2p) E|x|^(2p) in R^n."""
    length = y().norm()
    return identity(
        r"\operatorname{div}\bigl(x\|x\|^{2p}\bigr)=(n+2p)\|x\|^{2p},\ \text{so}\ E\|x\|^{2p+2}=(n"
        r"+2p)E\|x\|^{2p}",
        route="components, Gaussian integration by parts",
        free=("n", "p"),
        left=divergence(length ** (2 * power), "y"),  # n = d here
        right=(d + 2 * power) * length ** (2 * power),
        mutants={
            "n + p": (d + power) * length ** (2 * power),
            "n alone": d * length ** (2 * power),
            "n + 2p - 2": (d + 2 * power - 2) * length ** (2 * power),
        },
    )


@shows("initial-share")
def share_chi_moment() -> Identity:
    r"""The Gaussian moments in closed form (1 at p = 0) obey the recursion of :func:`share_divergence`."""
    return identity(
        r"M_{p+1}=(n+2p)M_p,\quad M_p=2^p\,\Gamma(\tfrac n2+p)/\Gamma(\tfrac n2)",
        route="gamma functions",
        free=("n", "p"),
        left=_chi_moment(d, power + 1) / _chi_moment(d, power),
        right=d + 2 * power,
        mutants={"n + p": d + power, "n + 2p + 2": d + 2 * power + 2},
        form=gammasimp,
    )


@shows("initial-share")
def share_beta_moments() -> Identity:
    r"""All moments of the share are those of Beta(s/2, (d-s)/2); moments determine a law on [0, 1]."""

    def moment(first: Expr, second: Expr) -> Expr:
        return _beta(first + power, second) / _beta(first, second)

    # as a quotient: gammasimp brings quotients of gamma functions to a normal form, not sums of them
    share = _share_moment(power)
    return identity(
        r"E\rho^{2p}=\frac{E\chi_s^{2p}}{E\chi_d^{2p}}=\frac{B(\frac s2+p,\frac{d-s}2)}{B(\frac s2,"
        r"\frac{d-s}2)}",
        route="quotient of Gaussian moments; gamma functions",
        free=("s", "d", "p"),
        left=moment(dim_s / 2, (d - dim_s) / 2) / share,
        right=S.One,
        mutants={
            "Beta(s/2+1, (d-s)/2)": (moment(dim_s / 2 + 1, (d - dim_s) / 2) / share, S.One),
            "Beta(s/2, d/2)": (moment(dim_s / 2, d / 2) / share, S.One),
        },
        form=gammasimp,
    )


@shows("initial-share")
def share_mean() -> Identity:
    r"""The mean share of S is s/d."""
    return identity(
        r"E\,\frac{\|P_Su\|^2}{\|u\|^2}=\frac sd",
        route="gamma functions",
        free=("s", "d"),
        left=_share_moment(1),
        right=dim_s / d,
        mutants={"s/(d-s)": dim_s / (d - dim_s), "s/(d+2)": dim_s / (d + 2), "(s/d)^2": dim_s**2 / d**2},
        form=lambda expr: gammasimp(expr).cancel(),
    )


@shows("initial-share")
def share_variance() -> Identity:
    r"""Its variance is 2s(d-s)/(d^2(d+2))."""
    right = 2 * dim_s * (d - dim_s) / (d**2 * (d + 2))
    return identity(
        r"\operatorname{Var}\frac{\|P_Su\|^2}{\|u\|^2}=\frac{2s(d-s)}{d^2(d+2)}",
        route="gamma functions",
        free=("s", "d"),
        left=_share_moment(2) - _share_moment(1) ** 2,
        right=right,
        mutants={
            "half of it": right / 2,
            "d+1 for d+2": right * (d + 2) / (d + 1),
            "s(d-s)/d^2": right * (d + 2) / 2,
        },
        form=lambda expr: gammasimp(expr).cancel(),
    )


# ------------------------------------------------------------------------------------------------------------
# The spectrum of the moment operator (Theorem 1)
# ------------------------------------------------------------------------------------------------------------
# The moment operator of Theorem 1, E vec(w^l) vec(w^l)^T for w uniform on the sphere of R^d, commutes with
# rotations: it acts on |x|^(l-j) H_j (H_j: harmonic polynomials of degree j, l-j even) as a number. By Funk
# and Hecke that number is the mean of t^l P_j(t) over t = <w, e>, and Rodrigues' formula for P_j turns it, by
# j partial integrations, into l!/(l-j)! E[t^(l-j) (1-t^2)^j] / (2^j ((d-1)/2)_j). The law of t has density
# proportional to (1-t^2)^((d-3)/2).
_degree, _pairs = (
    Symbol("j", integer=True, nonnegative=True),
    Symbol("q", integer=True, nonnegative=True),
)  # l = j + 2q


def _eigenvalue(degree: Expr, pairs: Expr) -> Expr:
    """l!/[(l-j)!! d (d+2) ... (d+l+j-2)] at l = j + 2q: the double factorial is 2^q q!."""
    order = degree + 2 * pairs
    return factorial(order) / (2**pairs * factorial(pairs) * 2 ** (degree + pairs) * _rising(d / 2, degree + pairs))


def _quotient_form(expr: Expr) -> Expr:
    return gammasimp(expand_func(expr.rewrite(gamma)))


@shows("thm1-spectrum")
def spectrum_funk_hecke() -> Identity:
    r"""The eigenvalues of the moment operator, from the Funk-Hecke integral (as a quotient of two sides)."""
    half = (d - 1) / 2
    order = _degree + 2 * _pairs
    mean = _beta(_pairs + Rational(1, 2), _degree + half) / _beta(Rational(1, 2), half)
    integral = factorial(order) / factorial(2 * _pairs) * mean / (2**_degree * _rising(half, _degree))
    closed = _eigenvalue(_degree, _pairs)
    return identity(
        r"\lambda_j=\frac{l!}{(l-j)!!\;d(d+2)\cdots(d+l+j-2)}\quad\text{on }|x|^{l-j}\mathcal H_j",
        route="Funk-Hecke, Rodrigues, Beta integral; gamma functions",
        free=("l", "d", "j"),
        left=integral / closed,
        right=Integer(1),
        mutants={
            "without 2^q of the double factorial": (integral / closed * 2**_pairs, Integer(1)),
            "one factor more in the denominator": (
                integral / closed * (d + 2 * _degree + 2 * _pairs),
                Integer(1),
            ),
            "half the factor": (integral / closed / 2, Integer(1)),
        },
        form=_quotient_form,
    )


@shows("thm1-spectrum")
def spectrum_trace() -> Identity:
    r"""Eigenvalues times multiplicities add to E||w^l||^2 = 1: orders 2 to 6, d symbolic."""
    mark = Symbol("x", positive=True)

    def dimension(degree: int) -> Expr:
        return rf(d, degree) / factorial(degree) if degree >= 0 else Integer(0)

    def trace(order: int, multiplicity: Callable[[int], Expr]) -> Expr:
        return Add(
            *[
                multiplicity(j) * expand_func(_eigenvalue(Integer(j), Integer((order - j) // 2)))
                for j in range(order, -1, -2)
            ]
        )

    def total(multiplicity: Callable[[int], Expr]) -> Expr:
        return Add(*[mark**order * trace(order, multiplicity) for order in range(2, 7)])

    right = Add(*[mark**order for order in range(2, 7)])
    return identity(
        r"\sum_j\lambda_j\Bigl[\binom{d+j-1}{j}-\binom{d+j-3}{j-2}\Bigr]=1,\quad l=2,\dots,6",
        route="gamma functions, orders 2 to 6",
        free=("d",),
        left=total(lambda j: dimension(j) - dimension(j - 2)),
        right=right,
        mutants={
            "all polynomials of degree j": (total(dimension), right),
            "one degree further": (total(lambda j: dimension(j) - dimension(j - 1)), right),
        },
        form=lambda expr: cancel(gammasimp(expr.rewrite(gamma))),
    )


@shows("thm1-spectrum")
def spectrum_smallest() -> Identity:
    r"""The smallest eigenvalue times the dimension, kappa of Theorem 1's bounds, by recursion in l."""

    def kappa(order: Expr) -> Expr:
        return _eigenvalue(order, Integer(0)) * gamma(d + order) / (gamma(d) * gamma(order + 1))

    return identity(
        r"\kappa=\frac{l!}{\prod_{i<l}(d+2i)}\binom{d+l-1}{l}=\prod_{i<l}\frac{d+i}{d+2i}:\quad\kappa_{l+1}="
        r"\kappa_l\,\frac{d+l}{d+2l},\ \kappa_0=1",
        route="ratio of consecutive orders; gamma functions",
        free=("l", "d"),
        left=kappa(l + 1) / kappa(l),
        right=(d + l) / (d + 2 * l),
        mutants={"(d+l)/(d+l+1)": (d + l) / (d + l + 1), "d/(d+2l)": d / (d + 2 * l)},
        form=lambda expr: cancel(gammasimp(expr.rewrite(gamma))),
    )


# ------------------------------------------------------------------------------------------------------------
# How much a random direction sees of a tensor (before Lemma 6)
# ------------------------------------------------------------------------------------------------------------
# w uniform on the sphere of R^n, x = |x| w Gaussian: E<A, w^l>^2 = E<A, x^l>^2 / M_n with
# M_n = E|x|^(2l) = n (n+2) ... (n+2l-2).
_n = Symbol("n", integer=True, positive=True)


@shows("correlation-rms")
def rms_power() -> Identity:
    r"""For A = v^l, v unit, the mean square is (2l-1)!!/M_n: <v, w>^2 is Beta(1/2, (n-1)/2)."""

    first, rest = Rational(1, 2), (_n - 1) / 2
    mean = _beta(first + l, rest) / _beta(first, rest)
    double_factorial = _chi_moment(S.One, l)  # (2l-1)!! = E g^(2l)
    return identity(
        r"E\langle v,w\rangle^{2l}=\frac{(2l-1)!!}{n(n+2)\cdots(n+2l-2)}",
        route="quotient of Gaussian moments; gamma functions",
        free=("l", "n"),
        left=mean * _chi_moment(_n, l) / double_factorial,
        right=S.One,
        mutants={
            "denominator n^l": (mean * _n**l / double_factorial, S.One),
            "one factor more in the denominator": (mean * _chi_moment(_n, l + 1) / double_factorial, S.One),
        },
        form=gammasimp,
    )


@shows("correlation-rms")
def rms_hermite() -> Identity:
    r"""For every A the mean square is at least l! ||A||^2 / M_n.

    <A, He_l(x)> has mean product l! ||A||^2 both with itself and with <A, x^l>; Cauchy-Schwarz does the rest.
    Both products are coefficients of s^l t^l in a generating function. With itself (``hermite-network``) its
    logarithm is s t <y, z>; with x^l, shown here, s^2 ||y||^2/2 is added, which only yields powers of s above
    those of t.
    """
    s, t = Symbol("s", real=True), Symbol("t", real=True)
    both = s * y() + t * z()
    left = both.dot(both) / 2 - t**2 * z().dot(z()) / 2
    right = s * t * y().dot(z()) + s**2 * y().dot(y()) / 2
    return identity(
        r"\log E\,e^{s\langle y,x\rangle}e^{t\langle z,x\rangle-t^2\|z\|^2/2}=st\langle y,z\rangle+"
        r"\tfrac12s^2\|y\|^2,\ "
        r"\text{so}\ E\langle A,x^{\otimes l}\rangle^2\ge l!\,\|A\|_F^2",
        route="generating function; inner products",
        free=("l", "n"),
        left=left,
        right=right,
        mutants={
            "without the last term": s * t * y().dot(z()),
            "twice the product": right + s * t * y().dot(z()),
        },
    )


@shows("correlation-rms")
def rms_size() -> Identity:
    r"""n^l <= M_n <= (2l-1)!! n^l, factor by factor: the root mean square is of order n^(-l/2)."""
    x, z, step = Symbol("x"), Symbol("z"), Symbol("j", integer=True, nonnegative=True)
    return identity(
        r"x\,[(n+2j)-n]+z\,[n(1+2j)-(n+2j)]=2j\,x+2j(n-1)\,z,\ \text{so}\ n^l\le M_n\le(2l-1)!!\,n^l",
        route="both gaps of each factor, as coefficients of two free symbols",
        free=("n", "j"),
        left=x * ((_n + 2 * step) - _n) + z * (_n * (1 + 2 * step) - (_n + 2 * step)),
        right=2 * step * x + 2 * step * (_n - 1) * z,
        mutants={
            "upper gap 2 j n": 2 * step * x + 2 * step * _n * z,
            "lower gap j": step * x + 2 * step * (_n - 1) * z,
        },
    )
