"""``tdbook.waring``: what it promises of exact entries, of noise, of large inputs, and in words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tdbook.decomposition import METHODS, waring
from tdbook.tensors import (
    DenseSymmetric,
    SymmetricCP,
    from_polynomial,
    from_samples,
    random_target,
    random_unit_vectors,
)
from tdbook.tensors.symmetric_power import symmetric_power
from tests.support.refusals import refused


def full(tensor: SymmetricCP) -> DenseSymmetric:
    return DenseSymmetric(tensor.to_dense())


def noisy(truth: SymmetricCP, decibel: float, rng: np.random.Generator) -> DenseSymmetric:
    clean = truth.to_dense()
    power = symmetric_power(truth.dimension, truth.order)
    noise = power.entries(rng.standard_normal(power.size)).reshape(clean.shape)
    return DenseSymmetric(clean + noise * (np.linalg.norm(clean) / np.linalg.norm(noise) * 10 ** (-decibel / 20)))


def close(cosine: float, dimension: int, rank: int, order: int, seed: int) -> SymmetricCP:
    """Components with equal pairwise cosines."""
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky((1 - cosine) * np.eye(rank) + cosine)
    return SymmetricCP(
        rng.uniform(0.5, 1.5, rank), np.linalg.qr(rng.standard_normal((dimension, rank)))[0] @ root.T, order
    )


# --- exact entries ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "dimension", "rank", "kind"),
    [
        (3, 10, 10, "generic"),
        (3, 10, 8, "orthogonal"),
        (3, 10, 10, "correlated"),
        (3, 10, 12, "generic"),  # Koszul-Young, p = 1
        (3, 10, 15, "generic"),  # p = 2
        (4, 10, 10, "mixed-sign"),
        (4, 10, 30, "generic"),  # subspace power method
        (4, 10, 15, "dependent"),
        (5, 5, 12, "generic"),
        (6, 4, 12, "generic"),
    ],
)
def test_exact_entries_are_met_with_as_few_components_as_can_be(
    order: int, dimension: int, rank: int, kind: str
) -> None:
    for seed in range(3):
        truth = random_target(dimension, rank, order, kind, seed)
        found = waring(full(truth), rng=seed)
        assert found.converged and found.minimal and found.tensor.rank == found.lower_bound == rank
        assert found.tensor.distance(truth) < 1e-12 and found.error < 1e-12
        np.testing.assert_allclose(np.linalg.norm(found.tensor.factors, axis=0), 1.0, rtol=1e-12)
        assert (np.diff(np.abs(found.tensor.weights)) <= 0).all()


@pytest.mark.parametrize("order", [3, 4])
def test_close_components_are_told_apart(order: int) -> None:
    truth = close(0.98, 8, 6, order, 0)
    found = waring(full(truth))
    assert found.tensor.rank == 6 and found.unique
    assert found.tensor.distance(truth) < 1e-12 * truth.norm()


FORMS = {  # exponents to coefficients, the known real rank, whether the methods here prove it
    "x^2 y": ({(2, 1): 1.0}, 3, True),
    "x^3 y": ({(3, 1): 1.0}, 4, False),
    "x^2 y^2": ({(2, 2): 1.0}, 4, False),
    "x y z": ({(1, 1, 1): 1.0}, 4, True),
    "x y z w": ({(1, 1, 1, 1): 1.0}, 8, False),
    "Re z^3": ({(3, 0): 1.0, (1, 2): -3.0}, 3, True),
    "(x^2 + y^2)^2": ({(4, 0): 1.0, (2, 2): 2.0, (0, 4): 1.0}, 3, True),
    "e_3(x_1..x_4)": ({(1, 1, 1, 0): 1.0, (1, 1, 0, 1): 1.0, (1, 0, 1, 1): 1.0, (0, 1, 1, 1): 1.0}, 5, True),
    "x^3 + y^3": ({(3, 0): 1.0, (0, 3): 1.0}, 2, True),
}


@pytest.mark.second_opinion("tdbook.decomposition.waring")
@pytest.mark.parametrize("name", FORMS)
def test_forms_of_known_rank(name: str) -> None:
    terms, rank, proved = FORMS[name]
    found = waring(from_polynomial(terms))
    assert found.error < 1e-10 and found.tensor.rank == rank
    assert found.lower_bound <= rank and found.minimal is proved


@pytest.mark.parametrize("r", [1, 2, 3])
def test_trap_targets_have_two_r_plus_one_components(r: int) -> None:
    """e_1^3 - sum_j sym(3 e_1 e_j^2), Theorem 2 at order 3: 2 r + 1 components."""
    exponents = {(3, *[0] * r): 1.0}
    for j in range(r):
        exponents[tuple([1] + [2 * (k == j) for k in range(r)])] = -3.0
    found = waring(from_polynomial(exponents))
    assert found.error < 1e-10 and found.tensor.rank == 2 * r + 1


@pytest.mark.parametrize("method", METHODS)
def test_each_method_alone(method: str) -> None:
    truth = random_target(6, 5, 3, "generic", 1)
    if method == "koszul":
        truth = random_target(6, 7, 3, "generic", 1)
    found = waring(full(truth), method=method)
    assert found.tensor.rank == truth.rank and found.tensor.distance(truth) < 1e-12


def test_a_method_that_cannot_says_so() -> None:
    x2y = from_polynomial({(2, 1): 1.0})
    for method in ("pencil", "subspace", "koszul"):
        with refused(method):
            waring(x2y, method=method)


def test_uniqueness_is_claimed_only_where_a_theorem_says_so() -> None:
    assert waring(full(random_target(5, 5, 3, "generic", 0))).unique
    assert not waring(from_polynomial({(1, 1, 1): 1.0})).unique  # x y z has many
    assert not waring(full(random_target(5, 3, 2, "generic", 0))).unique  # so has every matrix


def test_matrices_are_their_eigenvectors() -> None:
    truth = random_target(6, 3, 2, "mixed-sign", 0)
    found = waring(full(truth))
    assert found.tensor.rank == 3 and found.minimal and found.error < 1e-14
    best = waring(full(truth), 1)
    values = np.sort(np.abs(np.linalg.eigvalsh(truth.to_dense())))
    assert best.error == pytest.approx(np.linalg.norm(values[:-1]), rel=1e-12)


@pytest.mark.parametrize("size", [1e-150, 1e150])
def test_the_size_of_the_target_does_not_matter(size: float) -> None:
    truth = random_target(5, 3, 3, "generic", 2)
    found = waring(full(truth).scaled(size))
    np.testing.assert_allclose(found.tensor.weights / size, waring(full(truth)).tensor.weights, rtol=1e-9)


def test_a_seed_gives_the_same_numbers() -> None:
    target = full(random_target(5, 8, 3, "generic", 3))
    one, two = waring(target, rng=4), waring(target, rng=np.random.default_rng(4))
    np.testing.assert_array_equal(one.tensor.factors, two.tensor.factors)


# --- inputs by components, and redundant ones -------------------------------------------------------------------


@pytest.mark.parametrize(("order", "dimension", "rank"), [(3, 10**4, 20), (4, 10**4, 20), (6, 1000, 10)])
@pytest.mark.parametrize("kind", ["generic", "mixed-sign"])
def test_large_dimensions_are_never_written_out(order: int, dimension: int, rank: int, kind: str) -> None:
    truth = random_target(dimension, rank, order, kind, 0)
    rng = np.random.default_rng(1)
    X = truth.factors @ rng.standard_normal((rank, 5))
    X, w = X / np.linalg.norm(X, axis=0), rng.standard_normal(5)
    redundant = SymmetricCP([*truth.weights, *w, *-w], np.hstack([truth.factors, X, X]), order)
    found = waring(redundant)
    assert found.tensor.rank == rank and found.minimal and found.tensor.distance(truth) < 1e-12


def test_an_input_with_the_fewest_components_comes_back() -> None:
    truth = random_target(30, 10, 3, "generic", 0)
    found = waring(truth)
    assert found.minimal and found.error < 1e-14 and "of the input" in found.method


def test_never_more_components_than_the_input_has() -> None:
    truth = random_target(4, 7, 3, "generic", 0)  # five do for a generic cubic in four variables
    found = waring(truth)
    assert found.error < 1e-10 and found.tensor.rank <= 7


def test_samples_of_few_numbers() -> None:
    X = np.random.default_rng(0).normal([1.0, 0.0, 2.0], 1.0, (20_000, 3))
    target = from_samples(X, 3)
    found = waring(target)
    assert found.error < 1e-10 and found.tensor.rank <= 5  # ten numbers
    moment = np.einsum("na,nb,nc->abc", X, X, X) / len(X)
    assert np.linalg.norm(found.tensor.to_dense() - moment) < 1e-9 * np.linalg.norm(moment)


# --- noise --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("order", "dimension", "rank"), [(3, 10, 4), (3, 5, 2), (4, 6, 3)])
@pytest.mark.parametrize("decibel", [20, 40])
def test_with_the_rank_given_a_fit_is_as_near_to_the_truth_as_the_oracle(
    order: int, dimension: int, rank: int, decibel: float
) -> None:
    from tdbook.decomposition import polish

    truth = random_target(dimension, rank, order, "generic", 1)
    target = noisy(truth, decibel, np.random.default_rng(2))
    found = waring(target, rank)
    assert found.converged and found.tensor.rank == rank and found.error > 1e-3
    assert found.tensor.distance(truth) <= 1.1 * polish(truth, target).distance(truth)
    assert found.standard_errors is not None and found.standard_errors.weights.shape == (rank,)
    assert waring(target, "bic").tensor.rank == rank


def test_a_tolerance_asks_for_the_fewest_components_within_it() -> None:
    truth = random_target(10, 4, 3, "generic", 5)
    target = noisy(truth, 30, np.random.default_rng(3))
    found = waring(target, tolerance=0.05)
    assert found.converged and found.tensor.rank == 4 and 1e-3 < found.error <= 0.05
    assert waring(target, 3).error > 0.05


def test_noise_taken_for_exact_entries_is_named() -> None:
    truth = random_target(5, 2, 3, "generic", 6)
    found = waring(noisy(truth, 30, np.random.default_rng(4)))
    assert found.tensor.rank * 5 >= math.comb(7, 3)  # as many parameters as entries
    assert "noise" in found.reason and "rank=2" in found.reason


def test_entries_rounded_to_float32_show_a_cliff() -> None:
    rounded = random_target(12, 5, 3, "generic", 7).to_dense().astype(np.float32).astype(float)
    found = waring(DenseSymmetric(rounded))
    assert found.tensor.rank == 5 and found.error < 1e-6 and not found.converged
    assert "rounding" in found.reason and "tolerance" in found.reason
    assert waring(DenseSymmetric(rounded), tolerance=1e-6).converged


def test_a_fit_without_an_optimum_is_named() -> None:
    found = waring(from_polynomial({(2, 1): 1.0}), 2)
    assert not found.converged and "border rank" in found.reason
    assert np.abs(found.tensor.weights).sum() > 10 * from_polynomial({(2, 1): 1.0}).norm()
    # two components of the same size that do have an optimum are not
    assert "border rank" not in waring(full(random_target(3, 3, 3, "orthogonal", 0)), 2).reason


def test_pure_noise_is_not_called_found() -> None:
    power = symmetric_power(6, 3)
    noise = power.entries(np.random.default_rng(8).standard_normal(power.size)).reshape(6, 6, 6)
    found = waring(DenseSymmetric(noise))
    assert "noise" in found.reason or not found.converged


# --- arguments ----------------------------------------------------------------------------------------------------


def test_arguments_that_do_not_go_together() -> None:
    target = random_target(4, 2, 3, "generic", 0)
    with refused("tolerance"):
        waring(target, 2, tolerance=0.1)
    with refused("method"):
        waring(target, 2, method="pencil")
    with refused("rank"):
        waring(target, "aic")
    with refused("rank"):
        waring(target, 0)
    with refused("tolerance"):
        waring(target, tolerance=1.0)
    with refused("method"):
        waring(target, method="magic")
    with refused("target"):
        waring(DenseSymmetric(np.zeros((3, 3, 3))))
    with refused("target"):
        waring(SymmetricCP([1.0, -1.0], [[1.0, 1.0], [2.0, 2.0]], 3))
    with refused("target", TypeError):
        waring(np.zeros((3, 3, 3)))  # type: ignore[arg-type]
    with refused("seconds"):
        waring(target, seconds=0)


def test_a_search_ends_when_the_time_is_over() -> None:
    rng = np.random.default_rng(9)
    hard = SymmetricCP(rng.uniform(0.5, 1.5, 60), random_unit_vectors(10, 60, rng), 4)
    found = waring(full(hard), seconds=0.5)
    assert found.seconds < 20
    assert found.converged or f"At least {found.lower_bound}" in found.reason


def test_samples_in_many_dimensions_stay_samples() -> None:
    """Two centres in 200 dimensions from 1000 noisy samples: 8 million entries are never formed."""
    rng = np.random.default_rng(11)
    centres = 2.0 * np.linalg.qr(rng.standard_normal((200, 2)))[0]
    X = centres[:, rng.integers(2, size=1000)].T + 0.05 * rng.standard_normal((1000, 200))
    found = waring(from_samples(X, 3), 2)
    assert found.converged
    cosines = np.abs(found.tensor.factors.T @ centres / 2.0).max(axis=0)
    assert (cosines > 0.99).all()
    whole = waring(from_samples(X, 3), seconds=2.0)  # as exact entries: nothing shorter, and that is said
    assert whole.error < 1e-10 and whole.tensor.rank <= 1000
