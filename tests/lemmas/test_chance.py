"""Tests of ``tdbook.lemmas.chance``."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import beta, erf, gamma

import tdbook
from tdbook import SymmetricCP, lemmas, random_target
from tdbook.lemmas import chance, rise
from tdbook.tensors import random_unit_vectors
from tests.support import dense
from tests.support.lemmas import point
from tests.support.refusals import refused


def test_a_hard_residual_is_made_of_twice_as_many_terms_as_the_space_has() -> None:
    first = lemmas.hard_residual(3, 2, 0, rounds=2)
    assert (first.dimension, first.order, first.rank) == (3, 2, 2 * 6)
    assert np.array_equal(first.weights, lemmas.hard_residual(3, 2, 0, chance=0.2, rounds=2).weights)
    assert not np.array_equal(first.weights, lemmas.hard_residual(3, 2, 0, chance=0.1, rounds=2).weights)
    start = lemmas.hard_residual(3, 2, 0, rounds=0)
    assert np.count_nonzero(start.weights) == 1
    assert start.norm() == pytest.approx(1.0)


def test_each_fresh_direction_has_a_sign_of_its_own() -> None:
    """w -> w_1^4 is never negative: the sign alone says whether the correlation is."""
    hits, count = lemmas.lemma6_chance(SymmetricCP([1.0], [[1.0], [0.0]], 4), 0.0, 1000, 3)
    assert count == 1000
    assert 400 < hits < 600
    assert lemmas.hard_residual(3, 2, 0, rounds=0).weights[0] == pytest.approx(1.0)


E1 = SymmetricCP([1.0], [[1.0], [0.0]], 3)


P, TARGET = point(5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: lemmas.gaussian_moment(0, 1), "dimension"),
        (lambda: lemmas.gaussian_moment(1, -1), "power"),
        (lambda: lemmas.sphere_moment_bounds(3, 0), "order"),
        (lambda: lemmas.anticoncentration(0, 0.5), "order"),
        (lambda: lemmas.anticoncentration(3, 1.0), "theta"),
        (lambda: lemmas.anticoncentration(3, -0.1), "theta"),
        (lambda: lemmas.lemma6_chance(E1, 0.5, 0, 0), "count"),
        (lambda: lemmas.lemma6_chance(E1, -1.0, 5, 0), "theta"),
        (lambda: lemmas.correlation_quantile(E1, 0.5, 5, 0), "chance"),
        (lambda: lemmas.correlation_quantile(E1, 0.2, 0, 0), "count"),
        (lambda: lemmas.hard_residual(0, 3, 0), "dimension"),
        (lambda: lemmas.hard_residual(2, 1, 0), "order"),
        (lambda: lemmas.hard_residual(2, 2, 0, rounds=-1), "rounds"),
        (lambda: lemmas.hard_residual(2, 2, 0, chance=0.5), "chance"),
        (lambda: lemmas.fresh_share(0, 1, 0.2), "dimension"),
        (lambda: lemmas.fresh_share(3, 4, 0.2), "span"),
        (lambda: lemmas.fresh_share(3, 2, -0.2), "share"),
        (lambda: lemmas.curvature_constant(1), "order"),
        (lambda: lemmas.norm_bound(P, TARGET, 0.0), "regularization"),
        (lambda: lemmas.correlation(P, TARGET, 3), "j"),
        (lambda: lemmas.lemma7(P, TARGET, 0.1, 0.0, 1), "step_size"),
        (lambda: lemmas.lemma8(P, TARGET, 0.1, 0.0, 1), "step_size"),
        (lambda: lemmas.lemma8(P, random_target(4, 2, 2), 0.1, 0.1, 1), "order"),
        (lambda: lemmas.lemma5(P, TARGET, 0.1, 0.0), "step_size"),
        (lambda: rise.descent_ratio(P, TARGET, 0.1, 0.0), "step_size"),
        (
            lambda: lemmas.bad_minimum(5, 3, 2, -0.1),
            "regularization",
        ),
    ],
)
def test_refusals_name_what_they_refuse(call, words: str) -> None:
    with refused(words):
        call()


def test_thirty_rounds_make_a_residual_in_the_plane_harder() -> None:
    hard, rank_one = lemmas.hard_residual(2, 3, 0, rounds=30), SymmetricCP([1.0], [[1.0], [0.0]], 3)
    found, before = (lemmas.correlation_quantile(R, 0.2, 20_000, 1) for R in (hard, rank_one))
    assert hard.norm() == pytest.approx(1.0)
    assert found < 0.6 * before


def test_a_quadratic_residual_in_the_plane_comes_near_the_hardest_one() -> None:
    """Up to a rotation it is cos(t) x_1^2 + sin(t) x_2^2: the least quantile over all t, against three searches."""
    angles = np.linspace(0, math.pi, 720, endpoint=False)
    w = np.array([np.cos(angles), np.sin(angles)])

    def level(values: np.ndarray) -> float:
        return float(np.quantile(np.abs(values), 0.6))  # the sign halves it: a chance of 0.2

    hardest = min(level(math.cos(t) * w[0] ** 2 + math.sin(t) * w[1] ** 2) for t in np.linspace(0, math.pi, 181))
    found = [level(lemmas.hard_residual(2, 2, seed, rounds=20).evaluate(w)) for seed in range(3)]
    assert level(w[0] ** 2) > 1.2 * hardest  # where the search begins
    assert min(found) > 0.999 * hardest
    assert sorted(found)[1] < 1.05 * hardest


def test_two_hundred_rounds_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small samples, for speed; another number of rounds would draw more or fewer of them."""
    monkeypatch.setattr(chance, "random_unit_vectors", lambda s, n, rng: random_unit_vectors(s, min(n, 100), rng))
    usual, asked, other = (np.random.default_rng(0) for _ in range(3))
    by_default = lemmas.hard_residual(2, 2, usual)
    assert np.array_equal(by_default.weights, lemmas.hard_residual(2, 2, asked, rounds=200).weights)
    lemmas.hard_residual(2, 2, other, rounds=20)
    assert usual.random() == asked.random() != other.random()


