"""What the pictures of certificates and networks show: residuals of all entries, and root mean squares."""

from __future__ import annotations

import math
import re
from statistics import fmean

import numpy as np
import pytest

from tdbook.figures import certificate as pictures
from tdbook.figures import networks
from tdbook.tensors import SymmetricCP
from tests.support import dense
from tests.support.drawn import curves, levels, marks

LAM = 0.1


def residual(tensor, target):
    return dense.tensor(tensor.weights, tensor.factors, 3) - dense.tensor(target.weights, target.factors, 3)


def test_a_circle_shows_the_residual_in_units_of_lambda():
    rng = np.random.default_rng(0)
    target = SymmetricCP([1.0, 0.7], np.linalg.qr(rng.standard_normal((4, 2)))[0], 3)
    tensor = SymmetricCP(target.weights - LAM, target.factors, 3)
    short = SymmetricCP(tensor.weights[:1], tensor.factors[:, :1], 3)
    picture = pictures.certificate_circle({"short": short, "solved": tensor}, target, LAM)
    (axes,) = picture.figure.axes
    assert levels(axes) == [1.0]
    basis, drawn, rings = target.span(), curves(axes), marks(axes, "o")
    for name, one in (("short", short), ("solved", tensor)):
        R = residual(one, target)
        for degrees, value in drawn[name][::60]:
            w = basis @ [math.cos(math.radians(degrees)), math.sin(math.radians(degrees))]
            assert value == pytest.approx(max(abs(dense.seen(R, w, w, w)) / LAM, 1e-2), abs=1e-9)
        highest = drawn[name][:, 1].max()
        assert float(re.search(rf"{name}: largest value ([\d.]+\d|\d+)", picture.alt)[1]) == pytest.approx(
            highest, rel=6e-3
        )
    # the rings stand at the atoms' directions: of the first alone, then of both
    directions = (basis.T @ target.factors)[:, [0, 0, 1]]
    for (degrees, _), w in zip(rings, directions.T, strict=True):
        there = [math.cos(math.radians(degrees)), math.sin(math.radians(degrees))]
        assert abs(w @ there) == pytest.approx(1)
    assert "solved: largest value 1, atoms 2" in picture.alt


def test_a_map_of_the_half_sphere_shows_the_residual_and_outlines_where_it_is_above_one():
    target = SymmetricCP([1.0, 0.8, 0.6], np.eye(3), 3)
    short = SymmetricCP([0.9, 0.7], np.eye(3)[:, :2], 3)
    picture = pictures.certificate_sphere({"short": short}, target, LAM)
    axes = picture.figure.axes[0]
    R, basis = residual(short, target), target.span()
    turn = pictures._hemisphere(basis.T @ np.eye(3))
    values = np.ma.filled(axes.collections[0].get_array(), np.nan).reshape(241, 241)
    side, above, inside = np.linspace(-1, 1, 241), 0, 0
    for i in range(0, 241, 8):
        for j in range(0, 241, 8):
            x, y = side[j], side[i]
            square = x * x + y * y
            if square <= 1:
                lift = math.sqrt(2 - square)
                w = basis @ turn.T @ [x * lift, y * lift, 1 - square]
                size = abs(dense.seen(R, w, w, w)) / LAM
                assert values[i, j] == pytest.approx(size, rel=1e-6)
                above, inside = above + (size > 1.01), inside + 1
    said = float(re.search(r"above 1 on (\d+)%", picture.alt)[1])
    assert said == pytest.approx(100 * above / inside, abs=3)
    assert "largest value 6," in picture.alt and "atoms 2" in picture.alt  # the forgotten 0.6 over lambda


def test_networks_draw_root_mean_squares_of_the_data_sets():
    rng = np.random.default_rng(0)
    apart = {"hermite": {n: [rng.uniform(0.5, 1, 6) / math.sqrt(n) for _ in range(3)] for n in (100, 400)}}
    picture = networks.network(apart)
    left, right = picture.figure.axes
    drawn = curves(right)["hermite"]
    for n, value in drawn:
        ends = [path[-1] for path in apart["hermite"][int(n)]]
        assert value == pytest.approx(math.sqrt(fmean(end * end for end in ends)))
        assert min(ends) <= value <= max(ends)
        dots = marks(right, ".")
        assert sorted(dots[dots[:, 0] == n, 1]) == sorted(ends)
        assert f"{value:.1g} with {int(n)}" in picture.alt
    for line, n in zip(left.lines, (100, 400), strict=True):
        assert line.get_xdata().tolist() == [1, 2, 3, 4, 5]
        rms = [math.sqrt(fmean(path[k] ** 2 for path in apart["hermite"][n])) for k in range(1, 6)]
        assert line.get_ydata() == pytest.approx(rms)
    guide = right.lines[-1].get_xydata()
    assert guide[:, 1] * np.sqrt(guide[:, 0]) == pytest.approx(guide[0, 1] * math.sqrt(guide[0, 0]))


def test_shares_and_discoveries_are_counted_from_what_is_drawn():
    paths = [np.array([[0.4, 0.6], [0.9, 0.1]]), np.array([[0.5, 0.5], [0.2, 0.8]])]
    picture = networks.lone_columns({3: paths})
    ends = [line.get_ydata()[-1] for line in picture.figure.axes[0].lines]
    assert ends == [0.9, 0.2] and f"{sum(end > 0.5 for end in ends)} of 2 columns end in it" in picture.alt
    shares = np.array([[0.0, 0.0, 0.0], [0.1, 0.9, 0.2], [0.9, 0.9, 0.3]])
    found = networks.discovery({"run": (range(3), shares)})
    drawn = curves(found.figure.axes[0])
    first = {name: next((int(t) for t, share in points if share > 0.5), None) for name, points in drawn.items()}
    order = sorted((name for name, time in first.items() if time is not None), key=lambda name: first[name])
    assert f"found in the order {', '.join(name.split()[-1] for name in order)}" in found.alt
    assert list(drawn) == ["component 1", "component 2", "component 3"]
