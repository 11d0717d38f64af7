"""What the pictures of rises and of Theorem 3 show, compared with losses of all entries."""

from __future__ import annotations

import math
import re
from types import SimpleNamespace

import numpy as np
import pytest

import tdbook
from tdbook import lemmas
from tdbook.descent import practical_settings
from tdbook.figures import rise as pictures
from tdbook.figures import theorem3
from tdbook.figures.style import readable
from tdbook.objectives import Parameters, loss
from tests.support import dense
from tests.support.drawn import curves, levels, marks, number, upright

TARGET = tdbook.random_target(4, 2, 3, rng=4)
GOAL = dense.tensor(TARGET.weights, TARGET.factors, 3)
SETTINGS = practical_settings(TARGET, 4, 0.05, epochs=3, iterations=60)
LAM = SETTINGS.regularization


@pytest.fixture(scope="module")
def run():
    return list(lemmas.epochs(TARGET, SETTINGS, rng=0))


def moved(p, eta):
    """A step of the frozen gradient, in which c ||u|| and chat ||u|| are kept."""
    U = p.U - eta * dense.frozen(p, GOAL, LAM)
    shrink = np.linalg.norm(p.U, axis=0) / np.linalg.norm(U, axis=0)
    return SimpleNamespace(U=U, a=p.a, c=p.c * shrink, c_hat=p.c_hat * shrink)


def test_falls_per_step_are_those_of_all_entries(run):
    points = {
        "fresh": run[0].states[3].parameters,
        "alone": Parameters.two_homogeneous(0.8 * TARGET.factors[:, :1], [1.0]),
    }
    largest = {name: lemmas.largest_step(point, TARGET, LAM) for name, point in points.items()}
    multiples = np.geomspace(0.01, 100, 13)
    ratios = {
        name: [lemmas.descent_ratio(point, TARGET, LAM, k * largest[name]) for k in multiples]
        for name, point in points.items()
    }
    picture = pictures.descent(multiples, ratios, order=3)
    (axes,) = picture.figure.axes
    drawn = curves(axes)
    for name, p in points.items():
        square = np.sum(dense.frozen(p, GOAL, LAM) ** 2)
        for k, value in drawn[name][3:]:  # the loss has 16 digits, the fall at tiny steps few
            eta = k * largest[name]
            fall = dense.loss(p, GOAL, LAM) - dense.loss(moved(p, eta), GOAL, LAM)
            assert value == pytest.approx(fall / (eta * square), rel=1e-4, abs=1e-4)
    assert sorted(levels(axes)) == pytest.approx([0, 1 / 3, 2 / 3]) and upright(axes) == [1.0]
    at_one = [drawn[name][6, 1] for name in points]
    assert f"between {min(at_one):.2f} and {max(at_one):.2f}" in picture.alt and min(at_one) >= 1 / 3
    last = float(re.search(r"up to ([\d.]+) times", picture.alt)[1])
    lowest = np.minimum(drawn["fresh"][:, 1], drawn["alone"][:, 1])
    assert (lowest[multiples <= last] >= 1 / 3).all()
    if last < multiples[-1]:
        assert lowest[np.argmax(multiples > 1.2 * last)] < 1 / 3
    small = [drawn[name][0, 1] for name in points]
    assert min(small) >= 2 / 3 - 1e-2 and max(small) <= 1 + 1e-2
    below = sum(drawn[name][-1, 1] < 0 for name in points)
    assert f"at 100 times {below} of them are below zero" in picture.alt


def test_changes_at_redraws_are_differences_of_losses(run):
    redrawn = [(epoch.before, epoch.states[0]) for epoch in run]
    checks = [lemmas.lemma4(before, after, TARGET, SETTINGS) for before, after in redrawn]
    exact = [lemmas.removal_cost(before.parameters, TARGET, LAM)[after.reinitialized] for before, after in redrawn]
    picture = pictures.reinitialisations([c.left for c in checks], exact, [c.right for c in checks])
    drawn = curves(picture.figure.axes[0])
    assert drawn["measured"][:, 0].tolist() == [1, 2, 3]
    sizes = []
    for (before, after), (_, value), (_, cost), (_, bound) in zip(
        redrawn, drawn["measured"], drawn["exact expression"], drawn["printed bound"], strict=True
    ):
        change = abs(dense.loss(after.parameters, GOAL, LAM) - dense.loss(before.parameters, GOAL, LAM))
        assert value == pytest.approx(max(change, 1e-12), rel=1e-6, abs=1e-14)
        left = np.arange(4) != after.reinitialized
        p = before.parameters
        alone = SimpleNamespace(U=p.U[:, left], a=p.a[left], c=p.c[left], c_hat=p.c_hat[left])
        removed = abs(dense.loss(alone, GOAL, LAM) - dense.loss(p, GOAL, LAM))
        assert cost == pytest.approx(max(removed, 1e-12), rel=1e-6, abs=1e-14)
        assert value <= bound
        sizes.append(change)
    said = number(re.search(r"at most (\S+) in size", picture.alt)[1])
    assert max(sizes) <= said <= 2 * max(sizes)


def test_the_loss_is_drawn_at_its_iterations(run):
    states = [state for epoch in run for state in epoch.states]
    time = [60 * k + state.iteration for k, epoch in enumerate(run) for state in epoch.states]
    values = [loss(state.parameters, TARGET, LAM) for state in states]
    redraws = [k for k, state in enumerate(states) if state.iteration == 0]
    switches = [k for k in range(1, len(states)) if states[k].switches > states[k - 1].switches]
    picture = pictures.loss_by_events(time, values, redraws, switches)
    (axes,) = picture.figure.axes
    line = axes.lines[0].get_xydata()
    assert line[-1, 0] == 180 and "over 180 iterations" in picture.alt
    for k in range(0, len(states), 7):
        assert line[k, 1] == pytest.approx(dense.loss(states[k].parameters, GOAL, LAM), rel=1e-9)
    assert marks(axes, "v")[:, 0].tolist() == [0, 60, 120]
    fresh = [state.fresh.sum() for state in states]
    turned = [time[k] for k in range(1, len(states)) if fresh[k] < fresh[k - 1]]
    assert marks(axes, "o")[:, 0].tolist() == turned
    assert f"{len(turned)} switches" in picture.alt and "3 re-initialisations" in picture.alt
    assert line[-1, 1] < line[0, 1]


def test_lazy_lines_are_binomials():
    dimensions = [10, 100, 1000]
    picture = theorem3.components_needed(dimensions, {"lazy": [(d + 1) * (d + 2) / 6 for d in dimensions]})
    for d, m in curves(picture.figure.axes[0])["lazy"]:
        assert m == pytest.approx(math.comb(int(d) + 2, 3) / d)
    assert readable(f"lazy: from {22:.0e} to {math.comb(1002, 3) / 1000:.0e}") in picture.alt