@pytest.mark.second_opinion("tdbook.lemmas.sphere_moment_bounds")
@pytest.mark.parametrize("order", [2, 3, 4, 5, 6])
def test_sphere_moment_bounds_are_the_extreme_eigenvalues_on_the_circle(order: int) -> None:
    """E vec(w^l) vec(w^l)^T on symmetric tensors, by equally spaced points: exact for trigonometric polynomials."""
    angles = 2 * np.pi * np.arange(64) / 64
    w = np.stack([np.cos(angles), np.sin(angles)])
    powers = [math.sqrt(math.comb(order, k)) * w[0] ** k * w[1] ** (order - k) for k in range(order + 1)]
    eigenvalues = np.linalg.eigvalsh(np.stack(powers) @ np.stack(powers).T / 64)
    assert lemmas.sphere_moment_bounds(2, order) == pytest.approx((eigenvalues[0], eigenvalues[-1]), rel=1e-10)


def test_sphere_moment_bounds_on_a_line_meet() -> None:
    assert lemmas.sphere_moment_bounds(1, 3) == pytest.approx((6 / 15, 1.0))
    assert lemmas.gaussian_moment(1, 3) == 15.0
    assert lemmas.gaussian_moment(4, 0) == 1.0


def test_correlation_quantile_of_a_rank_one_residual_on_the_circle() -> None:
    """|cos|^l: P[|cos| >= x] = (2/pi) arccos x, and the sign halves it."""
    order, chance = 3, 0.2
    expected = math.cos(math.pi * chance) ** order / math.sqrt(lemmas.sphere_moment_bounds(2, order)[0])
    found = lemmas.correlation_quantile(SymmetricCP([1.0], [[1.0], [0.0]], order), chance, 200_000, 0)
    assert found == pytest.approx(expected, rel=0.02)
    hits, count = lemmas.lemma6_chance(SymmetricCP([1.0], [[1.0], [0.0]], order), expected, 200_000, 1)
    assert hits / count == pytest.approx(chance, abs=0.005)


def test_anticoncentration() -> None:
    assert lemmas.anticoncentration(3, 0.5) == pytest.approx(0.5 * 0.75**2 / 729)
    assert lemmas.anticoncentration(3, 0.0, 2) > lemmas.anticoncentration(3, 0.5, 2) > lemmas.anticoncentration(3, 0.5)
    for s, order in itertools.product(range(1, 7), (3, 4)):
        assert 0 < lemmas.anticoncentration(order, 0.5, s) <= 0.5
        assert lemmas.anticoncentration(order, 0.5, s) > lemmas.anticoncentration(order, 0.5)


