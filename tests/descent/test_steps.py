"""Tests of ``tdbook.descent.steps``."""

import math
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from tdbook import descent
from tdbook.descent import (
    Ambient,
    InLaw,
    exact_gradient,
    initialize,
    iterate,
    practical_settings,
    reinitialize,
    run,
    smallest_column,
    step,
)
from tdbook.descent.coordinates import Lossless
from tdbook.objectives import Parameters, frozen_gradient, model
from tdbook.tensors import DenseSymmetric, SymmetricCP, random_target
from tests.support import dense
from tests.support.descent import settings_for, settings_for_coordinates
from tests.support.refusals import refused


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


TARGET = random_target(12, 2, 3, rng=1)


SETTINGS = replace(practical_settings(TARGET, 3, epochs=2, iterations=60), literal=True)


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


in_ambient_space, in_law = partial(run, space=Ambient), partial(run, space=InLaw)


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


def test_a_column_of_norm_zero_is_the_smallest():
    assert smallest_column(np.array([1.0, 0.0, 2.0])) == 1


def test_epochs_are_numbered_from_one_and_the_first_is_kept_even_if_worse_than_nothing():
    settings = practical_settings(TARGET, 3, epochs=2, iterations=1, init_scale=3.0)
    found = run(TARGET, settings, 0)
    assert [record.epoch for record in found.history.epochs] == [1, 2]
    assert min(record.error for record in found.history.epochs) > 1.0
    assert found.best_epoch == 1 + int(np.argmin([record.error for record in found.history.epochs]))
    assert found.tensor.norm() > 0.0


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


@pytest.mark.second_opinion("tdbook.descent.smallest_column")
def test_the_smallest_column_by_looking():
    rng = np.random.default_rng(0)
    for _ in range(50):
        norms = rng.choice([1.0, 1.0 + 1e-12, 1.5, 2.0, 3.0], size=6) * rng.choice([1e-12, 1.0])
        least = min(norms)
        assert smallest_column(norms) == next(i for i in range(6) if norms[i] - least <= 1e-9 * least)


def test_coordinates_follow_the_readable_states():
    """Basis and coordinates together give the components of the readable algorithm, through every turn."""
    target = random_target(40, 3, 3, rng=0)
    settings = settings_for_coordinates(target, 8)
    state = initialize(settings, np.random.default_rng(4))
    rng = np.random.default_rng(4)
    space = Lossless(target, 8, rng)
    rng.choice([-1.0, 1.0], size=8)
    U = settings.init_scale * space.components
    other = np.random.default_rng(0)
    ambient_rng = np.random.default_rng(4)
    initialize(settings, ambient_rng)
    for turn in range(30):
        assert np.abs(space.basis @ U / settings.init_scale - state.parameters.U / settings.init_scale).max() < 1e-12
        assert np.abs(space.basis.T @ space.basis - np.eye(11)).max() < 1e-13
        state = reinitialize(state, settings, ambient_rng)
        U = space.redraw(U, state.reinitialized, settings.init_scale, rng)
        rng.choice([-1.0, 1.0])
        # grow the fresh column, so that another one is the smallest next time
        factor = np.where(np.arange(8) == state.reinitialized, 1.5 + other.random(), 1.0)
        U = U * factor
        grown = state.parameters.U * factor
        state = replace(state, parameters=type(state.parameters).two_homogeneous(grown, state.parameters.a))
        assert turn or U.shape == (11, 8)
