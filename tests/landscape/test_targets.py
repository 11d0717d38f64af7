"""Tests of ``tdbook.landscape.targets``."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from tdbook import landscape
from tdbook.landscape import targets as trap_targets
from tdbook.ledger.exact import polynomials as rational
from tests.support.landscape import entries, goal_of

ORDERS = (3, 4, 5, 6, 7)


@pytest.mark.second_opinion("tdbook.landscape.trap_decomposition")
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("r", (1, 2, 3))
@pytest.mark.parametrize("terms", landscape.TERMS)
def test_decomposition_is_exact(order, r, terms):
    weights, vectors = landscape.trap_decomposition(order, r, terms)
    count = r * (order - 1) + 1 if terms == "short" else r * (order + 1) + 1
    assert len(weights) == len(vectors) == count
    assert all(weights) and len({tuple(v) for v in vectors}) == count  # none is idle, none is double
    assert rational.powers(weights, vectors, order) == entries(order, r)
    wrong = [weights[0] + 1, *weights[1:]]
    assert rational.powers(wrong, vectors, order) != entries(order, r)


def test_dense_target_entry_by_entry():
    for order, r in ((3, 2), (4, 1), (5, 1)):
        dense = landscape.trap_target(order, r, r + 2).to_dense()
        for index in product(range(r + 2), repeat=order):
            ones = index.count(0)
            if ones == order:
                wanted = 1.0
            elif ones == order - 2 and any(index.count(j) == 2 for j in range(1, r + 1)):
                wanted = -1.0
            else:
                wanted = 0.0
            assert dense[index] == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("r", (1, 2, 3))
def test_three_arrows(r):
    target = landscape.three_arrows(r, r + 2)
    assert target.distance(landscape.trap_target(3, r, r + 2)) < 1e-13
    assert target.evaluate(target.factors) == pytest.approx(np.ones(2 * r + 1))
    assert target.weights.sum() == pytest.approx(1 + 3 * r)  # and = ||T*||^2, as every arrow sees T* = 1
    assert target.norm() ** 2 == pytest.approx(1 + 3 * r)
    rng = np.random.default_rng(r)
    points = rng.standard_normal((r + 2, 20_000))
    assert np.abs(target.evaluate(points / np.linalg.norm(points, axis=0))).max() <= 1 + 1e-12


@pytest.mark.parametrize("lam", (0.0, 0.05, 0.5))
def test_minimum_of_the_arrows_is_reached_and_never_undercut(lam):
    r = 2
    target = landscape.three_arrows(r, 3)
    trap = landscape.homogeneous_trap(3, r, 2 * r + 1, 3, lam)
    best = target.factors * np.sqrt((1 - lam) * target.weights)
    minimum = landscape.arrows_minimum(r, lam)
    assert float(trap.loss(best)) == pytest.approx(minimum, abs=1e-12)
    assert trap.value - minimum == pytest.approx(1.5 * r * (1 - lam) ** 2)
    rng = np.random.default_rng(5)
    U = best + rng.standard_normal((2000, *best.shape)) * rng.choice([0.01, 0.1, 1.0], (2000, 1, 1))
    a = rng.choice([-1.0, 1.0], (2000, U.shape[2]))
    assert (trap.loss(U, a) >= minimum - 1e-12).all()


@pytest.mark.parametrize("order", [3, 5, 7])
def test_an_even_number_of_nodes_takes_the_smallest_integers(order):
    reciprocals = sorted(1 / slope for slope in landscape.nodes(order))
    half = (order - 1) // 2
    assert reciprocals == [Fraction(k) for k in range(-half, half + 1) if k]


@pytest.mark.parametrize("order", [4, 6, 8])
def test_an_odd_number_of_nodes_reaches_no_further_than_it_must(order):
    """Of the n + 1 integers up to (n+1)/2 in size, n leave out one, and their sum is not zero: one more is needed."""
    reciprocals = [1 / slope for slope in landscape.nodes(order)]
    assert sum(reciprocals) == 0 and len(set(reciprocals)) == order - 1
    assert max(map(abs, reciprocals)) == order / 2 + 1


@pytest.mark.parametrize("order", [3, 4, 5, 6])
def test_the_papers_terms_need_no_multiple_of_the_pole(order):
    rest, weights, slopes = landscape.missing_direction(order, "paper")
    assert rest == sum(weights) == 0
    assert slopes == [Fraction(k) for k in range(1, order + 2)]
    short = landscape.missing_direction(order, "short")
    assert landscape.missing_direction(order) == short
    assert short[0] == sum(short[1]) != 0


def test_the_target_of_the_papers_terms():
    for terms, count in (("short", 7), ("paper", 11)):
        assert landscape.trap_target(4, 2, 3, terms).rank == count
    assert landscape.trap_target(4, 2, 3).distance(landscape.trap_target(4, 2, 3, "paper")) < 1e-11


MIXED_SIGN_TARGET = [3, pytest.param(4, marks=pytest.mark.second_opinion("tdbook.landscape.mixed_sign_target")), 5]


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


ORDERS_IN_FULL = (3, 4, 5)


@pytest.mark.second_opinion("tdbook.landscape.nodes", "tdbook.landscape.missing_direction")
@pytest.mark.parametrize("order", ORDERS_IN_FULL)
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
