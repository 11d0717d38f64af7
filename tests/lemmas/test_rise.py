"""Tests of ``tdbook.lemmas.rise``."""

import math
from dataclasses import replace
from itertools import pairwise

import mpmath
import numpy as np
import pytest

from tdbook import SymmetricCP, lemmas
from tdbook.descent import Settings, State, exact_gradient, initialize, iterate, practical_settings, reinitialize, step
from tdbook.lemmas import rise
from tdbook.objectives import Parameters, frozen_gradient, loss
from tdbook.tensors import random_target
from tests.support.exact import Exact, dot, fresh_beside_grown
from tests.support.lemmas import axis, column, column_at_border, point
from tests.support.refusals import refused

# size, kappa, order; eta is chosen so that a fresh column moves by its own length
CASES = [(1e-12, 20.0, 3), (1e-12, 1e3, 8), (1e-12, 1e5, 8), (1e-40, 1e3, 5), (1e-150, 1e6, 4)]


LAM = 0.01


@pytest.mark.parametrize(("size", "kappa", "order"), [*CASES, (1e-200, 1.0, 3), (1.0, 1e6, 8)])
def test_sizes_and_bounds_of_the_lemmas(size, kappa, order):
    p, target = fresh_beside_grown(order, kappa, size)
    with mpmath.workdps(60):
        truth = Exact(p, target)
        lengths = [mpmath.sqrt(dot(u, u)) for u in truth.u]
        kbar = [(c * n) ** (order - 2) for c, n in zip(truth.c, lengths)]
        assert rise.boosts(p, order) == pytest.approx([float(k) for k in kbar], rel=1e-13, abs=0)
        N = mpmath.sqrt(mpmath.fsum((k * n) ** 2 for k, n in zip(kbar, lengths)))
        assert rise.weighted_norm(p, order) == pytest.approx(float(N), rel=1e-13, abs=0)
        lam = mpmath.mpf(LAM)
        for j, cost in enumerate(rise.removal_cost(p, target, LAM)):
            # -<u, g>/l + kbar^2 ||u||^4 / 2
            pulled = -dot(truth.u[j], truth.gradient(lam, j)) / order
            wanted = pulled + kbar[j] ** 2 * lengths[j] ** 4 / 2
            size_of = abs(pulled) + kbar[j] ** 2 * lengths[j] ** 4 + lam * lengths[j] ** 2
            assert abs(cost - wanted) <= 1e-11 * size_of + mpmath.mpf("1e-307")


def test_the_bound_of_lemma_4_for_a_tiny_start():
    """kbar_0 delta^2 with kbar_0 = (d (m+K))^{(l-2)/2} = 1e9 and delta = 1e-12."""
    d, m, K, order, delta = 1000, 4, 996, 8, 1e-12
    settings = Settings(d, m, K, 1, 0.1, delta, LAM, 0.1)
    target = random_target(d, 2, order, rng=0)
    U = np.random.default_rng(0).standard_normal((d, m))
    point = Parameters.two_homogeneous(U * delta / np.linalg.norm(U, axis=0), np.ones(m))
    before = State(point, np.zeros(m, dtype=bool))
    found = rise.lemma4(before, replace(before, reinitialized=0), target, settings).right
    with mpmath.workdps(60):
        f = Exact(point, target).loss(mpmath.mpf(LAM))
        kbar = (mpmath.mpf(d) * (m + K)) ** (mpmath.mpf(order - 2) / 2)
        q, z = f / (mpmath.mpf(LAM) * m), kbar * mpmath.mpf(delta) ** 2
        root = mpmath.sqrt(2 * f)
        bound = root * q + q**2 / 2 + (root + q) * z + z**2 / 2 + mpmath.mpf(LAM) * mpmath.mpf(delta) ** 2
        assert found == pytest.approx(float(bound), rel=1e-12, abs=0)


E1 = SymmetricCP([1.0], [[1.0], [0.0]], 3)


