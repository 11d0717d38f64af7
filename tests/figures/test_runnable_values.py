"""What the pictures of constants that run show: an epoch stepped by hand, falls and curves by their formulas."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from tdbook.descent import FreshEpoch
from tdbook.descent.one_column import born, training
from tdbook.figures import runnable as pictures
from tdbook.lazy import lazy_threshold
from tdbook.lemmas import guaranteed
from tdbook.tables.runnable import core
from tests.support import dense
from tests.support.drawn import curves, levels, upright

PLAN = guaranteed(10, 2, 3, 0.1)


@pytest.fixture(scope="module")
def epoch():
    """The columns of a lucky epoch against -T* in the plane, and T* as an array."""
    target = core("harmonic", 2, 3)
    goal = dense.tensor(target.weights, target.factors, 3)
    birth = np.array([0.3, 0.12, math.sqrt(1 - 0.3**2 - 0.12**2)])
    pull = lambda w: np.append(-dense.seen(goal, w[:2], w[:2]), 0.0)  # noqa: E731
    return list(training(born(birth, 1.0, PLAN, 1.0), pull, PLAN)), goal


def test_an_epoch_is_told_as_all_entries_tell_it(epoch):
    columns, goal = epoch
    inside = [column.direction[:2] / np.linalg.norm(column.direction[:2]) for column in columns]
    picture = pictures.one_epoch(PLAN, columns, [dense.seen(goal, w, w, w) for w in inside])
    above, below = picture.figure.axes
    drawn, lost = curves(above), curves(below)[r"lost by $\|R\|^2$"]
    square = np.sum(goal**2)
    assert square == pytest.approx(1)
    for k in (0, 200, len(columns) - 1):
        assert drawn["correlation $A$"][k, 1] == pytest.approx(dense.seen(goal, *[inside[k]] * 3))
        assert lost[k, 0] == k
    end = columns[-1]
    w = end.direction[:2]
    rest = np.sum((end.mass * dense.power(w, 3) - goal) ** 2)
    assert lost[-1, 1] == pytest.approx(square - rest, abs=1e-6)
    assert f"loses {100 * (square - rest):.0f}% of its squared norm" in picture.alt
    switch = next(k for k, column in enumerate(columns) if column.switched)
    assert upright(above) == [switch] and f"switches at step {switch} " in picture.alt
    falls = [
        k for k in range(1, len(inside)) if drawn["correlation $A$"][k, 1] < drawn["correlation $A$"][k - 1, 1] - 1e-9
    ]
    assert set(falls) <= {switch} and "never falls but at the switch" in picture.alt
    proved = levels(below)[0]
    there = int(re.search(r"proved fall at step (\d+)", picture.alt)[1])
    assert lost[there - 1, 1] < proved <= lost[there, 1]
    assert f"{100 * proved:.0f}% are proved" in picture.alt


def test_a_correlation_that_falls_is_said_to_fall(epoch):
    columns, _ = epoch
    course = np.linspace(0.5, 0.4, len(columns)).tolist()
    assert "never falls" not in pictures.one_epoch(PLAN, columns, course).alt


def test_falls_are_what_the_residuals_lost():
    epochs = [
        FreshEpoch(1, 1.0, 0.6, 0.5, 1.5, 0.5, 100),
        FreshEpoch(2, 0.6, 0.6, -0.5, 1.5, 0.0, None),
        FreshEpoch(3, 0.6, 0.3, 0.9, 0.01, 0.5, 90),
        FreshEpoch(4, 0.3, 0.1, 0.8, 1.5, 0.5, 90),
    ]
    picture = pictures.falls(PLAN, epochs)
    (axes,) = picture.figure.axes
    others, lucky = (artist.get_offsets() for artist in axes.collections)
    assert np.array(lucky) == pytest.approx(np.array([[0.5, 1 - 0.36], [0.8, 1 - 1 / 9]]))
    assert np.array(others) == pytest.approx(np.array([[-0.5, 0.0], [0.9, 0.75]]))
    curve = curves(axes)["proved for lucky draws"]
    for A, proved in curve[::20]:
        assert proved == pytest.approx(PLAN.proved_fall(float(A)))
    assert upright(axes) == [curve[0, 0]] == [PLAN.threshold]
    said = float(re.search(r"at least ([\d.]+) times", picture.alt)[1])
    quotients = [fall / PLAN.proved_fall(float(A)) for A, fall in lucky]
    assert said <= min(quotients) < 1.01 * said


def test_residuals_are_drawn_at_their_epochs_beside_the_proved_rate():
    values = np.array([1.0, 0.5, 0.2, 0.1])
    picture = pictures.residuals(PLAN, {"kind": values})
    drawn = curves(picture.figure.axes[0])
    assert drawn["kind"].tolist() == [[k, value] for k, value in enumerate(values)]
    bound = 1.0
    for _, value in drawn["proved"]:
        assert value == pytest.approx(bound)
        bound *= math.sqrt(1 - PLAN.rate)
    assert levels(picture.figure.axes[0]) == [PLAN.accuracy]
    assert "After 3 epochs" in picture.alt and f"Proved is {value:.2f}" in picture.alt


def test_lazy_columns_are_binomials():
    dimensions = [10, 100]
    curves_given = {"lazy": [lazy_threshold(d, 4) for d in dimensions]}
    picture = pictures.columns_needed(dimensions, curves_given)
    for d, m in curves(picture.figure.axes[0])["lazy"]:
        assert m == math.ceil(math.comb(int(d) + 3, 4) / d)
