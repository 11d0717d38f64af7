"""Lemmas 2 to 4 and the epochs of ``tdbook.lemmas.rise``, against arrays of all entries."""

import math
from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest

from tdbook.descent import initialize, reinitialize
from tdbook.lemmas import rise
from tdbook.objectives import Parameters
from tests.support import dense
from tests.support.lemmas import ETA, kbar, point_dense, setting, sizes, switched
from tests.support.lemmas import LAM as LAM_of_dense

ORDERS = [2, 3, 4, 5]


def stepped(p, goal, eta=ETA, lam=LAM_of_dense):
    """U - eta G with c and chat updated, before any switch."""
    U = p.U - eta * dense.frozen(p, goal, lam)
    shrink = sizes(p) / np.array([math.hypot(*u) for u in U.T])
    return Parameters(U, p.a, p.c * shrink, p.c_hat * shrink)


@pytest.mark.second_opinion(
    "tdbook.lemmas.rise.boosts", "tdbook.lemmas.rise.weighted_norm", "tdbook.lemmas.after_step",
    "tdbook.lemmas.norm_bound",
)  # fmt: skip
@pytest.mark.parametrize("order", ORDERS)
def test_lengths_boosts_and_the_step(order):
    p, target, goal = point_dense(order)
    assert rise.boosts(p, order) == pytest.approx(kbar(p, order), rel=1e-13)
    N = math.sqrt(sum((k * n) ** 2 for k, n in zip(kbar(p, order), sizes(p), strict=True)))
    assert rise.weighted_norm(p, order) == pytest.approx(N, rel=1e-13)
    moved, wanted = rise.after_step(p, target, LAM_of_dense, ETA), stepped(p, goal)
    for name in ("U", "c", "c_hat"):
        assert np.allclose(getattr(moved, name), getattr(wanted, name), rtol=1e-12)
    bound = rise.norm_bound(p, target, LAM_of_dense)
    assert (bound.left, bound.right) == pytest.approx(
        (np.sum(p.U**2), dense.loss(p, goal, LAM_of_dense) / LAM_of_dense), rel=1e-12
    )


def bend(order):
    """||D^2 phi(e_1)[e_2, e_2]|| for phi(u) = |u|^{2-l} u^{(x) l}: (2-l) e_1^l and all places of two e_2."""
    second = (2 - order) * dense.power([1.0, 0.0], order)
    for i, j in permutations(range(order), 2):
        second[tuple(int(k in (i, j)) for k in range(order))] += 1
    return np.linalg.norm(second)


@pytest.mark.second_opinion(
    "tdbook.lemmas.curvature_constant", "tdbook.lemmas.smoothness", "tdbook.lemmas.largest_step",
    "tdbook.lemmas.lemma3", "tdbook.lemmas.descent_ratio",
)  # fmt: skip
@pytest.mark.parametrize("order", ORDERS)
def test_the_constant_of_lemma_3_and_the_step_that_it_allows(order):
    p, target, goal = point_dense(order)
    assert rise.curvature_constant(order) == pytest.approx(bend(order), rel=1e-14)
    G = dense.frozen(p, goal, LAM_of_dense)
    squares = np.sum(G**2, axis=0)
    R = np.linalg.norm(dense.model(p, order) - goal)
    k = kbar(p, order)
    for printed, K in ((False, k @ squares / squares.sum()), (True, k.max())):
        A, C = bend(order) * K * R / 2 + LAM_of_dense, bend(order) * K * np.linalg.norm(G) / 2
        B = math.sqrt(max(4, order) * np.sum((k * sizes(p)) ** 2))
        wanted = A + (B + C * ETA) ** 2 / 2
        assert rise.smoothness(p, target, LAM_of_dense, ETA, printed=printed) == pytest.approx(wanted, rel=1e-12)
        roots = np.roots([order * C**2 / 2, order * B * C, order * (A + B**2 / 2), -1.0])
        edge = min(x.real for x in roots if abs(x.imag) < 1e-9 * abs(x) and x.real > 0)
        assert rise.largest_step(p, target, LAM_of_dense, printed=printed) == pytest.approx(edge, rel=1e-9)
        for eta in (0.9 * edge, 1.1 * edge):
            found = rise.lemma3(p, target, LAM_of_dense, eta, printed=printed)
            change = dense.loss(stepped(p, goal, eta), goal, LAM_of_dense) - dense.loss(p, goal, LAM_of_dense)
            assert found.hypothesis == (eta < edge)
            assert (found.left, found.right) == pytest.approx((change, -eta / order * squares.sum()), rel=1e-9)
            assert rise.descent_ratio(p, target, LAM_of_dense, eta) == pytest.approx(
                -change / (eta * squares.sum()), rel=1e-9
            )


@pytest.mark.second_opinion("tdbook.lemmas.removal_cost")
@pytest.mark.parametrize("order", ORDERS)
def test_what_a_removal_costs(order):
    p, target, goal = point_dense(order, seed=1)
    for j, cost in enumerate(rise.removal_cost(p, target, LAM_of_dense)):
        rest = Parameters(*(np.delete(getattr(p, name), j, axis=-1) for name in ("U", "a", "c", "c_hat")))
        assert cost == pytest.approx(
            dense.loss(rest, goal, LAM_of_dense) - dense.loss(p, goal, LAM_of_dense), abs=1e-12
        )


def epochs_of(order):
    target, goal, settings = setting(order)
    return target, goal, settings, list(rise.epochs(target, settings, 5))