SETTINGS = replace(practical_settings(E1, 1, epochs=1, iterations=1), regularization=0.1, step_size=0.01)


@pytest.mark.parametrize("kappa", [1.5, 4.0])
def test_the_switch_of_one_column(kappa: float) -> None:
    """T just before the switch is kappa n^2 e_1^3 and n^2 e_1^3 after it, n the length after the step."""
    n = 0.7
    z, risen = lemmas.switch_bounds(column(0.3, kappa, fresh=True), column(n), E1, SETTINGS)
    moved = (kappa - 1) * n**2
    assert z == pytest.approx(moved)
    assert risen == pytest.approx(abs(kappa * n**2 - 1) * moved + moved**2 / 2)
    assert lemmas.switch_bounds(column(0.3, kappa, fresh=True), column(n, kappa, fresh=True), E1, SETTINGS) == (0, 0)
    assert lemmas.switch_bounds(column(0.3), column(n), E1, SETTINGS) == (0, 0)


def test_a_switch_lengthens_the_path_by_what_it_moves() -> None:
    """From 2 * 0.3^2 to 0.4^2 e_1^3, of which the switch takes 0.4^2."""
    states = (column(0.3, 2.0, fresh=True), column(0.4))
    z, risen = lemmas.switch_bounds(*states, E1, SETTINGS)
    first, last = (loss(state.parameters, E1, 0.1) for state in states)
    found = lemmas.lemma9(lemmas.Epoch(states[0], states), E1, SETTINGS)
    spent = max(0.0, first - last + risen)
    assert z == pytest.approx(0.16)
    assert found.right == pytest.approx(math.sqrt(3 * 4 * 0.01 * spent) * 2 * 0.4 + z)


def test_without_a_regulariser_a_removal_has_no_bound_but_a_cost() -> None:
    settings = replace(SETTINGS, regularization=0.0)
    before, after = column(0.5), column(0.01, reinitialized=0)
    assert lemmas.lemma4(before, after, E1, settings).right == math.inf
    assert lemmas.lemma4(before, after, E1, settings, exact=True).right < 1.0


def test_an_epoch_pays_for_its_beginning_and_for_its_switches() -> None:
    target = random_target(4, 2, 3, rng=2)
    settings = replace(practical_settings(target, 3, 0.1, epochs=1, iterations=120), init_scale=0.02, step_size=0.02)
    epoch = next(lemmas.epochs(target, settings, 3))
    rises = [lemmas.switch_bounds(a, b, target, settings)[1] for a, b in pairwise(epoch.states)]
    assert sum(value > 0 for value in rises) >= 1
    for exact in (False, True):
        begun = lemmas.lemma4(epoch.before, epoch.states[0], target, settings, exact=exact)
        whole = lemmas.lemma2(epoch, target, settings, exact=exact)
        assert whole.right == pytest.approx(begun.right + sum(rises), rel=1e-12)
        old, new = (
            loss(state.parameters, target, settings.regularization) for state in (epoch.before, epoch.states[-1])
        )
        assert whole.left == pytest.approx(new - old, abs=1e-13)
        assert whole.scale == pytest.approx(new + old)
    assert lemmas.lemma2(epoch, target, settings) == lemmas.lemma2(epoch, target, settings, exact=False)
    assert lemmas.lemma2(epoch, target, settings) != lemmas.lemma2(epoch, target, settings, exact=True)
    begun = lemmas.lemma4(epoch.before, epoch.states[0], target, settings)
    assert begun == lemmas.lemma4(epoch.before, epoch.states[0], target, settings, exact=False)
    assert begun != lemmas.lemma4(epoch.before, epoch.states[0], target, settings, exact=True)


def test_an_epoch_begins_with_no_column_drawn_anew() -> None:
    state = column(0.5, epoch=3, iteration=7, reinitialized=0)
    epoch = lemmas.one_epoch(state, E1, replace(SETTINGS, reinitialize=False, iterations=2), 0)
    assert epoch.before is state
    assert [(s.epoch, s.iteration, s.reinitialized) for s in epoch.states] == [(4, k, None) for k in range(3)]


