"""Tests of ``tdbook.exercises.traps``."""

import numpy as np
import pytest

from tdbook.exercises import check
from tdbook.exercises import traps as chapter05
from tdbook.landscape import homogeneous_trap
from tests.support.exercises import value


@pytest.mark.parametrize("order", [3, 5])
def test_the_well_is_where_the_loss_of_the_trap_is_lowest(order):
    trap = homogeneous_trap(order, 1, 2, 2, shares=[1, 1e-12])
    angles, lengths = np.radians(np.arange(90, 180, 0.05)), np.linspace(0.9, 1.5, 200)
    points = np.zeros((len(lengths), len(angles), 2, 2))
    points[..., 0, 0] = 1.0
    points[..., 1] = lengths[:, None, None] * np.array([np.cos(angles), np.sin(angles)]).T
    change = trap.loss(points) - trap.value
    best = np.degrees(angles[np.unravel_index(change.argmin(), change.shape)[1]])
    assert best == pytest.approx(chapter05.well_angle(order), abs=0.1)
    assert -change.min() == pytest.approx(value(chapter05.DEPTH, l=order), rel=1e-3)
    assert abs(best - 120) > 1


def test_the_slope_of_a_flipped_component():
    trap = homogeneous_trap(4, 2, 3, 4, regularization=0.2, shares=[3, 2, 1])
    found = trap.gradient(trap.U, np.array([1.0, 1.0, -1.0])).reshape(trap.U.shape)[0, 2]
    n = trap.U[0, 2]
    assert found == pytest.approx(value(chapter05.SLOPE, n=n, lam=0.2), rel=1e-10)
    frozen = trap.gradient(trap.U, np.array([1.0, 1.0, -1.0]), tied=False).reshape(trap.U.shape)[0, 2]
    assert frozen == pytest.approx(2 * found)


def test_lower_points_are_told_from_others():
    assert check("trap-3", chapter05.moved(0.002, 0.002, grow=True))
    assert not check("trap-3", chapter05.moved(0.02, 0.0))
    # outside the cone but with nothing in a missing direction
    assert "not lower" in check("trap-3", chapter05.moved(0.02, 0.0)).message
