"""What whole runs promise and no number shows: defaults, callbacks, files, interrupts and the words at the end."""

import time
from dataclasses import replace

import numpy as np
import pytest

from tdbook.coordinates import core_in_law
from tdbook.descent import (
    decompose,
    initialize,
    practical_settings,
    reinitialize,
    run,
    run_in_ambient_space,
    run_in_law,
    running,
    step,
)
from tdbook.descent.running import refined
from tdbook.objectives import Parameters
from tdbook.refinement import GOAL, PolishRecord
from tdbook.tensors import SymmetricCP, random_target

TARGET = random_target(12, 2, 3, rng=1)
SETTINGS = replace(practical_settings(TARGET, 3, epochs=2, iterations=60), literal=True)


def same(one, two):
    return one.history.loss == two.history.loss and np.array_equal(one.tensor.factors, two.tensor.factors)


@pytest.mark.parametrize(
    ("route", "target"), [(run, TARGET), (run_in_ambient_space, TARGET), (run_in_law, core_in_law(12, 2, 3, rng=1))]
)
def test_the_seed_is_zero_unless_another_is_given(route, target):
    assert same(route(target, SETTINGS), route(target, SETTINGS, 0))
    assert not same(route(target, SETTINGS), route(target, SETTINGS, 1))


@pytest.mark.parametrize(("route", "target"), [(run, TARGET), (run_in_law, core_in_law(12, 2, 3, rng=1))])
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
        with pytest.raises(TypeError, match=rf"^trace must be True or False, got {wrong}$"):
            route(target, SETTINGS, 0, trace=wrong)


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
    monkeypatch.setattr(running, "refine_tensor", lambda tensor, target: (found, polished(error)))
    given = run(TARGET, SETTINGS)
    started = time.perf_counter()
    result = refined(given, TARGET)
    spent = time.perf_counter() - started
    assert result.tensor is found
    assert result.error == error
    assert result.converged is (error <= GOAL)
    assert result.reason.startswith(f"{given.reason} Refined to 1 components, relative error {error:.1e}")
    assert result.reason.endswith("above 1e-10: try more components for Algorithm 1, or another rng.") is (error > GOAL)
    assert given.seconds <= result.seconds <= given.seconds + spent
    assert result.history.refinement == polished(error)
    assert given.history.refinement == []
    assert result.history.loss == given.history.loss
    assert (result.epochs, result.best_epoch, result.settings) == (given.epochs, given.best_epoch, given.settings)


def test_an_interrupt_while_refining_keeps_the_run(monkeypatch):
    def interrupted(tensor, target):
        raise KeyboardInterrupt

    given = run(TARGET, SETTINGS)
    monkeypatch.setattr(running, "refine_tensor", interrupted)
    result = refined(given, TARGET)
    assert result.reason == f"Interrupted while refining; {given.reason}"
    assert result.tensor is given.tensor
    assert result.error == given.error
    with pytest.raises(TypeError, match=r"^result must be a Run, got 'R'$"):
        refined("R", TARGET)


def test_a_refinement_that_fails_is_tried_again_from_closer(monkeypatch):
    """Twice more, to a fifth of epsilon each time, and the best of the three is returned."""
    asked, errors = [], []

    def pretended(target, settings, rng, show=None):
        asked.append(settings.accuracy)
        return replace(run(TARGET, SETTINGS), settings=settings)

    def refining(result, target):
        error = errors[len(asked) - 1]
        return replace(result, error=error, converged=error <= GOAL, reason="Interrupted" if error == 0.7 else "Done")

    monkeypatch.setattr(running, "run", pretended)
    monkeypatch.setattr(running, "refined", refining)
    cases = {
        (0.3, 0.2, 0.25): (3, 0.2),
        (0.3, 0.4, 0.1): (3, 0.1),
        (0.3, 0.0, 0.0): (2, 0.0),
        (0.0, 0.0, 0.0): (1, 0.0),
        (0.7, 0.1, 0.1): (1, 0.7),
        (0.3, 0.7, 0.1): (2, 0.7),
        (0.3, 0.3, 0.3): (3, 0.3),
    }
    for given, (runs, error) in cases.items():
        asked, errors = [], given
        result = decompose(TARGET, accuracy=0.05, refine=True, progress=False)
        assert asked == pytest.approx([0.05, 0.01, 0.002][:runs])
        assert result.error == error
    asked, errors = [], (0.3, 0.3, 0.3)
    assert decompose(TARGET, accuracy=0.05, refine=True, progress=False).settings.accuracy == 0.05


def test_a_step_that_leaves_the_range_says_of_what():
    settings = replace(SETTINGS, step_size=1e300)
    state = initialize(settings, 0)
    huge = Parameters.two_homogeneous(1e10 * state.parameters.U / settings.init_scale, state.parameters.a)
    words = r"^U after the step must be within floating-point range, got -?inf: step_size is too large$"
    with pytest.raises(ValueError, match=words):
        step(replace(state, parameters=huge), TARGET, settings)


def test_a_fresh_component_gets_either_sign():
    state = initialize(SETTINGS, 0)
    signs = {float(reinitialize(state, SETTINGS, seed).parameters.a[0]) for seed in range(20)}
    assert signs == {-1.0, 1.0}
