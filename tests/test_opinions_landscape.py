"""Traps, escapes and stuck starts against arrays of all entries, brute force and quadrature."""

import math
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.stats import linregress, t

from tdbook import landscape, statistics
from tdbook.descent import State, exact_gradient, initialize, practical_settings, reinitialize, step
from tdbook.landscape import algorithm, perturbed
from tdbook.landscape import descent as stuck
from tdbook.landscape import targets as trap_targets
from tdbook.landscape import zero as escape
from tdbook.objectives import Parameters
from tdbook.tensors import SymmetricCP, random_target, random_unit_vectors
from tests.support import dense

ORDERS = (3, 4, 5)
# Traps of mixed signs are those of even orders.
MIXED_SIGN_TRAP = [3, pytest.param(4, marks=pytest.mark.second_opinion("tdbook.landscape.mixed_sign_trap")), 5]
MIXED_SIGN_TARGET = [3, pytest.param(4, marks=pytest.mark.second_opinion("tdbook.landscape.mixed_sign_target")), 5]


def pair_places(order, d, pole, j):
    """S(e_pole^{l-2} e_j^2): a one for each placement of two indices j."""
    T = np.zeros((d,) * order)
    for i, k in combinations(range(order), 2):
        T[tuple(j if q in (i, k) else pole for q in range(order))] = 1.0
    return T


def goal_of(trap):
    """T* of a trap from the words of Section 3.3."""
    order, d, e = trap.order, trap.U.shape[0], np.eye(trap.U.shape[0])
    T = np.zeros((d,) * order)
    for pole, sign in enumerate((1.0, -1.0)[: trap.poles]):
        T += sign * dense.power(e[pole], order)
        T -= sign * sum(pair_places(order, d, pole, j) for j in range(trap.poles, trap.poles + trap.r))
    return T


def loss_of(trap, U, c, goal):
    """f of the trap's model on all entries."""
    lengths = np.linalg.norm(U, axis=0)
    weights = c if trap.model == "vanilla" else c / lengths ** (trap.order - 2)
    T = dense.tensor(weights, U, trap.order)
    return 0.5 * np.sum((T - goal) ** 2) + trap.regularization * np.sum(lengths**2)


def traps(order):
    yield landscape.vanilla_trap(order, 1, 2, 3)
    yield landscape.vanilla_trap(order, 2, 3, 3)
    yield landscape.homogeneous_trap(order, 1, 2, 3, 0.3, [1.0, 2.0])
    if order % 2 == 0:
        yield landscape.mixed_sign_trap(order, 1, 3, 4, 0.2, [1.0, 2.0, 3.0])


def near(trap, rng, size):
    U = trap.U + size * rng.standard_normal(trap.U.shape)
    return U, trap.c + size * rng.standard_normal(trap.c.shape) if trap.model == "vanilla" else trap.c


def slope(f, x, h=1e-3):
    """The gradient of f at x by Richardson's differences."""
    rows = []
    for e in np.eye(x.size):
        wide, narrow = ((f(x + k * h * e) - f(x - k * h * e)) / (2 * k * h) for k in (2, 1))
        rows.append((4 * narrow - wide) / 3)
    return np.array(rows)


@pytest.mark.second_opinion(
    "tdbook.landscape.Trap", "tdbook.landscape.vanilla_trap", "tdbook.landscape.homogeneous_trap"
)
@pytest.mark.parametrize("order", MIXED_SIGN_TRAP)
def test_traps_on_all_entries(order):
    """Targets, losses, rises, gradients and Hessians of every kind of trap."""
    rng = np.random.default_rng(order)
    for trap in traps(order):
        goal = goal_of(trap)
        assert np.abs(trap.target.to_dense() - goal).max() < 1e-12
        assert loss_of(trap, trap.U, trap.c, goal) == pytest.approx(trap.value, rel=1e-12)

        def flat(x, trap=trap, goal=goal):
            return loss_of(trap, *trap.split(x), goal)

        for size in (0.1, 1.0):
            U, c = near(trap, rng, size)
            wanted = loss_of(trap, U, c, goal)
            assert float(trap.loss(U, c)) == pytest.approx(wanted, rel=1e-11)
            assert float(trap.rise(U, c)) == pytest.approx(wanted - trap.value, rel=1e-10, abs=1e-11)
        U, c = near(trap, rng, 0.1)
        x = np.concatenate([U.ravel(), c]) if trap.model == "vanilla" else U.ravel()
        assert np.allclose(trap.gradient(U, c), slope(flat, x), rtol=1e-6, atol=1e-7)
        centre = np.concatenate([trap.U.ravel(), trap.c]) if trap.model == "vanilla" else trap.U.ravel()
        H = slope(lambda y, flat=flat: slope(flat, y, 2e-3), centre, 2e-3)
        assert np.abs(trap.hessian() - H).max() < 1e-4 * np.abs(H).max()
        if trap.poles == 1 and not (trap.model == "vanilla" and np.ptp(trap.c)):
            claimed = np.sort(np.concatenate([[value] * count for value, count, _ in trap.spectrum()]))
            assert np.abs(np.linalg.eigvalsh((H + H.T) / 2) - claimed).max() < 1e-4 * claimed[-1]


