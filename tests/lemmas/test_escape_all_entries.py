"""Lemmas 7 to 9 and Lemma 1 of ``tdbook.lemmas.escape``, against arrays of all entries."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import brentq

from tdbook import lemmas
from tdbook.lemmas import escape, outside, rise
from tdbook.objectives import Parameters
from tests.support import dense
from tests.support.lemmas import (
    kbar,
    point_dense,
    setting,
    sizes,
    switched,
)

LAM, ETA, D = 0.07, 0.02, 4


ORDERS = [3, 4, 5]


class Seen:
    """Column j against the span S of the target: the letters of the lemmas."""

    def __init__(self, p, goal, j, lam=LAM):
        self.l, self.lam, self.a = goal.ndim, lam, p.a[j]
        self.P = dense.span_projector(goal)
        self.B = np.eye(len(goal)) - self.P
        self.u, self.x, self.y = p.U[:, j], self.P @ p.U[:, j], self.B @ p.U[:, j]
        self.w, self.rho = self.x / np.linalg.norm(self.x), np.linalg.norm(self.x) / np.linalg.norm(self.u)
        self.kbar = kbar(p, self.l)[j]
        self.N = np.linalg.norm(kbar(p, self.l) * sizes(p))
        self.R = dense.projected(dense.model(p, self.l), self.P) - goal
        self.g = dense.frozen(p, goal, lam)[:, j]
        self.corr = self.a * dense.seen(self.R, *[self.w] * self.l)
        self.BU = np.linalg.norm(self.B @ p.U)

    def leak(self):
        """l (l-1) kbar ||P_S u|| ||P_B u|| N ||P_B U||."""
        lengths = np.linalg.norm(self.x) * np.linalg.norm(self.y)
        return self.l * (self.l - 1) * self.kbar * lengths * self.N * self.BU


@pytest.mark.second_opinion(
    "tdbook.lemmas.correlation", "tdbook.lemmas.lemma7", "tdbook.lemmas.lemma8", "tdbook.lemmas.shift_step",
)  # fmt: skip
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("seed", range(4))
def test_lemmas_7_and_8_on_all_entries(order, seed):
    p, target, goal = point_dense(order, seed, d=D)
    small = Parameters.two_homogeneous(p.U * [1.0, 1e-3, 0.3], p.a, p.kappa)
    for j in range(3):
        s = Seen(small, goal, j)
        assert escape.correlation(small, target, j) == pytest.approx(s.corr, rel=1e-10)
        moved = s.P @ (s.u - ETA * s.g)
        rho0 = s.kbar * s.rho ** (order - 2)
        found = escape.lemma7(small, target, LAM, ETA, j)
        grown = (1 - ETA * order * rho0 * s.corr) * (s.x @ s.x)
        assert (found.left, found.right) == pytest.approx((grown, moved @ moved), rel=1e-10, abs=0)
        brake = LAM + s.leak() / (order * (s.x @ s.x))
        assert found.hypothesis == (s.corr < 0 and brake <= -rho0 * s.corr / 2)
        parts = escape.lemma7_decomposition(small, target, LAM, j)
        assert parts.total == pytest.approx(s.x @ s.g, rel=1e-9, abs=0)
        assert parts.leak_bound == pytest.approx(s.leak(), rel=1e-10, abs=0)
        R = np.linalg.norm(s.R)

        def room(eta, rho0=rho0, R=R):
            return eta * rho0 * order * (order - 1) * R - (1 - eta * order * LAM)

        edge = brentq(room, 0, 10 / (order * LAM), xtol=1e-15, rtol=1e-14)
        assert escape.shift_step(small, target, LAM, j) == pytest.approx(edge, rel=1e-10)
        eight = escape.lemma8(small, target, LAM, ETA, j)
        w = moved / np.linalg.norm(moved)
        keep = 1 - ETA * order * LAM
        cost = 2 * order**2 * (order - 1) ** 2 * s.kbar * s.N * s.BU * np.linalg.norm(s.y) * R
        cost /= (order - 2) * keep * np.linalg.norm(s.x)
        wanted = (s.a * dense.seen(s.R, *[w] * order), s.corr + ETA * cost)
        assert (eight.left, eight.right) == pytest.approx(wanted, rel=1e-9)
        assert eight.hypothesis == (edge >= ETA)


@pytest.mark.second_opinion(
    "tdbook.lemmas.lemma1", "tdbook.lemmas.lemma5_total", "tdbook.lemmas.lemma9", "tdbook.lemmas.telescoping",
    "tdbook.lemmas.tensor_path",
)  # fmt: skip
@pytest.mark.parametrize("order", [3, 4])
def test_whole_epochs_on_all_entries(order):
    """Lemma 9, the telescoping display, Lemma 1's events and the mass outside, over epochs of a run."""
    target, goal, s = setting(order)
    P = dense.span_projector(goal)
    for epoch in rise.epochs(target, s, 5):
        tensors = [dense.model(state.parameters, order) for state in epoch.states]
        path = [np.linalg.norm(b - a) for a, b in pairwise(tensors)]
        assert escape.tensor_path(epoch.states, order) == pytest.approx(path, rel=1e-7, abs=1e-15)
        largest, jumps, rises = 0.0, 0.0, 0.0
        for a, b in pairwise(epoch.states):
            longer = np.maximum(sizes(a.parameters), sizes(b.parameters))
            largest = max(largest, np.linalg.norm(kbar(a.parameters, order) * longer))
            z, up = switched(a, b, goal)
            jumps, rises = jumps + z, rises + up
        first, last = (dense.loss(epoch.states[k].parameters, goal, LAM) for k in (0, -1))
        spent = first - last + rises
        bound = math.sqrt(order * max(4, order)) * largest * math.sqrt(s.step_size * s.iterations * spent) + jumps
        nine = escape.lemma9(epoch, target, s)
        assert (nine.left, nine.right) == pytest.approx((sum(path), bound), rel=1e-8)

        j = epoch.states[0].reinitialized
        views = [Seen(state.parameters, goal, j) for state in epoch.states]
        turn = sum(
            a.a * (dense.seen(a.R, *[b.w] * order) - dense.seen(a.R, *[a.w] * order)) for a, b in pairwise(views)
        )
        display = escape.telescoping(epoch.states, target, j)
        wanted = (views[-1].corr - views[0].corr, turn + sum(path))
        assert (display.left, display.right) == pytest.approx(wanted, rel=1e-8, abs=1e-12)

        one = lemmas.lemma1(epoch, target, s)
        before = epoch.before.parameters
        T = dense.model(before, order)
        R = dense.projected(T, P) - goal
        assert one.error == pytest.approx(np.linalg.norm(T - goal), rel=1e-10)
        assert one.share == pytest.approx(views[0].rho * math.sqrt(len(goal)), rel=1e-10)
        corr = views[0].a * dense.seen(R, *[views[0].w] * order) / np.linalg.norm(R)
        assert one.correlation == pytest.approx(corr, rel=1e-8)
        assert one.decrease == pytest.approx(dense.loss(before, goal, LAM) - last, rel=1e-8, abs=1e-12)

        mass = outside.lemma5_total(epoch.states[-1], target, s)
        square = np.sum(((np.eye(len(goal)) - P) @ epoch.states[-1].parameters.U) ** 2)
        assert (mass.left, mass.right) == pytest.approx((square, 6 * s.init_scale**2), rel=1e-9, abs=1e-16)


@pytest.mark.second_opinion("tdbook.lemmas.bad_minimum")
@pytest.mark.parametrize("order", ORDERS)
def test_the_bad_minimum_on_all_entries(order):
    """T* by its entries; the frozen gradient is zero, and no nearby point tried is lower."""
    d, m, lam = 3, 2, 0.05
    target, state = lemmas.bad_minimum(d, order, m, lam)
    goal = dense.power(np.eye(d)[0], order)
    for i in range(order):
        for k in range(i):
            goal[tuple(int(q in (i, k)) for q in range(order))] -= 1.0
    goal /= np.linalg.norm(goal)
    assert np.abs(target.to_dense() - goal).max() < 1e-13
    p = state.parameters
    assert np.abs(dense.frozen(p, goal, lam)).max() < 1e-13
    rng = np.random.default_rng(0)
    there = dense.loss(p, goal, lam)
    for size in (1e-3, 1e-2, 0.1):
        for _ in range(40):
            moved = p.U + size * sizes(p).min() * rng.standard_normal(p.U.shape) / math.sqrt(p.U.size)
            assert dense.loss(Parameters.two_homogeneous(moved, p.a), goal, lam) >= there - 1e-14
