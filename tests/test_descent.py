"""Algorithm 1: the readable step against the formulas, the fast loop against the readable one, and what runs do."""

import math
from dataclasses import replace

import numpy as np
import pytest

import tdbook
from tdbook.decomposition import decompose
from tdbook.descent import (
    BufferedLoop,
    Settings,
    StopReason,
    exact_gradient,
    initialize,
    iterate,
    practical_settings,
    reinitialize,
    run,
    step,
)
from tdbook.objectives import Parameters, frozen_gradient, model
from tdbook.tensors import DenseSymmetric, SymmetricCP, random_target
from tests.support.refusals import refused


def settings_for(target, m=6, **changes):
    return replace(practical_settings(target, m, 0.05, epochs=3, iterations=200), **changes)


def test_initial_components_are_as_printed():
    target = random_target(7, 2, 3)
    settings = settings_for(target, 500)
    state = initialize(settings, np.random.default_rng(0))
    p = state.parameters
    assert np.allclose(p.norms, settings.init_scale)
    assert np.allclose(p.c * p.norms, math.sqrt(7 * (500 + 3)))
    assert np.allclose(p.c_hat * p.norms, 1.0)
    assert set(p.a) == {-1.0, 1.0}
    assert abs(p.a.mean()) < 0.15
    assert np.abs((p.U / settings.init_scale).mean(axis=1)).max() < 0.07
    assert state.fresh.all()


def test_reinitialization_takes_the_smallest_and_the_first_of_equals():
    target = random_target(5, 2, 3)
    settings = settings_for(target, 4)
    state = initialize(settings, np.random.default_rng(1))
    again = reinitialize(state, settings, np.random.default_rng(2))
    assert again.reinitialized == 0
    U = state.parameters.U * np.array([3.0, 2.0, 1.0, 1.0 + 1e-12])
    state = replace(state, parameters=Parameters.two_homogeneous(U, state.parameters.a), fresh=np.zeros(4, dtype=bool))
    again = reinitialize(state, settings, np.random.default_rng(2))
    assert again.reinitialized == 2
    assert list(again.fresh) == [False, False, True, False]
    changed = np.any(again.parameters.U != U, axis=0)
    assert list(changed) == [False, False, True, False]
    assert again.parameters.norms[2] == pytest.approx(settings.init_scale)
    assert again.parameters.kappa[2] == pytest.approx(settings.initial_kappa)
    assert again.parameters.c_hat[2] * again.parameters.norms[2] == pytest.approx(1.0)


def test_a_step_is_the_frozen_gradient_step_and_the_coefficient_update():
    target = random_target(5, 2, 4, rng=3)
    settings = settings_for(target, 4, init_scale=1e-3)
    state = initialize(settings, np.random.default_rng(3))
    p = state.parameters
    after = step(state, exact_gradient(target, settings.regularization), settings)
    expected = p.U - settings.step_size * frozen_gradient(p, target, settings.regularization)
    assert np.allclose(after.parameters.U, expected, rtol=1e-13)
    assert np.allclose(after.parameters.kappa, p.kappa, rtol=1e-12)
    assert after.iteration == 1


def test_switch_happens_once_when_the_norm_first_passes_the_threshold():
    target = SymmetricCP([1.0], [[1.0], [0.0], [0.0]], 3)
    settings = settings_for(target, 1)
    threshold = settings.switch_norm
    assert threshold == pytest.approx(2 * math.sqrt(1 + 3) * settings.init_scale)
    just_below = Parameters.two_homogeneous([[threshold * (1 - 1e-9)], [0.0], [0.0]], [1.0], settings.initial_kappa)
    state = replace(initialize(settings, np.random.default_rng(0)), parameters=just_below)
    passed = step(state, exact_gradient(target, settings.regularization), settings)
    assert passed.parameters.norms[0] > threshold
    assert passed.parameters.kappa[0] == pytest.approx(1.0)
    assert (passed.switches, bool(passed.fresh[0])) == (1, False)
    back = replace(passed, parameters=Parameters.two_homogeneous(just_below.U, [1.0], 1.0))
    assert step(back, exact_gradient(target, settings.regularization), settings).switches == 1
    kept = step(state, exact_gradient(target, settings.regularization), replace(settings, switch=False))
    assert kept.parameters.kappa[0] == pytest.approx(settings.initial_kappa)


VARIANTS = [{}, {"reinitialize": False}, {"switch": False, "boost": 1.5}, {"boost": 1.0}, {"regularization": 0.0}]


@pytest.mark.parametrize("changes", VARIANTS, ids=[next(iter(v), "paper") for v in VARIANTS])
@pytest.mark.parametrize(("order", "kind"), [(2, "generic"), (3, "dependent"), (4, "mixed-sign"), (5, "generic")])
def test_fast_loop_equals_the_readable_steps(order, kind, changes):
    target = random_target(9, 3, order, kind, rng=1)
    settings = replace(settings_for(target, 7, literal=True), **changes)
    states = list(iterate(target, settings, 5))
    result = run(target, settings, 5)
    history = result.history
    assert len(states) == 1 + 3 * 201
    by_time = {}
    for state in states[1:]:
        by_time[(state.epoch - 1) * 200 + state.iteration, state.iteration == 0] = state
    for index, time in enumerate(history.time):
        starts = index == 0 or history.time[index - 1] == time
        readable = by_time[time, starts]
        assert np.allclose(history.norms[index], readable.parameters.norms, rtol=1e-9, atol=1e-13)
        assert np.array_equal(history.switched[index], ~readable.fresh)
    final = model(states[-1].parameters, order)
    assert result.tensor.distance(final) < 1e-12
    assert sum(record.switches for record in history.epochs) == states[-1].switches
    assert [record.reinitialized for record in history.epochs] == [
        state.reinitialized for state in states if state.epoch and state.iteration == 200
    ]


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


