"""The committed table of exact errors is what the library computes, and broken tables are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tdbook import lazy_table
from tdbook.lazy_moments import symmetric_dimension

TABLE = Path(__file__).parents[1] / "book" / "data" / "lazy-error-l3-d30.csv"


def test_the_committed_table_begins_as_the_library_computes_it():
    stored = lazy_table.read(TABLE)
    fresh = lazy_table.random_prefixes(30, 3, components=25)
    np.testing.assert_allclose(stored.errors[:25], fresh.errors, atol=2e-10)
    assert (stored.ranks[:25] == fresh.ranks).all()


def test_the_committed_table_ends_at_the_threshold():
    stored = lazy_table.read(TABLE)
    assert len(stored.ranks) == 166
    assert stored.ranks[-1] == symmetric_dimension(30, 3)
    assert stored.errors[-1] == 0.0 < stored.errors[-2]
    assert (np.diff(stored.errors) <= 0).all()


def test_written_and_read_again(tmp_path):
    lazy_table.write(tmp_path / "table.csv", 4, 3, seed=2)
    again, fresh = lazy_table.read(tmp_path / "table.csv"), lazy_table.random_prefixes(4, 3, seed=2)
    assert (again.dimension, again.order) == (4, 3)
    np.testing.assert_allclose(again.errors, fresh.errors, atol=1e-10)
    assert (again.ranks == fresh.ranks).all()


def test_broken_tables_are_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="path must name a table with the columns dimension, order"):
        lazy_table.read(path)
    lazy_table.write(path, 3, 3)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], *lines[2:]]))
    with pytest.raises(ValueError, match=r"prefixes 1, 2, \.\.\., m of one start"):
        lazy_table.read(path)
