"""Escapes: from zero, from traps by perturbation, by descent and by Algorithm 1."""

import math

import numpy as np
import pytest

import tdbook
from tdbook import landscape, statistics
from tdbook.landscape import algorithm, perturbed
from tdbook.landscape import zero as escape
from tdbook.objectives import Parameters, frozen_gradient, vanilla_gradient
from tests.support.refusals import refused


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


@pytest.mark.parametrize("order", (3, 4, 5))
def test_slopes(order):
    target = tdbook.random_target(4, 2, order, rng=3)
    scales = np.array([1e-2, 1e-3, 1e-4])
    times = [[escape.escape_time(target, d, rng=s) for d in scales] for s in range(3)]
    slope = statistics.fitted_slope(np.log10(scales), np.log10(times))
    assert slope.value == pytest.approx(-(order - 2), abs=0.02)
    quick = [[escape.escape_time(target, d, "two-homogeneous", rng=s) for d in scales] for s in range(3)]
    per_decade = np.diff(quick, axis=1)
    assert per_decade.max() < 1.5 * per_decade.min()  # the same time for each decade: a logarithm
    assert np.max(quick) < np.min(times) / 3


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


def test_fitted_slope():
    slope = statistics.fitted_slope([0.0, 1.0, 2.0], [[1.0, 3.0, 5.0], [0.0, 4.0, 8.0]])
    assert slope.value == pytest.approx(3.0)
    assert slope.high - slope.low == pytest.approx(2 * 12.706 * 1.0, rel=1e-3)  # t(0.975; 1) = 12.706, sem 1
    assert 3.0 in slope and 20.0 not in slope
    with refused("y"):
        statistics.fitted_slope([0.0, 1.0], [[1.0, 2.0]])


TRAPS = [
    landscape.vanilla_trap(3, 1, 4, 2),
    landscape.vanilla_trap(4, 1, 4, 2),
    landscape.homogeneous_trap(3, 1, 4, 2, 0.2),
    landscape.mixed_sign_trap(4, 1, 4, 3, 0.2),
]


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


def test_order_two_is_refused():
    with refused("target"):
        escape.escape_time(tdbook.random_target(3, 2, 2, rng=0), 0.1)


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
