"""Section 4: the 2-homogeneous model, its two gradients, and what Algorithm 1 keeps invariant."""

from __future__ import annotations

from sympy import Expr, Integer, S, Sum, Symbol, diff

from tdbook.proofs import setting as model
from tdbook.proofs.algebra import PowerSum, Vector, family, l, m, r
from tdbook.proofs.components import partial
from tdbook.proofs.identity import Identity, identity, shows
from tdbook.proofs.setting import a, along, c, chat, i, j, lam, t, u, v

g, y = family("g"), family("y")


def _pairing(vector: model.Columns, other: model.Columns) -> Expr:
    """The sum over i of <vector_i, other_i>."""
    return Sum(vector(i).dot(other(i)), (i, 1, m))


def _pull(index: Expr) -> Vector:
    """R(u_i^(l-1), .)."""
    return model.residual().contract(u(index))


def _decay(index: Expr) -> Vector:
    """The regulariser's part of the gradient, without its factor lambda l."""
    return (chat(index) ** (l - 2) * u(index).norm() ** (l - 2)) * u(index)


# ------------------------------------------------------------------------------------------------------------
# The frozen gradient and its second derivative
# ------------------------------------------------------------------------------------------------------------
def _wrong_gradients() -> dict[str, model.Columns]:
    b = model.frozen_weight
    return {
        "without the factor l": lambda n: b(n) * _pull(n) + (lam * l) * _decay(n),
        "regulariser with factor 2": lambda n: (l * b(n)) * _pull(n) + (2 * lam) * _decay(n),
        "regulariser with the wrong sign": lambda n: (l * b(n)) * _pull(n) - (lam * l) * _decay(n),
        "weight with c^(l-1)": lambda n: (l * a(n) * c(n) ** (l - 1)) * _pull(n) + (lam * l) * _decay(n),
        "without the regulariser": lambda n: (l * b(n)) * _pull(n),
    }


@shows("gradient")
def gradient_along() -> Identity:
    r"""The gradient of Algorithm 1 (c and c-hat constant): the derivative of f(U + tV) at 0 for every V."""
    return identity(
        r"\frac{d}{dt}f(U+tV)\Big|_{0}=\sum_i\langle v_i,g_i\rangle,\quad "
        r"g_i=l\,b_iR(u_i^{\otimes l-1},\cdot)+\lambda l\,\hat c_i^{\,l-2}\|u_i\|^{l-2}u_i",
        route="inner products along U+tV",
        free=("l", "d", "m", "r"),
        left=along(model.loss),
        right=_pairing(v, model.gradient),
        mutants={what: _pairing(v, wrong) for what, wrong in _wrong_gradients().items()},
    )


@shows("gradient")
def gradient_components() -> Identity:
    r"""The same gradient, entry by entry: the derivative of f in u[q, p], from Kronecker deltas."""
    q, p = Symbol("q", integer=True, positive=True), Symbol("p", integer=True, positive=True)
    return identity(
        r"\frac{\partial f}{\partial u_{qp}}=(g_p)_q",
        route="components",
        free=("l", "d", "m", "r"),
        left=partial(model.loss(), "u", q, p),
        right=model.gradient(p).component(q),
        mutants={what: wrong(p).component(q) for what, wrong in _wrong_gradients().items()},
    )


