"""One column at a time: one step of one column, with everything else held fixed."""

from __future__ import annotations

from sympy import Expr, Rational, S, Symbol, cancel, diff, symbols

from tdbook.proofs import setting
from tdbook.proofs.algebra import PowerSum, Vector, family, l
from tdbook.proofs.identity import Identity, identity, shows
from tdbook.proofs.setting import a, c, j, t, u, v

p = family("p")
# alpha = l eta ||R||, the mass beta = ||u||^2 and the correlation A = -a <R, w^(x l)>, before and after the turn
alpha, beta, xi = symbols("alpha beta xi", positive=True)
before, after = Symbol("A", real=True), Symbol("A_1", real=True)
growth = Symbol("G", positive=True)  # ||u'|| / ||u||
straight = 1 + alpha * (before - beta)  # its part along the column


def _loss(mass: Expr, correlation: Expr) -> Expr:
    """Half the squared norm of R + a ||u||^(2-l) u^(x l), for ||R|| = 1."""
    return Rational(1, 2) - mass * correlation + mass**2 / 2


@shows("one-column")
def one_column_gradient() -> Identity:
    r"""The gradient in one column alone, c held constant: it sees the residual R of the others, and its own norm."""
    others = setting.target()  # any symmetric tensor
    weight = a(j) * c(j) ** (l - 2)

    def loss(column: Vector) -> Expr:
        return (others + PowerSum.power(weight, column)).norm2() / 2

    def claimed(tangent: Expr = l, radial: Expr = l) -> Expr:
        pull = tangent * weight * others.contract(u(j)).dot(v(j))
        return pull + radial * c(j) ** (2 * l - 4) * u(j).norm() ** (2 * l - 2) * u(j).dot(v(j))

    return identity(
        r"\frac{d}{dt}\tfrac12\|R+ac^{l-2}(u+tv)^{\otimes l}\|^2\Big|_0="
        r"l\,ac^{l-2}\langle R(u^{\otimes l-1},\cdot),v\rangle+l\,c^{2l-4}\|u\|^{2l-2}\langle u,v\rangle",
        free=("l", "d", "r"),
        left=diff(loss(u(j) + t * v(j)), t).subs(t, 0),
        right=claimed(),
        mutants={
            "without the factor l at the residual": claimed(tangent=S.One),
            "the column's own part twice": claimed(radial=2 * l),
            "without the column's own part": claimed(radial=S.Zero),
        },
    )


@shows("one-column")
def one_column_inside() -> Identity:
    r"""A norm of at most 1 stays so: ||u'|| <= t (1 + alpha - alpha t^2) for t = ||u||, and alpha <= 1/2."""
    size = Symbol("t", positive=True)
    right = (1 - size) * (1 - alpha * size * (1 + size))
    return identity(
        r"1-t(1+\alpha-\alpha t^2)=(1-t)\bigl(1-\alpha t(1+t)\bigr)",
        route="factors",
        free=("alpha", "t"),
        left=1 - size * (1 + alpha - alpha * size**2),
        right=right,
        mutants={
            "without the column's own part": (1 - size * (1 + alpha), right),
            "beta for its root": (1 - size * (1 + alpha - alpha * size), right),
        },
    )


@shows("one-column")
def one_column_radial() -> Identity:
    r"""The part of a step along the column lowers the loss: every factor is non-negative.

    For |A| <= 1, beta <= 1 and alpha <= 1/2: A - beta >= -2, and alpha beta (1 + alpha (A - beta)/2) <= 1.
    """
    gap = before - beta

    def fall(sign: int = 1, part: int = 2) -> Expr:
        return alpha * beta * gap**2 * (2 + sign * alpha * gap) * (1 - alpha * beta * (1 + alpha * gap / part))

    return identity(
        r"F(\beta)-F(\beta G^2)="
        r"\alpha\beta(A-\beta)^2\bigl(2+\alpha(A-\beta)\bigr)\bigl(1-\alpha\beta(1+\tfrac\alpha2(A-\beta))\bigr),"
        r"\ G=1+\alpha(A-\beta),\ F(\beta)=\tfrac12-\beta A+\tfrac{\beta^2}2",
        route="factors",
        free=("alpha", "beta", "A"),
        left=_loss(beta, before) - _loss(beta * straight**2, before),
        right=fall(),
        mutants={
            "the opposite sign of the gap": fall(sign=-1),
            "alpha for alpha / 2": fall(part=1),
            "the mass of one factor G": (_loss(beta, before) - _loss(beta * straight, before), fall()),
        },
    )


