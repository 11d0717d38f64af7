"""Each method alone, against what it is by definition."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import minimize

from tdbook.decomposition import koszul_young as koszul
from tdbook.decomposition import pencil as jennrich
from tdbook.decomposition.core import core_of
from tdbook.decomposition.flattening import DenseSubspace, flattening, tail_rank
from tdbook.decomposition.levenberg_marquardt import Objective, _conjugate_gradients, levenberg_marquardt, normal_matrix
from tdbook.decomposition.levenberg_marquardt import step as lm_step
from tdbook.decomposition.noise import best_fit, standard_errors
from tdbook.decomposition.polish import polish
from tdbook.decomposition.power_method import rank_one_elements
from tdbook.tensors import (
    DenseSymmetric,
    SymmetricCP,
    from_polynomial,
    random_target,
    random_unit_vectors,
)
from tdbook.tensors.symmetric_power import SymmetricPower, symmetric_power
from tests.support.refusals import refused


def unit(seed: int, dimension: int, rank: int, order: int, kind: str = "generic") -> SymmetricCP:
    return random_target(dimension, rank, order, kind, seed)


def full(tensor: SymmetricCP) -> DenseSymmetric:
    return DenseSymmetric(tensor.to_dense())


def noise_like(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Independent standard Gaussians on the orthonormal coordinates of a symmetric array."""
    power = symmetric_power(len(array), array.ndim)
    return power.entries(rng.standard_normal(power.size)).reshape(array.shape)


def matched(found: SymmetricCP, truth: SymmetricCP) -> np.ndarray:
    """For each component of the truth, the place of its nearest one in what was found."""
    cosines = np.abs(truth.factors.T @ found.factors) / np.linalg.norm(truth.factors, axis=0)[:, None]
    return cosines.argmax(axis=1)


