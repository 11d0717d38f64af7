"""Tests of ``tdbook.lazy.rank``."""

import time
from fractions import Fraction
from itertools import combinations_with_replacement

import numpy as np
import pytest
from sympy import Matrix, diff, expand, symbols

from tdbook.lazy import PRIME, expected_rank, lazy_threshold, prefix_ranks, tangent_ranks
from tdbook.lazy import rank as lazy_rank
from tdbook.tensors import monomials, symmetric_dimension
from tests.support import dense
from tests.support.refusals import refused


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


def _determinant(x):
    a, b, c, d, e = x
    return a * (c * e - d * d) - b * (b * e - d * c) + c * (b * d - c * c)


def test_the_derivatives_of_the_hankel_form_by_exact_differences():
    for seed in range(5):
        x = [Fraction(int(t), 3) for t in np.random.default_rng(seed).integers(-9, 10, 5)]
        for k, slope in enumerate(lazy_rank._hankel_gradient(x)):

            def along(t, k=k, x=x):
                return _determinant([v + t * (i == k) for i, v in enumerate(x)])

            # a cubic in t: this combination is its derivative at 0, exactly
            assert slope == Fraction(8 * (along(1) - along(-1)) - (along(2) - along(-2)), 12)


@pytest.mark.second_opinion("tdbook.lazy.exceptional_certificate")
def test_a_certificate_with_another_quadric_does_not_hold(monkeypatch):
    original = lazy_rank.kernel_vector
    monkeypatch.setattr(lazy_rank, "kernel_vector", lambda matrix: [x + 1 for x in original(matrix)])
    for order, d in lazy_rank.EXCEPTIONS:
        if order == 4:
            assert lazy_rank.exceptional_certificate(d, order)[1] > 0


@pytest.mark.second_opinion("tdbook.lazy.expected_rank")
def test_the_generic_rank_on_all_entries():
    """expected_rank and tangent_ranks against NumPy's rank of the tangents of real columns."""
    for d, order, m in [(2, 3, 1), (2, 3, 4), (3, 3, 3), (3, 4, 4), (2, 5, 2), (3, 4, 5)]:
        U = np.random.default_rng(0).standard_normal((d, m))
        A = np.array([dense.moved_slot(u, e, order).ravel() for u in U.T for e in np.eye(d)])
        rank = np.linalg.matrix_rank(A, tol=1e-9)
        assert lazy_rank.tangent_ranks(d, order, m)[-1] == rank
        assert lazy_rank.expected_rank(d, order, m) - rank == (((order, d) in lazy_rank.EXCEPTIONS) and m == 5)


LARGEST = {2: 12, 3: 11, 4: 7, 5: 6, 6: 5}


