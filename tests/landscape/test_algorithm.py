"""Tests of ``tdbook.landscape.algorithm``."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

import tdbook
from tdbook import landscape
from tdbook.descent import State, exact_gradient, initialize, practical_settings, reinitialize, step
from tdbook.landscape import algorithm, perturbed
from tdbook.landscape import zero as escape
from tdbook.objectives import Parameters
from tdbook.tensors import random_unit_vectors
from tests.support import dense
from tests.support.landscape import TRAPS, goal_of
from tests.support.refusals import refused


@pytest.mark.parametrize("order", (3, 4, 5))
def test_algorithm_escapes_only_with_reinitialisation(order):
    trap = landscape.homogeneous_trap(order, 1, 4, 3, 0.05)
    plain = algorithm.algorithm_from_trap(trap, 1, reinitialize_component=False, epochs=2)
    assert plain.escaped is None
    assert plain.ends[-1] == pytest.approx(trap.value, rel=1e-6)
    assert (plain.losses >= trap.value - 1e-9).all()
    assert plain.losses[0] > trap.value + 1e-4  # it did start away from the trap, and came back
    renewed = algorithm.algorithm_from_trap(trap, 1, epochs=12, stop=True)
    assert renewed.escaped is not None
    assert renewed.ends[-1] < trap.value - renewed.margin
    assert len(renewed.ends) == renewed.escaped
    again = algorithm.algorithm_from_trap(trap, 1, epochs=12, stop=True)
    assert (renewed.losses == again.losses).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda t: escape.escape_time(t, 0.0), ValueError, "scale"),
        (lambda t: escape.escape_time(t, 0.1, "other"), ValueError, "model"),
        (lambda t: escape.escape_time(t, 0.1, regularization=0.1), ValueError, "regularization"),
        (lambda t: escape.escape_time(t, 0.1, components=0), ValueError, "components"),
        (lambda t: escape.escape_time("T", 0.1), TypeError, "target"),
        (lambda t: escape.escape_time(t, 0.1, rng=-1), ValueError, "rng"),
        (lambda t: escape.escape_steps(t, 0.1, cap=0), ValueError, "cap"),
        (lambda t: perturbed.perturb(TRAPS[0], -1.0), ValueError, "radius"),
        (lambda t: perturbed.lowest_within(TRAPS[0], 0.0), ValueError, "radius"),
        (lambda t: algorithm.algorithm_from_trap(TRAPS[0]), TypeError, "trap"),
        (lambda t: algorithm.algorithm_from_trap(TRAPS[2], nudge=1.0), ValueError, "nudge"),
        (lambda t: algorithm.algorithm_from_trap(TRAPS[2], step_size=9.0, epochs=1), ValueError, "step_size"),
    ],
)
def test_bad_input(call, error, message):
    with refused(message, error):
        call(tdbook.random_target(3, 2, 3, rng=0))


HOMOGENEOUS = landscape.homogeneous_trap(3, 1, 3, 3, 0.1, [1.0, 2.0, 3.0])


VANILLA = landscape.vanilla_trap(3, 1, 4, 2)


def test_wrong_kinds():
    with refused("trap", TypeError):
        algorithm.algorithm_from_trap(VANILLA)
    with refused("trap", TypeError):
        algorithm.algorithm_from_trap("x")
    for function in (escape.escape_time, escape.escape_path, escape.escape_steps):
        with refused("target", TypeError):
            function("T", 0.1)
    for words in ("reinitialize_component", "stop"):
        with refused(words, TypeError):
            algorithm.algorithm_from_trap(HOMOGENEOUS, **{words: 1})


@pytest.mark.parametrize(
    "trap",
    [HOMOGENEOUS, landscape.homogeneous_trap(4, 1, 2, 2, 0.2), landscape.mixed_sign_trap(4, 1, 2, 3, 0.2)],
    ids=["three", "four", "mixed"],
)
def test_without_a_fresh_component_it_is_frozen_descent(trap):
    """On all entries, in the trap's own units: U grows by sqrt ||T*|| and eta shrinks by ||T*||."""
    order, norm, lam = trap.order, trap.target.norm(), trap.regularization
    goal, rng = trap.target.to_dense(), np.random.default_rng(8)
    reach = trap.certified_radius
    if reach == math.inf:
        reach = np.linalg.norm(trap.U, axis=0).min()
    U = trap.U + 0.1 * reach * random_unit_vectors(trap.U.size, 1, rng).reshape(trap.U.shape)
    run = algorithm.algorithm_from_trap(trap, 8, reinitialize_component=False, epochs=2, iterations=101)
    eta = 1 / (2 * order**2 * norm)
    losses = []
    for _ in range(203):
        sizes = np.linalg.norm(U, axis=0)
        p = SimpleNamespace(U=U, a=trap.c, c=1 / sizes, c_hat=1 / sizes)
        losses.append(dense.loss(p, goal, lam))
        U = U - eta * dense.frozen(p, goal, lam)
        relative = np.linalg.norm(dense.model(p, order) - goal) / norm
    # every second iteration of an epoch is looked at, and its first and last
    wanted = [*range(0, 101, 2), 101, *range(101, 202, 2), 202]
    assert run.time.tolist() == wanted
    np.testing.assert_allclose(run.losses, np.array(losses)[wanted], rtol=1e-9)
    np.testing.assert_allclose(run.ends, [losses[101], losses[202]], rtol=1e-9)
    assert len(run.errors) == 2
    assert run.errors[-1] == pytest.approx(relative, rel=1e-9)
    assert run.margin == pytest.approx(0.01 * trap.value)


