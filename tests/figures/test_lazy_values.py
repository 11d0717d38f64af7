"""What the pictures of lazy training show, compared with spans of explicit tangents and descent on all entries."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from tdbook.figures import lazy as pictures
from tdbook.lazy import descent as lazy_descent
from tdbook.lazy import expected_displacement, lazy_errors
from tdbook.tensors import random_target, random_unit_vectors, symmetric_dimension
from tests.support import dense
from tests.support.drawn import curves, marks, upright


def tangents(U, order):
    """The tangents d(u^{(x) l})/du as columns."""
    return np.array([dense.moved_slot(u, e, order).ravel() for u in U.T for e in np.eye(len(U))]).T


def projector(U, order):
    left, singular, _ = np.linalg.svd(tangents(U, order), full_matrices=False)
    basis = left[:, singular > 1e-9 * singular[0]]
    return basis @ basis.T, basis.shape[1]


def mean_over_the_sphere(order, d):
    """E v^{(x) l} (v^{(x) l})^T for a uniform v: even steps around circles, Gauss's nodes in height; exact."""
    turn = 2 * np.pi * np.arange(16) / 16
    heights, weights = np.polynomial.legendre.leggauss(8) if d == 3 else ([0.0], [2.0])
    moment = 0.0
    for z, weight in zip(heights, weights, strict=True):
        circle = [[math.cos(x) * math.sqrt(1 - z * z), math.sin(x) * math.sqrt(1 - z * z), z][:d] for x in turn]
        powers = np.array([dense.power(v, order).ravel() for v in circle])
        moment = moment + weight * powers.T @ powers / 32
    return moment


@pytest.mark.parametrize(("d", "order"), [(2, 4), (3, 3)])
def test_errors_are_means_over_the_sphere_between_the_bounds(d, order):
    U = random_unit_vectors(d, 3, np.random.default_rng(1))
    prefixes = lazy_errors(U, order)
    size = symmetric_dimension(d, order)
    share = pictures.error_against_share([prefixes])
    points = curves(share.figure.axes[0])[f"$d={d}$"]
    moment = mean_over_the_sphere(order, d)
    for k, (drawn_share, error) in enumerate(points, start=1):
        P, rank = projector(U[:, :k], order)
        assert drawn_share == pytest.approx(rank / size)
        assert error == pytest.approx(1 - np.trace(P @ moment), abs=1e-9)
    # kappa: the smallest eigenvalue of the moments times the dimension of the symmetric tensors
    kappa = size * np.sort(np.linalg.eigvalsh(moment))[-size]
    corners = share.figure.axes[0].collections[0].get_paths()[0].vertices
    for side, low, high in ((0.0, kappa, 1.0), (1.0, 0.0, 1.0 - kappa)):
        heights = corners[corners[:, 0] == side, 1]
        assert [heights.min(), heights.max()] == pytest.approx([low, high])
    away = max(abs(error - 1 + drawn_share) for drawn_share, error in points)
    said = float(re.search(r"never further than (\S+) from", share.alt)[1])
    assert away - 1e-12 <= said <= 1.1 * away + 1e-12
    assert "none of the points lie outside" in share.alt

    components = pictures.error_against_components([prefixes])
    (axes,) = components.figure.axes
    drawn = curves(axes)[f"$d={d}$"]
    assert drawn[1:, 0] * d ** (order - 1) == pytest.approx(np.arange(1, 4)) and drawn[0].tolist() == [0, 1]
    first = next(
        k for k in range(1, 9) if projector(random_unit_vectors(d, k, np.random.default_rng(5)), order)[1] == size
    )
    (triangle,) = marks(axes, "v")
    assert triangle[0] * d ** (order - 1) == first
    assert upright(axes) == [1 / math.factorial(order)]


