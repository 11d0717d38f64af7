"""Tests of ``tdbook.landscape.zero``."""

import math
from types import SimpleNamespace

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

import tdbook
from tdbook.landscape import escape_time
from tdbook.landscape import zero as escape
from tdbook.objectives import Parameters, frozen_gradient, vanilla_gradient
from tdbook.tensors import SymmetricCP, random_target, random_unit_vectors
from tests.support import dense
from tests.support.refusals import refused


@pytest.mark.parametrize(("order", "delta"), [(3, 1e-12), (8, 1e-12), (8, 1e-40)])
def test_the_time_to_leave_zero(order, delta):
    """One component on the axis: the integral of dn / (l n^{l-1} (1 - n^l)) by mpmath, up to 1e238."""
    with mpmath.workdps(40):
        end = (1 - mpmath.sqrt(mpmath.mpf(9) / 10)) ** (mpmath.mpf(1) / order)
        # 1 / (n^{l-1} (1 - n^l)) = n^{1-l} + n / (1 - n^l)
        rest = mpmath.quad(lambda n: n / (1 - n**order), [0, end])
        exact_time = ((mpmath.mpf(delta) ** (2 - order) - end ** (2 - order)) / (order - 2) + rest) / order
    target = SymmetricCP([1.0], [[1.0]], order)
    seeds = [s for s in range(20) if np.random.default_rng(s).standard_normal() > 0]
    found = escape_time(target, delta, components=1, rng=seeds[0], signs=[1.0])
    assert found == pytest.approx(float(exact_time), rel=1e-4)
    with refused("scale"):
        escape_time(SymmetricCP([1.0], [[1.0]], 8), 1e-60, components=1)


@pytest.mark.parametrize("order", (3, 4, 5))
def test_velocity_is_minus_the_gradient_of_the_library(order):
    target = tdbook.random_target(4, 2, order, rng=1)
    rng = np.random.default_rng(2)
    U, signs = 0.7 * rng.standard_normal((4, 5)), rng.choice([-1.0, 1.0], 5)
    vanilla = escape._velocity(U, signs, target, "vanilla", 0.0)
    assert vanilla == pytest.approx(-vanilla_gradient(U, signs, target)[0])
    frozen = escape._velocity(U, signs, target, "two-homogeneous", 0.2)
    assert frozen == pytest.approx(-frozen_gradient(Parameters.two_homogeneous(U, signs), target, 0.2))


def test_one_component_on_the_axis_has_a_closed_form():
    # n' = l n^{l-1} (1 - n^l): time to n^l = x is the integral of dn / (l n^{l-1} (1 - n^l))
    target = tdbook.SymmetricCP([1.0], [[1.0]], 3)
    seed = next(s for s in range(20) if escape._start(target, 1, "vanilla", 0.0, s)[0][0, 0]
                * escape._start(target, 1, "vanilla", 0.0, s)[1][0] > 0)  # fmt: skip
    from scipy.integrate import quad

    delta, end = 1e-3, (1 - math.sqrt(0.9)) ** (1 / 3)
    exact = quad(lambda n: 1 / (3 * n**2 * (1 - n**3)), delta, end, limit=500)[0]
    assert escape.escape_time(target, delta, components=1, rng=seed) == pytest.approx(exact, rel=1e-4)


def test_steps_of_descent_agree_with_the_flow():
    target = tdbook.random_target(4, 2, 3, rng=3)
    for model in escape.MODELS:
        flow = escape.escape_time(target, 0.01, model, rng=1)
        steps = escape.escape_steps(target, 0.01, model, rng=1, step_size=0.01)
        assert 0.01 * steps == pytest.approx(flow, rel=0.03)
    assert escape.escape_steps(target, 0.01, rng=1, cap=7) == 7


def test_no_escape_when_the_regulariser_outweighs_the_target():
    target = tdbook.SymmetricCP([1.0], [[1.0], [0.0]], 3)  # max of T*(w^3) is 1
    times = [escape.escape_time(target, 1e-3, "two-homogeneous", regularization=lam, rng=0) for lam in (0.9, 1.1)]
    assert math.isfinite(times[0]) and times[1] == math.inf


def test_order_two_is_refused():
    with refused("target"):
        escape.escape_time(tdbook.random_target(3, 2, 2, rng=0), 0.1)


