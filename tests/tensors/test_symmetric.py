"""Tests of ``tdbook.tensors.symmetric``."""

import math

import mpmath
import numpy as np
import pytest

from tdbook.tensors import DenseSymmetric, SymmetricCP, random_target
from tests.support.refusals import refused
from tests.support.tensors import dense

SIZES = [(1, 1, 2), (2, 3, 2), (3, 2, 3), (4, 5, 3), (3, 4, 4), (2, 3, 5), (2, 2, 6)]


def random_cp(d, r, order, seed):
    rng = np.random.default_rng(seed)
    return SymmetricCP(rng.standard_normal(r), rng.standard_normal((d, r)), order)


def second_derivative(A, u, v):
    """A(u, ..., u, v, v) by contracting one index at a time."""
    for vector in [v, v] + [u] * (A.ndim - 2):
        A = np.tensordot(A, vector, axes=(0, 0))
    return float(A)


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


def test_dense_core_is_used_and_exact():
    target = random_target(9, 2, 3, "generic", 8)
    array = DenseSymmetric(target.to_dense())
    assert array.frame().shape == (9, 2)
    U = np.random.default_rng(0).standard_normal((9, 5))
    assert np.allclose(array.contract(U), target.contract(U), atol=1e-14)


def test_tensors_times_a_number():
    target = random_target(3, 2, 3, rng=1)
    for tensor in (target, DenseSymmetric(target.to_dense())):
        for factor in (-2.0, 0.0, 0.25):
            assert np.allclose(tensor.scaled(factor).to_dense(), factor * target.to_dense(), rtol=1e-15)
        for bad in (np.inf, -np.inf, np.nan):
            with refused("factor"):
                tensor.scaled(bad)


BY = ": the factor is too large"


HUGE = SymmetricCP([1.7e308], [[1.0], [0.0]], 3)


DENSE = DenseSymmetric(HUGE.to_dense())


EVEN = DenseSymmetric(np.full((2, 2, 2), 1.7e308))


LARGE = ": the tensors are too large"


LONG = ": the tensor is too large, or the columns of U are too long for their powers"


WIDE = SymmetricCP([1.7e308, 1.7e308], [[1.0, 1.0], [0.0, 1e-3]], 3)


@pytest.mark.parametrize(
    ("call", "what", "why"),
    [
        (lambda: HUGE.contract([[2.0], [0.0]]), "T(u^{l-1}, .)", LONG),
        (lambda: HUGE.evaluate([[2.0], [0.0]]), "T(u, ..., u)", LONG),
        (lambda: DENSE.contract([[2.0], [0.0]]), "T(u^{l-1}, .)", LONG),
        (lambda: HUGE.curvature([[2.0], [0.0]], [[1.0], [0.0]]), "T(u^{l-2}, v, v)", LONG),
        (lambda: DENSE.curvature([[2.0], [0.0]], [[1.0], [0.0]]), "T(u^{l-2}, v, v)", LONG),
        (lambda: HUGE.inner(HUGE), "<T, T'>", LARGE),
        (lambda: DENSE.inner(DENSE), "<T, T'>", LARGE),
        (lambda: HUGE.inner(DENSE), "<T, T'>", LARGE),
        (lambda: WIDE.norm(), "||T||", LARGE),
        (lambda: EVEN.norm(), "||T||", LARGE),
        (lambda: HUGE.distance(HUGE.scaled(-1.0)), "||T - T'||", LARGE),
        (lambda: DENSE.distance(HUGE.scaled(-1.0)), "||T - T'||", LARGE),
        (lambda: WIDE.to_dense(), "the entries of T", LARGE),
        (lambda: HUGE.scaled(2.0), "the weights of the tensor", BY),
        (lambda: DENSE.scaled(2.0), "the entries of the tensor", BY),
    ],
)
def test_what_left_the_range_is_named(call, what, why):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value).startswith(f"{what} must ")
    assert str(caught.value).endswith(why)
