"""Section 5.2: the exact identities behind Lemma 7 and the telescoping display."""

from __future__ import annotations

from sympy import Expr, Function, Rational, S, Sum, Symbol

from tdbook.proofs import setting as model
from tdbook.proofs.algebra import PowerSum, Vector, family, l, m
from tdbook.proofs.identity import Identity, identity, shows
from tdbook.proofs.rise import tied, tied_frozen
from tdbook.proofs.setting import a, eta, i, j, kappa, lam, u

p = family("p")


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
