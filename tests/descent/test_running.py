"""Tests of ``tdbook.descent.running``."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy.optimize import least_squares, linear_sum_assignment, minimize

from tdbook import decomposition
from tdbook.decomposition import decompose
from tdbook.descent import Ambient, BufferedLoop, InLaw, StopReason, core_in_law, practical_settings, run
from tdbook.tensors import DenseSymmetric, SymmetricCP, random_target
from tests.support import dense
from tests.support.descent import settings_for
from tests.support.refusals import refused


@pytest.mark.parametrize("order", [3, 4])
def test_dense_target_gives_the_same_run(order):
    target = random_target(8, 2, order, "generic", 2)
    settings = settings_for(target, 6)
    direct = run(target, settings, 4)
    through_entries = run(DenseSymmetric(target.to_dense()), settings, 4)
    assert through_entries.error == pytest.approx(direct.error, rel=1e-8)
    assert np.allclose(through_entries.history.norms, direct.history.norms, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("kind", ["generic", "orthogonal", "dependent", "mixed-sign", "correlated"])
@pytest.mark.parametrize("order", [3, 4])
def test_decompose_finds_every_kind_of_target(kind, order):
    target = random_target(30, 3, order, kind, rng=11)
    reached = [decompose(target, accuracy=0.05, rng=seed, progress=False) for seed in range(10)]
    assert sum(result.converged for result in reached) >= 9
    for result in reached:
        assert result.error == pytest.approx(result.tensor.distance(target), rel=1e-9)
        assert result.tensor.rank == 12


def test_same_seed_same_run_and_no_global_state():
    target = random_target(10, 2, 3, rng=0)
    np.random.seed(1)  # noqa: NPY002 - the global state that must not matter
    first = decompose(target, 6, rng=3, progress=False)
    np.random.seed(2)  # noqa: NPY002 - the global state that must not matter
    second = decompose(target, 6, rng=np.random.default_rng(3), progress=False)
    assert np.array_equal(first.tensor.factors, second.tensor.factors)
    assert not np.array_equal(first.tensor.factors, decompose(target, 6, rng=4, progress=False).tensor.factors)


def test_stops_at_the_first_good_epoch_and_says_why():
    target = random_target(10, 2, 3, rng=0)
    result = decompose(target, 8, rng=1, progress=False)
    errors = [record.error for record in result.history.epochs]
    assert errors[-1] <= 0.05
    assert all(error > 0.05 for error in errors[:-1])
    assert result.stop is StopReason.ACCURACY
    assert (result.epochs, result.best_epoch) == (len(errors), len(errors))


def test_literal_runs_every_epoch_and_returns_the_last():
    target = random_target(10, 3, 3, rng=0)
    result = decompose(target, 3, rng=1, epochs=4, iterations=300, literal=True, progress=False)
    errors = [record.error for record in result.history.epochs]
    assert (len(errors), result.best_epoch) == (4, 4)
    assert result.error == errors[-1]
    assert result.stop is StopReason.AS_PRINTED


def test_interrupt_keeps_the_best_so_far(monkeypatch):
    target = random_target(10, 3, 3, rng=0)
    calls = 0
    original = BufferedLoop.step

    def interrupted(self):
        nonlocal calls
        calls += 1
        if calls > 500:
            raise KeyboardInterrupt
        original(self)

    monkeypatch.setattr(BufferedLoop, "step", interrupted)
    result = decompose(target, 3, accuracy=1e-6, rng=1, iterations=200, progress=False)
    assert result.stop is StopReason.INTERRUPTED
    assert result.epochs == 2
    assert result.error == min(record.error for record in result.history.epochs)


def test_interrupt_in_the_first_epoch_still_returns_a_run(monkeypatch):
    monkeypatch.setattr(BufferedLoop, "step", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
    result = decompose(random_target(5, 2, 3), rng=1, progress=False)
    assert (result.epochs, result.error, result.converged) == (0, 1.0, False)
    assert result.stop is StopReason.INTERRUPTED
    assert result.tensor.dimension == 5


TARGET = random_target(12, 2, 3, rng=1)


SETTINGS = replace(practical_settings(TARGET, 3, epochs=2, iterations=60), literal=True)


in_ambient_space, in_law = partial(run, space=Ambient), partial(run, space=InLaw)


def same(one, two):
    return one.history.loss == two.history.loss and np.array_equal(one.tensor.factors, two.tensor.factors)


@pytest.mark.parametrize(
    ("route", "target"), [(run, TARGET), (in_ambient_space, TARGET), (in_law, core_in_law(12, 2, 3, rng=1))]
)
def test_the_seed_is_zero_unless_another_is_given(route, target):
    assert same(route(target, SETTINGS), route(target, SETTINGS, 0))
    assert not same(route(target, SETTINGS), route(target, SETTINGS, 1))


@pytest.mark.parametrize(("route", "target"), [(run, TARGET), (in_law, core_in_law(12, 2, 3, rng=1))])
def test_progress_and_trace(route, target):
    seen = []
    whole = route(target, SETTINGS, 0, seen.append)
    assert seen == whole.history.epochs
    assert len(seen) == 2
    assert len(whole.history.time) > len(seen)
    assert route(target, SETTINGS, 0, trace=True).history.time == whole.history.time
    ends = route(target, SETTINGS, 0, trace=False)
    assert ends.history.time == [60, 120]
    assert ends.error == whole.error
    for wrong in (None, 1):
        with refused("trace", TypeError):
            route(target, SETTINGS, 0, trace=wrong)


class Bar:
    """A progress bar that is read by a test."""

    def __init__(self, **named):
        self.named, self.texts, self.count = named, [], 0
        Bar.last = self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def set_postfix_str(self, text):
        self.texts.append(text)

    def update(self):
        self.count += 1


@pytest.mark.parametrize(("progress", "disable"), [(None, None), (True, False), (False, True)])
def test_the_progress_bar(monkeypatch, progress, disable):
    monkeypatch.setattr("tqdm.tqdm", Bar)
    result = decompose(TARGET, 3, rng=0, epochs=3, iterations=60, literal=True, progress=progress)
    assert Bar.last.named == {"total": 3, "unit": "epoch", "disable": disable, "leave": False}
    assert Bar.last.count == 3
    assert Bar.last.texts == [f"error {record.error:.2e}" for record in result.history.epochs]


def test_a_run_stops_at_the_first_epoch_whose_error_is_the_accuracy():
    first = run(TARGET, SETTINGS).history.epochs[0].error
    for accuracy, epochs in ((first, 1), (first * (1 - 1e-12), 2)):
        assert run(TARGET, replace(SETTINGS, literal=False, accuracy=accuracy)).epochs == epochs


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
