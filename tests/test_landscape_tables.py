"""The kept tables: readable, complete, and not stale."""

from pathlib import Path

import pytest

from tdbook.tables import landscape as tables
from tests.support.refusals import refused

FOLDER = Path(__file__).parent.parent / "book" / "data"


@pytest.mark.parametrize(
    ("name", "rows"), [("escape-times", 660), ("perturbations", 45), ("escape-probability", 12), ("stuck", 24)]
)
def test_kept_tables_are_complete(name, rows):
    assert len(tables.read(FOLDER / f"{name}.csv")) == rows


def test_kept_rows_are_what_the_library_finds_now():
    times = tables.read(FOLDER / "escape-times.csv")
    assert tables.agrees(times, tables.escape_row("vanilla", 3, 2, tables.SCALES[4]))
    assert tables.agrees(times, tables.escape_row("two-homogeneous", 5, 4, tables.SCALES[10]))
    moved = tables.read(FOLDER / "perturbations.csv")
    assert tables.agrees(moved, tables.perturbation_row("mixed-sign", 4, 2.0))
    assert tables.agrees(tables.read(FOLDER / "stuck.csv"), tables.stuck_row(3, 3, 2))


def test_a_changed_row_is_noticed():
    rows = tables.read(FOLDER / "perturbations.csv")
    fresh = dict(rows[7])
    assert tables.agrees(rows, fresh)
    fresh["below"] += 1 + 0.01 * fresh["below"]
    assert not tables.agrees(rows, fresh)
    fresh["share"] = 0.123
    with refused("rows"):
        tables.agrees(rows, fresh)


def test_perturbations_are_lower_only_outside_the_certified_region_and_are_so_there():
    rows = tables.read(FOLDER / "perturbations.csv")
    assert all(row["samples"] == 200_000 and row["below_in_cone"] == 0 for row in rows)
    assert all(row["below"] == 0 for row in rows if row["share"] < 1)
    assert all(row["below"] > 0 for row in rows if row["share"] >= 2)


def test_another_kind_is_refused():
    with refused("kind"):
        tables.perturbed_trap("other", 3)
