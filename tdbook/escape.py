"""Getting away: from zero (Section 3.2), and from the traps of :mod:`tdbook.landscape` (Section 3.3).

Three experiments, each with a result that says what was seen and how often:

* :func:`escape_time` and :func:`escape_steps`: how long a small start takes, by gradient flow and by descent;
* :func:`perturb`: the share of random perturbations of a trap that lower the loss, at a given radius;
* :func:`algorithm_from_trap`: Algorithm 1 started in a trap, with or without its re-initialisation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np
from scipy import stats
from scipy.integrate import solve_ivp

from tdbook import _check
from tdbook._check import Array
from tdbook.descent import Settings, State, _Epoch, practical_settings, reinitialize
from tdbook.landscape import Trap
from tdbook.objectives import Parameters, loss, model
from tdbook.tensors import SymmetricCP, SymmetricTensor, integer_power, random_unit_vectors, unit_columns

MODELS = ("vanilla", "two-homogeneous")
# The loss has left its value at zero when this share of ||T*||^2 / 2 is gone.
_GONE = 0.1
# A flow that matters takes some hundred evaluations of its velocity; one that takes so many is stiff.
_EVALUATIONS = 20_000
# Descent looks at so many points together: their losses cost little more than that of one.
_BLOCK = 250
# Beyond this squared norm of all parameters a descent never comes back, and powers of it would overflow.
_FAR = 1e12


# --- escape from zero -------------------------------------------------------------------------------------


def _velocity(U: Array, signs: Array, target: SymmetricCP, model: str, lam: float) -> Array:
    """Minus the gradient: in U with c = signs held fixed (vanilla), or frozen with c = 1/||u|| (2-homogeneous)."""
    order = target.order
    norms, directions = unit_columns(U)
    weights = signs * (integer_power(norms, order) if model == "vanilla" else norms**2)
    pull = target._contract(directions) - (directions * weights) @ integer_power(directions.T @ directions, order - 1)
    if model == "vanilla":
        return order * signs * integer_power(norms, order - 1) * pull
    return order * (signs * norms * pull - lam * U)


def _loss_gap(U: Array, signs: Array, target: SymmetricCP, model: str) -> float:
    """||T - T*||^2 - ||T*||^2, the fit's progress without the regulariser."""
    order = target.order
    norms, directions = unit_columns(U)
    weights = signs * (integer_power(norms, order) if model == "vanilla" else norms**2)
    own = weights @ integer_power(directions.T @ directions, order) @ weights
    return float(own - 2.0 * weights @ np.einsum("ij,ij->j", directions, target._contract(directions)))


def _start(
    target: SymmetricCP, components: Any, model: str, regularization: float, rng: Any, signs: Any = None
) -> tuple[Array, Array, float]:
    if target.order < 3:
        raise ValueError(f"target must have order >= 3, got {target.order}")
    m = _check.integer("components", components, 1)
    _check.choice("model", model, MODELS)
    lam = _check.real("regularization", regularization, strict=False)
    if model == "vanilla" and lam:
        raise ValueError(f"regularization must be 0 in the vanilla model, got {lam:g}")
    generator = _check.generator(rng)
    W, drawn = random_unit_vectors(target.dimension, m, generator), generator.choice([-1.0, 1.0], size=m)
    if signs is None:
        return W, drawn, lam
    signs = _check.array("signs", signs, (m,), f"with m = {m} components")
    if not (np.abs(signs) == 1.0).all():
        raise ValueError(f"signs must be +1 or -1, got {signs[np.abs(signs) != 1.0][0]:g}")
    return W, signs, lam


