"""What each part of Algorithm 1 is for, and how many components each way takes: two tables with computed numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tdbook import lemmas
from tdbook.experiments import searched
from tdbook.lazy import components_forced
from tdbook.tables.shown import Table


def scale(value: float) -> str:
    """A count for a table: all digits up to a million, one digit and a power of ten beyond."""
    return f"{value:.0f}" if value < 1e6 else f"{value:.0e}"


def components(dimensions: Sequence[int], rank: int, accuracy: float, data: str | Path) -> Table:
    """How many components order 3 takes: what lazy training cannot do without, what is proved, and what was measured.

    Parameters
    ----------
    dimensions : sequence of int
        The columns; each must be in the tables ``m-against-d-*.csv``.
    rank : int
        r, and s in the theorems.
    accuracy : float
        epsilon.
    data : path
        The folder with the tables of :func:`tdbook.experiments.sweep`.
    """
    order, epochs = 3, 30
    found: dict[int, int] = {}
    for name in ("m-against-d-in-law.csv", "m-against-d-vectors.csv"):
        for search in searched(Path(data) / name):
            cell = search.cell
            wanted = (cell.order, cell.rank, cell.epochs, cell.accuracy) == (order, rank, epochs, accuracy)
            if wanted and search.components is not None:
                found[cell.dimension] = search.components
    if unknown := set(dimensions) - set(found):
        raise ValueError(f"dimensions must be among {sorted(found)}, got {sorted(unknown)}")

    def row(what: str, holds: str, count: Mapping[int, float]) -> list[str]:
        return [what, holds, *(scale(count[d]) for d in dimensions)]

    plans = {d: lemmas.plan(d, rank, order, accuracy) for d in dimensions}
    patient = {d: lemmas.plan(d, rank, order, accuracy, settled=True) for d in dimensions}
    greedy = {d: lemmas.guaranteed(d, rank, order, accuracy, "boosted") for d in dimensions}
    return Table(
        dict.fromkeys(["way", "what is known", *(f"$m$ at $d={d}$" for d in dimensions)], ""),
        [
            row("lazy training", "proved: not fewer",
                {d: components_forced(d, order, accuracy**2) for d in dimensions}),
            row("Theorem 3 of the paper, with constants", "proved: enough",
                {d: p.components for d, p in plans.items()}),
            row("the same, if each epoch waits for a small gradient", "proved: enough",
                {d: p.components for d, p in patient.items()}),
            row("one column trained at a time", "proved: enough",
                {d: p.components for d, p in greedy.items()}),
            row("Algorithm 1", "measured: enough", found),
        ],
    )  # fmt: skip


def ingredients(counts: Mapping[str, tuple[int, int]], facts: Mapping[str, str]) -> Table:
    """For each part of Algorithm 1: the paper's reason, what leaving it out does, and what the proof needs it for.

    Parameters
    ----------
    counts : mapping of str to (int, int)
        Successes and trials of each variant.
    facts : mapping of str to str
        What else was measured: ``waiting``, ``divided``, ``tied``, ``bias`` and ``outside``.
    """

    def of(name: str) -> str:
        good, trials = counts[name]
        return f"{good} of {trials}"

    return Table(
        dict.fromkeys(["part", "the paper's reason", "left out, here", "the proof needs it"], ""),
        [
            ["nothing", "", f"{of('as designed')} runs succeed", ""],
            ["re-initialisation", "a fresh column may find what is missing", of("no re-initialisation"),
             "for the chance of an epoch: Lemmas 6 to 9"],
            ["2-homogeneous model", "no flat saddle at zero", f"{of('vanilla from 0.01')} from a small start",
             "for exponential growth from a tiny start: Lemma 7"],
            ["frozen gradient", "the part outside $S$ does not grow", facts["tied"], "for Lemma 5"],
            ["boost", "growth at a rate without $d$", f"{of('no boost')}; {facts['waiting']}",
             "for Lemma 7 with constants that do not depend on $d$"],
            ["switch", "a boosted column would become too heavy",
             f"{of('no switch')}, all diverge; {facts['divided']}", "for Lemma 3: steps that only lower the loss"],
            ["regulariser $\\lambda$", "norms stay bounded, and the shortest column is short",
             f"{of('no regulariser')}; {facts['bias']}", "for Lemma 4, and for the end of Lemma 1"],
            ["small start $\\delta$", "little outside $S$", f"{of('large start')}; {facts['outside']}",
             "for Lemma 5, and Lemmas 7 to 9 with it"],
        ],
    )  # fmt: skip
