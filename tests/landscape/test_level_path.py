"""Tests of ``tdbook.landscape.level_path``."""

import numpy as np
import pytest

from tdbook import landscape
from tdbook.objectives import vanilla_loss
from tests.support.landscape import goal_of, loss_of, with_coefficients
from tests.support.refusals import refused

ORDERS = (3, 4, 5, 6, 7)


@pytest.mark.parametrize("order", ORDERS)
def test_escape_path(order):
    trap = landscape.vanilla_trap(order, 2, 4, 4)
    depth = (order - 1) * ((order - 2) / order) ** ((order - 2) / 2)
    path = landscape.level_path(trap, 15)
    level = path.values[path.stage < 2]
    assert np.abs(level - trap.value).max() < 1e-10
    assert (np.diff(path.values[path.stage == 2]) < 0).all()
    assert path.values[-1] == pytest.approx(trap.value - depth**2 / 2)
    assert bool((path.c < 0).any()) is (order % 2 == 0)
    direct = [vanilla_loss(U, c, trap.target) for U, c in zip(path.U, path.c, strict=True)]
    assert path.values == pytest.approx(direct)
    steps = np.linalg.norm(np.diff(path.U, axis=0), axis=(1, 2)) + np.linalg.norm(np.diff(path.c, axis=0), axis=1)
    assert steps.max() < 0.7  # a path, not a jump
    without = landscape.level_path(trap, 15, flip=False)
    if order % 2 == 0:  # without a change of sign there is no way down
        assert without.values[-1] > trap.value + 0.1
        assert trap.in_cone(without.U, without.c).all()
    else:
        assert without.values[-1] < trap.value - 0.1


@pytest.mark.parametrize("order", [3, 4])
def test_the_path_out_of_a_trap_with_other_coefficients(order):
    given, trap = landscape.vanilla_trap(order, 1, 2, 2), with_coefficients(order, [2.0, 0.5])
    assert float(trap.loss(trap.U)) == pytest.approx(given.value)
    path = landscape.level_path(trap, 9)
    assert path.values[path.stage < 2] == pytest.approx(given.value, abs=1e-12)
    assert path.values[-1] == pytest.approx(landscape.level_path(given, 9).values[-1])
    with refused("flip", TypeError):
        landscape.level_path(trap, 9, flip=1)


@pytest.mark.parametrize("order", [3, 4])
def test_the_stages_of_the_path_out_of_a_trap(order):
    trap = with_coefficients(order, [2.0, 0.5])
    path = landscape.level_path(trap, 5, flip=True)
    assert path.stage.tolist() == [0] * 5 + [1] * 5 + [2] * 5
    assert path.c[path.stage == 0].tolist() == [[2.0, 0.5]] * 5
    assert path.c[path.stage == 1].tolist() == [[first, 0.5] for first in (2.0, 1.0, 0.0, -1.0, -2.0)]
    assert path.c[path.stage == 2].tolist() == [[-2.0, 0.5]] * 5
    # by default the coefficient changes its sign where it must, and 41 points make a stage
    usual, asked = landscape.level_path(trap), landscape.level_path(trap, 41, order == 4)
    assert np.array_equal(usual.U, asked.U) and np.array_equal(usual.c, asked.c)


@pytest.mark.parametrize("order", [3, 4, 5])
def test_on_which_side_of_the_pole_the_first_component_grows_again(order):
    """Either a negative coefficient or, for odd l, a negative side lowers the loss: by the same amount."""
    trap = landscape.vanilla_trap(order, 1, 2, 2)
    for flip in (True, False):
        path = landscape.level_path(trap, 5, flip=flip)
        assert np.sign(path.U[-1, 0, 0]) == (1 if flip or order == 4 else -1)
        fall = trap.value - path.values[-1]
        if flip or order != 4:
            depth = (order - 1) * ((order - 2) / order) ** (order / 2 - 1)
            assert fall == pytest.approx(depth**2 / 2)
        else:
            assert fall < 0


ORDERS_IN_FULL = (3, 4, 5)


@pytest.mark.second_opinion("tdbook.landscape.level_path")
@pytest.mark.parametrize("order", ORDERS_IN_FULL)
def test_the_path_out_of_a_trap_on_all_entries(order):
    trap = landscape.vanilla_trap(order, 1, 3, 3)
    goal = goal_of(trap)
    path = landscape.level_path(trap, 7)
    values = [loss_of(trap, U, c, goal) for U, c in zip(path.U, path.c, strict=True)]
    assert path.values == pytest.approx(values, rel=1e-11)
    assert np.ptp(np.array(values)[path.stage < 2]) < 1e-11 and values[-1] < trap.value - 0.1
