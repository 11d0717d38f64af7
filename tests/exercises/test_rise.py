"""Tests of ``tdbook.exercises.rise``."""

import math

import numpy as np
import pytest

import tdbook
from tdbook.descent import practical_settings
from tdbook.exercises import check
from tdbook.exercises import rise as chapter09
from tdbook.objectives import Parameters
from tdbook.tensors import random_target
from tests.support import dense
from tests.support.exercises import value_later


@pytest.mark.parametrize("order", [3, 4, 5])
def test_the_three_terms_on_all_entries(order):
    rng = np.random.default_rng(order)
    target = random_target(3, 2, order, rng=rng)
    goal = dense.tensor(target.weights, target.factors, order)
    p = Parameters.two_homogeneous(rng.standard_normal((3, 3)) / 2, [1.0, -1.0, 1.0], rng.uniform(1, 2, 3))
    G, kbar = dense.frozen(p, goal, 0.3), (p.c * np.linalg.norm(p.U, axis=0)) ** (order - 2)
    squares = np.sum(G**2, axis=0)
    bend = math.sqrt(3 * order**2 - 6 * order + 4) * (kbar @ squares) / squares.sum()
    R = np.linalg.norm(dense.model(p, order) - goal)
    N2 = np.sum((kbar * np.linalg.norm(p.U, axis=0)) ** 2)
    wanted = [bend * R / 2, (math.sqrt(max(4, order) * N2) + bend * 0.1 * np.linalg.norm(G) / 2) ** 2 / 2, 0.3]
    assert chapter09.terms(p, target, 0.3, 0.1) == pytest.approx(wanted, rel=1e-11)
    # at order 2 their sum is the formula of another exercise
    at = {"R": 0.7, "U": 1.3, "G": 0.4, "eta": 0.1, "lam": 0.2}
    assert value_later(chapter09.M_OF_MATRICES, **at) == pytest.approx(
        2 * 0.7 / 2 + (2 * 1.3 + 2 * 0.1 * 0.4 / 2) ** 2 / 2 + 0.2
    )


def test_where_the_loss_rises_on_all_entries():
    """The states of the run of order 4, each with its own dense step."""
    target = random_target(6, 3, 4, rng=0)
    goal = dense.tensor(target.weights, target.factors, 4)
    settings = practical_settings(target, 12, 0.1, epochs=2, iterations=100)
    lam, eta, found = settings.regularization, settings.step_size, []
    states = [s for s in tdbook.descent.iterate(target, settings, 0) if s.epoch and s.iteration < 100]
    for state in states:
        p = state.parameters
        G = dense.frozen(p, goal, lam)
        U = p.U - eta * G
        shrink = np.linalg.norm(p.U, axis=0) / np.linalg.norm(U, axis=0)
        q = Parameters(U, p.a, p.c * shrink, p.c_hat * shrink)
        if dense.loss(q, goal, lam) - dense.loss(p, goal, lam) > -eta / 4 * np.sum(G**2) + 1e-13:
            found.append((state.epoch, state.iteration))
    assert found == [tuple(pair) for pair in chapter09.violations().tolist()]
    assert found


def test_only_the_length_right_is_seen_on_all_entries():
    """G is across u, so tied and frozen agree: by differences of the dense tied loss."""
    p, target = chapter09._with_only_the_length_right(3)
    goal = dense.tensor(target.weights, target.factors, 3)
    G = dense.frozen(p, goal, 0.0)
    assert abs(float(np.vdot(G, p.U))) < 1e-12 < 1e-2 < np.abs(G).max()
    h = 1e-6
    ends = [dense.loss(Parameters.two_homogeneous(p.U - t * G, p.a), goal, 0.0) for t in (h, -h)]
    assert (ends[1] - ends[0]) / (2 * h) == pytest.approx(np.sum(G**2), rel=1e-6)
    assert check("rise-1", (p, target))
