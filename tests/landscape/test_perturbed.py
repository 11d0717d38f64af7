"""Tests of ``tdbook.landscape.perturbed``."""

import math

import numpy as np
import pytest

import tdbook
from tdbook import landscape, statistics
from tdbook.landscape import algorithm, perturbed
from tdbook.landscape import zero as escape
from tdbook.objectives import Parameters, loss, vanilla_loss
from tdbook.tensors import SymmetricCP, random_unit_vectors
from tests.support import dense
from tests.support.landscape import TRAPS, goal_of, loss_of, near, slope, traps
from tests.support.refusals import refused


@pytest.mark.parametrize("trap", TRAPS)
def test_perturbations_inside_and_outside_the_certified_region(trap):
    for share in (0.3, 0.999):
        inside = perturbed.perturb(trap, share * trap.certified_radius, 4000, rng=1)
        assert inside.below == inside.left_cone == 0
        assert inside.lowest > -1e-9
        assert perturbed.lowest_within(trap, share * trap.certified_radius, 1, 100, rng=1) > -1e-9
    outside = perturbed.perturb(trap, 2.5 * trap.certified_radius, 20_000, rng=1)
    assert outside.below > 0 and outside.lowest < -1e-3
    assert outside.below_in_cone == 0  # only outside the cone
    assert outside.left_cone > outside.below
    assert perturbed.lowest_within(trap, 2.5 * trap.certified_radius, 12, rng=1) < -1e-3


def test_even_order_and_positive_signs_have_no_way_down_at_any_distance():
    trap = landscape.homogeneous_trap(4, 1, 4, 2, 0.2)
    assert all(perturbed.perturb(trap, radius, 4000).below == 0 for radius in (0.5, 2.0, 8.0))


@pytest.mark.parametrize("trap", (landscape.vanilla_trap(3, 1, 4, 2), landscape.homogeneous_trap(4, 1, 4, 2, 0.1)))
def test_descent_follows_the_gradient_and_looks_at_every_step(trap):
    """Its own gradient, and blocks of points, against the public functions one point at a time."""
    rng = np.random.default_rng(3)
    U, c = trap.U + 0.1 * rng.standard_normal(trap.U.shape), trap.c
    steps, eta = perturbed._BLOCK + 2, 1e-3
    run = perturbed.descend(trap, U, c, steps=steps, step_size=eta)
    assert len(run.losses) == len(run.in_cone) == steps + 1
    for k in range(steps + 1):
        assert run.losses[k] == pytest.approx(float(trap.loss(U, c)), rel=1e-9)
        assert run.in_cone[k] == trap.in_cone(U, c)
        last = U, c
        U, c = trap.split(np.concatenate([U.ravel(), c])[: len(trap.gradient(U, c))] - eta * trap.gradient(U, c))
    np.testing.assert_allclose(run.U, last[0])
    np.testing.assert_allclose(run.c, last[1])
    with refused("step_size"):
        perturbed.descend(trap, 3.0 * trap.U, steps=20, step_size=10.0)


HOMOGENEOUS = landscape.homogeneous_trap(3, 1, 3, 3, 0.1, [1.0, 2.0, 3.0])


VANILLA = landscape.vanilla_trap(3, 1, 4, 2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda t: escape.escape_time(t, 0.1, signs=[1.0, 0.5], components=2), "signs"),
        (lambda t: escape.escape_time(t, 0.1, signs=[2, 0], components=2), "signs"),
        (
            lambda t: escape.escape_time(t, 0.1, signs=[1.0]),
            "signs",
        ),
        (lambda t: escape.escape_time(t, 0.1, components=0), "components"),
        (lambda t: escape.escape_time(t, 0.1, "x"), "model"),
        (
            lambda t: escape.escape_time(t, 0.1, regularization=0.25),
            "regularization",
        ),
        (
            lambda t: escape.escape_time(t, 0.1, "two-homogeneous", regularization=-1.0),
            "regularization",
        ),
        (lambda t: escape.escape_time(t, 0.1, horizon=0.0), "horizon"),
        (lambda t: escape.escape_path(t, 0.1, horizon=0.0), "horizon"),
        (lambda t: escape.escape_path(t, 0.0), "scale"),
        (lambda t: escape.escape_steps(t, 0.0), "scale"),
        (lambda t: escape.escape_path(t, 0.1, fitted=1.0), "fitted"),
        (lambda t: escape.escape_steps(t, 0.1, step_size=0.0), "step_size"),
        (lambda t: escape.escape_steps(t, 0.1, cap=0), "cap"),
        (
            lambda _: statistics.fitted_slope([1.0, 2.0], [[1.0, 2.0]]),
            "y",
        ),
        (
            lambda _: statistics.fitted_slope([1.0], [[1.0], [2.0]]),
            "y",
        ),
        (
            lambda _: statistics.fitted_slope([1.0, 2.0], np.ones((2, 3))),
            "y",
        ),
        (
            lambda _: statistics.fitted_slope(np.ones((2, 2)), np.ones((2, 2))),
            "x",
        ),
        (lambda _: perturbed.perturb(VANILLA, 0.0), "radius"),
        (lambda _: perturbed.perturb(VANILLA, 0.1, 0), "samples"),
        (lambda _: perturbed.lowest_within(VANILLA, 0.0), "radius"),
        (lambda _: perturbed.lowest_within(VANILLA, 0.1, 0), "starts"),
        (lambda _: perturbed.lowest_within(VANILLA, 0.1, 1, 0), "steps"),
        (lambda _: perturbed.descend(VANILLA, VANILLA.U, steps=0), "steps"),
        (
            lambda _: perturbed.descend(VANILLA, VANILLA.U, step_size=0.0),
            "step_size",
        ),
        (lambda _: perturbed.descend(VANILLA, np.ones((3, 2))), "U"),
        (lambda _: perturbed.descend(VANILLA, VANILLA.U, [1.0]), "c"),
        (
            lambda _: perturbed.descend(VANILLA, 9 * VANILLA.U, step_size=10.0),
            "step_size",
        ),
        (
            lambda _: algorithm.algorithm_from_trap(HOMOGENEOUS, nudge=1.0),
            "nudge",
        ),
        (
            lambda _: algorithm.algorithm_from_trap(HOMOGENEOUS, step_size=9.0, epochs=1, iterations=100),
            "step_size",
        ),
    ],
)
def test_what_is_said_of_wrong_input(call, words):
    with refused(words):
        call(tdbook.random_target(3, 2, 3, rng=0))


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


