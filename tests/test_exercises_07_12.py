"""Answers of chapters 7, 8, 9, 11 and 12 by a second route: what the library says to them is not asked again."""

from __future__ import annotations

import itertools
import math

import mpmath
import numpy as np
import pytest
import sympy
from scipy.optimize import minimize

import tdbook
from tdbook.descent import Settings, State, exact_gradient, practical_settings, step
from tdbook.exercises import (
    algorithm as chapter07,
)
from tdbook.exercises import (
    beyond as chapter12,
)
from tdbook.exercises import (
    check,
    cubes,
)
from tdbook.exercises import (
    rise as chapter09,
)
from tdbook.exercises import (
    scaling as chapter08,
)
from tdbook.exercises import (
    theorem3 as chapter11,
)
from tdbook.objectives import Parameters
from tdbook.proofs import formulas
from tdbook.tensors import SymmetricCP, random_target
from tests.support import dense


def value(formula, **at):
    """A formula of the catalogue at a point."""
    return float(formulas.expression(formula).subs({formulas.spelling(k): v for k, v in at.items()}))


# --- Chapter 7 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [3, 4, 5])
def test_a_constant_boost_is_another_step(order):
    """Two runs step for step: kappa for ever, and kappa = 1 with the translated numbers."""
    target, kappa, eta, lam, delta = random_target(4, 2, order, rng=1), 1.7, 0.03, 0.05, 0.2
    other = chapter07.constant_boost(eta, lam, delta, kappa, order)
    W = np.random.default_rng(2).standard_normal((4, 3))
    W /= np.linalg.norm(W, axis=0)
    states = []
    for (size, lam_, delta_), k in (((eta, lam, delta), kappa), (other, 1.0)):
        settings = Settings(4, 3, 1, 1, size, delta_, lam_, 0.1, switch=False, boost=k)
        state = State(Parameters.two_homogeneous(delta_ * W, [1.0, -1.0, 1.0], k), np.ones(3, dtype=bool))
        for _ in range(40):
            state = step(state, exact_gradient(target, settings.regularization), settings)
        states.append(state.parameters)
    goal = [dense.model(p, order) for p in states]
    assert np.abs(goal[0] - goal[1]).max() < 1e-12 < 1e-2 < np.abs(goal[0]).max()


@pytest.mark.parametrize("order", [3, 4, 5])
def test_the_growth_of_a_young_component(order):
    """One dense step of a column so small that the residual is its own: the part in S is multiplied."""
    target = random_target(4, 2, order, rng=3)
    goal = dense.tensor(target.weights, target.factors, order)
    P = dense.span_projector(goal)
    u = np.random.default_rng(1).standard_normal((4, 1))
    for a in (1.0, -1.0):
        p = Parameters.two_homogeneous(1e-9 * u, [a], 3.0)
        before, after = P @ p.U[:, 0], P @ (p.U - 0.1 * dense.frozen(p, goal, 0.05))[:, 0]
        w, rho = before / np.linalg.norm(before), np.linalg.norm(before) / np.linalg.norm(p.U)
        R = -dense.seen(goal, *[w] * order)
        factor = value(chapter07.GROWTH, a=a, kappa=3.0, rho=rho, R=R, eta=0.1, l=order, lam=0.05)
        assert after @ w / np.linalg.norm(before) == pytest.approx(factor, rel=1e-9)


def test_tosses_counted_one_by_one():
    for missing, tosses in ((1, 7), (2, 7), (3, 6)):
        rows = list(itertools.product((0, 1), repeat=tosses))
        assert chapter07.not_enough(missing, tosses) == sum(sum(row) < missing for row in rows) / len(rows)


def test_switches_never_exceed_the_count_and_can_attain_it():
    most = 0
    for seed in range(30):
        target = random_target(3, 1, 3, rng=seed)
        settings = practical_settings(target, 2, epochs=3, iterations=300, literal=True)
        seen = sum(record.switches for record in tdbook.descent.run(target, settings, seed).history.epochs)
        most = max(most, seen)
    assert most == value("m + K - 1", m=2, K=3)


# --- Chapter 8 --------------------------------------------------------------------------------------------------------


def test_how_often_a_candidate_passes_counted_by_binomials():
    for chance in (0.8, 0.95):
        wanted = sum(math.comb(20, k) * chance**k * (1 - chance) ** (20 - k) for k in (18, 19, 20))
        assert chapter08.passes(chance) == pytest.approx(wanted, rel=1e-12)


def test_the_reflection_frees_the_last_coordinate():
    X = np.random.default_rng(0).standard_normal((5, 4))
    X[-1] *= 1e-3
    H = chapter08.reflection(X)
    assert np.abs(H @ H.T - np.eye(5)).max() < 1e-14 and np.abs(H - H.T).max() < 1e-15
    assert np.abs((H @ X)[-1]).max() < 1e-14
    assert np.abs((H @ X).T @ (H @ X) - X.T @ X).max() < 1e-13


