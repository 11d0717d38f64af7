"""Losses and gradients against dense einsum and finite differences, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tdbook import objectives
from tdbook.objectives import (
    Parameters,
    frozen_gradient,
    hessian_form,
    loss,
    model,
    regularizer,
    tied_gradient,
    vanilla_gradient,
    vanilla_loss,
)
from tdbook.tensors import DenseSymmetric, random_target
from tests.support.refusals import refused

ORDERS = [2, 3, 4, 5]


def point(order, seed=0, d=4, m=5):
    rng = np.random.default_rng(seed)
    parameters = Parameters(
        rng.standard_normal((d, m)), rng.choice([-1.0, 1.0], m), rng.uniform(0.5, 2, m), rng.uniform(0.5, 2, m)
    )
    return parameters, random_target(d, 3, order, "mixed-sign", rng), 0.3, rng.standard_normal((d, m))


def dense_loss(U, a, c, c_hat, target, lam):
    """f as Section 4 displays it, from arrays of d^l entries."""
    order = target.order
    letters = "abcdefgh"[:order]
    spec = ",".join(f"{letter}z" for letter in letters) + ",z->" + letters
    residual = np.einsum(spec, *[U] * order, a * c ** (order - 2)) - target.to_dense()
    return 0.5 * np.sum(residual**2) + lam * np.sum(c_hat ** (order - 2) * np.linalg.norm(U, axis=0) ** order)


def slope(f, step=1e-5):
    """f'(0) by Richardson extrapolation of central differences, error O(step^4)."""
    wide, narrow = ((f(h) - f(-h)) / (2 * h) for h in (2 * step, step))
    return (4 * narrow - wide) / 3


@pytest.mark.parametrize("order", ORDERS)
def test_loss_and_frozen_gradient_equal_the_dense_ones(order):
    p, target, lam, V = point(order)
    assert loss(p, target, lam) == pytest.approx(dense_loss(p.U, p.a, p.c, p.c_hat, target, lam), rel=1e-12)

    def along(t):
        return dense_loss(p.U + t * V, p.a, p.c, p.c_hat, target, lam)

    assert np.vdot(frozen_gradient(p, target, lam), V) == pytest.approx(slope(along), rel=1e-8)
    second = (along(1e-3) - 2 * along(0) + along(-1e-3)) / 1e-6
    assert hessian_form(p, V, target, lam) == pytest.approx(second, rel=1e-4)


@pytest.mark.parametrize("order", ORDERS)
def test_tied_gradient_moves_c_with_u(order):
    p, target, lam, V = point(order)
    kappa, kappa_hat = p.kappa, p.c_hat * p.norms

    def along(t):
        U = p.U + t * V
        norms = np.linalg.norm(U, axis=0)
        return dense_loss(U, p.a, kappa / norms, kappa_hat / norms, target, lam)

    assert np.vdot(tied_gradient(p, target, lam), V) == pytest.approx(slope(along), rel=1e-8)
    if order > 2:
        assert not np.allclose(tied_gradient(p, target, lam), frozen_gradient(p, target, lam))


@pytest.mark.parametrize("order", ORDERS)
def test_vanilla_gradients_in_u_and_c(order):
    p, target, _, V = point(order)
    q = np.random.default_rng(1).standard_normal(5)
    weights = p.a * p.c
    in_u, in_c = vanilla_gradient(p.U, weights, target)

    def along(t):
        return vanilla_loss(p.U + t * V, weights + t * q, target)

    assert np.vdot(in_u, V) + in_c @ q == pytest.approx(slope(along), rel=1e-7)


@pytest.mark.parametrize("order", ORDERS)
def test_dense_and_component_targets_give_the_same(order):
    p, target, lam, V = point(order)
    same = DenseSymmetric(target.to_dense())
    assert loss(p, same, lam) == pytest.approx(loss(p, target, lam), rel=1e-12)
    assert np.allclose(frozen_gradient(p, same, lam), frozen_gradient(p, target, lam), rtol=1e-10, atol=1e-10)
    assert hessian_form(p, V, same, lam) == pytest.approx(hessian_form(p, V, target, lam), rel=1e-10)


@pytest.mark.parametrize("order", [3, 4, 8])
def test_tiny_components_are_not_lost(order):
    """Norms of 1e-40 to the power l would vanish; the 2-homogeneous model weighs them by their squares."""
    size = 1e-40
    U = size * np.array([[0.6], [0.8]])
    p = Parameters.two_homogeneous(U, [1.0])
    assert model(p, order).norm() == pytest.approx(size**2, rel=1e-12, abs=0.0)
    assert regularizer(p, order) == pytest.approx(size**2, rel=1e-12, abs=0.0)
    target = random_target(2, 1, order, rng=0)
    big = Parameters.two_homogeneous(U / size, [1.0])
    ratio = frozen_gradient(p, target, 0.0) / size
    without_own_pull = frozen_gradient(big, target, 0.0) - order * big.U
    assert np.allclose(ratio, without_own_pull, rtol=1e-10, atol=1e-14)


@given(st.integers(3, 6), st.floats(0.01, 100.0), st.integers(0, 50))
def test_two_homogeneity(order, factor, seed):
    p, target, _, _ = point(order, seed)
    scaled = Parameters.two_homogeneous(factor * p.U, p.a, p.kappa)
    plain = Parameters.two_homogeneous(p.U, p.a, p.kappa)
    assert model(scaled, order).inner(target) == pytest.approx(
        factor**2 * model(plain, order).inner(target), rel=1e-9, abs=0
    )


GOOD = np.eye(3)[:, :2]
REFUSED = [
    (lambda: Parameters(np.zeros((3, 1)), [1.0], [1.0], [1.0]), "U"),
    (lambda: Parameters.two_homogeneous(np.zeros((3, 2)), [1.0, 1.0]), "U"),
    (lambda: Parameters(GOOD, [1.0, 0.5], [1.0, 1.0], [1.0, 1.0]), "a"),
    (lambda: Parameters(GOOD, [1.0], [1.0, 1.0], [1.0, 1.0]), "a"),
    (lambda: Parameters(GOOD, [1.0, 1.0], [1.0, 0.0], [1.0, 1.0]), "c"),
    (lambda: Parameters(GOOD, [1.0, 1.0], [1.0, 1.0], [1.0, -2.0]), "c_hat"),
    (lambda: Parameters(GOOD * np.nan, [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]), "U"),
    (lambda: loss(point(3)[0], random_target(5, 2, 3), 0.1), "U"),
    (lambda: loss(point(3)[0], "T", 0.1), "target"),
    (lambda: loss("p", random_target(4, 2, 3), 0.1), "parameters"),
    (lambda: loss(point(3)[0], random_target(4, 2, 3), -1.0), "regularization"),
    (lambda: hessian_form(point(3)[0], np.ones((4, 2)), random_target(4, 2, 3), 0.1), "V"),
    (lambda: model(point(3)[0], 1), "order"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_bad_input_gets_one_line_that_names_it(call, message):
    with refused(message, (ValueError, TypeError)):
        call()


@pytest.mark.second_opinion("tdbook.objectives.vanilla_gradient_unchecked")
@pytest.mark.parametrize("order", [3, 4, 5])
def test_the_gradient_for_loops_is_the_gradient(order):
    rng = np.random.default_rng(order)
    U, c, target = rng.standard_normal((5, 4)), rng.standard_normal(4), random_target(5, 2, order, rng=1)
    fast = objectives.vanilla_gradient_unchecked(U, c, target)
    for found, wanted in zip(fast, vanilla_gradient(U, c, target), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-10)
