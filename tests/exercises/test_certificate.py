"""Tests of ``tdbook.exercises.certificate``."""

import math

import numpy as np
import pytest

from tdbook.tensors import SymmetricCP
from tests.support import dense
from tests.support.exercises import value_later


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
