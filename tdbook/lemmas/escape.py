"""Section 5.2: a fresh component escapes. Lemmas 7, 8 and 9, and the events of Lemma 1.

The mass outside S never grows (Lemma 5, in :mod:`.outside`). Inside S a fresh direction has a fair chance of a
correlation of order s^{-l/2} with the residual (Lemma 6, in :mod:`.chance`). While the correlation lasts, the component
grows exponentially (Lemma 7). Its own motion hardly changes the correlation (Lemma 8), and the motion of the other
components costs loss before it changes it (Lemma 9).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tdbook import validation
from tdbook.descent import Settings, State
from tdbook.landscape import trap_target
from tdbook.lemmas.outside import LARGE, SplitColumn, projected_model, span_basis, split_column, unit_part
from tdbook.lemmas.rise import Epoch, Inequality, boosts, descends, switch_bounds
from tdbook.objectives import Parameters, check_point, frozen_gradient, loss, model
from tdbook.tensors import SymmetricCP, SymmetricTensor, check_tensor, frobenius_norm, integer_power
from tdbook.validation import Array


def correlation(parameters: Parameters, target: SymmetricTensor, j: int) -> float:
    """a_j <P_S^{(x) l} T - T*, w^{(x) l}> for w = P_S u_j / ||P_S u_j||: negative is good."""
    return split_column(parameters, target, j).correlation


# --- Lemma 7: while the correlation lasts, the component grows ----------------------------------------------


@dataclass(frozen=True)
class GrowthTerms:
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


def _leak_bound(column: SplitColumn, order: int) -> float:
    """l (l-1) kbar N ||P_B U|| ||P_B u||: bounds the leak of P_S g; times ||P_S u|| that of <P_S u, P_S g>."""
    y = frobenius_norm(column.y)
    return order * (order - 1) * column.kbar * column.weight * column.outer * y


def lemma7_decomposition(parameters: Parameters, target: SymmetricTensor, regularization: float, j: int) -> GrowthTerms:
    """The exact decomposition of <P_S u_j, P_S g_j>, both sides computed on their own.

    The claim stands at :func:`lemma7`.
    """
    column, order = split_column(parameters, target, j), target.order
    with validation.overflowing():
        total = float(column.x @ frozen_gradient(parameters, target, regularization)[:, j])
    main = order * (column.inside * column.inside) * (column.drive * column.correlation + regularization)
    tensor = model(parameters, order)
    basis = span_basis(target)
    across = tensor.factors.T @ (parameters.U[:, j] / column.size)
    within = (basis.T @ tensor.factors).T @ (basis.T @ column.w)
    swing = integer_power(across, order - 1) - integer_power(column.rho * within, order - 1)
    scale = order * column.sign * column.kbar * column.size * column.inside
    with validation.overflowing():
        leak = scale * float(tensor.weights @ (swing * within))
    bound = column.inside * _leak_bound(column, order)
    validation.finite("both sides", np.array([total, main, leak, bound]), LARGE)
    return GrowthTerms(total, main, leak, bound)


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
    column, order = split_column(parameters, target, j), target.order
    tau = -column.correlation
    with validation.overflowing():
        moved = column.x - eta * _inside_gradient(parameters, target, regularization, j)
        after = float(moved @ moved)
    brake = regularization + _leak_bound(column, order) / (order * column.inside)
    square = column.inside * column.inside
    return Inequality.between(
        (1.0 + eta * order * column.drive * tau) * square,
        after,
        tau > 0 and brake <= 0.5 * column.drive * tau,
        scale=square,
    )


def _inside_gradient(parameters: Parameters, target: SymmetricTensor, regularization: float, j: int) -> Array:
    """P_S g_j, shape (d,)."""
    basis = span_basis(target)
    return basis @ (basis.T @ frozen_gradient(parameters, target, regularization)[:, j])


# --- Lemma 8: the component's own motion does not spoil the correlation -------------------------------------


def shift_step(parameters: Parameters, target: SymmetricTensor, regularization: float, j: int) -> float:
    """The largest eta with eta kbar rho^{l-2} l (l-1) ||R_S|| <= 1 - eta l lambda, which Lemma 8 presupposes."""
    column, order = split_column(parameters, target, j), target.order
    lam = validation.real("regularization", regularization, strict=False)
    bend = order * lam + order * (order - 1) * column.drive * column.residual_norm
    if not bend > 0:
        raise ValueError("regularization must be positive where the residual in S is zero: any step would do")
    return validation.finite("the step size", 1.0 / bend, LARGE)


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
    lam = validation.real("regularization", regularization, strict=False)
    order = validation.order(check_tensor("target", target).order, 3)
    column = split_column(parameters, target, j)
    keep = 1.0 - eta * order * lam
    with validation.overflowing():
        moved = column.x - eta * _inside_gradient(parameters, target, regularization, j)
    at = unit_part(validation.finite("P_S u after the step", moved, LARGE), j)
    with validation.overflowing():
        after = projected_model(parameters, order, span_basis(target)).evaluate(at) - target.evaluate(at)
    cost = 0.0
    if keep > 0:
        cost = 2.0 * order * (order - 1) * column.residual_norm * _leak_bound(column, order)
        cost /= (order - 2) * keep * column.inside
    small = eta * column.drive * order * (order - 1) * column.residual_norm <= keep
    return Inequality.between(
        column.sign * float(after[0]), column.correlation + eta * cost, small, scale=column.residual_norm
    )


# --- Lemma 9 and the telescoping display --------------------------------------------------------------------


def tensor_path(states: Sequence[State], order: int) -> Array:
    """||T_h - T_{h-1}||_F for consecutive states, shape (H,)."""
    tensors = [model(state.parameters, order) for state in validation.instances("states", states, State)]
    return np.array([a.distance(b) for a, b in pairwise(tensors)])


def lemma9(epoch: Epoch, target: SymmetricTensor, settings: Settings) -> Inequality:
    r"""The length of the tensor's path over an epoch against its bound; rises and jumps are those of ``switch_bounds``.

    Presupposes ``descends``.

    Claim: lemma9

    If every step of an epoch obeys Lemma 3's inequality, then

    $$
    \sum_{h\le H}\|T_h-T_{h-1}\|_F\ \le\ \sqrt{l\max(4,l)}\;N\sqrt{\eta H}\,\sqrt{f_0-f_H+\sigma}\;+\;Z ,
    $$

    where $f_0$ is the loss after the re-initialisation, $N^2$ the largest
    $\sum_i\bar\kappa_i^2\max(\|u_i\|,\|u_i'\|)^2$ of a step, and $Z$ and $\sigma$ are the sums over the switches of the
    epoch of $z'$ and $\|R\|z'+\frac12z'^2$, by which a switch can move $T$ and raise $f$ (Lemma 2). With
    $N^2\approx f/\lambda$ this is the printed form.
    """
    validation.instance("settings", settings, Settings)
    order, lam, eta = check_tensor("target", target).order, settings.regularization, settings.step_size
    states = validation.instance("epoch", epoch, Epoch).states
    size, rises, jumps = 0.0, 0.0, 0.0
    for a, b in pairwise(states):
        with validation.overflowing():
            longest = boosts(a.parameters, order) * np.maximum(a.parameters.norms, b.parameters.norms)
            size = max(size, float(np.linalg.norm(longest)))
        z, rise = switch_bounds(a, b, target, settings)
        jumps, rises = jumps + z, rises + rise
    first, last = (loss(state.parameters, target, lam) for state in (states[0], states[-1]))
    spent = max(0.0, first - last + rises)
    bound = math.sqrt(order * max(4, order) * eta * (len(states) - 1) * spent) * size + jumps
    return Inequality.between(float(tensor_path(states, order).sum()), bound, descends(epoch, target, settings))


def telescoping(states: Sequence[State], target: SymmetricTensor, j: int, *, printed: bool = False) -> Inequality:
    r"""The display before Lemma 8, for component j over some steps.

    ``printed`` leaves out the sign a on the right, as the paper does.

    Claim: telescoping

    For a component with sign $a$ and direction $w_h$ in $S$ after $h$ steps, and $R_h=P_S^{\otimes l}T_h-T^*$,

    $$
    \begin{aligned}
    a\langle R_t,w_t^{\otimes l}\rangle-a\langle R_0,w_0^{\otimes l}\rangle\ \le\
    &\sum_{h\le t}\big(a\langle R_{h-1},w_h^{\otimes l}\rangle
    -a\langle R_{h-1},w_{h-1}^{\otimes l}\rangle\big)\\
    &+\sum_{h\le t}\|T_h-T_{h-1}\|_F .
    \end{aligned}
    $$
    """
    basis, order = span_basis(target), target.order
    states, printed = validation.instances("states", states, State), validation.flag("printed", printed)
    first = split_column(states[0].parameters, target, j)
    turn, now = 0.0, first.correlation
    projected = (projected_model(state.parameters, order, basis) for state in states)
    for (old, new), state in zip(pairwise(projected), states[1:], strict=True):
        x = basis @ (basis.T @ state.parameters.U[:, j])
        at = unit_part(x, j)
        wanted = target.evaluate(at)
        turn += first.sign * float((old.evaluate(at) - wanted)[0]) - now
        now = first.sign * float((new.evaluate(at) - wanted)[0])
    if printed:
        turn *= first.sign
    return Inequality.between(now - first.correlation, turn + float(tensor_path(states, order).sum()))


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


def lemma1(epoch: Epoch, target: SymmetricTensor, settings: Settings) -> EpochOutcome:
    r"""The two events behind Lemma 1 (share and correlation of the fresh component) and what the epoch achieved.

    Claim: lemma1

    Let $\|T^*\|_F=1$, $s=\dim S$, and let $\gamma$ and $p$ be such that a fresh direction has
    $a\langle R_S,w^{\otimes l}\rangle\le-\gamma\|R_S\|$ with probability at least $p$, whatever the residual, as in
    Lemma 6 with $\gamma=\Omega(s^{-l/2})$. Let $\tau=\frac12\cdot0.98\,\gamma\varepsilon$, $\rho_0=(0.198)^{l-2}$ and
    $\lambda=0.49\,\rho_0\tau$. For $\delta$, $\eta$ small enough and
    $\eta H=\frac{1.01}{l\rho_0\tau}\log\frac{0.62\,d}{\lambda(\delta/5)^2}$, and for $m$ so large that
    $q+(d(m+K))^{(l-2)/2}\delta^2\le0.01\,\gamma\varepsilon$ with $q=\frac{0.62}{\lambda m}$, an epoch that begins with
    $\|T-T^*\|_F\ge\varepsilon$ and stays at $f\le0.62$ lowers $f$, after its re-initialisation, with probability at
    least $\frac56p$ by at least

    $$
    \Delta=\frac{0.9\,\tau^2\lambda}{0.62\;l\max(4,l)\,\eta H}=\Omega\Big(\frac{\varepsilon^4}{s^{2l}\log(d/\varepsilon)}\Big).
    $$

    With $p=\frac15$ this is the $\frac16$ of the paper. The paper counts the fall from before the re-initialisation; so
    counted it is at least $\Delta$ less the bound of Lemma 4. Without the condition on $m$ the statement is false.
    """  # noqa: E501
    lam = validation.instance("settings", settings, Settings).regularization
    order = check_tensor("target", target).order
    first, last = validation.instance("epoch", epoch, Epoch).states[0], epoch.states[-1]
    check_point(first.parameters, target)
    if first.reinitialized is None:
        raise ValueError("epoch must begin with a re-initialisation, got one without")
    basis, j = span_basis(target), first.reinitialized
    x = basis @ (basis.T @ first.parameters.U[:, j])
    inside, at = frobenius_norm(x), unit_part(x, j)
    projected = projected_model(epoch.before.parameters, order, basis)
    value = float(first.parameters.a[j]) * float((projected.evaluate(at) - target.evaluate(at))[0])
    norm = projected.distance(target)
    return EpochOutcome(
        error=model(epoch.before.parameters, order).distance(target),
        share=inside / float(first.parameters.norms[j]) * math.sqrt(target.dimension),
        correlation=value / norm if norm > 0 else 0.0,
        decrease=loss(epoch.before.parameters, target, lam) - loss(last.parameters, target, lam),
    )


def bad_minimum(dimension: int, order: int, components: int, regularization: float) -> tuple[SymmetricCP, State]:
    """A target with a bad local minimum of the loss with regulariser, and the state that sits in it.

    The target of Theorem 2 with one missing direction (``trap_target``), scaled to unit norm. All m components lie
    along e_1 with sign +1, have switched, and share the weight of e_1^{(x) l} less lambda equally.
    """
    m = validation.components(components)
    target = trap_target(order, 1, dimension)
    norm = target.norm()
    lam = validation.real("regularization", regularization, strict=False, maximum=1.0 / norm)
    U = np.zeros((target.dimension, m))
    U[0] = math.sqrt((1.0 / norm - lam) / m)
    return target.scaled(1.0 / norm), State(Parameters.two_homogeneous(U, np.ones(m)), np.zeros(m, dtype=bool))
