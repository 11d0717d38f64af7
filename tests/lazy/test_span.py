"""Tests of ``tdbook.lazy.span``."""

import math
from fractions import Fraction
from itertools import permutations, product

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tdbook import lazy
from tdbook.lazy import (
    coordinates,
    expected_displacement,
    lazy_error,
    lazy_errors,
    moment_matrix,
    span,
    squared_errors,
    tangent_gram,
    tangent_matrix,
)
from tdbook.lazy import moments as lazy_moments
from tdbook.tensors import SymmetricCP, random_unit_vectors
from tests.support import dense
from tests.support.exact import column, dot, exact
from tests.support.lazy import full_moments, start
from tests.support.refusals import refused


@pytest.mark.parametrize("order", [3, 8])
def test_the_lazy_error_does_not_know_lengths(order):
    U = np.random.default_rng(order).standard_normal((4, 3))
    for route in ("basis", "gram"):
        unit = lazy.lazy_error(U, order, route)
        for sizes in (1e-12, 1e150, [1e-200, 1.0, 1e200]):
            assert lazy.lazy_error(U * sizes, order, route) == pytest.approx(unit, rel=1e-9)
    moved = [lazy.expected_displacement(U * size, 3) for size in (1.0, 1e-150)]
    assert moved[1] == pytest.approx(moved[0], rel=1e-9)


@pytest.mark.parametrize(("size", "order"), [(1e-12, 3), (1e-12, 8), (1e-20, 8), (1e20, 8)])
def test_gram_matrices_of_tiny_and_huge_columns(size, order):
    U = size * np.random.default_rng(1).standard_normal((3, 2))
    found = lazy.tangent_gram(U, order)
    A = lazy.tangent_matrix(U, order)
    with mpmath.workdps(60):
        u = [column(exact(U), i) for i in range(2)]
        for i in range(2):
            for j in range(2):
                inner = dot(u[i], u[j])
                for p in range(3):
                    for q in range(3):
                        wanted = inner ** (order - 2) * ((order - 1) * u[j][p] * u[i][q] + (inner if p == q else 0))
                        scale = (dot(u[i], u[i]) * dot(u[j], u[j])) ** (mpmath.mpf(order - 1) / 2)
                        assert abs(found[3 * i + p, 3 * j + q] - wanted / order) <= 1e-13 * scale
                        product = mpmath.fsum(
                            mpmath.mpf(float(x)) * mpmath.mpf(float(y))
                            for x, y in zip(A[:, 3 * i + p], A[:, 3 * j + q])
                        )
                        assert abs(product - wanted / order) <= 1e-12 * scale


@pytest.mark.second_opinion("tdbook.lazy.coordinates")
def test_coordinates_keep_inner_products():
    U, V = start(4, 3), start(4, 5, seed=1)
    np.testing.assert_allclose(lazy.coordinates(U, 3).T @ lazy.coordinates(V, 3), (U.T @ V) ** 3, atol=1e-14)


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


@pytest.mark.second_opinion("tdbook.lazy.tangent_gram", "tdbook.lazy.tangent_matrix")
@pytest.mark.parametrize(("order", "dimension", "components"), [(2, 3, 2), (3, 3, 3), (4, 3, 2), (5, 2, 2)])
def test_tangent_gram_against_dense_tensors(order, dimension, components):
    U = 1.7 * start(dimension, components)
    dense = dense_tangents(U, order)
    np.testing.assert_allclose(tangent_gram(U, order), dense.T @ dense, atol=1e-12)
    A = tangent_matrix(U, order)
    np.testing.assert_allclose(A.T @ A, dense.T @ dense, atol=1e-12)


SIZES = [(2, 2, 1), (2, 4, 2), (2, 5, 7), (3, 2, 2), (3, 5, 4), (3, 8, 3), (4, 3, 3), (4, 4, 6), (5, 3, 3), (6, 3, 4)]


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


def test_twenty_dimensions_in_one_factorisation():
    prefixes = lazy_errors(start(20, 77), 3)
    assert prefixes.ranks[-1] == 1540
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


@pytest.mark.parametrize(("d", "order"), [(2, 2), (3, 3), (4, 3), (3, 5), (1, 4)])
def test_tangents_meet_powers_as_derivatives_do(d, order):
    """<v^{(x) l}, P_sym(u^{(x) l-1} (x) e_q)> = <u, v>^{l-1} v_q, for every column and every q."""
    rng = np.random.default_rng(order)
    U, V = rng.standard_normal((d, 3)), rng.standard_normal((d, 4))
    found = coordinates(V, order).T @ tangent_matrix(U, order)
    inner = (V.T @ U) ** (order - 1)
    wanted = np.stack([inner[:, i] * V[q] for i in range(3) for q in range(d)], axis=1)
    assert np.allclose(found, wanted, rtol=1e-12, atol=1e-12)


def test_prefixes_count_columns_and_shares_of_the_space():
    U = np.random.default_rng(5).standard_normal((4, 6))
    found = lazy_errors(U, 3)
    assert list(found.components) == [1, 2, 3, 4, 5, 6]
    assert np.array_equal(found.shares, found.ranks / 20)
    assert found.shares[-1] == 1.0


