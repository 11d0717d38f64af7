"""Tests of ``tdbook.tensors.random``."""

import numpy as np
import pytest

from tdbook import tensors
from tdbook.tensors import KINDS, random_target
from tests.support.refusals import refused


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", [3, 4])
def test_random_targets_are_what_their_kind_says(kind, order):
    target = random_target(12, 4, order, kind, rng=7)
    again = random_target(12, 4, order, kind, rng=np.random.default_rng(7))
    assert np.array_equal(target.factors, again.factors)
    assert target.norm() == pytest.approx(1.0, rel=1e-13)
    assert target.span().shape == (12, 3 if kind == "dependent" else 4)
    cosines = target.factors.T @ target.factors
    off = cosines[~np.eye(4, dtype=bool)]
    assert np.allclose(np.diag(cosines), 1.0)
    if kind == "orthogonal":
        assert np.abs(off).max() < 1e-13
    if kind == "correlated":
        assert np.allclose(off, 0.5)
    signs = np.sign(target.weights)
    assert list(signs) == ([1, -1, 1, -1] if kind == "mixed-sign" else [1, 1, 1, 1])


@pytest.mark.second_opinion("tdbook.tensors.random_target")
def test_random_targets_are_drawn_as_described():
    drawn = np.random.default_rng(0).uniform(0.5, 1.5, 5)
    for kind in tensors.KINDS:
        weights = random_target(6, 5, 3, kind, rng=0).weights
        assert np.allclose(np.abs(weights) / np.abs(weights[0]), drawn / drawn[0])
        assert (weights[::2] > 0).all()
        assert (weights[1::2] < 0).all() == (kind == "mixed-sign")
        again = random_target(6, 5, 3, kind)
        assert np.array_equal(again.weights, weights)  # the seed is 0 by default
    assert random_target(3, 3, 3, "orthogonal").rank == 3
    assert random_target(3, 3, 3, "correlated").rank == 3
    assert random_target(4, 2, 4, "mixed-sign").rank == 2
    assert random_target(6, 3, 3, "dependent").span().shape == (6, 2)
    assert random_target(6, 5, 3, "dependent").span().shape == (6, 3)
    with refused("rank"):
        random_target(3, 4, 3, "correlated")