@_check.guarded(infinite=True)
def escape_time(
    target: SymmetricCP,
    scale: float,
    model: str = "vanilla",
    components: int = 6,
    regularization: float = 0.0,
    rng: int | np.random.Generator = 0,
    horizon: float = 300.0,
    signs: Any = None,
) -> float:
    """Time that gradient flow from a start of norm delta needs before a tenth of ||T*||^2 is fitted.

    Descent with step eta takes about time/eta steps. In the vanilla model the flow is integrated in a clock that
    runs with max ||u_i||^{l-2}, in which the slow start and the fast end look alike, and the time is added up.

    Parameters
    ----------
    target : SymmetricCP
        T*, l >= 3.
    scale : float
        delta > 0, the norm of each component at the start; directions and signs are random.
    model : {"vanilla", "two-homogeneous"}
        Vanilla: c_i = +-1 held fixed. 2-homogeneous: c_i = 1/||u_i||, the frozen gradient with c kept up to date.
    components : int
        m.
    regularization : float
        lambda, for the 2-homogeneous model.
    rng : int or numpy.random.Generator
    horizon : float
        Where to give up, on that clock.
    signs : array_like of shape (m,), optional
        Signs of the components; random by default. (For even l and a target such as e_1^{(x) l} nothing escapes
        if all are negative.)

    Returns
    -------
    float
        ``inf`` if nothing happened before the horizon.

    Claims: zero-saddle, zero-homogeneous
    """
    delta = _check.real("scale", scale)
    W, signs, lam = _start(target, components, model, regularization, rng, signs)
    found = _integrate(W, signs, target, delta, model, lam, _check.real("horizon", horizon), _GONE)
    power = _clock_power(target, model)
    return float(found.y_events[0][0][0]) / delta**power if len(found.t_events[0]) else math.inf


@_check.guarded()
def escape_path(
    target: SymmetricCP,
    scale: float,
    model: str = "vanilla",
    components: int = 6,
    regularization: float = 0.0,
    rng: int | np.random.Generator = 0,
    horizon: float = 1e18,
    fitted: float = 0.9,
) -> tuple[Array, Array]:
    """The whole flow that :func:`escape_time` follows: times, and ||T - T*||^2 / ||T*||^2 at them, each (n,).

    The points are the integrator's own steps, the first at time 0. The path ends when the share ``fitted`` of
    ||T*||^2 is gone, 0 < fitted < 1, or at the horizon; the other arguments are those of :func:`escape_time`.
    Once a vanilla component has arrived, the clock runs like time, and the next one may have to wait as long as the
    first: an implicit method crosses that second plateau. Times beyond some 1e15 no longer resolve the falls.
    """
    delta = _check.real("scale", scale)
    fitted = _check.real("fitted", fitted, maximum=1.0)
    W, signs, lam = _start(target, components, model, regularization, rng)
    found = _integrate(W, signs, target, delta, model, lam, _check.real("horizon", horizon), fitted, "LSODA")
    columns = delta * found.y[1:].T.reshape(-1, *W.shape)
    size = target.norm() ** 2
    losses = np.array([1.0 + _loss_gap(U, signs, target, model) / size for U in columns])
    return found.y[0] / delta ** _clock_power(target, model), losses


def _clock_power(target: SymmetricCP, model: str) -> int:
    """Time runs like the clock over max ||u_i|| to this power."""
    return target.order - 2 if model == "vanilla" else 0


def _integrate(
    W: Array,
    signs: Array,
    target: SymmetricCP,
    delta: float,
    model: str,
    lam: float,
    horizon: float,
    gone: float,
    method: str = "RK45",
) -> Any:
    """Gradient flow from delta W until the share ``gone`` of ||T*||^2 is fitted; state: time, then U / delta."""
    size, power = target.norm() ** 2, _clock_power(target, model)
    least = 1e-300 ** (1.0 / (power + 1))  # of which the velocity has the power l - 1 still in range
    if delta < least:
        raise ValueError(f"scale must be at least {least:.3g} in this model, got {delta:.3g}")
    evaluations = count()

    def flow(_: float, state: Array) -> Array:
        if next(evaluations) == _EVALUATIONS:
            raise ValueError(
                f"scale and regularization must be so small that the flow is not stiff, got {delta:.3g} and {lam:.3g}"
            )
        U = delta * state[1:].reshape(W.shape)
        slowness = (delta / unit_columns(U)[0].max()) ** power
        velocity = _velocity(U, signs, target, model, lam) * slowness / delta ** (power + 1)
        return np.concatenate([[slowness], velocity.ravel()])

    def left(_: float, state: Array) -> float:
        return _loss_gap(delta * state[1:].reshape(W.shape), signs, target, model) / size + gone

    left.terminal = True  # type: ignore[attr-defined]
    start = np.concatenate([[0.0], W.ravel()])
    return solve_ivp(flow, (0.0, horizon), start, method=method, events=left, rtol=1e-6, atol=1e-9)