def test_errors_are_relative_and_the_result_is_in_the_targets_scale():
    target = random_target(10, 2, 3, rng=0)
    large = target.scaled(1e6)
    small, big = (decompose(T, 8, rng=1, progress=False) for T in (target, large))
    assert big.error == pytest.approx(small.error, rel=1e-6)
    assert big.tensor.distance(large) == pytest.approx(1e6 * small.error, rel=1e-6)


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


def test_failure_returns_the_best_epoch_and_advice():
    target = random_target(10, 3, 3, "orthogonal", rng=0)
    result = decompose(target, 1, rng=1, epochs=4, iterations=300, progress=False)
    errors = [record.error for record in result.history.epochs]
    assert not result.converged
    assert result.error == min(errors)
    assert result.stop is StopReason.EPOCHS
    assert f"now {result.settings.components}" in result.reason


def test_a_step_too_large_is_reported_not_raised():
    target = random_target(10, 2, 3, rng=0)
    result = decompose(target, 8, rng=1, step_size=40.0, progress=False)
    assert not result.converged
    assert result.stop is StopReason.DIVERGED
    assert "step_size" in result.reason
    assert math.isfinite(result.error)


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


def test_history_is_consistent():
    target = random_target(20, 3, 3, rng=2)
    result = decompose(target, 12, rng=0, epochs=3, iterations=400, literal=True, progress=False)
    history, settings = result.history, result.settings
    count = len(history.time)
    assert all(len(column) == count for column in (history.norms, history.switched, history.loss, history.outside))
    assert history.time[0] == 0
    assert history.time[-1] == 3 * 400
    assert history.outside[0] == pytest.approx(12 * settings.init_scale**2 * 17 / 20, rel=0.5)
    assert max(history.outside) <= (12 + 3) * settings.init_scale**2  # Lemma 5
    assert history.loss[0] == pytest.approx(0.5, abs=0.01)
    assert history.epochs[-1].loss == history.loss[-1]


def test_save_and_load_give_the_same_run(tmp_path):
    result = decompose(random_target(6, 2, 3), 4, rng=0, epochs=2, iterations=100, progress=False)
    result.save(tmp_path / "run.npz")
    loaded = tdbook.load(tmp_path / "run.npz")
    assert isinstance(loaded, tdbook.Run)
    for name in ("error", "converged", "stop", "reason", "epochs", "best_epoch", "seconds", "settings"):
        assert getattr(loaded, name) == getattr(result, name)
    assert np.array_equal(loaded.tensor.factors, result.tensor.factors)
    assert loaded.history.epochs == result.history.epochs
    for name in ("time", "norms", "switched", "loss", "outside"):
        assert np.array_equal(getattr(loaded.history, name), getattr(result.history, name))


TARGET = random_target(5, 2, 3)
GOOD = {
    "dimension": 5, "components": 4, "epochs": 2, "iterations": 10, "step_size": 0.1, "init_scale": 0.1,
    "regularization": 0.0, "accuracy": 0.1,
}  # fmt: skip
REFUSED = [
    (lambda: decompose("T"), "target"),
    (lambda: decompose(SymmetricCP([0.0], [[1.0]], 3)), "target"),
    (lambda: decompose(SymmetricCP([1.0, -1.0], [[1.0, 1.0]], 3), 2), "target"),
    (lambda: decompose(TARGET, components=0), "components"),
    (lambda: decompose(TARGET, components=2.5), "components"),
    (lambda: decompose(TARGET, accuracy=0.0), "accuracy"),
    (lambda: decompose(TARGET, accuracy=math.nan), "accuracy"),
    (lambda: decompose(TARGET, epochs=0), "epochs"),
    (lambda: decompose(TARGET, iterations=-5), "iterations"),
    (lambda: decompose(TARGET, step_size=-1.0), "step_size"),
    (lambda: decompose(TARGET, init_scale=0.0), "init_scale"),
    (lambda: decompose(TARGET, regularization=-0.1), "regularization"),
    (lambda: decompose(TARGET, rng="x"), "rng"),
    (lambda: decompose(TARGET, literal=1), "literal"),
    (lambda: decompose(TARGET, progress="yes"), "progress"),
    (lambda: Settings(**{**GOOD, "boost": -1.0}), "boost"),
    (lambda: Settings(**{**GOOD, "dimension": 0}), "dimension"),
    (lambda: run(TARGET, Settings(**{**GOOD, "dimension": 6})), "settings"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_bad_input_gets_one_line_that_names_it(call, message):
    with refused(message, (ValueError, TypeError)):
        call()


def test_a_history_interrupted_within_a_row_drops_what_there_is_of_it():
    from tdbook.descent import History

    three = [np.ones(1)] * 3
    history = History(time=[0, 1, 2], norms=[*three], switched=[*three], loss=[3.0, 2.0], outside=[0.1, 0.2])
    history.keep_whole_rows()
    lists = (history.time, history.norms, history.switched, history.loss, history.outside)
    assert [len(values) for values in lists] == [2] * 5
    assert (history.time, history.loss) == ([0, 1], [3.0, 2.0])
