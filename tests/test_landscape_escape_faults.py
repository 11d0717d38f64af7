"""Escapes by closed forms of one number and by arrays of all entries, and what is said of wrong input."""

import math
from types import SimpleNamespace

import dense
import numpy as np
import pytest
from scipy.integrate import quad

import tdbook
from tdbook import escape, landscape
from tdbook.objectives import Parameters, loss, vanilla_loss
from tdbook.tensors import SymmetricCP, random_unit_vectors

AXIS = SymmetricCP([1.0], [[1.0]], 4)  # in one dimension, of even order: only the sign of a component matters
VANILLA = landscape.vanilla_trap(3, 1, 4, 2)
HOMOGENEOUS = landscape.homogeneous_trap(3, 1, 3, 3, 0.1, [1.0, 2.0, 3.0])


def tenth(weight=1.0):
    """The value of T at which a tenth of T*^2 is gone: (1 - x)^2 = 0.9."""
    return weight * (1.0 - math.sqrt(0.9))


def logistic_time(delta, weight=1.0, lam=0.0, order=4, end=None):
    """y = n^2 follows y' = 2 l y (L - y) with L = w - lambda."""
    end = tenth(weight) if end is None else end
    top = weight - lam
    return (math.log(end / (top - end)) - math.log(delta**2 / (top - delta**2))) / (2 * order * top)


@pytest.mark.parametrize(("weight", "lam"), [(1.0, 0.0), (3.0, 0.0), (2.0, 0.7)])
def test_one_homogeneous_component_grows_like_a_logistic_curve(weight, lam):
    found = escape.escape_time(AXIS.scaled(weight), 1e-3, "two-homogeneous", 1, lam, signs=[1.0])
    assert found == pytest.approx(logistic_time(1e-3, weight, lam), rel=1e-5)


@pytest.mark.parametrize("weight", [1.0, 3.0])
def test_one_vanilla_component(weight):
    """n' = l n^{l-1} (w - n^l), from a clock that runs with n^{l-2}."""
    end = tenth(weight) ** 0.25
    exact = quad(lambda n: 1 / (4 * n**3 * (weight - n**4)), 1e-2, end, limit=500)[0]
    target = AXIS.scaled(weight)
    assert escape.escape_time(target, 1e-2, components=1, signs=[1.0]) == pytest.approx(exact, rel=1e-5)
    # its clock: ds = n^2 dt
    clock = quad(lambda n: 1 / (4 * n * (weight - n**4)), 1e-2, end, limit=500)[0]
    times = [escape.escape_time(target, 1e-2, components=1, signs=[1.0], horizon=s * clock) for s in (0.999, 1.001)]
    assert times == [math.inf, pytest.approx(exact, rel=1e-5)]


def test_all_signs_against_the_target_never_escape():
    for model in escape.MODELS:
        assert escape.escape_time(AXIS, 0.1, model, 3, signs=[-1, -1, -1], horizon=9.0) == math.inf


@pytest.mark.parametrize(("time", "wanted"), [(299.0, pytest.approx(299.0, rel=1e-4)), (301.0, math.inf)])
def test_the_horizon_is_300_unless_given(time, wanted):
    """lambda = 0.94 makes it slow: the start is chosen so that the closed form says 299 and 301."""
    delta = 1e-3 * math.exp(-(time - logistic_time(1e-3, 1.0, 0.94)) * 4 * 0.06)
    assert escape.escape_time(AXIS, delta, "two-homogeneous", 1, 0.94, signs=[1.0]) == wanted


def test_what_is_not_given_has_its_default():
    target = tdbook.random_target(3, 2, 3, rng=1)
    stated = {"model": "vanilla", "components": 6, "regularization": 0.0, "rng": 0}
    assert escape.escape_time(target, 0.1) == escape.escape_time(target, 0.1, **stated, horizon=300.0)
    assert escape.escape_steps(target, 0.1) == escape.escape_steps(target, 0.1, **stated, step_size=0.05)
    for found, wanted in zip(escape.escape_path(target, 0.1), escape.escape_path(target, 0.1, **stated), strict=True):
        assert np.array_equal(found, wanted)
    assert escape.escape_time(target, 0.1) != escape.escape_time(target, 0.1, rng=1)


