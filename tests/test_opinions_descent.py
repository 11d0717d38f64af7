"""Algorithm 1 against a plain implementation on arrays of all entries, and what a run is finished with."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import least_squares, linear_sum_assignment, minimize

from tdbook import decomposition, descent
from tdbook.decomposition import refined
from tdbook.descent import Settings, coordinates, practical_settings, smallest_column
from tdbook.objectives import vanilla_model
from tdbook.tensors import DenseSymmetric, SymmetricCP, random_target
from tests.support import dense


@pytest.mark.second_opinion(
    "tdbook.descent.drive",
    "tdbook.descent.drive_epoch",
    "tdbook.descent.with_components",
    "tdbook.descent.with_fresh_component",
)
@pytest.mark.second_opinion(
    "tdbook.descent.initialize", "tdbook.descent.reinitialize",
    "tdbook.descent.step", "tdbook.descent.iterate", "tdbook.descent.run",
    "tdbook.descent.coordinates.Ambient",
)  # fmt: skip
@pytest.mark.parametrize(("order", "kind"), [(2, "generic"), (3, "generic"), (4, "mixed-sign"), (5, "generic")])
def test_algorithm_1_on_arrays_of_all_entries(order, kind):
    """initialize, reinitialize, step, iterate, run and Ambient, from the same random numbers."""
    target = random_target(4, 2, order, kind, rng=order)
    goal = dense.tensor(target.weights, target.factors, order)
    given = {"init_scale": 0.01, "regularization": 0.01, "literal": True}
    settings = practical_settings(target, 3, epochs=3, iterations=100, **given)
    # with longer steps fresh columns jump about, and one rounding grows to 1e-3; with these it stays below 1e-13
    settings = replace(settings, step_size=0.2 / settings.initial_kappa ** (order - 2))
    states = [s for s in descent.iterate(target, settings, 11) if s.iteration]
    plain = list(dense.algorithm(goal, settings, np.random.default_rng(11)))
    assert len(states) == len(plain) == 300
    for state, (U, a, c, c_hat, fresh) in zip(states, plain, strict=True):
        p = state.parameters
        assert np.abs(p.U - U).max() < 1e-11 * np.abs(U).max()
        assert (p.a == a).all() and list(state.fresh) == fresh
        assert np.allclose(p.c, c, rtol=1e-11, atol=0) and np.allclose(p.c_hat, c_hat, rtol=1e-11, atol=0)
    assert any(not all(fresh) for *_, fresh in plain)  # columns did switch
    U, a, c, *_ = plain[-1]
    final = dense.model(SimpleNamespace(U=U, a=a, c=c), order)
    for result in (descent.run(target, settings, 11), descent.run(target, settings, 11, space=descent.Ambient)):
        assert np.abs(result.tensor.to_dense() - final).max() < 1e-9
        assert result.error == pytest.approx(np.linalg.norm(final - goal), abs=1e-10)
        assert result.history.epochs[-1].loss == pytest.approx(
            dense.loss(SimpleNamespace(U=U, a=a, c=c, c_hat=plain[-1][3]), goal, 0.01), abs=1e-9
        )
    # negative control: another boost is another run
    other = list(dense.algorithm(goal, settings, np.random.default_rng(11), boost=1.0))[-1]
    if order > 2:
        assert not np.allclose(other[0], U, rtol=1e-3, atol=1e-6)


@pytest.mark.second_opinion("tdbook.objectives.vanilla_model")
@pytest.mark.parametrize("order", [2, 3, 4])
def test_vanilla_models_on_all_entries(order):
    rng = np.random.default_rng(order)
    U, c = rng.standard_normal((3, 4)), rng.standard_normal(4)
    assert np.abs(vanilla_model(U, c, order).to_dense() - dense.tensor(c, U, order)).max() < 1e-12


@pytest.mark.second_opinion("tdbook.descent.coordinates.Lossless", "tdbook.descent.coordinates.choose")
def test_lossless_coordinates_make_the_run_of_all_entries():
    """run turns to coordinates here: 3 + 2 of them in R^9."""
    target = random_target(9, 2, 3, rng=5)
    goal = dense.tensor(target.weights, target.factors, 3)
    settings = Settings(9, 3, 3, 50, 0.1, 0.01, 0.01, 0.05, literal=True)
    assert isinstance(coordinates.choose(target, 3, np.random.default_rng(0)), coordinates.Lossless)
    U, a, c, *_ = list(dense.algorithm(goal, settings, np.random.default_rng(2)))[-1]
    found = descent.run(target, settings, 2).tensor.to_dense()
    assert np.abs(found - dense.model(SimpleNamespace(U=U, a=a, c=c), 3)).max() < 1e-10


@pytest.mark.second_opinion("tdbook.decomposition.decompose", "tdbook.decomposition.refined")
def test_a_decomposition_is_as_near_as_it_says():
    target = random_target(6, 2, 3, rng=1).scaled(7.0)
    goal = dense.tensor(target.weights, target.factors, 3)
    result = decomposition.decompose(target, 6, rng=0, progress=False)
    error = np.linalg.norm(dense.tensor(result.tensor.weights, result.tensor.factors, 3) - goal) / np.linalg.norm(goal)
    assert result.error == pytest.approx(error, rel=1e-9)
    finer = refined(result, target)
    close = np.linalg.norm(dense.tensor(finer.tensor.weights, finer.tensor.factors, 3) - goal) / np.linalg.norm(goal)
    assert finer.error == pytest.approx(close, abs=1e-13)
    assert close < 1e-10 < error


@pytest.mark.second_opinion("tdbook.descent.Settings", "tdbook.descent.practical_settings")
def test_settings_by_hand():
    """d = 16, m = 5, K = 4: S = 12; the two bounds on delta as fractions of roots."""
    target = SymmetricCP([1.0, 1.0], np.eye(16)[:, :2], 4)
    s = practical_settings(target, 5, 0.09, epochs=4)
    assert s.initial_kappa == pytest.approx(12.0, rel=1e-15)
    assert s.switch_norm == pytest.approx(6.0 * s.init_scale, rel=1e-15, abs=0)
    assert (s.step_size, s.regularization) == pytest.approx((1 / 16, 0.3 * 0.09 / 4))
    light, gentle = 0.1 * 0.3 / (math.sqrt(45) * 12), 0.05 / (math.sqrt(45 / 4) * 144)
    assert s.init_scale == pytest.approx(0.1 * min(light, gentle), rel=1e-14, abs=0)
    assert practical_settings(target).components == 8
    # for order 3 and a small accuracy the other bound is the smaller one
    fine = practical_settings(SymmetricCP([1.0], np.eye(16)[:, :1], 3), 5, 1e-6, epochs=4)
    assert fine.init_scale == pytest.approx(0.1 * 0.1 * 1e-3 / (math.sqrt(45) * math.sqrt(12)), rel=1e-14, abs=0)


@pytest.mark.second_opinion("tdbook.descent.smallest_column")
def test_the_smallest_column_by_looking():
    rng = np.random.default_rng(0)
    for _ in range(50):
        norms = rng.choice([1.0, 1.0 + 1e-12, 1.5, 2.0, 3.0], size=6) * rng.choice([1e-12, 1.0])
        least = min(norms)
        assert smallest_column(norms) == next(i for i in range(6) if norms[i] - least <= 1e-9 * least)


# --- refinement -----------------------------------------------------------------------------------------------------


@pytest.mark.second_opinion("tdbook.decomposition.polish")
@pytest.mark.parametrize(("order", "kind"), [(3, "generic"), (4, "mixed-sign")])
def test_polish_ends_where_scipy_does_on_the_entries(order, kind):
    """A fit that is not exact: two components for a target of three, by least squares on all d^l entries."""
    target = random_target(3, 3, order, kind, rng=2)
    goal = dense.tensor(target.weights, target.factors, order)
    heavy = np.argsort(-np.abs(target.weights))[:2]
    start = SymmetricCP(target.weights[heavy], target.factors[:, heavy], order)
    signs = np.sign(start.weights)
    x = (start.factors * np.abs(start.weights) ** (1 / order)).ravel()

    def misfit(x):
        return (dense.tensor(signs, x.reshape(3, 2), order) - goal).ravel()

    best = least_squares(misfit, x, xtol=1e-15, ftol=1e-15, gtol=1e-15)
    found = decomposition.polish(start, target)
    assert np.linalg.norm(found.to_dense() - goal) == pytest.approx(math.sqrt(2 * best.cost), rel=1e-7)
    assert np.linalg.norm(misfit(x)) > 1.01 * math.sqrt(2 * best.cost)


@pytest.mark.second_opinion("tdbook.decomposition.local_search")
def test_local_search_ends_where_scipy_does_on_the_entries():
    target = random_target(3, 2, 3, rng=0)
    goal = dense.tensor(target.weights, target.factors, 3)

    def misfit(x):
        return 0.5 * np.sum((dense.tensor([1, 1, 1], x.reshape(3, 3), 3) - goal) ** 2)

    rng = np.random.default_rng(0)  # some starts end in a local minimum, and so does the search
    best = min(minimize(misfit, rng.standard_normal(9), tol=1e-14).fun for _ in range(5))
    found = decomposition.local_search(target, 3, 0, patient=True)
    assert best < 1e-9
    assert np.linalg.norm(found.to_dense() - goal) < 1e-10


@pytest.mark.second_opinion("tdbook.decomposition.rank_lower_bound")
@pytest.mark.parametrize("order", [2, 3, 4, 5])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_the_fewest_components_are_the_rank_of_an_unfolding(order, rank):
    target = random_target(4, rank, order, rng=rank)
    unfolding = target.to_dense().reshape(4 ** ((order + 1) // 2), -1)
    wanted = np.linalg.matrix_rank(unfolding, tol=1e-8)
    assert (
        decomposition.rank_lower_bound(target)
        == decomposition.rank_lower_bound(DenseSymmetric(target.to_dense()))
        == wanted
        == rank
    )


@pytest.mark.second_opinion("tdbook.decomposition.merge")
def test_merging_on_the_entries():
    e = np.eye(3)
    turned = np.column_stack([e[0], -e[0], e[1], e[2]])
    for order in (3, 4):
        tensor = SymmetricCP([1.0, 0.5, -2.0, 1e-6], turned, order)
        wanted = dense.tensor([1.0 + 0.5 * (-1) ** order, -2.0], e[:, :2], order)
        assert np.abs(decomposition.merge(tensor).to_dense() - wanted).max() < 1e-14


@pytest.mark.second_opinion("tdbook.decomposition.largest_angle")
def test_agreement_is_an_angle_up_to_sign():
    angle = 0.3
    one = SymmetricCP([1.0, 1.0], np.eye(2), 3)
    two = SymmetricCP([1.0, 2.0], [[-math.cos(angle), 0.0], [-math.sin(angle), 5.0]], 3)
    assert decomposition.largest_angle(one, two) == pytest.approx(angle, rel=1e-12)


@pytest.mark.second_opinion("tdbook.decomposition.refine_tensor")
def test_refining_finds_the_components_that_were_hidden():
    """By assignment of components on the entries: each found one is one of the target's."""
    target = random_target(5, 3, 3, rng=4)
    rng = np.random.default_rng(1)
    given = SymmetricCP(target.weights * 0.97, target.factors + 0.01 * rng.standard_normal((5, 3)), 3)
    outcome = decomposition.refine_tensor(given, target)
    found = outcome.tensor
    pieces = [[dense.tensor([w], u[:, None], 3) for w, u in zip(T.weights, T.factors.T)] for T in (found, target)]
    apart = np.array([[np.linalg.norm(x - y) for y in pieces[1]] for x in pieces[0]])
    assert apart[linear_sum_assignment(apart)].max() < 1e-8
    assert (
        outcome.error
        == outcome.records[-1].error
        == pytest.approx(np.linalg.norm(sum(pieces[0]) - sum(pieces[1])), abs=1e-13)
    )
