"""Tests of ``tdbook.tables.landscape``."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tdbook.tables import landscape as tables
from tests.support.refusals import refused

CODES = {"model": tables.MODELS, "kind": tables.KINDS}


FOLDER = Path(__file__).parents[2] / "book" / "data"


ROWS = {
    "escape-times": ("escape_row", tables.escape_rows, ("model", "order", "seed", "scale")),
    "perturbations": ("perturbation_row", tables.perturbation_rows, ("kind", "order", "share")),
    "escape-probability": ("probability_row", tables.probability_rows, ("order", "dimension", "boosted")),
    "stuck": ("stuck_row", tables.stuck_rows, ("order", "rank", "factor")),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_sweep_asks_what_the_kept_table_holds(name, monkeypatch):
    """The kept file says which rows there are, and in which order."""
    row, sweep, columns = ROWS[name]
    monkeypatch.setattr(tables, row, lambda *given: given)
    asked = [
        tuple(CODES[key].index(value) if key in CODES else value for key, value in zip(columns, given, strict=True))
        for given in sweep()
    ]
    kept = [tuple(line[key] for key in columns) for line in tables.read(FOLDER / f"{name}.csv")]
    assert np.allclose(np.array(asked, float), kept, rtol=1e-7)
    assert not np.allclose(np.array(asked[::-1], float), kept, rtol=1e-7)


def test_rows_have_the_columns_of_the_kept_tables(monkeypatch):
    calls = []

    def recorded(result):
        return lambda *given, **named: calls.append((given, named)) or result

    found = SimpleNamespace(below=3, below_in_cone=2, lowest=0.123456789)
    monkeypatch.setattr(tables, "escape_time", recorded(7.5))
    monkeypatch.setattr(tables, "perturb", recorded(found))
    monkeypatch.setattr(tables, "plain_descent", recorded(SimpleNamespace(reached=60, stalled=30, unfinished=10)))
    vanilla = tables.escape_row("vanilla", 4, 2, 0.01)
    homogeneous = tables.escape_row("two-homogeneous", 4, 2, 0.01)
    assert vanilla == {"model": 0, "order": 4, "seed": 2, "scale": 0.01, "time": 7.5}
    assert homogeneous == {**vanilla, "model": 1}
    for (given, named), model, lam in zip(calls, tables.MODELS, (0.0, 0.05), strict=True):
        assert (given[0].dimension, given[0].rank, given[0].order, *given[1:]) == (4, 2, 4, 0.01, model)
        assert named == {"regularization": lam, "rng": 2}
    moved = tables.perturbation_row("two-homogeneous", 3, 1.5)
    assert list(moved.values()) == [1, 3, 1.5, 200_000, 3, 2, 0.123457]
    (trap, radius, samples), named = calls[-1]
    assert (radius, samples, named) == (1.5 * trap.certified_radius, 200_000, {"rng": 1500})
    fates = tables.stuck_row(3, 4, 2)
    assert list(fates.values()) == [3, 4, 2, 100, 60, 30, 10]
    (target, components, starts), named = calls[-1]
    assert (target.dimension, target.rank, components, starts, named) == (4, 4, 8, 100, {"rng": 7})
    for row, name in ((vanilla, "escape-times"), (moved, "perturbations"), (fates, "stuck")):
        assert list(row) == list(tables.read(FOLDER / f"{name}.csv")[0])


@pytest.mark.parametrize("boosted", [False, True])
def test_a_row_of_chances_counts_the_runs_that_leave(monkeypatch, boosted):
    calls = []

    def every_fourth(trap, seed, **named):
        calls.append((trap, seed, named))
        return SimpleNamespace(escaped=None if seed % 4 else 0)

    monkeypatch.setattr(tables, "algorithm_from_trap", every_fourth)
    row = tables.probability_row(4, 6, boosted)
    assert row == {"order": 4, "dimension": 6, "boosted": boosted, "trials": 200, "escaped": 50}
    assert list(row) == list(tables.read(FOLDER / "escape-probability.csv")[0])
    assert [seed for _, seed, _ in calls] == list(range(200))
    trap, _, named = calls[0]
    assert (trap.order, trap.r, trap.U.shape, trap.regularization) == (4, 1, (6, 12), 0.05)
    assert named == {"epochs": 1, "iterations": 1000, "boost": None if boosted else 1.0, "nudge": 0.01}


def test_a_table_of_times_is_sorted_whatever_the_order_of_its_rows():
    rows = [
        {"model": model, "order": order, "seed": seed, "scale": scale, "time": model + 10 * order + 100 * seed + scale}
        for model in (0, 1)
        for order in (3, 4)
        for seed in (1, 0)
        for scale in (0.1, 0.001, 0.01)
    ]
    for model in (1, tables.MODELS[1]):
        scales, times = tables.escape_table(rows, model, 4)
        assert scales.tolist() == [0.1, 0.01, 0.001]
        assert np.allclose(times, [[41.1, 41.01, 41.001], [141.1, 141.01, 141.001]])
    # rows of the other model or of the other order that come later do not replace these
    assert np.allclose(tables.escape_table(rows, 0, 3)[1], [[30.1, 30.01, 30.001], [130.1, 130.01, 130.001]])


def test_a_kept_time_is_of_this_target():
    kept = tables.read(FOLDER / "escape-times.csv")
    for model in tables.MODELS:
        row = tables.escape_row(model, 3, 0, 0.1)
        assert tables.agrees(kept, row)
        assert not tables.agrees(kept, {**row, "time": 1.01 * row["time"]})


def test_traps_that_are_perturbed():
    for kind, shape, poles in (("vanilla", (2, 4), 1), ("two-homogeneous", (2, 4), 1), ("mixed-sign", (3, 4), 2)):
        trap = tables.perturbed_trap(kind, 4)
        assert (trap.order, trap.r, trap.U.shape, trap.poles) == (4, 1, shape, poles)
        assert trap.model == ("vanilla" if kind == "vanilla" else "two-homogeneous")
        assert trap.regularization == (0.0 if kind == "vanilla" else tables.REGULARIZATION)


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
