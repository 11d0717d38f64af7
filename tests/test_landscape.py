"""Traps: targets in exact fractions, values, gradients, spectra, the identity, the cone, the level path."""

from fractions import Fraction
from itertools import product
from math import comb, factorial, inf, sqrt

import numpy as np
import pytest

from tdbook import SymmetricCP, landscape
from tdbook.ledger.exact import polynomials as rational
from tdbook.objectives import hessian_form, loss, vanilla_loss
from tdbook.tensors import fractions
from tests.support.refusals import refused

ORDERS = (3, 4, 5, 6, 7)


def entries(order: int, r: int) -> dict[tuple[int, ...], Fraction]:
    """T* as a polynomial, written down from its definition: x_1^l - C(l,2) x_1^{l-2} sum_j x_j^2."""
    polynomial = {(order, *[0] * r): Fraction(1)}
    for j in range(r):
        exponents = [order - 2, *[0] * r]
        exponents[1 + j] = 2
        polynomial[tuple(exponents)] = Fraction(-comb(order, 2))
    return polynomial


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


def all_traps():
    for order in ORDERS:
        for r, m in ((1, 1), (2, 3), (3, 5)):
            yield landscape.vanilla_trap(order, r, m, r + 2)
            for lam in (0.0, 0.3, 0.9):
                shares = np.arange(1.0, m + 1)
                yield landscape.homogeneous_trap(order, r, m, r + 1, lam, shares)
                if order % 2 == 0 and m > 1:
                    yield landscape.mixed_sign_trap(order, r, m, r + 2, lam, shares)


def test_value_and_gradient_of_every_trap():
    for trap in all_traps():
        l, r, lam = trap.order, trap.r, trap.regularization
        wanted = trap.poles * (l * (l - 1) * r / 4 + lam - lam**2 / 2)
        assert trap.value == wanted
        assert float(trap.loss(trap.U)) == pytest.approx(wanted, rel=1e-11)
        assert np.abs(trap.gradient()).max() < 1e-11
        assert np.abs(trap.gradient(tied=False)).max() < 1e-11
        if trap.model == "vanilla":
            assert vanilla_loss(trap.U, trap.c, trap.target) == pytest.approx(wanted, rel=1e-11)
        else:
            assert loss(trap.parameters(), trap.target, lam) == pytest.approx(wanted, rel=1e-11)


def test_identity_at_random_points_by_two_routes():
    rng = np.random.default_rng(1)
    for trap in all_traps():
        U = rng.standard_normal((20, *trap.U.shape))
        c = rng.standard_normal((20, len(trap.c)))
        if trap.model != "vanilla":
            c = np.sign(c)
        direct = trap.loss(U, c)
        assert np.abs(direct - trap.value - trap.rise(U, c)).max() < 1e-11 * np.abs(direct).max()


def test_identity_in_exact_fractions():
    rng = np.random.default_rng(2)
    for order, r in ((3, 1), (4, 2), (5, 1)):
        target = entries(order, r)
        c = [Fraction(int(x), 3) for x in rng.integers(-5, 6, 3)]
        U = [[Fraction(int(x), 2) for x in rng.integers(-4, 5, r + 1)] for _ in c]
        pole = {(order, *[0] * r): Fraction(1)}
        T = rational.powers(c, U, order)
        left = rational.half_square(T, target) - Fraction(order * (order - 1) * r, 4)
        cone = sum(ci * u[0] ** (order - 2) * sum(x * x for x in u[1:]) for ci, u in zip(c, U, strict=True))
        assert left == comb(order, 2) * cone + rational.half_square(T, pole)
        assert left != comb(order, 2) * cone - rational.half_square(T, pole)
        trap = landscape.vanilla_trap(order, r, 3, r + 1)
        assert float(trap.rise(np.array(U, float).T, np.array(c, float))) == pytest.approx(float(left), rel=1e-12)


def test_inside_the_cone_nothing_is_lower():
    rng = np.random.default_rng(3)
    for trap in all_traps():
        U = rng.standard_normal((400, *trap.U.shape))
        c = rng.standard_normal((400, len(trap.c))) if trap.model == "vanilla" else trap.c
        # fold each component into the cone
        sign = np.sign(c * trap._pole_power(U, trap.order - 2))
        if trap.poles == 2:
            swapped = U.copy()
            swapped[:, [0, 1]] = U[:, [1, 0]]
            U = np.where((sign < 0)[:, None, :], swapped, U)
        elif trap.model == "vanilla":
            c = c * sign
        else:
            U = U * sign[:, None, :]
        assert trap.in_cone(U, c).all()
        assert (trap.rise(U, c) > -1e-11).all()


def test_outside_the_cone_there_is_a_lower_point():
    lower = landscape.vanilla_trap(3, 1, 200, 2)
    U = lower.U.copy()
    U[:, 0] = [-0.02, 0.02]  # one component a little beyond the boundary of the cone
    assert not lower.in_cone(U)
    assert float(lower.loss(U)) < lower.value - 1e-6
    # so the certified radius cannot be larger by more than an eighth here
    assert lower.certified_radius < np.linalg.norm(U - lower.U) < 1.125 * lower.certified_radius


def test_certified_radius():
    assert landscape.vanilla_trap(3, 1, 8, 2).certified_radius == pytest.approx(0.5)
    assert landscape.vanilla_trap(4, 1, 8, 2).certified_radius == 1.0
    assert landscape.homogeneous_trap(3, 1, 4, 2, 0.36).certified_radius == pytest.approx(0.4)
    assert landscape.homogeneous_trap(4, 1, 4, 2).certified_radius == inf
    assert landscape.mixed_sign_trap(4, 1, 2, 3).certified_radius == pytest.approx(1 / sqrt(2))


