"""Around traps: perturbations, descent and Algorithm 1, one point at a time by other routes."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from tdbook import landscape
from tdbook.landscape import algorithm, perturbed
from tdbook.objectives import Parameters, loss, vanilla_loss
from tdbook.tensors import SymmetricCP, random_unit_vectors
from tests.support import dense
from tests.support.refusals import refused

VANILLA = landscape.vanilla_trap(3, 1, 4, 2)
HOMOGENEOUS = landscape.homogeneous_trap(3, 1, 3, 3, 0.1, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("trap", [VANILLA, HOMOGENEOUS], ids=["vanilla", "homogeneous"])
def test_perturbations_one_at_a_time(trap):
    rng, radius, samples = np.random.default_rng(5), 1.6, 300
    found = perturbed.perturb(trap, radius, samples, rng=5)
    size = trap.U.size
    moves = radius * random_unit_vectors(size + (len(trap.c) if trap.model == "vanilla" else 0), samples, rng)
    changes, left = [], []
    for move in moves.T:
        U = trap.U + move[:size].reshape(trap.U.shape)
        c = trap.c + move[size:] if trap.model == "vanilla" else trap.c
        if trap.model == "vanilla":
            value = vanilla_loss(U, c, trap.target)
        else:
            value = loss(Parameters.two_homogeneous(U, c), trap.target, trap.regularization)
        changes.append(value - trap.value)
        left.append(bool((c * U[0] < 0).any()))  # order 3, pole e_1: the cone is c_i u_i1 >= 0
    below = np.array(changes) < -1e-6
    assert 0 < below.sum() < samples and 0 < sum(left) < samples
    assert (found.radius, found.samples) == (radius, samples)
    assert (found.below, found.left_cone) == (below.sum(), sum(left))
    assert found.below_in_cone == (below & ~np.array(left)).sum() == 0
    assert found.lowest == pytest.approx(min(changes), rel=1e-9)


def test_more_perturbations_than_a_block_holds():
    rng = np.random.default_rng(6)
    first, second = perturbed.perturb(VANILLA, 1.6, 20_000, rng), perturbed.perturb(VANILLA, 1.6, 500, rng)
    both = perturbed.perturb(VANILLA, 1.6, 20_500, rng=6)
    for name in ("below", "below_in_cone", "left_cone", "samples"):
        assert getattr(both, name) == getattr(first, name) + getattr(second, name)
    assert both.lowest == min(first.lowest, second.lowest)
    assert perturbed.perturb(VANILLA, 1.6) == perturbed.perturb(VANILLA, 1.6, 10_000, rng=0)


@pytest.mark.parametrize("starts", [1, 2])
@pytest.mark.parametrize("trap", [VANILLA, HOMOGENEOUS], ids=["vanilla", "homogeneous"])
def test_projected_descent_by_hand(trap, starts):
    """The gradient by differences of the loss; in the first start some steps lead out of the ball and back onto it."""
    vanilla, radius, steps = trap.model == "vanilla", 1.6, 6
    centre = np.concatenate([trap.U.ravel(), trap.c]) if vanilla else trap.U.ravel()

    def height(point):
        U = point[: trap.U.size].reshape(trap.U.shape)
        if vanilla:
            return vanilla_loss(U, point[trap.U.size :], trap.target)
        return loss(Parameters.two_homogeneous(U, trap.c), trap.target, trap.regularization)

    rng = np.random.default_rng(8)
    found, heights = perturbed.lowest_within(trap, radius, starts, steps, rng=8), []
    for _ in range(starts):
        move = radius * random_unit_vectors(len(centre), 1, rng).ravel()
        for _ in range(steps):
            point = centre + move
            near = 1e-5 * np.eye(len(point))
            gradient = np.array([height(point + e) - height(point - e) for e in near]) / 2e-5
            move = move - 0.2 / 9 / trap.target.norm() * gradient
            if np.linalg.norm(move) > radius:
                move *= radius / np.linalg.norm(move)
            heights.append(height(centre + move) - trap.value)
    assert found == pytest.approx(min(heights), rel=1e-6)


def elsewhere(weight):
    """The point of VANILLA with another target, w e_1^{(x) 3}: f = (w - 1)^2 / 2 there, whatever its value says."""
    return landscape.Trap(SymmetricCP([weight], [[1.0], [0.0]], 3), 1, VANILLA.U, VANILLA.c, "vanilla")


def test_what_is_lower_in_the_cone_is_counted_in_every_block():
    found = perturbed.perturb(elsewhere(1.0), 0.01, 20_500)
    assert (found.below, found.below_in_cone, found.left_cone) == (20_500, 20_500, 0)


def test_lower_is_lower_by_more_than_rounding():
    assert perturbed.perturb(VANILLA, 1e-8, 50).below == 0
    for depth, wanted in ((0.9, 0), (1.1, 5)):  # in units of 1e-10 ||T*||^2, about 7.5e-10
        weight = 1.0 + math.sqrt(2 * VANILLA.value)
        weight -= depth * 1e-10 * weight**2 / math.sqrt(2 * VANILLA.value)
        assert perturbed.perturb(elsewhere(weight), 1e-14, 5).below == wanted


def test_descent_in_whole_blocks_and_within_its_bounds(monkeypatch):
    assert len(perturbed.descend(VANILLA, VANILLA.U, steps=perturbed._BLOCK - 1).losses) == perturbed._BLOCK
    words = "step_size"
    # along e_1 the loss is (h - 1)^2 / 2 + 3/2, and the bound 1e9 (1 + 3/2)
    for loss_there, fine in ((2.5e9 - 1, True), (2.5e9 + 1, False)):
        U = VANILLA.U * (1.0 + math.sqrt(2 * (loss_there - 1.5))) ** (1 / 3)
        if fine:
            found = perturbed.descend(VANILLA, U, steps=1, step_size=1e-30)
            assert found.losses[0] == pytest.approx(loss_there, rel=1e-12)
        else:
            with refused(words):
                perturbed.descend(VANILLA, U, steps=1, step_size=1e-30)
    square = np.sum(VANILLA.U**2) + np.sum(VANILLA.c**2)
    monkeypatch.setattr(perturbed, "_FAR", 1.01 * square)
    assert len(perturbed.descend(VANILLA, VANILLA.U, steps=1, step_size=1e-30).losses) == 2
    monkeypatch.setattr(perturbed, "_FAR", 0.99 * square)
    with refused(words):
        perturbed.descend(VANILLA, VANILLA.U, steps=1, step_size=1e-30)


def test_defaults_of_descent_around_a_trap():
    first, second = np.random.default_rng(0), np.random.default_rng(0)
    found = perturbed.lowest_within(VANILLA, 1.2, steps=3, rng=first)
    assert (
        found == perturbed.lowest_within(VANILLA, 1.2, 4, 3, second) == perturbed.lowest_within(VANILLA, 1.2, steps=3)
    )
    assert first.random() == second.random()  # as many starts were drawn
    assert perturbed.lowest_within(VANILLA, 1.2, 1) == perturbed.lowest_within(VANILLA, 1.2, 1, 400, 0)
    U = VANILLA.U + 0.1
    eta = 0.1 / (9 * VANILLA.target.norm())
    found, stated = perturbed.descend(VANILLA, U), perturbed.descend(VANILLA, U, VANILLA.c, steps=20, step_size=eta)
    assert len(found.losses) == len(found.in_cone) == 2001
    np.testing.assert_allclose(found.losses[:21], stated.losses, rtol=1e-9)
    assert not np.allclose(perturbed.descend(VANILLA, U, 0.5 * VANILLA.c, steps=1).losses[0], found.losses[0])
    assert len(perturbed.descend(VANILLA, U, steps=1).losses) == 2


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