def test_short_epochs_are_looked_at_in_every_iteration():
    run = algorithm.algorithm_from_trap(HOMOGENEOUS, epochs=2, iterations=3)
    assert run.time.tolist() == [0, 1, 2, 3, 3, 4, 5, 6]


def test_defaults_of_the_algorithm_from_a_trap():
    few = {"epochs": 2, "iterations": 20}
    found = algorithm.algorithm_from_trap(HOMOGENEOUS, **few)
    stated = {"rng": 0, "reinitialize_component": True, "step_size": 1 / 18, "nudge": 0.1, "stop": False}
    same = algorithm.algorithm_from_trap(HOMOGENEOUS, **few, **stated)
    np.testing.assert_allclose(found.losses, same.losses, rtol=1e-12)
    for name, other in (("rng", 1), ("reinitialize_component", False), ("step_size", 0.05), ("nudge", 0.2)):
        changed = algorithm.algorithm_from_trap(HOMOGENEOUS, **few, **{**stated, name: other})
        assert not np.allclose(found.losses, changed.losses, rtol=1e-9)
    assert not np.allclose(found.losses, algorithm.algorithm_from_trap(HOMOGENEOUS, **few, boost=1.0).losses, rtol=1e-9)
    assert len(algorithm.algorithm_from_trap(HOMOGENEOUS, iterations=1).ends) == 10
    assert algorithm.algorithm_from_trap(HOMOGENEOUS, epochs=1).time[-1] == 2000


@pytest.mark.second_opinion("tdbook.landscape.algorithm_from_trap")
def test_algorithm_1_from_a_trap_by_readable_steps():
    """The same epochs by ``step``, with the loss on all entries in the units of the trap."""
    trap = landscape.homogeneous_trap(3, 1, 3, 3, 0.1)
    goal, size = goal_of(trap), np.linalg.norm(goal_of(trap))
    run = algorithm.algorithm_from_trap(trap, 3, epochs=2, iterations=60)
    rng = np.random.default_rng(3)
    move = random_unit_vectors(9, 1, rng).reshape(3, 3)
    U = (trap.U + 0.1 * trap.certified_radius * move) / math.sqrt(size)
    settings = practical_settings(
        trap.target.scaled(1 / size), 3, epochs=2, iterations=60, step_size=1 / 18, regularization=0.1 / size
    )
    state = initialize(settings, np.random.default_rng(0))
    state = State(Parameters.two_homogeneous(U, trap.c), np.zeros(3, dtype=bool))
    ends = []
    for _ in range(2):
        state = reinitialize(state, settings, rng)
        for _ in range(60):
            state = step(state, exact_gradient(trap.target.scaled(1 / size), 0.1 / size), settings)
        p = state.parameters
        T = size * dense.model(p, 3)
        ends.append((0.5 * np.sum((T - goal) ** 2) + 0.1 * size * np.sum(p.U**2), np.linalg.norm(T - goal) / size))
    assert run.ends == pytest.approx([value for value, _ in ends], rel=1e-7)
    assert run.errors == pytest.approx([error for _, error in ends], rel=1e-7)
