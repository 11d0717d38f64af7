"""Both sides of Lemmas 2, 3 and 4 and the chances of Lemma 6, put together again from arrays of all entries."""

import itertools
import math
from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import beta, gamma

from tdbook import lemmas
from tdbook.descent import initialize, practical_settings, reinitialize
from tdbook.lemmas import rise
from tdbook.objectives import Parameters
from tdbook.tensors import random_target
from tests.support import dense

LAM, ETA = 0.07, 0.02
ORDERS = [2, 3, 4, 5]


def point(order, seed=0, d=3, m=3):
    rng = np.random.default_rng([seed, order])
    U, signs = 0.6 * rng.standard_normal((d, m)), rng.choice([-1.0, 1.0], m)
    p = Parameters.two_homogeneous(U, signs, rng.uniform(0.7, 2, m))
    target = random_target(d, 2, order, rng=rng)
    return p, target, dense.tensor(target.weights, target.factors, order)


def kbar(p, order):
    return np.array([(c * math.hypot(*u)) ** (order - 2) for c, u in zip(p.c, p.U.T, strict=True)])


def sizes(p):
    return np.array([math.hypot(*u) for u in p.U.T])


def stepped(p, goal, eta=ETA, lam=LAM):
    """U - eta G with c and chat updated, before any switch."""
    U = p.U - eta * dense.frozen(p, goal, lam)
    shrink = sizes(p) / np.array([math.hypot(*u) for u in U.T])
    return Parameters(U, p.a, p.c * shrink, p.c_hat * shrink)


def bend(order):
    """||D^2 phi(e_1)[e_2, e_2]|| for phi(u) = |u|^{2-l} u^{(x) l}: (2-l) e_1^l and all places of two e_2."""
    second = (2 - order) * dense.power([1.0, 0.0], order)
    for i, j in permutations(range(order), 2):
        second[tuple(int(k in (i, j)) for k in range(order))] += 1
    return np.linalg.norm(second)


@pytest.mark.second_opinion(
    "tdbook.lemmas.rise.boosts", "tdbook.lemmas.rise.weighted_norm", "tdbook.lemmas.after_step",
    "tdbook.lemmas.norm_bound",
)  # fmt: skip
@pytest.mark.parametrize("order", ORDERS)
def test_lengths_boosts_and_the_step(order):
    p, target, goal = point(order)
    assert rise.boosts(p, order) == pytest.approx(kbar(p, order), rel=1e-13)
    N = math.sqrt(sum((k * n) ** 2 for k, n in zip(kbar(p, order), sizes(p), strict=True)))
    assert rise.weighted_norm(p, order) == pytest.approx(N, rel=1e-13)
    moved, wanted = rise.after_step(p, target, LAM, ETA), stepped(p, goal)
    for name in ("U", "c", "c_hat"):
        assert np.allclose(getattr(moved, name), getattr(wanted, name), rtol=1e-12)
    bound = rise.norm_bound(p, target, LAM)
    assert (bound.left, bound.right) == pytest.approx((np.sum(p.U**2), dense.loss(p, goal, LAM) / LAM), rel=1e-12)


