"""Tests of ``tdbook.tables.prefixes``."""

from pathlib import Path

import numpy as np
import pytest

from tdbook import lazy
from tdbook.tables import csv_table
from tdbook.tables import prefixes as lazy_table
from tdbook.tensors import symmetric_dimension
from tests.support.refusals import refused


@pytest.mark.second_opinion("tdbook.tables.prefixes.random_prefixes")
def test_the_table_by_inner_products():
    """random_prefixes by the Gram route, from columns that NumPy draws one by one."""
    rng = np.random.default_rng(3)
    drawn = [rng.standard_normal(5) for _ in range(6)]
    U = np.array([g / np.linalg.norm(g) for g in drawn]).T
    found = lazy_table.random_prefixes(5, 3, 6, seed=3)
    assert found.errors == pytest.approx([lazy.lazy_error(U[:, :k], 3, "gram") for k in range(1, 7)], abs=1e-10)


TABLE = Path(__file__).parents[2] / "book" / "data" / "lazy-error-l3-d30.csv"


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
    csv_table.write(tmp_path / "table.csv", lazy_table.rows(4, 3, seed=2))
    again, fresh = lazy_table.read(tmp_path / "table.csv"), lazy_table.random_prefixes(4, 3, seed=2)
    assert (again.dimension, again.order) == (4, 3)
    np.testing.assert_allclose(again.errors, fresh.errors, atol=1e-10)
    assert (again.ranks == fresh.ranks).all()


def test_broken_tables_are_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")
    with refused("path"):
        lazy_table.read(path)
    csv_table.write(path, lazy_table.rows(3, 3))
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], *lines[2:]]))
    with refused("path"):
        lazy_table.read(path)


HEAD = "dimension,order,seed,components,rank,error"


def test_a_table_in_two_dimensions_by_hand(tmp_path):
    """E x^6 = 5/16 and E x^4 y^2 = 1/16 on the circle: the tangents of one column reach 5/16 + 3/16, of two all."""
    path = tmp_path / "table.csv"
    for seed in (0, 5):
        csv_table.write(path, lazy_table.rows(2, 3, seed))
        rows = [HEAD, f"2,3,{seed},1,2,0.5000000000", f"2,3,{seed},2,4,0.0000000000"]
        assert path.read_bytes() == "".join(f"{row}\n" for row in rows).encode()


def test_a_table_of_one_line(tmp_path):
    """In one dimension one column reaches everything."""
    csv_table.write(tmp_path / "table.csv", lazy_table.rows(1, 3))
    found = lazy_table.read(tmp_path / "table.csv")
    assert (found.dimension, found.order) == (1, 3)
    assert (found.ranks.tolist(), found.errors.tolist()) == ([1], [0.0])


def test_what_a_table_keeps(tmp_path):
    csv_table.write(tmp_path / "table.csv", lazy_table.rows(3, 4, seed=1))
    found = lazy_table.read(tmp_path / "table.csv")
    assert found.ranks.dtype == int
    assert found.components.tolist() == list(range(1, len(found.ranks) + 1))
    assert np.isnan([found.least_kept, found.most_dropped]).all()


def test_the_seed_is_zero_unless_given(tmp_path):
    for name, seed in (("none", {}), ("zero", {"seed": 0}), ("one", {"seed": 1})):
        csv_table.write(tmp_path / name, lazy_table.rows(3, 3, **seed))
    none, zero, one = ((tmp_path / name).read_text().splitlines() for name in ("none", "zero", "one"))
    assert none == zero
    assert [line.split(",")[2] for line in zero[1:]] == ["0"] * (len(zero) - 1)
    assert [line.split(",")[5] for line in zero[1:]] != [line.split(",")[5] for line in one[1:]]
    errors = [lazy_table.random_prefixes(3, 3, 2, **seed).errors for seed in ({}, {"seed": 0}, {"seed": 1})]
    assert np.array_equal(errors[0], errors[1])
    assert not np.allclose(errors[0], errors[2])


def test_what_is_said_of_a_broken_table(tmp_path):
    path = tmp_path / "table.csv"
    for text, shown in (("a,b\n1,2\n", [["a", "b"]]), ("", []), (HEAD, [HEAD.split(",")])):
        path.write_text(text)
        with refused(str(shown)[1:-1] or "path"):
            lazy_table.read(path)
    for second in ("2,3,0,3,4,0.0", "1,3,0,2,4,0.0", "2,4,0,2,4,0.0"):
        path.write_text(f"{HEAD}\n2,3,0,1,2,0.5\n{second}\n")
        with refused("path"):
            lazy_table.read(path)
    path.write_text(f"{HEAD}\n2,3,0,1,2,0.5\n\uff12,3,0,2,4,0.0\n", encoding="utf-8")
    with pytest.raises(UnicodeDecodeError):
        lazy_table.read(path)
