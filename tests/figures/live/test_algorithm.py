"""The states of the live figures of chapters 5 and 7, against other ways to the same numbers."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from tdbook import random_target
from tdbook.descent import Ambient, State, exact_gradient, iterate, practical_settings, reinitialize, run, step
from tdbook.figures.live import algorithm as norms_figure
from tdbook.figures.live import traps
from tdbook.landscape import arrows_minimum, homogeneous_trap
from tdbook.objectives import Parameters, loss

# --- chapter 5: Re z^3 ------------------------------------------------------------------------------------

LAM = 0.05


@pytest.fixture(scope="module")
def two_starts() -> dict[int, tuple[traps.Flow, traps.Flow]]:
    return {angle: traps.flows(angle, 0.8, LAM) for angle in (45, 75)}


@pytest.mark.parametrize("redraw", [False, True])
def test_the_readable_step_goes_the_same_way(redraw, two_starts):
    """Two epochs by ``step`` and ``reinitialize``, with the loss by inner products of the objective."""
    flow = two_starts[45][redraw]
    trap = homogeneous_trap(3, 1, 3, 2, LAM)
    norm = trap.target.norm()
    unit = trap.target.scaled(1 / norm)
    settings = practical_settings(unit, 4, step_size=1 / 18, init_scale=0.01, regularization=LAM / norm)
    settings = replace(settings, boost=1.0)
    U = np.hstack([trap.U, 0.8 * np.sqrt([[0.5], [0.5]])]) / np.sqrt(norm)
    state = State(Parameters.two_homogeneous(U, np.ones(4)), np.zeros(4, dtype=bool))
    rng = np.random.default_rng(0)
    for frame in range(2 * traps.ITERATIONS // traps.EVERY):
        if redraw and frame * traps.EVERY == traps.ITERATIONS:
            state = reinitialize(state, settings, rng)
        point = state.parameters
        assert flow.losses[frame] == pytest.approx(norm**2 * loss(point, unit, LAM / norm), abs=1e-9)
        seen = ~np.isnan(flow.points[frame])
        assert np.allclose(flow.points[frame][seen], (np.sqrt(norm) * point.a * point.U)[seen], atol=1e-8)
        for _ in range(traps.EVERY):
            state = step(state, exact_gradient(unit, LAM / norm), settings)


def test_descent_never_rises_and_only_a_redraw_does(two_starts):
    redraws = np.arange(1, traps.EPOCHS) * traps.ITERATIONS // traps.EVERY
    for alone, renewed in two_starts.values():
        assert np.diff(alone.losses).max() < 1e-9
        rises = np.flatnonzero(np.diff(renewed.losses) > 1e-9) + 1
        assert set(rises) <= set(redraws)
    assert any((np.diff(renewed.losses) > 0.01).any() for _, renewed in two_starts.values())  # it does rise


def test_the_trap_holds_within_55_degrees_and_redraws_free(two_starts):
    trap, minimum = homogeneous_trap(3, 1, 1, 2, LAM).value, arrows_minimum(1, LAM)
    (stuck, freed), (one_more, all_three) = two_starts[45], two_starts[75]
    assert stuck.losses[-1] == pytest.approx(trap, abs=1e-6)
    assert minimum + 0.3 < one_more.losses[-1] < trap - 0.5
    assert freed.losses[-1] == pytest.approx(minimum, abs=0.01)
    assert all_three.losses[-1] == pytest.approx(minimum, abs=0.01)
    assert [flow.held[-1] for flow in (stuck, one_more, freed, all_three)] == [1, 2, 3, 3]
    assert min(flow.losses.min() for pair in two_starts.values() for flow in pair) >= minimum - 1e-9


def test_the_caption_s_angle():
    """arccos(1/sqrt(3 + lambda)) = 55 degrees, for short and long components alike."""
    for radius in traps.RADII:
        assert [traps.flows(angle, radius, LAM)[0].held[-1] for angle in (54, 57)] == [1, 2]


def test_descent_knows_no_side():
    """Reflected in the axis of the trap, a start gives the reflected flow; redraws do not care for that."""
    up, down = traps.flows(75, 0.2, 0.1), traps.flows(-75, 0.2, 0.1)
    mirror = np.array([[1.0], [-1.0]])
    assert np.allclose(up[0].points, mirror * down[0].points, atol=1e-9)
    assert not np.allclose(up[1].points, mirror * down[1].points, atol=0.1, equal_nan=True)


def test_the_coloured_field_is_the_loss_with_one_component_more(two_starts):
    flow, side = two_starts[45][1], 5
    grids, axis = traps._grids(side), np.linspace(-traps.REACH, traps.REACH, side)
    more = homogeneous_trap(3, 1, 5, 2, LAM)
    for frame in (0, 30, 75):
        weights = np.array([*flow.residuals[frame], 1.0, LAM])
        field = np.einsum("t,trc->rc", weights, grids)
        wrong = np.einsum("t,trc->rc", weights * [-1, -1, -1, -1, 1, 1], grids)
        found = np.empty((side, side))
        for row, y in enumerate(axis):
            for column, x in enumerate(axis):
                added = np.column_stack([flow.points[frame], [x, y if (x, y) != (0, 0) else 1e-9]])
                found[row, column] = more.loss(added, np.ones(5)) - flow.losses[frame]
        assert np.allclose(field, found, atol=1e-9)
        assert not np.allclose(wrong, found, atol=0.05)  # negative control


def test_a_component_is_missing_only_while_it_is_thrown_away(two_starts):
    alone, renewed = two_starts[45]
    assert not np.isnan(alone.points).any()
    gone = np.isnan(renewed.points).all(axis=1)
    assert gone.sum() == traps.EPOCHS - 1
    assert set(np.argwhere(gone)[:, 0]) == set(np.arange(1, traps.EPOCHS) * traps.ITERATIONS // traps.EVERY)
    for frame, component in np.argwhere(gone):
        lengths = np.linalg.norm(renewed.points[frame - 1], axis=0)
        assert lengths[component] <= 1.2 * lengths.min()  # the shortest, eight iterations earlier


def test_the_figure_says_what_the_flows_say(two_starts):
    figure = traps.re_z3(angles=(45, 75), radii=(0.8,) * 1 + (0.2,), regularizations=(LAM, 0.3))
    for k, angle in enumerate(("45", "75")):
        for renew in (0, 1):
            flow = two_starts[(45, 75)[k]][renew]
            state = {"angle": angle, "radius": "0.8", "lambda": "0.05", "renew": ("off", "on")[renew]}
            seen = np.array([figure.at("loss", **state, time=str(t)) for t in traps.frames()])
            assert np.abs(seen - flow.losses).max() <= 0.005 + 1e-9
            end = figure.say(**state, time=str(traps.frames()[-1]))
            assert f"the loss is {seen[-1]:.2f}" in end
            assert end.endswith(f"{traps._HELD[flow.held[-1]]}.")
    assert "-0." not in repr(figure)
    assert figure.size < 60_000


# --- chapter 7: norms -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def designed() -> norms_figure.Trace:
    return norms_figure.trace(4, "designed", 3)


def test_the_trace_is_the_chapter_s_run(designed):
    """The chapter stops at its accuracy after the third epoch; until then both are the same run."""
    target = random_target(dimension=30, rank=3, order=4, rng=100)
    settings = practical_settings(target, components=6, accuracy=0.02, epochs=8, iterations=240)
    records = run(target, settings, rng=3).history.epochs
    assert len(records) == 3
    assert designed.errors[:3] == pytest.approx([record.error for record in records], rel=1e-9)
    assert designed.redrawn[:3].tolist() == [record.reinitialized for record in records]
    assert np.isfinite(designed.errors).all()


def test_the_first_frames_are_those_of_the_readable_loop(designed):
    target = random_target(dimension=30, rank=3, order=4, rng=100)
    states = list(islice(iterate(target, norms_figure.settings_of(4, "designed"), 3), 1, 50))
    for frame in range(4):
        state = states[int(norms_figure.frames()[frame])]
        assert designed.norms[:, frame] == pytest.approx(state.parameters.norms, rel=1e-6)
    assert designed.norms[:, 3] != pytest.approx(states[0].parameters.norms, rel=0.1)  # negative control


def test_the_frames_are_those_of_a_run_in_the_ambient_space(designed):
    target = random_target(dimension=30, rank=3, order=4, rng=100)
    whole = run(target, norms_figure.settings_of(4, "designed"), 3, space=Ambient)
    other = norms_figure._trace(whole)
    assert np.allclose(np.log10(other.norms), np.log10(designed.norms), atol=0.01)
    assert np.allclose(other.errors, designed.errors, rtol=1e-3)


def test_each_epoch_draws_a_shortest_component_anew(designed):
    for epoch in range(1, norms_figure.EPOCHS):
        frame = int(np.flatnonzero(norms_figure.frames() == epoch * norms_figure.ITERATIONS)[0])
        j = int(designed.redrawn[epoch])
        before = designed.norms[:, frame - 1]
        assert before[j] <= 1.1 * before.min()
        assert designed.norms[j, frame] == pytest.approx(norms_figure.settings_of(4, "designed").init_scale)


def test_without_redraws_a_run_ends_as_its_first_epoch_ended(designed):
    """What the chapter says of the seeds shown; with redraws the same seeds do better."""
    without = norms_figure.trace(4, "no-redraw", 3)
    assert np.isnan(without.redrawn).all()
    assert np.ptp(without.errors) < 1e-3 * without.errors[0]
    assert without.errors[-1] > 0.3
    assert designed.errors[-1] < norms_figure.ACCURACY < designed.errors[0]


def test_without_the_switch_nothing_is_left():
    ended = norms_figure.trace(4, "no-switch", 3)
    assert np.isnan(ended.loss[-1])
    assert np.isnan(ended.errors).all()
    assert np.isfinite(ended.loss[0])
    words = norms_figure._words(ended)
    assert words["reached"][-1] == "the norms have blown up"
    assert words["grown"][0] == "0 of 6 components are longer than 0.1"


def test_switches_lie_above_the_switching_norm(designed):
    times, lengths = designed.switches
    known = np.isfinite(lengths)
    assert 1 <= known.sum() <= norms_figure.COMPONENTS + norms_figure.EPOCHS
    assert (times[known] > 0).all()
    # seen up to four iterations after it happened, while a component may already fall back
    assert (lengths[known] > 0.5 * norms_figure.settings_of(4, "designed").switch_norm).all()


def test_words_and_numbers_agree(designed):
    words = norms_figure._words(designed)
    for k in range(0, len(norms_figure.frames()), 20):
        assert words["grown"][k].startswith(f"{(designed.norms[:, k] > 0.1).sum()} of 6")
    assert "above" in words["reached"][25]
    assert "within" in words["reached"][-1]


def test_the_figure_of_norms_holds_the_traces(designed):
    figure = norms_figure.norms(orders=(3, 4), seeds=(3, 0))
    state = {"order": "4", "seed": "3", "variant": "designed"}
    last = figure.at("norm", **state, time="1920")
    assert np.abs(np.log10(last / designed.norms[:, -1])).max() <= 0.005 + 1e-9
    assert figure.at("error", **state)[-1] == pytest.approx(designed.errors[-1], rel=0.01)
    assert figure.say(**state) != figure.say(**{**state, "variant": "no-redraw"})
    assert figure.size < 60_000