@pytest.mark.parametrize(("model", "lam"), [("vanilla", 0.0), ("two-homogeneous", 0.0), ("two-homogeneous", 0.2)])
def test_steps_are_those_of_descent_on_all_entries(model, lam):
    target = tdbook.random_target(3, 2, 3, rng=3).scaled(2.0)
    goal = dense.tensor(target.weights, target.factors, 3)
    rng = np.random.default_rng(4)
    U = 0.1 * random_unit_vectors(3, 4, rng)
    signs = rng.choice([-1.0, 1.0], size=4)
    taken = 0
    while True:
        sizes = np.linalg.norm(U, axis=0)
        p = SimpleNamespace(U=U, a=signs, c=np.ones(4) if model == "vanilla" else 1 / sizes, c_hat=1 / sizes)
        if np.sum((dense.model(p, 3) - goal) ** 2) <= 0.9 * np.sum(goal**2):
            break
        gradient = dense.vanilla_gradient(U, signs, goal)[0] if model == "vanilla" else dense.frozen(p, goal, lam)
        U, taken = U - 0.05 * gradient, taken + 1
    assert taken > 5
    assert escape.escape_steps(target, 0.1, model, 4, lam, rng=4) == taken
    assert escape.escape_steps(target, 0.1, model, 4, lam, rng=4, cap=taken) == taken
    assert escape.escape_steps(target, 0.1, model, 4, lam, rng=4, cap=taken - 1) == taken - 1


@pytest.mark.parametrize("model", escape.MODELS)
def test_paths_begin_at_the_start_and_end_at_the_share_fitted(model):
    target = tdbook.random_target(3, 1, 3, rng=3).scaled(2.0)
    times, losses = escape.escape_path(target, 0.1, model, 5, rng=2, fitted=0.3)
    rng = np.random.default_rng(2)
    U, signs = 0.1 * random_unit_vectors(3, 5, rng), rng.choice([-1.0, 1.0], size=5)
    weights = signs if model == "vanilla" else signs / 0.1
    goal = dense.tensor(target.weights, target.factors, 3)
    first = np.sum((dense.tensor(weights, U, 3) - goal) ** 2) / np.sum(goal**2)
    assert (times[0], losses[0]) == (0.0, pytest.approx(first, rel=1e-12))
    assert losses[-1] == pytest.approx(0.7, abs=1e-9)
    assert (np.diff(times) > 0).all() and (np.diff(losses) < 0).all()
    assert escape.escape_path(target, 0.1, model, 5, rng=2)[1][-1] == pytest.approx(0.1, abs=1e-9)
    early = escape.escape_path(target, 0.1, model, 5, rng=2, fitted=0.1)[0][-1]
    assert early == pytest.approx(escape.escape_time(target, 0.1, model, 5, rng=2), rel=1e-4)


def test_a_path_that_goes_nowhere_runs_to_the_horizon():
    """With lambda above the largest value of T* a 2-homogeneous start shrinks; its clock is time."""
    target = SymmetricCP([1.0], [[1.0], [0.0]], 3)
    times, losses = escape.escape_path(target, 0.01, "two-homogeneous", 2, 2.0, horizon=3.0)
    assert times[-1] == pytest.approx(3.0, rel=1e-12)
    assert losses[-1] == pytest.approx(1.0, abs=1e-6)
    assert escape.escape_path(target, 0.01, "two-homogeneous", 2, 1.001)[0][-1] == pytest.approx(1e18)


def test_scales_down_to_the_last_that_floats_can_follow():
    words = "^scale must be at least {} in this model, got {}$"
    for order, model, least in ((3, "vanilla", 1e-150), (5, "vanilla", 1e-75), (5, "two-homogeneous", 1e-300)):
        target = tdbook.random_target(3, 1, order, rng=1)
        assert escape.escape_time(target, 2 * least, model, horizon=1e-3) == math.inf
        with pytest.raises(ValueError, match=words.format(f"{least:.3g}", f"{least / 2:.3g}")):
            escape.escape_time(target, least / 2, model)