@_check.guarded()
def escape_steps(
    target: SymmetricCP,
    scale: float,
    model: str = "vanilla",
    components: int = 6,
    regularization: float = 0.0,
    rng: int | np.random.Generator = 0,
    step_size: float = 0.05,
    cap: int = 200_000,
) -> int:
    """Steps of gradient descent that the same start needs; arguments as in :func:`escape_time`; ``cap`` if more."""
    delta = _check.real("scale", scale)
    W, signs, lam = _start(target, components, model, regularization, rng)
    eta, cap = _check.real("step_size", step_size), _check.integer("cap", cap, 1)
    point, threshold = delta * W, -_GONE * target.norm() ** 2
    for taken in range(cap):
        if _loss_gap(point, signs, target, model) <= threshold:
            return taken
        point = point + eta * _velocity(point, signs, target, model, lam)
    return cap


@dataclass(frozen=True)
class Slope:
    """A slope with its 95% interval (Student's t over the starts) and the number of starts."""

    value: float
    low: float
    high: float
    starts: int

    def __contains__(self, number: float) -> bool:
        return self.low <= number <= self.high

    def __str__(self) -> str:
        return f"{self.value:.3f} (95% interval {self.low:.3f} to {self.high:.3f}, {self.starts} starts)"


@_check.guarded()
def fitted_slope(x: Any, y: Any) -> Slope:
    """Mean over the rows of y, shape (starts, n), of each row's least-squares slope against x, shape (n,)."""
    x = _check.array("x", x, ("n",))
    y = _check.array("y", y, ("starts", len(x)), f"with n = {len(x)} points in x")
    if len(y) < 2 or len(x) < 2:
        raise ValueError(f"y must have at least 2 starts and 2 points for an interval, got {y.shape}")
    centred = x - x.mean()
    slopes = y @ centred / (centred @ centred)
    mean, starts = float(slopes.mean()), len(slopes)
    half = float(stats.t.ppf(0.975, starts - 1) * slopes.std(ddof=1) / math.sqrt(starts))
    return Slope(mean, mean - half, mean + half, starts)


# --- random perturbations of a trap -----------------------------------------------------------------------


@dataclass(frozen=True)
class Perturbed:
    """What random perturbations of one radius did: how many lowered the loss, how many of those in the cone."""

    radius: float
    samples: int
    below: int
    below_in_cone: int
    left_cone: int
    lowest: float


@_check.guarded()
def perturb(trap: Trap, radius: float, samples: int = 10_000, rng: int | np.random.Generator = 0) -> Perturbed:
    """Move all parameters (U, and c in the vanilla model) by random vectors of Euclidean norm ``radius``.

    A loss counts as lower when it is below the trap's by more than 1e-10 of the target's squared norm: the loss is
    evaluated by inner products, and rounding is some 1e-15 of that. ``lowest`` is the smallest f - f(trap) seen.
    """
    radius = _check.real("radius", radius)
    samples = _check.integer("samples", samples, 1)
    generator = _check.generator(rng)
    vanilla = trap.model == "vanilla"
    count = trap.U.size + (len(trap.c) if vanilla else 0)
    tolerance = 1e-10 * trap.target.norm() ** 2
    below = inside = left = 0
    lowest = math.inf
    for start in range(0, samples, 20_000):  # a block at a time keeps the memory small
        moves = random_unit_vectors(count, min(20_000, samples - start), generator).T * radius
        U = trap.U + moves[:, : trap.U.size].reshape(-1, *trap.U.shape)
        c = trap.c + moves[:, trap.U.size :] if vanilla else trap.c
        change = trap.loss(U, c) - trap.value
        lower, cone = change < -tolerance, trap.in_cone(U, c)
        below += int(lower.sum())
        inside += int((lower & cone).sum())
        left += int((~cone).sum())
        lowest = min(lowest, float(change.min()))
    return Perturbed(radius, samples, below, inside, left, lowest)