def test_errors_of_single_targets_against_least_squares():
    rng = np.random.default_rng(6)
    d, m = 4, 3
    U, points = rng.standard_normal((d, m)), rng.standard_normal((d, 5))
    points /= np.linalg.norm(points, axis=0)
    rows = []
    for i, q in product(range(m), range(d)):
        plain = np.einsum("i,j,k->ijk", U[:, i], U[:, i], np.eye(d)[q])
        rows.append(sum(plain.transpose(p) for p in permutations(range(3))).ravel())
    tangents = np.array(rows).T
    for v, found in zip(points.T, squared_errors(U, 3, points), strict=True):
        power = np.einsum("i,j,k->ijk", v, v, v).ravel()
        rest = power - tangents @ np.linalg.lstsq(tangents, power)[0]
        assert found == pytest.approx(rest @ rest, rel=1e-10)


def test_displacement_of_each_prefix_against_the_pseudo_inverse():
    U = np.random.default_rng(7).standard_normal((3, 4))
    U /= np.linalg.norm(U, axis=0)
    A, M = 3 * tangent_matrix(U, 3), moment_matrix(3, 3).toarray()
    wanted = [np.trace(inverse @ M @ inverse.T) for inverse in (np.linalg.pinv(A[:, : 3 * k]) for k in range(1, 5))]
    assert np.allclose(expected_displacement(U, 3), wanted, rtol=1e-8)


def test_the_dense_route_is_taken_up_to_its_limit(monkeypatch):
    U = np.random.default_rng(8).standard_normal((4, 2))  # two columns: s = 2, four coordinates within their span
    by_basis, by_gram = (lazy_error(U, 3, route) for route in ("basis", "gram"))
    assert by_gram == pytest.approx(by_basis, rel=1e-9)
    monkeypatch.setattr(span, "_basis_error", lambda inside, order, d: -1.0)
    monkeypatch.setattr(span, "DENSE_LIMIT", 4)
    assert (lazy_error(U, 3), lazy_error(U, 3, "gram")) == (-1.0, by_gram)
    monkeypatch.setattr(span, "DENSE_LIMIT", 3)
    assert (lazy_error(U, 3), lazy_error(U, 3, "basis")) == (by_gram, -1.0)


def test_sizes_up_to_the_limits(monkeypatch):
    U = np.random.default_rng(9).standard_normal((4, 3))
    monkeypatch.setattr(span, "DENSE_LIMIT", 20)
    found = lazy_errors(U, 3)
    assert (found.dimension, found.order) == (4, 3)
    monkeypatch.setattr(span, "DENSE_LIMIT", 19)
    words = "U"
    with refused(words):
        lazy_errors(U, 3)
    monkeypatch.setattr(span, "_GRAM_LIMIT", 9)
    assert lazy_error(U, 3, "gram") == pytest.approx(found.errors[-1], rel=1e-9)
    monkeypatch.setattr(span, "_GRAM_LIMIT", 8)
    words = "U"
    with refused(words):
        lazy_error(U, 3, "gram")


def test_copies_of_columns_reach_no_further():
    """Eigenvalues of their Gram matrix that should be zero grow with its size, and so does what counts as zero."""
    U = np.random.default_rng(10).standard_normal((3, 2))
    assert lazy_error(np.repeat(U, 200, axis=1), 3, "gram") == pytest.approx(lazy_error(U, 3, "basis"), rel=1e-9)


def test_powers_of_high_order_keep_their_length():
    v = np.array([[0.6], [0.8]])
    assert np.linalg.norm(coordinates(v, 25)) == pytest.approx(1.0, rel=1e-12)


def test_a_zero_column_is_named_by_its_place():
    U = np.array([[0.1, 0.2, 0.0], [0.1, 0.2, 0.0]])
    with refused("U"):
        lazy_errors(U, 3)
    with refused("order"):
        coordinates(U, 0)


@pytest.mark.second_opinion(
    "tdbook.lazy.lazy_error", "tdbook.lazy.lazy_errors", "tdbook.lazy.squared_errors",
    "tdbook.lazy.expected_displacement", "tdbook.lazy.moment_gram",
)  # fmt: skip
@pytest.mark.parametrize(("d", "order", "m"), [(2, 3, 1), (3, 3, 2), (2, 4, 3), (3, 2, 2)])
def test_errors_and_displacements_on_all_entries(d, order, m):
    """Projection and moments as matrices of d^l rows: lazy_error, lazy_errors, squared_errors and the rest."""
    U = random_unit_vectors(d, m, np.random.default_rng(1))
    M = full_moments(d, order)
    for k in range(1, m + 1):
        A = np.array([dense.moved_slot(u, e, order).ravel() for u in U[:, :k].T for e in np.eye(d)]).T
        P = A @ np.linalg.pinv(A, rcond=1e-10)
        error = 1 - np.trace(P @ M)
        for route in ("basis", "gram"):
            assert lazy.lazy_error(U[:, :k], order, route) == pytest.approx(error, abs=1e-9)
        prefixes = lazy.lazy_errors(U, order)
        assert prefixes.errors[k - 1] == pytest.approx(error, abs=1e-12)
        assert prefixes.ranks[k - 1] == np.linalg.matrix_rank(A, tol=1e-9)
        B = np.linalg.pinv(order * A, rcond=1e-10)
        assert lazy.expected_displacement(U, order)[k - 1] == pytest.approx(np.trace(B @ M @ B.T), rel=1e-8)
        assert np.abs(lazy.moment_gram(U[:, :k], order) - A.T @ M @ A).max() < 1e-14
    v = random_unit_vectors(d, 3, np.random.default_rng(2))
    left = [np.sum((dense.power(x, order).ravel() @ (np.eye(d**order) - P)) ** 2) for x in v.T]
    assert lazy.squared_errors(U, order, v) == pytest.approx(left, abs=1e-12)
