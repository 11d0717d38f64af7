"""Sweeps of Algorithm 1 over sizes and seeds: parallel, resumable, one tidy table out.

A *cell* is one run: an order, a dimension, a rank, a kind of target, m, epsilon, K, H and a seed. Its *outcome*
is one line of a table. A table on the disk grows by a line as each run ends, so a sweep that was killed goes on
where it stopped, and no cell in the table is computed again. Several processes may write one table at the same time:
each adds its lines and none takes away another's. A cell that two of them begin before either has ended is computed
by both.

Seeds mean the same everywhere: the target is drawn from ``[seed, d, 0]`` and the run from ``[seed, d, 1]``, so
that runs at different dimensions share no random numbers.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from tdbook import validation
from tdbook.descent import InLaw, core_in_law, practical_settings, run
from tdbook.descent.coordinates import choose
from tdbook.experiments.table import Cell, Outcome, append_outcome, merge_table, notes, open_table
from tdbook.experiments.targets import hard_target
from tdbook.processes import undisturbed
from tdbook.tensors import KINDS, SymmetricCP, random_target

LARGEST = 10**6  # cells of a grid

# --- targets ----------------------------------------------------------------------------------------------


def _target(cell: Cell) -> SymmetricCP:
    """T* of a cell: in R^d, or in coordinates of its own span if the run is in law."""
    rng = np.random.default_rng([cell.seed, cell.dimension, 0])
    if cell.kind in KINDS:
        make = core_in_law if cell.in_law else random_target
        return make(cell.dimension, cell.rank, cell.order, cell.kind, rng)
    core = hard_target(cell.rank, cell.order, cell.kind, rng)
    if cell.in_law:
        return core
    if core.dimension > cell.dimension:
        raise ValueError(f"dimension must be at least {core.dimension} for this target, got {cell.dimension}")
    # components are drawn without any preferred direction, so one place in R^d is as good as another
    factors = np.vstack([core.factors, np.zeros((cell.dimension - core.dimension, core.rank))])
    return SymmetricCP(core.weights, factors, cell.order)


def measure(cell: Cell) -> Outcome:
    """Run one cell."""
    target = _target(cell)
    settings = practical_settings(
        target,
        cell.components,
        cell.accuracy,
        epochs=cell.epochs,
        iterations=cell.iterations,
        dimension=cell.dimension,
    )
    rng = np.random.default_rng([cell.seed, cell.dimension, 1])
    result = run(target, settings, rng, trace=False, space=InLaw if cell.in_law else choose)
    return Outcome(cell, result.error, result.converged, result.epochs, result.seconds)


# --- sweeps -----------------------------------------------------------------------------------------------


def grid(
    order: Iterable[int] | int = 3,
    dimension: Iterable[int] | int = 30,
    rank: Iterable[int] | int = 3,
    components: Iterable[int] | int = 12,
    accuracy: Iterable[float] | float = 0.05,
    kind: Iterable[str] | str = "generic",
    seed: Iterable[int] | int = range(20),
    *,
    epochs: int = 30,
    iterations: int = 1500,
    in_law: bool = False,
) -> list[Cell]:
    """All combinations, as cells; every argument may be one value or several.

    >>> len(grid(order=(3, 4), dimension=(10, 100), components=range(3, 9), seed=range(5)))
    120
    """

    def several(values: Any) -> Sequence[Any]:
        if isinstance(values, str) or not isinstance(values, Iterable):
            return [values]
        return values if isinstance(values, range) else list(values)

    axes = [several(values) for values in (order, dimension, rank, kind, accuracy, components, seed)]
    validation.integer("the number of cells", math.prod(map(_count, axes)), 0, LARGEST)
    return [
        Cell(
            order, dimension, rank, kind, validation.real("accuracy", eps), epochs, iterations, in_law, components, seed
        )
        for order, dimension, rank, kind, eps, components, seed in product(*axes)
    ]


def _count(values: Sequence[Any]) -> int:
    """The length, also of a range too long for ``len``."""
    return max(0, -((values.start - values.stop) // values.step)) if isinstance(values, range) else len(values)


def sweep(
    cells: Iterable[Cell],
    path: str | os.PathLike[str] | None = None,
    *,
    jobs: int | None = None,
    progress: bool | None = None,
    about: Iterable[str] | None = None,
) -> list[Outcome]:
    """Run every cell that is not in the table yet.

    Parameters
    ----------
    cells : iterable of Cell
    path : str or path, optional
        The table: read first, one line longer with each run, sorted at the end; other processes may write it as well.
        Without it nothing is kept.
    jobs : int, optional
        Processes; one for each core by default. 1 stays in this process. Under
        ``joblib.parallel_config(backend="dask")`` the same call runs on a Dask cluster.
    progress : bool, optional
        A progress bar on stderr; by default only where a person is watching.
    about : iterable of str, optional
        Notes for the head of a new table; see :func:`notes`.

    Returns
    -------
    list of Outcome
        In the order of ``cells``.
    """
    from tqdm import tqdm

    wanted = list(dict.fromkeys(cells))
    known: dict[Cell, Outcome] = {}
    if path is not None:
        known = open_table(path, notes() if about is None else about)
    missing = [cell for cell in wanted if cell not in known]
    hidden = None if progress is None else not validation.flag("progress", progress)
    with tqdm(total=len(wanted), initial=len(wanted) - len(missing), unit="run", disable=hidden, leave=False) as bar:
        for outcome in _measured(missing, jobs):
            known[outcome.cell] = outcome
            if path is not None:
                append_outcome(path, outcome)
            bar.update()
    if path is not None and missing:
        merge_table(path, known.values())
    return [known[cell] for cell in wanted]


def _measured(cells: Sequence[Cell], jobs: int | None) -> Iterator[Outcome]:
    """Outcomes as they come."""
    jobs = -1 if jobs is None else min(validation.processes("jobs", jobs), len(cells))
    if not cells:
        return
    if jobs == 1:
        yield from map(measure, cells)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky.backend import resource_tracker

    resource_tracker.ensure_running()  # beginning it within the block would end what the block is for
    with undisturbed():
        outcomes = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)(map(delayed(measure), cells))
    yield from outcomes
