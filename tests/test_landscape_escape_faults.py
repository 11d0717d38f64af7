"""Escapes from zero by closed forms of one number and on all entries, and what is said of wrong input."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.integrate import quad

import tdbook
from tdbook import landscape, statistics
from tdbook.landscape import algorithm, perturbed
from tdbook.landscape import zero as escape
from tdbook.tensors import SymmetricCP, random_unit_vectors
from tests.support import dense
from tests.support.refusals import refused

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
    for order, model, least in ((3, "vanilla", 1e-150), (5, "vanilla", 1e-75), (5, "two-homogeneous", 1e-300)):
        target = tdbook.random_target(3, 1, order, rng=1)
        assert escape.escape_time(target, 2 * least, model, horizon=1e-3) == math.inf
        with refused("scale"):
            escape.escape_time(target, least / 2, model)


def test_a_stiff_flow_is_named(monkeypatch):
    monkeypatch.setattr(escape, "_EVALUATIONS", 200)
    with refused("scale"):
        escape.escape_time(AXIS, 0.1, "two-homogeneous", 1, 1e4)
    found = escape._integrate(np.ones((1, 1)), np.ones(1), AXIS, 0.1, "vanilla", 0.0, 300.0, 0.1)
    for allowed in (found.nfev, found.nfev - 1):
        monkeypatch.setattr(escape, "_EVALUATIONS", allowed)
        if allowed == found.nfev:
            assert escape.escape_time(AXIS, 0.1, components=1, signs=[1.0]) < math.inf
        else:
            with refused("regularization"):
                escape.escape_time(AXIS, 0.1, components=1, signs=[1.0])


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


def test_a_slope_and_its_interval_in_words():
    slope = statistics.fitted_slope([0.0, 2.0], [[0.0, 2.0], [1.0, 7.0]])  # slopes 1 and 3, standard error 1
    assert str(slope) == f"2.000 (95% interval {2 - 12.7062:.3f} to {2 + 12.7062:.3f}, 2 starts)"
    assert slope.low in slope and slope.high in slope
    assert slope.low - 1e-9 not in slope and slope.high + 1e-9 not in slope


def test_descent_from_zero_gives_up_after_200000_steps(monkeypatch):
    monkeypatch.setattr(escape, "_loss_gap", lambda *_: 0.0)
    monkeypatch.setattr(escape, "_velocity", lambda *_: 0.0)
    assert escape.escape_steps(AXIS, 0.1) == 200_000
