"""Tests of ``tdbook.beyond.networks``."""

import math

import numpy as np
import pytest

from tdbook import statistics
from tdbook.beyond import mixture as mixtures
from tdbook.beyond import networks
from tdbook.descent import exact_gradient, practical_settings
from tdbook.objectives import Parameters, frozen_gradient
from tdbook.tensors import SymmetricCP, random_target
from tests.support.beyond import mixture, quadrature, random_cp
from tests.support.refusals import refused


@pytest.mark.second_opinion("tdbook.beyond.neurons", "tdbook.beyond.outputs", "tdbook.beyond.hermite_ladder")
@pytest.mark.parametrize("order", [2, 3, 4])
def test_neurons_and_outputs_are_numpys_hermite_polynomials(order):
    tensor = random_cp(3, 2, order, 1)
    X = np.random.default_rng(0).standard_normal((7, 3))
    lengths = np.linalg.norm(tensor.factors, axis=0)
    unit = np.zeros(order + 1)
    unit[order] = 1 / math.sqrt(math.factorial(order))
    wanted = lengths**order * np.polynomial.hermite_e.hermeval(X @ (tensor.factors / lengths), unit)
    assert networks.neurons(tensor.factors, X, order) == pytest.approx(wanted, rel=1e-10, abs=1e-12)
    assert networks.outputs(tensor, X) == pytest.approx(wanted @ tensor.weights, rel=1e-10, abs=1e-12)
    ladder = networks.hermite_ladder(order, X, 2.0)
    for k, values in zip((order - 2, order - 1, order), ladder, strict=True):
        one = np.zeros(k + 1)
        one[k] = 2.0 ** (k / 2)
        assert values == pytest.approx(np.polynomial.hermite_e.hermeval(X / math.sqrt(2.0), one), rel=1e-10, abs=1e-12)


@pytest.mark.second_opinion("tdbook.beyond.hermite")
@pytest.mark.parametrize("order", range(7))
def test_hermite_polynomials_are_numpys(order):
    y = np.linspace(-3, 3, 13)
    unit = np.zeros(order + 1)
    unit[order] = 1.0
    assert np.allclose(networks.hermite(order, y), np.polynomial.hermite_e.hermeval(y, unit))
    assert np.allclose(networks.hermite(order, y, 4.0), 2.0**order * np.polynomial.hermite_e.hermeval(y / 2, unit))
    assert np.allclose(networks.hermite(order, y, 0.0), y**order)


def random_cp_of_networks(d, r, order, rng):
    return SymmetricCP(rng.standard_normal(r), rng.standard_normal((d, r)), order)


@pytest.mark.parametrize("dimension", [2, 3])
def test_outputs_have_the_inner_products_of_the_tensors_exactly(dimension):
    """Gauss-Hermite quadrature leaves no sampling error: the identity to rounding, for vectors of any length."""
    X, w = quadrature(dimension)
    rng = np.random.default_rng(0)
    for order in (2, 3, 4, 5):
        first, second = random_cp_of_networks(dimension, 3, order, rng), random_cp_of_networks(dimension, 2, order, rng)
        product = float(w @ (networks.outputs(first, X) * networks.outputs(second, X)))
        assert product == pytest.approx(first.inner(second), abs=1e-10 * first.norm() * second.norm())
        raw = float(w @ (networks.outputs(first, X, "power") * networks.outputs(second, X, "power")))
        assert abs(raw - first.inner(second)) > 0.05 * first.norm() * second.norm()
    other = random_cp_of_networks(dimension, 2, 3, rng)
    for order in (2, 4, 5):
        different = random_cp_of_networks(dimension, 2, order, rng)
        product = float(w @ (networks.outputs(other, X) * networks.outputs(different, X)))
        assert abs(product) < 1e-10 * other.norm() * different.norm()


