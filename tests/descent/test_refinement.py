"""Tests of ``tdbook.descent.refinement``."""

import numpy as np
import pytest

import tdbook
from tdbook.decomposition import decompose, largest_angle, local_search, merge, polish, rank_lower_bound
from tdbook.decomposition.lbfgs import SignedPowers
from tdbook.tensors import DenseSymmetric, SymmetricCP, random_target
from tests.support.beyond import entries


@pytest.mark.second_opinion("tdbook.decomposition.merge", "tdbook.decomposition.polish")
@pytest.mark.parametrize("order", [3, 4])
def test_atoms_on_all_entries(order):
    target = random_target(3, 2, order, rng=3)
    split = SymmetricCP(np.append(target.weights / 2, target.weights / 2), np.hstack([target.factors] * 2), order)
    assert np.abs(entries(merge(split)) - entries(target)).max() < 1e-13
    rough = SymmetricCP(0.95 * target.weights, target.factors + 0.02, order)
    assert np.linalg.norm(entries(polish(rough, target)) - entries(target)) < 1e-12


@pytest.mark.parametrize("size", [1e-250, 1e-100, 1e100, 1e250])
def test_refinement_at_any_scale(size):
    target = random_target(5, 2, 4, "mixed-sign", rng=1)
    result = decompose(target.scaled(size), 6, rng=0, refine=True, progress=False)
    assert result.converged and result.tensor.rank == 2
    apart = result.tensor.scaled(1 / size).distance(target)
    assert apart < 1e-13
    ends = [local_search(T, 4, 0, patient=True).distance(T) / T.norm() for T in (target, target.scaled(size))]
    assert ends[1] == pytest.approx(ends[0], rel=1e-3, abs=1e-12)


def found(target, seed):
    return decompose(target, rng=seed, refine=True, progress=False)


@pytest.mark.parametrize("order", [3, 4])
@pytest.mark.parametrize("kind", ["orthogonal", "correlated", "dependent", "mixed-sign", "generic"])
@pytest.mark.parametrize(("dimension", "rank"), [(10, 3), (10, 5), (100, 3), (1000, 3)])
def test_ten_digits_with_as_few_components_as_the_data_need(order, kind, dimension, rank):
    for seed in range(2):
        target = random_target(dimension, rank, order, kind, rng=seed)
        result = found(target, seed + 50)
        assert result.converged
        assert result.error <= 1e-10
        assert result.tensor.distance(target) <= 1e-10
        assert rank_lower_bound(target) <= result.tensor.rank <= rank
        if kind != "dependent":  # then the decomposition is unique, by Kruskal's theorem
            assert result.tensor.rank == rank
            assert largest_angle(result.tensor, target) < 1e-6


def test_both_stages_are_in_the_history():
    target = random_target(30, 3, 3, rng=0)
    plain = decompose(target, rng=1, progress=False)
    result = found(target, 1)
    assert plain.history.refinement == []
    assert result.history.loss == plain.history.loss
    assert result.history.epochs == plain.history.epochs
    stages = result.history.refinement
    assert [record.stage for record in stages] == ["given", "merged", "polished"]
    assert stages[0].components == plain.tensor.rank
    assert stages[0].error == pytest.approx(plain.error, rel=1e-6)
    assert stages[-1].error == result.error
    assert "Reached relative error" in result.reason
    assert "Refined to 3 components" in result.reason


def test_dense_targets_and_other_scales():
    target = random_target(8, 3, 4, "mixed-sign", rng=2)
    for given in (DenseSymmetric(1e5 * target.to_dense()), target.scaled(1e-7)):
        result = found(given, 0)
        assert result.converged
        assert result.tensor.rank == 3
        assert result.tensor.distance(given) <= 1e-10 * given.norm()


def test_fewer_components_than_given_are_found():
    """Three cubes in the plane are two cubes, or their difference is: dependent targets of order 3 and rank 3."""
    ranks = [found(random_target(20, 3, 3, "dependent", rng=seed), seed).tensor.rank for seed in range(6)]
    assert set(ranks) <= {2, 3}
    assert 2 in ranks


def test_a_goal_out_of_reach_is_told():
    target = random_target(20, 4, 3, "orthogonal", rng=0)
    result = decompose(target, components=2, rng=0, epochs=2, refine=True, progress=False)
    assert not result.converged
    assert result.error > 0.1
    assert "at least 4 components are needed" in result.reason
    assert result.history.refinement[-1].error == result.error


@pytest.mark.parametrize("order", [3, 4, 5])
def test_the_loss_of_the_local_method_knows_its_gradient(order):
    rng = np.random.default_rng(order)
    fit = SignedPowers(random_target(5, 2, order, "mixed-sign", rng), np.array([1.0, -1.0, 1.0]))
    x, v = rng.standard_normal(15) / 2, rng.standard_normal(15)
    h = 1e-6
    value, gradient = fit.loss(x)
    assert value == pytest.approx(0.5 * fit.tensor(x).distance(fit.target) ** 2, rel=1e-12)
    numeric = (fit.loss(x + h * v)[0] - fit.loss(x - h * v)[0]) / (2 * h)
    assert gradient @ v == pytest.approx(numeric, rel=1e-6)


