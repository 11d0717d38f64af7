"""The table of all epochs of one column at a time: its second implementation against the library, and what it says."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tdbook.descent import run_fresh_first
from tdbook.lemmas import guaranteed
from tdbook.tables.runnable import SIZES, TARGETS, core, outcomes, pursuit, read_table
from tests.support.refusals import refused

TABLE = Path(__file__).resolve().parents[2] / "book" / "data" / "one-column.csv"


@pytest.mark.parametrize("size", [(10, 2, 3, 0.1), (10, 2, 4, 0.1), (1000, 3, 3, 0.1), (3, 3, 3, 0.1)])
@pytest.mark.parametrize("variant", ["plain", "boosted"])
def test_both_implementations_make_the_same_run(size, variant):
    plan = guaranteed(*size, variant)
    for kind in ("dependent", "harmonic"):
        target, seen = core(kind, plan.span, plan.order, 2), []
        run_fresh_first(target, plan, 5, in_law=True, observe=seen.append)
        batch = outcomes(plan, [target], [5], epochs=len(seen))
        assert batch.reached[0] == len(seen)
        np.testing.assert_allclose([norm[0] for norm in batch.norms[1:]], [e.after for e in seen], rtol=0, atol=1e-9)


def test_looking_at_the_sign_is_the_same_in_both():
    plan, target, seen = guaranteed(10, 2, 3, 0.1, looking=True), core("harmonic", 2, 3), []
    run_fresh_first(target, plan, 1, in_law=True, observe=seen.append)
    assert all(epoch.correlation >= 0 for epoch in seen)
    assert outcomes(plan, [target], [1], epochs=20).reached[0] == len(seen)


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize(("span", "order"), [(2, 3), (3, 3), (2, 4)])
def test_targets_have_norm_one(kind, span, order):
    target = core(kind, span, order, 3)
    assert target.norm() == pytest.approx(1.0)
    assert (target.dimension, target.order) == (span, order)


def test_the_harmonic_target_is_harmonic_and_the_trap_of_the_plane_is_it_at_order_three():
    angles = np.linspace(0, 2 * np.pi, 50)
    circle = np.array([np.cos(angles), np.sin(angles)])
    for order in (3, 4):
        np.testing.assert_allclose(
            core("harmonic", 2, order).evaluate(circle), np.cos(order * angles) / 2 ** (order / 2 - 0.5), atol=1e-12
        )
    assert core("trap", 2, 3).distance(core("harmonic", 2, 3)) < 1e-12


def test_what_the_table_says():
    rows = read_table(TABLE)
    assert len(rows) == (len(SIZES) + len(SIZES) - 1) * len(TARGETS)
    for row in rows:
        plan = guaranteed(
            *(int(row[n]) for n in ("dimension", "span", "order")), float(row["accuracy"]), row["variant"]
        )
        assert (plan.epochs, plan.iterations) == (int(row["epochs"]), int(row["iterations"]))
        assert row["reached"] == row["kept"] == row["runs"]
        assert int(row["below"]) == 0 and int(row["lucky"]) > 100 and float(row["least"]) >= 1.0
        assert int(row["most"]) < plan.epochs / 10
        assert float(row["rise"]) <= plan.rise


def test_random_pursuit_takes_as_long_as_its_mean_says():
    R = core("harmonic", 2, 3)
    epochs = pursuit(R, 0.1, 200, 3, 1000)
    proved = math.log(1e4) / -math.log1p(-1 / 16)
    assert 0.2 * proved < epochs.mean() < proved
    assert (pursuit(R, 0.1, 3, 3, 2) == 2).all()


def test_bad_input_is_named():
    with refused("kind"):
        core("easy", 2, 3)
    with refused("span"):
        core("trap", 1, 3)