@pytest.mark.second_opinion("tdbook.lemmas.explicit_strength")
@pytest.mark.parametrize(("order", "s"), [(2, 2), (3, 2), (3, 6), (4, 3), (5, 10)])
def test_the_explicit_strength_by_another_quadrature(order: int, s: int) -> None:
    with mpmath.workdps(30):
        a = mpmath.mpf(2) / 5
        tail = mpmath.quad(
            lambda t: order * mpmath.sinh(2 * order * t) * a ** ((1 + mpmath.cosh(t)) / 2), [0, 2, 5, 12]
        )
        moment = mpmath.factorial(order) / mpmath.fprod(s + 2 * j for j in range(order))
        wanted = mpmath.sqrt(moment * s / (s + 2 * order) / (1 + tail))
    assert lemmas.explicit_strength(order, s) == pytest.approx(float(wanted), rel=1e-9)


@pytest.mark.parametrize(("order", "s"), [(3, 2), (3, 4), (4, 3)])
def test_the_explicit_strength_has_its_chance(order: int, s: int) -> None:
    """Also at the hardest residual that descent finds; and a larger chance leaves a smaller strength."""
    strength = lemmas.explicit_strength(order, s)
    theta = strength / math.sqrt(lemmas.sphere_moment_bounds(s, order)[0])
    hits, count = lemmas.lemma6_chance(lemmas.hard_residual(s, order, 0, rounds=40), theta, 20_000, 1)
    assert hits / count > 0.2
    assert lemmas.explicit_strength(order, s, 0.45) < lemmas.explicit_strength(order, s, 0.3) < strength


def test_the_least_strength_of_the_plane_is_certified_from_both_sides() -> None:
    assert lemmas.holds_in_the_plane(0.226, points=8000)
    hardest = 0.5391534  # where the chance of 0.2273 falls below 1/5
    t = (np.arange(200_000) + 0.5) * np.pi / 100_000
    values = np.cos(hardest) / 2 * np.cos(3 * t) + np.sqrt(0.75) * np.sin(hardest) * np.cos(t)
    assert np.mean(np.abs(values) >= 0.2273) < 0.4 < np.mean(np.abs(values) >= 0.226)
    assert not lemmas.holds_in_the_plane(0.2273, points=8000)
    # the form has norm 1: its entries against the quadrature of its square
    harmonic = SymmetricCP([np.cos(hardest) / 2 * 4 / 3] * 3, [[1, -0.5, -0.5], [0, np.sqrt(0.75), -np.sqrt(0.75)]], 3)
    directions = np.stack([np.cos(t), np.sin(t)])
    assert np.allclose(harmonic.evaluate(directions), np.cos(hardest) / 2 * np.cos(3 * t))
    assert harmonic.norm() == pytest.approx(np.cos(hardest))


@pytest.mark.second_opinion("tdbook.lemmas.proved_pair")
@pytest.mark.parametrize(("order", "s"), [(3, 1), (3, 2), (4, 5)])
def test_the_proved_pair_is_proved_and_the_best_of_those(order: int, s: int) -> None:
    strength, chance = lemmas.proved_pair(order, s)
    theta = strength / math.sqrt(lemmas.sphere_moment_bounds(s, order)[0])
    assert chance == pytest.approx(lemmas.anticoncentration(order, theta, s))
    old = 0.75 * strength / theta, lemmas.anticoncentration(order, 0.75, s)
    assert chance * strength**5 >= old[1] * old[0] ** 5


def test_hard_residual_is_harder_than_rank_one() -> None:
    hard = lemmas.hard_residual(3, 3, 0, rounds=80)
    assert hard.norm() == pytest.approx(1.0)
    rank_one = SymmetricCP([1.0], np.eye(3)[:, :1], 3)
    assert lemmas.correlation_quantile(hard, 0.2, 20_000, 1) < 0.6 * lemmas.correlation_quantile(
        rank_one, 0.2, 20_000, 1
    )


def test_fresh_share() -> None:
    assert lemmas.fresh_share(2, 1, 0.2) == pytest.approx(1 - 2 / math.pi * math.asin(0.2 / math.sqrt(2)))
    assert lemmas.fresh_share(10**7, 1, 0.2) == pytest.approx(1 - erf(0.2 / math.sqrt(2)), abs=1e-6)
    assert lemmas.fresh_share(5, 5, 0.9) == 1.0
    assert min(lemmas.fresh_share(d, 1, 0.2) for d in range(1, 200)) >= 5 / 6