AXIS = SymmetricCP([1.0], [[1.0]], 4)  # in one dimension, of even order: only the sign of a component matters


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


def test_descent_from_zero_gives_up_after_200000_steps(monkeypatch):
    monkeypatch.setattr(escape, "_loss_gap", lambda *_: 0.0)
    monkeypatch.setattr(escape, "_velocity", lambda *_: 0.0)
    assert escape.escape_steps(AXIS, 0.1) == 200_000


ORDERS = (3, 4, 5)


@pytest.mark.second_opinion(
    "tdbook.landscape.escape_time", "tdbook.landscape.escape_path", "tdbook.landscape.escape_steps",
)  # fmt: skip
@pytest.mark.parametrize("model", escape.MODELS)
@pytest.mark.parametrize("order", ORDERS)
def test_times_of_escape_on_all_entries(model, order):
    """The flow of the dense gradient, integrated by SciPy in plain time, to a tenth of the square of T*."""
    target, lam = random_target(3, 2, order, rng=1), 0.0 if model == "vanilla" else 0.05
    delta = {3: 0.05, 4: 0.2, 5: 0.3}[order]  # smaller ones take too long in plain time
    goal = dense.tensor(target.weights, target.factors, order)
    rng = np.random.default_rng(4)
    W, signs = random_unit_vectors(3, 4, rng), rng.choice([-1.0, 1.0], size=4)

    def tensor(U):
        lengths = np.linalg.norm(U, axis=0)
        return dense.tensor(signs if model == "vanilla" else signs / lengths ** (order - 2), U, order)

    def velocity(U):
        if model == "vanilla":
            return -dense.vanilla_gradient(U, signs, goal)[0]
        return -dense.frozen(Parameters.two_homogeneous(U, signs), goal, lam)

    def gone(U):
        return 1 - np.sum((tensor(U) - goal) ** 2) / np.sum(goal**2)

    def event(time, x):
        return gone(x.reshape(3, 4)) - 0.1

    event.terminal = True
    flow = solve_ivp(
        lambda time, x: velocity(x.reshape(3, 4)).ravel(), (0, 1e6), delta * W.ravel(), "LSODA", events=event,
        rtol=1e-9, atol=1e-12,
    )  # fmt: skip
    found = escape.escape_time(target, delta, model, 4, lam, rng=4)
    assert found == pytest.approx(flow.t_events[0][0], rel=1e-4)
    times, losses = escape.escape_path(target, delta, model, 4, lam, rng=4, fitted=0.1)
    assert times[-1] == pytest.approx(found, rel=2e-3)
    assert losses[0] == pytest.approx(1 - gone(delta * W), abs=1e-12)
    assert losses[-1] == pytest.approx(0.9, abs=1e-3)
    U, eta, taken = delta * W, 0.05, 0
    while gone(U) < 0.1:
        U, taken = U + eta * velocity(U), taken + 1
    assert escape.escape_steps(target, delta, model, 4, lam, rng=4, step_size=eta) == taken


@pytest.mark.second_opinion("tdbook.landscape.escape_time")
def test_the_time_on_the_axis_for_a_tiny_start():
    """delta = 1e-12: the integral of dn / (l n^{l-1} (1 - n^l)) by quadrature, its large part by hand."""
    target = SymmetricCP([1.0], [[1.0]], 4)
    end = (1 - math.sqrt(0.9)) ** 0.25
    seed = next(s for s in range(20) if escape._start(target, 1, "vanilla", 0.0, s)[1][0] > 0)
    for delta in (1e-6, 1e-12):
        # with n = 1/y the integrand is y / (4 (1 - y^-4)): the part y/4 by hand, the rest by quadrature
        rest = quad(lambda y: 1 / (4 * y**3 * (1 - y**-4)), 1 / end, np.inf)[0]
        exact = (delta**-2 - end**-2) / 8 + rest
        assert escape.escape_time(target, delta, components=1, rng=seed) == pytest.approx(exact, rel=1e-4)
    quick = escape.escape_time(target, 1e-12, "two-homogeneous", 1, rng=seed)
    # n' = l n (1 - n^2), and the tensor has the norm n^2
    end = math.sqrt(1 - math.sqrt(0.9))
    assert quick == pytest.approx((math.log(end / 1e-12) - 0.5 * math.log((1 - end**2))) / 4, rel=1e-4)
