"""Claims of Section 5.2 about the luck of a draw: the size of a random correlation, and Lemma 6."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from tdbook.ledger.claims import Control, Evidence
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


def _residuals(s: int, order: int, seed: int, hard_rounds: int) -> Iterator[tuple[str, SymmetricCP]]:
    rng = np.random.default_rng(seed)
    e = np.eye(s)
    yield "rank one", SymmetricCP([1.0], e[:, :1], order)
    yield "orthogonal", SymmetricCP(np.ones(s), e, order)
    yield "random", SymmetricCP(rng.standard_normal(4 * s), random_unit_vectors(s, 4 * s, rng), order)
    yield "hard", hard_residual(s, order, rng, rounds=hard_rounds)


def lemma6_bound(fast: bool) -> Evidence:
    """Lemma 6 on random and adversarial states."""
    count = 4000 if fast else 40000
    theta = 0.5
    sizes = [(s, order) for s in ((1, 2, 3) if fast else (1, 2, 3, 4, 5, 6)) for order in (3, 4)]
    sound, least = True, 1.0
    for s, order in sizes:
        for _, residual in _residuals(s, order, 70 + s, 30 if fast else 150):
            hits, trials = lemma6_chance(residual, theta, count, 71)
            high = proportion(hits, trials)[1]
            sound = sound and high >= anticoncentration(order, theta) and high >= anticoncentration(order, theta, s)
            least = min(least, hits / trials)
    # hypercontractivity, the proof's one ingredient, at the Hermite polynomials, the worst of degree l:
    # He_l^2 = sum_k C(l,k)^2 k! He_{2l-2k}, hence E He_l^4 = sum_k C(l,k)^4 k!^2 (2l-2k)!
    kurtosis = [
        Fraction(
            sum(math.comb(n, k) ** 4 * math.factorial(k) ** 2 * math.factorial(2 * n - 2 * k) for k in range(n + 1)),
            math.factorial(n) ** 2,
        )
        for n in range(1, 41)
    ]
    gaussian = all(value <= 9**n for n, value in enumerate(kurtosis, 1))
    tighter = all(value <= 6**n for n, value in enumerate(kurtosis, 1))
    fixed_sign = SymmetricCP([1.0], np.eye(3)[:, :1], 4).evaluate(
        random_unit_vectors(3, count, np.random.default_rng(72))
    )
    return Evidence(
        kind="bound",
        what=rf"rank-one, orthogonal, random and hard residuals at $s={'1,2,3' if fast else '1,…,6'}$, $l=3,4$: the measured probability at "
        rf"$\theta=\frac12$, {count} directions each (seed 71), against the proved one; and $E\,He_l^4\le9^l(E\,He_l^2)^2$ exactly for $l\le40$",
        holds=sound and gaussian,
        seen=f"never below; the least was {least:.2f}, the proved one is {anticoncentration(3, theta):.5f} ($l=3$)",
        controls=(
            Control(
                r"a fixed sign $a=+1$ and $R=e_1^{\otimes4}$",
                proportion(int((fixed_sign < 0).sum()), count)[1] < anticoncentration(4, theta, 3),
                "the correlation is never negative",
            ),
            Control(r"$6^l$ for $9^l$", not tighter),
        ),
    )


def lemma6_measured(fast: bool) -> Iterator[Evidence]:
    """Lemma 6 as frequencies."""
    count, rounds = (20000, 60) if fast else (40000, 200)
    sizes = [(s, order) for order in (3, 4) for s in ((1, 2, 3) if fast else (1, 2, 3, 4, 5, 6))]
    enough, refused, lows = True, 0, []
    for s, order in sizes:
        names = dict(_residuals(s, order, 80 + s, rounds))
        for residual in names.values():
            low, _ = proportion(*lemma6_chance(residual, measured_theta(order, s), count, 81))
            enough = enough and low >= 0.2
            lows.append(low)
        refused += proportion(*lemma6_chance(names["hard"], 2.0 * measured_theta(order, s), count, 82))[1] < 0.2
    gammas = ", ".join(f"{measured_strength(3, s) * s**1.5:.2f}" for s, order in sizes if order == 3)
    yield Evidence(
        kind="measured",
        what=rf"$P[a\langle R_S,w^{{\otimes l}}\rangle\le-\theta_{{s,l}}\sqrt{{l!/M_s}}\,\|R_S\|]\ge\frac15$ for the {len(sizes)} pairs "
        rf"$s={'1,2,3' if fast else '1,…,6'}$, $l=3,4$, with $\theta_{{s,3}}={measured_theta(3, 1)}, {measured_theta(3, 2)}, {measured_theta(3, 3)},\dots$; rank-one, orthogonal, "
        f"random and hard residuals, {count} directions each (seed 81), Clopper–Pearson at 95%",
        holds=enough,
        seen=rf"every lower end is at least {math.floor(100 * min(lows)) / 100:.2f}; in units of $s^{{-l/2}}$ the constants for $l=3$ are {gammas}",
        controls=(
            Control(
                r"$2\theta_{s,l}$ for the hard residuals",
                refused >= len(sizes) - 2,
                f"the interval lies below 1/5 in {refused} of {len(sizes)}",
            ),
        ),
    )


def rms_measured(fast: bool) -> Evidence:
    """The root mean square correlation as frequencies."""
    count = 40000 if fast else 1000000
    z: list[float] = []
    wrong: list[float] = []
    for order, s, d in ((3, 2, 10), (3, 3, 20), (4, 2, 6)):
        rng = np.random.default_rng(90 + d)
        basis = np.linalg.qr(rng.standard_normal((d, s)))[0]
        core = SymmetricCP(rng.standard_normal(5), random_unit_vectors(s, 5, rng), order)
        core = core.scaled(1.0 / core.norm())
        low, high = sphere_moment_bounds(s, order)
        inside = core.evaluate(random_unit_vectors(s, count, rng)) ** 2  # tested against the extreme eigenvalues, too
        full = SymmetricCP(core.weights, basis @ core.factors, order).evaluate(random_unit_vectors(d, count, rng)) ** 2
        ratio = gaussian_moment(s, order) / gaussian_moment(d, order)
        error = math.hypot(full.std(), ratio * inside.std()) / math.sqrt(count)
        z.append(abs(full.mean() - ratio * inside.mean()) / error)
        wrong.append(abs(full.mean() - inside.mean()) / error)
        spread = 3.0 * inside.std() / math.sqrt(count)
        z.append(0.0 if low - spread <= inside.mean() <= high + spread else math.inf)
    return Evidence(
        kind="measured",
        what=rf"$E_d\langle R,w^{{\otimes l}}\rangle^2=\frac{{M_s}}{{M_d}}E_s\langle R,w^{{\otimes l}}\rangle^2$ and the bounds on the latter, random $R$ "
        rf"on $S$, $(l,s,d)=(3,2,10),(3,3,20),(4,2,6)$, {count} directions each (seeds 100, 110, 96), normal intervals at 95% for all three together (2.39 standard errors)",
        holds=max(z) < 2.39,
        seen="inside all three",
        controls=(Control("the same size in the full space as in $S$", min(wrong) > 5.0, "far outside all three"),),
    )