def test_spectrum_against_differences():
    for trap in all_traps():
        if trap.poles == 2 or trap.order > 5:
            continue
        for tied in (True, False):
            claimed = np.sort(np.concatenate([[value] * count for value, count, _ in trap.spectrum(tied=tied)]))
            found = np.linalg.eigvalsh(trap.hessian(tied=tied))
            assert len(found) == len(claimed)
            assert np.abs(found - claimed).max() < 1e-7


def test_frozen_hessian_agrees_with_the_quadratic_form():
    rng = np.random.default_rng(4)
    trap = landscape.homogeneous_trap(4, 2, 3, 4, 0.3, [1.0, 2.0, 3.0])
    H = trap.hessian(tied=False)
    for _ in range(5):
        V = rng.standard_normal(trap.U.shape)
        form = hessian_form(trap.parameters(), V, trap.target, trap.regularization)
        assert V.ravel() @ H @ V.ravel() == pytest.approx(form, rel=1e-8)


def test_spectrum_refuses_what_it_does_not_know():
    with refused("spectrum"):
        landscape.mixed_sign_trap(4, 1, 2, 3).spectrum()
    uneven = landscape.vanilla_trap(3, 1, 2, 2)
    moved = landscape.Trap(uneven.target, 1, uneven.U * [0.5, 1.5], uneven.c, "vanilla")
    with refused("spectrum"):
        moved.spectrum()


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


@pytest.mark.parametrize("order", ORDERS)
def test_escape_path(order):
    trap = landscape.vanilla_trap(order, 2, 4, 4)
    depth = (order - 1) * ((order - 2) / order) ** ((order - 2) / 2)
    path = landscape.level_path(trap, 15)
    level = path.values[path.stage < 2]
    assert np.abs(level - trap.value).max() < 1e-10
    assert (np.diff(path.values[path.stage == 2]) < 0).all()
    assert path.values[-1] == pytest.approx(trap.value - depth**2 / 2)
    assert bool((path.c < 0).any()) is (order % 2 == 0)
    direct = [vanilla_loss(U, c, trap.target) for U, c in zip(path.U, path.c, strict=True)]
    assert path.values == pytest.approx(direct)
    steps = np.linalg.norm(np.diff(path.U, axis=0), axis=(1, 2)) + np.linalg.norm(np.diff(path.c, axis=0), axis=1)
    assert steps.max() < 0.7  # a path, not a jump
    without = landscape.level_path(trap, 15, flip=False)
    if order % 2 == 0:  # without a change of sign there is no way down
        assert without.values[-1] > trap.value + 0.1
        assert trap.in_cone(without.U, without.c).all()
    else:
        assert without.values[-1] < trap.value - 0.1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: landscape.vanilla_trap(3, 2, 1, 2), "dimension"),
        (lambda: landscape.vanilla_trap(2, 1, 1, 2), "order"),
        (lambda: landscape.vanilla_trap(3, 0, 1, 2), "r"),
        (lambda: landscape.vanilla_trap(3, 1, 0, 2), "components"),
        (lambda: landscape.homogeneous_trap(3, 1, 1, 2, 1.0), "regularization"),
        (lambda: landscape.homogeneous_trap(3, 1, 1, 2, -0.1), "regularization"),
        (lambda: landscape.homogeneous_trap(3, 1, 2, 2, 0.1, [1.0, 0.0]), "shares"),
        (lambda: landscape.homogeneous_trap(3, 1, 2, 2, 0.1, [1.0]), "shares"),
        (lambda: landscape.mixed_sign_trap(5, 1, 2, 3), "order"),
        (lambda: landscape.mixed_sign_trap(4, 1, 2, 2), "dimension"),
        (lambda: landscape.mixed_sign_trap(4, 1, 1, 3), "components"),
        (lambda: landscape.arrows_minimum(1, 1.0), "regularization"),
        (lambda: landscape.nodes(3, "long"), "terms"),
        (lambda: landscape.level_path(landscape.vanilla_trap(3, 1, 1, 2)), "trap"),
        (lambda: landscape.vanilla_trap(3, 1, 2, 2).loss(np.ones((3, 2))), "U"),
        (lambda: landscape.vanilla_trap(3, 1, 2, 2).rise(np.ones((2, 2)), [1.0]), "c"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, message):
    with refused(message):
        call()


def test_wrong_kind_of_trap():
    with refused("trap", TypeError):
        landscape.level_path(landscape.homogeneous_trap(3, 1, 2, 2))
    with refused("parameters"):
        landscape.vanilla_trap(3, 1, 2, 2).parameters()


def test_rational_polynomials_against_dense_tensors():
    rng = np.random.default_rng(6)
    vectors = [[Fraction(int(x)) for x in rng.integers(-3, 4, 3)] for _ in range(4)]
    weights = [Fraction(1, 2), Fraction(-2), Fraction(3), Fraction(1)]
    left = rational.powers(weights[:2], vectors[:2], 4)
    right = rational.powers(weights[2:], vectors[2:], 4)
    dense = [
        SymmetricCP([float(w) for w in weights[part]], np.array(vectors[part], float).T, 4)
        for part in (slice(2), slice(2, 4))
    ]
    assert float(rational.inner(left, right)) == pytest.approx(np.vdot(dense[0].to_dense(), dense[1].to_dense()))
    assert fractions.rank([[Fraction(1), Fraction(2)], [Fraction(2), Fraction(4)]]) == 1
    assert fractions.rank([[Fraction(0), Fraction(2)], [Fraction(2), Fraction(4)]]) == 2
    assert rational.inner({(2, 1): Fraction(1)}, {(2, 1): Fraction(1)}) == Fraction(factorial(2), factorial(3))
