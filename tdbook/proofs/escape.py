"""Section 5: the exact identities and the sums of squares behind the lemmas."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Function, KroneckerDelta, Rational, S, Sum, Symbol

from tdbook.proofs import setting as model
from tdbook.proofs.algebra import PowerSum, Vector, family, l, m
from tdbook.proofs.identity import Identity, identity, shows
from tdbook.proofs.rise import tied, tied_frozen
from tdbook.proofs.setting import a, chat, eta, i, j, kappa, lam, u

p, q, y = family("p"), family("q"), family("y")


# ------------------------------------------------------------------------------------------------------------
# 5.1 The loss hardly rises
# ------------------------------------------------------------------------------------------------------------


# ------------------------------------------------------------------------------------------------------------
# 5.2 Escaping: the subspace B
# ------------------------------------------------------------------------------------------------------------
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


# ------------------------------------------------------------------------------------------------------------
# 5.2 Escaping: the subspace S
# ------------------------------------------------------------------------------------------------------------
def _in_s(index: Expr) -> Vector:
    return u(index).projected("S")


def _growth(leak: bool = True, exponent: Expr = l - 2, factor: Expr = l, ridge: Expr = lam) -> Expr:
    """The right-hand side of Lemma 7's decomposition, for column i."""
    short, length = p(i).norm(), u(i).norm()
    share = short / length  # rho
    # <R_S, w^l>, where R_S has columns P_S u_j and the weights of R
    shadow = model.tensor(_in_s, tied) - model.target()
    correlation = shadow.inner(PowerSum.power(1, p(i))) / short**l
    right = factor * short**2 * (a(i) * kappa(i) ** (l - 2) * share**exponent * correlation + ridge)
    if leak:
        outside = u(j).dot(u(i)) ** (l - 1) - p(j).dot(p(i)) ** (l - 1)
        right += l * tied(i) * Sum(tied(j) * outside * p(j).dot(p(i)), (j, 1, m))
    return right


@shows("lemma7")
def lemma7_decomposition() -> Identity:
    r"""What drives the length of P_S u: correlation with the residual, the regulariser, a leak from B."""
    return identity(
        r"\langle P_Su_i,P_Sg_i\rangle=l\|P_Su_i\|^2\bigl[a_i\bar\kappa_i\rho_i^{l-2}\langle R_S,w_i^{"
        r"\otimes l}\rangle+\lambda\bigr]"
        r"+l\,b_i\sum_jb_j\bigl(\langle u_j,u_i\rangle^{l-1}-\langle P_Su_j,P_Su_i\rangle^{l-1}\bigr)"
        r"\langle P_Su_j,P_Su_i\rangle",
        free=("l", "d", "m", "r"),
        left=p(i).dot(tied_frozen(i).projected("S")),
        right=_growth(),
        mutants={
            "without the leak": _growth(leak=False),
            "exponent l at the share": _growth(exponent=l),
            "factor 2": _growth(factor=S(2)),
            "regulariser with the wrong sign": _growth(ridge=-lam),
        },
    )


@shows("lemma7")
def lemma7_growth() -> Identity:
    r"""Hence the squared length after a step; what :func:`lemma7_decomposition` leaves out is a square."""
    after = p(i) - eta * tied_frozen(i).projected("S")
    pull = tied_frozen(i).projected("S")

    def claimed(linear: int = 2, square: int = 1) -> Expr:
        return p(i).dot(p(i)) - linear * eta * _growth() + square * eta**2 * pull.dot(pull)

    return identity(
        r"\|P_Su'_i\|^2=\|P_Su_i\|^2-2\eta\langle P_Su_i,P_Sg_i\rangle+\eta^2\|P_Sg_i\|^2",
        free=("l", "d", "m", "r"),
        left=after.dot(after),
        right=claimed(),
        mutants={"linear term with factor 1": claimed(linear=1), "without the square": claimed(square=0)},
    )


# Tensors at the times of one epoch, as vectors of d^l entries: T_h, T* and w_h^(x l).
h = Symbol("h", integer=True, positive=True)
_T, _ground, _power = family("X"), family("Y"), family("Z")
_sign = Function("a", real=True)(0)


def _correlation(time: Expr) -> Expr:
    return _sign * (_T(time) - _ground()).dot(_power(time))


@shows("telescoping")
def telescoping_step() -> Identity:
    r"""The display before Lemma 8, step by step, the sign a restored; summed over h it telescopes."""
    residual, turn, change = _T(h - 1) - _ground(), _power(h) - _power(h - 1), _T(h) - _T(h - 1)
    return identity(
        r"\langle R_h,a\,w_h^{\otimes l}\rangle-\langle R_{h-1},a\,w_{h-1}^{\otimes l}\rangle"
        r"=\langle R_{h-1},a\,(w_h^{\otimes l}-w_{h-1}^{\otimes l})\rangle+\langle T_h-T_{"
        r"h-1},a\,w_h^{\otimes l}\rangle",
        route="vectorised tensors of d^l entries",
        free=("l", "d", "m", "r", "h"),
        left=_correlation(h) - _correlation(h - 1),
        right=_sign * residual.dot(turn) + _sign * change.dot(_power(h)),
        mutants={
            "as printed, without the sign a in the first sum": residual.dot(turn) + _sign * change.dot(_power(h)),
            "the change of T against the old direction": _sign * residual.dot(turn) + _sign * change.dot(_power(h - 1)),
            "the residual of the new time": _sign * (_T(h) - _ground()).dot(turn) + _sign * change.dot(_power(h)),
        },
    )


@shows("telescoping")
def telescoping_bound() -> Identity:
    r"""The second sum is at most that of the norms: Cauchy-Schwarz for the unit tensor w^l, as a square."""
    change, unit = _T(h) - _T(h - 1), (1 / _power(h).norm()) * _power(h)
    overlap = change.dot(unit)
    rest = change - overlap * unit
    return identity(
        r"\|T_h-T_{h-1}\|^2-\langle T_h-T_{h-1},a\,w^{\otimes l}\rangle^2"
        r"=\|(T_h-T_{h-1})-\langle T_h-T_{h-1},w^{\otimes l}\rangle w^{\otimes l}\|^2\ge0",
        route="sum of squares",
        free=("l", "d", "m", "r", "h"),
        left=change.dot(change) - (_sign * overlap) ** 2,
        right=rest.dot(rest),
        mutants={"the whole change": change.dot(change), "half the rest": Rational(1, 2) * rest.dot(rest)},
    )