def test_the_printed_constant_is_asked_for_by_name() -> None:
    p, target = point(3)
    exact, printed = (lemmas.largest_step(p, target, 0.1, printed=choice) for choice in (False, True))
    assert printed < 0.99 * exact
    assert lemmas.largest_step(p, target, 0.1) == exact
    assert lemmas.smoothness(p, target, 0.1, 0.01) == lemmas.smoothness(p, target, 0.1, 0.01, printed=False)
    between = 0.5 * (exact + printed)
    assert lemmas.lemma3(p, target, 0.1, between).hypothesis
    assert not lemmas.lemma3(p, target, 0.1, between, printed=True).hypothesis


def test_a_regulariser_is_tied_to_nine_digits() -> None:
    p, target = point(4)
    tied = replace(p, c_hat=1.0 / p.norms)
    assert lemmas.norm_bound(tied, target, 0.1).hypothesis
    assert not lemmas.norm_bound(replace(tied, c_hat=tied.c_hat * (1 + 1e-7)), target, 0.1).hypothesis


def test_rounding_is_a_share_of_the_scale() -> None:
    assert not lemmas.Inequality(1 + 1e-12, 1.0).holds
    assert lemmas.Inequality(1 + 1e-12, 1.0, scale=100.0).holds
    assert not lemmas.Inequality(1 + 1e-10, 1.0, scale=100.0).holds


def test_the_largest_step_where_the_constant_is_small() -> None:
    p, target = point(6)
    light = Parameters.two_homogeneous(0.1 * p.U, p.a, 0.01)
    eta = lemmas.largest_step(light, target, 0.001)
    assert eta > 1
    assert 3 * eta * lemmas.smoothness(light, target, 0.001, eta) == pytest.approx(1.0, rel=1e-9)


def test_an_epoch_descends_if_each_of_its_steps_does() -> None:
    good, bad = replace(SETTINGS, step_size=0.01), replace(SETTINGS, step_size=3.0)
    for states in ((column(0.5), column(0.5)), (column(0.5), column(0.5), column(0.5))):
        assert rise.descends(lemmas.Epoch(states[0], states), E1, good)
        assert not rise.descends(lemmas.Epoch(states[0], states), E1, bad)
    settled = (column(math.sqrt(0.9)), column(0.5))  # its first step stays where it is, a second one is not taken
    assert rise.descends(lemmas.Epoch(settled[0], settled), E1, bad)


def test_the_scale_of_lemma_5_is_that_of_its_points() -> None:
    p, target = point(9)
    moved = lemmas.after_step(p, target, 0.1, 0.05)
    found = lemmas.lemma5(p, target, 0.1, 0.05)
    assert found.scale == pytest.approx(math.sqrt(np.sum(p.U**2)) + math.sqrt(np.sum(moved.U**2)))


@pytest.mark.parametrize("size", [0.0, 1.0, 1e10])
def test_equal_sides_are_in_order_whatever_their_size(size: float) -> None:
    assert lemmas.Inequality(size, size, scale=0.0).holds
    assert not lemmas.Inequality(size + 1e-5, size, scale=0.0).holds


A_LITTLE = 1 + 1e-9


def test_lemma_3_at_its_largest_step() -> None:
    """In the minimum e_1 of e_1^4 without a regulariser, M = max(4, l) N^2 / 2 = 2: the border is eta = 1/8."""
    for eta, allowed in ((1 / 8, True), (A_LITTLE / 8, False)):
        assert lemmas.lemma3(column_at_border(1.0), axis(4), 0.0, eta).hypothesis is allowed


