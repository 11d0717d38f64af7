"""Exact lazy errors of all prefixes of a random start, kept in a text file: what takes a chapter too long.

    python -m tdbook.tables.prefixes book/data/lazy-error-l3-d30.csv 30 3

writes the file again; dimension 30 and order 3 take about six seconds on one core.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

from tdbook import validation
from tdbook.lazy import Prefixes, lazy_errors, lazy_threshold
from tdbook.tensors import random_unit_vectors

_COLUMNS = ["dimension", "order", "seed", "components", "rank", "error"]


def random_prefixes(dimension: int, order: int, components: int | None = None, seed: int = 0) -> Prefixes:
    """Errors of the first 1, 2, ..., m of m uniform unit columns; by default up to the threshold."""
    d = validation.integer("dimension", dimension, 1)
    m = lazy_threshold(d, order) if components is None else validation.integer("components", components, 1)
    # a column at a time, so that a shorter start is the beginning of a longer one
    rng = np.random.default_rng(validation.integer("seed", seed, 0))
    return lazy_errors(np.hstack([random_unit_vectors(d, 1, rng) for _ in range(m)]), order)


def write(path: str | Path, dimension: int, order: int, seed: int = 0) -> None:
    """Compute :func:`random_prefixes` up to the threshold and write one line for each prefix."""
    prefixes = random_prefixes(dimension, order, seed=seed)
    with Path(path).open("w", newline="", encoding="ascii") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(_COLUMNS)
        for m, rank, error in zip(prefixes.components, prefixes.ranks, prefixes.errors, strict=True):
            table.writerow([dimension, order, seed, m, rank, f"{error:.10f}"])


def read(path: str | Path) -> Prefixes:
    """The prefixes in a file of :func:`write`; the closeness of its rank decisions is not kept (nan)."""
    with Path(path).open(newline="", encoding="ascii") as file:
        lines = list(csv.reader(file))
    if len(lines) < 2 or lines[0] != _COLUMNS:
        raise ValueError(f"path must name a table with the columns {', '.join(_COLUMNS)}, got {lines[:1]}")
    table = np.array(lines[1:], dtype=float)
    if (table[:, 3] != np.arange(1, len(table) + 1)).any() or (table[:, :2] != table[0, :2]).any():
        raise ValueError(
            f"path must name a table of the prefixes 1, 2, ..., m of one start, got {len(table)} other rows"
        )
    ranks = table[:, 4].astype(int)
    return Prefixes(int(table[0, 0]), int(table[0, 1]), ranks, table[:, 5], np.nan, np.nan)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the exact lazy errors of a random start to a file.")
    parser.add_argument("path", type=Path)
    parser.add_argument("dimension", type=int)
    parser.add_argument("order", type=int)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    write(arguments.path, arguments.dimension, arguments.order, arguments.seed)


if __name__ == "__main__":
    main()
