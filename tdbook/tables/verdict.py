"""What each part of Algorithm 1 is for, and how many components each way takes: two tables with computed numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tdbook import lemmas
from tdbook.experiments import searched
from tdbook.lazy import components_forced


@dataclass(frozen=True)
class Table:
    """A head and rows of cells in Markdown, as Jupyter and the pages show them."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.head) for row in self.rows):
            raise ValueError(f"rows must have {len(self.head)} cells each, got {[len(row) for row in self.rows]}")

    def __repr__(self) -> str:
        return f"Table: {', '.join(self.head)}; {len(self.rows)} rows"

    def _repr_markdown_(self) -> str:
        lines = [self.head, [":--"] * len(self.head), *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def scale(value: float) -> str:
    """A number for a table: all digits from 1 to a million, one digit and a power of ten elsewhere."""
    if 1 <= value < 1e6:
        return f"{value:.0f}"
    digit, power = f"{value:.0e}".split("e")
    return f"$10^{{{int(power)}}}$" if digit == "1" else f"${digit}\\cdot10^{{{int(power)}}}$"


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
        ["way", "what is known", *(f"$m$ at $d={scale(d).strip('$')}$" for d in dimensions)],
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
        ["part", "the paper's reason", "left out, here", "the proof needs it"],
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
