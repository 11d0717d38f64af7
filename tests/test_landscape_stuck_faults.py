"""Plain descent from random starts, one start at a time on all entries, and what is said of wrong input."""

import numpy as np
import pytest

from tdbook.landscape import descent as stuck
from tdbook.tensors import SymmetricCP, random_target, random_unit_vectors
from tests.support import dense
from tests.support.refusals import refused


def record(U, c, goal, eta, cap):
    """Relative error and norm of the gradient after each number of steps."""
    errors, norms = [], []
    for _ in range(cap + 1):
        errors.append(np.linalg.norm(dense.tensor(c, U, goal.ndim) - goal))
        in_U, in_c = dense.vanilla_gradient(U, c, goal)
        norms.append(np.sqrt(np.sum(in_U**2) + np.sum(in_c**2)))
        U, c = U - eta * in_U, c - eta * in_c
    return np.array(errors), np.array(norms)


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
