"""Section 5.2: a fresh component escapes. Lemmas 5, 7, 8 and 9, and the events of Lemma 1.

The mass outside S never grows (Lemma 5). Inside S a fresh direction has a fair chance of a correlation of order
s^{-l/2} with the residual (Lemma 6, in :mod:`.chance`); while it lasts, the component grows exponentially
(Lemma 7); its own motion hardly spoils it (Lemma 8); and spoiling it by moving T costs loss (Lemma 9).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from weakref import WeakKeyDictionary

import numpy as np

from tdbook import validation
from tdbook.descent import Settings, State
from tdbook.landscape import trap_target
from tdbook.lemmas.rise import Epoch, Inequality, boosts, descends, switch_bounds, weighted_norm
from tdbook.objectives import Parameters, frozen_gradient, loss, model, tied_gradient
from tdbook.tensors import SymmetricCP, SymmetricTensor, frobenius_norm, integer_power
from tdbook.validation import Array

_BASES: WeakKeyDictionary[SymmetricTensor, Array] = WeakKeyDictionary()


@validation.guarded()
def span_basis(target: SymmetricTensor) -> Array:
    """``target.span()``, remembered: it is asked for at every step of a run."""
    if target not in _BASES:
        _BASES[target] = target.span()
    return _BASES[target]


# --- Lemma 5: the mass outside S ----------------------------------------------------------------------------


def outside(U: Array, basis: Array) -> Array:
    """P_B U, shape (d, m), for an orthonormal ``basis`` of S, shape (d, s)."""
    return U - basis @ (basis.T @ U)


@validation.guarded()
def outside_mass(parameters: Parameters, target: SymmetricTensor) -> float:
    """||P_B U||_F^2."""
    return float(np.linalg.norm(outside(parameters.U, span_basis(target))) ** 2)


@validation.guarded()
def outside_matrix(parameters: Parameters, order: int, regularization: float) -> Array:
    """Q of Lemma 5, shape (m, m): the Gram matrix of the b_i u_i^{(x) l-1}, plus the regulariser; P_B G = l P_B U Q.

    The claim stands at :func:`lemma5`.
    """
    norms, directions = parameters.norms, parameters.directions
    weight = parameters.a * boosts(parameters, order) * norms
    gram = integer_power(directions.T @ directions, order - 1)
    shrink = regularization * integer_power(parameters.c_hat * norms, order - 2)
    return weight[:, None] * gram * weight + np.diag(shrink)


@validation.guarded()
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
    basis = span_basis(target)
    moved = parameters.U - eta * frozen_gradient(parameters, target, regularization)
    largest = float(np.linalg.eigvalsh(outside_matrix(parameters, target.order, regularization))[-1])
    return Inequality(
        frobenius_norm(outside(moved, basis)),
        frobenius_norm(outside(parameters.U, basis)),
        eta * target.order * largest <= 2.0,
        scale=frobenius_norm(parameters.U) + frobenius_norm(moved),
    )


@validation.guarded()
def lemma5_total(state: State, target: SymmetricTensor, settings: Settings) -> Inequality:
    """The mass outside S, squared, against its bound for a whole run.

    The claim stands at :func:`lemma5`.
    """
    bound = (settings.components + settings.epochs) * settings.init_scale**2
    mass = outside_mass(state.parameters, target)
    return Inequality(mass, bound, scale=bound + math.sqrt(mass) * float(np.linalg.norm(state.parameters.U)))


@validation.guarded()
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
    order, basis = target.order, span_basis(target)
    beyond = outside(parameters.U, basis)
    frozen = float(np.vdot(beyond, frozen_gradient(parameters, target, regularization)))
    tied = float(np.vdot(beyond, tied_gradient(parameters, target, regularization)))
    norms, directions = parameters.norms, parameters.directions
    weight = parameters.a * boosts(parameters, order) * norms
    gram = integer_power(directions.T @ directions, order - 1) * (beyond.T @ beyond)
    shrink = integer_power(parameters.c_hat * norms, order - 2)
    ridge = float(shrink @ np.einsum("ij,ij->j", beyond, beyond))
    return frozen, order * float(weight @ gram @ weight) + regularization * order * ridge, tied


# --- one component seen from S ------------------------------------------------------------------------------


@validation.guarded()
def projected_model(parameters: Parameters, order: int, basis: Array) -> SymmetricCP:
    """P_S^{(x) l} T, with S given by an orthonormal ``basis`` of shape (d, s)."""
    tensor = model(parameters, order)
    return SymmetricCP(tensor.weights, basis @ (basis.T @ tensor.factors), order)


@dataclass(frozen=True, eq=False)
class _Column:
    """Column j against S: x = P_S u, y = P_B u, w = x/||x||, and what the lemmas need beside it."""

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


def _column(parameters: Parameters, target: SymmetricTensor, j: int) -> _Column:
    validation.integer("j", j, 0, parameters.U.shape[1] - 1)
    order, basis = target.order, span_basis(target)
    u = parameters.U[:, j]
    x = basis @ (basis.T @ u)
    inside, size = frobenius_norm(x), frobenius_norm(u)
    if inside <= 0.0:
        raise ValueError(f"column {j} must have a part in the span of the target, got P_S u = 0")
    projected = projected_model(parameters, order, basis)
    at = (x / inside)[:, None]
    pull = projected.contract(at) - target.contract(at)
    return _Column(
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


@validation.guarded()
def correlation(parameters: Parameters, target: SymmetricTensor, j: int) -> float:
    """a_j <P_S^{(x) l} T - T*, w^{(x) l}> for w = P_S u_j / ||P_S u_j||: negative is good."""
    return _column(parameters, target, j).correlation


# --- Lemma 7: while the correlation lasts, the component grows ----------------------------------------------


@dataclass(frozen=True)
class Decomposition:
    """<P_S u, P_S g> = main + leak.

    Attributes
    ----------
    total : float
        The inner product itself, from the gradient.
    main : float
        l ||P_S u||^2 [a kbar rho^{l-2} <R_S, w^{(x) l}> + lambda].
    leak : float
        l b [T(u^{(x) l-1}, P_S u) - T((P_S u)^{(x) l})]: what the parts outside S contribute.
    leak_bound : float
        l (l-1) kbar ||P_S u|| ||P_B u|| N ||P_B U||_F >= |leak|.
    """

    total: float
    main: float
    leak: float
    leak_bound: float


def _leak_bound(column: _Column, order: int) -> float:
    """l (l-1) kbar N ||P_B U|| ||P_B u||: bounds the leak of P_S g; times ||P_S u|| that of <P_S u, P_S g>."""
    y = frobenius_norm(column.y)
    return order * (order - 1) * column.kbar * column.weight * column.outer * y


@validation.guarded()
def lemma7_decomposition(
    parameters: Parameters, target: SymmetricTensor, regularization: float, j: int
) -> Decomposition:
    """The exact decomposition of <P_S u_j, P_S g_j>, both sides computed on their own.

    The claim stands at :func:`lemma7`.
    """
    column, order = _column(parameters, target, j), target.order
    total = float(column.x @ frozen_gradient(parameters, target, regularization)[:, j])
    main = order * column.inside**2 * (column.drive * column.correlation + regularization)
    tensor = model(parameters, order)
    basis = span_basis(target)
    across = tensor.factors.T @ (parameters.U[:, j] / column.size)
    within = (basis.T @ tensor.factors).T @ (basis.T @ column.w)
    swing = integer_power(across, order - 1) - integer_power(column.rho * within, order - 1)
    scale = order * column.sign * column.kbar * column.size * column.inside
    leak = scale * float(tensor.weights @ (swing * within))
    return Decomposition(total, main, leak, column.inside * _leak_bound(column, order))


@validation.guarded()
def lemma7(
    parameters: Parameters, target: SymmetricTensor, regularization: float, step_size: float, j: int
) -> Inequality:
    r"""The growth of ||P_S u_j||^2 that is promised, against what a step gives, with tau = -a <R_S, w^{(x) l}>.

    Presupposes tau > 0 and the claim's condition on lambda, with the bound of the leak in place of the leak.

    Claim: lemma7

    Let $u$ be a column with sign $a$ and $\hat c=1/\|u\|$, $g$ its frozen gradient, and $x=P_Su\ne0$ its part in the
    span $S$ of the $u^*_i$, of which $B$ is the orthogonal complement; $w=x/\|x\|$, $\rho=\|x\|/\|u\|$,
    $R_S=P_S^{\otimes l}T-T^*$, $\bar\kappa=(c\|u\|)^{l-2}$ and $N^2=\sum_i\bar\kappa_i^2\|u_i\|^2$. Then

    $$
    \begin{aligned}
    \langle x,P_Sg\rangle&=l\,\|x\|^2\big[a\bar\kappa\rho^{l-2}\langle R_S,w^{\otimes l}\rangle+\lambda\big]+\mathrm{leak},\\
    |\mathrm{leak}|&\le l(l-1)\,\bar\kappa\,\|x\|\,\|P_Bu\|\,N\,\|P_BU\|_F .
    \end{aligned}
    $$

    If $a\langle R_S,w^{\otimes l}\rangle\le-\tau$ with $\tau>0$, and
    $\lambda+\frac{|\mathrm{leak}|}{l\|x\|^2}\le\frac12\rho_0\tau$ with $\rho_0=\bar\kappa\rho^{l-2}$, then after a step

    $$
    \|x'\|^2\ \ge\ (1+\eta\,l\,\rho_0\,\tau)\,\|x\|^2 .
    $$
    """  # noqa: E501
    eta = validation.real("step_size", step_size)
    column, order = _column(parameters, target, j), target.order
    tau = -column.correlation
    moved = column.x - eta * _inside_gradient(parameters, target, regularization, j)
    brake = regularization + _leak_bound(column, order) / (order * column.inside)
    return Inequality(
        (1.0 + eta * order * column.drive * tau) * column.inside**2,
        float(moved @ moved),
        tau > 0 and brake <= 0.5 * column.drive * tau,
        scale=column.inside**2,
    )


def _inside_gradient(parameters: Parameters, target: SymmetricTensor, regularization: float, j: int) -> Array:
    """P_S g_j, shape (d,)."""
    basis = span_basis(target)
    return basis @ (basis.T @ frozen_gradient(parameters, target, regularization)[:, j])


# --- Lemma 8: the component's own motion does not spoil the correlation -------------------------------------


@validation.guarded()
def shift_step(parameters: Parameters, target: SymmetricTensor, regularization: float, j: int) -> float:
    """The largest eta with eta kbar rho^{l-2} l (l-1) ||R_S|| <= 1 - eta l lambda, which Lemma 8 presupposes."""
    column, order = _column(parameters, target, j), target.order
    return 1.0 / (order * regularization + order * (order - 1) * column.drive * column.residual_norm)


@validation.guarded()
def lemma8(
    parameters: Parameters, target: SymmetricTensor, regularization: float, step_size: float, j: int
) -> Inequality:
    r"""The correlation after a step with the residual before it, against its bound; presupposes the step condition.

    Without the leak, w -> w' is one step of the shifted power iteration for -a R_S, with the shift
    (1 - eta l lambda) / (eta l kbar rho^{l-2}); it never lowers -a R_S(w^{(x) l}) if the shift is at least
    (l-1) ||R_S||, which is what the condition says.

    Claim: lemma8

    With the signs of Lemma 7, $l\ge3$ and $\eta l\lambda<1$: if
    $\eta\,\bar\kappa\rho^{l-2}\le\frac{1-\eta l\lambda}{l(l-1)\|R_S\|}$, then for the residual before the step

    $$
    a\,\langle R_S,w'^{\otimes l}\rangle\le a\,\langle R_S,w^{\otimes l}\rangle+\eta\Lambda,\qquad
    \Lambda=\frac{2l^2(l-1)^2\,\bar\kappa N\,\|P_BU\|\,\|P_Bu\|\,\|R_S\|}{(l-2)(1-\eta l\lambda)\,\|x\|} :
    $$

    $w\mapsto w'$ is a step of a shifted power iteration, up to what leaks in from $B$.
    """
    eta = validation.real("step_size", step_size)
    order = validation.integer("order", target.order, 3)
    column = _column(parameters, target, j)
    keep = 1.0 - eta * order * regularization
    moved = column.x - eta * _inside_gradient(parameters, target, regularization, j)
    at = (moved / frobenius_norm(moved))[:, None]
    basis = span_basis(target)
    after = projected_model(parameters, order, basis).evaluate(at) - target.evaluate(at)
    cost = 0.0
    if keep > 0:
        cost = 2.0 * order * (order - 1) * column.residual_norm * _leak_bound(column, order)
        cost /= (order - 2) * keep * column.inside
    small = eta * column.drive * order * (order - 1) * column.residual_norm <= keep
    return Inequality(column.sign * float(after[0]), column.correlation + eta * cost, small, scale=column.residual_norm)


# --- Lemma 9 and the telescoping display --------------------------------------------------------------------


@validation.guarded()
def tensor_path(states: Sequence[State], order: int) -> Array:
    """||T_tau - T_{tau-1}||_F for consecutive states, shape (H,)."""
    tensors = [model(state.parameters, order) for state in states]
    return np.array([a.distance(b) for a, b in pairwise(tensors)])


@validation.guarded()
def lemma9(epoch: Epoch, target: SymmetricTensor, settings: Settings) -> Inequality:
    r"""The length of the tensor's path over an epoch against its bound; rises and jumps are those of ``switch_bounds``.

    Presupposes ``descends``.

    Claim: lemma9

    If every step of an epoch obeys Lemma 3's inequality, then

    $$
    \sum_{\tau\le H}\|T_\tau-T_{\tau-1}\|_F\ \le\ \sqrt{l\max(4,l)}\;N\sqrt{\eta H}\,\sqrt{f_0-f_H+\sigma}\;+\;Z ,
    $$

    where $f_0$ is the loss after the re-initialisation, $N^2$ the largest
    $\sum_i\bar\kappa_i^2\max(\|u_i\|,\|u_i'\|)^2$ of a step, and $Z$ and $\sigma$ are the sums over the switches of the
    epoch of $z'$ and $\|R\|z'+\frac12z'^2$, by which a switch can move $T$ and raise $f$ (Lemma 2). With
    $N^2\approx f/\lambda$ this is the printed form.
    """
    order, lam, eta = target.order, settings.regularization, settings.step_size
    states = epoch.states
    size, rises, jumps = 0.0, 0.0, 0.0
    for a, b in pairwise(states):
        kbar = boosts(a.parameters, order)
        size = max(size, float(np.linalg.norm(kbar * np.maximum(a.parameters.norms, b.parameters.norms))))
        z, rise = switch_bounds(a, b, target, settings)
        jumps, rises = jumps + z, rises + rise
    first, last = (loss(state.parameters, target, lam) for state in (states[0], states[-1]))
    spent = max(0.0, first - last + rises)
    bound = math.sqrt(order * max(4, order) * eta * (len(states) - 1) * spent) * size + jumps
    return Inequality(float(tensor_path(states, order).sum()), bound, descends(epoch, target, settings))


@validation.guarded()
def telescoping(states: Sequence[State], target: SymmetricTensor, j: int, *, printed: bool = False) -> Inequality:
    r"""The display before Lemma 8, for component j over some steps.

    ``printed`` leaves out the sign a on the right, as the paper does.

    Claim: telescoping

    For a component with sign $a$ and direction $w_\tau$ in $S$ after $\tau$ steps, and
    $R_\tau=P_S^{\otimes l}T_\tau-T^*$,

    $$
    \begin{aligned}
    a\langle R_t,w_t^{\otimes l}\rangle-a\langle R_0,w_0^{\otimes l}\rangle\ \le\
    &\sum_{\tau\le t}\big(a\langle R_{\tau-1},w_\tau^{\otimes l}\rangle
    -a\langle R_{\tau-1},w_{\tau-1}^{\otimes l}\rangle\big)\\
    &+\sum_{\tau\le t}\|T_\tau-T_{\tau-1}\|_F .
    \end{aligned}
    $$
    """
    basis, order = span_basis(target), target.order
    first = _column(states[0].parameters, target, j)
    turn, now = 0.0, first.correlation
    projected = (projected_model(state.parameters, order, basis) for state in states)
    for (old, new), state in zip(pairwise(projected), states[1:], strict=True):
        x = basis @ (basis.T @ state.parameters.U[:, j])
        at = (x / frobenius_norm(x))[:, None]
        wanted = target.evaluate(at)
        turn += first.sign * float((old.evaluate(at) - wanted)[0]) - now
        now = first.sign * float((new.evaluate(at) - wanted)[0])
    if printed:
        turn *= first.sign
    return Inequality(now - first.correlation, turn + float(tensor_path(states, order).sum()))


# --- Lemma 1 ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EpochOutcome:
    """What Lemma 1 is about, for one epoch.

    Attributes
    ----------
    error : float
        ||T'_0 - T*|| at its beginning.
    share : float
        ||P_S u|| sqrt(d) / ||u|| of the fresh component.
    correlation : float
        a <R_S, w^{(x) l}> / ||R_S|| of the fresh component against the residual before the re-initialisation.
    decrease : float
        f(U'_0) - f(U_H): positive is good.
    """

    error: float
    share: float
    correlation: float
    decrease: float


@validation.guarded()
def lemma1(epoch: Epoch, target: SymmetricTensor, settings: Settings) -> EpochOutcome:
    r"""The two events behind Lemma 1 (share and correlation of the fresh component) and what the epoch achieved.

    Claim: lemma1

    Let $\|T^*\|_F=1$, $s=\dim S$, and let $\gamma$ and $p$ be such that a fresh direction has
    $a\langle R_S,w^{\otimes l}\rangle\le-\gamma\|R_S\|$ with probability at least $p$, whatever the residual, as in
    Lemma 6 with $\gamma=\Omega(s^{-l/2})$. Let $\tau=\frac12\cdot0.98\,\gamma\varepsilon$, $\rho_0=(0.198)^{l-2}$ and
    $\lambda=0.49\,\rho_0\tau$. For $\delta$, $\eta$ small enough and
    $\eta H=\frac{1.01}{l\rho_0\tau}\log\frac{0.62\,d}{\lambda(\delta/5)^2}$ an epoch that begins with
    $\|T'_0-T^*\|_F\ge\varepsilon$ and $f\le0.62$ lowers $f$, after its re-initialisation, with probability at least
    $\frac56p$ by at least

    $$
    \Delta=\frac{0.9\,\tau^2\lambda}{0.62\;l\max(4,l)\,\eta H}=\Omega\Big(\frac{\varepsilon^4}{s^{2l}\log(d/\varepsilon)}\Big).
    $$

    With $p=\frac15$ this is the $\frac16$ of the paper.
    """  # noqa: E501
    order, lam = target.order, settings.regularization
    first, last = epoch.states[0], epoch.states[-1]
    if first.reinitialized is None:
        raise ValueError("epoch must begin with a re-initialisation, got one without")
    basis, j = span_basis(target), first.reinitialized
    x = basis @ (basis.T @ first.parameters.U[:, j])
    inside = frobenius_norm(x)
    at = (x / inside)[:, None]
    projected = projected_model(epoch.before.parameters, order, basis)
    value = float(first.parameters.a[j]) * float((projected.evaluate(at) - target.evaluate(at))[0])
    norm = projected.distance(target)
    return EpochOutcome(
        error=model(epoch.before.parameters, order).distance(target),
        share=inside / float(first.parameters.norms[j]) * math.sqrt(target.dimension),
        correlation=value / norm if norm > 0 else 0.0,
        decrease=loss(epoch.before.parameters, target, lam) - loss(last.parameters, target, lam),
    )


@validation.guarded()
def bad_minimum(dimension: int, order: int, components: int, regularization: float) -> tuple[SymmetricCP, State]:
    """A target with a bad local minimum of the loss with regulariser, and the state that sits in it.

    The target of Theorem 2 with one missing direction (``trap_target``), scaled to unit norm. All m components lie
    along e_1 with sign +1, have switched, and share the weight of e_1^{(x) l} less lambda equally.
    """
    m = validation.integer("components", components, 1)
    target = trap_target(order, 1, dimension)
    norm = target.norm()
    lam = validation.real("regularization", regularization, strict=False, maximum=1.0 / norm)
    U = np.zeros((target.dimension, m))
    U[0] = math.sqrt((1.0 / norm - lam) / m)
    return target.scaled(1.0 / norm), State(Parameters.two_homogeneous(U, np.ones(m)), np.zeros(m, dtype=bool))
