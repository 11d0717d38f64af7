"""From the region that Algorithm 1 finds to a decomposition one can use: few components, ten digits.

Algorithm 1 ends with m components, several of which share one component of the target and some of which idle,
at a relative error of the order of epsilon: its regulariser keeps it from the target itself. Here

1. components of nearly one direction are merged and idle ones dropped;
2. the heaviest directions, as many as a flattening shows to be needed, then one more at a time, start
   Levenberg-Marquardt, and the first fit within the goal is the answer;
3. where none is, more is kept apart, and at last all components are fitted and the result is merged in its turn.
"""

from __future__ import annotations

from dataclasses import dataclass

from tdbook import validation
from tdbook.decomposition.core import Core, core_of
from tdbook.decomposition.flattening import flattening
from tdbook.decomposition.levenberg_marquardt import Fit, Objective, levenberg_marquardt
from tdbook.decomposition.merging import SAME, merge
from tdbook.decomposition.noise import settled
from tdbook.decomposition.polish import check_pair
from tdbook.descent.results import PolishRecord
from tdbook.tensors import SymmetricCP, SymmetricTensor

GOAL = 1e-10  # relative error at which a target counts as found


@dataclass(frozen=True, eq=False)
class Refinement:
    """A decomposition near a given one.

    Attributes
    ----------
    tensor : SymmetricCP
        Normalised. If the goal is out of reach, the best fit found.
    error : float
        ||T - T*||_F / ||T*||_F.
    lower_bound : int
        No fewer components come within the goal: the rank of a flattening.
    stationary, diverging : bool
        Whether the fit is a best one nearby, and whether its weights run away instead.
    cancellation : float
        sum |w_i| / ||T*||_F.
    records : list of PolishRecord
        The stages.
    """

    tensor: SymmetricCP
    error: float
    lower_bound: int
    stationary: bool
    diverging: bool
    cancellation: float
    records: list[PolishRecord]


def refine_tensor(tensor: SymmetricCP, target: SymmetricTensor, goal: float = GOAL) -> Refinement:
    """A decomposition of the target near a given one: few components, relative error at most ``goal``.

    Parameters
    ----------
    tensor : SymmetricCP
        Within the region of the target, for instance what Algorithm 1 ended with.
    target : SymmetricTensor
    goal : float

    Raises
    ------
    ValueError
        If the target is zero, or ``tensor`` is of another dimension or order.
    """
    goal = validation.real("goal", goal)
    check_pair("tensor", tensor, target)
    core = core_of(target)
    return _Stages(core, tensor.in_basis(core.basis).scaled(1.0 / core.size), goal).run()


class _Stages:
    """The stages of one refinement, and what they found."""

    def __init__(self, core: Core, start: SymmetricCP, goal: float) -> None:
        self.core, self.start, self.goal = core, start, goal
        self.objective = Objective(core.tensor)
        self.records: list[PolishRecord] = []
        self.best: Fit | None = None

    def run(self) -> Refinement:
        weights, directions = self.start.components()
        begin = self._note("given", Fit(weights, directions, self.objective.error(weights, directions)))
        floor = flattening(self.core.tensor, self.goal).rank
        if not self._shorten(begin, floor):
            whole = self._note("all polished", levenberg_marquardt(self.objective, directions, weights, damping=0.1))
            if not self._shorten(whole, floor):
                self._better(whole)
        assert self.best is not None
        fit, diverging = settled(self.objective, self.best)
        if self.records[-1].error != fit.error or self.records[-1].components != len(fit.weights):
            self._note("best of all", fit)
        return Refinement(
            tensor=self.core.lift(fit.weights, fit.directions),
            error=fit.error,
            lower_bound=floor,
            stationary=fit.stationary,
            diverging=diverging,
            cancellation=fit.cancellation,
            records=self.records,
        )

    def _shorten(self, begin: Fit, floor: int) -> bool:
        """Whether the merged components of a fit, or the heaviest of them, lead to the goal."""
        tried: set[int] = set()
        for cosine in SAME:
            merged = merge(SymmetricCP(begin.weights, begin.directions, self.core.order), cosine).normalized()
            if merged.rank in tried:
                continue
            weights, X = merged.components()
            self._note("merged", Fit(weights, X, self.objective.error(weights, X)))
            # a smaller number has been tried from the heaviest directions of an earlier merging
            for m in range(max(min(floor, merged.rank), max(tried, default=0) + 1), merged.rank + 1):
                fit = self._note("polished", levenberg_marquardt(self.objective, X[:, :m], damping=0.1))
                self._better(fit)
                if fit.error <= self.goal:
                    return True
            tried.add(merged.rank)
        return False

    def _better(self, fit: Fit) -> None:
        if self.best is None or fit.error < self.best.error:
            self.best = fit

    def _note(self, stage: str, fit: Fit) -> Fit:
        self.records.append(PolishRecord(stage, len(fit.weights), fit.error))
        return fit
