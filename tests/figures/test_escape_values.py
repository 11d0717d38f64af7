"""What the pictures of escapes show: projections, paths and losses of all entries."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import numpy as np
import pytest

import tdbook
from tdbook import lemmas
from tdbook.descent import practical_settings
from tdbook.figures import escape as pictures
from tdbook.figures import fresh
from tdbook.lemmas import EpochOutcome
from tdbook.tensors import SymmetricCP
from tests.support import dense
from tests.support.drawn import curves, levels, marks, upright

TARGET = tdbook.random_target(5, 2, 3, rng=4)
GOAL = dense.tensor(TARGET.weights, TARGET.factors, 3)
SETTINGS = practical_settings(TARGET, 4, 0.05, epochs=2, iterations=80)


@pytest.fixture(scope="module")
def epoch():
    return list(lemmas.epochs(TARGET, SETTINGS, rng=0))[1]


def entries(state):
    p = state.parameters
    return dense.tensor(p.a * p.c, p.U, 3)


def test_the_mass_outside_is_that_of_the_projection(epoch):
    masses = [lemmas.outside_mass(state.parameters, TARGET) for state in epoch.states]
    bound = (SETTINGS.components + SETTINGS.epochs) * SETTINGS.init_scale**2
    picture = fresh.outside({"run": masses}, bound)
    change, axes = picture.figure.axes
    away = np.eye(5) - dense.span_projector(GOAL)
    expected = [np.sum((away @ state.parameters.U) ** 2) for state in epoch.states]
    drawn = curves(axes)["run"]
    assert drawn[:, 0].tolist() == list(range(len(masses)))
    assert drawn[:, 1] == pytest.approx(np.array(expected) / bound, rel=1e-6)
    assert levels(axes) == [1.0] and levels(change) == [0.0]
    first = curves(change)["run"][:, 1]
    assert first == pytest.approx(100 * (np.array(expected[: len(first)]) / expected[0] - 1), rel=1e-6, abs=1e-9)
    said = float(re.search(r"shares of the bound: ([\d.]+)%", picture.alt)[1]) / 100
    assert max(expected) / bound <= said < 1.12 * max(expected) / bound
    rising = int((np.diff(expected) > 1e-9 * expected[0]).sum())
    assert (f"rises in {rising} steps" if rising else "rises in no step") in picture.alt


def test_the_chance_of_a_rank_one_residual_is_that_of_one_normal_number():
    """<R, w^{(x) 3}> = w_1^3 on the unit sphere: the chance that |w_1|^3 is large, by the law of w_1 at s = 3."""
    thetas = np.linspace(0.1, 0.9, 5)
    residual = SymmetricCP([1.0], np.eye(3)[:, :1], 3)
    hits = [lemmas.lemma6_chance(residual, theta, 4000, rng=5)[0] / 4000 for theta in thetas]
    proved = [lemmas.anticoncentration(3, theta, 3) for theta in thetas]
    picture = fresh.chance(thetas, {"rank one": hits}, proved)
    drawn = curves(picture.figure.axes[0])
    assert (np.diff(drawn["rank one"][:, 1]) <= 0).all()
    # w_1 is uniform on [-1, 1] at s = 3, M_3 = 3 * 5 * 7, and the sign must be right as well
    for theta, share in drawn["rank one"]:
        assert share == pytest.approx((1 - (theta * math.sqrt(6 / 105)) ** (1 / 3)) / 2, abs=0.03)
    assert (drawn["proved"][:, 1] < 0.5 * drawn["rank one"][:, 1]).all()
    # 1/5 is reached at theta = 0.6^3 sqrt(105/6), where the curve is so flat that 4000 draws leave 0.06
    said = float(re.search(r"rank one falls below 1/5 at theta = ([\d.]+\d)", picture.alt)[1])
    assert said == pytest.approx(0.6**3 * math.sqrt(105 / 6), abs=0.15)
    steep = fresh.chance(thetas, {"line": 0.5 - 0.5 * thetas}, proved)
    assert "line falls below 1/5 at theta = 0.6" in steep.alt
    assert marks(steep.figure.axes[0], "o") == pytest.approx(np.array([[0.6, 0.2]]))


def test_growth_is_the_length_in_the_span_and_its_correlation(epoch):
    j = epoch.states[0].reinitialized
    P = dense.span_projector(GOAL)
    lengths, correlations = [], []
    for state in epoch.states:
        lengths.append(float(np.linalg.norm(TARGET.span().T @ state.parameters.U[:, j])))
        correlations.append(lemmas.correlation(state.parameters, TARGET, j))
    picture = pictures.growth(lengths, [0.5 * lengths[0]] * len(lengths), correlations, switch=7)
    top, bottom = picture.figure.axes
    drawn = curves(top)[r"$\|P_Su\|$"]
    for k in (0, 20, len(lengths) - 1):
        u = epoch.states[k].parameters.U[:, j]
        assert drawn[k].tolist() == pytest.approx([k, np.linalg.norm(P @ u)])
        w = P @ u / np.linalg.norm(P @ u)
        R = entries(epoch.states[k]) - GOAL
        expected = epoch.states[k].parameters.a[j] * dense.seen(dense.projected(R, P), w, w, w)
        assert bottom.lines[0].get_ydata()[k] == pytest.approx(expected, abs=1e-9)
    assert upright(top) == upright(bottom) == [7]
    assert "never below what Lemma 7 guarantees" in picture.alt
    above = pictures.growth(lengths, [2 * max(lengths)] * len(lengths), correlations, switch=7)
    assert "never below" not in above.alt


def test_a_path_is_the_sum_of_its_steps(epoch):
    steps = lemmas.tensor_path(epoch.states, 3)
    times = [20, 40, 80]
    picture = pictures.path(times, [steps[:k].sum() for k in times], [1.0, 2.0, 3.0])
    moved = next(points for name, points in curves(picture.figure.axes[0]).items() if "sum" in name)
    for k, length in moved:
        walk = [entries(state) for state in epoch.states[: int(k) + 1]]
        assert length == pytest.approx(sum(np.linalg.norm(b - a) for a, b in pairwise(walk)), rel=1e-6)
        assert length >= np.linalg.norm(walk[-1] - walk[0]) - 1e-9
    assert f"reaches {moved[-1, 1]:.1f} after 80" in picture.alt


def test_epochs_are_counted_by_the_sign_of_their_correlation_and_their_fall():
    lam = 0.03 * 2 ** (-3 / 2)
    T, start = lemmas.bad_minimum(6, 3, 6, lam)
    choice = practical_settings(T, 6, accuracy=0.1, iterations=60, regularization=lam)
    goal = T.to_dense()
    walks = [lemmas.one_epoch(start, T, choice, seed) for seed in range(4)]
    outcomes = [lemmas.lemma1(walk, T, choice) for walk in walks]
    picture = pictures.outcomes({"here": outcomes, "other": [EpochOutcome(1.0, 0.5, 0.3, 0.0)]})
    falls = [
        dense.loss(walk.before.parameters, goal, lam) - dense.loss(walk.states[-1].parameters, goal, lam)
        for walk in walks
    ]
    assert [outcome.decrease for outcome in outcomes] == pytest.approx(falls, rel=1e-6, abs=1e-9)
    good, wrong = (
        [fall for fall, outcome in zip(falls, outcomes, strict=True) if (outcome.correlation < 0) == sign]
        for sign in (True, False)
    )
    assert good and wrong
    counts = [(sum(fall > 0.01 for fall in some), len(some)) for some in (good, wrong)] + [(0, 0), (0, 1)]
    labels = [f"{hits} of {count}" for hits, count in counts]
    assert [text.get_text() for text in picture.figure.axes[0].texts] == labels[::-1]
    bars = [bar.get_width() for bar in picture.figure.axes[0].patches]
    assert bars == [number for hits, count in reversed(counts) for number in (count, hits)]
    for place in (0, 2):
        said = (
            f"{labels[place]} epochs with a good sign lower the loss, and {labels[place + 1]} epochs with a wrong sign"
        )
        assert said in picture.alt
