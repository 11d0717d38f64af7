"""Pictures of the model and of runs: what they draw is what they were given, and the alternative text says it."""

import re
from dataclasses import replace

import numpy as np
import pytest

from tdbook import figures
from tdbook.descent import practical_settings, run
from tdbook.figures import Picture
from tdbook.tensors import SymmetricCP, random_target

POLE = SymmetricCP([1.0], [[1.0], [0.0]], 4)


@pytest.fixture(scope="module")
def target():
    return random_target(30, 3, 4, rng=100)


@pytest.fixture(scope="module")
def result(target):
    return run(target, practical_settings(target, 6, 0.02, epochs=8, iterations=240), 3)


def lines(axes):
    return [line.get_ydata() for line in axes.lines if len(line.get_ydata()) > 2]


def test_run_draws_every_component_the_loss_and_the_share_of_the_bound(result):
    picture = figures.run(result)
    top, middle, bottom = picture.figure.axes
    norms = np.array(result.history.norms)
    assert all(np.array_equal(drawn, norms[:, i]) for i, drawn in enumerate(lines(top)))
    assert len(lines(top)) == 6
    assert np.array_equal(lines(middle)[0], result.history.loss)
    settings = result.settings
    bound = (settings.components + settings.epochs) * settings.init_scale**2
    assert np.allclose(lines(bottom)[0], np.array(result.history.outside) / bound)
    assert lines(bottom)[0].max() < 1.0


def test_run_marks_each_switch_and_each_redraw(result):
    top = figures.run(result).figure.axes[0]
    circles = sum(len(line.get_xdata()) for line in top.lines if line.get_marker() == "o")
    triangles = sum(len(line.get_xdata()) for line in top.lines if line.get_marker() == "v")
    assert circles == sum(record.switches for record in result.history.epochs)
    assert triangles == len(result.history.epochs)
    assert f"{circles} switches" in repr(figures.run(result))


def test_run_of_many_components_and_without_redraws(target):
    settings = replace(practical_settings(target, 9, 0.02, epochs=1, iterations=60), reinitialize=False)
    picture = figures.run(run(target, settings, 0))
    assert len(lines(picture.figure.axes[0])) == 9
    assert "in 1 epoch." in picture.alt


def test_errors_continues_runs_that_stopped_early(target, result):
    diverged = run(target, replace(result.settings, switch=False), 0)
    assert not diverged.history.epochs
    assert "rises from 0.5" in figures.run(diverged).alt and "no epoch was done" in figures.run(diverged).alt
    picture = figures.errors({"good": [result], "diverged": [diverged]}, 0.02)
    good, bad = (line.get_ydata() for line in picture.figure.axes[0].lines[:2])
    ends = [record.error for record in result.history.epochs]
    assert len(good) == len(bad) == 8
    assert list(good) == ends + [ends[-1]] * (8 - len(ends))
    assert (bad >= 1.0).all()


def test_counts_keeps_the_order_of_its_rows():
    picture = figures.counts({"first": (3, 20), "second": (20, 20)}, {"first": (0.03, 0.38), "second": (0.83, 1.0)})
    labels = [label.get_text() for label in picture.figure.axes[0].get_yticklabels()]
    assert labels == ["second", "first"]
    assert "first: 3 of 20; second: 20 of 20" in picture.alt


def test_two_bowls_agrees_with_the_losses():
    from tdbook.objectives import Parameters, loss, vanilla_loss

    left, right = (float(value) for value in re.findall(r": (-0\.\d+)", figures.two_bowls(POLE).alt))
    # the lowest value within 0.25 of zero is on the axis, at the rim
    u = np.array([[0.25], [0.0]])
    assert left == pytest.approx(vanilla_loss(u, [1.0], POLE) - 0.5, rel=0.1)
    assert right == pytest.approx(loss(Parameters.two_homogeneous(u, [1.0]), POLE, 0.0) - 0.5, rel=0.1)


@pytest.mark.parametrize("order", [3, 4, 6])
def test_two_gradients_never_part_by_more_than_the_proved_angle(order):
    target = SymmetricCP([1.0], [[1.0], [0.0]], order)
    found = int(re.search(r"more than (\d+) degrees", figures.two_gradients(target, 0.02).alt)[1])
    assert 0 < found <= np.ceil(np.degrees(np.arcsin((order - 2) / (order + 2))))


def test_curvatures_finds_what_no_quadratic_form_can_be():
    angles = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    picture = figures.curvatures(angles, {"form": 1 + np.cos(2 * angles - 1), "cube": np.cos(angles) ** 3})
    assert "form misses its closest quadratic form by up to 0.00" in picture.alt
    assert "cube misses its closest quadratic form by up to 1.00" in picture.alt


def test_taylor_reads_slopes():
    steps = np.logspace(-5, -1, 9)
    picture = figures.taylor(steps, {"right": 3 * steps**2, "wrong": 0.1 * steps})
    assert "right: slope 2.00; wrong: slope 1.00" in picture.alt


def test_growth_names_its_ends():
    picture = figures.growth([10, 1000], {"$l=3$": [20.0, 21.0], "$l=4$": [60.0, 1300.0]})
    assert "l=4: from 60 to 1300" in picture.alt


def test_alternative_texts_are_plain_sentences(result):
    for picture in (figures.run(result), figures.two_bowls(POLE), figures.two_gradients(POLE)):
        assert isinstance(picture, Picture)
        assert picture.alt.endswith(".")
        assert "$" not in picture.alt and "\\" not in picture.alt
        assert picture.png(50).startswith(b"\x89PNG")
