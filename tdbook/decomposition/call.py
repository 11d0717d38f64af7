"""What all ways to decompose one core share: the goal, the clock, the lower bound so far, and how a call ends."""

from __future__ import annotations

import time

import numpy as np

from tdbook.decomposition.core import Core
from tdbook.decomposition.flattening import Flattening, flattening
from tdbook.decomposition.levenberg_marquardt import Fit, Objective, levenberg_marquardt
from tdbook.decomposition.noise import StandardErrors, standard_errors
from tdbook.decomposition.result import Decomposition, LowerBound, is_unique
from tdbook.validation import Array

EXACT = 1e-10  # relative error at which entries count as met


class Call:
    """One call: the core, the goal, the clock, and the lower bound so far."""

    def __init__(self, core: Core, goal: float, rng: np.random.Generator, seconds: float) -> None:
        self.core, self.goal, self.rng, self.seconds = core, goal, rng, seconds
        self.began = time.perf_counter()
        self.objective = Objective(core.tensor, self.late)
        self.bound = LowerBound(1, "the target is not zero")

    def late(self) -> bool:
        return time.perf_counter() - self.began > self.seconds

    def finish(
        self, fit: Fit, converged: bool, method: str, reason: list[str], *, noisy: bool = False
    ) -> Decomposition:
        m, exact = len(fit.weights), fit.error <= self.goal
        return Decomposition(
            tensor=self.core.lift(fit.weights, fit.directions),
            error=fit.error,
            converged=converged,
            lower_bound=self.bound.value,
            minimal=exact and m == self.bound.value,
            proof=self.bound.proof,
            unique=fit.error <= EXACT and is_unique(fit.directions, self.core.order),
            standard_errors=self._standard_errors(fit) if noisy else None,
            reason=" ".join(sentence for sentence in reason if sentence),
            method=method,
            seconds=time.perf_counter() - self.began,
        )

    def flatten(self) -> Flattening:
        """The squarest flattening; its rank at the goal is the first lower bound."""
        found = flattening(self.core.tensor, self.goal)
        p, q = (self.core.order + 1) // 2, self.core.order // 2
        self.bound = LowerBound(
            found.rank, f"the {p} x {q} flattening has rank {found.rank} at a tolerance of {self.goal:.0e}"
        )
        return found

    def meets(self, X: Array) -> Fit | None:
        """The fit near the directions X if it is within the goal."""
        fit = levenberg_marquardt(self.objective, X, damping=1e-8)
        return fit if fit.error <= self.goal else None

    def _standard_errors(self, fit: Fit) -> StandardErrors | None:
        found = standard_errors(self.core, fit)
        if found is None:
            return None
        order = np.argsort(-np.abs(fit.weights), kind="stable")  # as the components are returned
        return type(found)(found.weights[order], found.angles[order])
