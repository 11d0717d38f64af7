"""The lemmas at their edges: one column worked by hand, defaults, and the names that refusals give."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tdbook import SymmetricCP, lemmas, random_target
from tdbook.descent import State, practical_settings
from tdbook.lemmas import rise
from tdbook.objectives import Parameters, loss
from tests.support.refusals import refused

E1 = SymmetricCP([1.0], [[1.0], [0.0]], 3)
SETTINGS = replace(practical_settings(E1, 1, epochs=1, iterations=1), regularization=0.1, step_size=0.01)


def column(size: float, kappa: float = 1.0, sign: float = 1.0, fresh: bool = False, **named) -> State:
    """One component along e_1."""
    point = Parameters.two_homogeneous([[size], [0.0]], [sign], kappa)
    return State(point, np.array([fresh]), **named)


def point(seed: int, order: int = 3) -> tuple[Parameters, SymmetricCP]:
    rng = np.random.default_rng(seed)
    U = 0.6 * rng.standard_normal((4, 3))
    return Parameters.two_homogeneous(U, [1.0, -1.0, 1.0], rng.uniform(0.5, 3, 3)), random_target(4, 2, order, rng=rng)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("size", [0.5, 2.0])
def test_the_outcome_of_an_epoch_of_one_column(size: float, sign: float) -> None:
    """T = t e_1^3 with t = size^2 against e_1^3: the residual is (t - 1) e_1^3, and w = e_1."""
    before, fresh, last = column(size), column(0.01, sign=sign, reinitialized=0), column(0.9)
    found = lemmas.lemma1(lemmas.Epoch(before, (fresh, last)), E1, SETTINGS)
    t = size**2
    assert found.error == pytest.approx(abs(t - 1))
    assert found.share == pytest.approx(math.sqrt(2))
    assert found.correlation == pytest.approx(sign * np.sign(t - 1))
    value = 0.5 * (t - 1) ** 2 + 0.1 * t - 0.5 * (0.81 - 1) ** 2 - 0.1 * 0.81
    assert found.decrease == pytest.approx(value)


def test_without_a_residual_nothing_correlates() -> None:
    found = lemmas.lemma1(lemmas.Epoch(column(1.0), (column(0.01, reinitialized=0),)), E1, SETTINGS)
    assert (found.error, found.correlation) == (0.0, 0.0)
    with refused("epoch"):
        lemmas.lemma1(lemmas.Epoch(column(1.0), (column(0.01),)), E1, SETTINGS)


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


@pytest.mark.parametrize("order", [3, 5])
def test_the_path_of_one_column(order: int) -> None:
    """Three states 0.2, 0.3, 0.5 of a column: T moves by 0.3^2 - 0.2^2 and 0.5^2 - 0.3^2."""
    target = SymmetricCP([1.0], [[1.0], [0.0]], order)
    states = tuple(column(size) for size in (0.2, 0.3, 0.5))
    found = lemmas.lemma9(lemmas.Epoch(states[0], states), target, SETTINGS)
    assert lemmas.tensor_path(states, order) == pytest.approx([0.05, 0.16])
    assert found.left == pytest.approx(0.21)
    fall = [0.5 * (size**2 - 1) ** 2 + 0.1 * size**2 for size in (0.2, 0.5)]
    bound = math.sqrt(order * max(4, order) * 0.01 * 2 * (fall[0] - fall[1])) * 0.5
    assert found.right == pytest.approx(bound)
    back = lemmas.lemma9(lemmas.Epoch(states[2], states[::-1]), target, SETTINGS)  # the loss rises: nothing is spent
    assert (back.left, back.right) == pytest.approx((0.21, 0.0))
    assert found.hypothesis
    assert not lemmas.lemma9(lemmas.Epoch(states[0], states), target, replace(SETTINGS, step_size=3.0)).hypothesis


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


def test_the_state_in_a_bad_minimum_has_switched() -> None:
    _, state = lemmas.bad_minimum(5, 3, 4, 0.02)
    assert state.fresh.dtype == bool
    assert state.fresh.shape == (4,)
    assert not state.fresh.any()
    assert state.parameters.kappa == pytest.approx(np.ones(4))
    with refused("components"):
        lemmas.bad_minimum(5, 3, 0, 0.02)


def test_a_hard_residual_is_made_of_twice_as_many_terms_as_the_space_has() -> None:
    first = lemmas.hard_residual(3, 2, 0, rounds=2)
    assert (first.dimension, first.order, first.rank) == (3, 2, 2 * 6)
    assert np.array_equal(first.weights, lemmas.hard_residual(3, 2, 0, chance=0.2, rounds=2).weights)
    assert not np.array_equal(first.weights, lemmas.hard_residual(3, 2, 0, chance=0.1, rounds=2).weights)
    start = lemmas.hard_residual(3, 2, 0, rounds=0)
    assert np.count_nonzero(start.weights) == 1
    assert start.norm() == pytest.approx(1.0)


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


def test_each_fresh_direction_has_a_sign_of_its_own() -> None:
    """w -> w_1^4 is never negative: the sign alone says whether the correlation is."""
    hits, count = lemmas.lemma6_chance(SymmetricCP([1.0], [[1.0], [0.0]], 4), 0.0, 1000, 3)
    assert count == 1000
    assert 400 < hits < 600
    assert lemmas.hard_residual(3, 2, 0, rounds=0).weights[0] == pytest.approx(1.0)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_the_regulariser_in_the_matrix_outside(order: int) -> None:
    p, _ = point(7, order)
    loose = replace(p, c_hat=2.0 / p.norms)
    added = lemmas.outside_matrix(loose, order, 0.1) - lemmas.outside_matrix(loose, order, 0.0)
    assert np.allclose(added, 0.1 * 2.0 ** (order - 2) * np.eye(3), atol=1e-14)


def test_the_mass_outside_of_two_columns() -> None:
    """0.3^2 + 0.4^2 lies across e_1; m = 2 columns, K = 1 epoch."""
    p = Parameters.two_homogeneous([[0.5, 0.0], [0.3, 0.4]], [1.0, 1.0])
    settings = replace(practical_settings(E1, 2, epochs=1), init_scale=0.2)
    found = lemmas.lemma5_total(State(p, np.zeros(2, bool)), E1, settings)
    assert (found.left, found.right) == pytest.approx((0.25, 3 * 0.04))
    assert not found.holds
    assert found.scale == pytest.approx(0.12 + 0.5 * math.sqrt(0.5))
    assert lemmas.outside_mass(p, E1) == pytest.approx(0.25)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_the_display_before_lemma_8_for_a_turning_column(sign: float) -> None:
    """The residual t w^3 - T* of one column of length^2 t, against T*(x) = x_1^3 + x_2^3 / 2."""
    target = SymmetricCP([1.0, 0.5], np.eye(2), 3)
    angles, sizes = (0.3, 0.5, 0.9), (0.4, 0.5, 0.7)
    w = [np.array([math.cos(t), math.sin(t)]) for t in angles]
    states = [
        State(Parameters.two_homogeneous((size * x)[:, None], [sign]), np.zeros(1, bool))
        for size, x in zip(sizes, w, strict=True)
    ]

    def against(k: int, x: np.ndarray) -> float:
        """a <R_k, x^3>."""
        return sign * (sign * sizes[k] ** 2 * float(w[k] @ x) ** 3 - x[0] ** 3 - 0.5 * x[1] ** 3)

    left = against(2, w[2]) - against(0, w[0])
    turns = sum(against(k - 1, w[k]) - against(k - 1, w[k - 1]) for k in (1, 2))
    path = sum(
        SymmetricCP([sign * sizes[k] ** 2, -sign * sizes[k - 1] ** 2], np.stack([w[k], w[k - 1]], axis=1), 3).norm()
        for k in (1, 2)
    )
    for printed, a in ((False, 1.0), (True, sign)):
        found = lemmas.telescoping(states, target, 0, printed=printed)
        assert (found.left, found.right) == pytest.approx((left, a * turns + path), rel=1e-11)
    assert lemmas.telescoping(states, target, 0) == lemmas.telescoping(states, target, 0, printed=False)


P, TARGET = point(5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: lemmas.gaussian_moment(0, 1), "dimension must be an integer >= 1, got 0"),
        (lambda: lemmas.gaussian_moment(1, -1), "power must be an integer >= 0, got -1"),
        (lambda: lemmas.sphere_moment_bounds(3, 0), "order must be an integer >= 1, got 0"),
        (lambda: lemmas.anticoncentration(0, 0.5), "order must be an integer >= 1, got 0"),
        (lambda: lemmas.anticoncentration(3, 1.0), "theta must be a finite number >= 0 and < 1, got 1.0"),
        (lambda: lemmas.anticoncentration(3, -0.1), "theta must be a finite number >= 0 and < 1, got -0.1"),
        (lambda: lemmas.lemma6_chance(E1, 0.5, 0, 0), "count must be an integer >= 1, got 0"),
        (lambda: lemmas.lemma6_chance(E1, -1.0, 5, 0), "theta must be a finite number >= 0, got -1.0"),
        (lambda: lemmas.correlation_quantile(E1, 0.5, 5, 0), "chance must be a finite number > 0 and < 0.5, got 0.5"),
        (lambda: lemmas.correlation_quantile(E1, 0.2, 0, 0), "count must be an integer >= 1, got 0"),
        (lambda: lemmas.hard_residual(0, 3, 0), "dimension must be an integer >= 1, got 0"),
        (lambda: lemmas.hard_residual(2, 1, 0), "order must be an integer >= 2, got 1"),
        (lambda: lemmas.hard_residual(2, 2, 0, rounds=-1), "rounds must be an integer >= 0, got -1"),
        (lambda: lemmas.hard_residual(2, 2, 0, chance=0.5), "chance must be a finite number > 0 and < 0.5, got 0.5"),
        (lambda: lemmas.fresh_share(0, 1, 0.2), "dimension must be an integer >= 1, got 0"),
        (lambda: lemmas.fresh_share(3, 4, 0.2), "span must be an integer from 1 to 3, got 4"),
        (lambda: lemmas.fresh_share(3, 2, -0.2), "share must be a finite number >= 0, got -0.2"),
        (lambda: lemmas.curvature_constant(1), "order must be an integer >= 2, got 1"),
        (lambda: lemmas.norm_bound(P, TARGET, 0.0), "regularization must be a finite number > 0, got 0.0"),
        (lambda: lemmas.correlation(P, TARGET, 3), "j must be an integer from 0 to 2, got 3"),
        (lambda: lemmas.lemma7(P, TARGET, 0.1, 0.0, 1), "step_size must be a finite number > 0, got 0.0"),
        (lambda: lemmas.lemma8(P, TARGET, 0.1, 0.0, 1), "step_size must be a finite number > 0, got 0.0"),
        (lambda: lemmas.lemma8(P, random_target(4, 2, 2), 0.1, 0.1, 1), "order must be an integer >= 3, got 2"),
        (lambda: lemmas.lemma5(P, TARGET, 0.1, 0.0), "step_size must be a finite number > 0, got 0.0"),
        (lambda: rise.descent_ratio(P, TARGET, 0.1, 0.0), "step_size must be a finite number > 0, got 0.0"),
        (
            lambda: lemmas.bad_minimum(5, 3, 2, -0.1),
            "regularization must be a finite number >= 0 and < 0.5, got -0.1",
        ),
    ],
)
def test_refusals_name_what_they_refuse(call, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == words


def test_without_a_shift_lemma_8_claims_nothing() -> None:
    """From eta l lambda = 1 on the column does not keep its direction: the hypothesis fails and no cost is named."""
    p, target = point(8)
    for eta, kept in ((3.0, True), (1 / 0.3 + 1e-9, False), (5.0, False)):
        found = lemmas.lemma8(p, target, 0.1, eta, 1)
        assert not found.hypothesis
        assert (found.right > lemmas.correlation(p, target, 1) + 1e-9) is kept
        basis = target.span()
        projected = lemmas.projected_model(p, 3, basis)
        assert found.scale == pytest.approx(projected.distance(target))


def test_thirty_rounds_make_a_residual_in_the_plane_harder() -> None:
    hard, rank_one = lemmas.hard_residual(2, 3, 0, rounds=30), SymmetricCP([1.0], [[1.0], [0.0]], 3)
    found, before = (lemmas.correlation_quantile(R, 0.2, 20_000, 1) for R in (hard, rank_one))
    assert hard.norm() == pytest.approx(1.0)
    assert found < 0.6 * before


def test_the_scale_of_lemma_5_is_that_of_its_points() -> None:
    p, target = point(9)
    moved = lemmas.after_step(p, target, 0.1, 0.05)
    found = lemmas.lemma5(p, target, 0.1, 0.05)
    assert found.scale == pytest.approx(math.sqrt(np.sum(p.U**2)) + math.sqrt(np.sum(moved.U**2)))
