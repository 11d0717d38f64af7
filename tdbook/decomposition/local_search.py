"""Local search for an exact decomposition: Levenberg-Marquardt from many starts, with more and more components.

The first start at a number m are the m heaviest directions that Algorithm 1 finds, the others are random, some of them
around components that the subspace power method has found. After a success one component less is tried, with
three times as many starts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tdbook.decomposition.core import Core
from tdbook.decomposition.levenberg_marquardt import Fit, Objective, levenberg_marquardt
from tdbook.decomposition.merging import merge
from tdbook.decomposition.noise import RUNS_AWAY, STARTS
from tdbook.descent import practical_settings, run
from tdbook.tensors import random_unit_vectors
from tdbook.validation import Array

_BY_ALGORITHM_1 = 600  # unknowns up to which Algorithm 1 provides a start
_UNKNOWNS = 20_000  # more of them are not searched
_ALL_AWAY = 3  # starts that run away at one m before it is given up


class LocalSearch:
    """Searches one core; ``partial`` (s, k) holds directions that another method is sure of."""

    def __init__(
        self,
        core: Core,
        goal: float,
        rng: np.random.Generator,
        partial: Array | None = None,
        late: Callable[[], bool] = lambda: False,
    ) -> None:
        self.core, self.goal, self.rng, self.late = core, goal, rng, late
        self.partial = np.empty((core.dimension, 0)) if partial is None else partial
        self.objective = Objective(core.tensor, late)
        self.best: Fit | None = None
        self.tried: dict[int, int] = {}
        self.diverging: int | None = None
        self._region: Array | None = None

    def upwards(self, least: int, most: int) -> Fit | None:
        """The first m from ``least`` on with a fit within the goal."""
        for m in range(least, min(most, _UNKNOWNS // self.core.dimension) + 1):
            if (hit := self.level(m, STARTS)) is not None or self.late():
                return hit
        return None

    def downwards(self, hit: Fit, least: int) -> Fit:
        """The last m below a fit's for which one is still found."""
        while len(hit.weights) > least and not self.late():
            shorter = self.level(len(hit.weights) - 1, 3 * STARTS)
            if shorter is None:
                break
            hit = shorter
        return hit

    def level(self, m: int, starts: int) -> Fit | None:
        """A fit of m components within the goal."""
        away, before = 0, self.tried.get(m, 0)
        for start in range(before, before + starts):
            self.tried[m] = start + 1
            fit = levenberg_marquardt(self.objective, self._start(m, start), damping=0.1)
            if self.best is None or fit.error < self.best.error:
                self.best = fit
            if fit.error <= self.goal:
                return fit
            away += fit.cancellation > RUNS_AWAY
            if away >= _ALL_AWAY:
                self.diverging = m
                return None
            if self.late():
                return None
        return None

    def _start(self, m: int, start: int) -> Array:
        X = random_unit_vectors(self.core.dimension, m, self.rng)
        if start == 0 and m * self.core.dimension <= _BY_ALGORITHM_1:
            region = self._found_by_algorithm_1(m)
            if region.shape[1] >= m:
                return region[:, :m]
        elif start % 2 and self.partial.shape[1] < m:
            X[:, : self.partial.shape[1]] = self.partial
        return X

    def _found_by_algorithm_1(self, m: int) -> Array:
        """Merged directions of one run with 4 m components, heaviest first; the run is made once."""
        if self._region is None:
            self._region = heaviest_directions(self.core, 4 * m, self.rng)
        return self._region


def heaviest_directions(core: Core, components: int, rng: np.random.Generator) -> Array:
    """The merged components of a run of Algorithm 1 as unit columns, heaviest first."""
    result = run(core.tensor, practical_settings(core.tensor, components), rng, trace=False)
    weights, directions = merge(result.tensor).components()
    return directions[:, np.argsort(-np.abs(weights))]
