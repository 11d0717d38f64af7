"""Section 5.1: an epoch hardly raises the loss. Lemmas 2, 3 and 4, with constants.

A step moves U to U - eta G along the frozen gradient, and c follows so that kappa = c ||u|| stays. So it is a step
of F(U) = f(U, c(U)) in a direction that is not the gradient of F, and Lemma 3 says that it goes down all the same.
What can go up is the re-initialisation (Lemma 4) and the scalar mode switch; Lemma 2 adds them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from tdbook import validation
from tdbook.descent import PlainLoop, Settings, State, drive_epoch, exact_gradient, initialize, with_components
from tdbook.descent.steps import check_state
from tdbook.objectives import Parameters, frozen_gradient, loss, model, residual_contraction
from tdbook.tensors import SymmetricTensor, check_tensor, frobenius_norm, integer_power
from tdbook.validation import Array

# Share of ``Inequality.scale`` that rounding can put on the wrong side.
ROUNDING = 1e-13
# What can have gone wrong when a side of an inequality is out of range.
_OUT_OF_RANGE = "the point, the target, lambda or the step size is too large or too small"


@dataclass(frozen=True)
class Inequality:
    """left <= right, evaluated somewhere, and whether what the lemma presupposes was met there.

    Attributes
    ----------
    left, right : float
    hypothesis : bool
        Outside the hypothesis an inequality may hold or not: the lemma does not say.
    scale : float
        Size of the numbers whose differences the two sides are: rounding errors are a share of it.
    """

    left: float
    right: float
    hypothesis: bool = True
    scale: float = 1.0

    @classmethod
    def between(cls, left: float, right: float, hypothesis: bool = True, scale: float = 1.0) -> Inequality:
        """The inequality of two finite numbers; an overflow on either side is refused."""
        why = "U, c, the target, regularization, step_size or init_scale is too large"
        validation.finite("both sides", np.array([left, right, scale]), why)
        return cls(float(left), float(right), bool(hypothesis), float(scale))

    @property
    def slack(self) -> float:
        """right - left."""
        return self.right - self.left

    @property
    def holds(self) -> bool:
        """left <= right, up to rounding. False for a NaN on either side."""
        return self.left <= self.right + ROUNDING * self.scale

    @property
    def violated(self) -> bool:
        """The lemma is wrong here: the hypothesis is met and the inequality is not."""
        return self.hypothesis and not self.holds


@dataclass(frozen=True, eq=False)
class Epoch:
    """One epoch: the state at its beginning, then the re-initialised one and the one after each step.

    Attributes
    ----------
    before : State
        (U'_0, C'_0) of the paper.
    states : tuple of State
        (U_0, C_0), ..., (U_H, C_H).
    """

    before: State
    states: tuple[State, ...]


def epochs(target: SymmetricTensor, settings: Settings, rng: int | np.random.Generator) -> Iterator[Epoch]:
    """Algorithm 1, epoch by epoch with every state kept: the same run as ``descent.iterate`` with this rng."""
    rng = validation.generator(rng)
    state = initialize(settings, rng)
    for _ in range(settings.epochs):
        epoch = one_epoch(state, target, settings, rng)
        yield epoch
        state = epoch.states[-1]


def one_epoch(state: State, target: SymmetricTensor, settings: Settings, rng: int | np.random.Generator) -> Epoch:
    """The epoch that begins at ``state``: re-initialisation (if the settings have it), then H steps."""
    check_state(state, settings)
    loop = PlainLoop(exact_gradient(target, settings.regularization), settings)
    return Epoch(state, tuple(drive_epoch(state, loop, settings, validation.generator(rng))))


def boosts(parameters: Parameters, order: int) -> Array:
    """kbar_i = kappa_i^{l-2}, shape (m,)."""
    order = validation.order(order, 2)
    with validation.overflowing():
        kbar = integer_power(validation.instance("parameters", parameters, Parameters).kappa, order - 2)
    return validation.finite("kappa^{l-2}", kbar, _OUT_OF_RANGE)


def weighted_norm(parameters: Parameters, order: int) -> float:
    """N = (sum_i kbar_i^2 n_i^2)^{1/2}."""
    kbar = boosts(parameters, order)
    with validation.overflowing():
        return validation.finite("N", frobenius_norm(kbar * parameters.norms), _OUT_OF_RANGE)


def after_step(parameters: Parameters, target: SymmetricTensor, regularization: float, step_size: float) -> Parameters:
    """The point after one step with the frozen gradient, kappa kept, before any scalar mode switch."""
    eta = validation.real("step_size", step_size)
    return _after(parameters, frozen_gradient(parameters, target, regularization), eta)


def _after(parameters: Parameters, gradient: Array, eta: float) -> Parameters:
    with validation.overflowing():
        U = parameters.U - eta * gradient
    return with_components(parameters, U)


def norm_bound(parameters: Parameters, target: SymmetricTensor, regularization: float) -> Inequality:
    r"""The sum of squared norms against its bound. Presupposes chat_i = 1/||u_i||.

    Claim: norm-bound

    While $\hat c_i=1/\|u_i\|$, which the algorithm keeps, $f-\lambda\sum_i\|u_i\|^2=\frac12\|T-T^*\|_F^2$; hence
    $\sum_i\|u_i\|^2\le f/\lambda$.
    """
    lam = validation.real("regularization", regularization)
    value = loss(parameters, target, lam) / lam
    with validation.overflowing():
        squares = float((parameters.norms**2).sum())
        tied = bool(np.allclose(parameters.c_hat * parameters.norms, 1.0, rtol=1e-9))
    return _within_range(Inequality(squares, value, tied, scale=value))


def _within_range(inequality: Inequality) -> Inequality:
    for name in ("left", "right"):
        validation.finite(name, getattr(inequality, name), _OUT_OF_RANGE)
    return inequality


# --- Lemma 3: a step goes down ------------------------------------------------------------------------------


def curvature_constant(order: int) -> float:
    """L_phi of Lemma 3: the largest ||D^2 phi(u)[v, v]|| / ||v||^2 for phi(u) = ||u||^{2-l} u^{(x) l}.

    Exactly, ||D^2 phi(u)[v, v]||^2 = 4 ||v||^4 + (L_phi^2 - 4) ||v_perp||^4 with v_perp the part of v across u.
    """
    order = validation.order(order, 2)
    return math.sqrt(3.0 * order**2 - 6.0 * order + 4.0)


def smoothness(
    parameters: Parameters,
    target: SymmetricTensor,
    regularization: float,
    step_size: float,
    *,
    printed: bool = False,
) -> float:
    """M of :func:`lemma3`, with the mean of kbar_i; ``printed`` takes the largest kbar_i instead, which is larger."""
    eta = _number("step_size", step_size)
    gradient = frozen_gradient(parameters, target, regularization)
    constant, size, growth = _smoothness(parameters, target, regularization, gradient, printed)
    with validation.overflowing():
        return validation.finite("M", float(constant + 0.5 * (size + growth * eta) ** 2), _OUT_OF_RANGE)


def _number(name: str, value: float) -> np.float64:
    """A positive number of NumPy, whose powers overflow to infinity; those of Python raise."""
    return np.float64(validation.real(name, value))


def _smoothness(
    parameters: Parameters, target: SymmetricTensor, lam: float, gradient: Array, printed: bool
) -> tuple[float, float, float]:
    """(A, B, C) with M = A + (B + C eta)^2 / 2."""
    order, kbar = target.order, boosts(parameters, target.order)
    distance, norm = model(parameters, order).distance(target), np.float64(weighted_norm(parameters, order))
    largest_only = validation.flag("printed", printed)
    with validation.overflowing():
        squares = np.einsum("ij,ij->j", gradient, gradient)
        total = squares.sum()
        largest = kbar.max() if largest_only or total == 0.0 else kbar @ squares / total
        bend = curvature_constant(order) * largest
        return 0.5 * bend * distance + lam, math.sqrt(max(4, order)) * norm, 0.5 * bend * np.sqrt(total)


def largest_step(
    parameters: Parameters, target: SymmetricTensor, regularization: float, *, printed: bool = False
) -> float:
    """The largest eta with eta l M(eta) <= 1: the root of a rising cubic, approached from below."""
    gradient = frozen_gradient(parameters, target, regularization)
    constant, size, growth = _smoothness(parameters, target, regularization, gradient, printed)
    order = target.order
    validation.finite("M", float(constant + 0.5 * (size + growth) ** 2), _OUT_OF_RANGE)
    low, high = np.float64(0.0), np.float64(1.0 / (order * (constant + 0.5 * size**2)))
    for _ in range(60):
        middle = 0.5 * (low + high)
        small = order * middle * (constant + 0.5 * (size + growth * middle) ** 2) <= 1.0
        low, high = (middle, high) if small else (low, middle)
    return float(low)


def lemma3(
    parameters: Parameters,
    target: SymmetricTensor,
    regularization: float,
    step_size: float,
    *,
    printed: bool = False,
) -> Inequality:
    r"""Both sides of the inequality with 1/l for one step, presupposing eta <= 1/(l M).

    Claim: lemma3

    Between switches, where $\kappa_i=c_i\|u_i\|$ is fixed and $\hat c_i=1/\|u_i\|$, let $F(U)=f(U,c(U))$, let $G$ with
    columns $g_i$ be the frozen gradient, $R=T-T^*$, $\bar\kappa_i=\kappa_i^{l-2}$, $N^2=\sum_i\bar\kappa_i^2\|u_i\|^2$
    and $L_\phi=\sqrt{3l^2-6l+4}$. Let $\bar\kappa$ be the mean of the $\bar\kappa_i$ with weights $\|g_i\|^2$ (or their
    maximum, which is larger), and

    $$
    M=\tfrac12L_\phi\bar\kappa\,\|R\|+\tfrac12\big(\sqrt{\max(4,l)}\,N
    +\tfrac12L_\phi\bar\kappa\,\eta\|G\|\big)^2+\lambda .
    $$

    Then $F(U-\eta G)-F(U)\le-\frac2l\,\eta\|G\|^2+M\,\eta^2\|G\|^2$. In particular

    $$
    F(U-\eta G)-F(U)\le-\frac\eta l\,\|G\|^2\qquad\text{whenever}\quad\eta\le\frac1{lM}.
    $$

    As $\eta\to0$ the constant is $\frac2l$, and no better one holds.
    """
    eta = _number("step_size", step_size)
    gradient = frozen_gradient(parameters, target, regularization)
    before = loss(parameters, target, regularization)
    after = loss(_after(parameters, gradient, eta), target, regularization)
    constant, size, growth = _smoothness(parameters, target, regularization, gradient, printed)
    with validation.overflowing():
        bound = float(-eta / target.order * np.vdot(gradient, gradient))
        small = bool(eta * target.order * (constant + 0.5 * (size + growth * eta) ** 2) <= 1.0)
    return _within_range(Inequality(after - before, bound, small, scale=before + after))


def descent_ratio(parameters: Parameters, target: SymmetricTensor, regularization: float, step_size: float) -> float:
    """(F(U) - F(U - eta G)) / (eta ||G||^2): between 2/l and 1 as eta -> 0, at least 1/l by Lemma 3."""
    eta = _number("step_size", step_size)
    gradient = frozen_gradient(parameters, target, regularization)
    after = loss(_after(parameters, gradient, eta), target, regularization)
    fall = loss(parameters, target, regularization) - after
    square = np.vdot(gradient, gradient)
    if square == 0.0:
        raise ValueError("parameters must be at a point with ||G||^2 > 0, got 0: the gradient vanishes or is too small")
    with validation.overflowing():
        return validation.finite("the ratio", float(fall / (eta * square)), _OUT_OF_RANGE)


# --- Lemma 4: re-initialising the smallest component costs little -------------------------------------------


def removal_cost(parameters: Parameters, target: SymmetricTensor, regularization: float) -> Array:
    r"""What removing each column would add to f, exactly, shape (m,). Presupposes chat_j = 1/||u_j||.

    Claim: lemma4-exact

    Let $g_j$ be the frozen gradient at $u_j$, $\bar\kappa_j=(c_j\|u_j\|)^{l-2}$ and $\hat c_j=1/\|u_j\|$. Without
    column $j$ the loss is larger by exactly

    $$
    -\tfrac1l\langle u_j,g_j\rangle+\tfrac12\,\bar\kappa_j^2\|u_j\|^4 ,
    $$

    and $\bar\kappa_j=1$ after the switch. Where the gradient vanishes, the price of the smallest column is therefore,
    if it has switched, $\frac12\|u_j\|^4\le\frac12(f/\lambda m)^2$.
    """
    lam = validation.real("regularization", regularization, strict=False)
    residual, kbar = residual_contraction(parameters, target), boosts(parameters, target.order)
    norms, directions = parameters.norms, parameters.directions
    with validation.overflowing():
        weight = kbar * norms**2  # ||T_j||
        pull = np.einsum("ij,ij->j", directions, residual)
        cost = -parameters.a * weight * pull - lam * norms**2 + 0.5 * weight**2
    return validation.finite("the cost", cost, _OUT_OF_RANGE)


def lemma4(
    before: State, after: State, target: SymmetricTensor, settings: Settings, *, exact: bool = False
) -> Inequality:
    r"""f(U_0) - f(U'_0) against its bound, for a state before and after re-initialisation.

    That a switched column has kappa_j = 1 is presupposed. With ``exact``, the first two terms, which are what removing
    the column can cost, are replaced by what it does cost (``removal_cost``), and p by the column's own weight.

    Claim: lemma4

    Let every column have $\hat c_i=1/\|u_i\|$; let $\kappa_i=c_i\|u_i\|$ be 1 if it has switched, and $\sqrt{d(m+K)}$
    with $\|u_i\|\le2\sqrt{m+K}\,\delta$ if it has not. Let $q=f/(\lambda m)$, let $z=(d(m+K))^{(l-2)/2}\,\delta^2$ be
    the norm of a fresh component's tensor, and let $p=q$ if the smallest column $u_j$ has switched and
    $p=\max(q,4(m+K)z)$ if it has not. Then $\|u_j\|^2\le q$, and re-initialising it raises the loss by at most

    $$
    \sqrt{2f}\,p+\tfrac12p^2+(\sqrt{2f}+p)\,z+\tfrac12z^2+\lambda\delta^2 .
    $$
    """
    validation.flag("exact", exact)
    for state in (before, after):
        check_state(state, settings)
    lam, j = settings.regularization, after.reinitialized
    old, new = (loss(state.parameters, target, lam) for state in (before, after))
    settled = j is None or bool(before.fresh[j]) or math.isclose(before.parameters.kappa[j], 1.0, rel_tol=1e-9)
    bound = _lemma4_bound(before, after, target, settings, old, exact)
    return Inequality(new - old, bound, settled or exact, scale=old + new)


def _lemma4_bound(
    before: State, after: State, target: SymmetricTensor, settings: Settings, old: float, exact: bool
) -> float:
    lam, delta = settings.regularization, np.float64(settings.init_scale)
    j, point = after.reinitialized, before.parameters
    if j is None:
        return 0.0
    if lam <= 0 and not exact:
        return math.inf
    kbar, root = np.float64(settings.initial_kappa) ** (target.order - 2), math.sqrt(2.0 * old)
    with validation.overflowing():
        fresh = kbar * delta**2
        if exact:
            removed = boosts(point, target.order)[j] * point.norms[j] ** 2
            cost = removal_cost(point, target, lam)[j]
        else:
            removed = np.float64(old / (lam * settings.components))
            if before.fresh[j]:
                removed = max(removed, kbar * np.float64(settings.switch_norm) ** 2)
            cost = root * removed + removed**2 / 2
        return float(cost + (root + removed) * fresh + fresh**2 / 2 + lam * delta**2)


# --- switches, and Lemma 2 ----------------------------------------------------------------------------------


def switch_bounds(before: State, after: State, target: SymmetricTensor, settings: Settings) -> tuple[float, float]:
    """How far the switches of one step can move T, and how much they can add to f: z' and ||R|| z' + z'^2/2.

    As in :func:`lemma2`; z' is the sum over all columns that switch in this step, and R is that of the point before.
    """
    for state in (before, after):
        check_state(state, settings)
    check_tensor("target", target)
    point = after.parameters
    jumped = before.fresh & ~after.fresh
    if not jumped.any():
        return 0.0, 0.0
    kbar = boosts(before.parameters, target.order)  # a step keeps kappa, so this is its value just before the switch
    with validation.overflowing():
        change = np.abs(kbar - boosts(point, target.order)) * point.norms**2
        z = change[jumped].sum()
        unswitched = replace(point, c=before.parameters.c * before.parameters.norms / point.norms)
        distance = model(unswitched, target.order).distance(target)
        rise = validation.finite("z'^2", float(distance * z + z**2 / 2), _OUT_OF_RANGE)
    return float(z), rise


@lru_cache(maxsize=8)  # Lemmas 2 and 9 ask for the same epochs
def descends(epoch: Epoch, target: SymmetricTensor, settings: Settings) -> bool:
    """Whether the inequality of Lemma 3 held at every step of the epoch; sure if eta <= 1/(l M) at every step."""
    lam, eta = settings.regularization, settings.step_size
    return all(lemma3(state.parameters, target, lam, eta).holds for state in epoch.states[:-1])


def lemma2(epoch: Epoch, target: SymmetricTensor, settings: Settings, *, exact: bool = False) -> Inequality:
    r"""f(U_H) - f(U'_0) against its bound, presupposing ``descends``.

    Claim: lemma2

    Let an epoch of Algorithm 1 begin at columns as in Lemma 4, so that a switch takes $\kappa_i$ from $\sqrt{d(m+K)}$
    to 1. If every step obeys Lemma 3's inequality, as it does when $\eta\le1/(lM)$ throughout, then $f(U_H)-f(U'_0)$ is
    at most the bound of Lemma 4 plus $\|R\|\,z'+\frac12z'^2$ for each of the at most $m$ switches, where
    $z'=(\bar\kappa_0-1)\|u'\|^2$ with $\bar\kappa_0=(d(m+K))^{(l-2)/2}$ and the column $u'$ that switches, and $R$ is
    the residual just before. With $f=O(1)$, $\lambda m$ bounded from below, $\|u'\|=O(\sqrt{m+K}\,\delta)$ and $\delta$
    small this is $O(1/(\lambda m))$.
    """
    validation.flag("exact", exact)
    check_state(validation.instance("epoch", epoch, Epoch).before, settings)
    lam, states = settings.regularization, epoch.states
    old, new = (loss(state.parameters, target, lam) for state in (epoch.before, states[-1]))
    bound = _lemma4_bound(epoch.before, states[0], target, settings, old, exact)
    bound += sum(switch_bounds(a, b, target, settings)[1] for a, b in pairwise(states))
    return Inequality(new - old, bound, descends(epoch, target, settings), scale=old + new)
