"""Live figures of chapter 3: their states against independent computations, and the tables behind them."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from tdbook import lazy
from tdbook.figures.live import LIMIT
from tdbook.figures.live import lazy as live
from tdbook.lazy import error_bounds, linearise
from tdbook.lazy import rank as lazy_rank
from tdbook.tables import csv_table
from tdbook.tables import lazy as live_tables
from tdbook.tables import prefixes as lazy_table
from tdbook.tensors import random_unit_vectors, symmetric_dimension
from tests.support.refusals import refused

DATA = Path(__file__).parents[3] / "book" / "data"


# --- the tables -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def errors():
    return live_tables.read_errors(DATA / "lazy-errors.csv")


@pytest.fixture(scope="module")
def runs():
    return live_tables.read_scales(DATA / "lazy-scales.csv")


def test_the_table_of_errors_is_complete_and_ends_at_the_threshold(errors):
    assert list(errors) == live_tables.error_sizes()
    for (order, d), found in errors.items():
        assert len(found.errors) == lazy_rank.lazy_threshold(d, order)
        assert found.errors[-1] == 0.0 and found.ranks[-1] == symmetric_dimension(d, order)
        assert (np.diff(found.errors) < 0).all()


@pytest.mark.parametrize(("order", "d"), [(2, 8), (3, 10), (4, 5), (6, 4)])
def test_kept_errors_are_those_of_another_route(errors, order, d):
    rng = np.random.default_rng(0)
    m = max(1, len(errors[order, d].errors) // 2)
    U = np.hstack([random_unit_vectors(d, 1, rng) for _ in range(m)])
    kept = errors[order, d].errors[m - 1]
    assert lazy.lazy_error(U, order, route="gram") == pytest.approx(kept, abs=1e-6)
    # negative control: a column fewer is told apart
    assert abs(lazy.lazy_error(U[:, :-1], order, route="gram") - kept) > 1e-3


def test_the_older_table_holds_the_same_numbers(errors):
    older = lazy_table.read(DATA / "lazy-error-l3-d30.csv")
    assert np.abs(older.errors - errors[3, 30].errors).max() < 1e-6
    assert (older.ranks == errors[3, 30].ranks).all()


def test_kept_descents_are_what_the_library_does_now(runs):
    assert tuple(run.scale for run in runs) == live_tables.SCALES
    kept, fresh = runs[3], live_tables.scale_run(4.0, steps=500)
    assert fresh.step_size == pytest.approx(kept.step_size, rel=1e-8)
    n = len(fresh.steps)
    assert (kept.steps[:n] == fresh.steps).all() and n > 20
    for name in ("losses", "linear_losses", "moved"):
        assert getattr(kept, name)[:n] == pytest.approx(getattr(fresh, name), rel=1e-4)
    # negative control: another scale is another curve
    assert np.abs(runs[1].losses[:n] - fresh.losses).max() > 0.01


def test_tables_that_are_not_such_are_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("order,dimension\n3,4\n")
    with refused("path"):
        live_tables.read_errors(path)
    path.write_text("order,dimension,components,rank,error\n3,4,2,8,0.5\n")
    with refused("path"):
        live_tables.read_errors(path)
    path.write_text("scale,step_size,steps,loss,linear_loss,moved\n1,0.1,5,1,1,0\n1,0.1,3,1,1,0\n")
    with refused("path"):
        live_tables.read_scales(path)


def test_write_and_read(tmp_path, monkeypatch):
    monkeypatch.setattr(live_tables, "error_sizes", lambda: [(3, 3), (2, 4)])
    csv_table.write(tmp_path / "lazy-errors.csv", live_tables.error_rows())
    found = live_tables.read_errors(tmp_path / "lazy-errors.csv")
    fresh = lazy_table.random_prefixes(3, 3)
    assert found[3, 3].errors == pytest.approx(fresh.errors, abs=1e-6)
    assert (found[3, 3].ranks == fresh.ranks).all() and set(found) == {(3, 3), (2, 4)}


# --- the price --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def price(errors):
    return live.price(errors, [errors[3, 10], errors[4, 5]])


def test_the_rank_without_a_computation_is_the_generic_one():
    for order, d in ((2, 5), (3, 4), (3, 6), (4, 6), (5, 3)):
        m = lazy_rank.lazy_threshold(d, order)
        assert [live.generic_rank(d, order, k) for k in range(1, m + 1)] == list(lazy_rank.tangent_ranks(d, order, m))
    # negative control: at an exceptional size it is one too many, at one m, as its docstring says
    found = np.array([live.generic_rank(5, 3, k) for k in range(1, 9)]) - lazy_rank.tangent_ranks(5, 3, 8)
    assert found.tolist() == [0, 0, 0, 0, 0, 0, 1, 0]


def outside(figure, **state):
    """How many of the drawn points lie outside the drawn band, beyond the rounding of both."""
    m, error = figure.at("m", **state), figure.at("error", **state)
    known = np.isfinite(error)
    curve = figure.at("curve", **state)
    low = np.interp(np.log(m[known]), np.log(curve), figure.at("low", **state))
    high = np.interp(np.log(m[known]), np.log(curve), figure.at("high", **state))
    return int(((error[known] < low - 0.01) | (error[known] > high + 0.01)).sum())


def test_every_drawn_point_lies_in_the_band(price, errors):
    drawn = 0
    for order, d in errors:
        if (order, d) not in {(3, 5), (4, 3), (4, 4), (4, 5)}:  # at one m the span of these is one short
            assert outside(price, d=str(d), l=str(order)) == 0, (order, d)
            drawn += 1
    assert drawn == len(errors) - 4
    # negative control: errors that are too large are seen outside
    wrong = dict(errors)
    wrong[3, 10] = dataclasses.replace(errors[3, 10], errors=errors[3, 10].errors + 0.2)
    assert outside(live.price(wrong, [errors[3, 10]]), d="10", l="3") > 5


def test_the_readers_m_is_bounded_by_theorem_1_and_computed_where_it_can_be(price, errors):
    for order, d, share in ((3, 10, 5), (3, 5, 9), (6, 3, 1), (2, 100, 10)):
        state = {"d": str(d), "l": str(order), "share": str(share)}
        m = -(-share * lazy_rank.lazy_threshold(d, order) // 10)
        found = errors[order, d]
        low, high = error_bounds(d, order, int(found.ranks[m - 1]))
        assert low - 0.01 < price.at("now_low", **state) <= low + 1e-9
        assert high - 1e-9 <= price.at("now_high", **state) < high + 0.01
        assert price.at("now_error", **state) == pytest.approx(found.errors[m - 1], abs=6e-4)
        assert f"With {m} of them" in price.say(**state)
        assert f"for one random start it is exactly {found.errors[m - 1]:.3f}" in price.say(**state)
    far = {"d": "1000000", "l": "3", "share": "5"}
    assert np.isnan(price.at("now_error", **far)) and np.isnan(price.at("error", **far)).all()
    assert "it takes 1.7·10¹¹ columns" in price.say(**far) and "no exact value was computed at this size" in price.say(
        **far
    )


def test_thresholds_in_units_approach_one_over_l_factorial(price):
    gaps = [price.at("threshold_unit", d=d, l="3") - price.at("limit", d=d, l="3") for d in ("10", "100", "1000000")]
    assert gaps[0] > gaps[1] > 0.002 and abs(gaps[2]) <= 2e-4
    assert price.at("threshold", d="30", l="3") == pytest.approx(166, rel=0.005)


# --- from rich to lazy ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scales(runs):
    start, target, _ = live_tables.scale_setting()
    return live.scales(runs, linearise(start, target).floor(1.0))


def test_the_linear_curve_is_the_closed_form_and_ends_on_the_floor(scales):
    start, target, eta = live_tables.scale_setting()
    line = linearise(start, target)
    k = scales.at("k")
    assert scales.at("linear", alpha="8") == pytest.approx(line.loss(8.0, eta, np.round(k).astype(int)), abs=0.01)
    assert scales.at("linear_end", alpha="8") == pytest.approx(scales.at("floor"), abs=0.002)
    # negative control: the real descent at that scale goes below the floor
    assert scales.at("end", alpha="8") < 0.5 * scales.at("floor")


def test_in_slow_time_the_falls_coincide_and_in_steps_they_do_not(scales):
    def fall(alpha, clock):
        x = scales.at(clock, alpha=alpha)
        return float(np.interp(-0.5 * scales.at("floor"), -scales.at("loss", alpha=alpha), np.log(x)))

    slow = [fall(alpha, "slow") for alpha in ("4", "8", "16")]
    assert np.ptp(slow) < 0.1
    assert np.ptp([fall(alpha, "k") for alpha in ("4", "8", "16")]) > 2.5  # log 16 = 2.77


def test_the_sentence_says_what_the_run_did(scales, runs):
    run = runs[3]
    k = float(np.interp(-0.5 * scales.at("floor"), -run.losses, run.steps))
    words = scales.say(alpha="4")
    assert f"after {float(f'{k:.1e}'):.0f} steps" in words
    assert "within these steps" in scales.say(alpha="256") and "within these steps" not in words
    assert f"the loss is {run.losses[-1]:.3f}" in words


def test_both_fit_their_page_together(price, scales):
    assert price.size + scales.size < LIMIT / 2
    assert price._repr_mimebundle_()[0]["image/png"].startswith(b"\x89PNG")
    assert "Expected squared error against" in price.picture.alt and "lazy floor" in scales.picture.alt