@pytest.mark.parametrize("kappa", [1.0, 2.0])
def test_lemma_7_with_the_heaviest_regulariser(kappa: float) -> None:
    """e_1 / 2 with boost kappa against e_1^3: tau = 1 - kappa / 4, and lambda may be up to kappa tau / 2."""
    edge = 0.5 * kappa * (1 - kappa / 4)
    for lam, allowed in ((edge / A_LITTLE, True), (edge, True), (edge * A_LITTLE, False)):
        found = lemmas.lemma7(column_at_border(0.5, kappa=kappa), axis(3), lam, 0.1, 0)
        assert found.hypothesis is allowed
        assert found.scale == 0.25


def test_each_step_of_an_epoch_must_go_down() -> None:
    """The first step stays in the minimum, the second one is too long; of the last state no step is asked."""
    settings = replace(practical_settings(axis(3), 1, epochs=1), regularization=0.1, step_size=3.0)
    low, high = (State(column_at_border(size), np.zeros(1, dtype=bool)) for size in (math.sqrt(0.9), 0.5))
    for states, down in (((low, high), True), ((low, high, high), False), ((low, low, high), True)):
        epoch = lemmas.Epoch(states[0], states)
        assert rise.descends(epoch, axis(3), settings) is down
        assert lemmas.lemma2(epoch, axis(3), settings).hypothesis is down


def test_an_epoch_without_steps_costs_its_reinitialisation() -> None:
    target = random_target(4, 2, 3, rng=2)
    settings = replace(practical_settings(target, 3, 0.1, epochs=1), init_scale=0.02)
    p, _ = point(1)
    before = State(Parameters.two_homogeneous(p.U, p.a), np.zeros(3, dtype=bool))
    after = reinitialize(before, settings, np.random.default_rng(0))
    whole = lemmas.lemma2(lemmas.Epoch(before, (after,)), target, settings)
    begun = lemmas.lemma4(before, after, target, settings)
    assert (whole.left, whole.right) == (begun.left, begun.right)
    assert begun.right > 0


def test_the_scales_of_the_rise() -> None:
    p, target = point(2)
    lam, eta = 0.3, 0.02
    here, there = loss(p, target, lam), loss(lemmas.after_step(p, target, lam, eta), target, lam)
    assert lemmas.norm_bound(p, target, lam).scale == pytest.approx(here / lam)
    assert lemmas.lemma3(p, target, lam, eta).scale == pytest.approx(here + there)


def settings_for(target: SymmetricCP, **changes: float) -> Settings:
    return replace(practical_settings(target, 4, 0.1, epochs=2, iterations=40), **changes)


@pytest.mark.parametrize("order", [3, 4])
def test_epochs_is_the_run_of_iterate(order: int) -> None:
    target = random_target(5, 2, order, rng=1)
    settings = settings_for(target)
    stream = list(iterate(target, settings, 7))
    epochs = list(lemmas.epochs(target, settings, 7))
    assert np.array_equal(epochs[0].before.parameters.U, stream[0].parameters.U)
    flat = [state for epoch in epochs for state in epoch.states]
    assert len(flat) == len(stream) - 1
    for a, b in zip(flat, stream[1:], strict=True):
        assert np.array_equal(a.parameters.U, b.parameters.U) and (a.epoch, a.iteration) == (b.epoch, b.iteration)


def test_after_step_is_the_step_of_the_algorithm() -> None:
    target = random_target(5, 2, 3, rng=1)
    settings = settings_for(target)
    state = reinitialize(initialize(settings, np.random.default_rng(0)), settings, np.random.default_rng(0))
    moved = lemmas.after_step(state.parameters, target, settings.regularization, settings.step_size)
    taken = step(state, exact_gradient(target, settings.regularization), settings).parameters
    assert np.allclose(moved.U, taken.U, rtol=1e-15)
    assert np.allclose(moved.kappa, state.parameters.kappa, rtol=1e-14)