def test_a_stiff_flow_is_named(monkeypatch):
    monkeypatch.setattr(escape, "_EVALUATIONS", 200)
    words = "^scale and regularization must be so small that the flow is not stiff, got 0.1 and 1e+04$"
    with pytest.raises(ValueError, match=words.replace("+", r"\+")):
        escape.escape_time(AXIS, 0.1, "two-homogeneous", 1, 1e4)
    found = escape._integrate(np.ones((1, 1)), np.ones(1), AXIS, 0.1, "vanilla", 0.0, 300.0, 0.1)
    for allowed in (found.nfev, found.nfev - 1):
        monkeypatch.setattr(escape, "_EVALUATIONS", allowed)
        if allowed == found.nfev:
            assert escape.escape_time(AXIS, 0.1, components=1, signs=[1.0]) < math.inf
        else:
            with pytest.raises(ValueError, match=r"not stiff, got 0\.1 and 0$"):
                escape.escape_time(AXIS, 0.1, components=1, signs=[1.0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda t: escape.escape_time(t, 0.1, signs=[1.0, 0.5], components=2), r"signs must be \+1 or -1, got 0\.5"),
        (lambda t: escape.escape_time(t, 0.1, signs=[2, 0], components=2), r"signs must be \+1 or -1, got 2"),
        (
            lambda t: escape.escape_time(t, 0.1, signs=[1.0]),
            r"signs must have shape \(6,\) with m = 6 components, got .*",
        ),
        (lambda t: escape.escape_time(t, 0.1, components=0), "components must be an integer >= 1, got 0"),
        (lambda t: escape.escape_time(t, 0.1, "x"), "model must be one of vanilla, two-homogeneous, got 'x'"),
        (
            lambda t: escape.escape_time(t, 0.1, regularization=0.25),
            r"regularization must be 0 in the vanilla model, got 0\.25",
        ),
        (
            lambda t: escape.escape_time(t, 0.1, "two-homogeneous", regularization=-1.0),
            r"regularization must be a finite number >= 0, got -1\.0",
        ),
        (lambda t: escape.escape_time(t, 0.1, horizon=0.0), r"horizon must be a finite number > 0, got 0\.0"),
        (lambda t: escape.escape_path(t, 0.1, horizon=0.0), r"horizon must be a finite number > 0, got 0\.0"),
        (lambda t: escape.escape_path(t, 0.0), r"scale must be a finite number > 0, got 0\.0"),
        (lambda t: escape.escape_steps(t, 0.0), r"scale must be a finite number > 0, got 0\.0"),
        (lambda t: escape.escape_path(t, 0.1, fitted=1.0), r"fitted must be a finite number > 0 and < 1, got 1\.0"),
        (lambda t: escape.escape_steps(t, 0.1, step_size=0.0), r"step_size must be a finite number > 0, got 0\.0"),
        (lambda t: escape.escape_steps(t, 0.1, cap=0), "cap must be an integer >= 1, got 0"),
        (
            lambda _: escape.fitted_slope([1.0, 2.0], [[1.0, 2.0]]),
            r"y must have at least 2 starts and 2 points for an interval, got \(1, 2\)",
        ),
        (
            lambda _: escape.fitted_slope([1.0], [[1.0], [2.0]]),
            r"y must have at least 2 starts and 2 points for an interval, got \(2, 1\)",
        ),
        (
            lambda _: escape.fitted_slope([1.0, 2.0], np.ones((2, 3))),
            r"y must have shape \(starts, 2\) with n = 2 points in x, got \(2, 3\)",
        ),
        (lambda _: escape.fitted_slope(np.ones((2, 2)), np.ones((2, 2))), r"x must have shape \(n,\), got \(2, 2\)"),
        (lambda _: escape.perturb(VANILLA, 0.0), r"radius must be a finite number > 0, got 0\.0"),
        (lambda _: escape.perturb(VANILLA, 0.1, 0), "samples must be an integer >= 1, got 0"),
        (lambda _: escape.lowest_within(VANILLA, 0.0), r"radius must be a finite number > 0, got 0\.0"),
        (lambda _: escape.lowest_within(VANILLA, 0.1, 0), "starts must be an integer >= 1, got 0"),
        (lambda _: escape.lowest_within(VANILLA, 0.1, 1, 0), "steps must be an integer >= 1, got 0"),
        (lambda _: escape.descend(VANILLA, VANILLA.U, steps=0), "steps must be an integer >= 1, got 0"),
        (
            lambda _: escape.descend(VANILLA, VANILLA.U, step_size=0.0),
            r"step_size must be a finite number > 0, got 0\.0",
        ),
        (lambda _: escape.descend(VANILLA, np.ones((3, 2))), r"U must have shape \(2, 4\), got \(3, 2\)"),
        (lambda _: escape.descend(VANILLA, VANILLA.U, [1.0]), r"c must have shape \(4,\), got \(1,\)"),
        (
            lambda _: escape.descend(VANILLA, 9 * VANILLA.U, step_size=10.0),
            "step_size must be small enough for descent to stay finite, got 10",
        ),
        (
            lambda _: escape.algorithm_from_trap(HOMOGENEOUS, nudge=1.0),
            r"nudge must be a finite number > 0 and < 1, got 1\.0",
        ),
        (
            lambda _: escape.algorithm_from_trap(HOMOGENEOUS, step_size=9.0, epochs=1, iterations=100),
            "step_size must be small enough for a finite run, got 9",
        ),
    ],
)
def test_what_is_said_of_wrong_input(call, words):
    with pytest.raises(ValueError, match=f"^{words}$"):
        call(tdbook.random_target(3, 2, 3, rng=0))


