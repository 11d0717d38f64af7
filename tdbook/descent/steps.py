"""Algorithm 1, line by line: functions from state to state, and the loop that reads like the pseudocode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from tdbook import statements, validation
from tdbook.descent.settings import Settings
from tdbook.objectives import Parameters, frozen_gradient
from tdbook.tensors import SymmetricTensor, check_tensor, random_unit_vectors, unit_columns
from tdbook.validation import Array

# Columns whose norms agree to this relative tolerance are equal for the choice of the smallest one.
_TIE = 1e-9


@dataclass(frozen=True, eq=False)
class State:
    """A point of a run.

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
    """

    parameters: Parameters
    fresh: np.ndarray
    epoch: int = 0
    iteration: int = 0
    switches: int = 0
    reinitialized: int | None = None


def initialize(settings: Settings, rng: np.random.Generator) -> State:
    """All components from delta Unif(S^{d-1}), signs from Unif{1, -1}, c = sqrt(d (m+K)) / ||u||."""
    validation.instance("settings", settings, Settings)
    rng = validation.generator(rng)
    return begun(random_unit_vectors(settings.dimension, settings.components, rng), settings, rng)


def begun(directions: Array, settings: Settings, rng: np.random.Generator) -> State:
    """The initial state with components along the given unit columns, in R^d or in coordinates; draws the signs."""
    m = settings.components
    a = rng.choice([-1.0, 1.0], size=m)
    point = Parameters.two_homogeneous(settings.init_scale * directions, a, settings.initial_kappa)
    return State(point, np.ones(m, dtype=bool))


def fits(state: State, settings: Settings) -> State:
    """The state, if it is one of the settings' dimension and number of components."""
    validation.instance("settings", settings, Settings)
    shape = validation.instance("state", state, State).parameters.U.shape
    if shape != (settings.dimension, settings.components):
        raise ValueError(f"settings must be for U of shape {shape}, got {(settings.dimension, settings.components)}")
    return state


def smallest_column(norms: Array) -> int:
    """Index of the smallest norm; of several equal ones (to 1e-9) the first."""
    return int(np.argmax(norms <= norms.min() * (1.0 + _TIE)))


def reinitialize(state: State, settings: Settings, rng: np.random.Generator) -> State:
    """Start of an epoch: the smallest column is drawn anew, with a new sign and c = sqrt(d (m+K)) / ||u||."""
    fits(state, settings)
    rng = validation.generator(rng)
    j = smallest_column(state.parameters.norms)
    U = state.parameters.U.copy()
    U[:, [j]] = settings.init_scale * random_unit_vectors(settings.dimension, 1, rng)
    return renewed(state, settings, U, j, rng.choice([-1.0, 1.0]))


def renewed(state: State, settings: Settings, U: Array, j: int, sign: float) -> State:
    """The state with components U, of which the j-th is fresh: its sign, c and chat are set anew."""
    point = state.parameters
    a, c, c_hat, fresh = (x.copy() for x in (point.a, point.c, point.c_hat, state.fresh))
    a[j] = sign
    norm = float(unit_columns(U[:, [j]])[0][0])
    c[j], c_hat[j] = settings.initial_kappa / norm, 1.0 / norm
    fresh[j] = True
    return replace(state, parameters=Parameters(U, a, c, c_hat), fresh=fresh, reinitialized=j)


@statements.stated
def step(state: State, target: SymmetricTensor, settings: Settings) -> State:
    """One iteration: a gradient step with frozen coefficients, their update, and the scalar mode switch.

    Claims: c-update, switch-count
    """
    point = fits(state, settings).parameters
    with validation.overflowing():
        moved = point.U - settings.step_size * frozen_gradient(point, target, settings.regularization)
    U = validation.finite("U after the step", moved, "step_size is too large")
    before, after = point.norms, unit_columns(U)[0]
    with validation.overflowing():  # a column that is zero after the step is refused by name in Parameters
        c = before / after * point.c  # c' ||u'|| = c ||u||: the model stays 2-homogeneous
        c_hat = before / after * point.c_hat
    crossed = state.fresh & (before <= settings.switch_norm) & (after > settings.switch_norm)
    switching = crossed if settings.switch else np.zeros_like(crossed)
    c = np.where(switching, c / settings.initial_kappa, c)
    return replace(
        state,
        parameters=Parameters(U, point.a, c, c_hat),
        fresh=state.fresh & ~crossed,
        iteration=state.iteration + 1,
        switches=state.switches + int(switching.sum()),
    )


def iterate(target: SymmetricTensor, settings: Settings, rng: int | np.random.Generator) -> Iterator[State]:
    """Algorithm 1 as a stream of states: the initial one, then each re-initialised one and each step.

    ``target`` should have unit norm. States carry their epoch and iteration (0 right after the
    re-initialisation), so history, progress and animation are loops over this.
    """
    rng = validation.generator(rng)
    if check_tensor("target", target).dimension != validation.instance("settings", settings, Settings).dimension:
        raise ValueError(f"settings must be for dimension {target.dimension}, got {settings.dimension}")
    state = initialize(settings, rng)
    yield state
    for epoch in range(1, settings.epochs + 1):
        state = replace(state, epoch=epoch, iteration=0)
        if settings.reinitialize:
            state = reinitialize(state, settings, rng)
        yield state
        for _ in range(settings.iterations):
            state = step(state, target, settings)
            yield state
