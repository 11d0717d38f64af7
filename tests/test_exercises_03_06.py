"""Formulas that the exercises of chapters 3 to 6 take for right, by a second route through the library."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from tdbook.exercises import check, spans
from tdbook.exercises import lazy as lazy_exercises
from tdbook.exercises import model as chapter06
from tdbook.exercises import traps as chapter05
from tdbook.exercises import zero as chapter04
from tdbook.landscape import MODELS, homogeneous_trap
from tdbook.lazy import lazy_error, squared_errors
from tdbook.lazy import rank as lazy_rank
from tdbook.objectives import Parameters, frozen_gradient, hessian_form, loss, tied_gradient, vanilla_gradient
from tdbook.proofs import formulas
from tdbook.tensors import DenseSymmetric, SymmetricCP, random_unit_vectors


def value(formula: str, **at: float) -> float:
    """A formula of the catalogue at a point."""
    return float(formulas.expression(formula).subs({formulas.spelling(k): v for k, v in at.items()}))


# --- Chapter 3 --------------------------------------------------------------------------------------------------------


def test_the_dimension_of_the_matrix_span_is_a_rank():
    ranks = lazy_rank.tangent_ranks(7, 2, 7)
    assert [value(lazy_exercises.DIMENSION, d=7, m=m) for m in range(1, 8)] == ranks.tolist()
    assert value("d*m", d=7, m=2) != ranks[1]


def test_most_targets_are_missed_as_often_as_the_bound_says():
    U = random_unit_vectors(8, 3, np.random.default_rng(0))
    errors = squared_errors(U, 3, random_unit_vectors(8, 4000, np.random.default_rng(1)))
    assert abs(errors.mean() - lazy_error(U, 3)) < 0.01
    # with the mean itself in place of kappa (1 - rho); the mean minus t alone would be too little to be of use
    bound = value(lazy_exercises.BOUND, kappa=errors.mean(), rho=0, t=0.6)
    assert np.mean(errors > 0.6) >= bound > errors.mean() - 0.6


def test_five_vectors_lose_a_power_and_seven_do_not():
    for vectors in (5, 7):
        assert spans.fan(vectors).model(1.0, 3).norm() < 1e-12
    assert spans.fan_power(5) == pytest.approx(-1, abs=0.05)
    assert spans.fan_power(7) == pytest.approx(-2, abs=0.05)
    # negative control: three vectors do not cancel at order 3
    assert spans.fan(3).model(1.0, 3).norm() > 0.1


# --- Chapter 4 --------------------------------------------------------------------------------------------------------


def test_the_conserved_quantity_is_conserved_by_small_steps():
    l, target = 4, SymmetricCP([1.0], [[1.0]], 4)
    n, c = np.array([[0.3]]), np.array([0.2])
    rows = []
    for _ in range(4000):
        rows.append((n[0, 0], c[0]))
        in_n, in_c = vanilla_gradient(n, c, target)
        n, c = n - 2e-3 * in_n, c - 2e-3 * in_c
    first, last = ({"n": row[0], "c": row[1], "l": l} for row in (rows[0], rows[-1]))
    moved = last["n"] ** 2 - first["n"] ** 2
    assert moved > 0.05
    assert abs(value(chapter04.CONSERVED, **last) - value(chapter04.CONSERVED, **first)) < 0.01 * moved
    assert abs(value("n**2 - c**2", **last) - value("n**2 - c**2", **first)) > 0.1 * moved


def test_the_clock_counts_steps():
    target, n, taken = SymmetricCP([0.8], [[1.0]], 5), np.array([[1e-4]]), 0
    while n[0, 0] < 0.05:
        n, taken = n - 0.07 / n**3 * vanilla_gradient(n, [1.0], target)[0], taken + 1
    counted = value(chapter04.STEPS, n=0.05, delta=1e-4, eta=0.07, tau=0.8, l=5)
    assert taken == math.ceil(counted)
    assert taken != math.ceil(math.log(0.05 / 1e-4) / (0.07 * 5 * 0.8))


def test_the_gap_grows_in_one_model_only():
    assert chapter04.gap_growth(MODELS[0]) == pytest.approx(100, rel=1e-3)
    assert chapter04.gap_growth(MODELS[1]) == pytest.approx(1, rel=1e-3)


def test_the_slopes_of_the_table_are_those_of_fresh_runs(monkeypatch, tmp_path):
    kept = chapter04.log_slopes()
    monkeypatch.setattr(chapter04, "TABLE", tmp_path / "none.csv")
    chapter04.log_slopes.cache_clear()
    assert chapter04.log_slopes() == pytest.approx(kept, rel=1e-3)
    chapter04.log_slopes.cache_clear()


# --- Chapter 5 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [3, 5])
def test_the_well_is_where_the_loss_of_the_trap_is_lowest(order):
    trap = homogeneous_trap(order, 1, 2, 2, shares=[1, 1e-12])
    angles, lengths = np.radians(np.arange(90, 180, 0.05)), np.linspace(0.9, 1.5, 200)
    points = np.zeros((len(lengths), len(angles), 2, 2))
    points[..., 0, 0] = 1.0
    points[..., 1] = lengths[:, None, None] * np.array([np.cos(angles), np.sin(angles)]).T
    change = trap.loss(points) - trap.value
    best = np.degrees(angles[np.unravel_index(change.argmin(), change.shape)[1]])
    assert best == pytest.approx(chapter05.well_angle(order), abs=0.1)
    assert -change.min() == pytest.approx(value(chapter05.DEPTH, l=order), rel=1e-3)
    assert abs(best - 120) > 1


def test_the_slope_of_a_flipped_component():
    trap = homogeneous_trap(4, 2, 3, 4, regularization=0.2, shares=[3, 2, 1])
    found = trap.gradient(trap.U, np.array([1.0, 1.0, -1.0])).reshape(trap.U.shape)[0, 2]
    n = trap.U[0, 2]
    assert found == pytest.approx(value(chapter05.SLOPE, n=n, lam=0.2), rel=1e-10)
    frozen = trap.gradient(trap.U, np.array([1.0, 1.0, -1.0]), tied=False).reshape(trap.U.shape)[0, 2]
    assert frozen == pytest.approx(2 * found)


def test_lower_points_are_told_from_others():
    assert check("trap-3", chapter05.moved(0.002, 0.002, grow=True))
    assert not check("trap-3", chapter05.moved(0.02, 0.0))
    # outside the cone but with nothing in a missing direction
    assert "not lower" in check("trap-3", chapter05.moved(0.02, 0.0)).message


# --- Chapter 6 --------------------------------------------------------------------------------------------------------


def test_the_largest_angle_has_the_sine_of_the_solution():
    for order in (3, 4, 9):
        assert math.sin(math.radians(chapter06.largest_angle(order))) == pytest.approx((order - 2) / (order + 2))


def test_the_gradients_vanish_at_the_lengths_of_the_exercises():
    def zero(gradient, target, lam, plain):
        def at(n):
            p = Parameters.two_homogeneous([[n]], [1.0])
            return gradient(p, target, 0.0 if plain else lam)[0, 0] + (2 * lam * n if plain else 0.0)

        return brentq(at, 0.3, 1.5)

    for order, lam in ((3, 0.2), (5, 0.4)):
        target = SymmetricCP([1.0], [[1.0]], order)
        assert zero(tied_gradient, target, lam, True) == pytest.approx(math.sqrt(1 - lam))
        assert zero(frozen_gradient, target, lam, True) == pytest.approx(math.sqrt(1 - 2 * lam / order))
        # with the disguise both vanish at one length, the fixed point of the map
        for gradient in (tied_gradient, frozen_gradient):
            assert zero(gradient, target, lam, False) == pytest.approx(math.sqrt(1 - lam))
        p = Parameters.two_homogeneous([[math.sqrt(1 - lam)]], [1.0])
        assert hessian_form(p, [[1.0]], target, lam) == pytest.approx(order**2 * (1 - lam))


def test_the_map_is_stable_up_to_the_limit():
    order, tau, lam = 4, 1.3, 0.2
    target, fixed = SymmetricCP([tau], [[1.0]], order), math.sqrt(tau - lam)

    def slope(eta, gradient=frozen_gradient, h=1e-6):
        ends = [
            n - eta * gradient(Parameters.two_homogeneous([[n]], [1.0]), target, lam)[0, 0]
            for n in (fixed - h, fixed + h)
        ]
        return (ends[1] - ends[0]) / (2 * h)

    assert slope(1 / (order * (tau - lam))) == pytest.approx(-1, abs=1e-6)
    assert slope(1 / (2 * (tau - lam)), tied_gradient) == pytest.approx(-1, abs=1e-6)


def test_one_component_sees_a_matrix_when_the_target_is_quadratic_on_the_sphere():
    Q = np.array([[1.0, 0.5], [0.5, -2.0]])
    target = DenseSymmetric(chapter06.spread_form(Q))
    assert chapter06.quadratic_misfit(target) < 1e-12
    assert chapter06.quadratic_misfit(SymmetricCP([1.0], [[1.0], [0.0]], 4)) > 0.1
    for u in np.random.default_rng(0).standard_normal((4, 2, 1)):
        rise = loss(Parameters.two_homogeneous(u, [1.0]), target, 0.3) - 0.5 * target.norm() ** 2
        square = float(np.sum(u**2))
        assert rise == pytest.approx(0.3 * square - float((u.T @ Q @ u).item()) + 0.5 * square**2)