def test_wrong_kinds():
    with pytest.raises(TypeError, match=r"^trap must be a Trap of the two-homogeneous model, got "):
        escape.algorithm_from_trap(VANILLA)
    with pytest.raises(TypeError, match=r"^trap must be a Trap, got 'x'$"):
        escape.algorithm_from_trap("x")
    for function in (escape.escape_time, escape.escape_path, escape.escape_steps):
        with pytest.raises(TypeError, match=r"^target must be a SymmetricCP, got 'T'$"):
            function("T", 0.1)
    for words in ("reinitialize_component", "stop"):
        with pytest.raises(TypeError, match=f"^{words} must be True or False, got 1$"):
            escape.algorithm_from_trap(HOMOGENEOUS, **{words: 1})


def test_a_slope_and_its_interval_in_words():
    slope = escape.fitted_slope([0.0, 2.0], [[0.0, 2.0], [1.0, 7.0]])  # slopes 1 and 3, standard error 1
    assert str(slope) == f"2.000 (95% interval {2 - 12.7062:.3f} to {2 + 12.7062:.3f}, 2 starts)"
    assert slope.low in slope and slope.high in slope
    assert slope.low - 1e-9 not in slope and slope.high + 1e-9 not in slope


@pytest.mark.parametrize("trap", [VANILLA, HOMOGENEOUS], ids=["vanilla", "homogeneous"])
def test_perturbations_one_at_a_time(trap):
    rng, radius, samples = np.random.default_rng(5), 1.6, 300
    found = escape.perturb(trap, radius, samples, rng=5)
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
    first, second = escape.perturb(VANILLA, 1.6, 20_000, rng), escape.perturb(VANILLA, 1.6, 500, rng)
    both = escape.perturb(VANILLA, 1.6, 20_500, rng=6)
    for name in ("below", "below_in_cone", "left_cone", "samples"):
        assert getattr(both, name) == getattr(first, name) + getattr(second, name)
    assert both.lowest == min(first.lowest, second.lowest)
    assert escape.perturb(VANILLA, 1.6) == escape.perturb(VANILLA, 1.6, 10_000, rng=0)


@pytest.mark.parametrize("trap", [VANILLA, HOMOGENEOUS], ids=["vanilla", "homogeneous"])
def test_projected_descent_by_hand(trap):
    """The gradient by differences of the loss; one start."""
    vanilla, radius, steps = trap.model == "vanilla", 1.2, 5
    centre = np.concatenate([trap.U.ravel(), trap.c]) if vanilla else trap.U.ravel()

    def height(point):
        U = point[: trap.U.size].reshape(trap.U.shape)
        if vanilla:
            return vanilla_loss(U, point[trap.U.size :], trap.target)
        return loss(Parameters.two_homogeneous(U, trap.c), trap.target, trap.regularization)

    rng = np.random.default_rng(7)
    found, heights = escape.lowest_within(trap, radius, 2, steps, rng=7), []
    for _ in range(2):
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


