"""Section 3: the loss in inner products, lazy training's span, the saddle at zero, the bad local minima."""

from __future__ import annotations

from sympy import (
    Expr,
    Function,
    IndexedBase,
    Rational,
    Sum,
    Symbol,
    binomial,
    diff,
    expand_func,
)

from . import model
from .algebra import Inner, N, PowerSum, Vector, family, l, m, r, replace_inner
from .canonical import canonical
from .identity import Identity, identity, shows
from .model import cstar, i, j, k, lam, s, t, u

x, y, z = Symbol("x", real=True), family("y"), family("z")
scale = Symbol("sigma", positive=True)  # the s of sU; s is an index here


def _choose(n: Expr, order: int) -> Expr:
    """C(n, order) as a polynomial in n."""
    return expand_func(binomial(n, order))


# ------------------------------------------------------------------------------------------------------------
# Equations (1) and (2)
# ------------------------------------------------------------------------------------------------------------
def _entrywise_loss(weight: model.Weight) -> Expr:
    """Half the sum of squared entries: N = d^l entries X[k, i] of u_i^(x l), Y[k, s] of u*_s^(x l)."""
    big, ground = IndexedBase("X"), IndexedBase("Y")
    entry = Sum(weight(i) * big[k, i], (i, 1, m)) - Sum(cstar(s) * ground[k, s], (s, 1, r))
    squares = canonical(Rational(1, 2) * Sum(entry**2, (k, 1, N)))
    # what is left are inner products of whole tensors: claim tensor-inner
    squares = replace_inner(squares, "X", "X", lambda p, q: Inner(Symbol("u"), p, Symbol("u"), q) ** l)
    squares = replace_inner(squares, "X", "Y", lambda p, q: Inner(Symbol("u"), p, Symbol("us"), q) ** l)
    return replace_inner(squares, "Y", "Y", lambda p, q: Inner(Symbol("us"), p, Symbol("us"), q) ** l)


def _gram_mutants(weight: model.Weight) -> dict[str, Expr]:
    cross = model.tensor(u, weight).inner(model.target())
    squares = model.tensor(u, weight).norm2()
    ground = model.target().norm2()
    return {
        "cross term with half its weight": (squares - cross + ground) / 2,
        "cross term with the wrong sign": (squares + 2 * cross + ground) / 2,
        "without the norm of the target": (squares - 2 * cross) / 2,
        "without the one half": squares - 2 * cross + ground,
    }


@shows("loss-gram")
def loss_gram_vanilla() -> Identity:
    r"""Equations (1) and (2): the distance of two sums of powers needs only inner products of vectors."""
    return identity(
        r"\tfrac12\Bigl\|\sum_ic_iu_i^{\otimes l}-T^*\Bigr\|_F^2=\tfrac12\sum_{i,j}c_ic_j\langle u_i,u_j"
        r"\rangle^l"
        r"-\sum_{i,s}c_ic^*_s\langle u_i,u^*_s\rangle^l+\tfrac12\sum_{s,q}c^*_sc^*_q\langle u^*_s,u^*_q"
        r"\rangle^l",
        route="entries: N = d^l of them, then tensor-inner",
        free=("l", "d", "m", "r"),
        left=_entrywise_loss(model.vanilla_weight),
        right=model.loss(u, model.vanilla_weight, None),
        mutants=_gram_mutants(model.vanilla_weight),
    )


@shows("loss-gram")
def loss_gram_homogeneous() -> Identity:
    r"""The loss of Section 4 without its regulariser: the same with :math:`b_i=a_ic_i^{l-2}`."""
    return identity(
        r"\tfrac12\|T-T^*\|_F^2=\tfrac12\sum_{i,j}b_ib_j\langle u_i,u_j\rangle^l-\sum_{i,s}b_ic^*_s\langle "
        r"u_i,u^*_s\rangle^l"
        r"+\tfrac12\|T^*\|_F^2,\quad b_i=a_ic_i^{l-2}",
        route="entries: N = d^l of them, then tensor-inner",
        free=("l", "d", "m", "r"),
        left=_entrywise_loss(model.frozen_weight),
        right=model.loss(u, model.frozen_weight, None),
        mutants=_gram_mutants(model.frozen_weight),
    )