@pytest.mark.parametrize("accuracy", [0.2, 0.05])
def test_the_smallest_m_by_vectors_instead_of_in_law(accuracy):
    """d = 60 and vectors of R^60: the same counts within the scatter of ten seeds, m by m."""

    def good(m):
        runs = 0
        for seed in range(10):
            target = random_target(60, 2, 3, rng=seed)
            settings = practical_settings(target, m, accuracy, epochs=1, iterations=400)
            runs += tdbook.descent.run(target, settings, 100 + seed, trace=False).converged
        return runs

    found = chapter08.smallest_components(60, 2, accuracy, "generic")
    assert abs(next(m for m in range(1, 40) if good(m) >= 9) - found) <= chapter08._SCATTER


def test_searches_of_order_three_on_the_entries_of_a_core():
    """The same searches by SciPy on the inner products written here, in the span of start and target."""
    reached = 0
    for seed in range(8):
        T = random_target(1000, 3, 3, rng=seed)
        rng = np.random.default_rng(seed)
        W = rng.standard_normal((1000, 12))
        W /= np.linalg.norm(W, axis=0)
        signs = rng.choice([-1.0, 1.0], size=12)  # at odd order they go into the vectors
        Q = np.linalg.qr(np.hstack([T.factors, W]))[0]
        F, X = Q.T @ T.factors, (Q.T @ W) * signs

        def misfit(x, F=F, w=T.weights):
            X = x.reshape(15, 12)
            G, C = X.T @ X, F.T @ X
            gradient = 3 * (X @ G**2 - F @ (w[:, None] * C**2))
            return 0.5 * (np.sum(G**3) - 2 * np.sum(w @ C**3) + 1), gradient.ravel()

        end = minimize(misfit, X.ravel(), jac=True, method="L-BFGS-B").x
        reached += math.sqrt(max(0.0, 2 * misfit(end)[0])) <= 0.05
    assert reached == chapter08.reached_at_order_three()


# --- Chapter 9 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [3, 4, 5])
def test_the_four_terms_on_all_entries(order):
    rng = np.random.default_rng(order)
    target = random_target(3, 2, order, rng=rng)
    goal = dense.tensor(target.weights, target.factors, order)
    p = Parameters.two_homogeneous(rng.standard_normal((3, 3)) / 2, [1.0, -1.0, 1.0], rng.uniform(1, 2, 3))
    G, kbar = dense.frozen(p, goal, 0.3), (p.c * np.linalg.norm(p.U, axis=0)) ** (order - 2)
    squares = np.sum(G**2, axis=0)
    bend = math.sqrt(3 * order**2 - 6 * order + 4) * (kbar @ squares) / squares.sum()
    R = np.linalg.norm(dense.model(p, order) - goal)
    N2 = np.sum((kbar * np.linalg.norm(p.U, axis=0)) ** 2)
    wanted = [bend * R / 2, max(4, order) * N2, (bend * 0.1) ** 2 * squares.sum() / 4, 0.3]
    assert chapter09.terms(p, target, 0.3, 0.1) == pytest.approx(wanted, rel=1e-11)
    # at order 2 their sum is the formula of another exercise
    at = {"R": 0.7, "U": 1.3, "G": 0.4, "eta": 0.1, "lam": 0.2}
    assert value(chapter09.M_OF_MATRICES, **at) == pytest.approx(
        2 * 0.7 / 2 + 4 * 1.3**2 + (2 * 0.1 * 0.4) ** 2 / 4 + 0.2
    )


def test_where_the_loss_rises_on_all_entries():
    """The states of the run of order 4, each with its own dense step."""
    target = random_target(6, 3, 4, rng=0)
    goal = dense.tensor(target.weights, target.factors, 4)
    settings = practical_settings(target, 12, 0.1, epochs=2, iterations=100)
    lam, eta, found = settings.regularization, settings.step_size, []
    states = [s for s in tdbook.descent.iterate(target, settings, 0) if s.epoch and s.iteration < 100]
    for state in states:
        p = state.parameters
        G = dense.frozen(p, goal, lam)
        U = p.U - eta * G
        shrink = np.linalg.norm(p.U, axis=0) / np.linalg.norm(U, axis=0)
        q = Parameters(U, p.a, p.c * shrink, p.c_hat * shrink)
        if dense.loss(q, goal, lam) - dense.loss(p, goal, lam) > -eta / 4 * np.sum(G**2) + 1e-13:
            found.append((state.epoch, state.iteration))
    assert found == [tuple(pair) for pair in chapter09.violations().tolist()]
    assert found


