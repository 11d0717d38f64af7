"""The longer runs behind the chapter on the open question, as small tables in text files.

``make data`` writes them again into book/data; the chapter reads them, runs a few of their rows itself and compares.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tdbook import validation
from tdbook.beyond.emergence import found_and_won
from tdbook.decomposition.als import als
from tdbook.experiments import ladder, power_law_target, weak_target
from tdbook.tables.csv_table import Maker
from tdbook.tables.landscape import Row
from tdbook.tensors import SymmetricCP

# The rule of the chapter on scaling: the first m of the ladder at which 18 of 20 starts succeed.
SEEDS, NEEDED, SWEEPS = 20, 18, 100
RANKS = (3, 4, 6, 8, 12, 16)
WEIGHTS = ("equal", "weakest 1/2", "weights 1/j", "weakest 1/r")

# The map of small starts: eight terms, one of half the weight, and 16 columns.
DIMENSIONS, SCALES = (8, 100, 1000, 10_000), (1e-1, 1e-2, 1e-4, 1e-8)
SMALL_WEIGHTS = np.append(np.ones(7), 0.5)


def orthogonal_terms(weights: str, rank: int) -> SymmetricCP:
    """The orthogonal target of order 3 with one of the kinds of ``WEIGHTS``."""
    kind = validation.choice("weights", weights, WEIGHTS)
    if kind == "weights 1/j":
        return power_law_target(rank)
    return weak_target(rank, ratio={"equal": 1.0, "weakest 1/2": 2.0, "weakest 1/r": float(rank)}[kind])


def threshold_row(weights: str, rank: int) -> Row:
    """The smallest m with which ALS finds all terms; ``weights`` is coded by its place in ``WEIGHTS``."""
    target = orthogonal_terms(weights, rank)
    close = float(target.weights.min()) / 2
    for m in ladder(rank, 2 * rank**2):
        found = done = 0
        while found < NEEDED and done - found <= SEEDS - NEEDED:
            batch = min(5 if found else SEEDS - NEEDED + 1, SEEDS - done)
            run = als(target, m, SWEEPS, starts=batch, rng=np.random.default_rng([rank, m, done]), stop_below=close)
            found += sum(sweep is not None for sweep in run.sweeps_until(close))
            done += batch
        if found >= NEEDED:
            return {"weights": WEIGHTS.index(weights), "rank": rank, "components": m, "found": found, "starts": done}
    raise ValueError(f"rank must be small enough for the ladder, got {rank}")


def threshold_rows() -> Iterator[Row]:
    """Four kinds of weights, six ranks."""
    for weights in WEIGHTS:
        for rank in RANKS:
            yield threshold_row(weights, rank)


def small_start_row(dimension: int, scale: float, starts: int = 30) -> Row:
    """How many of the starts find all terms, and how many find just the winners; l = 3."""
    columns = 2 * len(SMALL_WEIGHTS)
    outcomes = [found_and_won(SMALL_WEIGHTS, 3, dimension, columns, scale, seed) for seed in range(starts)]
    return {
        "dimension": dimension,
        "scale": scale,
        "starts": starts,
        "all_found": sum(len(found) == len(SMALL_WEIGHTS) for found, _ in outcomes),
        "as_winners": sum(found == won for found, won in outcomes),
    }


def small_start_rows() -> Iterator[Row]:
    """Four dimensions, four scales."""
    for dimension in DIMENSIONS:
        for scale in SCALES:
            yield small_start_row(dimension, scale)


TABLES: dict[str, Maker] = {"als-thresholds.csv": threshold_rows, "small-starts.csv": small_start_rows}
