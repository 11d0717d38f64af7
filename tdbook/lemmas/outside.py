"""Section 5.2: the parts of the components inside and outside the span S of the target, and Lemma 5."""

from __future__ import annotations

import math
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from tdbook import validation
from tdbook.descent import Settings, State
from tdbook.descent.steps import check_state
from tdbook.lemmas.rise import Inequality, boosts, weighted_norm
from tdbook.objectives import Parameters, check_point, frozen_gradient, model, tied_gradient
from tdbook.tensors import SymmetricCP, SymmetricTensor, check_tensor, frobenius_norm, integer_power
from tdbook.validation import Array

LARGE = "U, c, the target, regularization or step_size is too large"
_BASES: WeakKeyDictionary[SymmetricTensor, Array] = WeakKeyDictionary()


def span_basis(target: SymmetricTensor) -> Array:
    """``target.span()``, remembered: it is asked for at every step of a run."""
    check_tensor("target", target)
    if target not in _BASES:
        _BASES[target] = target.span()
    return _BASES[target]


def outside(U: Array, basis: Array) -> Array:
    """P_B U, shape (d, m), for an orthonormal ``basis`` of S, shape (d, s)."""
    return U - basis @ (basis.T @ U)


def outside_mass(parameters: Parameters, target: SymmetricTensor) -> float:
    """||P_B U||_F^2."""
    check_point(parameters, target)
    with validation.overflowing():
        mass = np.square(np.linalg.norm(outside(parameters.U, span_basis(target))))
    return float(validation.finite("||P_B U||^2", mass, "U is too large"))


def outside_matrix(parameters: Parameters, order: int, regularization: float) -> Array:
    """Q of Lemma 5, shape (m, m): the Gram matrix of the b_i u_i^{(x) l-1}, plus the regulariser; P_B G = l P_B U Q.

    The claim stands at :func:`lemma5`.
    """
    validation.instance("parameters", parameters, Parameters)
    order = validation.order(order, 2)
    lam = validation.real("regularization", regularization, strict=False)
    norms, directions = parameters.norms, parameters.directions
    with validation.overflowing():
        weight = parameters.a * boosts(parameters, order) * norms
        gram = integer_power(directions.T @ directions, order - 1)
        shrink = lam * integer_power(parameters.c_hat * norms, order - 2)
        return validation.finite("Q", weight[:, None] * gram * weight + np.diag(shrink), LARGE)


def lemma5(parameters: Parameters, target: SymmetricTensor, regularization: float, step_size: float) -> Inequality:
    r"""The mass outside S after one step against that before, presupposing eta l ||Q|| <= 2.

    Claim: lemma5

    Let $P_B$ be the projection onto the orthogonal complement $B$ of the span $S$ of the $u^*_i$, $V$ the matrix with
    columns $b_i\,\mathrm{vec}\,u_i^{\otimes l-1}$, $b_i=a_ic_i^{\,l-2}$, and
    $Q=V^\top V+\lambda\,\mathrm{diag}(\hat c_i^{\,l-2}\|u_i\|^{l-2})$. One step gives

    $$
    P_BU'=P_BU\,(I-\eta l\,Q),\qquad Q\succeq0 .
    $$

    So $\|P_BU\|_F$ does not grow in a step with $\eta l\|Q\|\le2$, which is sharp; and if all steps are of this kind,
    $\|P_BU\|_F^2\le(m+K)\delta^2$ throughout. This holds in total, not column by column.
    """
    eta = validation.real("step_size", step_size)
    check_point(parameters, target)
    basis = span_basis(target)
    with validation.overflowing():
        moved = parameters.U - eta * frozen_gradient(parameters, target, regularization)
    validation.finite("U after the step", moved, "step_size is too large")
    largest = float(np.linalg.eigvalsh(outside_matrix(parameters, target.order, regularization))[-1])
    return Inequality.between(
        frobenius_norm(outside(moved, basis)),
        frobenius_norm(outside(parameters.U, basis)),
        eta * target.order * largest <= 2.0,
        scale=frobenius_norm(parameters.U) + frobenius_norm(moved),
    )


def lemma5_total(state: State, target: SymmetricTensor, settings: Settings) -> Inequality:
    """The mass outside S, squared, against its bound for a whole run.

    The claim stands at :func:`lemma5`.
    """
    validation.instance("state", state, State)
    validation.instance("settings", settings, Settings)
    bound = (settings.components + settings.epochs) * (settings.init_scale * settings.init_scale)
    mass = outside_mass(state.parameters, target)
    return Inequality.between(mass, bound, scale=bound + math.sqrt(mass) * frobenius_norm(state.parameters.U))


def component_outside(state: State, target: SymmetricTensor, settings: Settings, j: int) -> Inequality:
    r"""||P_B u_j||^2 against (m+K) delta^2: how far a component can be from S.

    Claim: component-in-span

    If every step so far had $\eta l\|Q\|\le2$ as in Lemma 5, then every component has

    $$
    1-\frac{\|P_Su_i\|^2}{\|u_i\|^2}\ \le\ \frac{(m+K)\,\delta^2}{\|u_i\|^2} .
    $$

    At a switch, where $\|u_i\|>2\sqrt{m+K}\,\delta$, this is at most $\frac14$, and for a component of fixed length it
    tends to 0 with $\delta$.
    """
    check_state(state, settings)
    check_point(state.parameters, target)
    u = state.parameters.U[:, [validation.integer("j", j, 0, settings.components - 1)]]
    bound = (settings.components + settings.epochs) * (settings.init_scale * settings.init_scale)
    part = frobenius_norm(outside(u, span_basis(target))) ** 2
    return Inequality.between(part, bound, scale=bound + frobenius_norm(u) ** 2)


