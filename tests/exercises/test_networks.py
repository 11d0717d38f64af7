"""Tests of ``tdbook.exercises.networks``."""

import math

import numpy as np
import pytest

from tests.support.exercises import value_later


def test_the_odds_of_the_race_by_running_it():
    """Directions that win, by following the small column itself on a fine circle."""
    t, tau = 2.0, np.array([2.0, 1.0])
    angles = (np.arange(4000) + 0.5) / 4000 * 2 * math.pi
    for order in (3, 4):
        w = np.array([np.cos(angles), np.sin(angles)])
        alive = np.ones(4000, dtype=bool)
        for _ in range(4000):
            w = w * (1 + 0.05 * tau[:, None] * w ** (order - 2))
            w /= np.linalg.norm(w, axis=0)
        if order == 3:
            alive = ~((np.cos(angles) < 0) & (np.sin(angles) < 0))
            first = np.mean(alive & (np.abs(w[0]) > np.abs(w[1])))
            assert first == pytest.approx(value_later("1/4 + atan(t)/(2*pi)", t=t), abs=2e-3)
            assert np.mean(alive) - first == pytest.approx(value_later("1/2 - atan(t)/(2*pi)", t=t), abs=2e-3)
        else:
            assert np.mean(np.abs(w[0]) > np.abs(w[1])) == pytest.approx(
                value_later("2*atan(sqrt(t))/pi", t=t), abs=2e-3
            )


def test_raw_powers_by_quadrature():
    x, w = np.polynomial.hermite_e.hermegauss(12)
    w = w / math.sqrt(2 * math.pi)
    for rho in (0.3, 0.8, 1.0):
        a, b = np.meshgrid(x, x)
        other = rho * a + math.sqrt(1 - rho**2) * b
        mean = float(np.sum(np.outer(w, w) * a**4 * other**4))
        assert mean == pytest.approx(value_later("24*rho**4 + 72*rho**2 + 9", rho=rho), rel=1e-10)
        cube = float(np.sum(np.outer(w, w) * a**3 * other**3)) / 6
        assert cube == pytest.approx(1.5 * rho + 1 * rho**3, rel=1e-10)
