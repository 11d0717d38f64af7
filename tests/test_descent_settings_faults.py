"""What small faults in the settings, the switch and the records of a run would change."""

import time
from dataclasses import replace

import numpy as np
import pytest

from tdbook.descent import BufferedLoop, State, exact_gradient, practical_settings, run, running, smallest_column, step
from tdbook.objectives import Parameters
from tdbook.tensors import SymmetricCP, random_target
from tests.support.refusals import refused

TARGET = random_target(12, 2, 3, rng=1)
POINT = SymmetricCP([1.0], [[1.0], [0.0], [0.0]], 3)


def test_defaults_of_the_practical_settings():
    assert practical_settings(TARGET) == practical_settings(TARGET, 8, 0.05, epochs=30, iterations=1500, literal=False)


def test_components_are_counted_and_not_their_span():
    plane = SymmetricCP([1.0, 1.0, 1.0], [[1.0, 0.0, 0.6], [0.0, 1.0, 0.8], [0.0, 0.0, 0.0]], 3)
    assert plane.span().shape[1] == 2
    assert practical_settings(plane).components == 12


def test_the_dimension_may_be_larger_than_that_of_the_coordinates():
    assert practical_settings(TARGET).dimension == 12
    assert practical_settings(TARGET, dimension=100).dimension == 100
    with refused("dimension"):
        practical_settings(TARGET, dimension=11)


def test_a_target_without_components_is_refused():
    with refused("target"):
        practical_settings(SymmetricCP([0.0], [[1.0], [0.0]], 3))


def test_a_column_of_norm_zero_is_the_smallest():
    assert smallest_column(np.array([1.0, 0.0, 2.0])) == 1


@pytest.mark.parametrize("share, switches", [(1.0, 1), (1.0 + 1e-9, 0), (0.5, 0)])
def test_a_column_on_the_threshold_switches_when_it_grows(share, switches):
    """On it counts as below. One that is above has switched already; one far below needs more than a step."""
    settings = practical_settings(POINT, 1, epochs=3)
    U = np.array([[share * settings.switch_norm], [0.0], [0.0]])
    state = State(Parameters.two_homogeneous(U, [1.0]), np.array([True]))
    after = step(state, exact_gradient(POINT, settings.regularization), settings)
    assert after.parameters.norms[0] > state.parameters.norms[0]
    assert after.switches == switches
    loop = BufferedLoop(POINT, settings)
    loop.load(state)
    loop.step()
    assert loop.switches == switches


def test_a_lone_number_that_has_shrunk_to_nothing_keeps_a_token_size():
    line = SymmetricCP([1.0], [[1.0]], 3)
    settings = practical_settings(line, 2)
    loop = BufferedLoop(line, settings)
    state = State(Parameters.two_homogeneous([[0.5, 0.5]], [1.0, -1.0]), np.zeros(2, dtype=bool))
    loop.load(state)
    loop.U[:, 1] = 0.0
    assert 0.0 < loop.state(state).parameters.norms[1] < 1e-280


def test_a_trace_has_its_points_at_whole_multiples_and_at_the_end(monkeypatch):
    monkeypatch.setattr(running, "_TRACE_POINTS", 4)
    settings = replace(practical_settings(TARGET, 3, epochs=2, iterations=11), literal=True)
    assert list(run(TARGET, settings, 0).history.time) == [0, 2, 4, 6, 8, 10, 11, 11, 13, 15, 17, 19, 21, 22]


def test_epochs_are_numbered_from_one_and_the_first_is_kept_even_if_worse_than_nothing():
    settings = practical_settings(TARGET, 3, epochs=2, iterations=1, init_scale=3.0)
    found = run(TARGET, settings, 0)
    assert [record.epoch for record in found.history.epochs] == [1, 2]
    assert min(record.error for record in found.history.epochs) > 1.0
    assert found.best_epoch == 1 + int(np.argmin([record.error for record in found.history.epochs]))
    assert found.tensor.norm() > 0.0


def test_seconds_are_those_of_the_run():
    started = time.perf_counter()
    found = run(TARGET, practical_settings(TARGET, 3, epochs=1, iterations=20), 0)
    assert 0.0 < found.seconds <= time.perf_counter() - started
