"""The longer sweeps behind the chapters on zero and on bad local minima, as small tables in text files.

``make data`` writes them again into book/data; a chapter reads them, runs a few of their rows itself and compares.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from tdbook import validation
from tdbook.landscape import (
    MODELS,
    Trap,
    algorithm_from_trap,
    escape_time,
    homogeneous_trap,
    mixed_sign_trap,
    orthogonal_target,
    perturb,
    plain_descent,
    vanilla_trap,
)
from tdbook.tables import csv_table
from tdbook.tables.csv_table import Maker
from tdbook.tensors import SymmetricCP, random_target

Row = dict[str, float]

ORDERS = (3, 4, 5)
SCALES = tuple(10.0 ** (-k / 2) for k in range(2, 13))  # 0.1 down to 1e-6: five decades
SHARES = (0.25, 0.5, 0.75, 0.999, 1.25, 1.5, 2.0, 2.5, 3.0)  # radii in units of the certified one
REGULARIZATION = 0.05
KINDS = ("vanilla", "two-homogeneous", "mixed-sign")


def escape_target(order: int) -> SymmetricCP:
    """The target of the escape times: d = 4, r = 2, unit norm."""
    return random_target(4, 2, order, rng=3)


def escape_row(model: str, order: int, seed: int, scale: float) -> Row:
    """Escape time of one start of six components; ``model`` is coded by its place in ``escape.MODELS``."""
    lam = 0.0 if model == "vanilla" else REGULARIZATION
    time = escape_time(escape_target(order), scale, model, regularization=lam, rng=seed)
    return {"model": MODELS.index(model), "order": order, "seed": seed, "scale": scale, "time": time}


def escape_rows(seeds: int = 10) -> Iterator[Row]:
    """Both models, three orders, five decades of delta."""
    for model in MODELS:
        for order in ORDERS:
            for seed in range(seeds):
                for scale in SCALES:
                    yield escape_row(model, order, seed, scale)


def escape_table(rows: Sequence[Row], model: int | str, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Scales, shape (n,), and times, shape (starts, n), of one model and order."""
    code = MODELS.index(model) if isinstance(model, str) else model
    chosen = [row for row in rows if row["model"] == code and row["order"] == order]
    scales = np.array(sorted({row["scale"] for row in chosen}, reverse=True))
    seeds = sorted({row["seed"] for row in chosen})
    found = {(row["seed"], row["scale"]): row["time"] for row in chosen}
    return scales, np.array([[found[seed, scale] for scale in scales] for seed in seeds])


def perturbed_trap(kind: str, order: int) -> Trap:
    """The traps that are perturbed: r = 1, m = 4, lambda = 0.05 in the 2-homogeneous model."""
    validation.choice("kind", kind, KINDS)
    if kind == "vanilla":
        return vanilla_trap(order, 1, 4, 2)
    if kind == "mixed-sign":
        return mixed_sign_trap(order, 1, 4, 3, REGULARIZATION)
    return homogeneous_trap(order, 1, 4, 2, REGULARIZATION)


def perturbation_row(kind: str, order: int, share: float, samples: int = 200_000) -> Row:
    """Random perturbations at ``share`` times the certified radius; ``kind`` is coded by its place in ``KINDS``."""
    trap = perturbed_trap(kind, order)
    found = perturb(trap, share * trap.certified_radius, samples, rng=round(1000 * share))
    return {
        "kind": KINDS.index(kind),
        "order": order,
        "share": share,
        "samples": samples,
        "below": found.below,
        "below_in_cone": found.below_in_cone,
        "lowest": round(found.lowest, 6),
    }


def perturbation_rows() -> Iterator[Row]:
    """Three kinds of traps, nine radii, 200 000 samples each."""
    for kind, order in (("vanilla", 3), ("vanilla", 4), ("vanilla", 5), ("two-homogeneous", 3), ("mixed-sign", 4)):
        for share in SHARES:
            yield perturbation_row(kind, order, share)


def probability_row(order: int, dimension: int, boosted: bool, trials: int = 200) -> Row:
    """How many of ``trials`` single epochs of Algorithm 1 leave the trap with r = 1 and m = 12."""
    trap = homogeneous_trap(order, 1, 12, dimension, REGULARIZATION)
    boost = None if boosted else 1.0
    runs = (
        algorithm_from_trap(trap, seed, epochs=1, iterations=1000, boost=boost, nudge=0.01) for seed in range(trials)
    )
    escaped = sum(run.escaped is not None for run in runs)
    return {"order": order, "dimension": dimension, "boosted": boosted, "trials": trials, "escaped": escaped}


def probability_rows() -> Iterator[Row]:
    """Three orders, the plane and d = 6, with and without the boost of a fresh component's coefficient."""
    for dimension in (2, 6):
        for boosted in (False, True):
            for order in ORDERS:
                yield probability_row(order, dimension, boosted)


def stuck_row(order: int, rank: int, factor: int, starts: int = 100) -> Row:
    """Outcomes of random starts of plain descent for an orthogonal target, d = r, m = factor r."""
    fates = plain_descent(orthogonal_target(rank, order), factor * rank, starts, rng=7)
    return {
        "order": order,
        "rank": rank,
        "factor": factor,
        "starts": starts,
        "reached": fates.reached,
        "stalled": fates.stalled,
        "unfinished": fates.unfinished,
    }


def stuck_rows() -> Iterator[Row]:
    """Two orders, three ranks, m = r, 2r, 4r, 8r."""
    for order in (3, 4):
        for rank in (3, 4, 6):
            for factor in (1, 2, 4, 8):
                yield stuck_row(order, rank, factor)


TABLES: dict[str, Maker] = {
    "escape-times.csv": escape_rows,
    "perturbations.csv": perturbation_rows,
    "escape-probability.csv": probability_rows,
    "stuck.csv": stuck_rows,
}


def read(path: str | Path) -> list[Row]:
    """The rows of a table, as numbers."""
    return [{key: float(value) for key, value in row.items()} for row in csv_table.read(path)]


# What a row found; its other columns say what was asked.
_FOUND = frozenset({"time", "below", "below_in_cone", "lowest", "escaped", "reached", "stalled", "unfinished"})


def agrees(rows: Sequence[Row], fresh: Row, tolerance: float = 1e-3) -> bool:
    """Whether the table holds a row that asks the same as ``fresh`` and found the same, to a relative tolerance."""

    def close(kept: Row, keys: set[str], relative: float) -> bool:
        return all(abs(kept[key] - fresh[key]) <= relative * max(abs(kept[key]), abs(fresh[key])) for key in keys)

    asked, found = set(fresh) - _FOUND, set(fresh) & _FOUND
    same = [row for row in rows if set(row) == set(fresh) and close(row, asked, 1e-6)]
    if len(same) != 1:
        raise ValueError(f"rows must hold what fresh asks exactly once, got it {len(same)} times")
    return close(same[0], found, tolerance)
