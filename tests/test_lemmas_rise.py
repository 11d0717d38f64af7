"""Section 5.1: the functions that evaluate Lemmas 2, 3 and 4, against dense tensors and second routes."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tdbook import SymmetricCP, lemmas, random_target
from tdbook.descent import Settings, exact_gradient, initialize, iterate, practical_settings, reinitialize, step
from tdbook.objectives import Parameters, frozen_gradient, loss
from tests.support.refusals import refused


def point(seed: int, order: int, d: int = 4, m: int = 3, kappa: float = 1.0) -> tuple[Parameters, SymmetricCP]:
    rng = np.random.default_rng(seed)
    U = rng.standard_normal((d, m)) * 0.6
    return Parameters.two_homogeneous(U, rng.choice([-1.0, 1.0], m), kappa), random_target(d, 2, order, rng=rng)


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


@pytest.mark.parametrize("order", [3, 4])
def test_largest_step_is_the_edge_of_the_hypothesis(order: int) -> None:
    for seed in range(5):
        p, target = point(seed, order, kappa=2.0)
        for printed in (False, True):
            eta = lemmas.largest_step(p, target, 0.1, printed=printed)
            assert eta * order * lemmas.smoothness(p, target, 0.1, eta, printed=printed) == pytest.approx(1.0, rel=1e-9)
            assert lemmas.lemma3(p, target, 0.1, eta * (1 - 1e-9), printed=printed).hypothesis
            assert not lemmas.lemma3(p, target, 0.1, eta * (1 + 1e-9), printed=printed).hypothesis
        assert lemmas.smoothness(p, target, 0.1, 0.01) <= lemmas.smoothness(p, target, 0.1, 0.01, printed=True)


@pytest.mark.parametrize("order", [3, 4, 5])
def test_descent_ratio_lies_between_2_over_l_and_1_for_small_steps(order: int) -> None:
    for seed in range(10):
        p, target = point(seed, order)
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
    p, target = point(3, order, kappa=kappa)
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
    for (z, rise), (a, b) in zip(found, pairwise(epoch.states), strict=True):
        if z > 0:
            unswitched = lemmas.after_step(a.parameters, target, settings.regularization, settings.step_size)
            change = loss(b.parameters, target, settings.regularization) - loss(
                unswitched, target, settings.regularization
            )
            assert abs(change) <= rise * (1 + 1e-9)


def test_norm_bound_needs_the_tied_regulariser() -> None:
    p, target = point(5, 3)
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
    p, target = point(1, 3)
    for function in (lemmas.lemma3, lemmas.after_step, lemmas.descent_ratio, lemmas.lemma5, lemmas.smoothness):
        with refused("step_size"):
            function(p, target, 0.1, bad)
