"""The smallest number of components that succeeds, searched on a ladder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tdbook import validation
from tdbook.experiments.sweeps import sweep
from tdbook.experiments.table import Cell, Outcome, read_table


@dataclass(frozen=True)
class Search:
    """The smallest m with which a kind of target is decomposed, and how it was found.

    Attributes
    ----------
    cell : Cell
        A cell of it; its ``components`` and ``seed`` mean nothing.
    components : int or None
        The first m that passed; None when none up to the limit did.
    tried : tuple of (m, successes, runs)
        In the order tried.
    """

    cell: Cell
    components: int | None
    tried: tuple[tuple[int, int, int], ...]


def ladder(start: int, limit: int) -> list[int]:
    """The values of m that a search tries: every integer up to 16, then steps of about a tenth."""
    values = [validation.integer("start", start, 1)]
    limit = validation.integer("limit", limit, 0)
    while values[-1] < limit:
        values.append(max(values[-1] + 1, round(1.1 * values[-1]) if values[-1] >= 16 else 0))
    return [m for m in values if m <= limit]


def smallest(
    cells: Iterable[Cell],
    path: str | os.PathLike[str] | None = None,
    *,
    limit: int = 200,
    seeds: int = 20,
    needed: int = 18,
    jobs: int | None = None,
    progress: bool | None = None,
    about: Iterable[str] | None = None,
    only_known: bool = False,
) -> list[Search]:
    r"""The smallest m for each cell, whose ``components`` says where to start.

    The rule: climb the :func:`ladder`; an m passes when at least ``needed`` of the seeds 0, ..., ``seeds`` - 1
    reach the accuracy. It is given up at the first failure that makes this impossible, and accepted at the
    success that makes it certain, so the verdict is the one that all seeds would have given. The first m to pass
    is the answer; larger ones are not tried.

    Parameters
    ----------
    cells, path, jobs, progress, about
        As in :func:`sweep`.
    limit : int
        Largest m tried.
    seeds, needed : int
    only_known : bool
        Answer from the table and compute nothing; a search that is not finished there raises ``ValueError``.

    Claim: thm3-scaling

    On generic targets with $r=3$ and $\varepsilon=0.05$, the smallest $m$ with which at least 18 of 20 runs of
    Algorithm 1 reach $\varepsilon$ is $3=r$ within 30 epochs, at every $d$ from 10 to $10^{12}$ tried and for $l=3,4$;
    with a single epoch it stays below 25. Lazy training needs $\lceil D/d\rceil\approx d^{l-1}/l!$ for an exact fit,
    $D=\binom{d+l-1}l$.
    """
    needed = validation.integer("needed", needed, 1, seeds)
    outcomes: dict[Cell, Outcome] = {}
    if path is not None and Path(path).exists():
        outcomes = {outcome.cell: outcome for outcome in read_table(path)}
    climbs = [_Climb(cell, ladder(cell.components, limit), seeds, needed) for cell in cells]
    while True:
        asked = list(dict.fromkeys(cell for climb in climbs for cell in climb.next(outcomes)))
        if not asked:
            return [climb.result() for climb in climbs]
        if only_known:
            raise ValueError(f"path must name a table with every run of the search, got none for {asked[0]}")
        for outcome in sweep(asked, path, jobs=jobs, progress=progress, about=about):
            outcomes[outcome.cell] = outcome


def searched(path: str | os.PathLike[str], *, seeds: int = 20, needed: int = 18) -> list[Search]:
    """The searches that a table holds, judged again from its runs; nothing is computed."""
    outcomes = {outcome.cell: outcome for outcome in read_table(path)}
    largest: dict[Cell, int] = {}
    for cell in outcomes:
        question = replace(cell, components=1, seed=0)
        largest[question] = max(largest.get(question, 1), cell.components)
    climbs = [_Climb(question, ladder(1, m), seeds, needed) for question, m in sorted(largest.items())]
    for climb in climbs:
        if climb.next(outcomes):
            raise ValueError(f"path must name a table of whole searches, got {str(path)!r}: {climb.cell} is not done")
    return [climb.result() for climb in climbs]


class _Climb:
    """One search: the cells that it needs next, and its result so far."""

    def __init__(self, cell: Cell, rungs: Sequence[int], seeds: int, needed: int) -> None:
        self.cell, self.rungs, self.seeds, self.needed = cell, list(rungs), seeds, needed
        self.tried: list[tuple[int, int, int]] = []
        self.components: int | None = None

    def next(self, known: dict[Cell, Outcome]) -> list[Cell]:
        while self.components is None and len(self.tried) < len(self.rungs):
            m = self.rungs[len(self.tried)]
            good = runs = 0
            while good < self.needed and runs - good <= self.seeds - self.needed:
                cell = self._at(m, runs)
                if cell not in known:
                    # as many as a rejection needs at least, more once the first ones went well
                    ahead = max(self.seeds - self.needed + 1 - (runs - good), min(good, self.needed - good))
                    return [self._at(m, seed) for seed in range(runs, min(runs + ahead, self.seeds))]
                good += int(known[cell].converged)
                runs += 1
            self.tried.append((m, good, runs))
            if good >= self.needed:
                self.components = m
        return []

    def _at(self, m: int, seed: int) -> Cell:
        return replace(self.cell, components=m, seed=seed)

    def result(self) -> Search:
        return Search(self.cell, self.components, tuple(self.tried))
