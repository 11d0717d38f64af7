"""One step along any gradient, one driver of epochs, and loops that may be looked at as often as one likes."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

import tdbook
from tdbook.descent import (
    BufferedLoop,
    PlainLoop,
    StopReason,
    drive,
    exact_gradient,
    initialize,
    iterate,
    practical_settings,
    reinitialize,
    step,
)
from tdbook.tensors import random_target
from tests.support.descent import settings_for_coordinates
from tests.support.refusals import refused


def bits(state):
    p = state.parameters
    return [x.tobytes() for x in (p.U, p.a, p.c, p.c_hat, state.fresh)], state.epoch, state.iteration, state.switches


def settings_for(target, m, **changes):
    return replace(practical_settings(target, m, 0.05, epochs=3, iterations=200), **changes)


@pytest.mark.parametrize(("order", "m"), [(3, 4), (4, 12), (3, 60)])
def test_looking_at_the_buffered_loop_changes_nothing(order, m):
    """The same states, bit for bit, however often they are looked at: with few, with many and with wide components."""
    target = random_target(9, 3, order, rng=1)
    settings = settings_for(target, m, iterations=50, step_size=0.02)
    start = initialize(settings, 3)

    def states(every):
        return list(drive(start, BufferedLoop(target, settings, every), settings, np.random.default_rng(3)))

    whole = {(state.epoch, state.iteration): state for state in states(1)}
    assert list(whole) == [(epoch, k) for epoch in (1, 2, 3) for k in range(51)]
    for every, seen in ((7, [0, 7, 14, 21, 28, 35, 42, 49, 50]), (50, [0, 50]), (99, [0, 50])):
        found = states(every)
        assert [(state.epoch, state.iteration) for state in found] == [(e, k) for e in (1, 2, 3) for k in seen]
        for state in found:
            assert bits(state) == bits(whole[state.epoch, state.iteration])


def test_the_driver_goes_on_from_any_epoch():
    target = random_target(6, 2, 3, rng=2)
    settings = settings_for(target, 4, iterations=20)
    loop = PlainLoop(exact_gradient(target, settings.regularization), settings)
    rng = np.random.default_rng(5)
    start = initialize(settings, rng)
    first = list(islice(drive(start, loop, settings, rng), 21))
    rest = list(drive(first[-1], loop, settings, rng))
    assert [bits(state) for state in [start, *first, *rest]] == [bits(state) for state in iterate(target, settings, 5)]


def test_any_column_can_be_redrawn_if_asked():
    settings = settings_for(random_target(5, 2, 3), 4)
    state = initialize(settings, 1)
    smallest, asked = reinitialize(state, settings, 2), reinitialize(state, settings, 2, column=3)
    assert (smallest.reinitialized, asked.reinitialized) == (0, 3)
    assert np.array_equal(asked.parameters.U[:, 3], smallest.parameters.U[:, 0])
    assert np.array_equal(asked.parameters.U[:, :3], state.parameters.U[:, :3])
    with refused("column"):
        reinitialize(state, settings, 2, column=4)


def test_a_step_takes_any_gradient():
    """With a gradient of zero nothing moves, and with half of it at twice the step size the point is the same."""
    target = random_target(5, 2, 3, rng=3)
    settings = settings_for(target, 4, init_scale=1e-2)
    state, gradient = initialize(settings, 3), exact_gradient(target, settings.regularization)
    still = step(state, lambda point: np.zeros_like(point.U), settings)
    assert bits(still)[0] == bits(state)[0]
    twice = replace(settings, step_size=2 * settings.step_size)
    assert bits(step(state, lambda point: gradient(point) / 2, twice)) == bits(step(state, gradient, settings))


def test_every_reason_to_stop_is_a_sentence():
    for stop in StopReason:
        assert stop.sentence[0].isupper() and stop.sentence.endswith(".")


def test_iterate_and_run_still_agree():
    target = random_target(30, 2, 3, rng=2)
    settings = settings_for_coordinates(target, 4)
    *_, last = iterate(target, settings, 3)
    result = tdbook.descent.run(target, settings, 3)
    assert np.allclose(result.history.norms[-1], last.parameters.norms, rtol=1e-9)
