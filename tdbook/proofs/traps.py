"""Identities of the chapter on bad local minima."""

from __future__ import annotations

from sympy import (
    Expr,
    Function,
    Rational,
    Sum,
    Symbol,
    diff,
)

from tdbook.proofs import setting as model
from tdbook.proofs.algebra import PowerSum, family, l, m, r
from tdbook.proofs.identity import Identity, identity, shows
from tdbook.proofs.objective import choose, x, y
from tdbook.proofs.setting import i, j, k, lam, u

# e_1 is e(), and e_2 .. e_{r+1} are f(1) .. f(r). S_j is the sum of e_1^(l-2) e_j^2 over its C(l, 2)
# placements: the coefficient of x^2 in (e_1 + x f_j)^(x l), so that pairing with it is a second derivative at
# x = 0.
e, f, w = family("e"), family("f"), family("w")


alpha = Function("alpha", real=True)


def _with_missing(tensor: PowerSum) -> Expr:
    r"""<tensor, sum over j of S_j>."""
    curve = PowerSum.power(1, e() + x * f(j), (j, r))
    return diff(tensor.inner(curve), x, 2).subs(x, 0) / 2


def _missing_norm() -> Expr:
    r"""The squared norm of the sum of S_j; <S_j, S_k> is the x^2 z^2 coefficient of (1 + x z delta_jk)^l."""
    x2 = Symbol("x_2")
    first, second = PowerSum.power(1, e() + x * f(j), (j, r)), PowerSum.power(1, e() + x2 * f(k), (k, r))
    return diff(first.inner(second), x, 2, x2, 2).subs({x: 0, x2: 0}) / 4


@shows("thm2")
def thm2_placements() -> Identity:
    r"""Pairing a power with S_j counts its placements: :math:`\langle y^{\otimes l},S_j\rangle`."""
    straight = y().dot(e())
    squares = Sum(y().dot(f(j)) ** 2, (j, 1, r))
    return identity(
        r"\Bigl\langle y^{\otimes l},\sum_jS(e_1^{l-2}e_j^2)\Bigr\rangle=\binom l2y_1^{l-2}\sum_{j=2}^{r"
        r"+1}y_j^2",
        route="S_j as the coefficient of x^2 in (e_1 + x e_j)^l",
        free=("l", "d", "r"),
        left=_with_missing(PowerSum.power(1, y())),
        right=choose(l, 2) * straight ** (l - 2) * squares,
        mutants={
            "l (l-1) placements": l * (l - 1) * straight ** (l - 2) * squares,
            "exponent l-1": choose(l, 2) * straight ** (l - 1) * squares,
        },
    )


@shows("thm2")
def thm2_value() -> Identity:
    r"""The value at the trap: half the squared norm of the residual, which is r C(l, 2)."""
    return identity(
        r"\tfrac12\Bigl\|\sum_jS(e_1^{l-2}e_j^2)\Bigr\|_F^2=\frac{l(l-1)r}{4}",
        route="S_j as the coefficient of x^2 in (e_1 + x e_j)^l",
        free=("l", "d", "r"),
        left=_missing_norm() / 2,
        right=l * (l - 1) * r / 4,
        mutants={
            "l (l-1) r / 2": l * (l - 1) * r / 2,
            "r squared": l * (l - 1) * r**2 / 4,
            "one term too many": l * (l - 1) * (r + 1) / 4,
        },
    )