def test_defaults_of_descent_around_a_trap():
    assert escape.lowest_within(VANILLA, 1.2, steps=3) == escape.lowest_within(VANILLA, 1.2, 4, 3, 0)
    assert escape.lowest_within(VANILLA, 1.2, 1) == escape.lowest_within(VANILLA, 1.2, 1, 400, 0)
    U = VANILLA.U + 0.1
    eta = 0.1 / (9 * VANILLA.target.norm())
    found, stated = escape.descend(VANILLA, U), escape.descend(VANILLA, U, VANILLA.c, steps=20, step_size=eta)
    assert len(found.losses) == len(found.in_cone) == 2001
    np.testing.assert_allclose(found.losses[:21], stated.losses, rtol=1e-9)
    assert not np.allclose(escape.descend(VANILLA, U, 0.5 * VANILLA.c, steps=1).losses[0], found.losses[0])
    assert len(escape.descend(VANILLA, U, steps=1).losses) == 2


@pytest.mark.parametrize("trap", [HOMOGENEOUS, landscape.homogeneous_trap(4, 1, 2, 2, 0.2)], ids=["three", "four"])
def test_without_a_fresh_component_it_is_frozen_descent(trap):
    """On all entries, in the trap's own units: U grows by sqrt ||T*|| and eta shrinks by ||T*||."""
    order, norm, lam = trap.order, trap.target.norm(), trap.regularization
    goal, rng = trap.target.to_dense(), np.random.default_rng(8)
    reach = trap.certified_radius if order % 2 else np.linalg.norm(trap.U, axis=0).min()
    U = trap.U + 0.1 * reach * random_unit_vectors(trap.U.size, 1, rng).reshape(trap.U.shape)
    run = escape.algorithm_from_trap(trap, 8, reinitialize_component=False, epochs=2, iterations=104)
    eta = 1 / (2 * order**2 * norm)
    losses = []
    for _ in range(209):
        sizes = np.linalg.norm(U, axis=0)
        p = SimpleNamespace(U=U, a=trap.c, c=1 / sizes, c_hat=1 / sizes)
        losses.append(dense.loss(p, goal, lam))
        U = U - eta * dense.frozen(p, goal, lam)
        relative = np.linalg.norm(dense.model(p, order) - goal) / norm
    # every second iteration of an epoch is looked at, and its first and last
    wanted = [*range(0, 105, 2), *range(104, 209, 2)]
    assert run.time.tolist() == wanted
    np.testing.assert_allclose(run.losses, np.array(losses)[wanted], rtol=1e-9)
    np.testing.assert_allclose(run.ends, [losses[104], losses[208]], rtol=1e-9)
    assert len(run.errors) == 2
    assert run.errors[-1] == pytest.approx(relative, rel=1e-9)
    assert run.margin == pytest.approx(0.01 * trap.value)


def test_defaults_of_the_algorithm_from_a_trap():
    few = {"epochs": 2, "iterations": 20}
    found = escape.algorithm_from_trap(HOMOGENEOUS, **few)
    stated = {"rng": 0, "reinitialize_component": True, "step_size": 1 / 18, "nudge": 0.1, "stop": False}
    same = escape.algorithm_from_trap(HOMOGENEOUS, **few, **stated)
    np.testing.assert_allclose(found.losses, same.losses, rtol=1e-12)
    for name, other in (("rng", 1), ("reinitialize_component", False), ("step_size", 0.05), ("nudge", 0.2)):
        changed = escape.algorithm_from_trap(HOMOGENEOUS, **few, **{**stated, name: other})
        assert not np.allclose(found.losses, changed.losses, rtol=1e-9)
    assert not np.allclose(found.losses, escape.algorithm_from_trap(HOMOGENEOUS, **few, boost=1.0).losses, rtol=1e-9)
    assert len(escape.algorithm_from_trap(HOMOGENEOUS, iterations=1).ends) == 10
    assert escape.algorithm_from_trap(HOMOGENEOUS, epochs=1).time[-1] == 2000
