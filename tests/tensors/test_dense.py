"""Tests of ``tdbook.tensors.dense``."""

import numpy as np
import pytest

from tdbook.tensors import DenseSymmetric, SymmetricCP, random_target
from tests.support.refusals import refused


def test_arrays_cannot_be_changed_from_outside():
    tensor = random_target(3, 2, 3)
    assert not tensor.weights.flags.writeable
    assert not tensor.factors.flags.writeable
    dense = DenseSymmetric(tensor.to_dense())
    assert not dense.array.flags.writeable
    assert dense.to_dense().flags.writeable  # a copy


def test_the_component_out_of_range_is_named():
    with refused("component 1"):
        SymmetricCP([1.0, 2.0], [[1.0, 1e200]], 3)
    with refused("array"):
        DenseSymmetric(np.zeros((2, 3)))
    with refused("array"):
        DenseSymmetric(np.zeros((0, 0)))


def test_the_span_leaves_out_what_has_no_weight_and_nothing_else():
    axes = np.eye(4)
    assert np.allclose(np.abs(SymmetricCP([1.0, 0.0, 0.5], axes[:, :3], 3).span()), axes[:, [0, 2]])
    for scale in (1e-20, 1e-8, 1.0, 1e8, 1e20):
        dense = DenseSymmetric(scale * SymmetricCP([1.0, 0.5], axes[:, :2], 3).to_dense())
        assert dense.span().shape == (4, 2)
    assert SymmetricCP([0.0], axes[:, :1], 3).span().shape == (4, 0)
    assert DenseSymmetric(np.zeros((4, 4, 4))).span().shape == (4, 0)


def test_asymmetry_is_measured_against_the_largest_entry():
    array = np.full((2, 2), 1e3)
    array[0, 1] += 1e-8
    assert DenseSymmetric(array).norm() == pytest.approx(2e3)
    array[0, 1] += 1e-6
    with refused("array"):
        DenseSymmetric(array)
    assert DenseSymmetric(np.zeros((2, 2, 2))).norm() == 0.0
    lopsided = np.zeros((2, 2, 2))
    lopsided[0, 1, 0] = 1.0  # the same read backwards, and yet not symmetric
    with refused("array"):
        DenseSymmetric(lopsided)


def test_norms_of_light_tensors():
    assert SymmetricCP([3e-200, 4e-200], np.eye(2), 3).norm() == pytest.approx(5e-200, rel=1e-14, abs=0.0)
    assert DenseSymmetric(np.array([[3e-200, 0.0], [0.0, 4e-200]])).norm() == pytest.approx(5e-200, rel=1e-14, abs=0.0)
    assert DenseSymmetric(np.array([[3e200, 0.0], [0.0, 4e200]])).norm() == pytest.approx(5e200, rel=1e-14, abs=0.0)


def test_lists_of_different_lengths():
    with refused("array"):
        DenseSymmetric([1, [2]])
