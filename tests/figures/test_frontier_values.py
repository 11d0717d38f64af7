"""What the pictures of the open question show: identities in fractions, linear programmes, formulas, raw tables."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import linprog

from tdbook.beyond import atoms, emergence
from tdbook.decomposition.als import als
from tdbook.experiments import weak_target
from tdbook.figures import frontier as pictures
from tdbook.landscape.orthogonal import cubes_loss, orthogonal_minimum, three_cubes
from tdbook.tables import frontier as table
from tests.support import dense
from tests.support.drawn import curves, marks, raw, texts


def test_three_arrows_are_labelled_with_an_identity():
    pairs = three_cubes(Fraction(1), Fraction(1))
    steps = np.linspace(-0.5, 0.5, 11)
    U = orthogonal_minimum(3, 4)
    lines = {"here": (steps, np.array([cubes_loss(np.vstack([U[:2], 0 * U[2:] + s]), 1.0) for s in steps]))}
    picture = pictures.three_for_two(pairs, lines)
    left, right = picture.figure.axes
    total = [Fraction(0)] * 4
    arrows = [(text.xy, text.get_text()) for text in left.texts if text.arrow_patch is not None]
    labels = [
        text.get_text().strip("$") for text in left.texts if text.get_text() and text.get_text() not in ("$x$", "$y$")
    ]
    for (tip, _), label in zip(arrows[2:], labels, strict=True):
        t = Fraction(tip[0] / tip[1]).limit_denominator(1000)
        for k in range(4):  # the coefficient of x^k y^(3-k)
            total[k] += Fraction(label) * math.comb(3, k) * t**k
        assert np.hypot(*tip) == pytest.approx(1) and min(tip) >= 0
    assert total == [1, 0, 0, 1]
    for s, value in curves(right)["here"]:
        V = np.vstack([U[:2], 0 * U[2:] + s])
        gap = sum(dense.power(v, 3) for v in V.T) - sum(dense.power(e, 3) for e in np.eye(3))
        assert value == pytest.approx(0.5 * np.sum(gap**2))


def test_bands_shade_where_the_formulas_say_and_draw_every_start():
    rank, cap = 3, 60
    target = weak_target(rank, ratio=50.0)
    found = {}
    for m in (4, 5, 9):
        run = als(target, m, cap, starts=4, rng=0, stop_below=0.5 / 50)
        found[m] = [math.inf if sweep is None else sweep for sweep in run.sweeps_until(0.5 / 50)]
    picture = pictures.bands(rank, {"weak": found}, cap)
    (axes,) = picture.figure.axes
    edges = [patch.get_x() for patch in axes.patches][1:]
    assert edges == [4.5, 6.5, 8.5]  # (r-1)^2, r(r-1), r^2 - 1 are the last of their bands
    dots = marks(axes, ".")
    for m, starts in found.items():
        assert sorted(dots[np.isclose(dots[:, 0], m), 1]) == sorted(min(sweep, 2 * cap) for sweep in starts)
    missed = [str(m) for m, starts in found.items() if all(map(math.isinf, starts))]
    assert f"at m = {', '.join(missed) or 'none of these'}" in picture.alt
    assert texts(axes)[:4] == ["missed", "slow", "jumps", "exact"]
    medians = curves(axes)["weak"]
    assert medians[-1, 1] == float(np.median([min(sweep, 2 * cap) for sweep in found[9]]))


def test_thresholds_are_those_of_the_raw_table():
    rows = raw("als-thresholds.csv")
    found = {}
    for code, name in enumerate(table.WEIGHTS):
        chosen = [row for row in rows if int(row["weights"]) == code]
        found[name] = ([int(row["rank"]) for row in chosen], [int(row["components"]) for row in chosen])
    picture = pictures.thresholds(found)
    (axes,) = picture.figure.axes
    for code, points in enumerate(curves(axes).values()):
        expected = [[int(row["rank"]), int(row["components"])] for row in rows if int(row["weights"]) == code]
        assert points.tolist() == expected
    squares, line = (drawn.get_xydata() for drawn in axes.lines if drawn.get_color() == axes.lines[-1].get_color())
    assert all(m == 1 + (r - 1) * (r - 1) for r, m in squares) and all(m == r for r, m in line)
    for row in rows:
        assert int(row["found"]) >= 18 and int(row["found"]) <= int(row["starts"]) <= 20


def test_courses_are_distances_in_units_of_the_weak_term():
    target = weak_target(3, ratio=20.0)
    run = als(target, 4, 6, starts=2, rng=0)
    picture = pictures.drift({"three": run}, 1 / 20)
    goal = dense.tensor(target.weights, target.factors, 3)
    (axes,) = picture.figure.axes
    for start, line in enumerate(axes.lines):
        first, second, third = run.factors[:, start]
        gap = np.linalg.norm(np.einsum("im,jm,km->ijk", first, second, third) - goal)
        assert line.get_ydata()[-1] == pytest.approx(20 * gap, rel=1e-6)
        assert line.get_xdata().tolist() == [1, 2, 3, 4, 5, 6]


def test_maps_show_the_raw_table_with_its_axes():
    rows = raw("small-starts.csv")
    shape = (len(table.DIMENSIONS), len(table.SCALES))
    shares = np.array([int(row["all_found"]) / int(row["starts"]) for row in rows]).reshape(shape)
    picture = pictures.two_limits(table.DIMENSIONS, table.SCALES, {"found": shares})
    (axes,) = picture.figure.axes
    down = [label.get_text() for label in axes.get_yticklabels()]
    right = [label.get_text() for label in axes.get_xticklabels()]
    for row in rows:
        y = down.index(row["dimension"])
        x = right.index(f"$10^{{{round(math.log10(float(row['scale'])))}}}$")
        share = int(row["all_found"]) / int(row["starts"])
        assert axes.images[0].get_array()[y, x] == pytest.approx(share)
        (text,) = [text for text in axes.texts if text.xy == (x, y)]
        assert text.get_text() == f"{share:.2f}"


def test_quotients_of_times_lie_within_what_is_said():
    strengths = np.array([1.0, 0.5])
    mixture, U = emergence.small_start(strengths, {4: 1.0}, 200, 6, 1e-3, rng=1)
    predicted = emergence.predicted_times(strengths, U[:2] / 1e-3, 4, 1e-3)
    run = emergence.tied_flow(mixture, U, 1.5 * predicted.max(), until_found=0.5)
    seen = run.found_at(4)
    picture = pictures.times({"runs": (predicted, seen)})
    low, high = map(float, re.search(r"from ([\d.]+) to ([\d.]+\d)", picture.alt).groups())
    for (x, y), k in zip(curves(picture.figure.axes[0])["runs"], (0, 1), strict=True):
        assert low - 5e-4 <= y / x <= high + 5e-4
        # the share of the term in all entries passes a half there
        place = int(np.argmin(np.abs(run.times - y)))
        before, after = (run.shares(4)[i, k] for i in (max(place - 2, 0), min(place + 2, len(run.times) - 1)))
        assert before <= 0.5 <= after


@pytest.mark.parametrize("order", [3, 4])
def test_the_least_mass_is_that_of_a_linear_programme(order):
    picture = pictures.opposite((order,), 0.6)
    left, right = picture.figure.axes
    turn = np.linspace(0, math.pi, 1441)[:-1]
    powers = [
        [math.comb(order, k) * math.cos(t) ** (order - k) * math.sin(t) ** k for t in turn] for k in range(order + 1)
    ]
    A = np.array(powers)
    for x, mass in curves(right)[f"$l={order}$"][[20, 60, 110]]:
        angle = x * math.pi / order
        goal = [
            math.comb(order, k) * (float(k == 0) - math.cos(angle) ** (order - k) * math.sin(angle) ** k)
            for k in range(order + 1)
        ]
        found = linprog(np.ones(2 * len(turn)), A_eq=np.hstack([A, -A]), b_eq=goal)
        assert mass == pytest.approx(found.fun, abs=2e-3)
    wave = left.lines[1].get_xydata()
    assert np.abs(wave[:, 1]).max() <= 1 + 1e-9
    rings = marks(left, "o")
    assert len(rings) == order
    assert np.abs(np.abs(rings[:, 1]) - 1).max() < 1e-9
    assert f"order {order}: {order} atoms" in picture.alt


def test_decompositions_on_the_ring_are_the_same_tensor():
    angles, weights = np.array([0.1, 1.5, 3.3, 4.9]), np.array([1.0, 0.7, 0.5, 0.9])
    choices = {"given": (angles, weights), "other": atoms.other_ring_atoms(angles, weights, 0.6)}
    picture = pictures.ring(0.6, choices)
    tensors = []
    for axes, (_, masses) in zip(picture.figure.axes, choices.values(), strict=False):
        places = axes.collections[-1].get_offsets()
        sizes = axes.collections[-1].get_sizes()
        square = np.sum(places**2, axis=1)  # at R from the centre the height is R^2 - 1
        points = np.vstack([np.array(places).T * np.sqrt(2 - square), square - 1])
        assert np.abs(points[2] + 0.6).max() < 1e-12
        tensors.append(dense.tensor(masses.max() * sizes / sizes.max(), points, 3))
    assert np.abs(tensors[0] - tensors[1]).max() < 1e-9
    assert picture.alt.count("4 atoms of total mass 3.10") == 2


def test_kept_curves_and_times_over_the_dimension():
    x = np.array([1.0, 0.8, 0.5])
    y = x * (0.5 + np.log(x))
    run = emergence.late_run(4, 2, 2, 0, 1, horizon=100.0)
    picture = pictures.late({"run": run}, {"course": (x, y)})
    left, right = picture.figure.axes
    along = next(line.get_xydata() for line in right.lines if line.get_linestyle() == "-")
    assert along[:, 1] / along[:, 0] - np.log(along[:, 0]) == pytest.approx(0.5)
    assert along[0] == pytest.approx([math.exp(-0.5), 0], abs=1e-12)
    errors = curves(left)["run"]
    T, goal = run.tensor(4), run.mixture.targets[4]
    gap = dense.tensor(T.weights, T.factors, 4) - dense.tensor(goal.weights, goal.factors, 4)
    assert errors[-1, 1] == pytest.approx(np.sqrt(run.mixture.squares[4]) * np.linalg.norm(gap), rel=1e-6)
    assert (np.diff(errors[:, 0]) > 0).all()
    drawn = curves(pictures.with_dimension({"both": ((10, 100), (2.0, 3.0))}).figure.axes[0])
    assert drawn["both"].tolist() == [[10, 2], [100, 3]]


def test_exponents_rise_by_the_updates():
    picture = pictures.exponents({"four": [1, 2, 4, 7, 12]})
    points = curves(picture.figure.axes[0])["four"]
    assert points[:, 0].tolist() == [1, 2, 3, 4, 5]
    # the ticks are those of a_{k+1} = a_k + a_{k-1} + 1
    ticks = picture.figure.axes[0].get_yticks()
    assert all(c == a + b + 1 for (a, b), c in zip(pairwise(ticks), ticks[2:], strict=False))