@pytest.mark.parametrize(
    ("order", "dimension", "rank", "kind"),
    [(3, 10, 5, "generic"), (3, 10, 10, "generic"), (3, 10, 12, "generic"), (4, 10, 8, "mixed-sign")],
)
def test_the_fewest_components_by_algorithm_1_too(order, dimension, rank, kind):
    target = random_target(dimension, rank, order, kind, rng=1)
    result = decompose(target, rng=0, refine=True, progress=False)
    assert result.converged and result.tensor.rank == rank
    assert result.tensor.distance(target) < 1e-10
    np.testing.assert_allclose(np.linalg.norm(result.tensor.factors, axis=0), 1.0, rtol=1e-12)


def noisy(seed, size):
    """Two components in dimension 5 with noise of a relative size."""
    target = random_target(5, 2, 3, rng=seed)
    noise = DenseSymmetric(np.random.default_rng(seed).standard_normal((5, 5, 5)), symmetrize=True)
    return DenseSymmetric(target.to_dense() + size * noise.array / noise.norm()), target


def test_a_goal_asks_for_the_fewest_components_within_it():
    given, truth = noisy(0, 0.05)
    result = decompose(given, rng=0, refine=True, goal=0.1, progress=False)
    assert result.converged and result.tensor.rank == 2
    assert result.tensor.distance(truth) < 0.1
    exact = decompose(given, rng=0, refine=True, progress=False)
    assert exact.tensor.rank > 5 and "noise" in exact.reason


def test_noise_is_not_answered_with_more_components():
    """With the true number of components the fit is the least-squares optimum: nothing else will do better."""
    given, _ = noisy(1, 0.1)
    result = decompose(given, components=2, rng=0, progress=False)
    assert not result.converged
    assert "noise" in result.reason and "more components" not in result.reason
    assert result.epochs < 30  # it stagnates
    assert result.error == pytest.approx(tdbook.waring(given, 2).error, rel=1e-2)


def test_the_number_of_components_has_a_floor():
    assert rank_lower_bound(random_target(9, 4, 3, rng=0)) == 4
    assert rank_lower_bound(random_target(9, 5, 4, "dependent", rng=0)) == 5
    assert rank_lower_bound(DenseSymmetric(random_target(6, 3, 4, rng=0).to_dense())) == 3
    assert rank_lower_bound(SymmetricCP([1.0, 1.0], np.ones((3, 2)), 3)) == 1


def test_local_methods_alone_lose_as_the_dimension_grows():
    """Order 4, m = 4r from random directions, relative error 0.05: L-BFGS as SciPy ends it, and Algorithm 1."""

    def reached(dimension, solve):
        targets = [random_target(dimension, 3, 4, "generic", rng=seed) for seed in range(10)]
        return sum(solve(target, seed).distance(target) <= 0.05 for seed, target in enumerate(targets))

    alone = {d: reached(d, lambda target, seed: local_search(target, 12, seed)) for d in (10, 1000)}
    assert alone[10] >= 9
    assert alone[1000] <= 6
    assert reached(1000, lambda target, seed: decompose(target, 12, rng=seed, progress=False).tensor) == 10


@pytest.mark.parametrize("patient", [False, True])
def test_local_search_runs_in_the_span_of_its_start(patient):
    """The same search in R^d, where the dense target sends it, ends at the same kind of point."""
    target = random_target(9, 2, 3, rng=0)
    inside = local_search(target, 3, 3, patient=patient)
    outside = local_search(DenseSymmetric(target.to_dense()), 3, 3, patient=patient)
    assert inside.distance(target) < 1e-3
    assert outside.distance(target) < 1e-3


def test_saved_and_loaded_with_both_stages(tmp_path):
    result = found(random_target(10, 2, 3, rng=0), 0)
    result.save(tmp_path / "run.npz")
    assert tdbook.load(tmp_path / "run.npz").history.refinement == result.history.refinement


@pytest.mark.parametrize("order", [3, 4])
def test_gathering_puts_split_atoms_together(order):
    basis = np.eye(3)
    flip = -1.0 if order == 3 else 1.0
    split = SymmetricCP(
        [0.5, flip * 0.3, 0.2, -0.4, 1e-9],
        np.column_stack([basis[0], -basis[0], basis[1], basis[2], basis[1] + basis[2]]),
        order,
    )
    atoms = merge(split).normalized()
    assert atoms.rank == 3
    assert atoms.distance(split) < 1e-6
    assert abs(atoms.weights[0]) == pytest.approx(0.8)
