"""Section 5.2: what a step does outside the span of the target (Lemma 5)."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Function, KroneckerDelta, S, Sum, Symbol

from tdbook.proofs import setting as model
from tdbook.proofs.algebra import PowerSum, family, l, m
from tdbook.proofs.identity import Identity, identity, shows
from tdbook.proofs.setting import chat, eta, i, j, lam, u

q, y = family("q"), family("y")


def _q_entry(first: Expr, second: Expr) -> Expr:
    r"""Q_ij of Lemma 5, Q = V^T V + lambda diag(c-hat^(l-2) n^(l-2)), V = [b_i vec u_i^(l-1)]."""
    b = model.frozen_weight
    ridge = chat(first) ** (l - 2) * u(first).norm() ** (l - 2)
    return b(first) * b(second) * u(first).dot(u(second)) ** (l - 1) + lam * KroneckerDelta(first, second) * ridge


@shows("lemma5")
def lemma5_step() -> Identity:
    r"""In B a step is linear, with one symmetric matrix for all rows: P_B U' = P_B U (I - eta l Q).

    Both sides' columns are paired with an arbitrary vector y.
    """
    after = q(i) - eta * model.gradient(i).projected("B")

    def claimed(factor: Expr, entry: Callable[[Expr, Expr], Expr] = _q_entry) -> Expr:
        return y().dot(q(i)) - eta * factor * Sum(y().dot(q(j)) * entry(j, i), (j, 1, m))

    def without_ridge(first: Expr, second: Expr) -> Expr:
        return model.frozen_weight(first) * model.frozen_weight(second) * u(first).dot(u(second)) ** (l - 1)

    return identity(
        r"P_BU'=P_BU\,(I-\eta lQ),\quad Q=V^{\!\top}V+\lambda\operatorname{diag}(\hat "
        r"c_i^{\,l-2}n_i^{l-2}),\ "
        r"V=[\,b_i\operatorname{vec}u_i^{\otimes l-1}]",
        route="inner products, each column paired with any vector",
        free=("l", "d", "m", "r"),
        left=y().dot(after),
        right=claimed(l),
        mutants={
            "without the factor l": claimed(S.One),
            "opposite sign": claimed(-l),
            "without the regulariser": claimed(l, without_ridge),
        },
    )


@shows("lemma5")
def lemma5_square() -> Identity:
    r"""Q is positive semidefinite: x^T Q x is the squared norm of a tensor of order l-1 plus squares."""
    x = Function("x", real=True)
    form = Sum(x(i) * x(j) * _q_entry(i, j), (i, 1, m), (j, 1, m))
    lower = PowerSum.power(x(i) * model.frozen_weight(i), u(i), (i, m), order=l - 1)
    ridge = Sum(chat(i) ** (l - 2) * u(i).norm() ** (l - 2) * x(i) ** 2, (i, 1, m))
    return identity(
        r"x^{\!\top}Qx=\Bigl\|\sum_ix_ib_iu_i^{\otimes l-1}\Bigr\|^2+\lambda\sum_i\hat "
        r"c_i^{\,l-2}n_i^{l-2}x_i^2\ge0",
        route="sum of squares",
        free=("l", "d", "m"),
        left=form,
        right=lower.norm2() + lam * ridge,
        mutants={
            "powers of order l": PowerSum.power(x(i) * model.frozen_weight(i), u(i), (i, m)).norm2() + lam * ridge,
            "without the regulariser": lower.norm2(),
        },
    )


@shows("lemma5")
def lemma5_shrinks() -> Identity:
    r"""What a step takes from the squared norm along an eigenvector of Q: sharp at eta l mu = 2."""
    mu = Symbol("mu", nonnegative=True)
    right = eta * l * mu * (2 - eta * l * mu)
    return identity(
        r"1-(1-\eta l\mu)^2=\eta l\mu\,(2-\eta l\mu)\ge0\iff\eta l\mu\le2\quad(\mu\ge0)",
        free=("l",),
        left=1 - (1 - eta * l * mu) ** 2,
        right=right,
        mutants={"bound 1": eta * l * mu * (1 - eta * l * mu), "factor 2": 2 * right},
    )


@shows("lemma5-identity")
def lemma5_correlation() -> Identity:
    r"""The frozen gradient never has negative correlation with P_B U: two terms, both visibly non-negative.

    The inner product of u_i^(l-1) x P_B u_i and u_j^(l-1) x P_B u_j is the product (step of
    ``tensor-inner``).
    """
    b = model.frozen_weight
    left = Sum(q(i).dot(model.gradient(i).projected("B")), (i, 1, m))

    def claimed(fit: Expr = l, ridge: Expr = l, power: Expr = l - 1) -> Expr:
        half_projected = Sum(b(i) * b(j) * u(i).dot(u(j)) ** power * q(i).dot(q(j)), (i, 1, m), (j, 1, m))
        decay = Sum(chat(i) ** (l - 2) * u(i).norm() ** (l - 2) * q(i).dot(q(i)), (i, 1, m))
        return fit * half_projected + lam * ridge * decay

    return identity(
        r"\langle P_BU,P_BG\rangle=l\,\|(I^{\otimes l-1}\otimes P_B)T\|^2+\lambda l\sum_i\hat "
        r"c_i^{\,l-2}n_i^{l-2}\|P_Bu_i\|^2\ge0",
        route="inner products; u*_s is orthogonal to B",
        free=("l", "d", "m", "r"),
        left=left,
        right=claimed(),
        mutants={
            "factor 2 for the fit": claimed(fit=S(2)),
            "factor 2 for the regulariser": claimed(ridge=S(2)),
            "exponent l": claimed(power=l),
        },
    )
