"""Tests of ``tdbook.landscape.descent``."""

import math

import numpy as np
import pytest

import tdbook
from tdbook.landscape import descent as stuck
from tdbook.objectives import vanilla_gradient, vanilla_loss
from tdbook.tensors import SymmetricCP, random_target, random_unit_vectors
from tests.support import dense
from tests.support.refusals import refused


@pytest.mark.second_opinion("tdbook.landscape.plain_descent", "tdbook.landscape.orthogonal_target")
@pytest.mark.parametrize("order", (3, 4))
def test_plain_descent_one_start_at_a_time_on_all_entries(order):
    target = stuck.orthogonal_target(2, order)
    goal = (dense.power([1.0, 0.0], order) + dense.power([0.0, 1.0], order)) / math.sqrt(2)
    assert np.abs(target.to_dense() - goal).max() < 1e-15
    found = stuck.plain_descent(target, 3, 4, rng=1, step_size=0.05, cap=400, random_signs=True)
    rng = np.random.default_rng(1)
    starts = 0.5 * random_unit_vectors(2, 12, rng).T.reshape(4, 3, 2)
    signs = rng.choice([-1.0, 1.0], size=(4, 3))
    for k in range(4):
        U, c = starts[k].T, signs[k]
        for _ in range(found.steps[k]):
            in_u, in_c = dense.vanilla_gradient(U, c, goal)
            U, c = U - 0.05 * in_u, c - 0.05 * in_c
        error = np.linalg.norm(dense.tensor(c, U, order) - goal)
        assert found.errors[k] == pytest.approx(error, abs=1e-8)
        assert (stuck.OUTCOMES[found.outcome[k]] == "reached") == (error <= 0.01)


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


def fate(errors, norms, cap, accuracy, tolerance):
    """Outcome, steps and error, from the whole record: every fiftieth step and the last are looked at."""
    looked = sorted({*range(0, cap + 1, 50), cap})
    for k in looked:
        if errors[k] <= accuracy:
            return "reached", k, errors[k]
        loud = [j for j in looked if j <= k and norms[j] > tolerance]
        calm = [j for j in looked if j <= k and (not loud or j > loud[-1])]
        if calm and k >= 2 * calm[0]:
            return "stalled", k, errors[k]
    return "unfinished", cap, errors[cap]


def record(U, c, goal, eta, cap):
    """Relative error and norm of the gradient after each number of steps."""
    errors, norms = [], []
    for _ in range(cap + 1):
        errors.append(np.linalg.norm(dense.tensor(c, U, goal.ndim) - goal))
        in_U, in_c = dense.vanilla_gradient(U, c, goal)
        norms.append(np.sqrt(np.sum(in_U**2) + np.sum(in_c**2)))
        U, c = U - eta * in_U, c - eta * in_c
    return np.array(errors), np.array(norms)


@pytest.mark.parametrize(("signs", "seed"), [(False, 2), (True, 1)])
def test_each_start_on_all_entries(signs, seed):
    """All three outcomes occur."""
    target = SymmetricCP([3.0, 2.0], np.eye(2), 3)
    goal = target.to_dense() / np.sqrt(13.0)
    n, m, eta, size, cap, accuracy, tolerance = 6, 2, 0.2, 0.7, 230, 0.05, 1e-3
    rng = np.random.default_rng(seed)
    starts = size * random_unit_vectors(2, n * m, rng).T.reshape(n, m, 2)
    c = rng.choice([-1.0, 1.0], size=(n, m)) if signs else np.ones((n, m))
    records = [record(U.T, x, goal, eta, cap) for U, x in zip(starts, c, strict=True)]
    wanted = [fate(*each, cap, accuracy, tolerance) for each in records]
    found = stuck.plain_descent(
        target,
        m,
        n,
        seed,
        step_size=eta,
        size=size,
        cap=cap,
        accuracy=accuracy,
        tolerance=tolerance,
        random_signs=signs,
    )
    assert [stuck.OUTCOMES[k] for k in found.outcome] == [each[0] for each in wanted]
    assert found.steps.tolist() == [each[1] for each in wanted]
    np.testing.assert_allclose(found.errors, [each[2] for each in wanted], atol=1e-8)  # roots of rounded squares
    counts = [sum(each[0] == name for each in wanted) for name in stuck.OUTCOMES]
    assert [found.reached, found.stalled, found.unfinished] == counts
    assert min(counts) > 0