# ------------------------------------------------------------------------------------------------------------
# 3.1 Lazy training
# ------------------------------------------------------------------------------------------------------------
def _tangent(base: Vector, direction: Vector, step: Symbol) -> PowerSum:
    """(base + step * direction)^(x l): l P_sym(base^(l-1) x direction) is its derivative in ``step`` at 0."""
    return PowerSum.power(1, base + step * direction)


@shows("tangent-gram")
def tangent_gram() -> Identity:
    r"""The Gram block of the lazy span S_U: inner products of :math:`P_{sym}(u_i^{\otimes l-1}\otimes y)`."""
    t2 = Symbol("t_2", real=True)
    both = _tangent(u(i), y(), t).inner(_tangent(u(j), z(), t2))
    left = diff(both, t, t2).subs({t: 0, t2: 0}) / l**2
    g, straight = u(i).dot(u(j)), y().dot(z())
    crossed = u(i).dot(z()) * u(j).dot(y())
    return identity(
        r"\langle P_{sym}(u_i^{\otimes l-1}\otimes y),P_{sym}(u_j^{\otimes l-1}\otimes z)\rangle="
        r"\tfrac1l\langle u_i,u_j\rangle^{l-1}\langle y,z\rangle"
        r"+\tfrac{l-1}{l}\langle u_i,u_j\rangle^{l-2}\langle u_j,y\rangle\langle u_i,z\rangle",
        route="mixed derivative of <u_i + t y, u_j + t' z>^l",
        free=("l", "d"),
        left=left,
        right=g ** (l - 1) * straight / l + (l - 1) / l * g ** (l - 2) * crossed,
        mutants={
            "first factor 1": g ** (l - 1) * straight + (l - 1) / l * g ** (l - 2) * crossed,
            "second exponent l-1": g ** (l - 1) * straight / l + (l - 1) / l * g ** (l - 1) * crossed,
            "uncrossed second term": g ** (l - 1) * straight / l
            + (l - 1) / l * g ** (l - 2) * u(i).dot(y()) * u(j).dot(z()),
        },
    )


@shows("tangent-gram")
def tangent_coefficients() -> Identity:
    r"""Training the coefficients c_i adds nothing: :math:`u_i^{\otimes l}` is the tangent in direction u_i.

    Shown as: against every tangent at any u_j, the tangent in the direction u_i acts as the power itself.
    """
    t2 = Symbol("t_2", real=True)
    both = _tangent(u(i), u(i), t).inner(_tangent(u(j), z(), t2))
    left = diff(both, t, t2).subs({t: 0, t2: 0}) / l**2
    right = diff(PowerSum.power(1, u(i)).inner(_tangent(u(j), z(), t2)), t2).subs(t2, 0) / l
    return identity(
        r"P_{sym}(u_i^{\otimes l-1}\otimes u_i)=u_i^{\otimes l}\in S_U",
        route="mixed derivative, direction u_i",
        free=("l", "d"),
        left=left,
        right=right,
        mutants={"factor l": l * right, "factor 1/l": right / l},
    )


# ------------------------------------------------------------------------------------------------------------
# 3.2 The saddle at zero
# ------------------------------------------------------------------------------------------------------------
def _scaled(index: Expr) -> Vector:
    return scale * u(index)


@shows("zero-saddle")
def zero_saddle() -> Identity:
    r"""The vanilla loss on the ray through U, C fixed: nothing happens before order l (Section 3.2)."""
    model_tensor, target = model.tensor(u, model.vanilla_weight), model.target()
    cross, square, ground = model_tensor.inner(target), model_tensor.norm2(), target.norm2()
    return identity(
        r"f_v(\sigma U)=\tfrac12\|T^*\|^2-\sigma^l\langle T_v(U),T^*\rangle+\tfrac12\sigma^{2l}\|T_v(U)\|^2",
        free=("l", "d", "m", "r"),
        left=model.loss(_scaled, model.vanilla_weight, None),
        right=ground / 2 - scale**l * cross + scale ** (2 * l) * square / 2,
        mutants={
            "order l-1 in the cross term": ground / 2 - scale ** (l - 1) * cross + scale ** (2 * l) * square / 2,
            "order l+2 in the last term": ground / 2 - scale**l * cross + scale ** (l + 2) * square / 2,
            "factor l in the cross term": ground / 2 - l * scale**l * cross + scale ** (2 * l) * square / 2,
        },
    )