@shows("hessian")
def hessian_along() -> Identity:
    r"""The second derivative of f(U + tV) at t = 0, c and c-hat constant."""
    b = model.frozen_weight

    def form(tangent: Expr = l, crossed: Expr = l - 1, curvature: Expr = l * (l - 1), radial: Expr = l - 2) -> Expr:
        gram, straight = u(i).dot(u(j)), v(i).dot(v(j))
        cross = u(i).dot(v(j)) * u(j).dot(v(i))
        pairs = tangent * Sum(
            b(i) * b(j) * (gram ** (l - 1) * straight + crossed * gram ** (l - 2) * cross),
            (i, 1, m),
            (j, 1, m),
        )
        # R(u_i^(l-2), v_i, v_i): the residual, contracted with u_i, paired with v_i twice
        k, s = model.k, model.s
        bent = Sum(
            b(i)
            * (
                Sum(b(k) * u(k).dot(u(i)) ** (l - 2) * u(k).dot(v(i)) ** 2, (k, 1, m))
                - Sum(model.cstar(s) * model.us(s).dot(u(i)) ** (l - 2) * model.us(s).dot(v(i)) ** 2, (s, 1, r))
            ),
            (i, 1, m),
        )
        length = u(i).norm()
        ridge = Sum(
            chat(i) ** (l - 2)
            * (length ** (l - 2) * v(i).dot(v(i)) + radial * length ** (l - 4) * u(i).dot(v(i)) ** 2),
            (i, 1, m),
        )
        return pairs + curvature * bent + lam * l * ridge

    return identity(
        r"\frac{d^2}{dt^2}f(U+tV)\Big|_0=l\sum_{i,j}b_ib_j\bigl[\langle u_i,u_j\rangle^{l-1}\langle v_i,v_j"
        r"\rangle"
        r"+(l-1)\langle u_i,u_j\rangle^{l-2}\langle u_i,v_j\rangle\langle u_j,v_i\rangle\bigr]"
        r"+l(l-1)\sum_ib_iR(u_i^{\otimes l-2},v_i,v_i)"
        r"+\lambda l\sum_i\hat c_i^{\,l-2}\bigl[n_i^{l-2}\|v_i\|^2+(l-2)n_i^{l-4}\langle u_i,v_i\rangle^2"
        r"\bigr]",
        route="inner products along U+tV",
        free=("l", "d", "m", "r"),
        left=along(model.loss, 2),
        right=form(),
        mutants={
            "crossed term with l": form(crossed=l),
            "curvature with l": form(curvature=l),
            "curvature with half its weight": form(curvature=l * (l - 1) / 2),
            "radial term with l-1": form(radial=l - 1),
            "tangent term with l^2": form(tangent=l**2),
        },
    )


# ------------------------------------------------------------------------------------------------------------
# 2-homogeneity
# ------------------------------------------------------------------------------------------------------------
def _tied_tensor(columns: model.Columns) -> PowerSum:
    return model.tensor(columns, lambda index: model.tied_weight(columns(index), index))


def _homogeneity(factor: Expr, claimed: Expr) -> Expr:
    r"""The squared norm of T(factor U) - claimed T(U): zero exactly when the two tensors are equal."""
    return (_tied_tensor(lambda index: factor * u(index)) - claimed * _tied_tensor(u)).norm2()


@shows("two-homogeneous")
def two_homogeneous() -> Identity:
    r"""With c tied to the lengths, T is 2-homogeneous in U, whatever the order."""
    kay = Symbol("k", positive=True)
    return identity(
        r"T(kU)=k^2\,T(U),\quad k>0",
        route="squared norm of the difference",
        free=("l", "d", "m"),
        left=_homogeneity(kay, kay**2),
        right=S.Zero,
        mutants={
            f"T(kU) = {claimed} T(U)": (_homogeneity(kay, claimed), S.Zero)
            for claimed in (kay, kay**3, kay**l, 2 * kay**2)
        },
    )


@shows("two-homogeneous")
def two_homogeneous_negative() -> Identity:
    r"""For a negative factor the order's parity decides: T(-kU) = (-1)^l k^2 T(U)."""
    kay = Symbol("k", positive=True)
    right = (-1) ** l * kay**2
    return identity(
        r"T(-kU)=(-1)^l\,k^2\,T(U),\quad k>0",
        route="squared norm of the difference",
        free=("l", "d", "m"),
        left=_homogeneity(-kay, right),
        right=S.Zero,
        mutants={
            "without the sign": (_homogeneity(-kay, kay**2), S.Zero),
            "sign (-1)^(l+1)": (_homogeneity(-kay, -right), S.Zero),
            "k^l": (_homogeneity(-kay, (-1) ** l * kay**l), S.Zero),
        },
    )


# ------------------------------------------------------------------------------------------------------------
# Euler's relation, and the tied gradient
# ------------------------------------------------------------------------------------------------------------
@shows("euler")
def euler_frozen() -> Identity:
    r"""The frozen loss is a sum of parts homogeneous in U of degree l and 2l: its radial derivative."""
    fit = model.tensor().inner(model.residual())
    ridge = Sum(chat(i) ** (l - 2) * u(i).norm() ** l, (i, 1, m))
    return identity(
        r"\langle U,G\rangle=l\langle T,R\rangle+\lambda l\sum_i\hat c_i^{\,l-2}n_i^l",
        free=("l", "d", "m", "r"),
        left=_pairing(u, model.gradient),
        right=l * fit + lam * l * ridge,
        mutants={
            "factor 2": 2 * fit + lam * l * ridge,
            "regulariser with factor 2": l * fit + 2 * lam * ridge,
            "with T* for R": l * model.tensor().inner(model.target()) + lam * l * ridge,
        },
    )


