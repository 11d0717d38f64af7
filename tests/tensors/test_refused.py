"""Arrays that are not what they look like."""

import numpy as np
import pytest

import tdbook
from tdbook import lazy, tensors
from tdbook.tensors import DenseSymmetric, SymmetricCP, from_samples
from tests.support.refusals import refused


class Raises:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no array here")


MASKED = np.ma.array([[1.0, 99.0], [2.0, 99.0]], mask=[[False, True], [False, True]])


@pytest.mark.parametrize("value", [MASKED, Raises()], ids=["masked", "raising"])
def test_masked_entries_and_objects_that_raise_are_refused(value):
    with refused("factors"):
        SymmetricCP([1.0, 1.0], value, 3)
    with refused("X"):
        from_samples(value, 2)
    with refused("array"):
        DenseSymmetric(value)
    with refused("U"):
        SymmetricCP([1.0], [[1.0], [0.0]], 3).contract(value)


def test_a_mask_that_hides_nothing_is_none():
    plain = np.ma.array([[1.0, 0.0], [0.0, 1.0]], mask=False)
    assert np.array_equal(SymmetricCP([1.0, 1.0], plain, 3).factors, np.eye(2))


@pytest.mark.parametrize("weights", [[1.0, -1.0], [1 / 3, 1 / 3, 1 / 3, -1.0], [1e200, -1e200]])
def test_nothing_is_decomposed_that_is_zero_to_rounding(weights):
    target = SymmetricCP(weights, np.ones((2, len(weights))), 3)
    assert target.vanishes() and not target.scaled(0.0).norm()
    with refused("target"):
        tdbook.decompose(target, progress=False)
    small = SymmetricCP([*weights, 1e-10 * weights[-1]], np.hstack([target.factors, [[1.0], [-1.0]]]), 3)
    assert not small.vanishes()  # a small tensor beside large components that cancel is one still


def test_a_difference_of_equal_tensors_vanishes():
    target = tdbook.random_target(5, 3, 3, rng=0)
    dense = DenseSymmetric(target.to_dense())
    assert (target - target).vanishes() and (dense - dense).vanishes() and not target.vanishes()


@pytest.mark.parametrize("order", [1001, 2**31, 2**62, 10**30])
def test_an_order_beyond_any_range_is_refused_before_anything_is_tried(order):
    """Powers and factorials of such orders would take for ever, or overflow in the depths."""
    U = np.eye(3)
    for call in (
        lambda: lazy.lazy_error(U, order),
        lambda: lazy.lazy_error(U, order, "gram"),
        lambda: lazy.moment_gram(U, order),
        lambda: lazy.tangent_matrix(U, order),
        lambda: lazy.lazy_threshold(3, order),
        lambda: tensors.random_target(3, 2, order),
        lambda: tensors.SymmetricCP([1.0], [[1.0]], order),
    ):
        with refused("order"):
            call()


def test_arrays_that_no_machine_holds_are_refused_by_their_sizes():
    for sizes in ((2**31, 2**10), (10**30, 1), (3, 10**12)):
        with refused("dimension"):
            tensors.random_target(*sizes, 3)
