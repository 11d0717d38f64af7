"""Tests of ``tdbook.exercises.beyond``."""

import math

import numpy as np
import pytest
import sympy

import tdbook
from tdbook.exercises import beyond as chapter12
from tdbook.exercises import cubes
from tdbook.tensors import SymmetricCP
from tests.support import dense
from tests.support.exercises import value_later


def test_sums_of_cubes_by_sympy():
    x, y, z = sympy.symbols("x y z")
    weights, forms = cubes.sign_cubes()
    total = sum(
        sympy.Rational(w.numerator, w.denominator) * (a * x + b * y + c * z) ** 3
        for w, (a, b, c) in zip(weights, forms)
    )
    assert sympy.expand(total) == x * y * z == sympy.expand(sympy.sympify(chapter12.FOUR))
    weights, forms, order = tdbook.tensors.sources.polarized({(1, 1, 1): 1})
    dense_sum = sum(
        sympy.Rational(w.numerator, w.denominator) * (a * x + b * y + c * z) ** order
        for w, (a, b, c) in zip(weights, forms)
    )
    assert sympy.expand(dense_sum) == x * y * z and len(forms) == 7


def test_masses_and_shares_of_the_plane_by_the_circle():
    """What an atom opposite the bisector saves: the certificate's form on a fine circle, and its sum of cubes."""
    for psi in (1.15, 1.3, 1.45):
        e = [np.array([math.cos(t), math.sin(t)]) for t in (psi, -psi)]
        goal = dense.power(e[0], 3) + dense.power(e[1], 3)
        mass, opposite = value_later("-2*cos(3*psi)", psi=psi), value_later("-2*(2*cos(psi) + cos(3*psi))/3", psi=psi)
        side = (mass - opposite) / 2
        atoms = np.array([[math.cos(t), math.sin(t)] for t in (math.pi, math.pi / 3, -math.pi / 3)]).T
        assert np.abs(dense.tensor([opposite, side, side], atoms, 3) - goal).max() < 1e-14
        assert opposite > 0 and side > 0 and mass < 2
        # -cos 3 theta is at most 1 on the circle and meets T* at the mass: the bound of the dual problem
        angles = np.linspace(0, 2 * math.pi, 30_000, endpoint=False)
        Y = SymmetricCP(
            [-4 / 3] * 3,
            np.array([[math.cos(t), math.sin(t)] for t in (0, 2.0943951023931953, -2.0943951023931953)]).T,
            3,
        )
        assert np.abs(Y.evaluate(np.array([np.cos(angles), np.sin(angles)]))).max() <= 1 + 1e-12
        assert float(np.sum(Y.to_dense() * goal)) == pytest.approx(mass, rel=1e-12)
    # the share of fresh components that grow past lambda = 0.1
    share = np.mean(np.cos(np.linspace(0, 2 * math.pi, 1_000_000, endpoint=False)) ** 3 > 0.1)
    assert share == pytest.approx(math.acos(0.1 ** (1 / 3)) / math.pi, abs=1e-5)


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
