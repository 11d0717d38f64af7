"""The lemmas where a hypothesis just holds, on one column whose numbers are powers of two; scales, defaults, texts."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tdbook import SymmetricCP, lemmas, random_target
from tdbook.descent import State, practical_settings, reinitialize
from tdbook.lemmas import chance, rise
from tdbook.objectives import Parameters, frozen_gradient, loss
from tdbook.tensors import random_unit_vectors
from tests.test_lemmas_edges import point

A_LITTLE = 1 + 1e-9


def axis(order: int) -> SymmetricCP:
    """e_1^{(x) l} in the plane."""
    return SymmetricCP([1.0], [[1.0], [0.0]], order)


def column(x: float, y: float = 0.0, kappa: float = 1.0) -> Parameters:
    return Parameters.two_homogeneous([[x], [y]], [1.0], kappa)


# --- borders ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0.0, 1.0, 1e10])
def test_equal_sides_are_in_order_whatever_their_size(size: float) -> None:
    assert lemmas.Inequality(size, size, scale=0.0).holds
    assert not lemmas.Inequality(size + 1e-5, size, scale=0.0).holds


def test_lemma_3_at_its_largest_step() -> None:
    """In the minimum e_1 of e_1^4 without a regulariser, M = max(4, l) N^2 / 2 = 2: the border is eta = 1/8."""
    for eta, allowed in ((1 / 8, True), (A_LITTLE / 8, False)):
        assert lemmas.lemma3(column(1.0), axis(4), 0.0, eta).hypothesis is allowed


def test_lemma_5_at_its_largest_step_mirrors_the_column() -> None:
    """u = e_2 is all outside, Q = 1: u - eta l u is -u at eta l = 2."""
    at = lemmas.lemma5(column(0.0, 1.0), axis(4), 0.0, 0.5)
    assert (at.left, at.right, at.hypothesis) == (1.0, 1.0, True)
    beyond = lemmas.lemma5(column(0.0, 1.0), axis(4), 0.0, 0.5 * A_LITTLE)
    assert (beyond.left > beyond.right, beyond.hypothesis) == (True, False)


@pytest.mark.parametrize("kappa", [1.0, 2.0])
def test_lemma_7_with_the_heaviest_regulariser(kappa: float) -> None:
    """e_1 / 2 with boost kappa against e_1^3: tau = 1 - kappa / 4, and lambda may be up to kappa tau / 2."""
    edge = 0.5 * kappa * (1 - kappa / 4)
    for lam, allowed in ((edge / A_LITTLE, True), (edge, True), (edge * A_LITTLE, False)):
        found = lemmas.lemma7(column(0.5, kappa=kappa), axis(3), lam, 0.1, 0)
        assert found.hypothesis is allowed
        assert found.scale == 0.25


def test_lemma_7_promises_nothing_where_nothing_pulls() -> None:
    """In the minimum without a regulariser tau is 0, and the inequality is an equality."""
    found = lemmas.lemma7(column(1.0), axis(3), 0.0, 0.1, 0)
    assert (found.left, found.right, found.hypothesis) == (1.0, 1.0, False)


def test_lemma_8_at_its_largest_step() -> None:
    """e_1 / 2 against e_1^4, ||R|| = 3/4, eta = 1/16: eta l (l-1) 3/4 = 9/16 = 1 - eta l lambda at lambda = 7/4."""
    for lam, allowed in ((7 / 4, True), (7 / 4 * A_LITTLE, False)):
        assert lemmas.lemma8(column(0.5), axis(4), lam, 1 / 16, 0).hypothesis is allowed


def test_lemma_8_names_no_cost_where_the_column_is_wiped_out() -> None:
    """eta l lambda = 1 exactly."""
    p, target = point(8, 4)
    found = lemmas.lemma8(p, target, 0.25, 1.0, 1)
    assert found.right == lemmas.correlation(p, target, 1)
    assert not found.hypothesis


def test_each_step_of_an_epoch_must_go_down() -> None:
    """The first step stays in the minimum, the second one is too long; of the last state no step is asked."""
    settings = replace(practical_settings(axis(3), 1, epochs=1), regularization=0.1, step_size=3.0)
    low, high = (State(column(size), np.zeros(1, dtype=bool)) for size in (math.sqrt(0.9), 0.5))
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


# --- scales: what rounding is measured by -----------------------------------------------------------------------------


def test_the_scales_of_the_rise() -> None:
    p, target = point(2)
    lam, eta = 0.3, 0.02
    here, there = loss(p, target, lam), loss(lemmas.after_step(p, target, lam, eta), target, lam)
    assert lemmas.norm_bound(p, target, lam).scale == pytest.approx(here / lam)
    assert lemmas.lemma3(p, target, lam, eta).scale == pytest.approx(here + there)


@pytest.mark.parametrize("order", [3, 4, 5])
def test_a_regulariser_with_coefficients_of_its_own_pushes_inwards(order: int) -> None:
    """lambda l chat_i^{l-2} n_i^{l-2} ||P_B u_i||^2 of each column, for chat_i = 2 / n_i."""
    p, target = point(3, order)
    loose = replace(p, c_hat=2.0 / p.norms)
    frozen, squares, _ = lemmas.lemma5_identity(loose, target, 0.1)
    basis = target.span()
    beyond = p.U - basis @ basis.T @ p.U
    assert squares == pytest.approx(frozen, rel=1e-10)
    assert frozen == pytest.approx(float(np.vdot(beyond, frozen_gradient(loose, target, 0.1))), rel=1e-12)
    without = lemmas.lemma5_identity(loose, target, 0.0)[1]
    assert squares - without == pytest.approx(0.1 * order * 2.0 ** (order - 2) * np.sum(beyond**2), rel=1e-9)


# --- hard residuals ---------------------------------------------------------------------------------------------------


def test_a_quadratic_residual_in_the_plane_comes_near_the_hardest_one() -> None:
    """Up to a rotation it is cos(t) x_1^2 + sin(t) x_2^2: the least quantile over all t, against three searches."""
    angles = np.linspace(0, math.pi, 720, endpoint=False)
    w = np.array([np.cos(angles), np.sin(angles)])

    def level(values: np.ndarray) -> float:
        return float(np.quantile(np.abs(values), 0.6))  # the sign halves it: a chance of 0.2

    hardest = min(level(math.cos(t) * w[0] ** 2 + math.sin(t) * w[1] ** 2) for t in np.linspace(0, math.pi, 181))
    found = [level(lemmas.hard_residual(2, 2, seed, rounds=20).evaluate(w)) for seed in range(3)]
    assert level(w[0] ** 2) > 1.2 * hardest  # where the search begins
    assert min(found) > 0.999 * hardest
    assert sorted(found)[1] < 1.05 * hardest


def test_two_hundred_rounds_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small samples, for speed; another number of rounds would draw more or fewer of them."""
    monkeypatch.setattr(chance, "random_unit_vectors", lambda s, n, rng: random_unit_vectors(s, min(n, 100), rng))
    usual, asked, other = (np.random.default_rng(0) for _ in range(3))
    by_default = lemmas.hard_residual(2, 2, usual)
    assert np.array_equal(by_default.weights, lemmas.hard_residual(2, 2, asked, rounds=200).weights)
    lemmas.hard_residual(2, 2, other, rounds=20)
    assert usual.random() == asked.random() != other.random()


# --- the plan ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step_size", [0.3, 0.03, 0.003])
def test_one_iteration_to_spare(step_size: float) -> None:
    """H - 1 is the least whole number of steps in which a lucky component grows as far as it must."""
    plan = lemmas.plan(4, 2, 3, 0.5, strength=1.0, chance=0.5, step_size=step_size)
    growth = next(c for c in plan.conditions if c.name == "growth in H steps passes f/lambda")
    rate = growth.right / plan.iterations
    assert 3 < plan.iterations < 1e6
    assert (plan.iterations - 2) * rate < growth.left <= (plan.iterations - 1) * rate


def test_a_plan_beyond_floating_point_range_is_refused() -> None:
    words = (
        "order, dimension and accuracy must leave (d (m+K))^(l-2) and the like within floating-point range, "
        "got l = 60, d = 10 and 0.1"
    )
    with pytest.raises(ValueError) as caught:
        lemmas.plan(10, 2, 60, 0.1)
    assert str(caught.value) == words
