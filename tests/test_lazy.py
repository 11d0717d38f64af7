"""The lazy span and its exact expected error: two routes, known values, invariances, defective cases, refusals."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdbook import lazy, tensors
from tdbook.lazy import lazy_error, lazy_errors, squared_errors, tangent_gram, tangent_matrix
from tdbook.lazy import moments as lazy_moments
from tdbook.tensors import SymmetricCP, random_unit_vectors
from tests.support.refusals import refused

SIZES = [(2, 2, 1), (2, 4, 2), (2, 5, 7), (3, 2, 2), (3, 5, 4), (3, 8, 3), (4, 3, 3), (4, 4, 6), (5, 3, 3), (6, 3, 4)]


def start(dimension, components, seed=0):
    return random_unit_vectors(dimension, components, np.random.default_rng(seed))


def dense_tangents(U, order):
    """P_sym(u^{l-1} (x) e_q) as arrays of d^l entries, by averaging over the slot: no shortcut shared with tdbook."""
    d, m = U.shape
    columns = []
    for i, q in product(range(m), range(d)):
        total = np.zeros((d,) * order)
        for slot in range(order):
            tensor = np.ones(())
            for k in range(order):
                tensor = np.multiply.outer(tensor, np.eye(d)[q] if k == slot else U[:, i])
            total += tensor / order
        columns.append(total.ravel())
    return np.array(columns).T


@pytest.mark.parametrize(("order", "dimension"), [(1, 3), (2, 4), (3, 3), (3, 5), (4, 3), (5, 3), (6, 2), (3, 1)])
def test_spectrum_against_dense_eigenvalues(order, dimension):
    M = lazy_moments.moment_matrix(dimension, order).toarray()
    levels = lazy_moments.moment_spectrum(dimension, order)
    formula = [float(level.eigenvalue) for level in levels for _ in range(level.multiplicity)]
    np.testing.assert_allclose(np.linalg.eigvalsh(M), np.sort(formula), atol=1e-14)
    assert sum(level.eigenvalue * level.multiplicity for level in levels) == 1
    assert sum(level.multiplicity for level in levels) == tensors.symmetric_dimension(dimension, order)


def test_moment_matrix_against_samples_of_the_sphere():
    points = start(3, 400_000, seed=5)
    coordinates = lazy.coordinates(points, 3)
    sampled = coordinates @ coordinates.T / points.shape[1]
    np.testing.assert_allclose(sampled, lazy_moments.moment_matrix(3, 3).toarray(), atol=2e-3)


def test_flatness_in_closed_form():
    for d, order in [(1, 3), (5, 3), (10, 4), (100, 3)]:
        expected = math.prod((Fraction(d + i, d + 2 * i) for i in range(order)), start=Fraction(1))
        assert lazy_moments.flatness(d, order) == expected


@pytest.mark.second_opinion("tdbook.lazy.coordinates")
def test_coordinates_keep_inner_products():
    U, V = start(4, 3), start(4, 5, seed=1)
    np.testing.assert_allclose(lazy.coordinates(U, 3).T @ lazy.coordinates(V, 3), (U.T @ V) ** 3, atol=1e-14)


@pytest.mark.second_opinion("tdbook.lazy.tangent_gram", "tdbook.lazy.tangent_matrix")
@pytest.mark.parametrize(("order", "dimension", "components"), [(2, 3, 2), (3, 3, 3), (4, 3, 2), (5, 2, 2)])
def test_tangent_gram_against_dense_tensors(order, dimension, components):
    U = 1.7 * start(dimension, components)
    dense = dense_tangents(U, order)
    np.testing.assert_allclose(tangent_gram(U, order), dense.T @ dense, atol=1e-12)
    A = tangent_matrix(U, order)
    np.testing.assert_allclose(A.T @ A, dense.T @ dense, atol=1e-12)


def test_moment_gram_against_the_moment_matrix():
    for order, d, m in SIZES:
        U = start(d, m)
        A = tangent_matrix(U, order)
        expected = A.T @ (lazy_moments.moment_matrix(d, order) @ A)
        np.testing.assert_allclose(lazy.moment_gram(U, order), expected, atol=1e-15)


@pytest.mark.parametrize(("order", "dimension", "components"), SIZES)
def test_two_routes_agree(order, dimension, components):
    U = start(dimension, components, seed=2)
    basis, gram, prefix = lazy_error(U, order, "basis"), lazy_error(U, order, "gram"), lazy_errors(U, order).errors[-1]
    assert basis == pytest.approx(gram, abs=1e-10)
    assert basis == pytest.approx(prefix, abs=1e-13)  # the split along span U is not used by lazy_errors
    assert basis == lazy_error(U, order)


def test_nearly_parallel_columns():
    """Two columns at an angle t span, within their plane, a direction of size t^3 that is easily lost."""
    flat = np.array([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    reference = lazy_errors(flat, 3)  # all of Sym^3 of the plane, and u_i^2 (x) w across: no matter the angle
    for angle in (1e-1, 1e-2, 1e-3):
        prefixes = lazy_errors(flat * [[1.0, 1.0], [0.0, angle], [0.0, 0.0], [0.0, 0.0]], 3)
        assert prefixes.ranks[-1] == reference.ranks[-1] == 8
        assert prefixes.least_kept < 10 * angle**3  # a close call, and said so
        assert prefixes.most_dropped < 1e-14


def test_against_projection_and_dense_moments():
    """Third route: an SVD of all d^l entries, and samples of u*."""
    U, order = start(3, 2, seed=2), 3
    left, singular, _ = np.linalg.svd(dense_tangents(U, order), full_matrices=False)
    basis = left[:, singular > 1e-10]
    points = start(3, 200_000, seed=4)
    dense = np.einsum("in,jn,kn->ijkn", points, points, points).reshape(27, -1)
    squared = 1.0 - np.sum((basis.T @ dense) ** 2, axis=0)
    np.testing.assert_allclose(squared_errors(U, order, points[:, :50]), squared[:50], atol=1e-12)
    spread = squared.std() / math.sqrt(points.shape[1])
    assert abs(squared.mean() - lazy_error(U, order)) < 5 * spread


def test_one_column_by_hand():
    """m = 1: S_U holds u^l and u^{l-1} v; the share is E x^{2l} + l E x^{2l-2} (1 - x^2) for one coordinate x."""
    for d, order in [(10, 3), (7, 4), (50, 3)]:
        moment = math.prod(Fraction(2 * i + 1, d + 2 * i) for i in range(order))
        before = math.prod((Fraction(2 * i + 1, d + 2 * i) for i in range(order - 1)), start=Fraction(1))
        expected = 1 - float(moment + order * (before - moment))
        assert lazy_error(np.eye(d)[:, :1], order) == pytest.approx(expected, abs=1e-14)


def test_prefixes_are_the_errors_of_the_prefixes():
    U = start(6, 12, seed=7)
    prefixes = lazy_errors(U, 3)
    for m in (1, 4, 9, 10, 12):
        assert prefixes.errors[m - 1] == pytest.approx(lazy_error(U[:, :m], 3, "gram"), abs=1e-10)
        assert prefixes.ranks[m - 1] == np.linalg.matrix_rank(tangent_matrix(U[:, :m], 3), tol=1e-9)
    assert (np.diff(prefixes.errors) <= 1e-15).all()
    assert prefixes.errors[9] == 0.0  # 10 columns fill all 56 dimensions: zero, not rounding noise


@pytest.mark.parametrize(
    ("order", "dimension", "components", "rank"),
    [(3, 5, 7, 34), (4, 3, 5, 14), (4, 4, 9, 34), (4, 5, 14, 69), (2, 6, 4, 18)],
)
def test_defective_cases_keep_their_error(order, dimension, components, rank):
    """dm >= D, yet the span is short: an unpivoted QR of the generators reports a full span and no error."""
    U = start(dimension, components, seed=1)
    prefixes = lazy_errors(U, order)
    size = tensors.symmetric_dimension(dimension, order)
    assert prefixes.ranks[-1] == rank < size
    low, high = lazy_moments.error_bounds(dimension, order, rank)
    assert low <= prefixes.errors[-1] <= high
    assert low > 1e-3
    assert prefixes.least_kept > 1e6 * prefixes.most_dropped
    if order > 2:
        nested = np.linalg.qr(tangent_matrix(U, order))[0][:, :size]
        M = lazy_moments.moment_matrix(dimension, order).toarray()
        assert abs(1.0 - np.trace(nested.T @ M @ nested)) < 1e-10  # what it would have said


def test_repeated_and_dependent_columns():
    U = start(5, 3, seed=8)
    again = np.hstack([U, -2.0 * U[:, ::-1], U])
    assert lazy_error(again, 3) == pytest.approx(lazy_error(U, 3), abs=1e-12)
    assert lazy_error(again, 3, "gram") == pytest.approx(lazy_error(U, 3), abs=1e-10)
    assert list(lazy_errors(again, 3).ranks) == [5, 10, 15] + 6 * [15]


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 4), st.integers(2, 5), st.integers(1, 6), st.integers(0, 10**6))
def test_bounds_and_invariances(order, dimension, components, seed):
    rng = np.random.default_rng(seed)
    U = rng.standard_normal((dimension, components))
    prefixes = lazy_errors(U, order)
    for rank, error in zip(prefixes.ranks, prefixes.errors, strict=True):
        low, high = lazy_moments.error_bounds(dimension, order, int(rank))
        assert low - 1e-12 <= error <= high + 1e-12
    assert (prefixes.ranks <= dimension * prefixes.components).all()
    rotation = np.linalg.qr(rng.standard_normal((dimension, dimension)))[0]
    lengths = np.exp(rng.uniform(-5, 5, components))
    moved = (rotation @ U * lengths)[:, rng.permutation(components)]
    assert lazy_error(moved, order) == pytest.approx(prefixes.errors[-1], abs=1e-8)


def test_looking_at_the_target_breaks_the_lower_bound():
    U = start(8, 2, seed=9)
    target = U[:, :1]
    assert squared_errors(U, 3, target)[0] < 1e-25
    assert lazy_moments.error_bounds(8, 3, 16)[0] > 0.4


def test_large_dimension_through_inner_products():
    U = start(20_000, 6, seed=1)
    error = lazy_error(U, 3)
    assert error == pytest.approx(lazy_error(U, 3, "gram"), abs=1e-13)
    low, high = lazy_moments.error_bounds(20_000, 3, 120_000)
    assert low <= error <= high
    assert lazy_error(start(40, 6), 3, "gram") == pytest.approx(lazy_error(start(40, 6), 3, "basis"), abs=1e-12)


def test_expected_displacement_against_samples_and_peak():
    U = start(4, 12, seed=3)
    lengths = lazy.expected_displacement(U, 3)
    A = 3 * tangent_matrix(U[:, :2], 3)
    targets = lazy.coordinates(start(4, 20_000, seed=6), 3)
    sampled = np.sum((np.linalg.pinv(A) @ targets) ** 2, axis=0)
    assert abs(sampled.mean() - lengths[1]) < 5 * sampled.std() / math.sqrt(20_000)
    assert np.argmax(lengths) == 4  # m = 5 = D/d, the threshold
    assert lengths[4] > 10 * lengths[11]


def test_errors_agree_with_descent_on_a_tensor():
    """squared_errors is the distance of T* from the span: nothing in the span comes nearer."""
    U, order = start(4, 2, seed=1), 3
    u = start(4, 1, seed=2)
    A = tangent_matrix(U, order)
    target = lazy.coordinates(u, order)[:, 0]
    best = np.linalg.lstsq(A, target, rcond=None)[0]
    assert np.sum((A @ best - target) ** 2) == pytest.approx(squared_errors(U, order, u)[0], abs=1e-14)
    assert SymmetricCP([1.0], u, order).norm() == pytest.approx(1.0)


def test_thirty_dimensions_in_one_factorisation():
    prefixes = lazy_errors(start(30, 166), 3)
    assert prefixes.ranks[-1] == 4960
    assert prefixes.errors[-1] == 0.0
    assert prefixes.errors[-2] > 1e-4


@pytest.mark.parametrize(
    ("U", "order", "message"),
    [
        (np.array([[1.0, 0.0], [2.0, 0.0]]), 3, "U"),
        (np.eye(2), 1, "order"),
        (np.zeros((3, 0)), 3, "U"),
        (np.array([[1.0, np.nan]]), 3, "U"),
        (np.array([[np.inf], [1.0]]), 3, "U"),
        (np.ones(3), 3, "U"),
    ],
)
@pytest.mark.parametrize("function", [lazy_error, lazy_errors, lazy.expected_displacement])
def test_bad_starts_are_refused_in_one_line(function, U, order, message):
    with refused(message):
        function(U, order)


def test_other_bad_arguments():
    with refused("route"):
        lazy_error(np.eye(2), 3, "sampling")
    with refused("D = 171700"):
        lazy_errors(np.ones((100, 1)), 3)
    with refused("rank"):
        lazy_moments.error_bounds(3, 3, 11)
    with refused("points"):
        squared_errors(np.eye(3), 3, np.eye(2))
