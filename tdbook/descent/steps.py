"""Algorithm 1, line by line: functions from state to state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tdbook import validation
from tdbook.descent.coordinates import Space, redraw_column
from tdbook.descent.settings import Settings
from tdbook.objectives import Parameters, frozen_gradient
from tdbook.tensors import SymmetricTensor, check_tensor, random_unit_vectors, unit_columns
from tdbook.validation import Array

# The direction, shape (d, m), that a step goes against: exact, or estimated from samples.
Gradient = Callable[[Parameters], Array]

# Norms that differ by less than this share are equal for the choice of the smallest column.
_TIE = 1e-9


@dataclass(frozen=True, eq=False)
class State:
    r"""A point of a run.

    Attributes
    ----------
    parameters : Parameters
        U, A, C and C-hat.
    fresh : ndarray of bool, shape (m,)
        Components that have not switched since they were (re-)initialised.
    epoch, iteration : int
        1-based epoch; iterations done in it.
    switches : int
        Scalar mode switches so far.
    reinitialized : int or None
        The component re-initialised at the start of this epoch.

    Claim: switch-count

    There are at most $m$ scalar mode switches in an epoch, and at most $m+K$ in all.
    """

    parameters: Parameters
    fresh: np.ndarray
    epoch: int = 0
    iteration: int = 0
    switches: int = 0
    reinitialized: int | None = None


def initialize(settings: Settings, rng: int | np.random.Generator) -> State:
    """All components from delta Unif(S^{d-1}), signs from Unif{1, -1}, c = sqrt(d (m+K)) / ||u||."""
    validation.instance("settings", settings, Settings)
    rng = validation.generator(rng)
    return initial_state(random_unit_vectors(settings.dimension, settings.components, rng), settings, rng)


def initial_state(directions: Array, settings: Settings, rng: np.random.Generator) -> State:
    """The initial state with components along the given unit columns, in R^d or in coordinates; draws the signs."""
    m = settings.components
    a = rng.choice([-1.0, 1.0], size=m)
    point = Parameters.two_homogeneous(settings.init_scale * directions, a, settings.initial_kappa)
    return State(point, np.ones(m, dtype=bool))


def check_state(state: State, settings: Settings, dimension: int | None = None) -> None:
    """Refuse a state that is not of the settings' components and ``dimension``, by default that of the settings."""
    validation.instance("settings", settings, Settings)
    shape = validation.instance("state", state, State).parameters.U.shape
    wanted = (settings.dimension if dimension is None else dimension, settings.components)
    if shape != wanted:
        raise ValueError(f"settings must be for U of shape {shape}, got {wanted}")


def smallest_column(norms: Array) -> int:
    """Index of the smallest norm; of several equal ones (to 1e-9) the first."""
    return int(np.argmax(norms <= norms.min() * (1.0 + _TIE)))


def reinitialize(
    state: State,
    settings: Settings,
    rng: int | np.random.Generator,
    space: Space | None = None,
    column: int | None = None,
) -> State:
    """Start of an epoch: the smallest column is redrawn, with a new sign and c = sqrt(d (m+K)) / ||u||.

    ``space`` is where the columns are kept, R^d by default; ``column`` asks for another one than the smallest.
    """
    check_state(state, settings, None if space is None else space.target.dimension)
    rng = validation.generator(rng)
    norms, most = state.parameters.norms, settings.components - 1
    j = smallest_column(norms) if column is None else validation.integer("column", column, 0, most)
    redraw = redraw_column if space is None else space.redraw
    U = redraw(state.parameters.U, j, settings.init_scale, rng)
    return with_fresh_component(state, settings, U, j, rng.choice([-1.0, 1.0]))


def with_fresh_component(state: State, settings: Settings, U: Array, j: int, sign: float) -> State:
    """The state with components U, of which the j-th is fresh: its sign, c and c_hat are set anew."""
    point = state.parameters
    a, c, c_hat, fresh = (x.copy() for x in (point.a, point.c, point.c_hat, state.fresh))
    a[j] = sign
    norm = float(unit_columns(U[:, [j]])[0][0])
    c[j], c_hat[j] = settings.initial_kappa / norm, 1.0 / norm
    fresh[j] = True
    return replace(state, parameters=Parameters(U, a, c, c_hat), fresh=fresh, reinitialized=j)


def step(state: State, gradient: Gradient, settings: Settings) -> State:
    """One iteration: a gradient step with frozen coefficients, their update, and the scalar mode switch.

    ``gradient`` is any function of the parameters; that of Algorithm 1 is :func:`exact_gradient`.
    """
    check_state(state, settings)
    before = state.parameters
    with validation.overflowing():
        U = before.U - settings.step_size * gradient(before)
    after = with_components(before, U)
    crossed = state.fresh & (before.norms <= settings.switch_norm) & (after.norms > settings.switch_norm)
    switching = crossed & settings.switch
    if switching.any():
        after = replace(after, c=np.where(switching, after.c / settings.initial_kappa, after.c))
    return replace(
        state,
        parameters=after,
        fresh=state.fresh & ~crossed,
        iteration=state.iteration + 1,
        switches=state.switches + int(switching.sum()),
    )


def with_components(parameters: Parameters, U: Array) -> Parameters:
    r"""The columns U with c and c_hat that keep c ||u|| and c_hat ||u||: so the model stays 2-homogeneous.

    Claim: c-update

    In a step $c'_i\|u'_i\|=c_i\|u_i\|$ and $\hat c'_i\|u'_i\|=\hat c_i\|u_i\|$. So $\kappa_i=c_i\|u_i\|$ is constant
    between scalar mode switches, $\sqrt{d(m+K)}$ before and 1 after, and $\hat c_i\|u_i\|=1$ always.
    """
    validation.finite("U after the step", U, "step_size is too large")
    with validation.overflowing():  # a zero column, or coefficients out of range, are refused by Parameters
        shrink = parameters.norms / unit_columns(U)[0]
        c, c_hat = shrink * parameters.c, shrink * parameters.c_hat
    return Parameters(U, parameters.a, c, c_hat)


def exact_gradient(target: SymmetricTensor, regularization: float) -> Gradient:
    """The frozen gradient of f as a function of the parameters: what Algorithm 1 follows.

    For a network it is the gradient of the mean over all samples.
    """
    check_tensor("target", target)
    lam = validation.real("regularization", regularization, strict=False)
    return lambda parameters: frozen_gradient(parameters, target, lam)