def test_a_disc_shows_the_distance_to_the_span():
    U = random_unit_vectors(3, 2, np.random.default_rng(3))
    picture = pictures.error_on_sphere([(3, U)], resolution=21)
    axes = picture.figure.axes[0]
    P, _ = projector(U, 3)
    values = np.ma.filled(axes.collections[0].get_array(), np.nan).reshape(21, 21)
    side, seen = np.linspace(-1, 1, 21), 0
    for i, y in enumerate(side):
        for j, x in enumerate(side):
            square = x * x + y * y
            if square > 1:
                assert np.isnan(values[i, j])
                continue
            v = np.array([x * math.sqrt(2 - square), y * math.sqrt(2 - square), 1 - square])
            T = dense.power(v, 3).ravel()
            assert values[i, j] == pytest.approx(np.linalg.norm(T - P @ T), abs=1e-7)
            seen += 1
    assert seen > 300
    for (x, y), u in zip(marks(axes, "o"), (U * np.where(U[2] < 0, -1, 1)).T, strict=True):
        square = x * x + y * y
        assert [x * math.sqrt(2 - square), y * math.sqrt(2 - square), 1 - square] == pytest.approx(u.tolist())
    assert f"largest distance {np.nanmax(values):.2f}" in picture.alt


def test_displacements_are_those_of_the_pseudo_inverse():
    U = random_unit_vectors(2, 4, np.random.default_rng(2))
    picture = pictures.displacements({2: expected_displacement(U, 3)}, order=3)
    points = curves(picture.figure.axes[0])["$d=2$"]
    moment = mean_over_the_sphere(3, 2)
    for m, (x, length) in enumerate(points, start=1):
        assert x == pytest.approx(2 * m / 4)
        J = 3 * tangents(U[:, :m], 3)  # d(u^{(x) l}) = l P_sym(u^{l-1} (x) du)
        inverse = np.linalg.pinv(J, rcond=1e-10)
        assert length == pytest.approx(np.sqrt(np.trace(inverse @ moment @ inverse.T)), rel=1e-6)
    assert upright(picture.figure.axes[0]) == [1.0]


@pytest.fixture(scope="module")
def runs():
    target, start = random_target(4, 1, 3, rng=1), lazy_descent.paired_start(4, 2, rng=1)
    return target, [lazy_descent.lazy_descent(start, target, scale, [1, 5, 40]) for scale in (2.0, 8.0)]


def test_losses_are_drawn_at_their_steps_and_slow_times(runs):
    target, found = runs
    picture = pictures.plateau(found, floor=0.3)
    left, right = (curves(axes) for axes in picture.figure.axes)
    for run in found:
        name = rf"$\alpha={run.scale:g}$"
        assert left[name][:, 0].tolist() == [1, 5, 40]
        assert right[name][:, 0] == pytest.approx(run.step_size * np.array([1, 5, 40]) / run.scale**2)
        assert (left[name][:, 1] == right[name][:, 1]).all()
        assert 0 <= left[name][-1, 1] <= left[name][0, 1] <= 0.5 * target.norm() ** 2 + 1e-9
    ends = pictures.rich_to_lazy(found, floor=0.3)
    losses, moved = ends.figure.axes
    assert losses.lines[0].get_xydata().tolist() == [[run.scale, run.losses[-1]] for run in found]
    assert moved.lines[0].get_xydata().tolist() == [[run.scale, run.moved[-1]] for run in found]
    guide = moved.lines[1].get_xydata()
    assert guide[:, 0] * guide[:, 1] == pytest.approx(guide[-1, 0] * guide[-1, 1])


def test_slopes_of_gaps_are_those_between_the_ends(runs):
    _, found = runs
    scales = [1.0, 10.0, 100.0]
    picture = pictures.descent_beside_line(found, {"gap": (scales, [1.0, 1e-2, 1e-4])})
    left, right = picture.figure.axes
    assert "gap with slope -2.0" in picture.alt
    assert curves(right)["gap: slope −2.0"].tolist() == [[1, 1], [10, 1e-2], [100, 1e-4]]
    line = curves(left)["linearised"]
    assert (np.diff(line[:, 1]) <= 1e-12).all()
    assert f"falls to {line[-1, 1]:.2f}" in picture.alt