def test_strength_and_chance_by_default_and_given() -> None:
    plan = lemmas.plan(10, 2, 3, 0.1)
    assert (plan.strength, plan.chance) == lemmas.proved_pair(3, 2)
    given = lemmas.plan(10, 2, 3, 0.1, strength=plan.strength, chance=0.5)
    assert (given.strength, given.chance) == (plan.strength, 0.5)
    assert given.components < plan.components
    for name in ("strength", "chance"):
        values = {"strength": 0.5, "chance": 0.5} | {name: -1.0}
        with refused(name):
            lemmas.plan(10, 2, 3, 0.1, **values)
    with refused("chance"):
        lemmas.plan(10, 2, 3, 0.1, strength=0.5, chance=1.5)
    with refused("strength"):
        lemmas.plan(10, 2, 3, 0.1, strength=0.5)
    with refused("changes", TypeError):
        lemmas.plan(10, 2, 3, 0.1, size=3.0, rank=3.0)


@pytest.mark.second_opinion("tdbook.lemmas.gaussian_moment", "tdbook.lemmas.anticoncentration")
@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_gaussian_moments_and_the_chance_by_gamma_functions(n):
    for p in range(5):
        assert lemmas.gaussian_moment(n, p) == pytest.approx(2.0**p * gamma(n / 2 + p) / gamma(n / 2), rel=1e-12)
    for order, theta in ((2, 0.3), (3, 0.5), (4, 0.75)):
        fourth, second = (2.0**q * gamma(n / 2 + q) / gamma(n / 2) for q in (2 * order, order))
        by_moments = 0.5 * (1 - theta**2) ** 2 * min(1.0, fourth / second**2 / 9**order)
        forms = sum(1 for powers in itertools.product(range(order + 1), repeat=n) if sum(powers) == order)
        wanted = max(by_moments, 0.5 * (1 - theta**2) / (forms - theta**2))
        assert lemmas.anticoncentration(order, theta, n) == pytest.approx(wanted, rel=1e-12, abs=0)


@pytest.mark.second_opinion("tdbook.lemmas.fresh_share")
@pytest.mark.parametrize(("d", "span", "share"), [(5, 2, 0.7), (9, 1, 0.2), (4, 3, 1.3), (30, 7, 2.0)])
def test_the_share_of_a_fresh_vector_by_quadrature(d, span, share):
    a, b = span / 2, (d - span) / 2

    def density(angle):  # the share is sin^2 of the angle to the complement
        return 2 * math.sin(angle) ** (2 * a - 1) * math.cos(angle) ** (2 * b - 1) / beta(a, b)

    chance = quad(density, math.asin(share / math.sqrt(d)), math.pi / 2)[0]
    assert lemmas.fresh_share(d, span, share) == pytest.approx(chance, rel=1e-8)


@pytest.mark.second_opinion(
    "tdbook.lemmas.hard_residual", "tdbook.lemmas.correlation_quantile", "tdbook.lemmas.lemma6_chance",
)  # fmt: skip
def test_a_hard_residual_is_hard_by_counting():
    """The quantile of |R(w)| by sorting the values of the array at points drawn here."""
    hard = lemmas.hard_residual(2, 3, 0, rounds=80)
    R = dense.tensor(hard.weights, hard.factors, 3)
    assert np.linalg.norm(R) == pytest.approx(1.0)
    angles = np.linspace(0, 2 * math.pi, 20_000, endpoint=False)
    w = np.array([np.cos(angles), np.sin(angles)])
    values = np.sort(np.abs(np.einsum("ijk,in,jn,kn->n", R, w, w, w)))
    level = values[int(0.6 * len(values))]  # the sign halves the chance: 20% are 40% of the sizes
    unit = math.sqrt(lemmas.sphere_moment_bounds(2, 3)[0])
    assert lemmas.correlation_quantile(hard, 0.2, 100_000, 1) == pytest.approx(level / unit, rel=0.02)
    assert level < 0.6 * math.cos(0.2 * math.pi) ** 3  # what a rank-one residual has
    hits, count = lemmas.lemma6_chance(hard, level / unit, 100_000, 2)
    assert hits / count == pytest.approx(0.2, abs=0.01)


@pytest.mark.second_opinion("tdbook.lemmas.measured_theta", "tdbook.lemmas.measured_strength")
@pytest.mark.parametrize(("order", "s"), [(3, 2), (3, 3), (4, 2)])
def test_the_measured_theta_has_its_chance_at_a_hard_residual(order: int, s: int) -> None:
    theta = lemmas.measured_theta(order, s)
    hard = lemmas.hard_residual(s, order, 0, rounds=40)
    hits, count = lemmas.lemma6_chance(hard, theta, 20_000, 1)
    assert hits / count > 0.2
    values = hard.evaluate(tdbook.tensors.random_unit_vectors(s, 20_000, np.random.default_rng(2)))
    assert np.mean(np.abs(values) >= lemmas.measured_strength(order, s)) / 2 == pytest.approx(hits / count, abs=0.02)
