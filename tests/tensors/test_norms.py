"""Tests of ``tdbook.tensors.norms``."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tdbook.tensors import SymmetricCP, core_norm, frobenius_norm, integer_power, unit_columns
from tests.support.tensors import dense


@pytest.mark.second_opinion("tdbook.tensors.integer_power")
@given(st.floats(-30, 30), st.integers(0, 9))
def test_integer_power_is_the_power(base, exponent):
    given_array = np.array([base])
    assert integer_power(given_array, exponent)[0] == pytest.approx(base**exponent, rel=1e-14, abs=0)
    assert given_array[0] == base


# the dense reference squares entries, so numbers whose powers would vanish there are left to the test of sizes
finite = st.floats(-1e3, 1e3).map(lambda x: x if abs(x) > 1e-9 else 0.0)


@given(arrays(float, (3,), elements=finite), arrays(float, (2, 3), elements=finite), st.integers(2, 5))
def test_norm_is_that_of_the_dense_array(weights, factors, order):
    tensor = SymmetricCP(weights, factors, order)
    size = float(np.abs(weights) @ unit_columns(factors)[0] ** order)
    assert tensor.norm() == pytest.approx(np.linalg.norm(dense(tensor)), abs=1e-13 * size + 1e-300)


@given(arrays(float, (2,), elements=finite), arrays(float, (3, 2), elements=finite), st.integers(2, 5))
def test_a_tensor_is_at_distance_zero_from_itself_written_otherwise(weights, factors, order):
    tensor = SymmetricCP(weights, factors, order)
    split = SymmetricCP(np.r_[weights / 3, 2 * weights / 3], np.hstack([factors, factors]), order)
    size = float(np.abs(weights) @ unit_columns(factors)[0] ** order)
    assert tensor.distance(split) <= 1e-14 * size + 1e-300


@pytest.mark.second_opinion("tdbook.tensors.core_norm")
def test_core_norm_blocks_agree_with_one_piece():
    rng = np.random.default_rng(6)
    factors, weights = rng.standard_normal((30, 40)), rng.standard_normal(40)
    gram = weights @ (factors.T @ factors) ** 4 @ weights
    assert core_norm(weights, factors, 4) == pytest.approx(math.sqrt(gram), rel=1e-12)


@pytest.mark.second_opinion("tdbook.tensors.frobenius_norm")
@pytest.mark.parametrize("size", [1.0, 1e-200, 1e200])
def test_the_norm_of_entries_of_any_size(size):
    entries = np.random.default_rng(0).standard_normal((3, 3, 3))
    wanted = size * math.sqrt(math.fsum(x * x for x in entries.ravel().tolist()))
    assert frobenius_norm(size * entries) == pytest.approx(wanted, rel=1e-14)


def test_powers_are_written_where_they_are_wanted():
    base, out = np.array([2.0, -3.0]), np.zeros(2)
    for exponent in (0, 1, 5):
        assert integer_power(base, exponent, out=out) is out
        assert out.tolist() == [2.0**exponent, (-3.0) ** exponent]


@pytest.mark.second_opinion("tdbook.tensors.unit_columns")
def test_each_column_is_scaled_by_itself():
    factors = np.array([[3e-200, 3e200, 0.3, 0.0], [4e-200, 4e200, 0.4, 0.0]])
    norms, directions = unit_columns(factors)
    assert norms == pytest.approx([5e-200, 5e200, 0.5, 0.0], rel=1e-15, abs=0.0)
    assert np.allclose(directions, [[0.6, 0.6, 0.6, 0.0], [0.8, 0.8, 0.8, 0.0]], rtol=1e-15, atol=0)


def test_many_components_that_nearly_cancel():
    """Sixty components against sixty near ones: a hundred-millionth of the sum of all is left, and is right."""
    rng = np.random.default_rng(3)
    U = unit_columns(rng.standard_normal((5, 60)))[1]
    near = U + 2e-6 * rng.standard_normal(U.shape)
    weights = np.ones(60)
    with mpmath.workdps(50):

        def gram(A, B):
            cosines = mpmath.matrix(A.T.tolist()) * mpmath.matrix(B.tolist())
            return mpmath.fsum(x**3 for x in cosines)

        exact = float(mpmath.sqrt(gram(U, U) - 2 * gram(U, near) + gram(near, near)))
    found = SymmetricCP(weights, U, 3).distance(SymmetricCP(weights, near, 3))
    assert 1e-5 < exact < 1e-3
    assert found == pytest.approx(exact, rel=1e-9, abs=0.0)