@pytest.mark.second_opinion(
    "tdbook.lemmas.curvature_constant", "tdbook.lemmas.smoothness", "tdbook.lemmas.largest_step",
    "tdbook.lemmas.lemma3", "tdbook.lemmas.descent_ratio",
)  # fmt: skip
@pytest.mark.parametrize("order", ORDERS)
def test_the_constant_of_lemma_3_and_the_step_that_it_allows(order):
    p, target, goal = point(order)
    assert rise.curvature_constant(order) == pytest.approx(bend(order), rel=1e-14)
    G = dense.frozen(p, goal, LAM)
    squares = np.sum(G**2, axis=0)
    R = np.linalg.norm(dense.model(p, order) - goal)
    k = kbar(p, order)
    for printed, K in ((False, k @ squares / squares.sum()), (True, k.max())):
        quadratic = max(4, order) * np.sum((k * sizes(p)) ** 2)
        A, B = bend(order) * K * R / 2 + quadratic + LAM, (bend(order) * K) ** 2 * squares.sum() / 4
        assert rise.smoothness(p, target, LAM, ETA, printed=printed) == pytest.approx(A + B * ETA**2, rel=1e-12)
        roots = np.roots([order * B, 0.0, order * A, -1.0])
        edge = min(x.real for x in roots if abs(x.imag) < 1e-9 * abs(x) and x.real > 0)
        assert rise.largest_step(p, target, LAM, printed=printed) == pytest.approx(edge, rel=1e-9)
        for eta in (0.9 * edge, 1.1 * edge):
            found = rise.lemma3(p, target, LAM, eta, printed=printed)
            change = dense.loss(stepped(p, goal, eta), goal, LAM) - dense.loss(p, goal, LAM)
            assert found.hypothesis == (eta < edge)
            assert (found.left, found.right) == pytest.approx((change, -eta / order * squares.sum()), rel=1e-9)
            assert rise.descent_ratio(p, target, LAM, eta) == pytest.approx(-change / (eta * squares.sum()), rel=1e-9)


@pytest.mark.second_opinion("tdbook.lemmas.removal_cost")
@pytest.mark.parametrize("order", ORDERS)
def test_what_a_removal_costs(order):
    p, target, goal = point(order, seed=1)
    for j, cost in enumerate(rise.removal_cost(p, target, LAM)):
        rest = Parameters(*(np.delete(getattr(p, name), j, axis=-1) for name in ("U", "a", "c", "c_hat")))
        assert cost == pytest.approx(dense.loss(rest, goal, LAM) - dense.loss(p, goal, LAM), abs=1e-12)


# --- whole epochs -----------------------------------------------------------------------------------------------------


def setting(order):
    target = random_target(3, 2, order, rng=order)
    settings = practical_settings(target, 3, epochs=3, iterations=40, init_scale=0.02, regularization=LAM)
    settings = replace(settings, step_size=0.5 / settings.initial_kappa ** (order - 2))
    return target, dense.tensor(target.weights, target.factors, order), settings


def epochs_of(order):
    target, goal, settings = setting(order)
    return target, goal, settings, list(rise.epochs(target, settings, 5))


def bound4(before, j, goal, s, exact):
    """Lemma 4 as its docstring has it, from the loss on all entries."""
    order, f, p = goal.ndim, dense.loss(before.parameters, goal, LAM), before.parameters
    kbar0 = math.sqrt(s.dimension * (s.components + s.epochs)) ** (order - 2)
    z, delta = kbar0 * s.init_scale**2, s.init_scale
    if exact:
        weight = kbar(p, order)[j] * sizes(p)[j] ** 2
        rest = Parameters(*(np.delete(getattr(p, name), j, axis=-1) for name in ("U", "a", "c", "c_hat")))
        cost = dense.loss(rest, goal, LAM) - f
    else:
        weight = f / (LAM * s.components)
        if before.fresh[j]:
            weight = max(weight, 4 * (s.components + s.epochs) * kbar0 * delta**2)
        cost = math.sqrt(2 * f) * weight + weight**2 / 2
    return cost + (math.sqrt(2 * f) + weight) * z + z**2 / 2 + LAM * delta**2


