"""What small faults in objectives.py would change: each test here was written for mutants that lived without it."""

import numpy as np
import pytest

from tdbook.objectives import Parameters, loss, model, residual_contraction
from tdbook.tensors import random_target

TWO = np.array([[1.0, 0.0], [2.0, 0.0]])


def test_the_column_that_is_zero_is_named():
    with pytest.raises(ValueError, match=r"zero column .* got column 1"):
        Parameters(TWO, [1.0, 1.0], [1.0, 1.0], [1.0, 1.0])
    with pytest.raises(ValueError, match=r"zero column .* got column 1"):
        Parameters.two_homogeneous(TWO, [1.0, 1.0])
    assert Parameters(TWO + 1.0, [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]).norms.shape == (2,)


def test_what_came_is_said():
    target = random_target(2, 2, 3)
    with pytest.raises(TypeError, match="parameters must be a Parameters, got 'p'"):
        loss("p", target, 0.0)
    with pytest.raises(TypeError, match="target must be a SymmetricCP or a DenseSymmetric, got 'T'"):
        loss(Parameters(TWO + 1.0, [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]), "T", 0.0)


def test_kappa_is_one_number_or_one_for_each_column():
    U = np.array([[3.0, 0.0], [4.0, 2.0]])
    same = Parameters.two_homogeneous(U, [1.0, -1.0], 2)
    assert same.c == pytest.approx([0.4, 1.0])
    assert same.c_hat == pytest.approx([0.2, 0.5])
    each = Parameters.two_homogeneous(U, [1.0, -1.0], [2.0, 3.0])
    assert each.c == pytest.approx([0.4, 1.5])
    assert each.kappa == pytest.approx([2.0, 3.0])
    with pytest.raises(ValueError, match=r"kappa must have shape \(2,\) with m = 2 columns in U, got \(3,\)"):
        Parameters.two_homogeneous(U, [1.0, -1.0], [1.0, 2.0, 3.0])


def test_the_residual_seen_along_each_direction():
    target = random_target(3, 2, 4, rng=2)
    point = Parameters.two_homogeneous(np.diag([1.0, 2.0, 3.0]), [1.0, -1.0, 1.0], 1.5)
    found = residual_contraction(point, target)
    residual = model(point, 4).to_dense() - target.to_dense()
    assert np.allclose(found, np.stack([residual[i, i, i] for i in range(3)], axis=1), atol=1e-12)


@pytest.mark.parametrize("part", ["U", "c", "c_hat"])
def test_what_is_out_of_range_is_refused_and_not_infinite(part):
    values = {"U": TWO + 1.0, "a": [1.0, 1.0], "c": np.ones(2), "c_hat": np.ones(2)}
    point = Parameters(**{**values, part: values[part] * 1e200})
    with pytest.raises(ValueError, match="must be within floating-point range, got inf: U, c, c_hat, the"):
        loss(point, random_target(2, 2, 4), 1.0)
