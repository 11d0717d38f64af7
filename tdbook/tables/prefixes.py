"""Exact lazy errors of all prefixes of a random start, kept in a text file: what takes a chapter too long.

Dimension 30 and order 3 take about six seconds on one core.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from tdbook import validation
from tdbook.lazy import Prefixes, lazy_errors, lazy_threshold
from tdbook.tables import csv_table
from tdbook.tables.csv_table import Maker, Row
from tdbook.tensors import random_unit_vectors

_COLUMNS = ["dimension", "order", "seed", "components", "rank", "error"]


def random_prefixes(dimension: int, order: int, components: int | None = None, seed: int = 0) -> Prefixes:
    """Errors of the first 1, 2, ..., m of m uniform unit columns; by default up to the threshold."""
    d = validation.integer("dimension", dimension, 1)
    m = lazy_threshold(d, order) if components is None else validation.components(components)
    validation.entries("dimension times components", d, m)
    # a column at a time, so that a shorter start is the beginning of a longer one
    rng = np.random.default_rng(validation.integer("seed", seed, 0))
    return lazy_errors(np.hstack([random_unit_vectors(d, 1, rng) for _ in range(m)]), order)


def rows(dimension: int, order: int, seed: int = 0) -> Iterator[Row]:
    """One row for each prefix up to the threshold, of :func:`random_prefixes`."""
    found = random_prefixes(dimension, order, seed=seed)
    for m, rank, error in zip(found.components, found.ranks, found.errors, strict=True):
        yield dict(zip(_COLUMNS, (dimension, order, seed, m, rank, f"{error:.10f}"), strict=True))


def read(path: str | Path) -> Prefixes:
    """The prefixes in a table of :func:`rows`; the closeness of its rank decisions is not kept (nan)."""
    table = csv_table.numbers(path, _COLUMNS)
    if (table[:, 3] != np.arange(1, len(table) + 1)).any() or (table[:, :2] != table[0, :2]).any():
        raise ValueError(
            f"path must name a table of the prefixes 1, 2, ..., m of one start, got {len(table)} other rows"
        )
    ranks = table[:, 4].astype(int)
    return Prefixes(int(table[0, 0]), int(table[0, 1]), ranks, table[:, 5], np.nan, np.nan)


TABLES: dict[str, Maker] = {"lazy-error-l3-d30.csv": partial(rows, 30, 3)}
