"""Tests of ``tdbook.experiments.targets``."""

import numpy as np
import pytest

from tdbook import experiments
from tdbook.experiments import hard_target


@pytest.mark.second_opinion("tdbook.experiments.hard_target")
@pytest.mark.parametrize("order", [3, 4, 5])
def test_hard_targets_are_what_they_say(order):
    strong = hard_target(4, order, "strongly-correlated", 0)
    unit = strong.factors / np.linalg.norm(strong.factors, axis=0)
    assert np.allclose(unit.T @ unit, 0.1 * np.eye(4) + 0.9)
    close = hard_target(4, order, "close-pairs", 0)
    unit = close.factors / np.linalg.norm(close.factors, axis=0)
    assert np.allclose((unit.T @ unit)[:2], [[1, 0.98, 0, 0], [0.98, 1, 0, 0]])
    border = hard_target(2, order, "border", 0).to_dense()
    wanted = np.zeros_like(border)
    for axis in range(order):  # S(x^{l-1} y): one index is 1, the others 0
        wanted[tuple(int(i == axis) for i in range(order))] = order**-0.5
    assert np.allclose(border, wanted)
    trap = hard_target(2, order, "trap")
    assert (trap.dimension, trap.rank) == (3, 2 * (order - 1) + 1)
    for target in (strong, close, trap):
        assert target.norm() == pytest.approx(1.0)


@pytest.mark.second_opinion("tdbook.experiments.weak_target", "tdbook.experiments.power_law_target")
def test_unequal_orthogonal_terms_by_their_diagonals():
    for target, weights in (
        (experiments.weak_target(4, 3), [1.0, 1.0, 1.0, 0.25]),
        (experiments.weak_target(2, 4, ratio=10.0), [1.0, 0.1]),
        (experiments.power_law_target(3, 3, exponent=2.0), [1.0, 1 / 4, 1 / 9]),
        (experiments.power_law_target(2, 2), [1.0, 0.5]),
    ):
        entries = target.to_dense()
        diagonal = (np.arange(len(weights)),) * entries.ndim
        assert entries[diagonal] == pytest.approx(weights)
        assert np.count_nonzero(entries) == len(weights)
