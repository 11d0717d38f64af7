"""The driver of Algorithm 1: epochs from a state, each a re-initialisation and its iterations.

Every run of the algorithm is a stream of states from here, whichever loop makes the iterations and in whichever space
the components are kept. Histories, frames and traces are made by looking at the states as they come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from tdbook import validation
from tdbook.descent.coordinates import Space
from tdbook.descent.settings import Settings
from tdbook.descent.steps import Gradient, State, exact_gradient, initialize, reinitialize, step
from tdbook.tensors import SymmetricTensor, check_tensor

# From the state at the start of an epoch to those after its iterations, all of them or some, the last one included.
Loop = Callable[[State], Iterator[State]]


@dataclass(frozen=True)
class PlainLoop:
    """H steps along any gradient, and the state after each: the readable twin of ``BufferedLoop``."""

    gradient: Gradient
    settings: Settings

    def __call__(self, state: State) -> Iterator[State]:
        for _ in range(self.settings.iterations):
            state = step(state, self.gradient, self.settings)
            yield state


def drive_epoch(
    state: State, loop: Loop, settings: Settings, rng: np.random.Generator, space: Space | None = None
) -> Iterator[State]:
    """The next epoch from a state: the re-initialised one (iteration 0), then those of the loop."""
    state = replace(state, epoch=state.epoch + 1, iteration=0, reinitialized=None)
    if settings.reinitialize:
        state = reinitialize(state, settings, rng, space)
    yield state
    yield from loop(state)


def drive(
    state: State, loop: Loop, settings: Settings, rng: np.random.Generator, space: Space | None = None
) -> Iterator[State]:
    """The epochs from a state to the K-th, one after the other.

    Parameters
    ----------
    state : State
        Epochs are counted from ``state.epoch``.
    loop : callable
        From the state at the start of an epoch to those after its iterations.
    settings : Settings
    rng : numpy.random.Generator
    space : Space, optional
        Where the components are kept; R^d by default.
    """
    while state.epoch < settings.epochs:
        for following in drive_epoch(state, loop, settings, rng, space):
            yield following
        state = following


def iterate(target: SymmetricTensor, settings: Settings, rng: int | np.random.Generator) -> Iterator[State]:
    """Algorithm 1 as a stream of states: the initial one, then each re-initialised one and each step.

    ``target`` should have unit norm. States carry their epoch and iteration (0 right after the
    re-initialisation), so history, progress and animation are loops over this.
    """
    rng = validation.generator(rng)
    if check_tensor("target", target).dimension != validation.instance("settings", settings, Settings).dimension:
        raise ValueError(f"settings must be for dimension {target.dimension}, got {settings.dimension}")
    loop = PlainLoop(exact_gradient(target, settings.regularization), settings)
    state = initialize(settings, rng)
    yield state
    yield from drive(state, loop, settings, rng)