@_check.guarded()
def lowest_within(
    trap: Trap, radius: float, starts: int = 4, steps: int = 400, rng: int | np.random.Generator = 0
) -> float:
    """The smallest f - f(trap) that descent finds in the ball of that radius around the trap.

    From random points of the sphere, ``steps`` steps down the gradient of all parameters, each followed by the
    projection back onto the ball: an adversary where :func:`perturb` is a blind search.
    """
    radius = _check.real("radius", radius)
    starts, steps = _check.integer("starts", starts, 1), _check.integer("steps", steps, 1)
    generator = _check.generator(rng)
    centre = np.concatenate([trap.U.ravel(), trap.c]) if trap.model == "vanilla" else trap.U.ravel()
    eta = 0.2 / trap.order**2 / trap.target.norm()
    lowest = math.inf
    for _ in range(starts):
        move = radius * random_unit_vectors(len(centre), 1, generator).ravel()
        for _ in range(steps):
            move = move - eta * trap.gradient(*trap.split(centre + move))
            move *= min(1.0, radius / float(np.linalg.norm(move)))
            lowest = min(lowest, float(trap.loss(*trap.split(centre + move))) - trap.value)
    return lowest


@dataclass(frozen=True, eq=False)
class Descent:
    """Gradient descent near a trap: where it ended, f at each step, and whether each step lay in the cone."""

    U: Array
    c: Array
    losses: Array
    in_cone: np.ndarray


@_check.guarded()
def descend(trap: Trap, U: Any, c: Any = None, *, steps: int = 2000, step_size: float | None = None) -> Descent:
    """Plain descent on all parameters of the trap's model from any point, nothing drawn anew.

    Parameters
    ----------
    trap : Trap
    U : array_like of shape (d, m)
    c : array_like of shape (m,), optional
        Coefficients at the start (vanilla), or signs; the trap's own by default.
    steps : int
    step_size : float, optional
        eta; 0.1 / (l^2 ||T*||) by default.
    """
    steps = _check.integer("steps", steps, 1)
    eta = 0.1 / trap.order**2 / trap.target.norm() if step_size is None else _check.real("step_size", step_size)
    U = _check.array("U", U, trap.U.shape)
    c = trap.c if c is None else _check.array("c", c, trap.c.shape)
    too_large = f"step_size must be small enough for descent to stay finite, got {eta:.3g}"
    losses, inside = [], []
    for start in range(0, steps + 1, _BLOCK):
        points = []
        for _ in range(min(_BLOCK, steps + 1 - start)):
            points.append((U, c))
            pull_U, pull_c = trap._pull(U, c)
            U = U - eta * pull_U
            c = c - eta * pull_c if len(pull_c) else c
            if not np.vdot(U, U) + np.vdot(c, c) < _FAR:
                raise ValueError(too_large)
        at = [np.array(part) for part in zip(*points, strict=True)]
        losses.append(trap.loss(*at))
        inside.append(trap.in_cone(*at))
        if not losses[-1].max() < 1e9 * (1.0 + trap.value):
            raise ValueError(too_large)
    return Descent(*points[-1], np.concatenate(losses), np.concatenate(inside))


# --- Algorithm 1 started in a trap ------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class TrapRun:
    """Algorithm 1 from a trap.

    Attributes
    ----------
    time : ndarray of int
        Iterations since the start, for each row of the trace.
    losses : ndarray
        f in the units of the trap (the run itself works on the target scaled to unit norm).
    ends : ndarray of shape (K,)
        f at the end of each epoch.
    errors : ndarray of shape (K,)
        Relative error at the end of each epoch.
    escaped : int or None
        The first epoch that ends below the trap by more than ``margin``; None if none does.
    margin : float
    """

    time: np.ndarray
    losses: Array
    ends: Array
    errors: Array
    escaped: int | None
    margin: float