def test_what_is_not_given_has_its_default():
    target = random_target(2, 1, 3, rng=1)
    stated = {"step_size": 0.02, "size": 0.5, "accuracy": 0.01, "tolerance": 1e-5, "random_signs": False}
    found, same = stuck.plain_descent(target, 2, cap=60), stuck.plain_descent(target, 2, 100, 0, cap=60, **stated)
    assert len(found.errors) == 100
    assert np.array_equal(found.errors, same.errors)
    for name, other in (("step_size", 0.03), ("size", 0.4), ("random_signs", True)):
        assert not np.allclose(found.errors, stuck.plain_descent(target, 2, cap=60, **{name: other}).errors)
    # at the default size a start can be finished before it begins: a larger accuracy takes all of them at once
    assert (stuck.plain_descent(target, 2, cap=60, accuracy=5.0).steps == 0).all()


def test_the_last_step_is_the_cap():
    """One after it would be a fiftieth."""
    target, m, cap = SymmetricCP([1.0], [[1.0]], 3), 1, 49
    U = 0.5 * random_unit_vectors(1, 1, np.random.default_rng(1))
    errors, norms = record(U, np.ones(1), target.to_dense(), 0.02, cap)
    found = stuck.plain_descent(target, m, 1, 1, cap=cap, accuracy=1e-9)
    assert (found.unfinished, found.steps.tolist()) == (1, [cap])
    assert found.errors == pytest.approx([errors[-1]], rel=1e-9)
    # its gradient at the start, in U and c together, is what the tolerance is held against
    for share, steps in ((0.99, cap), (1.01, 0)):
        assert stuck.plain_descent(target, m, 1, 1, cap=cap, tolerance=share * norms[0]).steps.tolist() == [steps]


def test_what_is_quiet_at_once_has_stalled_at_once():
    found = stuck.plain_descent(stuck.orthogonal_target(2, 3), 2, 3, cap=60, tolerance=1e9)
    assert (found.stalled, found.steps.tolist()) == (3, [0, 0, 0])


def test_descent_gives_up_after_200000_steps(monkeypatch):
    slow = np.ones(1), np.full((1, 1, 1), 1e-3), np.zeros((1, 1))
    monkeypatch.setattr(stuck, "_batch_gradient", lambda *_: slow)
    found = stuck.plain_descent(SymmetricCP([1.0], [[1.0]], 3), 1, 1)
    assert (found.unfinished, found.steps.tolist()) == (1, [200_000])


def test_orthogonal_targets_entry_by_entry():
    target = stuck.orthogonal_target(3, 4)
    goal = sum(dense.power(e, 4) for e in np.eye(3)) / np.sqrt(3.0)
    np.testing.assert_allclose(target.to_dense(), goal, atol=1e-15)
    assert stuck.orthogonal_target(1, 3).weights.tolist() == [1.0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda t: stuck.plain_descent(t, 0), "components"),
        (lambda t: stuck.plain_descent(t, 1, 0), "starts"),
        (lambda t: stuck.plain_descent(t, 1, cap=0), "cap"),
        (lambda t: stuck.plain_descent(t, 1, step_size=0.0), "step_size"),
        (lambda t: stuck.plain_descent(t, 1, size=0.0), "size"),
        (lambda t: stuck.plain_descent(t, 1, accuracy=0.0), "accuracy"),
        (lambda t: stuck.plain_descent(t, 1, tolerance=0.0), "tolerance"),
        (lambda t: stuck.orthogonal_target(0, 3), "dimension"),
        (lambda t: stuck.orthogonal_target(3, 2), "order"),
        (
            lambda t: stuck.plain_descent(t, 12, 4, step_size=5.0),
            "step_size",
        ),
    ],
)
def test_what_is_said_of_wrong_input(call, words):
    with refused(words):
        call(stuck.orthogonal_target(3, 3))


def test_wrong_kinds():
    with refused("target", TypeError):
        stuck.plain_descent("T", 3)
    with refused("random_signs", TypeError):
        stuck.plain_descent(stuck.orthogonal_target(2, 3), 2, random_signs=1)