def test_only_the_length_right_is_seen_on_all_entries():
    """G is across u, so tied and frozen agree: by differences of the dense tied loss."""
    p, target = chapter09._with_only_the_length_right(3)
    goal = dense.tensor(target.weights, target.factors, 3)
    G = dense.frozen(p, goal, 0.0)
    assert abs(float(np.vdot(G, p.U))) < 1e-12 < 1e-2 < np.abs(G).max()
    h = 1e-6
    ends = [dense.loss(Parameters.two_homogeneous(p.U - t * G, p.a), goal, 0.0) for t in (h, -h)]
    assert (ends[1] - ends[0]) / (2 * h) == pytest.approx(np.sum(G**2), rel=1e-6)
    assert check("rise-1", (p, target))


# --- Chapter 11 -------------------------------------------------------------------------------------------------------


def proved(d, s, l, eps, gamma=None, chance=None):
    """m, K and Delta of the proof from the displays of the chapter, by mpmath."""
    with mpmath.workdps(40):
        M = mpmath.mpf(2) ** l * mpmath.gamma(mpmath.mpf(s) / 2 + l) / mpmath.gamma(mpmath.mpf(s) / 2)
        if gamma is None:
            N = mpmath.binomial(s + l - 1, l)  # the kernel beats the fourth moment at these sizes
            pairs = [
                (mpmath.mpf(k) / 100, (1 - mpmath.mpf(k) ** 2 / 10**4) / (N - mpmath.mpf(k) ** 2 / 10**4) / 2)
                for k in range(1, 100)
            ]
            theta, chance = max(pairs, key=lambda pair: pair[1] * pair[0] ** 5)
            gamma = theta * mpmath.sqrt(mpmath.factorial(l) / M)
        f, share, p = mpmath.mpf("0.62"), mpmath.mpf("0.2"), mpmath.mpf(chance) * 5 / 6
        rho0 = (mpmath.mpf("0.99") * share) ** (l - 2)
        tau = mpmath.mpf("0.49") * gamma * eps
        lam = mpmath.mpf("0.49") * rho0 * tau
        return f, share, p, rho0, tau, lam, d


def components_and_epochs(d, s, l, eps, delta, **given):
    f, share, p, rho0, tau, lam, d = proved(d, s, l, eps, **given)
    with mpmath.workdps(40):
        growth = mpmath.log(f * d / lam) - 2 * mpmath.log(share * delta)
        gain = mpmath.mpf("0.9") * tau**2 * lam / (max(4, l) * f * mpmath.mpf("1.01") * growth / (rho0 * tau))
        q = mpmath.sqrt(2 * f + mpmath.mpf("0.24") * p * gain) - mpmath.sqrt(2 * f)
        return f / (lam * q), mpmath.mpf("0.7") / (p * gain), p


def test_the_price_of_certainty_and_the_plan_behind_it():
    plan = chapter11.printed_plan()
    m, K, p = components_and_epochs(
        10, 2, 3, 0.1, plan.init_scale, gamma=tdbook.lemmas.measured_strength(3, 2), chance=0.2
    )
    assert (plan.components, plan.epochs) == pytest.approx((float(m), float(K)), rel=1e-6)
    assert chapter11.certainty() == pytest.approx(float(K * p / 200), rel=1e-6)


def test_components_of_dependent_targets():
    """The factor of the exercise from the closed form alone; delta comes from the plans and enters by a logarithm."""
    both = []
    for s in (5, 2):
        delta = tdbook.lemmas.plan(20, s, 3, 0.1).init_scale
        both.append(components_and_epochs(20, s, 3, 0.1, delta)[0])
        assert chapter11.components(s) == pytest.approx(float(both[-1]), rel=1e-6)
    assert chapter11.components(5) / chapter11.components(2) == pytest.approx(float(both[0] / both[1]), rel=1e-5)


@pytest.mark.parametrize(("order", "gamma"), [(3, 0.6 / 8**0.5), (4, 0.11)])
def test_the_crossing_by_closed_forms(order, gamma):
    k = chapter11.crossing(order, gamma)
    for power in (k - 1, k):
        d = 10**power
        delta = tdbook.lemmas.plan(d, 2, order, 0.1, strength=gamma, chance=0.2).init_scale
        m = components_and_epochs(d, 2, order, 0.1, delta, gamma=gamma, chance=0.2)[0]
        lazy = mpmath.mpf(math.comb(d + order - 1, order)) / d
        assert (m <= lazy) == (power == k)


def test_the_best_y_by_searching():
    y = np.linspace(0.01, 0.99, 9801)
    best = (y**2 * (1 - y)).max()
    assert y[np.argmax(y**2 * (1 - y))] == pytest.approx(2 / 3, abs=1e-4)
    assert 0.125 / best == pytest.approx(27 / 32, rel=1e-6)


