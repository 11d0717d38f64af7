"""Claims of Section 5.2 about the luck of a draw: the size of a random correlation, and Lemma 6."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.stats import norm

from tdbook.ledger.claims import Evidence
from tdbook.lemmas import (
    anticoncentration,
    gaussian_moment,
    hard_residual,
    lemma6_chance,
    measured_strength,
    measured_theta,
    sphere_moment_bounds,
)
from tdbook.statistics import proportion
from tdbook.tensors import SymmetricCP, random_unit_vectors

CHANCE = 0.2  # the p of Lemma 6


@dataclass(frozen=True)
class Chance:
    """How often a random direction was good enough for a residual of order l on a span of dimension s."""

    order: int
    span: int
    hits: int
    trials: int

    @property
    def interval(self) -> tuple[float, float]:
        return proportion(self.hits, self.trials)


def _residuals(s: int, order: int, seed: int, hard_rounds: int) -> Iterator[tuple[str, SymmetricCP]]:
    rng = np.random.default_rng(seed)
    e = np.eye(s)
    yield "rank one", SymmetricCP([1.0], e[:, :1], order)
    yield "orthogonal", SymmetricCP(np.ones(s), e, order)
    yield "random", SymmetricCP(rng.standard_normal(4 * s), random_unit_vectors(s, 4 * s, rng), order)
    yield "hard", hard_residual(s, order, rng, rounds=hard_rounds)


def _chances(sizes: Iterable[tuple[int, int]], theta: float, directions: int, rounds: int) -> Iterator[Chance]:
    for s, order in sizes:
        for _, residual in _residuals(s, order, 70 + s, rounds):
            yield Chance(order, s, *lemma6_chance(residual, theta, directions, 71))


def lemma6_bound(fast: bool) -> Evidence:
    """Lemma 6 on random and adversarial states."""
    directions, theta = 4000 if fast else 40000, 0.5
    largest = 3 if fast else 6
    sizes = [(s, order) for s in range(1, largest + 1) for order in (3, 4)]
    found = list(_chances(sizes, theta, directions, 30 if fast else 150))
    fixed_sign = SymmetricCP([1.0], np.eye(3)[:, :1], 4).evaluate(
        random_unit_vectors(3, directions, np.random.default_rng(72))
    )

    def is_enough(chances: list[Chance]) -> bool:
        """The upper end of each interval is at least what is proved, in either form."""
        return all(
            chance.interval[1]
            >= max(anticoncentration(chance.order, theta), anticoncentration(chance.order, theta, chance.span))
            for chance in chances
        )

    least = min(chance.hits / chance.trials for chance in found)
    ratio = max(anticoncentration(c.order, theta, c.span) * c.trials / c.hits for c in found if c.span > 1)
    return Evidence(
        "bound",
        rf"rank-one, orthogonal, random and hard residuals at $s=1,\dots,{largest}$, $l=3,4$, {len(sizes)} pairs: the measured probability at "
        rf"$\theta=\frac12$, {directions} directions each (seed 71), against the proved one",
        is_enough,
        {"a fair sign": found},
        {r"a fixed sign $a=+1$ and $R=e_1^{\otimes4}$": [Chance(4, 3, int((fixed_sign < 0).sum()), directions)]},
        f"never below; the least was {least:.2f}, the largest proved/measured for $s\\ge2$ is {ratio:.2f}"
        + ("" if ratio >= 0.5 else ": constant not tested"),
    )


def kurtosis_exact(fast: bool) -> Evidence:
    """Hypercontractivity, the proof's one ingredient, at the Hermite polynomials, the worst of degree l.

    He_l^2 = sum_k C(l,k)^2 k! He_{2l-2k}, hence E He_l^4 = sum_k C(l,k)^4 k!^2 (2l-2k)!.
    """
    top = 20 if fast else 40
    kurtosis = {
        n: Fraction(
            sum(math.comb(n, k) ** 4 * math.factorial(k) ** 2 * math.factorial(2 * n - 2 * k) for k in range(n + 1)),
            math.factorial(n) ** 2,
        )
        for n in range(1, top + 1)
    }
    return Evidence(
        "bound",
        rf"$E\,He_l^4\le9^l(E\,He_l^2)^2$ exactly for $l\le{top}$",
        lambda base: all(value <= base**n for n, value in kurtosis.items()),
        {"$9^l$": 9},
        {"$7^l$": 7},
        "never above",
    )


def lemma6_measured(fast: bool) -> Evidence:
    """Lemma 6 as frequencies: at the measured constant every residual has its probability of a fifth."""
    directions, rounds, largest = (20000, 60, 3) if fast else (40000, 200, 6)
    sizes = [(s, order) for order in (3, 4) for s in range(1, largest + 1)]
    residuals = {size: dict(_residuals(*size, 80 + size[0], rounds)) for size in sizes}

    def least(drawn: tuple[float, list[tuple[int, int, str]]]) -> float:
        """The least lower end at so many times theta, over residuals given by (s, l, kind)."""
        times, some = drawn
        return min(
            proportion(*lemma6_chance(residuals[s, order][kind], times * measured_theta(order, s), directions, 81))[0]
            for s, order, kind in some
        )

    everywhere = [(s, order, kind) for (s, order), kinds in residuals.items() for kind in kinds]
    gammas = ", ".join(f"{measured_strength(3, s) * s**1.5:.2f}" for s, order in sizes if order == 3)
    thetas = ", ".join(str(measured_theta(3, s)) for s, order in sizes if order == 3)
    return Evidence(
        "measured",
        rf"$P[a\langle R_S,w^{{\otimes l}}\rangle\le-\theta_{{s,l}}\sqrt{{l!/M_s}}\,\|R_S\|]\ge{CHANCE:g}$ for the {len(sizes)} pairs "
        rf"$s=1,\dots,{largest}$, $l=3,4$, with $\theta_{{s,3}}={thetas}$; rank-one, orthogonal, "
        f"random and hard residuals, {directions} directions each (seed 81), Clopper–Pearson at 95%",
        lambda drawn: least(drawn) >= CHANCE,
        {r"$\theta_{s,l}$": (1.0, everywhere)},
        {
            rf"$1.6\,\theta_{{s,l}}$ for the hard residual at $s={s}$, $l={order}$": (1.6, [(s, order, "hard")])
            for s, order in sizes
            if s > 1
        },
        rf"in units of $s^{{-l/2}}$ the constants for $l=3$ are {gammas}",
        lambda drawn: f"the lower end is {math.floor(1000 * least(drawn)) / 1000:.3f}",
    )


def rms_measured(fast: bool) -> Iterator[Evidence]:
    """The root mean square correlation as frequencies."""
    directions = 40000 if fast else 1000000
    cases = ((3, 2, 10), (3, 3, 20), (4, 2, 6))
    squares: dict[tuple[int, int, int], tuple[np.ndarray, np.ndarray]] = {}
    for order, s, d in cases:
        rng = np.random.default_rng(90 + d)
        basis = np.linalg.qr(rng.standard_normal((d, s)))[0]
        core = SymmetricCP(rng.standard_normal(5), random_unit_vectors(s, 5, rng), order)
        core = core.scaled(1.0 / core.norm())
        inside = core.evaluate(random_unit_vectors(s, directions, rng)) ** 2
        full = (
            SymmetricCP(core.weights, basis @ core.factors, order).evaluate(random_unit_vectors(d, directions, rng))
            ** 2
        )
        squares[order, s, d] = (full, inside)
    limit = float(norm.ppf(1.0 - 0.05 / (2 * len(cases))))
    sizes = f"$(l,s,d)={','.join(f'({order},{s},{d})' for order, s, d in cases)}$, {directions} directions each (seeds 100, 110, 96)"

    def quotient(order: int, s: int, d: int) -> float:
        return gaussian_moment(s, order) / gaussian_moment(d, order)

    def agrees(law: tuple[Callable[[int, int, int], float], float, list[tuple[int, int, int]]]) -> bool:
        """Means within ``limit`` standard errors of a quotient, after ``shift`` standard errors are added to them."""
        share, shift, some = law
        for case in some:
            full, inside = squares[case]
            error = math.hypot(full.std(), share(*case) * inside.std()) / math.sqrt(directions)
            if abs(full.mean() + shift * error - share(*case) * inside.mean()) > limit * error:
                return False
        return True

    yield Evidence(
        "measured",
        rf"$E_d\langle R,w^{{\otimes l}}\rangle^2=\frac{{M_s}}{{M_d}}E_s\langle R,w^{{\otimes l}}\rangle^2$, random $R$ on $S$, {sizes}, normal intervals at "
        rf"95% for all {len(cases)} together ({limit:.2f} standard errors)",
        agrees,
        {"$M_s/M_d$": (quotient, 0.0, list(cases))},
        {
            "the same size in the full space as in $S$": (lambda order, s, d: 1.0, 0.0, list(cases)),
            **{f"a mean four standard errors larger at {case}": (quotient, 4.0, [case]) for case in cases},
        },
        "inside all of them",
    )

    def encloses(dimension: Callable[[int, int], int]) -> bool:
        """The mean in S lies between the extreme eigenvalues, up to three standard errors."""
        for (order, s, d), (_, inside) in squares.items():
            low, high = sphere_moment_bounds(dimension(s, d), order)
            spread = 3.0 * inside.std() / math.sqrt(directions)
            if not low - spread <= inside.mean() <= high + spread:
                return False
        return True

    yield Evidence(
        "measured",
        rf"$E_s\langle R,w^{{\otimes l}}\rangle^2$ between the extreme eigenvalues, {sizes}",
        encloses,
        {"those of $S$": lambda s, d: s},
        {r"those of $\mathbb R^d$": lambda s, d: d},
        "inside all of them",
    )