@pytest.mark.second_opinion("tdbook.lemmas.epochs", "tdbook.lemmas.one_epoch")
@pytest.mark.parametrize("order", [3, 4])
def test_epochs_are_those_of_the_plain_algorithm(order):
    target, goal, settings, found = epochs_of(order)
    states = [state for epoch in found for state in epoch.states[1:]]
    plain = list(dense.algorithm(goal, settings, np.random.default_rng(5)))
    for state, (U, a, c, _, fresh) in zip(states, plain, strict=True):
        assert np.abs(state.parameters.U - U).max() < 1e-9 * np.abs(U).max()
        assert np.allclose(state.parameters.c, c, rtol=1e-7)
        assert (state.parameters.a == a).all() and list(state.fresh) == fresh
    rng = np.random.default_rng(5)
    again = rise.one_epoch(initialize(settings, rng), target, settings, rng)
    assert np.array_equal(again.states[-1].parameters.U, found[0].states[-1].parameters.U)


def bound4(before, j, goal, s, exact):
    """Lemma 4 as its docstring has it, from the loss on all entries."""
    order, f, p = goal.ndim, dense.loss(before.parameters, goal, LAM_of_dense), before.parameters
    kbar0 = math.sqrt(s.dimension * (s.components + s.epochs)) ** (order - 2)
    z, delta = kbar0 * s.init_scale**2, s.init_scale
    if exact:
        weight = kbar(p, order)[j] * sizes(p)[j] ** 2
        rest = Parameters(*(np.delete(getattr(p, name), j, axis=-1) for name in ("U", "a", "c", "c_hat")))
        cost = dense.loss(rest, goal, LAM_of_dense) - f
    else:
        weight = f / (LAM_of_dense * s.components)
        if before.fresh[j]:
            weight = max(weight, 4 * (s.components + s.epochs) * kbar0 * delta**2)
        cost = math.sqrt(2 * f) * weight + weight**2 / 2
    return cost + (math.sqrt(2 * f) + weight) * z + z**2 / 2 + LAM_of_dense * delta**2


@pytest.mark.second_opinion(
    "tdbook.lemmas.lemma2", "tdbook.lemmas.lemma4", "tdbook.lemmas.switch_bounds", "tdbook.lemmas.descends",
)  # fmt: skip
@pytest.mark.parametrize("order", [3, 4])
@pytest.mark.parametrize("exact", [False, True])
def test_lemmas_4_and_2_on_all_entries(order, exact):
    target, goal, settings, found = epochs_of(order)
    jumps = 0
    for epoch in found:
        first, j = epoch.states[0], epoch.states[0].reinitialized
        old, new, end = (dense.loss(s.parameters, goal, LAM_of_dense) for s in (epoch.before, first, epoch.states[-1]))
        bound = bound4(epoch.before, j, goal, settings, exact)
        cost = rise.lemma4(epoch.before, first, target, settings, exact=exact)
        assert (cost.left, cost.right) == pytest.approx((new - old, bound), rel=1e-8, abs=1e-12)
        rises = [switched(a, b, goal) for a, b in pairwise(epoch.states)]
        for pair, wanted in zip(pairwise(epoch.states), rises, strict=True):
            assert rise.switch_bounds(*pair, target, settings) == pytest.approx(wanted, rel=1e-8, abs=0)
        jumps += sum(z > 0 for z, _ in rises)
        whole = rise.lemma2(epoch, target, settings, exact=exact)
        total = bound + sum(up for _, up in rises)
        assert (whole.left, whole.right) == pytest.approx((end - old, total), rel=1e-8, abs=1e-12)
        eta = settings.step_size
        falls = [
            dense.loss(stepped(s.parameters, goal, eta), goal, LAM_of_dense)
            - dense.loss(s.parameters, goal, LAM_of_dense)
            <= -eta / order * np.sum(dense.frozen(s.parameters, goal, LAM_of_dense) ** 2) + 1e-12
            for s in epoch.states[:-1]
        ]
        assert whole.hypothesis == rise.descends(epoch, target, settings) == all(falls)
    assert jumps > 0


def test_a_switched_column_is_presupposed_to_have_kappa_one():
    target, goal, settings = setting(3)
    state = initialize(settings, np.random.default_rng(0))
    settled = replace(state, fresh=np.zeros(3, dtype=bool))
    again = reinitialize(settled, settings, np.random.default_rng(1))
    assert not rise.lemma4(settled, again, target, settings).hypothesis  # kappa is still large
    bound = bound4(settled, 0, goal, settings, exact=False)
    assert rise.lemma4(settled, again, target, settings).right == pytest.approx(bound)


def test_an_unswitched_column_may_weigh_more_than_the_shortest_one_must():
    """A start so large that 4 (m+K) kbar_0 delta^2 exceeds f/(lambda m)."""
    target, goal, settings = setting(4)
    settings = replace(settings, init_scale=0.3, regularization=100.0)
    state = initialize(settings, np.random.default_rng(0))
    again = reinitialize(state, settings, np.random.default_rng(1))
    f = dense.loss(state.parameters, goal, 100.0)
    z = settings.dimension * 6 * 0.3**2  # kbar_0 delta^2 at order 4
    p = 4 * 6 * z
    assert p > f / 300
    bound = math.sqrt(2 * f) * (p + z) + p**2 / 2 + p * z + z**2 / 2 + 100 * 0.3**2
    assert rise.lemma4(state, again, target, settings).right == pytest.approx(bound, rel=1e-12)