@shows("thm2")
def thm2_identity() -> Identity:
    r"""Theorem 2 in one line: the loss near the trap, minus its value there, is a sum of terms of one sign.

    Columns u'_i = alpha_i e_1 + w_i with w_i orthogonal to e_1, coefficients c'_i; the target is T* = T - sum
    of S_j with T = e_1^(x l). All terms are non-negative as long as c'_i alpha_i^(l-2) >= 0: the cone.
    """
    coefficient = model.vanilla_weight
    start = PowerSum.power(1, e())
    after = PowerSum.power(coefficient(i), alpha(i) * e() + w(i), (i, m))
    # T' - T* = (T' - T) + sum S_j, and at the start the residual is sum S_j alone.
    change = after - start
    left = (change.norm2() + 2 * _with_missing(change) + _missing_norm()) / 2 - _missing_norm() / 2
    quadratic = Sum(coefficient(i) * alpha(i) ** (l - 2) * w(i).dot(f(j)) ** 2, (i, 1, m), (j, 1, r))
    return identity(
        r"f'-f=\binom l2\sum_ic'_i\alpha_i^{l-2}\sum_{j=2}^{r+1}w_{ij}^2+\tfrac12\|T'-T\|_F^2",
        route="inner products; S_j as the coefficient of x^2 in (e_1 + x e_j)^l",
        free=("l", "d", "m", "r"),
        left=left,
        right=choose(l, 2) * quadratic + change.norm2() / 2,
        mutants={
            "factor l (l-1)": l * (l - 1) * quadratic + change.norm2() / 2,
            "exponent l-1 at alpha": choose(l, 2)
            * Sum(coefficient(i) * alpha(i) ** (l - 1) * w(i).dot(f(j)) ** 2, (i, 1, m), (j, 1, r))
            + change.norm2() / 2,
            "w_ij instead of its square": choose(l, 2)
            * Sum(coefficient(i) * alpha(i) ** (l - 2) * w(i).dot(f(j)), (i, 1, m), (j, 1, r))
            + change.norm2() / 2,
            "without the last term": choose(l, 2) * quadratic,
        },
    )


@shows("thm2-homogeneous")
def thm2_homogeneous_identity() -> Identity:
    r"""Appendix B's promise: the same trap for the 2-homogeneous loss, all signs +1, c = 1/||u||.

    T* = e_1^(x l) - sum of S_j; the trap is u_i = s_i e_1 with the squares of the s_i adding to 1 - lambda.
    """

    def weight(index: Expr) -> Expr:
        return u(index).norm() ** (2 - l)

    fit = PowerSum.power(weight(i), u(i), (i, m))
    trap = PowerSum.power(1 - lam, e())
    change = fit - PowerSum.power(1, e())  # T - T* = change + sum of S_j
    loss = (change.norm2() + 2 * _with_missing(change) + _missing_norm()) / 2 + lam * Sum(u(i).dot(u(i)), (i, 1, m))
    value = l * (l - 1) * r / 4 + lam - lam**2 / 2
    straight, length = u(i).dot(e()), u(i).norm()
    off_axis = Sum(u(i).dot(f(j)) ** 2, (j, 1, r))

    half, pairs = Rational(1, 2), choose(l, 2)

    def claimed(half: Expr = half, choose: Expr = pairs, power: Expr = l, value: Expr = value) -> Expr:
        pull = lam * (length**l - straight**power) + choose * straight ** (l - 2) * off_axis
        return value + half * (fit - trap).norm2() + Sum(weight(i) * pull, (i, 1, m))

    return identity(
        r"f-f_0=\tfrac12\|T-(1-\lambda)e_1^{\otimes l}\|^2+\sum_in_i^{2-l}\Bigl[\lambda(n_i^l-(u_i)_1^l)"
        r"+\binom l2(u_i)_1^{l-2}\|Pu_i\|^2\Bigr],\quad f_0=\tfrac{l(l-1)r}4+\lambda-\tfrac{\lambda^2}2",
        route="inner products; S_j as the coefficient of x^2 in (e_1 + x e_j)^l",
        free=("l", "d", "m", "r"),
        left=loss,
        right=claimed(),
        mutants={
            "without the one half": claimed(half=Rational(1)),
            "factor l (l-1)": claimed(choose=l * (l - 1)),
            "exponent l-1 on the axis": claimed(power=l - 1),
            "value without lambda^2": claimed(value=l * (l - 1) * r / 4 + lam),
        },
    )
