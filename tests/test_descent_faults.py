"""What whole runs promise and no number shows: defaults, callbacks, files, interrupts and the words at the end."""

import time
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from tdbook.decomposition import approximate, decompose, refined
from tdbook.decomposition.refinement import GOAL, Refinement
from tdbook.descent import (
    Ambient,
    BufferedLoop,
    InLaw,
    PolishRecord,
    StopReason,
    core_in_law,
    exact_gradient,
    initialize,
    iterate,
    practical_settings,
    reinitialize,
    run,
    step,
)
from tdbook.objectives import Parameters, model
from tdbook.tensors import DenseSymmetric, SymmetricCP, random_target
from tests.support.refusals import refused

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


def test_a_refinement_that_fails_is_tried_again_from_closer(monkeypatch):
    """Twice more, to a fifth of epsilon each time, and the best of the three is returned."""
    asked, errors, given_run = [], [], run(TARGET, SETTINGS)

    def pretended(target, settings, rng, show=None, *, patience):
        assert target is TARGET and isinstance(rng, np.random.Generator)
        asked.append(settings.accuracy)
        return replace(given_run, settings=settings)

    def refining(tensor, target, goal):
        assert target is TARGET and goal == GOAL
        error = errors[len(asked) - 1]
        if error == 0.7:
            raise KeyboardInterrupt
        return Refinement(tensor, error, 1, False, False, 1.0, [])

    monkeypatch.setattr(approximate, "run", pretended)
    monkeypatch.setattr(approximate, "refine_tensor", refining)
    cases = {
        (0.3, 0.2, 0.25): (3, 0.2),
        (0.3, 0.4, 0.1): (3, 0.1),
        (0.3, 0.0, 0.0): (2, 0.0),
        (0.0, 0.0, 0.0): (1, 0.0),
        (0.7, 0.1, 0.1): (1, given_run.error),
        (0.3, 0.7, 0.1): (2, given_run.error),
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
    with refused("step_size"):
        step(replace(state, parameters=huge), exact_gradient(TARGET, settings.regularization), settings)


def test_a_fresh_component_gets_either_sign():
    state = initialize(SETTINGS, 0)
    signs = {float(reinitialize(state, SETTINGS, seed).parameters.a[0]) for seed in range(20)}
    assert signs == {-1.0, 1.0}


FORMS = [
    (random_target(9, 2, 3, rng=1), 4),
    (random_target(3, 2, 4, "mixed-sign", rng=1), 6),  # more components than dimensions
    (random_target(55, 2, 3, rng=1), 50),  # many
    (random_target(4, 2, 3, rng=1), 50),  # both
    (DenseSymmetric(random_target(4, 2, 3, rng=1).to_dense()), 3),
    (DenseSymmetric(random_target(3, 2, 4, rng=1).to_dense()), 50),
]


@pytest.mark.parametrize(("target", "components"), FORMS)
@pytest.mark.parametrize("changes", [{}, {"switch": False}, {"regularization": 0.5}])
def test_each_form_of_the_fast_loop_makes_the_readable_steps(target, components, changes):
    """Steps so long, and beginnings so large, that columns switch within ten iterations."""
    given = {"init_scale": 0.03, "step_size": 0.05, "regularization": 0.01, "boost": 1.5} | changes
    settings = replace(practical_settings(target, components, epochs=2, iterations=10), literal=True, **given)
    states = [state for state in iterate(target, settings, 3) if state.epoch]
    result = in_ambient_space(target, settings, 3)
    assert result.history.time == [(state.epoch - 1) * 10 + state.iteration for state in states]
    for norms, switched, state in zip(result.history.norms, result.history.switched, states, strict=True):
        assert np.allclose(norms, state.parameters.norms, rtol=1e-9)
        assert np.array_equal(switched, ~state.fresh)
    ends = [0, states[10].switches, states[21].switches]
    assert [record.switches for record in result.history.epochs] == [ends[1], ends[2] - ends[1]]
    assert [record.reinitialized for record in result.history.epochs] == [s.reinitialized for s in states[10::11]]
    assert result.tensor.distance(model(states[-1].parameters, target.order)) < 1e-11


def test_columns_do_switch_in_those_runs():
    settings = replace(SETTINGS, init_scale=0.03, step_size=0.05, boost=1.5)
    switched = [state.switches for state in iterate(TARGET, settings, 3)]
    assert switched[0] == 0 < switched[-1]


def test_a_stream_of_states_is_counted_from_the_start():
    settings = replace(SETTINGS, iterations=3)
    seen = [(state.epoch, state.iteration) for state in iterate(TARGET, settings, 0)]
    assert seen == [(0, 0), *((epoch, k) for epoch in (1, 2) for k in range(4))]


def test_a_column_that_has_shrunk_to_nothing_keeps_a_token_size():
    settings = replace(SETTINGS, iterations=1)
    loop = BufferedLoop(TARGET, settings)
    state = initialize(settings, 0)
    loop.load(state)
    loop.U[:, 1] = 0.0
    after = loop.state(state).parameters
    assert 0 < after.norms[1] < 1e-280
    assert np.array_equal(after.U[:, [0, 2]], state.parameters.U[:, [0, 2]])


def test_the_boost_is_the_papers_unless_given():
    assert SETTINGS.initial_kappa == pytest.approx((12 * (3 + 2)) ** 0.5)
    assert replace(SETTINGS, boost=1.5).initial_kappa == 1.5


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


def test_defaults_of_decompose():
    result = decompose(TARGET, accuracy=0.9, progress=False)
    assert result.settings == practical_settings(TARGET, 8, 0.9, epochs=30, iterations=1500)
    assert not result.settings.literal
    assert result.history.refinement == []
    again = decompose(TARGET, 8, 0.9, 0, epochs=30, iterations=1500, refine=False, progress=False)
    assert again.history.loss == result.history.loss
    assert decompose(TARGET, 2, iterations=5, epochs=1, progress=False).settings.accuracy == 0.05
    for name in ("literal", "refine", "progress"):
        with refused(name, TypeError):
            decompose(TARGET, **{name: 1})


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


def test_a_run_stops_at_the_first_epoch_whose_error_is_the_accuracy():
    first = run(TARGET, SETTINGS).history.epochs[0].error
    for accuracy, epochs in ((first, 1), (first * (1 - 1e-12), 2)):
        assert run(TARGET, replace(SETTINGS, literal=False, accuracy=accuracy)).epochs == epochs