# --- Chapter 12 -------------------------------------------------------------------------------------------------------


def test_sums_of_cubes_by_sympy():
    x, y, z = sympy.symbols("x y z")
    weights, forms = cubes.sign_cubes()
    total = sum(
        sympy.Rational(w.numerator, w.denominator) * (a * x + b * y + c * z) ** 3
        for w, (a, b, c) in zip(weights, forms)
    )
    assert sympy.expand(total) == x * y * z == sympy.expand(sympy.sympify(chapter12.FOUR))
    weights, forms, order = tdbook.tensors.sources.polarized({(1, 1, 1): 1})
    dense_sum = sum(
        sympy.Rational(w.numerator, w.denominator) * (a * x + b * y + c * z) ** order
        for w, (a, b, c) in zip(weights, forms)
    )
    assert sympy.expand(dense_sum) == x * y * z and len(forms) == 7


def test_masses_and_shares_of_the_plane_by_the_circle():
    """What an atom opposite the bisector saves: the certificate's form on a fine circle, and its sum of cubes."""
    for psi in (1.15, 1.3, 1.45):
        e = [np.array([math.cos(t), math.sin(t)]) for t in (psi, -psi)]
        goal = dense.power(e[0], 3) + dense.power(e[1], 3)
        mass, opposite = value("-2*cos(3*psi)", psi=psi), value("-2*(2*cos(psi) + cos(3*psi))/3", psi=psi)
        side = (mass - opposite) / 2
        atoms = np.array([[math.cos(t), math.sin(t)] for t in (math.pi, math.pi / 3, -math.pi / 3)]).T
        assert np.abs(dense.tensor([opposite, side, side], atoms, 3) - goal).max() < 1e-14
        assert opposite > 0 and side > 0 and mass < 2
        # -cos 3 theta is at most 1 on the circle and meets T* at the mass: the bound of the dual problem
        angles = np.linspace(0, 2 * math.pi, 30_000, endpoint=False)
        Y = SymmetricCP(
            [-4 / 3] * 3,
            np.array([[math.cos(t), math.sin(t)] for t in (0, 2.0943951023931953, -2.0943951023931953)]).T,
            3,
        )
        assert np.abs(Y.evaluate(np.array([np.cos(angles), np.sin(angles)]))).max() <= 1 + 1e-12
        assert float(np.sum(Y.to_dense() * goal)) == pytest.approx(mass, rel=1e-12)
    # the share of fresh components that grow past lambda = 0.1
    share = np.mean(np.cos(np.linspace(0, 2 * math.pi, 1_000_000, endpoint=False)) ** 3 > 0.1)
    assert share == pytest.approx(math.acos(0.1 ** (1 / 3)) / math.pi, abs=1e-5)


def test_the_odds_of_the_race_by_running_it():
    """Directions that win, by following the small column itself on a fine circle."""
    t, tau = 2.0, np.array([2.0, 1.0])
    angles = (np.arange(4000) + 0.5) / 4000 * 2 * math.pi
    for order in (3, 4):
        w = np.array([np.cos(angles), np.sin(angles)])
        alive = np.ones(4000, dtype=bool)
        for _ in range(4000):
            w = w * (1 + 0.05 * tau[:, None] * w ** (order - 2))
            w /= np.linalg.norm(w, axis=0)
        if order == 3:
            alive = ~((np.cos(angles) < 0) & (np.sin(angles) < 0))
            first = np.mean(alive & (np.abs(w[0]) > np.abs(w[1])))
            assert first == pytest.approx(value("1/4 + atan(t)/(2*pi)", t=t), abs=2e-3)
            assert np.mean(alive) - first == pytest.approx(value("1/2 - atan(t)/(2*pi)", t=t), abs=2e-3)
        else:
            assert np.mean(np.abs(w[0]) > np.abs(w[1])) == pytest.approx(value("2*atan(sqrt(t))/pi", t=t), abs=2e-3)


def test_raw_powers_by_quadrature():
    x, w = np.polynomial.hermite_e.hermegauss(12)
    w = w / math.sqrt(2 * math.pi)
    for rho in (0.3, 0.8, 1.0):
        a, b = np.meshgrid(x, x)
        other = rho * a + math.sqrt(1 - rho**2) * b
        mean = float(np.sum(np.outer(w, w) * a**4 * other**4))
        assert mean == pytest.approx(value("24*rho**4 + 72*rho**2 + 9", rho=rho), rel=1e-10)
        cube = float(np.sum(np.outer(w, w) * a**3 * other**3)) / 6
        assert cube == pytest.approx(1.5 * rho + 1 * rho**3, rel=1e-10)
