"""Tests of ``tdbook.beyond.mixture``."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tdbook.beyond import mixture, networks
from tdbook.beyond import mixture as mixtures
from tdbook.descent import exact_gradient, initialize, practical_settings
from tdbook.objectives import Parameters, frozen_gradient, loss, model
from tdbook.tensors import random_target
from tests.support import dense
from tests.support.beyond import mixture as mixture_of_networks
from tests.support.beyond import quadrature


@pytest.mark.second_opinion(
    "tdbook.descent.exact_gradient", "tdbook.beyond.path", "tdbook.beyond.separation", "tdbook.beyond.Mixture",
    "tdbook.beyond.mixture_run", "tdbook.beyond.network_settings",
)  # fmt: skip
@pytest.mark.parametrize("order", [2, 3, 4])
def test_paths_and_mixtures_on_all_entries(order):
    """exact_gradient, path and separation; gradient, loss and error of a mixture; its run."""
    teacher = random_target(3, 2, order, rng=2)
    goal = dense.tensor(teacher.weights, teacher.factors, order)
    settings = networks.network_settings(teacher, 3, 10, 0.02)
    assert settings.init_scale == pytest.approx(0.3 / math.sqrt(3))
    exact = list(networks.path(exact_gradient(teacher, 0.02), settings, 5))
    p = initialize(settings, np.random.default_rng(5)).parameters
    for found in exact:
        assert np.abs(found.U - p.U).max() < 1e-13
        U = p.U - settings.step_size * dense.frozen(p, goal, 0.02)
        shrink = np.linalg.norm(p.U, axis=0) / np.linalg.norm(U, axis=0)
        p = Parameters(U, p.a, p.c * shrink, p.c_hat * shrink)
    apart = mixture.separation(exact[:2], exact[1:3], order)
    wanted = [np.linalg.norm(dense.model(x, order) - dense.model(y, order)) for x, y in pairwise(exact[:3])]
    assert apart == pytest.approx(wanted, rel=1e-9)

    mixed = mixture.Mixture({order: 0.7, order + 1: 0.2}, teacher.weights, 2 * teacher.factors)
    unit = teacher.factors / np.linalg.norm(teacher.factors, axis=0)
    goals = {k: dense.tensor(teacher.weights, unit, k) for k in (order, order + 1)}
    loss = sum(s * dense.loss(p, goals[k], 0.1) for k, s in mixed.squares.items())
    assert mixed.loss(p, 0.1) == pytest.approx(loss, rel=1e-12)
    gradient = sum(s * dense.frozen(p, goals[k], 0.1) for k, s in mixed.squares.items())
    assert np.abs(mixed.gradient(0.1)(p) - gradient).max() < 1e-13
    norm = math.sqrt(sum(s * np.sum(goals[k] ** 2) for k, s in mixed.squares.items()))
    gap = math.sqrt(sum(s * np.sum((dense.model(p, k) - goals[k]) ** 2) for k, s in mixed.squares.items()))
    assert (mixed.norm(), mixed.error(p)) == pytest.approx((norm, gap / norm), rel=1e-12)

    short = replace(settings, iterations=6, regularization=0.1, step_size=0.02, accuracy=1e-9)
    q = initialize(short, np.random.default_rng(1)).parameters
    for _ in range(6):
        U = q.U - 0.02 * sum(s * dense.frozen(q, goals[k], 0.1) for k, s in mixed.squares.items())
        shrink = np.linalg.norm(q.U, axis=0) / np.linalg.norm(U, axis=0)
        q = Parameters(U, q.a, q.c * shrink, q.c_hat * shrink)
    gap = math.sqrt(sum(s * np.sum((dense.model(q, k) - goals[k]) ** 2) for k, s in mixed.squares.items()))
    assert mixture.mixture_run(mixed, short, 1) == pytest.approx([gap / norm], rel=1e-10)


def test_a_mixture_of_one_order_is_that_order():
    single = mixture_of_networks({3: 1.0})
    rng = np.random.default_rng(1)
    point = Parameters.two_homogeneous(rng.standard_normal((5, 4)), [1, -1, 1, 1], 2.0)
    assert single.loss(point, 0.2) == pytest.approx(loss(point, single.target(3), 0.2))
    assert np.array_equal(single.gradient(0.2)(point), frozen_gradient(point, single.target(3), 0.2))


def test_the_gradient_of_a_mixture_is_the_derivative_of_its_loss():
    mixed = mixture_of_networks({2: 0.5, 3: 1.0, 4: 0.25})
    rng = np.random.default_rng(2)
    point = Parameters(rng.standard_normal((5, 3)), [1, -1, 1], rng.uniform(0.5, 2, 3), rng.uniform(0.5, 2, 3))
    V, h = rng.standard_normal((5, 3)), 1e-5
    moved = [replace(point, U=point.U + t * V) for t in (h, -h)]
    numeric = (mixed.loss(moved[0], 0.1) - mixed.loss(moved[1], 0.1)) / (2 * h)
    assert float(np.vdot(mixed.gradient(0.1)(point), V)) == pytest.approx(numeric, rel=1e-6)


def test_a_mixture_is_the_loss_of_a_network_with_a_mixed_activation():
    """By quadrature: activation sum_k sigma_k h_k, kappa = 1."""
    X, w = quadrature(2, 8)
    target = random_target(2, 2, 3, rng=3)
    mixed = mixtures.Mixture({2: 0.49, 4: 0.25}, target.weights, target.factors)
    rng = np.random.default_rng(4)
    point = Parameters.two_homogeneous(rng.standard_normal((2, 3)), [1, -1, 1])
    out = np.zeros(len(X))
    for order, sigma in ((2, 0.7), (4, -0.5)):  # the sign of sigma_k does not matter
        out += sigma * (networks.outputs(model(point, order), X) - networks.outputs(mixed.target(order), X))
    assert 0.5 * float(w @ out**2) == pytest.approx(mixed.loss(point, 0.0), rel=1e-10)


def test_normalized_mixtures():
    unit = mixture_of_networks({2: 3.0, 3: 1.0}).normalized()
    assert unit.norm() == pytest.approx(1.0)
    assert sum(unit.squares.values()) == pytest.approx(1.0)
    assert list(unit.squares.values()) == pytest.approx([0.75, 0.25])


def test_a_mixture_run_reports_every_epoch_and_stops_when_done():
    unit = mixture_of_networks({3: 1.0, 4: 1.0}).normalized()
    reference = unit.target(4)
    settings = practical_settings(reference.scaled(1 / reference.norm()), 6, 0.1, epochs=6, iterations=300)
    errors = mixtures.mixture_run(unit, settings, 0)
    assert len(errors) <= 6
    assert all(error > 0.1 for error in errors[:-1])
    assert errors == mixtures.mixture_run(unit, settings, 0)
