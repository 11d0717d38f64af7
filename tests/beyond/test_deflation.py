"""Tests of ``tdbook.beyond.deflation``."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tdbook import beyond
from tdbook.descent import exact_gradient, initialize, practical_settings, step
from tdbook.objectives import Parameters
from tdbook.tensors import SymmetricCP, random_target, random_unit_vectors, unit_columns
from tests.support import dense


@pytest.mark.second_opinion(
    "tdbook.beyond.small_step_factors", "tdbook.beyond.deflation_rate", "tdbook.beyond.predicted_winner",
)  # fmt: skip
@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_small_columns_of_an_orthogonal_target_on_all_entries(order):
    """Where R is -T* the step of the dense gradient multiplies each coordinate; the rates are its logarithms."""
    tau, w, kappa, eta, lam = np.array([1.0, 0.6, 0.3]), np.array([0.6, -0.64, 0.48]), 1.7, 1e-6, 0.05
    goal = dense.tensor(tau, np.eye(3), order)
    for sign in (1.0, -1.0):
        p = Parameters.two_homogeneous(1e-9 * w[:, None], [sign], kappa)
        moved = p.U - eta * dense.frozen(p, goal, lam)
        factors = (moved / p.U).ravel()
        found = beyond.small_step_factors(tau, w, order, sign, step_size=eta, regularization=lam, kappa=kappa)
        assert found == pytest.approx(factors, rel=1e-12)
        rates = np.log(factors) / eta / kappa ** (order - 2)
        law = beyond.deflation_rate(tau, w, order, sign)
        assert law - law[0] == pytest.approx(rates - rates[0], abs=1e-4)
        # followed until one coordinate is left
        u, steps = w.copy(), 0
        while steps < 4000 and not (u**2 > 0.99 * u @ u).any():
            u = u + 0.01 * sign * order * tau * (u / np.linalg.norm(u)) ** (order - 1) * np.linalg.norm(u)
            steps += 1
        winner = beyond.predicted_winner(tau, w, order, sign)
        assert winner is None or winner == np.argmax(np.abs(u))
        assert (winner is None) == (law <= 0).all()


@pytest.mark.second_opinion("tdbook.beyond.direction_shares", "tdbook.beyond.nearest_direction")
def test_shares_of_directions_by_hand():
    p = Parameters.two_homogeneous([[3.0, 0.0], [4.0, 1.0], [0.0, 2.0]], [1.0, -1.0])
    assert beyond.direction_shares(p, np.eye(3)) == pytest.approx(np.array([[9 / 25, 0], [16 / 25, 0.2], [0, 0.8]]))
    assert list(beyond.nearest_direction(p, np.eye(3))) == [1, 2]


@pytest.mark.parametrize("order", [2, 3, 4, 5])
@pytest.mark.parametrize("kappa", [1.0, 3.0])
def test_one_small_step_multiplies_coordinates_by_their_factors(order, kappa):
    target = random_target(6, 3, order, "orthogonal", 2)
    settings = replace(practical_settings(target, 1), boost=kappa, init_scale=1e-9, reinitialize=False)
    for seed in range(5):
        state = initialize(settings, np.random.default_rng(seed))
        after = step(state, exact_gradient(target, settings.regularization), settings).parameters.U
        point = state.parameters
        strengths, basis = target.components()
        w = basis.T @ unit_columns(point.U)[1]
        factors = beyond.small_step_factors(
            strengths,
            w[:, 0],
            order,
            point.a[0],
            step_size=settings.step_size,
            regularization=settings.regularization,
            kappa=kappa,
        )
        assert np.allclose((basis.T @ after)[:, 0], (basis.T @ point.U)[:, 0] * factors, rtol=1e-9)


def test_the_law_is_the_limit_of_small_steps():
    tau, w = np.array([1.0, 0.5]), np.array([0.6, 0.8])
    rates = beyond.deflation_rate(tau, w, 3)
    assert rates[0] - rates[1] == pytest.approx(3 * (0.6 - 0.4))
    gaps = []
    for eta in (1e-2, 1e-3):
        factors = beyond.small_step_factors(tau, w, 3, step_size=eta, regularization=0.3)
        gaps.append(abs(np.log(factors[0] / factors[1]) / eta - (rates[0] - rates[1])))
    assert gaps[1] == pytest.approx(gaps[0] / 10, rel=0.2)  # first order in eta
    assert gaps[1] < 2e-3


def test_predicted_winner():
    assert beyond.predicted_winner([1.0, 0.8], [0.1, 0.9], 2) == 0  # the strongest, wherever it starts
    assert beyond.predicted_winner([1.0, 0.8], [0.1, 0.9], 3) == 1
    assert beyond.predicted_winner([1.0, 0.8], [-0.5, -0.9], 3) is None
    assert beyond.predicted_winner([1.0, 0.8], [-0.5, -0.9], 3, sign=-1.0) == 1
    assert beyond.predicted_winner([1.0, 0.8], [0.0, 0.9], 2) == 1  # what starts at zero stays there
    assert beyond.predicted_winner([1.0, 0.8], [0.5, 0.5], 4, sign=-1.0) is None


def test_chance_of_each_winner_in_the_plane():
    """l = 3: (pi/2 + arctan(tau_1 / tau_2)) / 2 pi for the stronger; one time in four nothing grows."""
    tau = np.array([1.0, 0.5])
    w = random_unit_vectors(2, 40_000, np.random.default_rng(0))
    ends = [beyond.predicted_winner(tau, column, 3) for column in w.T[:20_000]]
    share = ends.count(0) / len(ends)
    assert share == pytest.approx((math.pi / 2 + math.atan(2.0)) / (2 * math.pi), abs=0.015)
    assert ends.count(None) / len(ends) == pytest.approx(0.25, abs=0.015)


def test_overlaps_of_shrunken_components():
    target = SymmetricCP([1.0, 0.5], np.eye(3)[:, :2], 3)
    assert beyond.overlaps(SymmetricCP([0.9, 0.4], np.eye(3)[:, :2], 3), target) == pytest.approx([0.9, 0.8])
