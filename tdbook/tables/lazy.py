"""The longer sweeps behind the live figures of the chapter on lazy training, as small tables in text files.

``make data`` writes them again into book/data; the chapter reads them, runs a small part again and compares.

* lazy-errors.csv: the exact expected errors of all prefixes of one random start, for orders 2 to 6 and every d with
  at most ``LARGEST`` coordinates;
* lazy-scales.csv: descent at several output scales, beside its linearisation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from tdbook import validation
from tdbook.lazy import LazyRun, Prefixes, Start, lazy_descent, linearise, paired_start
from tdbook.tables import csv_table
from tdbook.tables.csv_table import Maker, Row
from tdbook.tables.prefixes import random_prefixes
from tdbook.tensors import SymmetricCP, random_target, symmetric_dimension

ORDERS = (2, 3, 4, 5, 6)
DIMENSIONS = (3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 100)
LARGEST = 5100  # coordinates D up to which a factorisation takes seconds
SCALES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)
STEPS = 40_000

_ERRORS = ["order", "dimension", "components", "rank", "error"]
_RUNS = ["scale", "step_size", "steps", "loss", "linear_loss", "moved"]


# --- exact errors -----------------------------------------------------------------------------------------


def error_sizes() -> list[tuple[int, int]]:
    """(order, dimension) of the starts in the table."""
    return [(l, d) for l in ORDERS for d in DIMENSIONS if symmetric_dimension(d, l) <= LARGEST]


def error_rows() -> Iterator[Row]:
    """One line for each prefix up to the threshold; the start of each size has seed 0."""
    for order, dimension in error_sizes():
        found = random_prefixes(dimension, order)
        for m, rank, error in zip(found.components, found.ranks, found.errors, strict=True):
            yield dict(zip(_ERRORS, (order, dimension, m, rank, f"{error:.6f}"), strict=True))


def read_errors(path: str | Path) -> dict[tuple[int, int], Prefixes]:
    """The prefixes of each (order, dimension); the closeness of the rank decisions is not kept (nan)."""
    table = csv_table.numbers(path, _ERRORS)
    found = {}
    for order, dimension in dict.fromkeys((int(row[0]), int(row[1])) for row in table):
        rows = table[(table[:, 0] == order) & (table[:, 1] == dimension)]
        if (rows[:, 2] != np.arange(1, len(rows) + 1)).any():
            raise ValueError(f"path must name a table of prefixes 1, 2, ..., m, got others for {(order, dimension)}")
        found[order, dimension] = Prefixes(dimension, order, rows[:, 3].astype(int), rows[:, 4], np.nan, np.nan)
    return found


# --- output scales ----------------------------------------------------------------------------------------


def scale_setting() -> tuple[Start, SymmetricCP, float]:
    """Start, target and step size of the descents: four pairs, l = 3, d = 6, rank 1, a third of 1/mu_max.

    At the smallest scale a step of 1/mu_max would be too long for the real model.
    """
    target = random_target(dimension=6, rank=1, order=3, rng=3)
    start = paired_start(dimension=6, pairs=4, rng=1)
    return start, target, float(1.0 / (3.0 * linearise(start, target).eigenvalues[-1]))


def scale_run(scale: float, steps: int = STEPS) -> LazyRun:
    """One descent of the table, recorded at about sixty numbers of steps up to ``steps``."""
    start, target, step_size = scale_setting()
    steps = validation.count("steps", steps)
    recorded = np.unique(np.round(np.geomspace(1, STEPS, 64)).astype(int))
    return lazy_descent(start, target, scale, recorded[recorded <= steps], step_size, gaps=False)


def scale_rows() -> Iterator[Row]:
    """One line for each recorded step of each scale."""
    for scale in SCALES:
        run = scale_run(scale)
        for k, loss, line, moved in zip(run.steps, run.losses, run.linear_losses, run.moved, strict=True):
            found = (f"{loss:.6g}", f"{line:.6g}", f"{moved:.6g}")
            yield dict(zip(_RUNS, (f"{scale:g}", f"{run.step_size:.10g}", k, *found), strict=True))


def read_scales(path: str | Path) -> list[LazyRun]:
    """The descents of the table, in the order of their scales; gaps and the final point are not kept."""
    table = csv_table.numbers(path, _RUNS)
    start = scale_setting()[0]
    runs = []
    for scale in np.unique(table[:, 0]):
        rows = table[table[:, 0] == scale]
        k = rows[:, 2].astype(int)
        if k[0] != 0 or (np.diff(k) <= 0).any() or np.ptp(rows[:, 1]):
            raise ValueError(
                f"path must name a table of ascending steps from 0 at one step size, got others at {scale:g}"
            )
        blank = np.full(len(rows), np.nan)
        runs.append(
            LazyRun(float(scale), float(rows[0, 1]), k, rows[:, 3], rows[:, 4], blank, rows[:, 5], replace(start))
        )
    return runs


TABLES: dict[str, Maker] = {"lazy-errors.csv": error_rows, "lazy-scales.csv": scale_rows}
