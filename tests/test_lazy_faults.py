"""Direct second opinions on the coordinates of the lazy span."""

import math
from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest

from tdbook.lazy import (
    components_forced,
    coordinates,
    error_bounds,
    expected_displacement,
    lazy_error,
    lazy_errors,
    moment_matrix,
    moment_spectrum,
    span,
    squared_errors,
    tangent_matrix,
)
from tdbook.lazy import rank as lazy_rank
from tdbook.tensors import monomials, symmetric_dimension
from tests.support.refusals import refused


@pytest.mark.parametrize(("d", "order"), [(2, 2), (3, 3), (4, 3), (3, 5), (1, 4)])
def test_tangents_meet_powers_as_derivatives_do(d, order):
    """<v^{(x) l}, P_sym(u^{(x) l-1} (x) e_q)> = <u, v>^{l-1} v_q, for every column and every q."""
    rng = np.random.default_rng(order)
    U, V = rng.standard_normal((d, 3)), rng.standard_normal((d, 4))
    found = coordinates(V, order).T @ tangent_matrix(U, order)
    inner = (V.T @ U) ** (order - 1)
    wanted = np.stack([inner[:, i] * V[q] for i in range(3) for q in range(d)], axis=1)
    assert np.allclose(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.second_opinion("tdbook.tensors.symmetric_dimension")
@pytest.mark.parametrize(("d", "order"), [(1, 3), (2, 4), (3, 3), (4, 2), (3, 0)])
def test_monomials_are_counted_one_by_one(d, order):
    listed = [alpha for alpha in product(range(order + 1), repeat=d) if sum(alpha) == order]
    assert symmetric_dimension(d, order) == len(listed)
    assert sorted(map(tuple, monomials(d, order).tolist())) == sorted(listed)


@pytest.mark.parametrize(("d", "order"), [(2, 2), (5, 3), (4, 4), (7, 2), (30, 3)])
def test_bounds_and_components_forced_in_exact_fractions(d, order):
    size = math.comb(d + order - 1, order)
    kappa = math.prod((Fraction(d + i, d + 2 * i) for i in range(order)), start=Fraction(1))
    for rank in (0, 1, size // 2, size):
        share = Fraction(rank, size)
        assert error_bounds(d, order, rank) == (float(kappa * (1 - share)), float(1 - kappa * share))
    for error in (0.0, 0.125, 0.25, 0.5, 0.75, 2.0):
        # the least number of components that the inequality lets through, counted up one by one
        least = next(m for m in range(size + 1) if d * m >= (1 - Fraction(error) / kappa) * size)
        assert components_forced(d, order, error) == least
    assert components_forced(d, order, 2.0) == 0 < components_forced(d, order, 0.0)


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


def test_levels_are_named_by_their_degree():
    assert [level.degree for level in moment_spectrum(5, 4)] == [4, 2, 0]
    assert [level.degree for level in moment_spectrum(5, 3)] == [3, 1]


def test_seeds_of_exact_ranks():
    assert lazy_rank.exceptional_certificate(4, 4) == lazy_rank.exceptional_certificate(4, 4, 0)
    for order in (3, 4):
        ranks = lazy_rank.tangent_ranks(5, order, 3)
        assert np.array_equal(ranks, lazy_rank.tangent_ranks(5, order, 3, 0))
        assert ranks.tolist() == [5, 10, 15]


def test_integers_of_any_size_have_their_residues():
    """Beyond 2^53 a float no longer holds an integer: python's own arithmetic says what the residues are."""
    p = lazy_rank.PRIME
    large = [[2**62 + 1, 3 * 10**18 + 7], [-(2**61) - 5, 11]]
    small = [[x % p for x in row] for row in large]
    assert np.array_equal(lazy_rank.integer_tangents(large, 3), lazy_rank.integer_tangents(small, 3))
    assert np.array_equal(
        lazy_rank.integer_tangents(np.array(small, dtype=np.uint32), 3), lazy_rank.integer_tangents(small, 3)
    )
    with refused("U"):
        lazy_rank.rank_of([[p], [2 * p]], 3)
    with refused("U", TypeError):
        lazy_rank.rank_of([[0.5]], 3)
    with refused("U", TypeError):
        lazy_rank.rank_of(np.array([["x"]]), 3)


def test_a_zero_column_is_named_by_its_place():
    U = np.array([[0.1, 0.2, 0.0], [0.1, 0.2, 0.0]])
    with refused("U"):
        lazy_errors(U, 3)
    with refused("order"):
        coordinates(U, 0)


def test_exponents_are_shared_and_cannot_be_written_to():
    assert monomials(3, 2) is monomials(3, 2)
    with pytest.raises(ValueError, match="read-only"):
        monomials(3, 2)[0, 0] = 7
