"""Tests of ``tdbook.tensors.cp``."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdbook.tensors import DenseSymmetric, SymmetricCP, random_target, symmetric
from tests.support.refusals import refused


@pytest.mark.parametrize("size", [1e-150, 1e-12, 1.0, 1e60, 1e100])
def test_norms_survive_extreme_sizes(size):
    tensor = SymmetricCP([1.0, -0.5], size * np.array([[1.0, 0.0], [0.0, 1.0]]), 3)
    if size**3 == 0.0:
        assert tensor.norm() == 0.0
    else:
        assert tensor.norm() / size**3 == pytest.approx(math.sqrt(1.25), rel=1e-12)


@pytest.mark.parametrize(
    ("weight", "length", "norm"), [(1e300, 1e-120, 1e-60), (1e-300, 1e120, 1e60), (-3.0, 2.0, 24.0)]
)
def test_weight_and_length_are_multiplied_without_going_out_of_range(weight, length, norm):
    assert SymmetricCP([weight], [[length]], 3).norm() == pytest.approx(norm, rel=1e-13, abs=0.0)


def test_to_tensorly_is_a_pair_of_weights_and_factor_matrices():
    target = random_target(3, 2, 3, rng=0)
    weights, factors = target.to_tensorly()
    assert np.allclose(np.einsum("z,az,bz,cz->abc", weights, *factors), target.to_dense())


def test_tensors_do_not_change_with_the_arrays_they_came_from():
    weights, factors = np.ones(2), np.eye(2)
    tensor = SymmetricCP(weights, factors, 3)
    weights[0] = factors[0, 0] = 9.0
    assert tensor.norm() == pytest.approx(math.sqrt(2))
    with pytest.raises(ValueError, match="read-only"):
        tensor.factors[0, 0] = 2.0


REFUSED = [
    (lambda: SymmetricCP([1.0], [[1.0, 2.0]], 3), "factors"),
    (lambda: SymmetricCP([], np.empty((3, 0)), 3), "weights"),
    (lambda: SymmetricCP([np.nan], [[1.0]], 3), "weights"),
    (lambda: SymmetricCP([1.0], [[np.inf]], 3), "factors"),
    (lambda: SymmetricCP([1.0], [[1e200]], 3), "components of finite norm"),
    (lambda: SymmetricCP([1.0], [[1.0]], 1), "order"),
    (lambda: SymmetricCP([1.0], [[1.0]], 3.0), "order"),
    (lambda: SymmetricCP(["a"], [[1.0]], 3), "weights"),
    (lambda: SymmetricCP([1j], [[1.0]], 3), "weights"),
    (lambda: DenseSymmetric(np.arange(8.0).reshape(2, 2, 2)), "array"),
    (lambda: DenseSymmetric(np.zeros((2, 3))), "array"),
    (lambda: DenseSymmetric(np.zeros(3)), "array"),
    (lambda: DenseSymmetric(np.full((2, 2), np.nan)), "array"),
    (lambda: random_target(3, 4, 3, "orthogonal"), "rank"),
    (lambda: random_target(3, 2, 3, "dependent"), "rank"),
    (lambda: random_target(3, 1, 3, "mixed-sign"), "rank"),
    (lambda: random_target(3, 2, 3, "odd"), "kind"),
    (lambda: random_target(3, 2, 3, rng=None), "rng"),
    (lambda: random_target(3, 2, 3, rng=-1), "rng"),
    (lambda: random_target(True, 2, 3), "dimension"),
    (lambda: random_target(3, 2, 3).inner(random_target(4, 2, 3)), "other"),
    (lambda: random_target(3, 2, 3).distance("T"), "other"),
    (lambda: random_target(3, 2, 3).contract(np.ones((4, 2))), "U"),
    (lambda: random_target(1000, 2, 4).to_dense(), "to_dense"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_bad_input_gets_one_line_that_names_it(call, message):
    with refused(message, (ValueError, TypeError)):
        call()


@given(st.one_of(st.none(), st.text(), st.floats(), st.lists(st.floats(), max_size=3), st.booleans()))
def test_whatever_comes_as_factors_is_taken_or_refused(value):
    try:
        tensor = SymmetricCP([1.0], value, 3)
    except (ValueError, TypeError) as error:
        assert "factors" in str(error)
    else:
        assert np.isfinite(tensor.norm())


def test_the_limit_of_dense_arrays_is_exact(monkeypatch):
    monkeypatch.setattr(symmetric, "_DENSE_LIMIT", 2**6)
    tensor = SymmetricCP([1.0], [[1.0], [2.0]], 6)
    assert tensor.to_dense().size == 2**6
    with refused("to_dense"):
        SymmetricCP([1.0], [[1.0], [2.0]], 7).to_dense()
    assert SymmetricCP([3.0], [[1.0]], 20).to_dense().ravel().tolist() == [3.0]  # d = 1 has one entry at any order


def test_the_largest_order():
    assert SymmetricCP([1.0], [[1.0]], 1000).norm() == 1.0
    with refused("order"):
        SymmetricCP([1.0], [[1.0]], 1001)


@pytest.mark.parametrize("entry", [1.7e308, 1e200])
def test_a_component_beyond_the_range_is_refused_without_a_warning(entry):
    """Where already the norm of a column is infinite, and where only its power is."""
    with refused("factors"):
        SymmetricCP([1.0], [[entry], [entry]], 3)


def test_a_small_difference_of_many_components():
    """Among 400 numbers of size 1 a change of 1e-3 keeps ten digits, which a sum of their squares would lose."""
    T = random_target(6, 400, 3, rng=0)
    T = T.scaled(1.0 / T.weights.max())
    near = SymmetricCP(T.weights + 1e-3 * (np.arange(400) == 7), T.factors, 3)
    assert near.distance(T) == pytest.approx(1e-3, rel=1e-9)


def test_a_tensor_made_of_unit_columns_is_as_one_made_the_usual_way():
    weights, directions = np.array([2.0, -1.0]), np.array([[0.6, 0.0], [0.8, 1.0]])
    tensor = SymmetricCP.from_unit_columns(weights, directions, 3)
    assert tensor.components()[0] is weights  # and are not found anew
    assert tensor.components()[1] is directions
    for array in (tensor.weights, tensor.factors):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0.0
    assert tensor.distance(SymmetricCP([2.0, -1.0], [[0.6, 0.0], [0.8, 1.0]], 3)) < 1e-15
