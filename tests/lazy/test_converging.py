"""Tests of ``tdbook.lazy.converging``."""

import math

import numpy as np
import pytest

from tdbook import lazy
from tdbook.lazy import Start, columns_enough, convergence, mean_speeds, paired_start
from tdbook.tensors import random_unit_vectors
from tests.support import dense
from tests.support.refusals import refused


def jacobian(U, c, order):
    """Dh on all d^l entries, by central differences, columns in the order of U.T.ravel()."""
    step, parts = 1e-6, []
    for i in range(U.shape[1]):
        for q in range(U.shape[0]):
            moved = np.zeros_like(U)
            moved[q, i] = step
            ahead, behind = (dense.tensor(c, U + sign * moved, order) for sign in (1.0, -1.0))
            parts.append(((ahead - behind) / (2.0 * step)).ravel())
    return np.array(parts).T


@pytest.mark.second_opinion("tdbook.lazy.convergence", "tdbook.lazy.Convergence")
@pytest.mark.parametrize("order", [2, 3, 4])
def test_constants_from_all_entries(order):
    start = paired_start(3, 7, order)
    promised = convergence(start, order, size=0.7)
    values = np.linalg.svd(jacobian(start.U, start.c, order), compute_uv=False) ** 2
    space = math.comb(2 + order, order)
    assert values[space] < 1e-9 * values[0]
    assert promised.least**2 == pytest.approx(values[space - 1], rel=1e-6)
    assert promised.step_size == pytest.approx(4 / (9 * values[0]), rel=1e-6)
    assert promised.scale == pytest.approx(9 * 0.7 * promised.curvature / values[space - 1], rel=1e-6)
    assert promised.residual(2) == pytest.approx(0.7 * (1 - promised.step_size * values[space - 1] / 9) ** 2)
    # at the bound on alpha the columns may just reach the edge of the ball
    assert promised.travelled(promised.scale) == pytest.approx(promised.least / (2 * promised.curvature))


@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_the_derivative_is_lipschitz_with_the_constant(order):
    """In the ball of radius 1 about unit columns: never more than L, and a good part of it at columns twice as long."""
    L = convergence(paired_start(2, 7, 1), order).curvature
    rng = np.random.default_rng(order)
    largest = 0.0
    for outwards in (True, False):
        U = random_unit_vectors(2, 3, rng)
        first, second = (
            U * (1 + radius) if outwards else U + radius * random_unit_vectors(2, 3, rng) / 3 for radius in (0.98, 1.0)
        )
        change = jacobian(first, np.ones(3), order) - jacobian(second, np.ones(3), order)
        largest = max(largest, np.linalg.norm(change, 2) / np.linalg.norm(first - second))
    assert 0.3 * L < largest * math.sqrt(3) <= L * math.sqrt(3)


@pytest.mark.second_opinion("tdbook.lazy.mean_speeds", "tdbook.lazy.columns_enough")
@pytest.mark.parametrize("order,dimension", [(2, 4), (3, 3), (4, 3)])
def test_mean_speeds_by_sampling(order, dimension):
    """E K of one column is its mean over many, and its least eigenvalue is nu."""
    U = random_unit_vectors(dimension, 40_000, np.random.default_rng(1))
    A = lazy.tangent_matrix(U, order)
    values = np.linalg.eigvalsh(order**2 * A @ A.T / U.shape[1])
    speeds = mean_speeds(dimension, order)
    assert values[0] == pytest.approx(float(min(speeds.values())), rel=0.05)
    assert values[-1] == pytest.approx(float(max(speeds.values())), rel=0.05)
    nu = order * math.factorial(order) / math.prod(dimension + 2 * i for i in range(order - 1))
    assert float(speeds[order]) == pytest.approx(nu)
    D = math.comb(dimension + order - 1, order)
    assert (columns_enough(dimension, order, 0.01) - 1) * nu < 7 * order**2 * math.log(100 * D)
    assert columns_enough(dimension, order, 0.01) * nu >= 7 * order**2 * math.log(100 * D)


def test_starts_outside_the_hypotheses_are_refused():
    with refused("U"):
        convergence(paired_start(3, 3, 1), 3)  # four columns are the threshold
    with refused("U"):
        convergence(Start(2 * np.eye(3), np.ones(3)), 2)
    with refused("c"):
        convergence(Start(np.eye(3), np.array([1.0, 1.0, 0.5])), 2)
    with refused("size"):
        convergence(Start(np.eye(3), np.ones(3)), 2, size=0.0)
    assert convergence(Start(np.eye(3), np.ones(3)), 2).least > 0