@shows("euler")
def euler_tied() -> Identity:
    r"""The tied loss is homogeneous of degree 2 in T and in the regulariser, for every l."""
    fit = model.tensor(u, lambda n: model.tied_weight(u(n), n))
    rest = fit - model.target()
    ridge = Sum(u(i).dot(u(i)), (i, 1, m))
    radial = diff(model.tied_loss(lambda index: (1 + t) * u(index)), t).subs(t, 0)
    return identity(
        r"\langle U,\nabla F\rangle=2\langle T,R\rangle+2\lambda\|U\|^2",
        route="derivative of F((1+t)U)",
        free=("l", "d", "m", "r"),
        left=radial,
        right=2 * fit.inner(rest) + 2 * lam * ridge,
        mutants={
            "factor l": l * fit.inner(rest) + 2 * lam * ridge,
            "regulariser with factor l": 2 * fit.inner(rest) + l * lam * ridge,
            "without the regulariser": 2 * fit.inner(rest),
        },
    )


@shows("projection")
def projection_along() -> Identity:
    r"""The true gradient of F(U) = f(U, c(U)) is the frozen one, its radial part shrunk to the share 2/l."""

    def shrunk(share: Expr) -> Expr:
        def column(index: Expr) -> Vector:
            x = u(index)
            frozen = model.gradient(index, u, lambda n: model.tied_weight(u(n), n), lambda n: 1 / u(n).norm())
            return frozen - (share * x.dot(frozen) / x.norm() ** 2) * x

        return _pairing(v, column)

    return identity(
        r"\frac{d}{dt}F(U+tV)\Big|_0=\sum_i\Bigl\langle v_i,\Bigl(I-\tfrac{l-2}{l}\hat u_i\hat u_i^{\!\top}"
        r"\Bigr)g_i\Bigr\rangle",
        route="inner products along U+tV",
        free=("l", "d", "m", "r"),
        left=along(model.tied_loss),
        right=_pairing(v, model.tied_gradient),
        mutants={
            "the frozen gradient itself": shrunk(S.Zero),
            "share (l-1)/l": shrunk((l - 1) / l),
            "radial part removed": shrunk(S.One),
            "share (l-2)/2": shrunk((l - 2) / 2),
        },
    )


def _shrunk_pairing() -> Expr:
    """<grad F, G> for any columns g_i in place of the gradient."""
    return Sum(g(i).dot(g(i)) - (l - 2) / l * u(i).dot(g(i)) ** 2 / u(i).norm() ** 2, (i, 1, m))


@shows("projection")
def projection_lower() -> Identity:
    r"""Why (2/l)||G||^2 <= <grad F, G>: the gap is (l-2)/l times a sum of squared lengths."""

    def tangential(index: Expr) -> Vector:
        return g(index) - (u(index).dot(g(index)) / u(index).norm() ** 2) * u(index)

    squares = Sum(tangential(i).dot(tangential(i)), (i, 1, m))
    total = Sum(g(i).dot(g(i)), (i, 1, m))
    return identity(
        r"\langle\nabla F,G\rangle-\tfrac2l\|G\|^2=\tfrac{l-2}{l}\sum_i\|g_i-\langle\hat u_i,g_i\rangle\hat "
        r"u_i\|^2\ge0",
        route="sum of squares",
        free=("l", "d", "m"),
        left=_shrunk_pairing() - 2 / l * total,
        right=(l - 2) / l * squares,
        mutants={
            "factor (l-1)/l": (l - 1) / l * squares,
            "factor 1": squares,
            "all of g_i instead of its tangential part": (l - 2) / l * total,
        },
    )