@shows("zero-saddle")
def zero_saddle_jointly() -> Identity:
    r"""The same with U and C scaled together: the first term that moves is of order l+1."""
    model_tensor, target = model.tensor(u, model.vanilla_weight), model.target()
    cross, square, ground = model_tensor.inner(target), model_tensor.norm2(), target.norm2()
    return identity(
        r"f_v(\sigma U,\sigma C)=\tfrac12\|T^*\|^2-\sigma^{l+1}\langle T_v,T^*\rangle+\tfrac12\sigma^{2l"
        r"+2}\|T_v\|^2",
        free=("l", "d", "m", "r"),
        left=model.loss(_scaled, lambda index: scale * model.vanilla_weight(index), None),
        right=ground / 2 - scale ** (l + 1) * cross + scale ** (2 * l + 2) * square / 2,
        mutants={
            "order l": ground / 2 - scale**l * cross + scale ** (2 * l + 2) * square / 2,
            "order 2l in the last term": ground / 2 - scale ** (l + 1) * cross + scale ** (2 * l) * square / 2,
        },
    )


def _tied(index: Expr) -> Expr:
    return model.tied_weight(u(index), index)


@shows("zero-homogeneous")
def zero_homogeneous() -> Identity:
    r"""The 2-homogeneous loss on the ray through U is a quartic for every l: zero is an ordinary saddle."""
    fit, target = model.tensor(u, _tied), model.target()
    cross, square, ground = fit.inner(target), fit.norm2(), target.norm2()
    columns = Sum(u(i).dot(u(i)), (i, 1, m))
    return identity(
        r"F(\sigma U)=F(0)+\sigma^2(\lambda\|U\|^2-\langle T,T^*\rangle)+\tfrac12\sigma^4\|T\|^2",
        free=("l", "d", "m", "r"),
        left=model.tied_loss(_scaled),
        right=ground / 2 + scale**2 * (lam * columns - cross) + scale**4 * square / 2,
        mutants={
            "order l instead of 2": ground / 2 + scale**l * (lam * columns - cross) + scale**4 * square / 2,
            "regulariser with the wrong sign": ground / 2 - scale**2 * (lam * columns + cross) + scale**4 * square / 2,
            "regulariser with factor l": ground / 2 + scale**2 * (l * lam * columns - cross) + scale**4 * square / 2,
            "last order 2l": ground / 2 + scale**2 * (lam * columns - cross) + scale ** (2 * l) * square / 2,
        },
    )


# ------------------------------------------------------------------------------------------------------------
# 3.3 The bad local minimum of Theorem 2
# ------------------------------------------------------------------------------------------------------------
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
        right=_choose(l, 2) * straight ** (l - 2) * squares,
        mutants={
            "l (l-1) placements": l * (l - 1) * straight ** (l - 2) * squares,
            "exponent l-1": _choose(l, 2) * straight ** (l - 1) * squares,
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
        right=_choose(l, 2) * quadratic + change.norm2() / 2,
        mutants={
            "factor l (l-1)": l * (l - 1) * quadratic + change.norm2() / 2,
            "exponent l-1 at alpha": _choose(l, 2)
            * Sum(coefficient(i) * alpha(i) ** (l - 1) * w(i).dot(f(j)) ** 2, (i, 1, m), (j, 1, r))
            + change.norm2() / 2,
            "w_ij instead of its square": _choose(l, 2)
            * Sum(coefficient(i) * alpha(i) ** (l - 2) * w(i).dot(f(j)), (i, 1, m), (j, 1, r))
            + change.norm2() / 2,
            "without the last term": _choose(l, 2) * quadratic,
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

    half, pairs = Rational(1, 2), _choose(l, 2)

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