def switched(a, b, goal):
    """z and the bound on the rise, for the columns that switch between two states."""
    order, z = goal.ndim, 0.0
    c = b.parameters.c.copy()
    for i in np.flatnonzero(a.fresh & ~b.fresh):
        jump = kbar(a.parameters, order)[i] - kbar(b.parameters, order)[i]
        z += jump * sizes(b.parameters)[i] ** 2
        c[i] = a.parameters.c[i] * sizes(a.parameters)[i] / sizes(b.parameters)[i]
    R = np.linalg.norm(dense.model(replace(b.parameters, c=c), order) - goal)
    return (z, R * z + z**2 / 2) if (a.fresh & ~b.fresh).any() else (0.0, 0.0)


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
        old, new, end = (dense.loss(s.parameters, goal, LAM) for s in (epoch.before, first, epoch.states[-1]))
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
            dense.loss(stepped(s.parameters, goal, eta), goal, LAM) - dense.loss(s.parameters, goal, LAM)
            <= -eta / order * np.sum(dense.frozen(s.parameters, goal, LAM) ** 2) + 1e-12
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


# --- Lemma 6 ----------------------------------------------------------------------------------------------------------


@pytest.mark.second_opinion("tdbook.lemmas.gaussian_moment", "tdbook.lemmas.anticoncentration")
@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_gaussian_moments_and_the_chance_by_gamma_functions(n):
    for p in range(5):
        assert lemmas.gaussian_moment(n, p) == pytest.approx(2.0**p * gamma(n / 2 + p) / gamma(n / 2), rel=1e-12)
    for order, theta in ((2, 0.3), (3, 0.5), (4, 0.75)):
        fourth, second = (2.0**q * gamma(n / 2 + q) / gamma(n / 2) for q in (2 * order, order))
        by_moments = 0.5 * (1 - theta**2) ** 2 * min(1.0, fourth / second**2 / 9**order)
        forms = sum(1 for powers in itertools.product(range(order + 1), repeat=n) if sum(powers) == order)
        wanted = max(by_moments, 0.5 * (1 - theta**2) / (forms - theta**2))
        assert lemmas.anticoncentration(order, theta, n) == pytest.approx(wanted, rel=1e-12, abs=0)


@pytest.mark.second_opinion("tdbook.lemmas.fresh_share")
@pytest.mark.parametrize(("d", "span", "share"), [(5, 2, 0.7), (9, 1, 0.2), (4, 3, 1.3), (30, 7, 2.0)])
def test_the_share_of_a_fresh_vector_by_quadrature(d, span, share):
    a, b = span / 2, (d - span) / 2

    def density(angle):  # the share is sin^2 of the angle to the complement
        return 2 * math.sin(angle) ** (2 * a - 1) * math.cos(angle) ** (2 * b - 1) / beta(a, b)

    chance = quad(density, math.asin(share / math.sqrt(d)), math.pi / 2)[0]
    assert lemmas.fresh_share(d, span, share) == pytest.approx(chance, rel=1e-8)


@pytest.mark.second_opinion(
    "tdbook.lemmas.hard_residual", "tdbook.lemmas.correlation_quantile", "tdbook.lemmas.lemma6_chance",
)  # fmt: skip
def test_a_hard_residual_is_hard_by_counting():
    """The quantile of |R(w)| by sorting the values of the array at points drawn here."""
    hard = lemmas.hard_residual(2, 3, 0, rounds=80)
    R = dense.tensor(hard.weights, hard.factors, 3)
    assert np.linalg.norm(R) == pytest.approx(1.0)
    angles = np.linspace(0, 2 * math.pi, 20_000, endpoint=False)
    w = np.array([np.cos(angles), np.sin(angles)])
    values = np.sort(np.abs(np.einsum("ijk,in,jn,kn->n", R, w, w, w)))
    level = values[int(0.6 * len(values))]  # the sign halves the chance: 20% are 40% of the sizes
    unit = math.sqrt(lemmas.sphere_moment_bounds(2, 3)[0])
    assert lemmas.correlation_quantile(hard, 0.2, 100_000, 1) == pytest.approx(level / unit, rel=0.02)
    assert level < 0.6 * math.cos(0.2 * math.pi) ** 3  # what a rank-one residual has
    hits, count = lemmas.lemma6_chance(hard, level / unit, 100_000, 2)
    assert hits / count == pytest.approx(0.2, abs=0.01)
