"""What the pictures of runs show, compared with Algorithm 1 written out on arrays of all entries."""

from __future__ import annotations

import re
from statistics import median

import numpy as np
import pytest
from scipy.stats import binomtest

import tdbook
from tdbook import figures
from tdbook.descent import practical_settings, run
from tdbook.statistics import proportion
from tests.support import dense
from tests.support.drawn import curves, levels, marks, texts, upright

TARGET = tdbook.random_target(5, 2, 3, rng=3)
GOAL = dense.tensor(TARGET.weights, TARGET.factors, 3)
SETTINGS = practical_settings(TARGET, 4, 0.05, epochs=3, iterations=90, literal=True)


@pytest.fixture(scope="module")
def states():
    """U, a, c, c_hat and fresh after every step of the whole run."""
    return list(dense.algorithm(GOAL, SETTINGS, np.random.default_rng(1), boost=SETTINGS.boost))


@pytest.fixture(scope="module")
def picture():
    return figures.run(run(TARGET, SETTINGS, 1))


def residual(state):
    U, a, c = state[:3]
    return dense.tensor(a * c, U, 3) - GOAL


def test_norms_losses_and_errors_are_those_of_the_written_out_algorithm(picture, states):
    top, middle, bottom = picture.figure.axes
    norms = [line.get_xydata() for line in top.lines if len(line.get_xdata()) > 10]
    assert len(norms) == SETTINGS.components
    compared = 0
    for i, points in enumerate(norms):
        for k, (time, norm) in enumerate(points):
            inside = time % SETTINGS.iterations or k == len(points) - 1  # at an epoch's start there are two points
            if time and inside:
                assert norm == pytest.approx(np.linalg.norm(states[int(time) - 1][0][:, i]), rel=1e-6)
                compared += 1
    assert compared > 100
    loss = next(line.get_xydata() for line in middle.lines if len(line.get_xdata()) > 10)
    for time, value in loss:
        if time % SETTINGS.iterations:
            U, _, _, c_hat, _ = states[int(time) - 1]
            sizes = np.linalg.norm(U, axis=0)
            penalty = SETTINGS.regularization * np.sum(c_hat * sizes**3)
            assert value == pytest.approx(0.5 * np.sum(residual(states[int(time) - 1]) ** 2) + penalty, rel=1e-6)
    diamonds = marks(middle, "D")
    assert diamonds[:, 0].tolist() == [90 * (k + 1) for k in range(len(diamonds))]
    for time, error in diamonds:
        assert error == pytest.approx(np.linalg.norm(residual(states[int(time) - 1])) / np.linalg.norm(GOAL), rel=1e-6)
    assert f"the relative error ends at {diamonds[-1, 1]:.2g}" in picture.alt
    outside = np.eye(5) - dense.span_projector(GOAL)
    bound = (SETTINGS.components + SETTINGS.epochs) * SETTINGS.init_scale**2
    for time, share in next(line.get_xydata() for line in bottom.lines if len(line.get_xdata()) > 10):
        if time % SETTINGS.iterations:
            assert share == pytest.approx(np.sum((outside @ states[int(time) - 1][0]) ** 2) / bound, rel=1e-5)


def test_circles_triangles_and_lines_stand_where_things_happen(picture, states):
    top, middle, _ = picture.figure.axes
    bar = 2 * (SETTINGS.components + SETTINGS.epochs) ** 0.5 * SETTINGS.init_scale
    assert levels(top) == [pytest.approx(bar)]
    assert levels(middle) == [SETTINGS.accuracy]
    assert upright(top) == [90.0, 180.0]
    switched = []
    for k in range(1, len(states)):
        switched += [k + 1 for a, b in zip(states[k - 1][4], states[k][4], strict=True) if a and not b]
    circles = sorted(marks(top, "o")[:, 0])
    every = circles[0] if len(circles) == 1 else 10
    assert len(circles) == len(switched)
    assert all(0 <= seen - there < every for seen, there in zip(circles, sorted(switched), strict=True))
    triangles = marks(top, "v")
    assert triangles.tolist() == [[90.0 * k, SETTINGS.init_scale] for k in range(len(triangles))]
    long = int((np.linalg.norm(states[-1][0], axis=0) > bar).sum())
    assert f"{long} components end above the switching norm" in picture.alt
    assert f"there are {len(switched)} switches" in picture.alt


def test_errors_are_medians_and_ranges():
    runs = [run(TARGET, SETTINGS, seed) for seed in range(3)]
    picture = figures.errors({"runs": runs}, 0.05)
    (axes,) = picture.figure.axes
    points, band = curves(axes)["runs"], axes.collections[0].get_paths()[0].vertices
    for epoch, value in points:
        errors = []
        for seed in range(3):
            records = runs[seed].history.epochs
            steps = 90 * min(int(epoch), len(records))
            walk = list(dense.algorithm(GOAL, SETTINGS, np.random.default_rng(seed), boost=SETTINGS.boost))
            errors.append(np.linalg.norm(residual(walk[steps - 1])) / np.linalg.norm(GOAL))
        assert value == pytest.approx(median(errors), rel=1e-6)
        here = band[np.isclose(band[:, 0], epoch), 1]
        assert [here.min(), here.max()] == pytest.approx([min(errors), max(errors)], rel=1e-6)
    assert points[0, 0] == 1
    assert f"runs {points[-1, 1]:.1g}" in picture.alt


def test_counts_draw_shares_and_the_interval_of_another_library():
    table = {"first": (3, 20), "second": (19, 20), "all": (20, 20)}
    picture = figures.counts(table, {name: proportion(*count) for name, count in table.items()})
    (axes,) = picture.figure.axes
    rows = [label.get_text() for label in axes.get_yticklabels()]
    for bar, dot in zip(axes.lines[::2], axes.lines[1::2], strict=True):
        row = int(dot.get_ydata()[0])
        good, runs = table[rows[row]]
        exact = binomtest(good, runs).proportion_ci(0.95, "exact")
        assert bar.get_xdata() == pytest.approx([exact.low, exact.high], abs=1e-9)
        assert dot.get_xdata()[0] == good / runs and exact.low <= good / runs <= exact.high
        assert f"{good} of {runs}" == texts(axes)[[line.get_ydata()[0] for line in axes.lines[1::2]].index(row)]
    assert set(re.findall(r"(\d+)% to (\d+)%", picture.caption)) == {("15", "100")}


def test_growth_draws_what_it_is_given_against_the_dimension():
    picture = figures.growth([10, 100], {"$l=3$": [20, 21], "$l=4$": [60, 660]})
    drawn = curves(picture.figure.axes[0])
    assert drawn["$l=4$"].tolist() == [[10, 60], [100, 660]]
    low, high = re.search(r"between ([\d.]+) and ([\d.]+)\.\*\*", picture.caption).groups()
    assert float(low) <= 21 / 20 <= 660 / 60 <= float(high)
