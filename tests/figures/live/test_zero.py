"""The live figure of chapter 4: its flows against escape times found by another integrator, and its numbers."""

from pathlib import Path

import numpy as np
import pytest

from tdbook.figures.live import LIMIT, zero
from tdbook.landscape import zero as escape
from tdbook.tables import landscape as landscape_tables
from tests.support.refusals import refused

ROWS = landscape_tables.read(Path(__file__).parents[3] / "book" / "data" / "escape-times.csv")


@pytest.fixture(scope="module")
def figure():
    return zero.escape(ROWS, scales=(landscape_tables.SCALES[0], landscape_tables.SCALES[4]))


def at_tenth(path):
    """When a tenth is fitted, between the drawn points."""
    return float(np.exp(np.interp(0.1, 1.0 - path.losses, np.log(path.times))))


@pytest.mark.parametrize(
    ("order", "scale", "model"), [(3, 1e-3, "vanilla"), (5, 1e-2, "vanilla"), (4, 1e-4, "two-homogeneous")]
)
def test_a_path_leaves_zero_at_its_escape_time(order, scale, model):
    found = zero.path(order, scale, model, seed=3)
    lam = 0.05 if model == "two-homogeneous" else 0.0
    time = escape.escape_time(landscape_tables.escape_target(order), scale, model, regularization=lam, rng=3)
    assert at_tenth(found) == pytest.approx(time, rel=0.01)
    # negative control: a start half as large is told apart
    later = escape.escape_time(landscape_tables.escape_target(order), scale / 2, model, regularization=lam, rng=3)
    assert abs(at_tenth(found) / later - 1) > 0.05


def test_a_path_falls_from_one_to_a_tenth_and_is_drawn_where_it_bends():
    times, losses = escape.escape_path(landscape_tables.escape_target(4), 1e-3, rng=0)
    assert times[0] == 0 and losses[0] == pytest.approx(1.0, abs=1e-6) and losses[-1] == pytest.approx(0.1, abs=1e-3)
    assert (np.diff(times) > 0).all() and (np.diff(losses) < 1e-4).all()
    drawn = zero.path(4, 1e-3, "vanilla")
    # distance of each of the integrator's points from the drawn line, in parts of the panel
    fine = np.linspace(0, len(drawn.times) - 1, 20_000)
    x = np.interp(fine, np.arange(len(drawn.times)), np.log10(drawn.times)) / 16
    y = np.interp(fine, np.arange(len(drawn.times)), drawn.losses)

    def away(shift):
        known = np.stack([np.log10(times[times >= zero.FIRST]) / 16, losses[times >= zero.FIRST] + shift], axis=1)
        return max(float(np.hypot(x - one[0], y - one[1]).min()) for one in known)

    assert away(0.0) < 0.003
    assert away(0.02) > 0.003  # negative control: a line beside the curve


def test_thinning_keeps_corners_and_short_lines():
    x = np.arange(101.0)
    y = np.minimum(x, 37.0)
    assert set(zero.thinned(x, y, 3)) == {0, 37, 100}
    assert zero.thinned(x[:3], y[:3], 5).tolist() == [0, 1, 2, 2, 2]
    # negative control: even steps of three points miss the corner by a tenth of the height
    assert np.abs(np.interp(x, x[::50], y[::50]) - y).max() > 3.7


def test_the_second_component_waits_as_long_again():
    """At order 4 there is a second plateau: from a loss of 0.7 to 0.5 the flow takes about as long as to 0.7."""
    times, losses = escape.escape_path(landscape_tables.escape_target(4), 1e-3, rng=0)
    first, second = (float(np.interp(-level, -losses, times)) for level in (0.7, 0.5))
    assert 0.2 < second / first - 1 < 1.0
    times, losses = escape.escape_path(landscape_tables.escape_target(4), 1e-3, "two-homogeneous", rng=0)
    first, second = (float(np.interp(-level, -losses, times)) for level in (0.7, 0.5))
    assert second / first - 1 < 0.2  # the control: no plateau in the 2-homogeneous model


def test_medians_factors_and_additions_are_those_of_the_table(figure):
    for order in (3, 4, 5):
        scales, vanilla = landscape_tables.escape_table(ROWS, "vanilla", order)
        cured = np.median(landscape_tables.escape_table(ROWS, "two-homogeneous", order)[1], axis=0)
        vanilla = np.median(vanilla, axis=0)
        state = {"l": str(order), "delta": "0.001"}
        assert scales[4] == pytest.approx(1e-3)
        assert figure.at("vanilla_now", **state) == pytest.approx(vanilla[4], rel=0.005)
        assert figure.at("cured_now", **state) == pytest.approx(cured[4], rel=0.005)
        factor = float(figure.at("factor", **state))
        assert factor == pytest.approx(10.0 ** (order - 2), rel=0.02)
        assert figure.at("more", **state) == pytest.approx(cured[6] - cured[4], abs=0.006)
        # negative control: the exponents l-1 and l-3 are refused
        assert not 0.5 < factor / 10.0 ** (order - 1) < 2
        assert not 0.5 < factor / 10.0 ** (order - 3) < 2


def test_the_figure_is_small_and_says_its_numbers(figure):
    assert figure.size < LIMIT / 5
    words = figure.say(delta="0.001", l="5")
    assert "multiplies the first by 1000" in words and "at order 5, the vanilla model waits for 1.7·10⁸ units" in words
    assert (figure.at("cured_low") <= figure.at("cured_median")).all()
    for panel, name in zip(figure.panels[1:], ("vanilla_high", "cured_high"), strict=True):
        top = figure.series[name].values.max()  # no bar may leave its panel, at any order
        assert top <= panel.y.high < 20 * top
    assert figure.picture.alt.startswith("Time to escape from zero")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"fitted": 1.0}, "fitted"), ({"fitted": 0.0}, "fitted"), ({"horizon": -1.0}, "horizon")],
)
def test_escape_path_says_what_is_wrong(arguments, message):
    with refused(message):
        escape.escape_path(landscape_tables.escape_target(3), 0.1, **arguments)
