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
    with pytest.raises(ValueError, match=r"^epoch must begin with a re-initialisation, got one without$"):
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
    with pytest.raises(ValueError, match=r"^components must be an integer >= 1, got 0$"):
        lemmas.bad_minimum(5, 3, 0, 0.02)


def test_a_hard_residual_is_made_of_twice_as_many_terms_as_the_space_has() -> None:
    first = lemmas.hard_residual(3, 2, 0, rounds=2)
    assert (first.dimension, first.order, first.rank) == (3, 2, 2 * 6)
    assert np.array_equal(first.weights, lemmas.hard_residual(3, 2, 0, chance=0.2, rounds=2).weights)
    assert not np.array_equal(first.weights, lemmas.hard_residual(3, 2, 0, chance=0.1, rounds=2).weights)
    start = lemmas.hard_residual(3, 2, 0, rounds=0)
    assert np.count_nonzero(start.weights) == 1
    assert start.norm() == pytest.approx(1.0)


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
