"""Identities of the open question: spurious minima of orthogonal cubes, atoms of two opposite powers, the ring."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Function, Integer, Rational, S, Sum, Symbol, cancel, diff, log, symbols, together

from tdbook.proofs.algebra import PowerSum, family, m, r
from tdbook.proofs.identity import Identity, identity, shows

# ------------------------------------------------------------------------------------------------------------
# A missed term of the sum of orthogonal cubes
# ------------------------------------------------------------------------------------------------------------
_alpha, _beta, _first, _second = symbols("alpha beta x y")
_nodes = symbols("t_1 t_2 t_3")


def _cubes(nodes: Sequence[Expr], scale: Expr = S.One) -> Expr:
    """sum_j c_j (t_j x + y)^3 with c_j = beta prod t_k / (t_k - t_j)."""
    total = S.Zero
    for j, t in enumerate(nodes):
        others = [other for k, other in enumerate(nodes) if k != j]
        weight = _beta
        for other in others:
            weight *= scale * other / (other - t)
        total += weight * (t * _first + _second) ** 3
    return total


@shows("orthogonal-spurious")
def two_cubes_are_three() -> Identity:
    """The link of the chain: t_1 t_2 t_3 = alpha / beta."""
    t1, t2, t3 = _nodes
    free = (t1, t2, _alpha / (_beta * t1 * t2))
    return identity(
        r"\alpha x^3+\beta y^3=\sum_{j=1}^3c_j(t_jx+y)^3,\quad c_j=\beta\prod_{k\ne j}\frac{t_k}{t_k-t_j},\ "
        r"t_1t_2t_3=\alpha/\beta",
        free=("alpha", "beta", "t_1", "t_2"),
        left=_alpha * _first**3 + _beta * _second**3,
        right=_cubes(free),
        mutants={
            "three nodes without a condition": _cubes((t1, t2, t3)),
            "the product alpha beta": _cubes((t1, t2, _alpha * _beta / (t1 * t2))),
            "weights of the other sign": -_cubes(free),
        },
        route="rational functions",
        form=lambda expr: cancel(together(expr)),
    )


_i, _j = Symbol("i", integer=True, positive=True), Symbol("j", integer=True, positive=True)
_last = Symbol("tau", positive=True)
_height = Function("x", real=True)
_w, _e, _f = family("w"), family("e"), family("f")


def _strong(power: int) -> PowerSum:
    """sum_i x_i^power w_i^(x 3 - power), w_i orthogonal to the last axis."""
    return PowerSum.power(_height(_i) ** power, _w(_i), (_i, m), order=Integer(3 - power))


def _orthogonal_loss() -> Expr:
    columns = PowerSum.power(1, _w(_i) + _height(_i) * _e(), (_i, m), order=Integer(3))
    target = PowerSum.power(1, _f(_j), (_j, r), order=Integer(3)) + PowerSum.power(_last, _e(), order=Integer(3))
    return (columns - target).norm2() / 2


_THREE_HALVES = Rational(3, 2)


def _by_degree(first: Expr = _THREE_HALVES, second: Expr = _THREE_HALVES, last: Expr = _last, odd: int = 3) -> Expr:
    fit = _strong(0) - PowerSum.power(1, _f(_j), (_j, r), order=Integer(3))
    squares, lines = _strong(1).norm2(), _strong(2).norm2()
    missed = Sum(_height(_i) ** odd, (_i, 1, m)) - last
    return fit.norm2() / 2 + first * squares + second * lines + missed**2 / 2


@shows("orthogonal-spurious")
def missed_term_by_degree() -> Identity:
    """The loss of orthogonal cubes, sorted by how often an entry meets the last axis; r strong terms and a last one."""
    return identity(
        r"\tfrac12\Bigl\|\sum_i(v_i+x_ie)^{\otimes3}-S-\tau e^{\otimes3}\Bigr\|^2=\tfrac12\Bigl\|\sum_iv_i^{\otimes3}-S"
        r"\Bigr\|^2"
        r"+\tfrac32\Bigl\|\sum_ix_iv_i^{\otimes2}\Bigr\|^2+\tfrac32\Bigl\|\sum_ix_i^2v_i\Bigr\|^2+\tfrac12\Bigl(\sum_ix_i^3-\tau"
        r"\Bigr)^2",
        free=("m", "r", "d"),
        left=_orthogonal_loss(),
        right=_by_degree(),
        mutants={
            "half of the squares' part": _by_degree(first=Rational(3, 4)),
            "one third of the lines' part": _by_degree(second=Rational(1, 2)),
            "the opposite sign of tau": _by_degree(last=-_last),
            "squares in the last part": _by_degree(odd=2),
        },
    )


_t, _y = Symbol("t"), family("y")


def _second_derivative() -> Expr:
    """d^2/dt^2 of the loss at t = 0 along w_i + t y_i, where the w_i fit all but the last term."""
    moved = PowerSum.power(1, _w(_i) + _t * _y(_i), (_i, m), order=Integer(3))
    target = PowerSum.power(1, _w(_i), (_i, m), order=Integer(3)) + PowerSum.power(_last, _e(), order=Integer(3))
    return diff((moved - target).norm2() / 2, _t, 2).subs(_t, 0)


def _square_of_the_change(first: int = 3, second: int = 6) -> Expr:
    r"""||3 sum_i Sym(w_i (x) w_i (x) y_i)||^2, written out."""
    wi, wj, yi, yj = _w(_i), _w(_j), _y(_i), _y(_j)
    pair = first * wi.dot(wj) ** 2 * yi.dot(yj) + second * wi.dot(wj) * wi.dot(yj) * yi.dot(wj)
    return Sum(pair, (_i, 1, m), (_j, 1, m))


@shows("orthogonal-spurious")
def hessian_at_a_missed_term() -> Identity:
    """The Hessian is a square whatever tau is: the last term, orthogonal to all columns, does not enter."""
    return identity(
        r"\frac{d^2}{dt^2}\text{loss}(v+ty)\Big|_0=\Bigl\|3\sum_i\mathrm{Sym}(v_i^{\otimes2}\otimes y_i)\Bigr\|^2="
        r"\sum_{ij}3\langle v_i,v_j\rangle^2\langle y_i,y_j\rangle"
        r"+6\langle v_i,v_j\rangle\langle v_i,y_j\rangle\langle y_i,v_j\rangle",
        free=("m", "d", "tau"),
        left=_second_derivative(),
        right=_square_of_the_change(),
        mutants={
            "the mixed part once": _square_of_the_change(second=3),
            "without the mixed part": _square_of_the_change(second=0),
            "half of the first part": _square_of_the_change(first=1),
        },
    )


# ------------------------------------------------------------------------------------------------------------
# Two opposite powers
# ------------------------------------------------------------------------------------------------------------
_p, _q, _H = symbols("t_A t_B H")  # tangents of half the angles A and B


def _cos(half: Expr) -> Expr:
    return (1 - half**2) / (1 + half**2)


def _sin(half: Expr) -> Expr:
    return 2 * half / (1 + half**2)


def _square_of_mass(sign: int = -1, factor: int = 2) -> Expr:
    """a^2 + b^2 - 2 a b cos(A - B) with a cos A = b cos B = H."""
    a, b = _H / _cos(_p), _H / _cos(_q)
    difference = _cos(_p) * _cos(_q) + _sin(_p) * _sin(_q)
    return a**2 + b**2 + sign * factor * a * b * difference


@shows("opposite-powers")
def mass_of_opposite_powers() -> Identity:
    """The value of the certificate is |a e^{i l phi} - b|: A = l (t_1 - c), B = l (t_2 - c), A - B = -l phi."""
    return identity(
        r"(a\sin A-b\sin B)^2=a^2+b^2-2ab\cos(A-B)\quad\text{if}\quad a\cos A=b\cos B",
        free=("A", "B", "a"),
        left=(_H * _sin(_p) / _cos(_p) - _H * _sin(_q) / _cos(_q)) ** 2,
        right=_square_of_mass(),
        mutants={
            "the cosine with the other sign": _square_of_mass(sign=1),
            "the cosine once": _square_of_mass(factor=1),
        },
        route="rational functions of the half-angle tangents",
        form=lambda expr: cancel(together(expr)),
    )


def _cot(half: Expr) -> Expr:
    return _cos(half) / _sin(half)


def _difference_of_cotangents(sign: int = 1, power: int = 1) -> Expr:
    difference = _sin(_q) * _cos(_p) - sign * _cos(_q) * _sin(_p)
    return difference / (_sin(_p) * _sin(_q)) ** power


@shows("opposite-powers")
def weights_of_opposite_powers() -> Identity:
    """Why all weights have the sign of the certificate: the difference of two cotangents."""
    return identity(
        r"\cot A-\cot B=\frac{\sin(B-A)}{\sin A\,\sin B}",
        free=("A", "B"),
        left=_cot(_p) - _cot(_q),
        right=_difference_of_cotangents(),
        mutants={
            "the sine of the sum": _difference_of_cotangents(sign=-1),
            "the sines squared": _difference_of_cotangents(power=2),
        },
        route="rational functions of the half-angle tangents",
        form=lambda expr: cancel(together(expr)),
    )


# ------------------------------------------------------------------------------------------------------------
# The ring
# ------------------------------------------------------------------------------------------------------------
_c, _z = symbols("c z")


def _zonal(z: Expr) -> Expr:
    return z**3 / (2 * _c**3) - 3 * z / (2 * _c)


@shows("ring")
def ring_touches_one() -> Identity:
    """1 - Y on the sphere is (z + c)^2 (2 c - z) / (2 c^3): at most one touching circle, z = -c, up to the pole."""
    return identity(
        r"1-\Bigl(\frac{z^3}{2c^3}-\frac{3z}{2c}\Bigr)=\frac{(z+c)^2(2c-z)}{2c^3}",
        free=("c", "z"),
        left=1 - _zonal(_z),
        right=(_z + _c) ** 2 * (2 * _c - _z) / (2 * _c**3),
        mutants={
            "the circle z = c": (_z - _c) ** 2 * (2 * _c - _z) / (2 * _c**3),
            "the pole at z = c": (_z + _c) ** 2 * (_c - _z) / (2 * _c**3),
            "twice as large": (_z + _c) ** 2 * (2 * _c - _z) / _c**3,
        },
        route="rational functions",
        form=lambda expr: cancel(together(expr)),
    )


# ------------------------------------------------------------------------------------------------------------
# The end of a run at order 3
# ------------------------------------------------------------------------------------------------------------
_a, _b = symbols("x_in x_out", positive=True)  # squares of the inner and the outer coordinate


def _drift(inner: Expr, outer: Expr) -> Expr:
    """d/dt of x_out / x_in - log x_in along x_in' = -4 inner, x_out' = -4 outer."""

    kept = _b / _a - log(_a)
    return -4 * (diff(kept, _a) * inner + diff(kept, _b) * outer)


@shows("late-rate")
def kept_at_order_three() -> Identity:
    """Gradient flow of V = x_in x_out + x_out^2 / 2 with x = v^2: the quotient minus a logarithm stays as it is."""
    return identity(
        r"\frac{d}{dt}\Bigl[\frac yx-\log x\Bigr]=0\quad\text{along}\quad\dot x=-4xy,\ \dot y=-4xy-4y^2",
        free=("x", "y"),
        left=_drift(_a * _b, _a * _b + _b**2),
        right=S.Zero,
        mutants={
            "without the outer square": (_drift(_a * _b, _a * _b), S.Zero),
            "the outer square twice": (_drift(_a * _b, _a * _b + 2 * _b**2), S.Zero),
        },
        route="rational functions",
        form=lambda expr: cancel(together(expr)),
    )
