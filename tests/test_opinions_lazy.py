"""The lazy rooms against quadrature on the sphere, arrays of all entries, NumPy's ranks and exact fractions."""

import math
from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import factorial2, gamma

from tdbook import lazy, tensors
from tdbook.lazy import Start, lazy_descent, paired_start, reduce_blocks, shifted_target
from tdbook.lazy import moments as lazy_moments
from tdbook.lazy import rank as lazy_rank
from tdbook.tables import prefixes as lazy_table
from tdbook.tensors import random_target, random_unit_vectors
from tests.support import dense


def sphere_mean(d, order):
    """Points of the sphere with weights that integrate polynomials of degree 2l: a Gaussian grid, by lengths."""
    x, w = np.polynomial.hermite_e.hermegauss(order + 1)
    w = w / math.sqrt(2 * math.pi)
    points, weights = np.array(list(product(x, repeat=d))).T, np.prod(list(product(w, repeat=d)), axis=1)
    # E |g|^{2l} is what a Gaussian has more than the sphere, for forms of degree 2l
    return points, weights * 2.0**-order * gamma(d / 2) / gamma(d / 2 + order)


def full_moments(d, order):
    """E vec(u^{(x) l}) vec(u^{(x) l})^T on all d^l entries."""
    points, weights = sphere_mean(d, order)
    powers = np.array([dense.power(u, order).ravel() for u in points.T])
    return powers.T @ (weights[:, None] * powers)


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


@pytest.mark.second_opinion("tdbook.tensors.multinomials")
@pytest.mark.parametrize("alpha", [(3, 0), (2, 1), (1, 1, 2), (2, 2, 1)])
def test_multinomials_count_words(alpha):
    word = [letter for letter, times in enumerate(alpha) for _ in range(times)]
    assert tensors.multinomials(np.array([alpha]))[0] == len(set(permutations(word)))


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


# --- ranks ------------------------------------------------------------------------------------------------------------


@pytest.mark.second_opinion("tdbook.lazy.reduce_blocks")
def test_reduced_blocks_have_numpys_ranks_and_the_distances_from_the_span():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((9, 12))
    A[:, 3:5] = A[:, :2] @ rng.standard_normal((2, 2))  # a block that brings only one new direction
    A[:, 6:9] = A[:, :3] + A[:, 3:6]
    B = rng.standard_normal((9, 4))
    found = reduce_blocks(A.copy(), B.copy(), 3)
    assert list(found.ranks) == [np.linalg.matrix_rank(A[:, :k]) for k in (3, 6, 9, 12)] == [3, 4, 4, 7]
    rest = B - A @ np.linalg.lstsq(A, B, rcond=1e-12)[0]
    assert np.linalg.norm(found.rotated[7:], axis=0) == pytest.approx(np.linalg.norm(rest, axis=0), rel=1e-12)
    assert np.linalg.norm(found.rotated, axis=0) == pytest.approx(np.linalg.norm(B, axis=0), rel=1e-12)
    assert found.most_dropped < 1e-13 < 1e-3 < found.least_kept


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


@pytest.mark.second_opinion("tdbook.tables.prefixes.random_prefixes")
def test_the_table_by_inner_products():
    """random_prefixes by the Gram route, from columns that NumPy draws one by one."""
    rng = np.random.default_rng(3)
    drawn = [rng.standard_normal(5) for _ in range(6)]
    U = np.array([g / np.linalg.norm(g) for g in drawn]).T
    found = lazy_table.random_prefixes(5, 3, 6, seed=3)
    assert found.errors == pytest.approx([lazy.lazy_error(U[:, :k], 3, "gram") for k in range(1, 7)], abs=1e-10)


# --- descent ----------------------------------------------------------------------------------------------------------


@pytest.mark.second_opinion("tdbook.lazy.lazy_descent", "tdbook.lazy.paired_start")
@pytest.mark.parametrize("order", [2, 3, 4])
def test_lazy_descent_on_all_entries(order):
    start, target, alpha, eta = paired_start(3, 2, rng=order), random_target(3, 2, order, rng=1), 3.0, 0.05
    goal = dense.tensor(target.weights, target.factors, order)
    U, c = start.U.copy(), start.c
    h = dense.tensor(c, U, order)
    assert np.abs(h).max() < 1e-15
    assert np.abs(start.model(alpha, order).to_dense() - alpha * h).max() < 1e-15
    run = lazy_descent(start, target, alpha, [1, 7, 30], eta)
    for k in range(31):
        if k in run.steps:
            row = list(run.steps).index(k)
            T = dense.tensor(alpha * c, U, order)
            assert run.losses[row] == pytest.approx(0.5 * np.sum((T - goal) ** 2), rel=1e-11)
            assert run.moved[row] == pytest.approx(np.linalg.norm(U - start.U) / np.linalg.norm(start.U), abs=1e-13)
        U = U - eta * dense.vanilla_gradient(U, alpha * c, goal)[0] / alpha**2
    assert run.slow_time == pytest.approx(eta * np.array([0, 1, 7, 30]) / 9)


@pytest.mark.second_opinion("tdbook.lazy.shifted_target", "tdbook.lazy.Start")
@pytest.mark.parametrize("order", [2, 3, 4])
def test_a_shifted_target_on_all_entries(order):
    rng = np.random.default_rng(0)
    start, target = Start(rng.standard_normal((3, 2)), rng.standard_normal(2)), random_target(3, 2, order, rng=1)
    wanted = dense.tensor(target.weights, target.factors, order) + 2.5 * dense.tensor(start.c, start.U, order)
    assert np.abs(shifted_target(start, target, 2.5).to_dense() - wanted).max() < 1e-13
    assert np.abs(start.model(2.5, order).to_dense() - 2.5 * dense.tensor(start.c, start.U, order)).max() < 1e-13
