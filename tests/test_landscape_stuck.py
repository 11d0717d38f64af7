"""Plain descent from random starts, and the three things that can become of it."""

import numpy as np
import pytest

import tdbook
from tdbook.landscape import descent as stuck
from tdbook.objectives import vanilla_gradient, vanilla_loss
from tests.support.refusals import refused


@pytest.mark.parametrize("order", (3, 4))
def test_batch_gradient_is_that_of_the_library(order):
    target = tdbook.random_target(4, 3, order, rng=1)
    rng = np.random.default_rng(1)
    U, c = rng.standard_normal((6, 5, 4)), rng.standard_normal((6, 5))
    errors, in_U, in_c = stuck._batch_gradient(U, c, target)
    for k in range(6):
        wanted_U, wanted_c = vanilla_gradient(U[k].T, c[k], target)
        assert in_U[k] == pytest.approx(wanted_U.T)
        assert in_c[k] == pytest.approx(wanted_c)
        assert errors[k] ** 2 / 2 == pytest.approx(vanilla_loss(U[k].T, c[k], target))


def test_outcomes():
    target = stuck.orthogonal_target(3, 3)
    few = stuck.plain_descent(target, 3, 30, rng=0)
    many = stuck.plain_descent(target, 12, 30, rng=0)
    assert few.reached + few.stalled + few.unfinished == many.reached + many.stalled + many.unfinished == 30
    assert few.stalled >= 10 and many.reached == 30
    assert (few.errors[few.outcome == 0] <= 0.01).all() and (few.errors[few.outcome == 1] > 0.1).all()
    # a stalled start has lost one or two of the three terms: relative error sqrt(k/3)
    lost = 3 * few.errors[few.outcome == 1] ** 2
    assert lost == pytest.approx(np.round(lost), abs=0.02)


def test_slow_is_not_stuck():
    target = stuck.orthogonal_target(3, 3)
    short = stuck.plain_descent(target, 3, 30, rng=0, cap=300)
    long = stuck.plain_descent(target, 3, 30, rng=0)
    assert short.unfinished > long.unfinished
    assert short.stalled == 0  # nothing can be told apart so early
    assert (short.steps[short.outcome == 2] == 300).all()


def test_same_seed_same_fates_and_scale_does_not_matter():
    target = stuck.orthogonal_target(3, 3)
    one = stuck.plain_descent(target, 6, 5, rng=3)
    two = stuck.plain_descent(target.scaled(7.0), 6, 5, rng=3)
    assert one.errors == pytest.approx(two.errors) and (one.outcome == two.outcome).all()


def test_orthogonal_target():
    target = stuck.orthogonal_target(4, 3)
    assert target.norm() == pytest.approx(1.0) and target.rank == 4


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda t: stuck.plain_descent("T", 3), TypeError, "target"),
        (lambda t: stuck.plain_descent(t, 0), ValueError, "components"),
        (lambda t: stuck.plain_descent(t, 3, 0), ValueError, "starts"),
        (lambda t: stuck.plain_descent(t, 3, 2, tolerance=0.0), ValueError, "tolerance"),
        (lambda t: stuck.plain_descent(t, 3, 2, random_signs=1), TypeError, "random_signs"),
        (lambda t: stuck.orthogonal_target(3, 2), ValueError, "order"),
    ],
)
def test_bad_input(call, error, message):
    with refused(message, error):
        call(stuck.orthogonal_target(3, 3))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_too_large_a_step_is_named():
    with refused("step_size"):
        stuck.plain_descent(stuck.orthogonal_target(3, 3), 12, 4, step_size=5.0)