@pytest.mark.second_opinion("tdbook.landscape.perturb")
@pytest.mark.parametrize("order", (3, 4))
def test_perturbations_counted_again_on_all_entries(order):
    for trap in traps(order):
        goal = goal_of(trap)
        free = trap.U.size + (len(trap.c) if trap.model == "vanilla" else 0)
        radius = 1.8 * min(trap.certified_radius, 1.0)
        found = perturbed.perturb(trap, radius, 300, rng=2)
        moves = random_unit_vectors(free, 300, np.random.default_rng(2)).T * radius
        changes, inside = [], []
        for move in moves:
            U = trap.U + move[: trap.U.size].reshape(trap.U.shape)
            c = trap.c + move[trap.U.size :] if trap.model == "vanilla" else trap.c
            changes.append(loss_of(trap, U, c, goal) - trap.value)
            power = U[0] ** (order - 2) - (U[1] ** (order - 2) if trap.poles == 2 else 0)
            inside.append(bool((c * power >= 0).all()))
        lower, inside = np.array(changes) < -1e-10 * np.sum(goal**2), np.array(inside)
        assert (found.below, found.left_cone) == (lower.sum(), (~inside).sum())
        assert found.below_in_cone == (lower & inside).sum() == 0
        assert found.lowest == pytest.approx(min(changes), rel=1e-9, abs=1e-12)


@pytest.mark.second_opinion("tdbook.landscape.lowest_within")
def test_the_lowest_point_of_a_ball_by_brute_force():
    """One component in the plane, order 5: the ball is a disc that just misses the deeper well."""
    trap = landscape.homogeneous_trap(5, 1, 1, 2)
    goal, radius = goal_of(trap), 2.0
    disc = [
        trap.U + radius * share * np.array([[math.cos(angle)], [math.sin(angle)]])
        for share in np.linspace(0.8, 1.0, 5)
        for angle in np.linspace(0, 2 * math.pi, 721)
    ]
    lowest = min(loss_of(trap, U, trap.c, goal) for U in disc) - trap.value
    assert perturbed.lowest_within(trap, radius, 4, 300, rng=0) == pytest.approx(lowest, rel=1e-3)
    assert lowest < -0.1


@pytest.mark.second_opinion("tdbook.landscape.descend")
@pytest.mark.parametrize("order", (3, 4))
def test_descent_near_a_trap_on_all_entries(order):
    rng = np.random.default_rng(0)
    for trap in traps(order):
        goal = goal_of(trap)
        U, c = near(trap, rng, 0.05)
        found = perturbed.descend(trap, U, c, steps=6, step_size=0.01)
        losses = []
        for taken in range(7):
            losses.append(loss_of(trap, U, c, goal))
            if taken == 6:
                break
            if trap.model == "vanilla":
                in_u, in_c = dense.vanilla_gradient(U, c, goal)
                U, c = U - 0.01 * in_u, c - 0.01 * in_c
            else:
                flat = slope(lambda x, t=trap, g=goal: loss_of(t, x.reshape(t.U.shape), t.c, g), U.ravel())
                U = U - 0.01 * flat.reshape(U.shape)
        assert found.losses == pytest.approx(losses, rel=1e-8)
        assert np.abs(found.U - U).max() < 1e-8 and np.abs(found.c - c).max() < 1e-8