@pytest.mark.second_opinion("tdbook.lazy.lazy_threshold", "tdbook.lazy.tangent_ranks", "tdbook.lazy.expected_rank")
def test_hundreds_of_ranks_in_seconds():
    before, count, short = time.process_time(), 0, set()
    for order, largest in LARGEST.items():
        for d in range(1, largest + 1):
            threshold = lazy_threshold(d, order)
            ranks = tangent_ranks(d, order, threshold + 1)
            size = symmetric_dimension(d, order)
            assert ranks[threshold - 1] == size
            assert threshold == 1 or ranks[threshold - 2] < size
            for m, rank in enumerate(ranks, start=1):
                assert rank <= expected_rank(d, order, m)
                if order == 2:
                    assert rank == (d * m - m * (m - 1) // 2 if m <= d else size)
                elif rank < expected_rank(d, order, m):
                    short.add((order, d, m, int(expected_rank(d, order, m) - rank)))
            count += len(ranks)
    assert count > 400
    assert time.process_time() - before < 20.0
    assert short == {(3, 5, 7, 1), (4, 3, 5, 1), (4, 4, 9, 1), (4, 5, 14, 1)}


def rational_rank(matrix):
    """Rank over the rationals by plain elimination with fractions."""
    rows = [[Fraction(int(value)) for value in row] for row in matrix]
    rank = 0
    for column in range(len(rows[0])):
        found = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if found is None:
            continue
        rows[rank], rows[found] = rows[found], rows[rank]
        for i in range(rank + 1, len(rows)):
            factor = rows[i][column] / rows[rank][column]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank


@pytest.mark.second_opinion("tdbook.lazy.rank_of", "tdbook.lazy.integer_tangents")
@pytest.mark.parametrize(("order", "dimension", "components"), [(3, 3, 3), (4, 3, 5), (3, 5, 7), (2, 4, 3), (5, 2, 2)])
def test_rank_modulo_the_prime_is_the_rational_rank(order, dimension, components):
    U = np.random.default_rng(4).integers(-4, 5, size=(dimension, components))
    U[0] = 1
    rows = [
        [
            int(alpha[q]) * int(np.prod([int(U[k, i]) ** (int(alpha[k]) - (k == q)) for k in range(dimension)]))
            if alpha[q]
            else 0
            for alpha in monomials(dimension, order)
        ]
        for i in range(components)
        for q in range(dimension)
    ]
    assert lazy_rank.rank_of(U, order) == rational_rank(rows)
    assert (lazy_rank.integer_tangents(U, order) == np.array(rows, dtype=object) % PRIME).all()


@pytest.mark.second_opinion("tdbook.lazy.prefix_ranks")
def test_prefix_ranks_against_fractions_and_extreme_residues():
    rng = np.random.default_rng(0)
    matrix = rng.integers(-3, 4, size=(8, 3)) @ rng.integers(-3, 4, size=(3, 9))
    assert list(prefix_ranks(matrix % PRIME)) == [rational_rank(matrix[:k]) for k in range(1, 9)]
    # residues p - 1 make the largest products: any overflow would show as a wrong rank
    full = np.full((40, 40), PRIME - 1, dtype=np.uint64)
    assert prefix_ranks(full)[-1] == 1
    a, b = rng.integers(1, PRIME, size=(2, 60, 30)).astype(object)
    assert prefix_ranks((a @ b.T % PRIME).astype(np.uint64))[-1] == 30
    assert prefix_ranks(np.zeros((3, 4), dtype=np.uint64))[-1] == 0


def test_thresholds():
    assert [lazy_threshold(d, 2) for d in (1, 2, 3, 10)] == [1, 2, 3, 10]
    assert [lazy_threshold(d, 3) for d in (1, 2, 3, 4, 5, 6, 30)] == [1, 2, 4, 5, 8, 10, 166]
    assert [lazy_threshold(d, 4) for d in (2, 3, 4, 5, 6)] == [3, 6, 10, 15, 21]
    assert lazy_threshold(10**6, 4) == -(-symmetric_dimension(10**6, 4) // 10**6)


@pytest.mark.parametrize(("order", "dimension"), lazy_rank.EXCEPTIONS)
def test_certificates_of_the_exceptions(order, dimension):
    for seed in range(3):
        components, gradient = lazy_rank.exceptional_certificate(dimension, order, seed)
        assert components == lazy_threshold(dimension, order) - 1
        assert gradient == 0


def test_certificate_on_the_curve_is_a_deficient_start():
    times = np.arange(-3, 4)
    curve = np.array([times**k for k in range(5)])
    assert lazy_rank.rank_of(curve, 3) == 34


def test_the_form_of_a_certificate():
    """What the certificates rest on: a quadric that is not zero and vanishes, and the determinant's derivatives."""
    rng = np.random.default_rng(1)
    for height, width in ((5, 6), (9, 10), (14, 15)):
        rows = [[Fraction(int(x)) for x in row] for row in rng.integers(-9, 10, size=(height, width))]
        rows[1] = [2 * x for x in rows[0]]  # dependent, so that a column without a pivot comes before the last
        for row in rows:
            row[2] = row[0] + row[1]
        vector = lazy_rank.kernel_vector(rows)
        assert any(vector)
        assert all(sum(a * b for a, b in zip(row, vector, strict=True)) == 0 for row in rows)
    x = symbols("x0:5")
    determinant = Matrix(3, 3, lambda i, j: x[i + j]).det()
    assert [expand(a - diff(determinant, b)) for a, b in zip(lazy_rank._hankel_gradient(list(x)), x, strict=True)] == [
        0
    ] * 5


@pytest.mark.parametrize("dimension", [3, 4, 5])
def test_a_wrong_quadric_is_no_certificate(dimension, monkeypatch):
    """Negative control: with a quadric that misses the points the gradient of its square is seen, and is right."""
    monkeypatch.setattr(lazy_rank, "kernel_vector", lambda matrix: [Fraction(k + 1) for k in range(len(matrix[0]))])
    m, found = lazy_rank.exceptional_certificate(dimension, 4, 3)
    points = np.random.default_rng(3).integers(-9, 10, size=(m, dimension))
    x = symbols(f"x0:{dimension}")
    pairs = combinations_with_replacement(range(dimension), 2)
    square = sum((k + 1) * x[i] * x[j] for k, (i, j) in enumerate(pairs)) ** 2
    slopes = [diff(square, a) for a in x]
    values = [abs(slope.subs(dict(zip(x, map(int, point), strict=True)))) for point in points for slope in slopes]
    assert found == max(values) > 0


def test_a_wrong_cubic_is_no_certificate(monkeypatch):
    seen = []
    monkeypatch.setattr(lazy_rank, "_hankel_gradient", lambda point: [seen.append(point) or point[1]])
    assert lazy_rank.exceptional_certificate(5, 3, 0)[1] == max(abs(point[1]) for point in seen) > 0
    times = [point[1] for point in seen]
    assert times == list(np.random.default_rng(0).choice(np.arange(-9, 10), size=7, replace=False))
    assert len(set(times)) == 7
    assert all(point == [t**k for k in range(5)] for t, point in zip(times, seen, strict=True))


def test_matrices_up_to_the_limit(monkeypatch):
    U = np.arange(1, 7).reshape(2, 3)  # d m D = 2 * 3 * 4
    monkeypatch.setattr(lazy_rank, "_MATRIX_LIMIT", 24)
    assert lazy_rank.integer_tangents(U, 3).dtype == np.uint64
    assert prefix_ranks(lazy_rank.integer_tangents(U, 3)).dtype == np.int64
    monkeypatch.setattr(lazy_rank, "_MATRIX_LIMIT", 23)
    with refused("U"):
        lazy_rank.integer_tangents(U, 3)


def test_refusals():
    with refused("components"):
        expected_rank(5, 3, 0)
    with refused("U"):
        lazy_rank.rank_of(np.arange(3), 3)
    with refused("U"):
        lazy_rank.rank_of([[1, 2], [3]], 3)
    with refused("order"):
        lazy_threshold(5, 1)
    with refused("components"):
        tangent_ranks(5, 3, 0)
    with refused("dimension", TypeError):
        lazy_threshold(2.5, 3)
    with refused("U", TypeError):
        lazy_rank.rank_of(np.eye(2), 3)
    with refused("U"):
        lazy_rank.rank_of(np.array([[1, PRIME], [1, 0]]), 3)
    with refused("dimension"):
        lazy_rank.exceptional_certificate(6, 3)