# --- Sym^n ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("s", "n"), [(1, 3), (3, 1), (4, 2), (3, 3), (2, 4)])
def test_coordinates_keep_inner_products_and_contractions(s: int, n: int) -> None:
    rng = np.random.default_rng(n)
    power, X = SymmetricPower(s, n), rng.standard_normal((s, 5))
    assert power.size == math.comb(s + n - 1, n)
    np.testing.assert_allclose(power.powers(X).T @ power.powers(X), (X.T @ X) ** n, rtol=1e-12)
    V = rng.standard_normal((power.size, 5))
    arrays = power.entries(V).reshape((s,) * n + (5,))
    np.testing.assert_allclose(power.rows(power.entries(V)), V, rtol=1e-14)
    for axes in itertools.permutations(range(n)):
        np.testing.assert_array_equal(arrays.transpose(*axes, n), arrays)
    for j in range(5):
        contracted = arrays[..., j]
        for _ in range(n - 1):
            contracted = contracted @ X[:, j]
        np.testing.assert_allclose(power.contract(V, X)[:, j], contracted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_entries_as_a_matrix_product(order: int) -> None:
    target = unit(1, 4, 3, order)
    letters = "abcde"[:order]
    each = ",".join(f"{letter}r" for letter in letters)
    factors = [target.factors] * order
    right = np.einsum(f"r,{each}->{letters}", target.weights, *factors)
    np.testing.assert_allclose(target.to_dense(), right, atol=1e-15)


# --- flattenings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [3, 4, 5, 6])
@pytest.mark.parametrize("kind", ["generic", "dependent"])
def test_a_flattening_has_the_norm_of_the_tensor_and_is_the_same_without_entries(order: int, kind: str) -> None:
    target = unit(2, 5, 5, order, kind)
    core = core_of(target)
    formed = flattening(full(SymmetricCP(*core.tensor.components(), order)), 1e-10)
    implicit = flattening(core.tensor, 1e-10)
    for found in (formed, implicit):
        assert np.linalg.norm(found.singular) == pytest.approx(1.0, abs=1e-12)
        assert found.rank <= 5
    assert formed.rank == implicit.rank
    np.testing.assert_allclose(formed.singular[: formed.rank], implicit.singular[: formed.rank], rtol=1e-9)
    for found in (formed, implicit) if formed.rank == 5 else ():  # then the subspace holds every component's power
        X = core.basis.T @ (target.factors / np.linalg.norm(target.factors, axis=0))
        np.testing.assert_allclose(np.linalg.norm(found.left.coordinates(X), axis=0), 1.0, atol=1e-9)


def test_nearly_parallel_components_are_counted_without_squaring() -> None:
    close = np.array([[1.0, 1.0], [0.0, 1e-4]])
    target = SymmetricCP([1.0, -1.0], close / np.linalg.norm(close, axis=0), 3)
    core = core_of(target)
    assert flattening(core.tensor, 1e-10).rank == 2


def test_the_bound_at_a_tolerance_is_that_of_eckart_and_young() -> None:
    singular = np.array([3.0, 1e-2, 1e-3])
    assert [tail_rank(singular, t) for t in (1e-4, 5e-3, 2e-2, 4.0)] == [3, 2, 1, 0]
    # no fit of fewer components is nearer than the bound says
    target = full(unit(3, 4, 3, 4))
    core = core_of(target)
    for m in (1, 2):
        tail = np.linalg.norm(flattening(core.tensor, 0.0).singular[m:])
        assert best_fit(core, m, np.random.default_rng(0)).fit.error >= tail * (1 - 1e-12)


# --- the pencil -----------------------------------------------------------------------------------------------


def through_pencil(target: DenseSymmetric | SymmetricCP) -> jennrich.Pencil:
    core = core_of(target)
    found = flattening(core.tensor, 1e-10)
    assert jennrich.applies(core.tensor, found.rank)
    return jennrich.pencil(core.tensor, found, 1e-10, np.random.default_rng(0))


@pytest.mark.parametrize(("order", "dimension", "rank"), [(3, 6, 6), (4, 5, 5), (5, 4, 9), (6, 3, 5), (7, 3, 10)])
@pytest.mark.parametrize("dense", [True, False])
def test_the_pencil_finds_all_components(order: int, dimension: int, rank: int, dense: bool) -> None:
    target = unit(4, dimension, rank, order)
    outcome = through_pencil(full(target) if dense else target)
    core = core_of(target)
    cosines = np.abs((core.basis.T @ target.factors).T @ outcome.directions) if dense is False else None
    if cosines is None:
        cosines = np.abs(target.factors.T @ core_of(full(target)).basis @ outcome.directions)
    np.testing.assert_allclose(cosines.max(axis=1), 1.0, atol=1e-9)
    assert len(set(cosines.argmax(axis=1))) == rank


def form(terms: dict[tuple[int, ...], float]) -> DenseSymmetric:
    return from_polynomial(terms)


@pytest.mark.parametrize(
    ("terms", "word"),
    [
        ({(3, 0): 1.0, (1, 2): -3.0}, "complex"),  # Re z^3
        ({(2, 1): 1.0}, "defective"),
        ({(3, 1): 1.0}, "defective"),  # order 4
        ({(2, 1, 0): 1.0, (0, 1, 2): 1.0}, "complex"),  # y (x^2 + z^2)
    ],
)
def test_a_pencil_without_real_eigenvectors_proves_one_component_more(terms: dict, word: str) -> None:
    outcome = through_pencil(form(terms))
    assert outcome.directions is None and word in outcome.obstruction


@pytest.mark.parametrize("gap", [1e-1, 1e-2, 1e-3, 1e-4])
def test_close_components_are_no_obstruction(gap: float) -> None:
    """Real components, however close, must never count as a proof that their number is too small."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        x = rng.standard_normal((4, 3))
        x[:, 1] = x[:, 0] + gap * rng.standard_normal(4)
        target = SymmetricCP(rng.choice([-1.0, 1.0], 3), x / np.linalg.norm(x, axis=0), 3)
        core = core_of(full(target))
        found = flattening(core.tensor, 1e-10)
        if found.rank == 3:
            assert not jennrich.pencil(core.tensor, found, 1e-10, rng).obstruction


# --- the subspace power method ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dense", [True, False])
def test_the_power_method_finds_the_rank_one_elements_of_a_span(dense: bool) -> None:
    target = unit(6, 8, 20, 4)
    core = core_of(full(target) if dense else target)
    found = flattening(core.tensor, 1e-10)
    assert found.rank == 20
    X = core.basis @ rank_one_elements(found.left, np.random.default_rng(0), found)
    cosines = np.abs(target.factors.T @ X)
    assert len(set(cosines.argmax(axis=1))) == 20
    np.testing.assert_allclose(cosines.max(axis=1), 1.0, atol=1e-9)


def test_a_random_subspace_has_no_rank_one_element() -> None:
    power = symmetric_power(5, 2)
    basis = np.linalg.qr(np.random.default_rng(1).standard_normal((power.size, 6)))[0]
    assert rank_one_elements(DenseSubspace(power, basis), np.random.default_rng(0)).shape == (5, 0)


# --- Koszul-Young ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("order", [3, 5])
def test_a_component_has_rank_c_2p_p(p: int, order: int) -> None:
    s = 5 if order == 3 else 3 if p == 1 else 5
    stack = koszul.slices(unit(7, s, 1, order))
    P = np.linalg.qr(np.random.default_rng(2).standard_normal((s, 2 * p + 1)))[0]
    singular = np.linalg.svd(koszul.wedge(stack @ P, p), compute_uv=False)
    assert (singular > 1e-12 * singular[0]).sum() == math.comb(2 * p, p)
    # the norm that the bound at a tolerance divides by
    assert np.linalg.norm(singular) <= math.sqrt(math.comb(2 * p, p)) * (1 + 1e-12)


@pytest.mark.parametrize(("rank", "p"), [(9, 1), (10, 2)])
def test_the_kernel_leaves_the_span_of_the_powers(rank: int, p: int) -> None:
    target = unit(8, 7, rank, 3)
    outcome = koszul.koszul_young(core_of(full(target)).tensor, p, 1e-10, np.random.default_rng(0))
    assert outcome.lower_bound == rank and outcome.space is not None and outcome.space.rank == rank
    basis = core_of(full(target)).basis
    inside = np.linalg.norm(outcome.space.coordinates(basis.T @ target.factors), axis=0)
    np.testing.assert_allclose(inside, 1.0, atol=1e-8)


def test_the_bound_is_never_above_the_number_of_components() -> None:
    for seed in range(5):
        for rank in range(3, 10):
            tensor = core_of(full(unit(seed, 5, rank, 3))).tensor
            for p in (1, 2):
                bound = koszul.koszul_young(tensor, p, 1e-10, np.random.default_rng(seed)).lower_bound
                assert bound <= rank


# --- Levenberg-Marquardt ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [3, 4, 5])
def test_the_normal_matrix_is_that_of_the_derivative(order: int) -> None:
    """dT = sum_i sym(x_i^{l-1} y_i), each entry by polarisation of the powers themselves."""
    rng = np.random.default_rng(order)
    s, m = 3, 2
    X = random_unit_vectors(s, m, rng)
    columns = []
    for i in range(m):
        for a in range(s):
            y = np.eye(s)[a]
            outer = y
            for _ in range(order - 1):
                outer = np.multiply.outer(outer, X[:, i])
            columns.append(sum(outer.transpose(axes).ravel() for axes in itertools.permutations(range(order))))
    J = np.array(columns).T / math.factorial(order)
    np.testing.assert_allclose(normal_matrix(X, order), J.T @ J, atol=1e-13)
    pulled = rng.standard_normal((s, m))
    exact = np.linalg.solve(J.T @ J + 0.01 * np.eye(s * m), pulled.T.ravel()).reshape(m, s).T
    np.testing.assert_allclose(lm_step(X, order, pulled, 0.01), exact, rtol=1e-9)
    np.testing.assert_allclose(_conjugate_gradients(X, order, pulled, 0.01, 200)[0], exact, rtol=1e-7)


@pytest.mark.parametrize("kind", ["generic", "mixed-sign"])
@pytest.mark.parametrize("dense", [True, False])
def test_a_fit_ends_at_rounding_level(kind: str, dense: bool) -> None:
    target = unit(9, 6, 4, 4, kind)
    core = core_of(full(target) if dense else target)
    X = core.basis.T @ (target.factors / np.linalg.norm(target.factors, axis=0))
    start = X + 0.05 * np.random.default_rng(3).standard_normal(X.shape)
    fit = levenberg_marquardt(core.tensor, start / np.linalg.norm(start, axis=0))
    assert fit.error < 1e-14 and fit.stationary


@pytest.mark.second_opinion("tdbook.decomposition.polish")
@pytest.mark.parametrize("seed", range(3))
def test_a_fit_to_noise_is_the_least_squares_optimum_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = unit(seed, 5, 2, 3)
    clean = truth.to_dense()
    noise = noise_like(clean, rng)
    target = DenseSymmetric(clean + 0.1 * noise / np.linalg.norm(noise))
    size = target.norm()

    def loss(x: np.ndarray) -> float:
        X = x.reshape(5, 2)
        return float(np.sum((np.einsum("ai,bi,ci->abc", X, X, X) - target.array) ** 2))

    start = truth.factors * np.cbrt(truth.weights)
    right = np.sqrt(minimize(loss, start.ravel(), method="BFGS", options={"gtol": 1e-9}).fun) / size
    found = polish(truth, target)
    assert found.distance(target) / size == pytest.approx(right, rel=1e-6)


def test_errors_of_many_components_are_the_same_by_inner_products() -> None:
    rng = np.random.default_rng(4)
    samples = SymmetricCP(rng.uniform(0.5, 1.5, 600), random_unit_vectors(40, 600, rng), 3)
    samples = samples.scaled(1.0 / samples.norm())
    w, X = rng.standard_normal(3), random_unit_vectors(40, 3, rng)
    assert Objective(samples)._square == 1.0
    assert Objective(samples).error(w, X) == pytest.approx(SymmetricCP(w, X, 3).distance(samples), rel=1e-10)


def test_normalised_tensors_are_the_same_tensors() -> None:
    for order in (3, 4):
        given = SymmetricCP([0.5, -3.0, 2.0], np.random.default_rng(6).standard_normal((4, 3)) * 2, order)
        found = given.normalized()
        np.testing.assert_allclose(np.linalg.norm(found.factors, axis=0), 1.0, rtol=1e-14)
        assert (np.diff(np.abs(found.weights)) <= 0).all()
        assert found.distance(given) < 1e-13 * given.norm()
        assert (found.weights > 0).all() or order == 4
        assert (found.weights < 0).sum() == (0 if order == 3 else 1)


def test_polish_refuses_what_does_not_fit() -> None:
    target = unit(0, 5, 2, 3)
    with refused("start"):
        polish(unit(0, 4, 2, 3), target)
    with refused("start"):
        polish(SymmetricCP([1.0], [[0.0], [1.0]], 3), SymmetricCP([1.0], [[1.0], [0.0]], 3))
    with refused("start", TypeError):
        polish(full(target), target)  # type: ignore[arg-type]


# --- standard errors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [3, 4])
def test_standard_errors_are_those_of_repeated_noise(order: int) -> None:
    """Two hundred draws of the noise: the spread of weights and angles is what one draw says."""
    truth = SymmetricCP([3.0, 1.5], [[1.0, 0.6], [0.0, 0.8], [0.0, 0.0], [0.0, 0.0]], order)
    rng, clean = np.random.default_rng(10), truth.to_dense()
    weights, angles, said = [], [], []
    for _ in range(200):
        found = polish(truth, DenseSymmetric(clean + 0.02 * noise_like(clean, rng)))
        core = core_of(DenseSymmetric(clean + 0.02 * noise_like(clean, rng)))
        here = matched(found, truth)
        weights.append(found.weights[here])
        cosines = np.abs(np.einsum("ai,ai->i", truth.factors, found.factors[:, here]))
        angles.append(np.arccos(np.minimum(cosines, 1.0)))
        unit_found = levenberg_marquardt(core.tensor, core.basis.T @ truth.factors, progress=1e-6)
        errors = standard_errors(core, unit_found)
        assert errors is not None
        said.append((errors.weights, errors.angles))
    weights_said, angles_said = (np.mean([each[k] for each in said], axis=0) for k in (0, 1))
    np.testing.assert_allclose(np.std(weights, axis=0), weights_said, rtol=0.2)
    np.testing.assert_allclose(np.sqrt(np.mean(np.square(angles), axis=0)), angles_said, rtol=0.2)
    # a weight that is one standard deviation off in nine of ten draws would be no standard error
    assert 0.5 < np.mean(np.abs(np.array(weights) - truth.weights) < weights_said) < 0.85


def test_no_bound_is_above_the_components_that_a_tensor_has() -> None:
    """Clusters of directions, weights over seven decades, close pairs that cancel: the flattening and its pencil."""
    rng = np.random.default_rng(0)
    tried = 0
    for k in range(80):
        d, l, r = int(rng.integers(2, 6)), int(rng.integers(3, 7)), int(rng.integers(1, 6))
        x, w = rng.standard_normal((d, r)), rng.choice([-1.0, 1.0], r) * 10.0 ** rng.uniform(-1, 0, r)
        if k % 4 == 1:
            x = x[:, :1] + 10.0 ** rng.uniform(-4, 0) * x
        elif k % 4 == 2:
            w *= 10.0 ** rng.uniform(-6, 0, r)
        elif k % 4 == 3 and r > 1:
            x[:, 1] = x[:, 0] + 10.0 ** rng.uniform(-5, -1) * x[:, 1]
            w[:2] = 10.0 ** rng.uniform(0, 4) * np.array([1.0, -1.0])
        core = core_of(full(SymmetricCP(w, x / np.linalg.norm(x, axis=0), l)))
        found = flattening(core.tensor, 1e-10)
        assert found.rank <= r
        if found.rank == r and jennrich.applies(core.tensor, r):
            tried += 1
            assert not jennrich.pencil(core.tensor, found, 1e-10, rng).obstruction
    assert tried > 30
