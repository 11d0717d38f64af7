"""Tensors from what people have: arrays of other types and layouts, polynomials of SymPy, noisy samples."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import sympy

import tdbook
from tdbook.tensors import (
    DenseSymmetric,
    SymmetricCP,
    from_polynomial,
    from_samples,
    random_target,
    whitening,
)
from tdbook.tensors.symmetric_power import symmetric_power
from tests.support.refusals import refused


def symmetric_part(array: np.ndarray) -> np.ndarray:
    """The mean over all permutations, one after another."""
    axes = list(itertools.permutations(range(array.ndim)))
    return np.mean([array.transpose(each) for each in axes], axis=0)


# --- arrays -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 3), (3, 3, 3), (2, 2, 2, 2), (2,) * 5])
def test_the_symmetric_part_is_the_mean_over_all_permutations(shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(1).standard_normal(shape)
    np.testing.assert_allclose(DenseSymmetric(array, symmetrize=True).array, symmetric_part(array), atol=1e-14)
    spread = max(np.abs(array - array.transpose(axes)).max() for axes in itertools.permutations(range(array.ndim)))
    assert symmetric_power(*(shape[0], len(shape))).asymmetry(array) == pytest.approx(spread)


def test_float32_is_symmetric_to_its_own_rounding() -> None:
    u = np.array([1.3, -0.7, 0.2], dtype=np.float32)
    cube = np.multiply.outer(np.multiply.outer(u, u), u)
    assert cube.dtype == np.float32 and np.abs(cube - cube.transpose(2, 0, 1)).max() > 0  # not exactly
    target = DenseSymmetric(cube)
    np.testing.assert_allclose(target.array, symmetric_part(cube.astype(float)), atol=1e-15)
    assert target.span().shape == (3, 1)
    found = tdbook.waring(target)
    assert found.tensor.rank == 1 and found.converged
    assert found.tensor.weights[0] == pytest.approx(float(np.linalg.norm(u.astype(float))) ** 3, rel=1e-6)
    with pytest.raises(ValueError, match="symmetrize=True"):  # the same entries, called float64, are not symmetric
        DenseSymmetric(cube.astype(float))


def test_a_permutation_that_the_neighbours_hide_is_seen() -> None:
    """Swaps of neighbours that differ by a little each add up over their products."""
    array = np.ones((2, 2, 2, 2))
    array[0, 0, 0, 1] += 0.9e-10
    array[1, 0, 0, 0] -= 0.9e-10
    with pytest.raises(ValueError, match="symmetrize=True"):
        DenseSymmetric(array)
    assert np.abs(array - array.swapaxes(0, 1)).max() < 1e-10
    DenseSymmetric(np.ones((2, 2, 2, 2)) + 1e-11 * np.arange(2)[:, None, None, None])


@pytest.mark.parametrize("make", ["integers", "fortran", "strided", "file", "list"])
def test_any_layout(make: str, tmp_path: Path) -> None:
    array = symmetric_part(np.random.default_rng(2).integers(-5, 6, (3, 3, 3)) * 6.0)
    given: object = array
    if make == "integers":
        given = array.astype(int)
    elif make == "fortran":
        given = np.asfortranarray(array)
    elif make == "strided":
        padded = np.zeros((6, 6, 6))
        padded[::2, ::2, ::2] = array
        given = padded[::2, ::2, ::2]
    elif make == "file":
        np.save(tmp_path / "array.npy", array)
        given = np.load(tmp_path / "array.npy", mmap_mode="r")
    else:
        given = array.tolist()
    np.testing.assert_array_equal(DenseSymmetric(given).array, array)


@pytest.mark.parametrize(("dimension", "order"), [(6, 6), (5, 8), (10, 4), (30, 3)])
def test_the_span_of_exact_entries_is_that_of_the_components(dimension: int, order: int) -> None:
    for seed in range(3):
        target = random_target(dimension, 3, order, "generic", seed)
        assert DenseSymmetric(target.to_dense()).span().shape[1] == 3
    # and a component a millionth as heavy as the others still counts
    weak = SymmetricCP([1.0, 1e-6], np.eye(dimension)[:, :2], order)
    assert DenseSymmetric(weak.to_dense()).span().shape[1] == 2


# --- polynomials --------------------------------------------------------------------------------------------------


def test_a_polynomial_of_sympy_is_taken_as_it_is() -> None:
    x, y = sympy.symbols("x y")
    poly = sympy.Poly(3 * x**2 * y - y**3 / sympy.Integer(2), x, y)
    np.testing.assert_array_equal(from_polynomial(poly).array, from_polynomial({(2, 1): 3.0, (0, 3): -0.5}).array)
    with pytest.raises(ValueError, match="one degree"):
        from_polynomial(sympy.Poly(x**2 + y, x, y))
    with pytest.raises(TypeError, match="SymPy Poly"):
        from_polynomial(x**2)


# --- samples ------------------------------------------------------------------------------------------------------


def test_the_fourth_moment_loses_what_noise_adds() -> None:
    """With the samples y +- sigma z on all sign patterns of a Gaussian quadrature the correction is exact."""
    rng = np.random.default_rng(3)
    clean, sigma2 = rng.standard_normal((6, 2)), 0.3
    # four-point Gauss-Hermite rule: exact for polynomials of degree 7
    nodes, weights = np.polynomial.hermite_e.hermegauss(4)
    weights = weights / weights.sum()
    moment = np.zeros((2,) * 4)
    second = np.zeros((2, 2))
    for y in clean:
        for (a, p), (b, q) in itertools.product(zip(nodes, weights, strict=True), repeat=2):
            x = y + math.sqrt(sigma2) * np.array([a, b])
            moment += p * q / len(clean) * np.einsum("a,b,c,d->abcd", x, x, x, x)
            second += p * q / len(clean) * np.outer(x, x)
    # what from_samples takes out is made of the second moment of the noisy samples: give it samples with just that
    root = np.linalg.cholesky(second)
    proxy = np.sqrt(2) * np.vstack([root.T, -root.T]) / math.sqrt(2)
    proxy = proxy * math.sqrt(len(proxy) / 2)
    np.testing.assert_allclose(proxy.T @ proxy / len(proxy), second, atol=1e-12)
    taken = from_samples(proxy, 4).to_dense() - from_samples(proxy, 4, noise=sigma2).to_dense()
    right = from_samples(clean, 4).to_dense()
    np.testing.assert_allclose(moment - taken, right, atol=1e-12)
    assert np.abs(moment - right).max() > 0.1


def test_noise_beyond_order_four_is_refused() -> None:
    with refused("noise"):
        from_samples(np.eye(3), 5, noise=0.1)


@pytest.mark.second_opinion("tdbook.tensors.whitening")
def test_white_samples_are_white_and_come_back() -> None:
    rng = np.random.default_rng(4)
    X = rng.standard_normal((500, 3)) @ rng.standard_normal((3, 5)) + 1.0
    W, back = whitening(X)
    Y = (X - X.mean(axis=0)) @ W
    assert W.shape == back.shape == (5, 3)
    np.testing.assert_allclose(Y.T @ Y / 500, np.eye(3), atol=1e-10)
    np.testing.assert_allclose(Y @ back.T, X - X.mean(axis=0), atol=1e-10)
    with refused("X"):
        whitening(np.ones((5, 2)))
    with refused("count"):
        whitening(X, 4)


def test_independent_components_need_whitening() -> None:
    """Strong and weak sources mixed: the cumulant alone hides the weak ones, in white coordinates all are found."""
    rng = np.random.default_rng(5)
    sources = np.hstack([rng.laplace(size=(20_000, 2)), rng.uniform(-1, 1, (20_000, 2))])
    mixing = rng.standard_normal((4, 4)) * [3.0, 2.0, 1.0, 0.7]
    X = sources @ mixing.T
    W, back = whitening(X)
    Y = (X - X.mean(axis=0)) @ W
    found = tdbook.waring(from_samples(Y, 4, noise=1.0), 4)
    columns = back @ found.tensor.factors

    def angles(columns: np.ndarray) -> np.ndarray:
        unit = columns / np.linalg.norm(columns, axis=0)
        cosines = np.abs((mixing / np.linalg.norm(mixing, axis=0)).T @ unit).max(axis=1)
        return np.degrees(np.arccos(np.minimum(cosines, 1.0)))

    assert angles(columns).max() < 10
    covariance = np.cov(X.T, bias=True)
    pairs = np.einsum("ab,cd->abcd", covariance, covariance)
    cumulant = from_samples(X, 4, centered=True).to_dense() - sum(
        pairs.transpose(axes) for axes in ((0, 1, 2, 3), (0, 2, 1, 3), (0, 2, 3, 1))
    )
    assert angles(tdbook.waring(DenseSymmetric(cumulant, symmetrize=True), 4).tensor.factors).max() > 10
