"""Tests of ``tdbook.lemmas.escape``."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from tdbook import SymmetricCP, lemmas, random_target
from tdbook.descent import State, practical_settings
from tdbook.lemmas import escape, outside, rise
from tdbook.objectives import Parameters, frozen_gradient, model
from tests.support.exact import fresh_beside_grown
from tests.support.lemmas import (
    axis,
    column,
    column_at_border,
    point,
    point_drawn,
)
from tests.support.refusals import refused

LAM = 0.01


def test_directions_are_seen_below_the_range_of_squares():
    """A column of norm 1e-200: correlation, share and shift go with its direction and not with its size."""
    p, target = fresh_beside_grown(3, 1.0, 1e-200)
    larger = Parameters.two_homogeneous(p.U * np.array([1e190, 1.0, 1e190, 1.0]), p.a, p.kappa)
    for function in (escape.correlation, lambda p, T, j: escape.shift_step(p, T, LAM, j)):
        assert function(p, target, 0) == pytest.approx(function(larger, target, 0), rel=1e-9, abs=0)
    found, wanted = (escape.lemma8(x, target, LAM, 0.01, 0) for x in (p, larger))
    assert found.left == pytest.approx(wanted.left, rel=1e-9, abs=0)
    alone = Parameters(p.U[:, :1], p.a[:1], p.c[:1], p.c_hat[:1])
    assert outside.lemma5(alone, target, LAM, 0.01).right > 0
    with refused("parameters"):
        rise.descent_ratio(alone, target, LAM, 1e-3)


E1 = SymmetricCP([1.0], [[1.0], [0.0]], 3)


SETTINGS = replace(practical_settings(E1, 1, epochs=1, iterations=1), regularization=0.1, step_size=0.01)


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


def test_the_state_in_a_bad_minimum_has_switched() -> None:
    _, state = lemmas.bad_minimum(5, 3, 4, 0.02)
    assert state.fresh.dtype == bool
    assert state.fresh.shape == (4,)
    assert not state.fresh.any()
    assert state.parameters.kappa == pytest.approx(np.ones(4))
    with refused("components"):
        lemmas.bad_minimum(5, 3, 0, 0.02)


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


def test_lemma_7_promises_nothing_where_nothing_pulls() -> None:
    """In the minimum without a regulariser tau is 0, and the inequality is an equality."""
    found = lemmas.lemma7(column_at_border(1.0), axis(3), 0.0, 0.1, 0)
    assert (found.left, found.right, found.hypothesis) == (1.0, 1.0, False)


A_LITTLE = 1 + 1e-9


def test_lemma_8_at_its_largest_step() -> None:
    """e_1 / 2 against e_1^4, ||R|| = 3/4, eta = 1/16: eta l (l-1) 3/4 = 9/16 = 1 - eta l lambda at lambda = 7/4."""
    for lam, allowed in ((7 / 4, True), (7 / 4 * A_LITTLE, False)):
        assert lemmas.lemma8(column_at_border(0.5), axis(4), lam, 1 / 16, 0).hypothesis is allowed


def test_lemma_8_names_no_cost_where_the_column_is_wiped_out() -> None:
    """eta l lambda = 1 exactly."""
    p, target = point(8, 4)
    found = lemmas.lemma8(p, target, 0.25, 1.0, 1)
    assert found.right == lemmas.correlation(p, target, 1)
    assert not found.hypothesis


@pytest.mark.parametrize(("s", "order"), [(2, 3), (3, 4), (5, 3)])
def test_the_square_of_a_form_is_at_most_n_times_its_mean(s: int, order: int) -> None:
    """The zonal form of degree l attains it: the kernel's value N at its pole, so no smaller N would do."""
    forms = [p for p in itertools.product(range(order + 1), repeat=s) if sum(p) == order]
    w = np.random.default_rng(s).standard_normal((200_000, s))
    w /= np.linalg.norm(w, axis=1)[:, None]
    values = np.stack([np.prod(w ** np.array(p), axis=1) for p in forms])
    gram = values @ values.T / w.shape[0]
    pole = np.array([1.0 if p[0] == order else 0.0 for p in forms])
    assert float(pole @ np.linalg.solve(gram, pole)) == pytest.approx(len(forms), rel=0.03)


def contract(tensor: np.ndarray, vectors: list[np.ndarray]) -> np.ndarray:
    for vector in vectors:
        tensor = np.tensordot(vector, tensor, axes=(0, 0))
    return tensor


@pytest.mark.second_opinion("tdbook.lemmas.lemma7_decomposition")
@pytest.mark.parametrize("order", [3, 4])
def test_lemma7_decomposition_against_dense_tensors(order: int) -> None:
    p, target = point_drawn(4, order)
    lam, j = 0.1, 1
    basis = target.span()
    inside = basis @ basis.T
    u = p.U[:, j]
    x = inside @ u
    T, star = model(p, order).to_dense(), target.to_dense()
    b = p.a[j] * p.c[j] ** (order - 2)
    parts = lemmas.lemma7_decomposition(p, target, lam, j)
    in_span = float(contract(T, [x] * order) - contract(star, [x] * order))
    leak = order * b * float(contract(T, [u] * (order - 1) + [x]) - contract(T, [x] * order))
    assert parts.main == pytest.approx(order * b * in_span + lam * order * x @ x, rel=1e-10)
    assert parts.leak == pytest.approx(leak, rel=1e-9)
    assert parts.total == pytest.approx(parts.main + parts.leak, rel=1e-10)
    assert abs(parts.leak) <= parts.leak_bound


