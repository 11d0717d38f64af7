"""Tests of ``tdbook.lazy.moments``."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import factorial2, gamma

from tdbook import lazy, tensors
from tdbook.lazy import components_forced, error_bounds, lazy_errors, moment_spectrum, squared_errors, tangent_matrix
from tdbook.lazy import moments as lazy_moments
from tests.support.lazy import full_moments, start


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


def test_looking_at_the_target_breaks_the_lower_bound():
    U = start(8, 2, seed=9)
    target = U[:, :1]
    assert squared_errors(U, 3, target)[0] < 1e-25
    assert lazy_moments.error_bounds(8, 3, 16)[0] > 0.4


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


def test_levels_are_named_by_their_degree():
    assert [level.degree for level in moment_spectrum(5, 4)] == [4, 2, 0]
    assert [level.degree for level in moment_spectrum(5, 3)] == [3, 1]


SIZES = [(2, 2), (2, 3), (3, 3), (2, 5), (3, 4)]


@pytest.mark.second_opinion(
    "tdbook.lazy.moment_matrix", "tdbook.lazy.moment_spectrum", "tdbook.lazy.flatness", "tdbook.tensors.monomials",
)  # fmt: skip
@pytest.mark.parametrize(("d", "order"), SIZES)
def test_moments_on_all_entries_by_quadrature(d, order):
    """moment_matrix, moment_spectrum and flatness; monomials and multinomials count the equal entries."""
    M = full_moments(d, order)
    exponents = tensors.monomials(d, order)
    counts = tensors.multinomials(exponents)
    classes = {tuple(alpha): [] for alpha in exponents}
    for place, index in enumerate(product(range(d), repeat=order)):
        classes[tuple(np.bincount(index, minlength=d))].append(place)
    assert [len(classes[tuple(alpha)]) for alpha in exponents] == list(counts)
    first = [classes[tuple(alpha)][0] for alpha in exponents]
    wanted = np.sqrt(np.outer(counts, counts)) * M[np.ix_(first, first)]
    assert np.abs(lazy_moments.moment_matrix(d, order).toarray() - wanted).max() < 1e-14
    levels = lazy_moments.moment_spectrum(d, order)
    claimed = np.sort([float(level.eigenvalue) for level in levels for _ in range(level.multiplicity)])
    found = np.linalg.eigvalsh(M)[-len(claimed) :]
    assert np.abs(claimed - found).max() < 1e-14
    assert float(lazy_moments.flatness(d, order)) == pytest.approx(len(claimed) * found[0], rel=1e-12)


@pytest.mark.second_opinion("tdbook.lazy.error_bounds", "tdbook.lazy.components_forced")
@pytest.mark.parametrize(("d", "order"), SIZES)
def test_bounds_are_the_worst_and_the_best_span_of_one_eigenvalue(d, order):
    """low: every direction left out costs the least eigenvalue; high: every direction reached gains it."""
    size = math.comb(d + order - 1, order)
    least = np.linalg.eigvalsh(full_moments(d, order))[-size]
    for rank in range(size + 1):
        wanted = (least * (size - rank), 1 - least * rank)
        assert lazy_moments.error_bounds(d, order, rank) == pytest.approx(wanted, rel=1e-12, abs=1e-14)
    for error in (0.0, 0.01, 0.1, 0.3, 0.9):
        reached = [m for m in range(size + 1) if least * max(0, size - d * m) <= error * (1 + 1e-12)]
        assert lazy_moments.components_forced(d, order, error) == reached[0]


@pytest.mark.second_opinion("tdbook.lazy.odd_factorial")
@pytest.mark.parametrize("k", range(-1, 12))
def test_odd_factorials_are_scipys(k):
    assert lazy_moments.odd_factorial(k) == (factorial2(k, exact=True) if k >= 0 else 1)


@pytest.mark.second_opinion("tdbook.lazy.gaussian_to_sphere")
@pytest.mark.parametrize(("d", "degree"), [(1, 3), (2, 4), (5, 2), (7, 0), (3, 5)])
def test_the_step_from_gaussian_to_sphere_is_a_moment_of_the_length(d, degree):
    density = 2 ** (1 - d / 2) / gamma(d / 2)
    moment = quad(lambda x: density * x ** (2 * degree + d - 1) * math.exp(-x * x / 2), 0, 40)[0]
    assert lazy_moments.gaussian_to_sphere(d, degree) == pytest.approx(moment, rel=1e-9)
