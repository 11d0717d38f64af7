"""Lazy descent beside its linearisation: closed form against dense algebra, exponents, and what is not lazy."""

from __future__ import annotations

import numpy as np
import pytest

from tdbook.lazy import (
    Start,
    coordinates,
    lazy_descent,
    linearise,
    paired_start,
    shifted_target,
    squared_errors,
    tangent_matrix,
)
from tdbook.tensors import random_target
from tests.support.refusals import refused


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


def dense(tensor, order):
    return coordinates(tensor.factors, order) @ tensor.weights


@pytest.mark.parametrize(("order", "paired"), [(3, True), (3, False), (4, True), (2, True)])
def test_closed_form_against_dense_linear_descent(order, paired):
    """Iterate the linear model in all D coordinates, with a matrix J; no eigenvalues."""
    begin = paired_start(4, 3, rng=2)
    if not paired:
        begin = Start(begin.U[:, :3] * [1.0, 0.7, 1.4], np.array([1.0, -0.5, 2.0]))
    target, scale = random_target(4, 2, order, rng=1), 3.0
    line = linearise(begin, target)
    eta = 0.8 / line.eigenvalues[-1]
    J = order * tangent_matrix(begin.U, order) * np.repeat(begin.c, 4)
    goal, origin = dense(target, order), scale * dense(begin.model(1.0, order), order)
    delta = np.zeros(J.shape[1])
    for step in range(41):
        if step in (0, 1, 40):
            value = origin + scale * J @ delta
            loss = 0.5 * np.sum((value - goal) ** 2)
            assert line.loss(scale, eta, step) == pytest.approx(loss, rel=1e-10)
            np.testing.assert_allclose(dense(line.tensor(scale, eta, step), order), value, atol=1e-11)
            np.testing.assert_allclose(line.displacement(scale, eta, step).T.ravel(), delta, atol=1e-11)
        delta -= eta / scale * J.T @ (origin + scale * J @ delta - goal)


def test_floor_is_the_distance_from_the_span():
    target = random_target(5, 1, 3, rng=4)
    begin = paired_start(5, 2, rng=0)
    expected = 0.5 * squared_errors(begin.U, 3, target.factors)[0]
    assert linearise(begin, target).floor(1.0) == pytest.approx(expected, abs=1e-12)


def test_paired_start_is_zero():
    assert paired_start(6, 4, rng=1).model(1.0, 3).norm() < 1e-14


@pytest.mark.parametrize("order", [3, 4])
def test_gap_falls_with_the_square_of_the_scale(order):
    target, begin = random_target(5, 1, order, rng=3), paired_start(5, 3, rng=1)
    scales = np.array([20.0, 40.0, 80.0, 160.0])
    gaps = [lazy_descent(begin, target, scale, 100).gaps[-1] for scale in scales]
    assert slope(scales, gaps) == pytest.approx(-2.0, abs=0.1)
    moves = [lazy_descent(begin, target, scale, 100, gaps=False).moved[-1] for scale in scales]
    assert slope(scales, moves) == pytest.approx(-1.0, abs=0.1)


def test_without_pairs_only_the_first_power():
    """T_0 subtracted by hand instead of by pairs: the second-order terms no longer cancel."""
    begin = Start(paired_start(5, 3, rng=1).U[:, :3], np.ones(3))
    target = random_target(5, 1, 3, rng=3)
    gaps, scales = [], np.array([40.0, 80.0, 160.0])
    for scale in scales:
        shifted = shifted_target(begin, target, scale)
        gaps.append(lazy_descent(begin, shifted, scale, 100).gaps[-1])
    assert slope(scales, gaps) == pytest.approx(-1.0, abs=0.1)


def test_large_norm_alone_is_not_lazy():
    begin = Start(paired_start(5, 6, rng=1).U[:, :6], np.ones(6))
    target = random_target(5, 1, 3, rng=3)
    runs = [lazy_descent(begin, target, scale, 300) for scale in (10.0, 100.0)]
    assert runs[1].moved[-1] > 0.9 * runs[0].moved[-1] > 0.2
    assert runs[1].gaps[-1] > 5 * runs[0].gaps[-1]


def test_a_large_norm_is_a_large_output_scale():
    target, begin, scale = random_target(4, 1, 3, rng=2), paired_start(4, 2, rng=1), 8.0
    run = lazy_descent(begin, target, scale, 25, step_size=0.01)
    grown = Start(begin.U * scale ** (1 / 3), begin.c)
    plain = lazy_descent(grown, target, 1.0, 25, step_size=0.01 * scale ** (2 / 3 - 2))
    assert plain.losses[-1] == pytest.approx(run.losses[-1], rel=1e-12)
    np.testing.assert_allclose(plain.final.U, run.final.U * 2.0, rtol=1e-12)


def test_plateau_grows_with_the_square_of_the_scale():
    target, begin = random_target(6, 1, 3, rng=3), paired_start(6, 4, rng=1)
    line = linearise(begin, target)
    ends, scales = [], np.array([4.0, 8.0, 16.0])
    for scale in scales:
        eta = 1.0 / line.eigenvalues[-1]
        steps = np.unique(np.linspace(1, 1.2 * scale**2 / eta, 200).astype(int))
        run = lazy_descent(begin, target, scale, steps, eta, gaps=False)
        ends.append(np.interp(-0.5 * line.floor(scale), -run.losses, run.steps))
    assert slope(scales, ends) == pytest.approx(2.0, abs=0.1)


def test_on_the_slow_clock_the_columns_descend_their_lazy_floor():
    """Loss = floor of the middles s of the pairs, and ds/dtau = -(1/2) grad of that floor, tau = eta k / alpha^2."""
    target, begin, scale = random_target(5, 1, 3, rng=3), paired_start(5, 3, rng=1), 24.0

    def floor(middles):
        return squared_errors(middles, 3, target.factors)[0] / 2.0

    eta = 0.5 / linearise(begin, target).eigenvalues[-1]
    first, second = (round(tau * scale**2 / eta) for tau in (0.2, 0.24))
    runs = [lazy_descent(begin, target, scale, k, eta, gaps=False) for k in (first, second)]
    middles = [(run.final.U[:, :3] + run.final.U[:, 3:]) / 2.0 for run in runs]
    assert runs[0].losses[-1] == pytest.approx(floor(middles[0]), rel=1e-3)
    speed = (middles[1] - middles[0]) / (eta * (second - first) / scale**2)
    centre, step = (middles[0] + middles[1]) / 2.0, 1e-5
    gradient = np.zeros_like(centre)
    for index in np.ndindex(centre.shape):
        moved = np.zeros_like(centre)
        moved[index] = step
        gradient[index] = (floor(centre + moved) - floor(centre - moved)) / (2 * step)
    np.testing.assert_allclose(speed, -gradient / 2.0, atol=0.02 * np.abs(gradient).max())


def test_refusals():
    target, begin = random_target(4, 1, 3), paired_start(4, 2)
    with refused("steps"):
        lazy_descent(begin, target, 1.0, [5, 5])
    with refused("scale"):
        lazy_descent(begin, target, 0.0, 5)
    with refused("U"):
        lazy_descent(paired_start(5, 2), target, 1.0, 5)
    with refused("U"):
        Start(np.zeros((3, 1)), np.ones(1))
    with refused("c"):
        Start(np.eye(2), np.ones(3))
    with refused("pairs"):
        paired_start(4, 0)
    with refused("step_size"):
        lazy_descent(begin, target, 1.0, 400, step_size=50.0)