def test_lemma7_stops_where_lambda_is_too_large() -> None:
    target = SymmetricCP([1.0], [[1.0], [0.0]], 3)
    p = Parameters.two_homogeneous([[0.01], [0.0]], [1.0])
    good, heavy = (lemmas.lemma7(p, target, lam, 0.1, 0) for lam in (0.3, 1.5))
    assert good.hypothesis and good.holds
    assert not heavy.hypothesis and not heavy.holds


@pytest.mark.parametrize("order", [3, 4])
def test_lemma8_in_S_is_a_shifted_power_step(order: int) -> None:
    rng = np.random.default_rng(8)
    target = random_target(3, 4, order, rng=rng)
    assert target.span().shape[1] == 3
    p = Parameters.two_homogeneous(rng.standard_normal((3, 2)), [1.0, -1.0])
    lam, j = 0.05, 1
    eta = lemmas.shift_step(p, target, lam, j) * (1 - 1e-9)
    inequality = lemmas.lemma8(p, target, lam, eta, j)
    assert inequality.hypothesis and inequality.holds
    assert not lemmas.lemma8(p, target, lam, eta * (1 + 1e-6), j).hypothesis
    # by hand: w' is proportional to shift * w - a R(w^{l-1})
    R = model(p, order).to_dense() - target.to_dense()
    w = p.U[:, j] / p.norms[j]
    shift = (1 - eta * order * lam) / (eta * order)
    turned = shift * w - p.a[j] * contract(R, [w] * (order - 1))
    turned /= np.linalg.norm(turned)
    assert inequality.left == pytest.approx(p.a[j] * float(contract(R, [turned] * order)), rel=1e-9)
    assert lemmas.correlation(p, target, j) == pytest.approx(p.a[j] * float(contract(R, [w] * order)), rel=1e-9)


def test_telescoping_and_lemma9_along_a_run() -> None:
    target = random_target(8, 2, 3, rng=2)
    settings = practical_settings(target, 5, 0.1, epochs=2, iterations=60)
    for epoch in lemmas.epochs(target, settings, 5):
        j = epoch.states[0].reinitialized
        assert j is not None
        display = lemmas.telescoping(epoch.states, target, j)
        assert display.holds
        ends = [lemmas.correlation(state.parameters, target, j) for state in (epoch.states[0], epoch.states[-1])]
        assert display.left == pytest.approx(ends[1] - ends[0], abs=1e-12)
        path = lemmas.lemma9(epoch, target, settings)
        assert path.left == pytest.approx(lemmas.tensor_path(epoch.states, 3).sum())
        assert not path.violated
        assert lemmas.lemma5_total(epoch.states[-1], target, settings).holds


def test_telescoping_as_printed_fails_for_a_negative_sign() -> None:
    from tdbook.descent import State

    target = SymmetricCP([1.0, 1e-9], np.eye(2), 3)
    walk = [
        State(Parameters.two_homogeneous(1e-6 * np.array([[math.cos(t)], [math.sin(t)]]), [-1.0]), np.zeros(1, bool))
        for t in (1.2, 0.9, 0.6)
    ]
    assert lemmas.telescoping(walk, target, 0).holds
    assert not lemmas.telescoping(walk, target, 0, printed=True).holds


def test_lemma1_reads_an_epoch() -> None:
    target = random_target(8, 2, 3, rng=2)
    settings = practical_settings(target, 5, 0.1, epochs=1, iterations=150)
    outcome = lemmas.lemma1(next(lemmas.epochs(target, settings, 5)), target, settings)
    assert outcome.error == pytest.approx(1.0, abs=1e-2)
    assert outcome.decrease > 0.4
    assert -1 <= outcome.correlation <= 1
    assert 0 < outcome.share <= math.sqrt(8)


def test_rotating_everything_changes_nothing() -> None:
    p, target = point_drawn(9, 3)
    rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((5, 5)))[0]
    turned = Parameters(rotation @ p.U, p.a, p.c, p.c_hat)
    turned_target = SymmetricCP(target.weights, rotation @ target.factors, 3)
    for function in (lemmas.lemma3, lemmas.lemma5):
        a, b = function(p, target, 0.1, 0.05), function(turned, turned_target, 0.1, 0.05)
        assert (a.left, a.right) == pytest.approx((b.left, b.right), rel=1e-9)
    for per_column in (lemmas.lemma7, lemmas.lemma8):
        a, b = per_column(p, target, 0.1, 0.05, 1), per_column(turned, turned_target, 0.1, 0.05, 1)
        assert (a.left, a.right) == pytest.approx((b.left, b.right), rel=1e-9)


@pytest.mark.parametrize("order", [3, 4, 5])
def test_the_bad_minimum_is_stationary_and_bad(order: int) -> None:
    target, state = lemmas.bad_minimum(6, order, 4, 0.02)
    assert target.norm() == pytest.approx(1.0)
    assert np.abs(frozen_gradient(state.parameters, target, 0.02)).max() < 1e-12
    assert model(state.parameters, order).distance(target) > 0.8
    with refused("regularization"):
        lemmas.bad_minimum(6, order, 4, 0.9)