@pytest.mark.second_opinion("tdbook.landscape.trap_target")
@pytest.mark.parametrize("order", MIXED_SIGN_TARGET)
def test_targets_by_their_entries(order):
    for terms in landscape.TERMS:
        wanted = goal_of(landscape.vanilla_trap(order, 2, 1, 4))
        target = trap_targets.trap_target(order, 2, 4, terms)
        size = np.abs(target.weights) @ np.linalg.norm(target.factors, axis=0) ** order  # large terms that cancel
        assert np.abs(target.to_dense() - wanted).max() < 1e-15 * size
    if order % 2 == 0:
        wanted = goal_of(landscape.mixed_sign_trap(order, 2, 2, 4))
        assert np.abs(trap_targets.mixed_sign_target(order, 2, 4).to_dense() - wanted).max() < 1e-12


@pytest.mark.second_opinion("tdbook.landscape.nodes", "tdbook.landscape.missing_direction")
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("terms", landscape.TERMS)
def test_the_moments_of_the_nodes_in_fractions(order, terms):
    """sum w t^p is 1 at p = 2 and 0 at the other powers from 1 to l: comparing coefficients of (x + t y)^l."""
    rest, weights, slopes = landscape.missing_direction(order, terms)
    assert slopes == landscape.nodes(order, terms)
    assert len(set(slopes)) == len(slopes) == (order - 1 if terms == "short" else order + 1)
    assert all(isinstance(x, Fraction) for x in (*weights, *slopes))
    for p in range(order + 1):
        total = sum((w * x**p for w, x in zip(weights, slopes, strict=True)), Fraction(0))
        assert total == (rest if p == 0 else int(p == 2))


@pytest.mark.second_opinion("tdbook.landscape.three_arrows", "tdbook.landscape.arrows_minimum")
@pytest.mark.parametrize("r", (1, 2))
def test_arrows_on_all_entries(r):
    trap = landscape.homogeneous_trap(3, r, 2, r + 2)
    assert np.abs(landscape.three_arrows(r, r + 2).to_dense() - goal_of(trap)).max() < 1e-14
    # the minimum: (1 - lambda) T* from its arrows, whose masses add up to ||T*||^2
    lam, square = 0.3, np.sum(goal_of(trap) ** 2)
    assert landscape.arrows_minimum(r, lam) == pytest.approx(0.5 * lam**2 * square + lam * (1 - lam) * square)


@pytest.mark.second_opinion("tdbook.landscape.level_path")
@pytest.mark.parametrize("order", ORDERS)
def test_the_path_out_of_a_trap_on_all_entries(order):
    trap = landscape.vanilla_trap(order, 1, 3, 3)
    goal = goal_of(trap)
    path = landscape.level_path(trap, 7)
    values = [loss_of(trap, U, c, goal) for U, c in zip(path.U, path.c, strict=True)]
    assert path.values == pytest.approx(values, rel=1e-11)
    assert np.ptp(np.array(values)[path.stage < 2]) < 1e-11 and values[-1] < trap.value - 0.1


# --- escapes --------------------------------------------------------------------------------------------------------


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


@pytest.mark.second_opinion("tdbook.statistics.fitted_slope")
def test_a_fitted_slope_is_scipys():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal(6), rng.standard_normal((4, 6))
    slopes = np.array([linregress(x, row).slope for row in y])
    low, high = t.interval(0.95, 3, slopes.mean(), slopes.std(ddof=1) / 2)
    found = statistics.fitted_slope(x, y)
    assert (found.value, found.low, found.high) == pytest.approx((slopes.mean(), low, high), rel=1e-12)


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


# --- stuck starts -----------------------------------------------------------------------------------------------------


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
