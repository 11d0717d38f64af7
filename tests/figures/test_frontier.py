"""The pictures of the chapter on the open question: what their words say is what their data say."""

from fractions import Fraction

import numpy as np
import pytest

from tdbook.beyond import emergence
from tdbook.decomposition.als import als
from tdbook.experiments import weak_target
from tdbook.figures import frontier as pictures
from tdbook.landscape.orthogonal import three_cubes
from tdbook.tables import frontier as table


def test_the_lowest_loss_along_a_line_is_told():
    steps = np.linspace(-1, 1, 5)
    picture = pictures.three_for_two(
        three_cubes(Fraction(1), Fraction(1)), {"up": (steps, steps**2), "down": (steps, -steps)}
    )
    assert "up: lowest 0" in picture.alt and "down: lowest -1" in picture.alt
    assert len(picture.figure.axes) == 2


def test_exponents_are_drawn_as_they_are():
    picture = pictures.exponents({"four": [1, 2, 4, 7]})
    (line,) = picture.figure.axes[0].lines
    assert list(line.get_ydata()) == [1, 2, 4, 7]
    assert "four: 7 at the end" in picture.alt


def test_bands_say_at_which_m_no_start_arrived():
    found = {"weak": {4: [np.inf, np.inf], 5: [3.0, np.inf]}, "equal": {4: [1.0, 2.0], 5: [1.0, 1.0]}}
    picture = pictures.bands(3, found, cap=50)
    assert "weak: no start found it at m = 4;" in picture.alt
    assert "equal: no start found it at m = none of these" in picture.alt


def test_thresholds_are_drawn_on_logarithmic_scales_with_their_ends_told():
    picture = pictures.thresholds({"equal": ([3, 4, 8], [4, 5, 13])})
    axes = picture.figure.axes[0]
    assert axes.get_xscale() == axes.get_yscale() == "log"
    assert "equal: 4 at r = 3, 13 at r = 8" in picture.alt


def test_a_course_is_drawn_in_units_of_the_weak_term():
    run = als(weak_target(3, ratio=100.0), 4, 10, starts=2, rng=0)
    picture = pictures.drift({"orthogonal": run}, 0.01)
    lines = picture.figure.axes[0].lines
    assert np.allclose(lines[0].get_ydata(), run.errors[1:, 0] * 100)
    assert "orthogonal: median 1.00 at the end" in picture.alt


def test_a_map_shows_every_share():
    shares = np.array([[0.1, 0.2], [0.3, 0.95]])
    picture = pictures.two_limits((8, 100), (0.1, 0.01), {"found": shares})
    assert [text.get_text() for text in picture.figure.axes[0].texts] == ["0.10", "0.20", "0.30", "0.95"]
    assert "0.20 in the top right corner, 0.30 at the bottom left" in picture.alt


def test_quotients_of_times_are_told():
    picture = pictures.times({"runs": (np.array([1.0, 2.0]), np.array([1.1, 2.0]))})
    assert "runs: quotients from 1.000 to 1.100" in picture.alt


@pytest.mark.parametrize("order", [3, 4])
def test_atoms_stand_at_crests_and_troughs(order):
    picture = pictures.opposite((order,), 0.6)
    rings = next(line for line in picture.figure.axes[0].lines if len(line.get_xdata()) == order)
    assert np.allclose(np.abs(rings.get_ydata()), 1)
    assert f"order {order}: {order} atoms" in picture.alt


def test_a_ring_tells_the_mass_of_each_decomposition():
    picture = pictures.ring(0.6, {"one": (np.array([0.0, 1.0, 3.0, 5.0]), np.ones(4))})
    assert "one: 4 atoms of total mass 4.00" in picture.alt


def test_late_errors_and_courses():
    run = emergence.late_run(4, 2, 2, 0, 1, horizon=100.0)
    picture = pictures.late({"short": run}, {"course": (np.array([1.0, 0.5]), np.array([0.6, 0.1]))})
    assert "short:" in picture.alt and "at t = 100" in picture.alt
    assert len(picture.figure.axes) == 2


def test_times_over_the_dimension():
    picture = pictures.with_dimension({"both": ((10, 100), (2.0, 3.0))})
    assert "both: 2 at d = 10, 3 at d = 100" in picture.alt


def test_the_tables_kinds_of_weights():
    weakest = [table.orthogonal_terms(kind, 4).weights.min() for kind in table.WEIGHTS]
    assert np.allclose(weakest, [1.0, 0.5, 0.25, 0.25])
    with pytest.raises(ValueError, match="weights"):
        table.orthogonal_terms("none", 4)


def test_a_threshold_row_follows_the_rule():
    row = table.threshold_row("equal", 3)
    assert row["found"] >= table.NEEDED and row["starts"] <= table.SEEDS
    assert row["rank"] == 3 and row["components"] >= 3
