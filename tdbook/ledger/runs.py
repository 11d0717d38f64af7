"""The runs and random points on which the ledger tests the lemmas of Section 5."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from tdbook import validation
from tdbook.descent import Settings, State, practical_settings
from tdbook.lemmas import Epoch, Inequality, epochs
from tdbook.objectives import Parameters
from tdbook.tensors import SymmetricCP, SymmetricTensor, random_target


@dataclass(frozen=True)
class Plan:
    """Which runs: every combination of the sizes, with every seed."""

    orders: tuple[int, ...] = (3, 4)
    ranks: tuple[int, ...] = (1, 2, 3)
    dimensions: tuple[int, ...] = (5, 12)
    seeds: int = 10
    epochs: int = 2
    iterations: int = 100

    @property
    def words(self) -> str:
        def listed(numbers: tuple[int, ...]) -> str:
            return ", ".join(str(number) for number in numbers)

        return (
            f"runs of Algorithm 1 at $l={listed(self.orders)}$, $r={listed(self.ranks)}$, $d={listed(self.dimensions)}$, "
            f"{self.seeds} {'seeds' if self.seeds > 1 else 'seed'} each, $m=2r+2$, $K={self.epochs}$, $H={self.iterations}$, "
            r"practical settings with $\varepsilon=0.1$"
        )


FULL = Plan()
FAST = Plan(ranks=(2,), dimensions=(8,), seeds=1, iterations=40)


def plan(fast: bool) -> Plan:
    """The runs of a check at its fast or its promised sizes."""
    return FAST if fast else FULL


def runs(which: Plan) -> Iterator[tuple[SymmetricTensor, Settings, tuple[Epoch, ...]]]:
    """The target, settings and epochs of each run, every state kept."""
    for order in which.orders:
        for rank in which.ranks:
            for dimension in which.dimensions:
                for seed in range(which.seeds):
                    yield _run(order, rank, dimension, seed, which.epochs, which.iterations)


@lru_cache(maxsize=8)  # a check and its control visit the same runs
def _run(
    order: int, rank: int, dimension: int, seed: int, count: int, iterations: int
) -> tuple[SymmetricTensor, Settings, tuple[Epoch, ...]]:
    target = random_target(dimension, rank, order, rng=seed)
    settings = practical_settings(target, 2 * rank + 2, 0.1, epochs=count, iterations=iterations)
    return target, settings, tuple(epochs(target, settings, seed))


Visit = Callable[[Epoch, SymmetricTensor, Settings], "Iterator[Inequality]"]


@dataclass
class Tally:
    """How often an inequality was evaluated, how often it held, and how often its hypothesis was not met instead."""

    total: int = 0
    held: int = 0
    outside: int = 0

    def add(self, inequality: Inequality) -> None:
        """Count one inequality, or that its hypothesis was not met."""
        if inequality.hypothesis:
            self.total += 1
            self.held += inequality.holds
        else:
            self.outside += 1

    @property
    def violated(self) -> int:
        return self.total - self.held

    @property
    def never_fails(self) -> bool:
        """Evaluated at least once, and held every time: an empty test proves nothing."""
        return 0 < self.total == self.held

    @property
    def words(self) -> str:
        return f"fails in {percent(self.total - self.held, self.total)} of {self.total}"

    @property
    def within(self) -> str:
        """The share that met the hypothesis."""
        return percent(self.total, self.total + self.outside)


def count(inequalities: Iterable[Inequality], *, anywhere: bool = False) -> Tally:
    """How often inequalities hold where their hypothesis is met, or ``anywhere``."""
    found = Tally()
    for inequality in inequalities:
        found.add(replace(inequality, hypothesis=True) if anywhere else inequality)
    return found


def tally(visit: Visit, which: Plan, *, anywhere: bool = False) -> Tally:
    """The count of all inequalities that ``visit`` finds in the epochs of the runs."""
    return count(
        (
            inequality
            for target, settings, run in runs(which)
            for epoch in run
            for inequality in visit(epoch, target, settings)
        ),
        anywhere=anywhere,
    )


def steps(epoch: Epoch) -> Iterator[Parameters]:
    """The points from which a step was taken."""
    for state in epoch.states[:-1]:
        yield state.parameters


def random_points(
    count: int, seed: int, orders: tuple[int, ...] = (3, 4, 5), boosted: bool = True
) -> Iterator[tuple[Parameters, SymmetricCP, float]]:
    """Random points, targets and lambda, spread over decades: norms from 0.01 to 3, kappa from 0.3 to 10 if ``boosted``.

    Half of them lie in the span of the target up to 1e-3, as in a run.
    """
    rng = np.random.default_rng(seed)
    for _ in range(count):
        order, d, m = int(rng.choice(orders)), int(rng.integers(2, 7)), int(rng.integers(1, 5))
        target = random_target(d, int(rng.integers(1, 4)), order, rng=rng)
        U = rng.standard_normal((d, m)) * 10.0 ** rng.uniform(-2.0, 0.5, size=m)
        if rng.random() < 0.5:
            basis = target.span()
            inside = basis @ (basis.T @ U)
            U = inside + 1e-3 * (U - inside)
        kappa = 10.0 ** rng.uniform(-0.5, 1.0, size=m) if boosted else np.ones(m)
        point = Parameters.two_homogeneous(U, rng.choice([-1.0, 1.0], size=m), kappa)
        yield point, target, float(10.0 ** rng.uniform(-3.0, 0.0))


def random_state(settings: Settings, rng: np.random.Generator, size: float = 1.0) -> State:
    """A state all of whose components have switched, columns of norms around ``size``/sqrt(m)."""
    d, m = settings.dimension, settings.components
    U = rng.standard_normal((d, m)) * size / math.sqrt(d * m) * np.exp(0.7 * rng.standard_normal(m))
    return State(Parameters.two_homogeneous(U, rng.choice([-1.0, 1.0], size=m)), np.zeros(m, dtype=bool))


def rash(evaluate: Callable[[], Inequality]) -> Inequality:
    """An inequality whose left side is infinite when the norms overflow on the way: for steps that are too long."""
    with np.errstate(over="ignore", invalid="ignore"):
        try:
            return evaluate()
        except validation.OutOfRange:
            return Inequality(math.inf, 0.0, hypothesis=False)


def percent(part: int, whole: int) -> str:
    """A share in whole percent; 100% only when it is all of them, 0% only when it is none."""
    if part in (0, whole):
        return "all" if part == whole else "none"
    return f"{min(99, max(1, round(100 * part / whole)))}%"


__all__ = [
    "FAST", "FULL", "Plan", "Tally", "count", "percent", "plan", "random_points", "random_state",
    "rash", "runs", "steps", "tally",
]  # fmt: skip
