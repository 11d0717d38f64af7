"""The steps that join the lemmas to Theorem 3, and the epochs of many equal columns, against other routes."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

from tdbook import lemmas
from tdbook.descent import Settings, State, exact_gradient, step
from tdbook.ledger.escape.inside import Copies
from tdbook.objectives import Parameters, loss
from tdbook.tensors import SymmetricCP, random_target
from tests.support import dense


@pytest.mark.second_opinion("tdbook.lemmas.residual_outside", "tdbook.lemmas.component_outside")
@pytest.mark.parametrize("order", [3, 4])
def test_what_lies_outside_the_span_on_all_entries(order):
    rng = np.random.default_rng(order)
    target = random_target(4, 2, order, rng=rng)
    p = Parameters.two_homogeneous(rng.standard_normal((4, 3)), [1.0, -1.0, 1.0], rng.uniform(0.5, 2.0, 3))
    inside = target.factors @ np.linalg.pinv(target.factors)
    T = dense.model(p, order)
    projected = dense.tensor(p.a * p.c ** (order - 2), inside @ p.U, order)
    rest = p.U - inside @ p.U
    weights = (p.c * np.linalg.norm(p.U, axis=0)) ** (order - 2) * np.linalg.norm(p.U, axis=0)
    found = lemmas.residual_outside(p, target)
    assert found.left == pytest.approx(np.linalg.norm(T - projected), rel=1e-10)
    assert found.right == pytest.approx(math.sqrt(order) * np.linalg.norm(weights) * np.linalg.norm(rest), rel=1e-10)
    settings = Settings(4, 3, 5, 10, 0.1, 0.1, 0.1, 0.1)
    state = State(p, np.zeros(3, dtype=bool))
    for j in range(3):
        part = lemmas.component_outside(state, target, settings, j)
        assert (part.left, part.right) == pytest.approx((np.sum(rest[:, j] ** 2), 8 * 0.01), rel=1e-10)


@pytest.mark.second_opinion("tdbook.lemmas.sufficient_scale", "tdbook.lemmas.largest_shares")
@pytest.mark.parametrize("l", [3, 4, 7])
def test_the_constants_of_the_proof_that_all_sizes_can_be_met(l):
    """The two displayed inequalities of the chapter, in fifty digits."""
    with mpmath.workdps(50):
        C, rho, mu = mpmath.mpf(40) * 6 ** (l - 2), mpmath.mpf("0.198") ** (l - 2), max(4, l)
        first = 8408 * mpmath.mpf(l) * (l - 1) ** 2 / (l - 2) * (717 * mu) ** mpmath.mpf(l / 2)
        first *= rho ** (-mpmath.mpf(3) / 2 * (l + 1)) * ((5 * l + 7) * (l + 2) / mpmath.e) ** (mpmath.mpf(l) / 2 + 1)
        second = mpmath.mpf("1.1e5") * mu * (717 * mu) ** (mpmath.mpf(l) / 2 + 1)
        second *= rho ** (-mpmath.mpf(3 * l + 10) / 2)
        second *= ((5 * l + 7) * (l + 4) / (mpmath.e * (5 * l - 6))) ** (mpmath.mpf(l) / 2 + 2)
        powers = mpmath.mpf(5 * l + 5) / 2, mpmath.mpf(5 * l + 18) / 2
        wanted = [mpmath.log(33 / rho / C), mpmath.log(first / C ** powers[0]), mpmath.log(second / C ** powers[1])]
        assert lemmas.largest_shares(l) == pytest.approx([float(x) for x in wanted], rel=1e-10)
        scale = (mpmath.mpf("0.2") * mpmath.mpf("0.3") * mpmath.mpf("0.5") / (C * 7)) ** (mpmath.mpf(5 * l + 6) / 2)
        assert lemmas.sufficient_scale(7, l, 0.5, 0.3, 0.2) == pytest.approx(float(scale), rel=1e-10)


def test_equal_columns_follow_the_algorithm():
    """Two groups of switched columns and a fresh one, through its switch, against the library's own steps."""
    settings = Settings(2, 6, 3, 60, 0.05, 0.02, 0.03, 0.1)
    target = SymmetricCP([1.0], [[1.0], [0.0]], 3)
    xs, ys = np.array([-0.2, 0.5, 0.015]), np.array([0.1, 0.0, 0.013])
    count, sign = np.array([3, 2, 1]), np.array([1.0, -1.0, 1.0])
    boost = np.array([1.0, 1.0, settings.initial_kappa])
    copies = Copies(*(v[:, None].copy() for v in (xs, ys, sign, boost)), count[:, None].astype(float))
    U = np.repeat(np.stack([xs, ys]), count, axis=1)
    point = Parameters.two_homogeneous(U, np.repeat(sign, count), np.repeat(boost, count))
    state = State(point, np.array([False] * 5 + [True]))
    gradient = exact_gradient(target, 0.03)
    for _ in range(60):
        state = step(state, gradient, settings)
        copies.step(0.03, 0.05, settings.switch_norm)
    assert state.switches == 1 and copies.boost[-1, 0] == 1.0
    last = state.parameters.U[:, [0, 3, 5]]
    assert np.stack([copies.x[:, 0], copies.y[:, 0]]) == pytest.approx(last, rel=1e-9)
    assert copies.loss(0.03)[0] == pytest.approx(loss(state.parameters, target, 0.03), rel=1e-10)
