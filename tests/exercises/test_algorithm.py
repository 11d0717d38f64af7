"""Tests of ``tdbook.exercises.algorithm``."""

import itertools

import numpy as np
import pytest

import tdbook
from tdbook.descent import Settings, State, exact_gradient, practical_settings, step
from tdbook.exercises import algorithm as chapter07
from tdbook.objectives import Parameters
from tdbook.tensors import random_target
from tests.support import dense
from tests.support.exercises import value_later


@pytest.mark.parametrize("order", [3, 4, 5])
def test_a_constant_boost_is_another_step(order):
    """Two runs step for step: kappa for ever, and kappa = 1 with the translated numbers."""
    target, kappa, eta, lam, delta = random_target(4, 2, order, rng=1), 1.7, 0.03, 0.05, 0.2
    other = chapter07.constant_boost(eta, lam, delta, kappa, order)
    W = np.random.default_rng(2).standard_normal((4, 3))
    W /= np.linalg.norm(W, axis=0)
    states = []
    for (size, lam_, delta_), k in (((eta, lam, delta), kappa), (other, 1.0)):
        settings = Settings(4, 3, 1, 1, size, delta_, lam_, 0.1, switch=False, boost=k)
        state = State(Parameters.two_homogeneous(delta_ * W, [1.0, -1.0, 1.0], k), np.ones(3, dtype=bool))
        for _ in range(40):
            state = step(state, exact_gradient(target, settings.regularization), settings)
        states.append(state.parameters)
    goal = [dense.model(p, order) for p in states]
    assert np.abs(goal[0] - goal[1]).max() < 1e-12 < 1e-2 < np.abs(goal[0]).max()


@pytest.mark.parametrize("order", [3, 4, 5])
def test_the_growth_of_a_young_component(order):
    """One dense step of a column so small that the residual is its own: the part in S is multiplied."""
    target = random_target(4, 2, order, rng=3)
    goal = dense.tensor(target.weights, target.factors, order)
    P = dense.span_projector(goal)
    u = np.random.default_rng(1).standard_normal((4, 1))
    for a in (1.0, -1.0):
        p = Parameters.two_homogeneous(1e-9 * u, [a], 3.0)
        before, after = P @ p.U[:, 0], P @ (p.U - 0.1 * dense.frozen(p, goal, 0.05))[:, 0]
        w, rho = before / np.linalg.norm(before), np.linalg.norm(before) / np.linalg.norm(p.U)
        R = -dense.seen(goal, *[w] * order)
        factor = value_later(chapter07.GROWTH, a=a, kappa=3.0, rho=rho, R=R, eta=0.1, l=order, lam=0.05)
        assert after @ w / np.linalg.norm(before) == pytest.approx(factor, rel=1e-9)


def test_tosses_counted_one_by_one():
    for missing, tosses in ((1, 7), (2, 7), (3, 6)):
        rows = list(itertools.product((0, 1), repeat=tosses))
        assert chapter07.not_enough(missing, tosses) == sum(sum(row) < missing for row in rows) / len(rows)


def test_switches_never_exceed_the_count_and_can_attain_it():
    most = 0
    for seed in range(30):
        target = random_target(3, 1, 3, rng=seed)
        settings = practical_settings(target, 2, epochs=3, iterations=300, literal=True)
        seen = sum(record.switches for record in tdbook.descent.run(target, settings, seed).history.epochs)
        most = max(most, seen)
    assert most == value_later("m + K - 1", m=2, K=3)
