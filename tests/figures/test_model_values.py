"""What the pictures of the 2-homogeneous model show, compared with losses of all entries and their differences."""

from __future__ import annotations

import re

import numpy as np
import pytest
from matplotlib.quiver import Quiver

from tdbook import figures
from tdbook.objectives import Parameters, loss, tied_gradient
from tdbook.tensors import SymmetricCP
from tests.support import dense
from tests.support.drawn import brightness, contours, curves, layers

POLE = SymmetricCP([1.0], [[1.0], [0.0]], 4)


def one_component(goal, u, lam=0.0, model="tied"):
    """The loss of u^{(x) l} with c = 1 or c = 1/||u||."""
    size = np.linalg.norm(u)
    T = dense.power(u, goal.ndim) * (size ** (2 - goal.ndim) if model == "tied" else 1.0)
    return 0.5 * np.sum((T - goal) ** 2) + lam * size**2


def test_two_bowls_colour_the_gap_to_the_loss_at_zero():
    picture = figures.two_bowls(POLE)
    goal = dense.tensor(POLE.weights, POLE.factors, 4)
    told = [float(value) for value in re.findall(r": (-0\.\d+)", picture.alt)]
    for axes, model, said in zip(picture.figure.axes, ("vanilla", "tied"), told, strict=False):
        filled = contours(axes)
        assert (np.diff(brightness(filled)) >= 0).all()
        for low, high, corners in layers(filled):
            if high > filled.levels[-2]:
                continue  # the last one takes all that is higher
            gaps = [one_component(goal, u, model=model) - 0.5 for u in corners[:: len(corners) // 9 + 1]]
            assert low - 3e-3 <= min(gaps) and max(gaps) <= high + 3e-3
        side = np.linspace(-0.25, 0.25, 41)
        gaps = [
            one_component(goal, np.array([x, y]), model=model) - 0.5
            for x in side
            for y in side
            if 0 < x * x + y * y <= 0.0625
        ]
        assert said == pytest.approx(min(gaps), rel=1e-3, abs=6e-5)


def test_arrows_are_minus_the_two_gradients():
    lam = 0.02
    picture = figures.two_gradients(POLE, lam)
    (axes,) = picture.figure.axes
    goal = dense.tensor(POLE.weights, POLE.factors, 4)
    arrows = [artist for artist in axes.collections if isinstance(artist, Quiver)]
    worst = 0.0
    for white, black in zip(arrows[::2], arrows[1::2], strict=True):
        assert white.get_facecolor()[0].tolist() == [1, 1, 1, 1] and black.get_facecolor()[0].tolist() == [0, 0, 0, 1]
        u = white.get_offsets()[0]
        size, step = np.linalg.norm(u), 1e-6
        frozen, tied = np.empty(2), np.empty(2)
        for i, e in enumerate(step * np.eye(2)):
            tied[i] = (one_component(goal, u + e, lam) - one_component(goal, u - e, lam)) / (2 * step)

            def at(v, size=size):  # c = 1/||u|| does not move
                T = dense.power(v, 4) * size**-2
                return 0.5 * np.sum((T - goal) ** 2) + lam * size**-2 * np.linalg.norm(v) ** 4

            frozen[i] = (at(u + e) - at(u - e)) / (2 * step)
        drawn = [np.array([arrow.U[0], arrow.V[0]]) for arrow in (white, black)]
        scale = 0.22 / np.linalg.norm(frozen)
        assert drawn[0] == pytest.approx(-scale * frozen, abs=1e-6)
        assert drawn[1] == pytest.approx(-scale * tied, abs=1e-6)
        cosine = frozen @ tied / np.linalg.norm(frozen) / np.linalg.norm(tied)
        worst = max(worst, float(np.degrees(np.arccos(min(1.0, cosine)))))
    said = float(re.search(r"more than ([\d.]+) degrees", picture.alt)[1])
    assert worst <= said < worst + 1
    assert f"at {len(arrows) // 2} points" in picture.alt


@pytest.mark.parametrize(("order", "missed"), [(2, 0.0), (3, 2.0), (4, 0.25)])
def test_curvatures_are_powers_of_the_cosine(order, missed):
    """f = 1/2 - s^2 cos^l + s^4/2; cos^3 has no even part, cos^4 = 3/8 + cos(2t)/2 + cos(4t)/8."""
    theta = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    pole, s = SymmetricCP([1.0], [[1.0], [0.0]], order), 1e-3
    points = [Parameters.two_homogeneous([[s * np.cos(x)], [s * np.sin(x)]], [1.0]) for x in theta]
    picture = figures.curvatures(theta, {"here": [2 * (loss(p, pole, 0.0) - 0.5) / s**2 for p in points]})
    drawn = curves(picture.figure.axes[0])
    assert drawn["along the direction"][:, 1] == pytest.approx(-2 * np.cos(theta) ** order, abs=1e-5)
    even = {2: -2 * np.cos(theta) ** 2, 3: 0 * theta, 4: -2 * (3 / 8 + np.cos(2 * theta) / 2)}[order]
    assert drawn["closest quadratic form"][:, 1] == pytest.approx(even, abs=1e-5)
    assert drawn["closest quadratic form"][:, 0] == pytest.approx(theta / np.pi)
    assert f"up to {missed:.2f}" in picture.alt


def test_remainders_have_the_slopes_that_are_said():
    rng = np.random.default_rng(0)
    target = SymmetricCP([1.0, 0.5], rng.standard_normal((4, 2)), 3)
    point = Parameters.two_homogeneous(rng.standard_normal((4, 3)), [1.0, -1.0, 1.0])
    goal, V, steps = (
        dense.tensor(target.weights, target.factors, 3),
        rng.standard_normal((4, 3)),
        np.logspace(-5, -2, 13),
    )
    G = tied_gradient(point, target, 0.1)

    def dense_loss(U):
        return dense.loss(Parameters.two_homogeneous(U, point.a), goal, 0.1)

    gaps = {}
    for name, gradient in (("right", G), ("wrong", 1.1 * G)):
        slope = np.vdot(gradient, V)
        moved = [loss(Parameters.two_homogeneous(point.U + t * V, point.a), target, 0.1) for t in steps]
        gaps[name] = [abs(value - loss(point, target, 0.1) - t * slope) for value, t in zip(moved, steps, strict=True)]
    picture = figures.taylor(steps, gaps)
    for label, points in curves(picture.figure.axes[0]).items():
        name, said = re.fullmatch(r"(\w+): slope ([\d.]+)", label).groups()
        slope = np.vdot({"right": G, "wrong": 1.1 * G}[name], V)
        for t, gap in points[6:]:
            assert gap == pytest.approx(abs(dense_loss(point.U + t * V) - dense_loss(point.U) - t * slope), rel=1e-3)
        ends = points[[3, 9]]
        local = np.log(ends[1, 1] / ends[0, 1]) / np.log(ends[1, 0] / ends[0, 0])
        assert float(said) == pytest.approx(local, abs=0.02) == pytest.approx({"right": 2, "wrong": 1}[name], abs=0.05)