@shows("one-column")
def one_column_turn() -> Identity:
    r"""The rest of a step: a longer column along the old direction, and a better direction for the new mass."""
    long, short = beta * growth**2, beta * straight**2

    def parts(mean: Expr = (long + short) / 2, mass: Expr = long) -> Expr:
        return beta * (growth - straight) * (growth + straight) * (mean - before) - mass * (after - before)

    return identity(
        r"F'-F(\beta G^2)=\beta(G'-G)(G'+G)\bigl(\tfrac{\beta'+\beta G^2}2-A\bigr)-\beta'(A'-A),\ \beta'=\beta G'^2",
        route="factors",
        free=("alpha", "beta", "A", "A'", "G'"),
        left=_loss(long, after) - _loss(short, before),
        right=parts(),
        mutants={
            "beta' for the mean": parts(mean=long),
            "beta for beta' at the turn": parts(mass=beta),
        },
    )


@shows("one-column")
def one_column_margin() -> Identity:
    r"""Why turning never raises the loss: by Step 1 it is enough that this margin is non-negative.

    With n = max(-A, 0) = 1 - x and beta = 1 - y, all of l - 3, x, y, 1 - x non-negative, so is every term.
    """
    k, x, y = l - 3, Symbol("x", nonnegative=True), Symbol("y", nonnegative=True)
    negative, mass = 1 - x, 1 - y

    def margin(loss: int = 2) -> Expr:
        least = 1 - (negative + mass) / l  # of G'
        return l**2 - l * (negative + mass) - loss * mass * least**2 - loss * negative

    terms = (
        k**4 + k**3 * (10 + x + y) + k**2 * (32 + 11 * x + 11 * y)
        + k * (38 + 35 * x + 27 * y + 4 * x * y + 4 * y**2)
        + 7 + 39 * x + 2 * x * (1 - x) + 25 * y + 2 * y**2 + 2 * y**3 + 4 * x * y**2 + 2 * x**2 * y
    )  # fmt: skip
    return identity(
        r"l^2\bigl(l^2-l(n+\beta)-2\beta(1-\tfrac{n+\beta}l)^2-2n\bigr)="
        r"7+39x+2x(1-x)+25y+2y^2+2y^3+4xy^2+2x^2y+(l-3)(\cdots)",
        route="a sum of non-negative terms",
        free=("l", "x", "y"),
        left=cancel(l**2 * margin()),
        right=terms,
        mutants={
            "three times the mass": (cancel(l**2 * margin(3)), terms),
            "a factor l^2 less": (margin(), terms),
            "6 for 7": terms - 1,
        },
    )


@shows("lucky-fall")
def lucky_fall_best_norm() -> Identity:
    r"""The loss around the best norm: beta = (1 + t xi) A with |t| <= 1 is worth (1 - xi^2) A^2 / 2."""
    t = Symbol("t", real=True)
    right = Rational(1, 2) - (1 - t**2 * xi**2) * before**2 / 2
    return identity(
        r"F\bigl((1+t\xi)A\bigr)=\tfrac12-(1-t^2\xi^2)\tfrac{A^2}2",
        route="completed square",
        free=("A", "xi", "t"),
        left=_loss((1 + t * xi) * before, before),
        right=right,
        mutants={
            "xi for its square": Rational(1, 2) - (1 - t**2 * xi) * before**2 / 2,
            "the whole of A^2": right - before**2 / 2,
        },
    )


@shows("lucky-fall")
def lucky_fall_step() -> Identity:
    r"""One step takes beta from below (1 - xi) A to (1 + xi) A at most: (1 + alpha)^2 = (1 + xi) / (1 - xi)."""
    square = (1 + alpha) ** 2
    share = (square - 1) / (square + 1)
    return identity(
        r"(1-\xi)(1+\alpha)^2=1+\xi,\quad\xi=\frac{(1+\alpha)^2-1}{(1+\alpha)^2+1}",
        route="fractions",
        free=("alpha",),
        left=cancel((1 - share) * square - (1 + share)),
        right=S.Zero,
        mutants={
            "one factor 1 + alpha": (cancel((1 - share) * (1 + alpha) - (1 + share)), S.Zero),
            "xi = alpha": ((1 - alpha) * square - (1 + alpha), S.Zero),
        },
    )


@shows("no-switch")
def no_switch_leak() -> Identity:
    r"""The part of a column's tensor outside Sym^l(S), which is at most l ||u||^(2l-2) ||P_B u||^2."""
    column, inside = PowerSum.power(S.One, u(j)), PowerSum.power(S.One, p(j))
    right = u(j).norm() ** (2 * l) - p(j).norm() ** (2 * l)
    return identity(
        r"\|u^{\otimes l}-(P_Su)^{\otimes l}\|^2=\|u\|^{2l}-\|P_Su\|^{2l}",
        free=("l", "d"),
        left=(column - inside).norm2(),
        right=right,
        mutants={
            "the squared norm of the rest": (u(j) - p(j)).norm() ** (2 * l),
            "twice what lies inside": right - p(j).norm() ** (2 * l),
        },
    )
