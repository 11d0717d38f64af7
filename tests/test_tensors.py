"""Tensors against dense arrays, exact numbers and mpmath, and what they refuse."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import tdbook
from tdbook.tensors import (
    KINDS,
    DenseSymmetric,
    SymmetricCP,
    core_norm,
    frobenius_norm,
    from_polynomial,
    from_samples,
    integer_power,
    random_target,
    unit_columns,
)
from tests.support.refusals import refused

SIZES = [(1, 1, 2), (2, 3, 2), (3, 2, 3), (4, 5, 3), (3, 4, 4), (2, 3, 5), (2, 2, 6)]


def random_cp(d, r, order, seed):
    rng = np.random.default_rng(seed)
    return SymmetricCP(rng.standard_normal(r), rng.standard_normal((d, r)), order)


def dense(tensor):
    """The sum of outer products, by einsum: an independent route to all entries."""
    letters = "abcdefgh"[: tensor.order]
    spec = ",".join(f"{letter}z" for letter in letters) + ",z->" + letters
    return np.einsum(spec, *[tensor.factors] * tensor.order, tensor.weights)


@pytest.mark.second_opinion("tdbook.tensors.SymmetricCP", "tdbook.tensors.DenseSymmetric")
@pytest.mark.parametrize("layout", ["C", "F"])
@pytest.mark.parametrize(("d", "r", "order"), SIZES)
def test_algebra_equals_dense_arrays(d, r, order, layout):
    rng = np.random.default_rng(0)
    first = SymmetricCP(rng.standard_normal(r), np.asarray(rng.standard_normal((d, r)), order=layout), order)
    second = random_cp(d, r + 1, order, 1)
    U = np.asarray(rng.standard_normal((d, 4)), order=layout)
    V = rng.standard_normal((d, 4))
    A, B = dense(first), dense(second)
    scale = np.linalg.norm(A) * np.linalg.norm(B)
    assert np.allclose(first.to_dense(), A, atol=1e-13 * np.abs(A).max())
    for left in (first, DenseSymmetric(A)):
        assert left.norm() == pytest.approx(np.linalg.norm(A), rel=1e-12)
        for right in (second, DenseSymmetric(B)):
            assert left.inner(right) == pytest.approx(np.vdot(A, B), abs=1e-12 * scale)
            assert left.distance(right) == pytest.approx(np.linalg.norm(A - B), rel=1e-12)
        contracted = A
        for k in range(order - 1):
            contracted = (
                np.einsum("...i,im->...m", contracted, U) if k == 0 else np.einsum("...im,im->...m", contracted, U)
            )
        assert np.allclose(left.contract(U), contracted, rtol=1e-11, atol=1e-12)
        assert np.allclose(left.evaluate(U), np.einsum("im,im->m", contracted, U), rtol=1e-11, atol=1e-12)
        second_order = [second_derivative(A, U[:, j], V[:, j]) for j in range(4)]
        assert np.allclose(left.curvature(U, V), second_order, rtol=1e-11, atol=1e-12)


def second_derivative(A, u, v):
    """A(u, ..., u, v, v) by contracting one index at a time."""
    for vector in [v, v] + [u] * (A.ndim - 2):
        A = np.tensordot(A, vector, axes=(0, 0))
    return float(A)


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


@pytest.mark.parametrize("order", [2, 3, 4, 5, 6])
def test_small_distances_keep_their_digits(order):
    """The QR core sees a relative distance of 1e-13, where Gram numbers are blind below 1e-8."""
    target = random_target(6, 3, order, "generic", 4)
    direction = np.random.default_rng(5).standard_normal(target.factors.shape)
    near = SymmetricCP(target.weights, target.factors + 1e-13 * direction, order)
    with mpmath.workdps(60):
        exact = mp_distance(near, target)
    assert near.distance(target) == pytest.approx(exact, rel=1e-2, abs=0)
    gram = near.inner(near) - 2 * near.inner(target) + target.inner(target)
    assert abs(math.sqrt(abs(gram)) - exact) > 0.5 * exact  # 0, or 1e-8: noise either way


def mp_distance(left, right):
    """||T - T'|| from Gram numbers at 60 digits."""

    def pairs(a, b):
        total = mpmath.mpf(0)
        for i in range(a.rank):
            for j in range(b.rank):
                cosine = mpmath.fsum(
                    mpmath.mpf(float(x)) * mpmath.mpf(float(y)) for x, y in zip(a.factors[:, i], b.factors[:, j])
                )
                total += mpmath.mpf(float(a.weights[i])) * mpmath.mpf(float(b.weights[j])) * cosine**a.order
        return total

    return float(mpmath.sqrt(pairs(left, left) - 2 * pairs(left, right) + pairs(right, right)))


@pytest.mark.second_opinion("tdbook.tensors.core_norm")
def test_core_norm_blocks_agree_with_one_piece():
    rng = np.random.default_rng(6)
    factors, weights = rng.standard_normal((30, 40)), rng.standard_normal(40)
    gram = weights @ (factors.T @ factors) ** 4 @ weights
    assert core_norm(weights, factors, 4) == pytest.approx(math.sqrt(gram), rel=1e-12)


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


def test_dense_core_is_used_and_exact():
    target = random_target(9, 2, 3, "generic", 8)
    array = DenseSymmetric(target.to_dense())
    assert array.frame().shape == (9, 2)
    U = np.random.default_rng(0).standard_normal((9, 5))
    assert np.allclose(array.contract(U), target.contract(U), atol=1e-14)


def test_to_tensorly_is_a_pair_of_weights_and_factor_matrices():
    target = random_target(3, 2, 3, rng=0)
    weights, factors = target.to_tensorly()
    assert np.allclose(np.einsum("z,az,bz,cz->abc", weights, *factors), target.to_dense())


def test_tensors_from_polynomials_and_samples():
    cubic = from_polynomial({(3, 0): 1.0, (1, 2): -3.0})  # Re (x + iy)^3
    angles = np.array([0.3, 1.1, 2.0])
    circle = np.vstack([np.cos(angles), np.sin(angles)])
    assert np.allclose(cubic.evaluate(circle), np.cos(3 * angles))
    X = np.random.default_rng(0).standard_normal((50, 4))
    moments = from_samples(X, 3)
    assert np.allclose(moments.to_dense(), np.einsum("na,nb,nc->abc", X, X, X) / 50)


def test_tensors_do_not_change_with_the_arrays_they_came_from():
    weights, factors = np.ones(2), np.eye(2)
    tensor = SymmetricCP(weights, factors, 3)
    weights[0] = factors[0, 0] = 9.0
    assert tensor.norm() == pytest.approx(math.sqrt(2))
    with pytest.raises(ValueError, match="read-only"):
        tensor.factors[0, 0] = 2.0


SQUARE = np.zeros((2, 2, 2))
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


def test_the_public_names_are_there():
    for name in ("SymmetricCP", "DenseSymmetric", "random_target", "decompose", "load", "verify", "figures", "ledger"):
        assert getattr(tdbook, name) is not None
    with pytest.raises(AttributeError, match="decomposed"):
        tdbook.decomposed  # noqa: B018


@pytest.mark.second_opinion("tdbook.tensors.frobenius_norm")
@pytest.mark.parametrize("size", [1.0, 1e-200, 1e200])
def test_the_norm_of_entries_of_any_size(size):
    entries = np.random.default_rng(0).standard_normal((3, 3, 3))
    wanted = size * math.sqrt(math.fsum(x * x for x in entries.ravel().tolist()))
    assert frobenius_norm(size * entries) == pytest.approx(wanted, rel=1e-14)
