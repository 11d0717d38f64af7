"""Tests of ``tdbook.decomposition.polish``."""

import numpy as np
import pytest

from tdbook.decomposition import polish
from tdbook.tensors import SymmetricCP, random_target
from tests.support.beyond import random_cp


@pytest.mark.parametrize(("order", "kind"), [(3, "generic"), (4, "mixed-sign"), (5, "generic"), (2, "orthogonal")])
def test_polishing_reaches_rounding_level(order, kind):
    target = random_target(6, 3, order, kind, 8)
    rng = np.random.default_rng(9)
    near = SymmetricCP(target.weights * 0.9, target.factors + 0.05 * rng.standard_normal((6, 3)), order)
    assert near.distance(target) > 0.05
    assert polish(near, target).distance(target) < 1e-12


def test_polishing_never_goes_up():
    target = random_target(5, 4, 3, rng=1)
    for seed in range(5):
        rough = random_cp(5, 2, 3, seed)
        assert polish(rough, target).distance(target) <= rough.distance(target)
