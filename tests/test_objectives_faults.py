"""What small faults in objectives.py would change: each test here was written for mutants that lived without it."""

import numpy as np
import pytest

from tdbook.objectives import (
    Parameters,
    frozen_gradient,
    hessian_form,
    loss,
    model,
    regularizer,
    residual_contraction,
    tied_gradient,
    vanilla_gradient,
    vanilla_loss,
)
from tdbook.tensors import SymmetricCP, random_target
from tests.support.refusals import refused

TWO = np.array([[1.0, 0.0], [2.0, 0.0]])


def test_the_column_that_is_zero_is_named():
    with refused("column 1"):
        Parameters(TWO, [1.0, 1.0], [1.0, 1.0], [1.0, 1.0])
    with refused("column 1"):
        Parameters.two_homogeneous(TWO, [1.0, 1.0])
    assert Parameters(TWO + 1.0, [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]).norms.shape == (2,)


def test_what_came_is_said():
    target = random_target(2, 2, 3)
    with refused("parameters", TypeError):
        loss("p", target, 0.0)
    with refused("target", TypeError):
        loss(Parameters(TWO + 1.0, [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]), "T", 0.0)


@pytest.mark.second_opinion("tdbook.objectives.Parameters")
def test_kappa_is_one_number_or_one_for_each_column():
    U = np.array([[3.0, 0.0], [4.0, 2.0]])
    same = Parameters.two_homogeneous(U, [1.0, -1.0], 2)
    assert same.c == pytest.approx([0.4, 1.0])
    assert same.c_hat == pytest.approx([0.2, 0.5])
    each = Parameters.two_homogeneous(U, [1.0, -1.0], [2.0, 3.0])
    assert each.c == pytest.approx([0.4, 1.5])
    assert each.kappa == pytest.approx([2.0, 3.0])
    with refused("kappa"):
        Parameters.two_homogeneous(U, [1.0, -1.0], [1.0, 2.0, 3.0])


def test_the_residual_seen_along_each_direction():
    target = random_target(3, 2, 4, rng=2)
    point = Parameters.two_homogeneous(np.diag([1.0, 2.0, 3.0]), [1.0, -1.0, 1.0], 1.5)
    found = residual_contraction(point, target)
    residual = model(point, 4).to_dense() - target.to_dense()
    assert np.allclose(found, np.stack([residual[i, i, i] for i in range(3)], axis=1), atol=1e-12)


@pytest.mark.parametrize("part", ["U", "c", "c_hat"])
def test_what_is_out_of_range_is_refused_and_not_infinite(part):
    values = {"U": TWO + 1.0, "a": [1.0, 1.0], "c": np.ones(2), "c_hat": np.ones(2)}
    point = Parameters(**{**values, part: values[part] * 1e200})
    with refused("c_hat"):
        loss(point, random_target(2, 2, 4), 1.0)


ONE = np.array([[1.0], [1.0]])
TARGET = random_target(2, 1, 3, rng=0)
TOO_LARGE = ": U, c, c_hat, the target or the regularization are too large"
TOO_SHORT = ": a column of U is too short, or kappa too large"


def plain(size, c=1.0, c_hat=1.0):
    return Parameters(size * ONE, [1.0], [c], [c_hat])


@pytest.mark.parametrize(
    ("call", "what", "why"),
    [
        (lambda: Parameters.two_homogeneous(1e-20 * ONE, [1.0], 1e300), "c = kappa / ||u||", TOO_SHORT),
        (lambda: Parameters.two_homogeneous(1e-310 * ONE, [1.0], 1e-10), "c = kappa / ||u||", TOO_SHORT),
        (lambda: model(plain(1.0, c=1e200), 4), "kappa^{l-2} ||u||^2", TOO_LARGE),
        (lambda: regularizer(plain(1.0, c_hat=1e200), 4), "the regulariser", TOO_LARGE),
        (lambda: loss(plain(10.0), TARGET, 1e308), "f", TOO_LARGE),
        (
            lambda: residual_contraction(plain(0.866e154, c=0.8165e-154), SymmetricCP([-1.7e308], ONE / 2**0.5, 3)),
            "R(w^{l-1}, .)",
            TOO_LARGE,
        ),
        (lambda: frozen_gradient(plain(10.0), TARGET, 1e308), "the gradient", TOO_LARGE),
        (lambda: tied_gradient(plain(1.0, c_hat=2**-0.5), TARGET, 5.6e307), "the gradient", TOO_LARGE),
        (lambda: hessian_form(plain(1.0), 1e150 * ONE, TARGET, 1e10), "the Hessian form", TOO_LARGE),
        (lambda: vanilla_loss(1e60 * ONE, [1.0], TARGET), "f_v", TOO_LARGE),
        (lambda: vanilla_gradient(ONE, [1e200], TARGET), "the gradient in U", TOO_LARGE),
        (lambda: vanilla_gradient(1e50 * ONE, [1e50], TARGET), "the gradient in c", TOO_LARGE),
    ],
)
def test_what_left_the_range_is_named(call, what, why):
    with pytest.raises(ValueError, match="within floating-point range") as caught:
        call()
    assert str(caught.value).startswith(f"{what} must be within floating-point range, got ")
    assert str(caught.value).endswith(why)


def test_points_hold_arrays_of_their_own():
    U, a = [[1, 2], [3, 4]], [1, -1]
    p = Parameters(U, a, [1, 1], [1, 1])
    for value in (p.U, p.a, p.c, p.c_hat):
        assert isinstance(value, np.ndarray)
        assert value.dtype == float


@pytest.mark.second_opinion("tdbook.objectives.model")
@pytest.mark.parametrize("order", [2, 3, 5])
def test_the_model_entry_by_entry(order):
    rng = np.random.default_rng(order)
    p = Parameters(rng.standard_normal((2, 3)), [1.0, -1.0, 1.0], rng.uniform(0.5, 2, 3), np.ones(3))
    wanted = np.zeros((2,) * order)
    for i in range(3):
        power = p.U[:, i]
        for _ in range(order - 1):
            power = np.multiply.outer(power, p.U[:, i])
        wanted += p.a[i] * p.c[i] ** (order - 2) * power
    assert np.allclose(model(p, order).to_dense(), wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ["U", "norms", "directions"])
def test_what_is_remembered_of_a_point_cannot_be_written_to(name):
    given = TWO + 1.0
    point = Parameters(given, [1.0, 1.0], [1.0, 1.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="read-only"):
        getattr(point, name)[...] = 7.0
    given[...] = 7.0  # whose own array stays free, and is another one
    assert np.allclose(getattr(point, name), getattr(Parameters(TWO + 1.0, *[[1.0, 1.0]] * 3), name))
