"""Tests of ``tdbook.exercises.model``."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from tdbook.exercises import model as chapter06
from tdbook.objectives import Parameters, frozen_gradient, hessian_form, loss, tied_gradient
from tdbook.tensors import DenseSymmetric, SymmetricCP


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
