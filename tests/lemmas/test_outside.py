"""Tests of ``tdbook.lemmas.outside``."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tdbook import SymmetricCP, lemmas
from tdbook.descent import State, practical_settings
from tdbook.lemmas import outside
from tdbook.objectives import Parameters, frozen_gradient, model
from tests.support import dense
from tests.support.lemmas import axis, column_at_border, point, point_dense, point_drawn, sizes
from tests.support.refusals import refused


@pytest.mark.parametrize("order", [2, 3, 4])
def test_the_regulariser_in_the_matrix_outside(order: int) -> None:
    p, _ = point(7, order)
    loose = replace(p, c_hat=2.0 / p.norms)
    added = lemmas.outside_matrix(loose, order, 0.1) - lemmas.outside_matrix(loose, order, 0.0)
    assert np.allclose(added, 0.1 * 2.0 ** (order - 2) * np.eye(3), atol=1e-14)


E1 = SymmetricCP([1.0], [[1.0], [0.0]], 3)


def test_the_mass_outside_of_two_columns() -> None:
    """0.3^2 + 0.4^2 lies across e_1; m = 2 columns, K = 1 epoch."""
    p = Parameters.two_homogeneous([[0.5, 0.0], [0.3, 0.4]], [1.0, 1.0])
    settings = replace(practical_settings(E1, 2, epochs=1), init_scale=0.2)
    found = lemmas.lemma5_total(State(p, np.zeros(2, bool)), E1, settings)
    assert (found.left, found.right) == pytest.approx((0.25, 3 * 0.04))
    assert not found.holds
    assert found.scale == pytest.approx(0.12 + 0.5 * math.sqrt(0.5))
    assert lemmas.outside_mass(p, E1) == pytest.approx(0.25)


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


A_LITTLE = 1 + 1e-9


def test_lemma_5_at_its_largest_step_mirrors_the_column() -> None:
    """u = e_2 is all outside, Q = 1: u - eta l u is -u at eta l = 2."""
    at = lemmas.lemma5(column_at_border(0.0, 1.0), axis(4), 0.0, 0.5)
    assert (at.left, at.right, at.hypothesis) == (1.0, 1.0, True)
    beyond = lemmas.lemma5(column_at_border(0.0, 1.0), axis(4), 0.0, 0.5 * A_LITTLE)
    assert (beyond.left > beyond.right, beyond.hypothesis) == (True, False)


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


@pytest.mark.parametrize("order", [3, 4])
def test_outside_matrix_moves_the_outside_part(order: int) -> None:
    p, target = point_drawn(1, order)
    lam, basis = 0.1, target.span()
    outside = np.eye(5) - basis @ basis.T
    G = frozen_gradient(p, target, lam)
    Q = lemmas.outside_matrix(p, order, lam)
    assert np.allclose(outside @ G, order * outside @ p.U @ Q, atol=1e-12)
    assert np.linalg.eigvalsh(Q)[0] >= lam * (1 - 1e-12)
    assert lemmas.outside_mass(p, target) == pytest.approx(np.linalg.norm(outside @ p.U) ** 2)


@pytest.mark.second_opinion("tdbook.lemmas.lemma5_identity")
@pytest.mark.parametrize("order", [3, 4])
def test_lemma5_identity_against_the_dense_tensor(order: int) -> None:
    p, target = point_drawn(2, order)
    lam, basis = 0.1, target.span()
    outside = np.eye(5) - basis @ basis.T
    dense = model(p, order).to_dense() @ outside  # the last index projected
    frozen, squares, tied = lemmas.lemma5_identity(p, target, lam)
    ridge = float((p.c_hat * p.norms) ** (order - 2) @ (np.linalg.norm(outside @ p.U, axis=0) ** 2))
    assert frozen == pytest.approx(squares, rel=1e-10)
    assert squares == pytest.approx(order * np.sum(dense**2) + lam * order * ridge, rel=1e-10)
    radial = np.einsum("ij,ij->j", p.U, frozen_gradient(p, target, lam)) / p.norms**2
    lost = (order - 2) / order * float(radial @ np.linalg.norm(outside @ p.U, axis=0) ** 2)
    assert tied == pytest.approx(frozen - lost, rel=1e-9)


def test_the_tied_gradient_can_push_outwards_and_the_frozen_one_cannot() -> None:
    target = SymmetricCP([1.0], [[1.0], [0.0]], 3)
    p = Parameters.two_homogeneous([[0.03], [0.04]], [-1.0])
    frozen, _, tied = lemmas.lemma5_identity(p, target, 0.0)
    assert tied < 0 < frozen


def test_lemma5_condition_is_sharp_for_one_column() -> None:
    target = SymmetricCP([1.0], [[1.0], [0.0]], 3)
    p = Parameters.two_homogeneous([[0.5], [0.3]], [1.0])
    edge = 2 / (3 * lemmas.outside_matrix(p, 3, 0.1)[0, 0])
    below, above = (lemmas.lemma5(p, target, 0.1, edge * (1 + sign * 1e-6)) for sign in (-1, 1))
    assert below.hypothesis and below.holds
    assert not above.hypothesis and not above.holds


def test_a_component_outside_the_span_has_no_correlation() -> None:
    target = SymmetricCP([1.0], [[1.0], [0.0]], 3)
    p = Parameters.two_homogeneous([[0.0], [1.0]], [1.0])
    with refused("column 0"):
        lemmas.correlation(p, target, 0)


LAM, ETA, D = 0.07, 0.02, 4


ORDERS = [3, 4, 5]


@pytest.mark.second_opinion(
    "tdbook.lemmas.escape.span_basis", "tdbook.lemmas.outside.outside", "tdbook.lemmas.outside_mass",
    "tdbook.lemmas.outside_matrix", "tdbook.lemmas.lemma5", "tdbook.lemmas.projected_model",
)  # fmt: skip
@pytest.mark.parametrize("order", ORDERS)
def test_lemma_5_on_all_entries(order):
    p, target, goal = point_dense(order, d=D)
    p = Parameters(p.U, p.a, p.c, 1.3 * p.c_hat)
    P = dense.span_projector(goal)
    B = np.eye(D) - P
    assert np.abs(outside.span_basis(target) @ outside.span_basis(target).T - P).max() < 1e-12
    assert np.abs(outside.outside(p.U, outside.span_basis(target)) - B @ p.U).max() < 1e-12
    assert outside.outside_mass(p, target) == pytest.approx(np.sum((B @ p.U) ** 2), rel=1e-12)
    b = p.a * p.c ** (order - 2)
    powers = np.array([x * dense.power(u, order - 1).ravel() for x, u in zip(b, p.U.T, strict=True)])
    Q = powers @ powers.T + LAM * np.diag((p.c_hat * sizes(p)) ** (order - 2))
    assert np.abs(outside.outside_matrix(p, order, LAM) - Q).max() < 1e-12 * np.abs(Q).max()
    edge = 2 / (order * np.linalg.norm(Q, 2))
    for eta in (ETA, 0.99 * edge, 1.01 * edge):
        found = outside.lemma5(p, target, LAM, eta)
        moved = p.U - eta * dense.frozen(p, goal, LAM)
        wanted = (np.linalg.norm(B @ moved), np.linalg.norm(B @ p.U))
        assert (found.left, found.right) == pytest.approx(wanted, rel=1e-11)
        assert found.hypothesis == (eta < edge)
    T = outside.projected_model(p, order, outside.span_basis(target)).to_dense()
    assert np.abs(T - dense.projected(dense.model(p, order), P)).max() < 1e-12