@pytest.mark.second_opinion("tdbook.beyond.SampleGradient")
@pytest.mark.parametrize("activation", networks.ACTIVATIONS)
@pytest.mark.parametrize("order", [2, 3, 4])
def test_sample_gradient_is_the_derivative_of_the_sample_loss(order, activation):
    rng = np.random.default_rng(order)
    teacher = random_target(3, 2, order, "mixed-sign", 1)
    X = rng.standard_normal((50, 3))
    point = Parameters(
        rng.standard_normal((3, 4)), rng.choice([-1.0, 1.0], 4), rng.uniform(0.5, 2, 4), rng.uniform(0.5, 2, 4)
    )
    lam = 0.3

    def value(U):
        weights = point.a * point.c ** (order - 2)
        error = networks.neurons(U, X, order, activation) @ weights - networks.outputs(teacher, X, activation)
        penalty = lam * np.sum(point.c_hat ** (order - 2) * np.linalg.norm(U, axis=0) ** order)
        return 0.5 * np.mean(error**2) + penalty

    gradient = networks.SampleGradient(teacher, X, lam, activation)(point)
    V = rng.standard_normal((3, 4))
    h = 1e-5
    numeric = (value(point.U + h * V) - value(point.U - h * V)) / (2 * h)
    assert float(np.vdot(gradient, V)) == pytest.approx(numeric, rel=1e-6)


def test_sample_gradient_at_quadrature_points_is_the_exact_one():
    """With nodes repeated in proportion to their weights the sample gradient tends to the frozen one."""
    teacher = random_target(2, 2, 3, rng=3)
    rng = np.random.default_rng(4)
    point = Parameters.two_homogeneous(rng.standard_normal((2, 3)), [1, -1, 1], 1.5)
    X, w = quadrature(2, 7)
    total = sum(
        weight * networks.SampleGradient(teacher, node[None, :], 0.2)(point) for node, weight in zip(X, w, strict=True)
    )
    assert np.allclose(total, frozen_gradient(point, teacher, 0.2), atol=1e-11)
    raw = sum(
        weight * networks.SampleGradient(teacher, node[None, :], 0.2, "power")(point)
        for node, weight in zip(X, w, strict=True)
    )
    assert np.abs(raw - frozen_gradient(point, teacher, 0.2)).max() > 0.1


def test_paths_start_at_one_point_and_part_by_the_gradient_alone():
    teacher = random_target(3, 2, 3, rng=6)
    settings = networks.network_settings(teacher, 4, 5)
    exact = list(networks.path(exact_gradient(teacher, 0.01), settings, 7))
    again = list(networks.path(exact_gradient(teacher, 0.01), settings, 7))
    X = np.random.default_rng(8).standard_normal((500, 3))
    sampled = list(networks.path(networks.SampleGradient(teacher, X, 0.01), settings, 7))
    apart = mixtures.separation(exact, sampled, 3)
    assert len(exact) == 6
    assert all(np.array_equal(p.U, q.U) for p, q in zip(exact, again, strict=True))
    assert apart[0] < 1e-15
    assert 1e-6 < apart[1] < apart[-1]


def test_network_loss_is_an_interval_for_the_tensor_loss():
    rng = np.random.default_rng(9)
    student, teacher = random_cp_of_networks(4, 3, 2, rng), random_cp_of_networks(4, 2, 2, rng)
    estimate = networks.network_loss(student, teacher, rng.standard_normal((50_000, 4)))
    exact = 0.5 * student.distance(teacher) ** 2
    assert estimate.covers(exact, 2.0)
    assert not estimate.covers(1.3 * exact, 2.0)
    assert repr(statistics.Estimate(1.23456, 0.0123)) == "1.235 ± 0.01"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: networks.neurons(np.ones((3, 2)), np.ones((5, 4)), 3), "X"),
        (
            lambda: networks.neurons(np.ones((3, 2)), np.ones((5, 3)), 3, "relu"),
            "activation",
        ),
        (lambda: networks.SampleGradient(random_target(3, 1, 3), np.ones((5, 4)), 0.1), "X"),
        (lambda: mixtures.Mixture({}, [1.0], [[1.0]]), "squares"),
        (lambda: mixtures.Mixture({1: 1.0}, [1.0], [[1.0]]), "order"),
        (lambda: mixtures.Mixture({3: 0.0}, [1.0], [[1.0]]), "squares"),
        (
            lambda: mixtures.mixture_run(mixture({3: 1.0}), practical_settings(random_target(4, 1, 3))),
            "settings",
        ),
        (
            lambda: networks.network_loss(random_target(3, 1, 3), random_target(4, 1, 3), np.ones((2, 3))),
            "other",
        ),
    ],
)
def test_bad_input_is_refused_in_one_line(call, message):
    with refused(message):
        call()
