"""What the pictures of the objective show, compared with losses of arrays of all entries and with exact fractions."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

from tdbook.figures import objective as pictures
from tdbook.objectives import vanilla_gradient, vanilla_loss
from tdbook.tensors import SymmetricCP
from tests.support import dense
from tests.support.drawn import brightness, contours, curves, layers, marks


def plane_loss(goal: np.ndarray, u: np.ndarray) -> float:
    return 0.5 * float(np.sum((dense.power(u, goal.ndim) - goal) ** 2))


@pytest.mark.parametrize("weights", [(1.0, 1.0), (1.0, 0.5)])
def test_slices_colour_the_loss_and_mark_its_minima(weights):
    targets = {f"order {order}": SymmetricCP(weights, np.eye(2), order) for order in (3, 4)}
    picture = pictures.slices(targets)
    for axes, target in zip(picture.figure.axes, targets.values(), strict=True):
        goal = dense.tensor(target.weights, target.factors, target.order)
        filled = contours(axes)
        assert (np.diff(brightness(filled)) > 0).all()  # darker is lower
        for low, high, corners in layers(filled):
            heights = [plane_loss(goal, corner) for corner in corners[:: len(corners) // 7 + 1]]
            slack = 0.02 + 0.05 * high  # between points of the grid
            assert low - slack <= min(heights) and max(heights) <= high + slack
        dots = marks(axes, "o")
        ends = [minimize(lambda u, goal=goal: plane_loss(goal, u), dot, tol=1e-12) for dot in dots]
        assert max(np.abs(end.x - dot).max() for end, dot in zip(ends, dots, strict=True)) < 0.02
        lowest, highest = min(end.fun for end in ends), max(end.fun for end in ends)
        told = re.search(rf"order {target.order}: (\d+) minima of value ([\d.]+\d)(?: to ([\d.]+\d))?", picture.alt)
        assert int(told[1]) == len(dots) == 2 * (target.order - 2) or target.order == 3
        assert float(told[2]) == pytest.approx(lowest, abs=0.006)
        assert float(told[3] or told[2]) == pytest.approx(highest, abs=0.006)


def test_a_ring_of_minima_is_drawn_where_it_is():
    picture = pictures.slices({"order 2": SymmetricCP([1.0, 1.0], np.eye(2), 2)})
    (axes,) = picture.figure.axes
    ring = np.vstack([path.vertices for path in axes.collections[1].get_paths()])
    # f = 1 - n^2 + n^4 / 2 has its minimum 1/2 at n = 1
    assert np.abs(np.linalg.norm(ring, axis=1) - 1).max() < 0.06
    assert "a ring of minima of value 0.50" in picture.alt


def test_paths_follow_the_flow_and_end_on_the_valley():
    line, starts = SymmetricCP([1.0], [[1.0]], order=3), [(0.6, 0.9), (1.8, -0.3)]
    paths = []
    for start in starts:
        rows = [start]
        for _ in range(800):
            in_U, in_c = vanilla_gradient(np.array([[rows[-1][0]]]), np.array([rows[-1][1]]), line)
            rows.append((rows[-1][0] - 0.002 * in_U[0, 0], rows[-1][1] - 0.002 * in_c[0]))
        paths.append(rows)
    picture = pictures.rescaling(3, paths)
    (axes,) = picture.figure.axes
    drawn = [line.get_xydata() for line in axes.lines if len(line.get_xdata()) == 801]
    for start, path in zip(starts, drawn, strict=True):

        def flow(_: float, point: np.ndarray) -> list[float]:
            n, c = point
            rest = 1 - c * n**3
            return [3 * c * n**2 * rest, n**3 * rest]

        end = solve_ivp(flow, (0, 1.6), start, rtol=1e-10, atol=1e-12).y[:, -1]
        assert path[-1] == pytest.approx(end, abs=0.01)
        kept = path[:, 0] ** 2 - 3 * path[:, 1] ** 2  # the thin lines
        assert np.ptp(kept) < 0.03
        assert f"({path[-1, 0]:.2f}, {path[-1, 1]:.2f})" in picture.alt
    valley = next(line.get_xydata() for line in axes.lines if len(line.get_xdata()) == 241)
    assert valley[:, 1] * valley[:, 0] ** 3 == pytest.approx(1.0)


def test_descents_draw_losses_at_their_steps_and_dash_what_is_stuck():
    target = SymmetricCP(np.ones(3), np.eye(3), 3)
    goal, groups = dense.tensor(target.weights, target.factors, 3), []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        U, c, points = rng.standard_normal((3, 3)), 0.1 * rng.choice([-1.0, 1.0], 3), []
        U /= np.linalg.norm(U, axis=0)
        for step in range(201):
            if step % 5 == 0:
                points.append((U, c))
            in_U, in_c = vanilla_gradient(U, c, target)
            U, c = U - 0.08 * in_U, c - 0.08 * in_c
        groups.append(points)
    losses = [[vanilla_loss(*point, target) for point in points] for points in groups]
    picture = pictures.descents({"here": losses}, every=5, stuck_above=0.25)
    lines = picture.figure.axes[0].lines
    stuck = 0
    for line, points in zip(lines, groups, strict=True):
        x, y = line.get_xydata().T
        assert x.tolist() == [1 + 5 * k for k in range(41)]
        for k in (0, 20, 40):
            U, c = points[k]
            assert y[k] == pytest.approx(0.5 * np.sum((dense.tensor(c, U, 3) - goal) ** 2))
        assert (line.get_linestyle() != "-") == (y[-1] > 0.25)
        stuck += y[-1] > 0.25
    assert f"here: {stuck} of 4 stuck" in picture.alt


def test_receding_draws_exact_losses_that_fall_while_coefficients_rise():
    W = SymmetricCP([0.5, -0.5, -1.0], [[1.0, 1.0, 0.0], [1.0, -1.0, 1.0]], order=3)
    steps = [2.0**-k for k in range(8)]
    losses = [vanilla_loss([[1.0, 1.0], [t, -t]], [0.5 / t, -0.5 / t], W) for t in steps]
    picture = pictures.receding(steps, losses, 0.5 / np.array(steps))
    drawn = curves(picture.figure.axes[0])
    for t, loss in drawn["loss $f_v$"]:
        t = Fraction(t)
        # x^2 y and y^3 of both sides; each entry of x^2 y stands three times in the array
        gap = {"xxy": 1 / (2 * t) * 2 * t - 1, "yyy": 1 / (2 * t) * 2 * t**3}
        assert loss == pytest.approx(float(3 * gap["xxy"] ** 2 + gap["yyy"] ** 2) / 2, rel=1e-6, abs=1e-15)
    assert (np.diff(drawn["loss $f_v$"][:, 1]) < 0).all()
    assert (np.diff(drawn["largest coefficient"][:, 1]) > 0).all()


def test_barrier_draws_the_polynomials_and_tells_their_course():
    tilt, curves_given = np.linspace(0.0, 1.0, 41), {}
    for order in (2, 3, 4):
        both = SymmetricCP([1.0, 1.0], np.eye(2), order)
        values = [vanilla_loss([[1.0, 1.0], [x, 0.0]], [0.25, 0.75], both) for x in tilt]
        curves_given[f"order {order}"] = np.array(values) - values[0]
    picture = pictures.barrier(tilt, curves_given)
    drawn = curves(picture.figure.axes[0])
    for order in (2, 3, 4):
        for x, value in drawn[f"order {order}"]:
            # |T|^2 / 2 - T.T* with T = (1, x)^l / 4 + 3 (1, 0)^l / 4
            x = Fraction(x)
            square = ((1 + x * x) ** order + 6 + 9) / Fraction(16)
            pull = Fraction(1, 4) * (1 + x**order) + Fraction(3, 4)
            assert value == pytest.approx(float(square / 2 - pull - (Fraction(16, 32) - 1)), abs=1e-12)
    rises = {name: values[:, 1].max() for name, values in drawn.items()}
    assert rises["order 2"] == 0 and "order 2 falls from the start" in picture.alt
    assert f"order 3 rises to {rises['order 3']:.3f}" in picture.alt
    assert (np.diff(drawn["order 4"][:, 1]) >= 0).all() and "order 4 rises throughout" in picture.alt
    bumpy = pictures.barrier(tilt, {"bump": np.abs(tilt - 0.3)})
    assert "bump ends at its highest" in bumpy.alt