@shows("projection")
def projection_upper() -> Identity:
    r"""Why <grad F, G> <= ||G||^2: the gap is (l-2)/l times the squared radial parts."""
    total = Sum(g(i).dot(g(i)), (i, 1, m))
    radial = Sum(u(i).dot(g(i)) ** 2 / u(i).norm() ** 2, (i, 1, m))
    return identity(
        r"\|G\|^2-\langle\nabla F,G\rangle=\tfrac{l-2}{l}\sum_i\langle\hat u_i,g_i\rangle^2\ge0",
        route="sum of squares",
        free=("l", "d", "m"),
        left=total - _shrunk_pairing(),
        right=(l - 2) / l * radial,
        mutants={
            "factor 2/l": 2 / l * radial,
            "u_i not normalised": (l - 2) / l * Sum(u(i).dot(g(i)) ** 2, (i, 1, m)),
        },
    )


# ------------------------------------------------------------------------------------------------------------
# Other units
# ------------------------------------------------------------------------------------------------------------
_root = Symbol("q", positive=True)  # sqrt(t), where the target is t times as large


def _in_units(power: Expr, regularizer: Expr) -> tuple[model.Columns, model.Weight, PowerSum, Expr]:
    """Columns q^power u_i with the same kappa, q = sqrt(t), their weights, the residual for t T*, and lambda."""

    def columns(index: Expr) -> Vector:
        return _root**power * u(index)

    def weight(index: Expr) -> Expr:
        return a(index) * (model.kappa(index) / (_root**power * u(index).norm())) ** (l - 2)

    residual = PowerSum.power(weight(i), columns(i), (i, m)) - _root**2 * model.target()
    return columns, weight, residual, _root ** (2 * regularizer) * lam


def _loss_in_units(power: Expr = S.One, regularizer: Expr = S.One) -> Expr:
    columns, _, residual, weight = _in_units(power, regularizer)
    return residual.norm2() / 2 + weight * Sum(columns(i).dot(columns(i)), (i, 1, m))


def _tied_weight(index: Expr) -> Expr:
    return model.tied_weight(u(index), index)


@shows("normalise")
def loss_in_other_units() -> Identity:
    r"""The loss at sqrt(t) U, kappa kept, for the target t T* and t lambda is t^2 times the loss."""
    penalty = lam * Sum(u(i).dot(u(i)), (i, 1, m))
    loss = model.residual(weight=_tied_weight).norm2() / 2 + penalty
    return identity(
        r"f(\sqrt t\,U;\,tT^*,t\lambda)=t^2f(U;\,T^*,\lambda)\quad\text{with the same }\kappa_i",
        route="inner products",
        free=("l", "d", "m", "r", "t"),
        left=_loss_in_units(),
        right=_root**4 * loss,
        mutants={
            "$\\lambda$ for $t\\lambda$": (_loss_in_units(regularizer=S.Zero), _root**4 * loss),
            "columns $t$ times": (_loss_in_units(power=Integer(2)), _root**4 * loss),
            "$t$ for $t^2$": _root**2 * loss,
        },
    )


def _step_in_units(size: Expr = S.NegativeOne, regularizer: Expr = S.One) -> Expr:
    """The new column u_j in other units, against any vector y."""
    columns, weight, residual, strength = _in_units(S.One, regularizer)
    x = columns(j)
    pull = (l * weight(j)) * residual.contract(x) + (strength * l) * x
    return x.dot(y()) - model.eta * _root ** (2 * size) * pull.dot(y())


@shows("normalise")
def step_in_other_units() -> Identity:
    r"""A step of eta/t in the other units leads to sqrt(t) times the new column."""
    pull = (l * _tied_weight(j)) * model.residual(weight=_tied_weight).contract(u(j)) + (lam * l) * u(j)
    right = _root * (u(j).dot(y()) - model.eta * pull.dot(y()))
    return identity(
        r"\sqrt t\,u_j-\tfrac\eta t\,g_j(\sqrt t\,U;\,tT^*,t\lambda)"
        r"=\sqrt t\,\bigl(u_j-\eta\,g_j(U;\,T^*,\lambda)\bigr)",
        route="inner products with any vector",
        free=("l", "d", "m", "r", "t"),
        left=_step_in_units(),
        right=right,
        mutants={
            "$\\eta$ for $\\eta/t$": (_step_in_units(size=S.Zero), right),
            "$\\eta/t^2$ for $\\eta/t$": (_step_in_units(size=Integer(-2)), right),
            "$\\lambda$ for $t\\lambda$": (_step_in_units(regularizer=S.Zero), right),
        },
    )
