"""Tests of ``tdbook.descent.buffered``."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest

from tdbook.descent import BufferedLoop, Settings, State, exact_gradient, initialize, practical_settings, step
from tdbook.objectives import Parameters
from tdbook.tensors import SymmetricCP, random_target
from tests.support.exact import Exact, dot, fresh_beside_grown

# size, kappa, order; eta is chosen so that a fresh column moves by its own length
CASES = [(1e-12, 20.0, 3), (1e-12, 1e3, 8), (1e-12, 1e5, 8), (1e-40, 1e3, 5), (1e-150, 1e6, 4)]


LAM = 0.01


@pytest.mark.parametrize(("size", "kappa", "order"), CASES)
@pytest.mark.parametrize("fast", [False, True])
def test_a_step_of_an_epoch(size, kappa, order, fast):
    """The readable step and the fast loop, column by column to 1e-10 of its own length."""
    p, target = fresh_beside_grown(order, kappa, size)
    eta = 0.05 / kappa ** (order - 2)
    settings = Settings(4, 4, 1, 1, eta, size, LAM, 0.1, boost=kappa)
    state = State(p, np.array([True, False, True, False]))
    if fast:
        loop = BufferedLoop(target, settings)
        loop.load(state)
        loop.step()
        after = loop.state(state).parameters
    else:
        after = step(state, exact_gradient(target, settings.regularization), settings).parameters
    with mpmath.workdps(80):
        truth = Exact(p, target)
        for j in range(4):
            wanted = [x - mpmath.mpf(eta) * g for x, g in zip(truth.u[j], truth.gradient(mpmath.mpf(LAM), j))]
            length = mpmath.sqrt(dot(wanted, wanted))
            assert all(abs(x - y) <= 1e-10 * length for x, y in zip(after.U[:, j], wanted))
            kept = mpmath.sqrt(dot(truth.u[j], truth.u[j])) / length
            assert after.c_hat[j] == pytest.approx(float(kept * truth.c_hat[j]), rel=1e-10, abs=0)
            crossed = state.fresh[j] and length > mpmath.mpf(settings.switch_norm)
            c = kept * truth.c[j] / (mpmath.mpf(kappa) if crossed else 1)
            assert after.c[j] == pytest.approx(float(c), rel=1e-10, abs=0)


TARGET = random_target(12, 2, 3, rng=1)


SETTINGS = replace(practical_settings(TARGET, 3, epochs=2, iterations=60), literal=True)


def test_a_column_that_has_shrunk_to_nothing_keeps_a_token_size():
    settings = replace(SETTINGS, iterations=1)
    loop = BufferedLoop(TARGET, settings)
    state = initialize(settings, 0)
    loop.load(state)
    loop.U[:, 1] = 0.0
    after = loop.state(state).parameters
    assert 0 < after.norms[1] < 1e-280
    assert np.array_equal(after.U[:, [0, 2]], state.parameters.U[:, [0, 2]])


POINT = SymmetricCP([1.0], [[1.0], [0.0], [0.0]], 3)


@pytest.mark.parametrize("share, switches", [(1.0, 1), (1.0 + 1e-9, 0), (0.5, 0)])
def test_a_column_on_the_threshold_switches_when_it_grows(share, switches):
    """On it counts as below. One that is above has switched already; one far below needs more than a step."""
    settings = practical_settings(POINT, 1, epochs=3)
    U = np.array([[share * settings.switch_norm], [0.0], [0.0]])
    state = State(Parameters.two_homogeneous(U, [1.0]), np.array([True]))
    after = step(state, exact_gradient(POINT, settings.regularization), settings)
    assert after.parameters.norms[0] > state.parameters.norms[0]
    assert after.switches == switches
    loop = BufferedLoop(POINT, settings)
    loop.load(state)
    loop.step()
    assert loop.switches == switches


def test_a_lone_number_that_has_shrunk_to_nothing_keeps_a_token_size():
    line = SymmetricCP([1.0], [[1.0]], 3)
    settings = practical_settings(line, 2)
    loop = BufferedLoop(line, settings)
    state = State(Parameters.two_homogeneous([[0.5, 0.5]], [1.0, -1.0]), np.zeros(2, dtype=bool))
    loop.load(state)
    loop.U[:, 1] = 0.0
    assert 0.0 < loop.state(state).parameters.norms[1] < 1e-280