@pytest.mark.parametrize("order", [3, 4, 5])
def test_curvature_constant_is_reached_across_and_never_passed(order: int) -> None:
    rng = np.random.default_rng(order)

    def second(u: np.ndarray, v: np.ndarray, h: float = 1e-3) -> float:
        steps = [u - h * v, u, u + h * v]
        sizes = [float(np.linalg.norm(x)) for x in steps]
        weights = np.array([1.0, -2.0, 1.0]) * np.square(sizes) / h**2
        return SymmetricCP(weights, np.stack([x / n for x, n in zip(steps, sizes, strict=True)], axis=1), order).norm()

    e = np.eye(3)
    assert second(e[0], e[1]) == pytest.approx(lemmas.curvature_constant(order), rel=1e-4)
    for _ in range(30):
        u, v = rng.standard_normal((2, 3))
        v /= np.linalg.norm(v)
        assert second(u / np.linalg.norm(u), v) <= lemmas.curvature_constant(order) * (1 + 1e-4)


def point_drawn(seed: int, order: int, d: int = 4, m: int = 3, kappa: float = 1.0) -> tuple[Parameters, SymmetricCP]:
    rng = np.random.default_rng(seed)
    U = rng.standard_normal((d, m)) * 0.6
    return Parameters.two_homogeneous(U, rng.choice([-1.0, 1.0], m), kappa), random_target(d, 2, order, rng=rng)


@pytest.mark.parametrize("order", [3, 4])
def test_largest_step_is_the_edge_of_the_hypothesis(order: int) -> None:
    for seed in range(5):
        p, target = point_drawn(seed, order, kappa=2.0)
        for printed in (False, True):
            eta = lemmas.largest_step(p, target, 0.1, printed=printed)
            assert eta * order * lemmas.smoothness(p, target, 0.1, eta, printed=printed) == pytest.approx(1.0, rel=1e-9)
            assert lemmas.lemma3(p, target, 0.1, eta * (1 - 1e-9), printed=printed).hypothesis
            assert not lemmas.lemma3(p, target, 0.1, eta * (1 + 1e-9), printed=printed).hypothesis
        assert lemmas.smoothness(p, target, 0.1, 0.01) <= lemmas.smoothness(p, target, 0.1, 0.01, printed=True)


@pytest.mark.parametrize("order", [3, 4, 5])
def test_descent_ratio_lies_between_2_over_l_and_1_for_small_steps(order: int) -> None:
    for seed in range(10):
        p, target = point_drawn(seed, order)
        assert 2 / order - 1e-3 <= lemmas.descent_ratio(p, target, 0.05, 1e-6) <= 1 + 1e-3
    radial = Parameters.two_homogeneous([[0.8], [0.0]], [1.0])
    target = SymmetricCP([1.0], [[1.0], [0.0]], order)
    assert lemmas.descent_ratio(radial, target, 0.05, 1e-6) == pytest.approx(2 / order, rel=1e-4)


def test_lemma3_fails_with_a_plain_regulariser() -> None:
    order, lam, eta = 3, 0.1, 1e-3
    target = SymmetricCP([1.0], [[1.0], [0.0]], order)
    size = math.sqrt(1 - 0.5 * lam * (1 + 2 / order))
    p = Parameters.two_homogeneous([[size], [0.0]], [1.0])
    plain = frozen_gradient(p, target, 0.0) + 2 * lam * p.U
    moved = Parameters.two_homogeneous(p.U - eta * plain, [1.0])
    assert loss(moved, target, lam) > loss(p, target, lam)
    assert lemmas.lemma3(p, target, lam, eta).holds


@pytest.mark.parametrize("order", [3, 4])
@pytest.mark.parametrize("kappa", [1.0, 2.5])
def test_removal_cost_is_the_difference_of_losses(order: int, kappa: float) -> None:
    p, target = point_drawn(3, order, kappa=kappa)
    lam = 0.07
    costs = lemmas.removal_cost(p, target, lam)
    for j in range(3):
        keep = np.arange(3) != j
        rest = Parameters(p.U[:, keep], p.a[keep], p.c[keep], p.c_hat[keep])
        assert loss(rest, target, lam) - loss(p, target, lam) == pytest.approx(costs[j], abs=1e-12)
    formula = -np.einsum("ij,ij->j", p.U, frozen_gradient(p, target, lam)) / order
    assert np.allclose(costs, formula + 0.5 * (kappa ** (order - 2) * p.norms**2) ** 2, atol=1e-12)