def residual_outside(parameters: Parameters, target: SymmetricTensor) -> Inequality:
    r"""||T - P_S^{(x) l} T|| against sqrt(l) N ||P_B U||.

    Claim: residual-in-span

    Let $P_S$ be the projection onto the span $S$ of the $u^*_i$, $P_B=I-P_S$, $\bar\kappa_i=(c_i\|u_i\|)^{l-2}$ and
    $N^2=\sum_i\bar\kappa_i^2\|u_i\|^2$. Then

    $$
    \|T-P_S^{\otimes l}T\|_F\ \le\ \sqrt l\,N\,\|P_BU\|_F,
    $$

    so that $R_S=P_S^{\otimes l}T-T^*$ is by no more than this shorter than $T-T^*$. No constant below $\sqrt l$ would
    do.
    """
    check_point(parameters, target)
    order, basis = target.order, span_basis(target)
    tensor, inside = model(parameters, order), projected_model(parameters, order, basis)
    bound = math.sqrt(order) * weighted_norm(parameters, order) * math.sqrt(outside_mass(parameters, target))
    return Inequality.between(tensor.distance(inside), bound, scale=tensor.norm())


def lemma5_identity(
    parameters: Parameters, target: SymmetricTensor, regularization: float
) -> tuple[float, float, float]:
    r"""<P_B U, P_B G>, the sum of squares it equals, and <P_B U, P_B grad F>, which has no such form.

    Claim: lemma5-identity

    For the frozen gradient $G$ and the projection $P_B$ onto the orthogonal complement of the span of the $u^*_i$

    $$
    \langle P_BU,P_BG\rangle=l\,\|(I^{\otimes l-1}\otimes P_B)\,T\|_F^2
    +\lambda l\sum_i\hat c_i^{\,l-2}\|u_i\|^{l-2}\|P_Bu_i\|^2\ge0 ;
    $$

    with the tied gradient the sign can be negative.
    """
    lam = check_point(parameters, target, regularization)
    order, basis = target.order, span_basis(target)
    norms, directions = parameters.norms, parameters.directions
    with validation.overflowing():
        beyond = outside(parameters.U, basis)
        frozen = float(np.vdot(beyond, frozen_gradient(parameters, target, lam)))
        tied = float(np.vdot(beyond, tied_gradient(parameters, target, lam)))
        weight = parameters.a * boosts(parameters, order) * norms
        gram = integer_power(directions.T @ directions, order - 1) * (beyond.T @ beyond)
        shrink = integer_power(parameters.c_hat * norms, order - 2)
        ridge = float(shrink @ np.einsum("ij,ij->j", beyond, beyond))
        squares = order * float(weight @ gram @ weight) + lam * order * ridge
    validation.finite("both sides", np.array([frozen, squares, tied]), LARGE)
    return frozen, squares, tied


def projected_model(parameters: Parameters, order: int, basis: Array) -> SymmetricCP:
    """P_S^{(x) l} T, with S given by an orthonormal ``basis`` of shape (d, s)."""
    tensor = model(parameters, order)
    basis = validation.array("basis", basis, (tensor.dimension, "s"), "like the rows of U")
    with validation.overflowing():
        inside = validation.finite("P_S U", basis @ (basis.T @ tensor.factors), "basis must be orthonormal")
    return SymmetricCP(tensor.weights, inside, order)


# --- one component seen from S ------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class SplitColumn:
    """Column j split along S: x = P_S u, y = P_B u, w = x / ||x||, and the other quantities that the lemmas use."""

    x: Array
    y: Array
    size: float
    sign: float
    kbar: float
    rho: float
    outer: float
    weight: float
    residual_norm: float
    pull: Array
    exponent: int

    @property
    def inside(self) -> float:
        """||P_S u||."""
        return self.size * self.rho

    @property
    def w(self) -> Array:
        return self.x / self.inside

    @property
    def correlation(self) -> float:
        """a <R_S, w^{(x) l}>."""
        return self.sign * float(self.w @ self.pull)

    @property
    def drive(self) -> float:
        """kbar rho^{l-2}: by how much the correlation is amplified in the growth of x."""
        return self.kbar * self.rho**self.exponent


def split_column(parameters: Parameters, target: SymmetricTensor, j: int) -> SplitColumn:
    """Column j of U, split into its parts inside and outside S."""
    check_point(parameters, target)
    validation.integer("j", j, 0, parameters.U.shape[1] - 1)
    order, basis = target.order, span_basis(target)
    u = parameters.U[:, j]
    x = basis @ (basis.T @ u)
    inside, size = frobenius_norm(x), frobenius_norm(u)
    at = unit_part(x, j)
    projected = projected_model(parameters, order, basis)
    with validation.overflowing():
        pull = validation.finite("R_S(w^{l-1}, .)", projected.contract(at) - target.contract(at), LARGE)
    return SplitColumn(
        x=x,
        y=u - x,
        size=size,
        sign=float(parameters.a[j]),
        kbar=float(boosts(parameters, order)[j]),
        rho=inside / size,
        outer=frobenius_norm(outside(parameters.U, basis)),
        weight=weighted_norm(parameters, order),
        residual_norm=projected.distance(target),
        pull=pull[:, 0],
        exponent=order - 2,
    )


def unit_part(x: Array, j: int) -> Array:
    """x / ||x||, shape (d, 1), for the part x of column j in S."""
    length = frobenius_norm(x)
    if not length > 0.0:
        raise ValueError(f"column {j} must have a part in the span of the target, got P_S u = 0")
    return (x / length)[:, None]
