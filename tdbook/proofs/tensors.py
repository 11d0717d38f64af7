"""Section 2: inner products of powers, and the dimension of the symmetric tensors."""

from __future__ import annotations

from sympy import Expr, Integer, Sum, Symbol, binomial, combsimp, expand_func, gamma, gammasimp, sympify
from sympy.tensor.indexed import IndexedBase

from tdbook.proofs.algebra import Inner, N, d, l
from tdbook.proofs.identity import Identity, identity, shows

k, q, p = (Symbol(name, integer=True, nonnegative=True) for name in "k q p".split())
u, v, X, Y = (IndexedBase(name) for name in "u v X Y".split())


def _inner(x: str, y: str) -> Expr:
    return Inner(Symbol(x), 0, Symbol(y), 0)


@shows("tensor-inner")
def tensor_inner_base() -> Identity:
    r"""The start of the induction on the order: at l = 1 the claim is the definition of the inner product."""
    entries = Sum(u[k] * v[k], (k, 1, d))
    return identity(
        r"\sum_{k\le d}u_kv_k=\langle u,v\rangle",
        route="components, d symbolic; start of the induction on l",
        free=("d",),
        left=entries,
        right=_inner("u", "v"),
        mutants={
            "twice the right-hand side": 2 * _inner("u", "v"),
            "the square": _inner("u", "v") ** 2,
            "the length of u": _inner("u", "u"),
        },
    )


@shows("tensor-inner")
def tensor_inner_step() -> Identity:
    r"""The step from l to l+1: entries of :math:`X\otimes u` are products, so the inner products multiply.

    X and Y stand for vec of :math:`u^{\otimes l}` and :math:`v^{\otimes l}` with N = d^l entries. One sum
    over the pairs (k, q) runs over all entries of the next order; it factorises. With the hypothesis <X, Y> =
    <u, v>^l the right-hand side is <u, v>^(l+1).
    """
    entries = Sum(X[k] * u[q] * Y[k] * v[q], (k, 1, N), (q, 1, d))
    product = _inner("X", "Y") * _inner("u", "v")
    return identity(
        r"\langle X\otimes u,\,Y\otimes v\rangle=\langle X,Y\rangle\langle u,v\rangle,\ "
        r"\text{so }\langle X,Y\rangle=\langle u,v\rangle^{l}\text{ gives }\langle u,v\rangle^{l+1}",
        route="components, d and N = d^l symbolic; step of the induction on l",
        free=("d", "N"),
        left=entries,
        right=product,
        mutants={
            "sum instead of product": _inner("X", "Y") + _inner("u", "v"),
            "exponent 2 at the last factor": product * _inner("u", "v"),
            "the last factor dropped": _inner("X", "Y"),
        },
    )


def _dimension(n: Expr | int, order: Expr | int) -> Expr:
    """C(n + order - 1, order), written with gamma functions."""
    n, order = sympify(n), sympify(order)
    return gamma(n + order) / (gamma(n) * gamma(order + 1))


def _by_gamma(expr: Expr) -> Expr:
    return gammasimp(expand_func(expr))


@shows("sym-dim")
def sym_dim_recurrence() -> Identity:
    r"""Sorted index tuples either avoid the value d or begin with it: N(d, l) = N(d-1, l) + N(d, l-1).

    Symmetric tensors have one free entry for each sorted index tuple of length l over [d], so the dimension
    obeys that recurrence; with the two edges of :func:`sym_dim_edges` it determines N, and the closed form
    satisfies it.
    """
    closed = _dimension(d, l)
    return identity(
        r"\binom{d+l-1}{l}=\binom{d+l-2}{l}+\binom{d+l-2}{l-1}",
        route="recurrence over sorted index tuples; gamma functions",
        free=("l", "d"),
        left=closed,
        right=_dimension(d - 1, l) + _dimension(d, l - 1),
        mutants={
            "both terms of lower dimension": _dimension(d - 1, l) + _dimension(d - 1, l - 1),
            "without the first term": _dimension(d, l - 1),
            "difference instead of sum": _dimension(d, l - 1) - _dimension(d - 1, l),
        },
        form=_by_gamma,
    )


@shows("sym-dim")
def sym_dim_edges() -> Identity:
    r"""The edges of the recurrence: one scalar (l = 0) for every d, one entry (d = 1) for every l."""
    return identity(
        r"\Bigl(\binom{d-1}{0}-1\Bigr)^2+\Bigl(\binom{l}{l}-1\Bigr)^2=0",
        route="recurrence over sorted index tuples; gamma functions",
        free=("l", "d"),
        left=(_dimension(d, 0) - 1) ** 2 + (_dimension(1, l) - 1) ** 2,
        right=Integer(0),
        mutants={
            "N(d, 0) = d": (_dimension(d, 0) - d) ** 2 - (_dimension(d, 0) - 1) ** 2,
            "N(1, l) = l": (_dimension(1, l) - l) ** 2 - (_dimension(1, l) - 1) ** 2,
        },
        form=_by_gamma,
    )


@shows("sym-dim")
def sym_dim_product() -> Identity:
    r"""From order l to l+1 the dimension grows by (d+l)/(l+1), so :math:`l!\,N=\prod_{p<l}(d+p)`."""
    return identity(
        r"(l+1)\binom{d+l}{l+1}=(d+l)\binom{d+l-1}{l},\ \text{hence}\ \binom{d+l-1}{l}=\frac{1}{l!}"
        r"\prod_{p<l}(d+p)",
        route="ratio of consecutive orders; gamma functions",
        free=("l", "d"),
        left=(l + 1) * _dimension(d, l + 1),
        right=(d + l) * _dimension(d, l),
        mutants={
            "factor d+l+1": (d + l + 1) * _dimension(d, l),
            "factor d": d * _dimension(d, l),
        },
        form=_by_gamma,
    )


@shows("sym-dim")
def sym_dim_growth() -> Identity:
    r"""Each factor of the product lies between d and d(1+p): the gaps are p and p(d-1), visibly non-negative.

    Hence d^l/l! <= N <= d^l, which is Theta(d^l) at fixed l, with constants. Two identities in one: x and y
    are free.
    """
    x, y = Symbol("x"), Symbol("y")
    return identity(
        r"x\,[(d+p)-d]+y\,[d(1+p)-(d+p)]=x\,p+y\,p(d-1),\ \text{so}\ \frac{d^l}{l!}\le\binom{d+l-1}{l}\le "
        r"d^l",
        route="both gaps of each factor, as coefficients of two free symbols",
        free=("d", "p"),
        left=x * ((d + p) - d) + y * (d * (1 + p) - (d + p)),
        right=x * p + y * p * (d - 1),
        mutants={
            "upper gap p d": x * p + y * p * d,
            "lower gap p - 1": x * (p - 1) + y * p * (d - 1),
        },
    )


@shows("sym-dim")
def sym_dim_binomial() -> Identity:
    r"""The gamma form used above is the binomial coefficient."""
    return identity(
        r"\frac{\Gamma(d+l)}{\Gamma(d)\,\Gamma(l+1)}=\binom{d+l-1}{l}",
        route="gamma functions",
        free=("l", "d"),
        left=_dimension(d, l),
        right=binomial(d + l - 1, l),
        mutants={
            "C(d+l, l)": binomial(d + l, l),
            "C(d+l-1, l-1)": binomial(d + l - 1, l - 1),
        },
        form=lambda expr: combsimp(gammasimp(expr.rewrite(gamma))),
    )