@_check.guarded()
def algorithm_from_trap(
    trap: Trap,
    rng: int | np.random.Generator = 0,
    *,
    reinitialize_component: bool = True,
    epochs: int = 10,
    iterations: int = 2000,
    step_size: float | None = None,
    boost: float | None = None,
    nudge: float = 0.1,
    stop: bool = False,
) -> TrapRun:
    """Epochs of Algorithm 1 from a 2-homogeneous trap, with or without the re-initialisation of a component.

    The start is the trap moved at random by ``nudge`` times its certified radius (times min ||u_i|| where that
    radius is infinite), so that plain descent is not excused by starting on a stationary point.

    Parameters
    ----------
    trap : Trap
        Of the 2-homogeneous model.
    rng : int or numpy.random.Generator
        The same seed gives the same start with and without re-initialisation.
    reinitialize_component : bool
    epochs, iterations : int
        K and H.
    step_size : float, optional
        eta, by default 1 / (2 l^2): the components of these targets weigh more, together, than the tensor they
        make, and 1/l^2 can diverge.
    boost : float, optional
        c ||u|| of a fresh component, as in :class:`~tdbook.descent.Settings`; 1 leaves the paper's boost out.
    nudge : float
        In (0, 1).
    stop : bool
        End at the first epoch that escapes.
    """
    if trap.model == "vanilla":
        raise TypeError(f"trap must be a Trap of the two-homogeneous model, got {_check.describe(trap)}")
    nudge = _check.real("nudge", nudge, maximum=1.0)
    generator = _check.generator(rng)
    norm = trap.target.norm()
    unit = trap.target.scaled(1.0 / norm)
    settings = practical_settings(
        unit,
        trap.U.shape[1],
        epochs=epochs,
        iterations=iterations,
        step_size=0.5 / trap.order**2 if step_size is None else step_size,
        regularization=trap.regularization / norm,
    )
    settings = replace(settings, boost=boost)
    reach = trap.certified_radius
    reach = reach if math.isfinite(reach) else float(unit_columns(trap.U)[0].min())
    U = trap.U + nudge * reach * random_unit_vectors(trap.U.size, 1, generator).reshape(trap.U.shape)
    # f / ||T*||^2 is the loss for T*/||T*||, U/sqrt(||T*||) and lambda/||T*||
    point = Parameters.two_homogeneous(U / math.sqrt(norm), trap.c)
    state = State(point, np.zeros(len(trap.c), dtype=bool))
    return _epochs(trap, unit, settings, state, generator, reinitialize_component, stop)


def _epochs(
    trap: Trap,
    unit: SymmetricTensor,
    settings: Settings,
    state: State,
    rng: np.random.Generator,
    renew: bool,
    stop: bool,
) -> TrapRun:
    size = trap.target.norm() ** 2
    margin = 0.01 * trap.value
    loop = _Epoch(unit, settings)
    every = max(1, settings.iterations // 50)
    time, losses, ends, errors = [], [], [], []
    escaped = None

    def note(now: State, iteration: int) -> None:
        time.append((now.epoch - 1) * settings.iterations + iteration)
        losses.append(size * loss(now.parameters, unit, settings.regularization))

    for epoch in range(1, settings.epochs + 1):
        state = replace(state, epoch=epoch)
        if renew:
            state = reinitialize(state, settings, rng)
        note(state, 0)
        loop.load(state)
        for iteration in range(1, settings.iterations + 1):
            with np.errstate(over="ignore", invalid="ignore"):
                loop.step()
            if iteration % every == 0 or iteration == settings.iterations:
                if not loop.norms.max() < 1e30:
                    raise ValueError(f"step_size must be small enough for a finite run, got {settings.step_size:g}")
                state = loop.state(state)
                note(state, iteration)
        ends.append(losses[-1])
        errors.append(model(state.parameters, unit.order).distance(unit))
        if escaped is None and ends[-1] < trap.value - margin:
            escaped = epoch
            if stop:
                break
    return TrapRun(np.array(time), np.array(losses), np.array(ends), np.array(errors), escaped, margin)