@pytest.mark.parametrize("order", [3, 4])
def test_lemma4_and_lemma2_along_a_run(order: int) -> None:
    target = random_target(6, 2, order, rng=2)
    settings = settings_for(target)
    for epoch in lemmas.epochs(target, settings, 3):
        for exact in (False, True):
            cost = lemmas.lemma4(epoch.before, epoch.states[0], target, settings, exact=exact)
            assert cost.holds and cost.hypothesis
            assert cost.left == pytest.approx(
                loss(epoch.states[0].parameters, target, settings.regularization)
                - loss(epoch.before.parameters, target, settings.regularization)
            )
            assert not lemmas.lemma2(epoch, target, settings, exact=exact).violated
        # the exact form is the sharper one
        exact_bound = lemmas.lemma4(epoch.before, epoch.states[0], target, settings, exact=True).right
        assert exact_bound <= lemmas.lemma4(epoch.before, epoch.states[0], target, settings).right + 1e-12


def test_switch_bounds_are_seen_in_the_step_that_switches() -> None:
    target = random_target(6, 2, 3, rng=2)
    settings = settings_for(target)
    epoch = next(lemmas.epochs(target, settings, 3))
    found = [lemmas.switch_bounds(a, b, target, settings) for a, b in pairwise(epoch.states)]
    switching = [b.switches > a.switches for a, b in pairwise(epoch.states)]
    assert any(switching)
    assert [z > 0 for z, _ in found] == switching
    for (z, allowed), (a, b) in zip(found, pairwise(epoch.states), strict=True):
        if z > 0:
            unswitched = lemmas.after_step(a.parameters, target, settings.regularization, settings.step_size)
            change = loss(b.parameters, target, settings.regularization) - loss(
                unswitched, target, settings.regularization
            )
            assert abs(change) <= allowed * (1 + 1e-9)


def test_norm_bound_needs_the_tied_regulariser() -> None:
    p, target = point_drawn(5, 3)
    tied = lemmas.norm_bound(p, target, 0.1)
    assert tied.hypothesis and tied.holds
    loose = lemmas.norm_bound(replace(p, c_hat=2 * p.c_hat), target, 0.1)
    assert not loose.hypothesis


def test_an_inequality_with_a_nan_does_not_hold() -> None:
    assert not lemmas.Inequality(math.nan, 1.0).holds
    assert not lemmas.Inequality(0.0, math.nan).holds
    assert lemmas.Inequality(2.0, 1.0, hypothesis=False).violated is False
    assert lemmas.Inequality(2.0, 1.0).violated
    assert lemmas.Inequality(1.0, 3.0).slack == 2.0


def test_without_reinitialisation_an_epoch_costs_nothing_at_its_start() -> None:
    target = random_target(6, 2, 3, rng=2)
    settings = replace(settings_for(target), reinitialize=False, iterations=3)
    epoch = next(lemmas.epochs(target, settings, 3))
    assert lemmas.lemma4(epoch.before, epoch.states[0], target, settings) == lemmas.Inequality(
        0.0, 0.0, True, scale=2 * loss(epoch.before.parameters, target, settings.regularization)
    )
    with refused("epoch"):
        lemmas.lemma1(epoch, target, settings)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_step_sizes_are_checked(bad: float) -> None:
    p, target = point_drawn(1, 3)
    for function in (lemmas.lemma3, lemmas.after_step, lemmas.descent_ratio, lemmas.lemma5, lemmas.smoothness):
        with refused("step_size"):
            function(p, target, 0.1, bad)
