"""What the checks of all traps share: exact targets and points, two routes to one loss, the certified region."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import comb

import numpy as np

from tdbook.landscape import (
    PerturbationCounts,
    Trap,
    lowest_within,
    perturb,
)
from tdbook.ledger.claims import Evidence
from tdbook.ledger.exact.polynomials import Polynomial

Point = tuple[list[Fraction], list[list[Fraction]]]


def target_polynomial(order: int, r: int, placements: int | None = None) -> Polynomial:
    """T* as a polynomial, from its definition: x_1^l - C(l,2) x_1^{l-2} sum_j x_j^2."""
    count = comb(order, 2) if placements is None else placements
    polynomial: Polynomial = {(order, *[0] * r): Fraction(1)}
    for j in range(r):
        exponents = [order - 2, *[0] * r]
        exponents[1 + j] = 2
        polynomial[tuple(exponents)] = Fraction(-count)
    return polynomial


def axis(dimension: int, k: int, order: int, size: Fraction | int = 1) -> Polynomial:
    """``size`` times the power x_k^l."""
    return {tuple(order * (j == k) for j in range(dimension)): Fraction(size)}


def unit_vector(rng: np.random.Generator, dimension: int) -> list[Fraction]:
    """A rational point of the unit sphere, by stereographic projection."""
    y = [Fraction(int(rng.integers(-4, 5)), int(rng.integers(1, 4))) for _ in range(dimension - 1)]
    square = sum((t * t for t in y), Fraction(0))
    return [(1 - square) / (1 + square), *(2 * t / (1 + square) for t in y)]


def coefficients(rng: np.random.Generator, m: int) -> list[Fraction]:
    """m rational coefficients of either sign."""
    return [Fraction(int(rng.integers(-6, 7)), int(rng.integers(1, 5))) for _ in range(m)]


def two_routes(traps: list[Trap], fast: bool, kind: str) -> Evidence:
    """The library's loss, by inner products with rank-one terms, against its identity, by distances to the trap."""
    points = 20 if fast else 2_000
    rng = np.random.default_rng(16)

    def identity_holds(lacking: int) -> bool:
        for trap in traps:
            U, c = rng.standard_normal((points, *trap.U.shape)), rng.standard_normal((points, len(trap.c)))
            c = c if trap.model == "vanilla" else np.sign(c)
            change = trap.loss(U, c) - trap.value
            if np.abs(change - replace(trap, r=trap.r - lacking).rise(U, c)).max() > 1e-11 * np.abs(change).max():
                return False
        return True

    return Evidence(
        "exact",
        f"{kind}: loss by inner products against the identity, {points} random points each, $r=2$",
        identity_holds,
        {"the identity": 0},
        {"the identity with one missing direction less": 1},
        "relative difference below 1e-11",
    )


def certified(traps: list[Trap], fast: bool, kind: str) -> list[Evidence]:
    """No perturbation within the certified radius lowers the loss; further out some do, all outside the cone."""
    return [_below_nowhere(traps, fast, kind), _below_outside_the_cone(traps, fast, kind)]


def _below_nowhere(traps: list[Trap], fast: bool, kind: str) -> Evidence:
    samples, starts = (2_000, 1) if fast else (200_000, 3)
    shares = (0.5, 0.999) if fast else (0.25, 0.5, 0.75, 0.999)

    def none_below(reach: float) -> bool:
        """In all balls up to ``reach`` certified radii, by random trial and by descent, no point lies below the trap."""
        for trap in traps:
            for share in shares:
                radius = reach * share * trap.certified_radius
                if perturb(trap, radius, samples, rng=5).below > 0:
                    return False
                if lowest_within(trap, radius, starts, 60 if fast else 400, rng=5) <= -1e-9 * trap.target.norm() ** 2:
                    return False
        return True

    return Evidence(
        "bound",
        f"{kind}: {samples} random perturbations at each of {len(shares)} radii up to the certified one, and descent "
        f"kept inside that ball, "
        + "; ".join(f"$l={trap.order}$, radius {trap.certified_radius:.3f}" for trap in traps),
        none_below,
        {"the certified radius": 1.0},
        {"2.5 times the certified radius": 2.5},
        "0 below inside",
    )


def _below_outside_the_cone(traps: list[Trap], fast: bool, kind: str) -> Evidence:
    samples = 6_000 if fast else 200_000
    found = [perturb(trap, 2.5 * trap.certified_radius, samples, rng=6) for trap in traps]

    def holds(count: Callable[[PerturbationCounts], int]) -> bool:
        return all(count(some) == 0 for some in found)

    return Evidence(
        "bound",
        f"{kind}: {samples} random perturbations at 2.5 certified radii; those below the trap in the cone of the proof",
        holds,
        {"points below in the cone": lambda some: some.below_in_cone},
        {"points below anywhere": lambda some: some.below},
        f"none; anywhere {', '.join(str(some.below) for some in found)}",
    )
