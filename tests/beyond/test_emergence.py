"""Descent from a small start: the flow itself, who wins, when, and how fast the end is."""

import math

import numpy as np
import pytest

from tdbook.beyond.emergence import (
    coupon_chance,
    found_and_won,
    late_run,
    late_slope,
    near_start,
    predicted_times,
    small_start,
    tied_flow,
    winners,
)
from tdbook.beyond.mixture import Mixture
from tdbook.objectives import Parameters, tied_gradient
from tdbook.tensors import random_unit_vectors


@pytest.mark.parametrize("squares", [{3: 1.0}, {4: 2.0}, {2: 0.5, 4: 0.5}])
def test_the_flow_starts_along_the_tied_gradient(squares):
    rng = np.random.default_rng(0)
    mixture = Mixture(squares, np.array([1.0, 0.5]), np.eye(4)[:, :2])
    U = 0.7 * random_unit_vectors(4, 3, rng)
    parameters = Parameters.two_homogeneous(U, np.ones(3))
    downhill = -sum(s * tied_gradient(parameters, mixture.target(k), 0.0) for k, s in squares.items())
    run = tied_flow(mixture, U, 1e-5, np.array([0.0, 1e-5]), rtol=1e-10)
    assert np.allclose((run.points[1] - run.points[0]) / 1e-5, downhill, atol=1e-3)


def test_the_error_never_rises():
    mixture, U = small_start(np.ones(3), {3: 1.0}, 10, 6, 0.1, 0)
    errors = tied_flow(mixture, U, 30.0).errors()
    assert (np.diff(errors) < 1e-7).all()
    assert errors[-1] < 0.9 * errors[0]


def test_coordinates_of_the_span_change_nothing():
    strengths, scale = np.array([1.0, 0.7]), 0.05
    mixture, U = small_start(strengths, {3: 1.0}, 50, 4, scale, 3)
    V = scale * random_unit_vectors(50, 4, np.random.default_rng(3))
    assert U.shape == (6, 4)
    assert np.allclose(U.T @ U, V.T @ V) and np.allclose(U[:2], V[:2])
    times = np.linspace(1, 20, 5)
    full = tied_flow(Mixture({3: 1.0}, strengths, np.eye(50)[:, :2]), V, 20.0, times)
    assert np.allclose(tied_flow(mixture, U, 20.0, times).shares(3), full.shares(3), atol=1e-5)


def test_from_a_tiny_start_the_winners_are_found_and_no_others():
    strengths = np.array([1.0, 1.0, 1.0, 0.6])
    outcomes = [found_and_won(strengths, 3, 4, 6, 1e-6, seed) for seed in range(6)]
    assert all(found == won for found, won in outcomes)
    assert any(len(won) < 4 for _, won in outcomes)


def test_winners_follow_the_law_of_deflation():
    w = np.array([[0.5, 0.1, -0.3], [0.4, 0.2, -0.2]])
    assert winners([1.0, 1.0], w, 3) == {0, 1}
    assert winners([1.0, 1.3], w[:, :1], 3) == {1}
    assert winners([1.0, 1.0], w[:, 2:], 3) == set()
    assert winners([1.0, 1.0], w[:, 2:], 4) == {0}


def test_the_chance_of_all_coupons_is_known_for_two():
    # at l = 4 and equal weights each of two terms wins with chance 1/2: all found unless all columns agree
    for m in (2, 3, 5):
        assert abs(coupon_chance(np.ones(2), m, 4, 40_000, 0) - (1 - 2 ** (1 - m))) < 0.01


def test_predicted_times_are_close_in_a_high_dimension():
    strengths, scale = np.array([1.0, 0.5]), 1e-3
    mixture, U = small_start(strengths, {4: 1.0}, 1000, 8, scale, 1)
    predicted = predicted_times(strengths, U[:2] / scale, 4, scale)
    run = tied_flow(mixture, U, 1.5 * predicted.max(), until_found=0.5)
    assert (np.abs(run.found_at(4) / predicted - 1) < 0.06).all()
    assert math.isinf(tied_flow(mixture, U, 1.0).found_at(4).min())


@pytest.mark.parametrize("order, extra, low, high", [(4, 1, -1.1, -0.9), (4, 0, -99.0, -3.0)])
def test_the_end_is_slow_only_with_more_columns_than_terms(order, extra, low, high):
    run = late_run(order, 2, 2, extra, 1, horizon=1e4)
    if extra:
        assert low < late_slope(run) < high
    else:
        assert run.errors()[-1] < 1e-12


def test_the_start_near_the_terms_is_what_it_says():
    U = near_start(3, 4, 2, 0)
    assert U.shape == (4, 5)
    assert np.allclose(np.linalg.norm(U[:, 3:], axis=0), 0.3)
    V = near_start(2, 3, 0, 0, opposite=True)
    assert V.shape == (3, 4) and V[0, 2] > 0 > V[0, 3]


def test_bad_input_names_its_parameter():
    mixture, U = small_start(np.ones(2), {3: 1.0}, 3, 2, 0.1, 0)
    for change, name in (({"horizon": 0.0}, "horizon"), ({"U": U[:2]}, "U")):
        with pytest.raises(ValueError, match=name):
            tied_flow(**({"mixture": mixture, "U": U, "horizon": 1.0} | change))
    with pytest.raises(ValueError, match="dimension"):
        small_start(np.ones(3), {3: 1.0}, 2, 2, 0.1, 0)
