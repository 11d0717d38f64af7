"""Tests of ``tdbook.descent.results``."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest

import tdbook
from tdbook.decomposition import approximate, decompose, refined
from tdbook.decomposition.refinement import GOAL, Refinement
from tdbook.descent import BufferedLoop, PolishRecord, StopReason, practical_settings, run
from tdbook.tensors import SymmetricCP, random_target
from tests.support.refusals import refused


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


def test_a_history_interrupted_within_a_row_drops_what_there_is_of_it():
    from tdbook.descent import History

    three = [np.ones(1)] * 3
    history = History(time=[0, 1, 2], norms=[*three], switched=[*three], loss=[3.0, 2.0], outside=[0.1, 0.2])
    history.keep_whole_rows()
    lists = (history.time, history.norms, history.switched, history.loss, history.outside)
    assert [len(values) for values in lists] == [2] * 5
    assert (history.time, history.loss) == ([0, 1], [3.0, 2.0])


TARGET = random_target(12, 2, 3, rng=1)


SETTINGS = replace(practical_settings(TARGET, 3, epochs=2, iterations=60), literal=True)


def test_a_saved_run_is_kept_unless_told_otherwise(tmp_path):
    result = run(TARGET, SETTINGS)
    path = tmp_path / "run.npz"
    result.save(path)
    with pytest.raises(FileExistsError):
        result.save(path)
    with pytest.raises(FileExistsError):
        result.save(path, overwrite=False)
    result.save(path, overwrite=True)


def polished(error):
    return [PolishRecord("given", 3, 0.5), PolishRecord("merged", 2, 0.25), PolishRecord("polished", 2, error)]


@pytest.mark.parametrize("error", [GOAL, 2 * GOAL])
def test_what_a_refinement_changes_in_a_run(monkeypatch, error):
    found = SymmetricCP([1.0], np.eye(12)[:, :1], 3)
    outcome = Refinement(found, error, 1, False, False, 1.0, polished(error))
    monkeypatch.setattr(approximate, "refine_tensor", lambda tensor, target, goal: outcome)
    given = run(TARGET, SETTINGS)
    started = time.perf_counter()
    result = refined(given, TARGET)
    spent = time.perf_counter() - started
    assert result.tensor is found
    assert result.error == error
    assert result.converged is (error <= GOAL)
    assert result.reason.startswith(f"{given.reason} Refined to 1 component, relative error {error:.1e}")
    assert result.reason.endswith("above 1e-10: try more components for Algorithm 1, or another rng.") is (error > GOAL)
    assert given.seconds < result.seconds <= given.seconds + spent
    assert result.history.refinement == polished(error)
    assert given.history.refinement == []
    assert result.history.loss == given.history.loss
    assert (result.epochs, result.best_epoch, result.settings) == (given.epochs, given.best_epoch, given.settings)


def test_an_interrupt_while_refining_keeps_the_run(monkeypatch):
    def interrupted(tensor, target, goal):
        raise KeyboardInterrupt

    given = run(TARGET, SETTINGS)
    monkeypatch.setattr(approximate, "refine_tensor", interrupted)
    result = refined(given, TARGET)
    assert result.stop is StopReason.INTERRUPTED
    assert result.reason == f"Interrupted while refining; {given.reason}"
    assert result.tensor is given.tensor
    assert result.error == given.error
    with refused("result", TypeError):
        refined("R", TARGET)


def test_an_interrupt_before_the_first_epoch_leaves_the_zero_tensor(monkeypatch):
    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(BufferedLoop, "step", interrupted)
    result = run(TARGET, SETTINGS)
    assert result.tensor.norm() == 0.0
    assert (result.tensor.dimension, result.tensor.order, result.error) == (12, 3, 1.0)
    assert result.stop is StopReason.INTERRUPTED


def test_an_error_equal_to_the_accuracy_is_enough():
    given = run(TARGET, SETTINGS)
    again = run(TARGET, replace(SETTINGS, accuracy=given.error))
    assert again.error == given.error
    assert again.converged
    assert again.stop is StopReason.ACCURACY
    short = run(TARGET, replace(SETTINGS, accuracy=given.error * (1 - 1e-12)))
    assert not short.converged
    assert short.stop is StopReason.AS_PRINTED
