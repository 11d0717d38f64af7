"""Checks of Section 3.3 and Appendix B by real runs: leaving a trap, returning to it, getting stuck."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from math import pi

import numpy as np
from scipy.optimize import minimize

from tdbook.landscape import (
    algorithm_from_trap,
    arrows_minimum,
    descend,
    homogeneous_trap,
    level_path,
    orthogonal_target,
    plain_descent,
    vanilla_trap,
)
from tdbook.ledger.claims import Evidence
from tdbook.ledger.exact import polynomials as rational
from tdbook.ledger.traps.shared import target_polynomial
from tdbook.statistics import proportion
from tdbook.tensors import random_unit_vectors

# --- thm2-not-strict --------------------------------------------------------------------------------------


def check_level_path_in_fractions(fast: bool) -> Evidence:
    """The path at rational points: u_i = e_1, c_i = 1/m; the second component takes over through its coefficient."""
    orders = (3, 4, 5) if fast else (3, 4, 5, 6, 7)
    r, m = 2, 3
    pole = [Fraction(k == 0) for k in range(r + 1)]

    def value(order: int, shrunk: Fraction, first: list[Fraction], c: Fraction) -> Fraction:
        """f with the first component c first^{(x) l} and the second coefficient making up for (1 - shrunk) e_1."""
        weights = [c, Fraction(2, m) - Fraction(1, m) * (1 - shrunk) ** order, Fraction(1, m)]
        return rational.half_square(rational.powers(weights, [first, pole, pole], order), target_polynomial(order, r))

    def level(order: int) -> bool:
        wanted = Fraction(order * (order - 1) * r, 4)
        shrinking = [
            value(order, t, [(1 - t) * x for x in pole], Fraction(1, m)) for t in (Fraction(k, 5) for k in range(6))
        ]
        zero = [Fraction(0)] * (r + 1)
        changing = [value(order, Fraction(1), zero, Fraction(k, m)) for k in (1, 0, -1)]
        return all(found == wanted for found in shrinking + changing)

    def descends(order: int, flip: str) -> bool:
        """f along t (side, 1, 0), from the zero component, below the trap's value at every small t > 0."""
        side = 1 if flip == "flipped" or order % 2 == 0 else -1
        c = Fraction(-1 if flip == "flipped" else 1, m)
        heading = [Fraction(side), Fraction(1)] + [Fraction(0)] * (r - 1)
        small = (Fraction(k, 8) for k in (1, 2, 3))
        return all(
            value(order, Fraction(1), [t * x for x in heading], c) < Fraction(order * (order - 1) * r, 4) for t in small
        )

    return Evidence(
        "exact",
        f"values along the path in fractions, $l=3,\\dots,{orders[-1]}$, $r=2$, $m=3$; the sign changes for even $l$ only",
        lambda case: level(case[0]) and descends(*case),
        {f"$l={order}$": (order, "kept" if order % 2 else "flipped") for order in orders},
        {
            f"$l={order}$ without a change of sign (the printed account)": (order, "kept")
            for order in orders
            if order % 2 == 0
        },
        "equal to $l(l-1)r/4$ up to the zero component, smaller beyond it",
    )


def check_descent_from_the_path(fast: bool) -> Evidence:
    """Descent started a little beyond the zero component wins; started near the trap it returns."""
    orders = (3, 4) if fast else (3, 4, 5)
    steps = 1500 if fast else 4000

    def wins(order: int, where: str) -> bool:
        trap = vanilla_trap(order, 1, 4, 2)
        if where == "trap":
            move = random_unit_vectors(trap.U.size, 1, np.random.default_rng(order)).reshape(trap.U.shape)
            run = descend(trap, trap.U + 0.3 * trap.certified_radius * move, steps=steps)
        else:
            path = level_path(trap, 21, flip=False if where == "no flip" else None)
            start = int(np.flatnonzero(path.stage == 2)[7])
            run = descend(trap, path.U[start], path.c[start], steps=steps)
        return bool(run.losses[-1] < trap.value - 0.1)

    return Evidence(
        "run",
        f"vanilla descent, $l=3,\\dots,{orders[-1]}$, $r=1$, $m=4$, $d=2$, {steps} steps, from a third of the way down "
        "the last stretch",
        lambda case: wins(*case),
        {f"$l={order}$": (order, "path") for order in orders},
        {
            **{f"$l={order}$, a start 0.3 certified radii from the trap": (order, "trap") for order in orders},
            "$l=4$ without the change of sign": (4, "no flip"),
        },
        "ends more than 0.1 below the trap",
    )


def _largest_fall(order: int, r: int) -> float:
    """How far f falls from the zero component, over all directions in the plane of e_1 and e_2 and all lengths."""
    trap = vanilla_trap(order, r, 3, r + 1)
    path = level_path(trap, 3)
    start = int(np.flatnonzero(path.stage == 2)[0])
    U, c = path.U[start].copy(), path.c[start]

    def change(at: np.ndarray) -> float:
        U[:, 0] = 0.0
        U[:2, 0] = at[1] * np.cos(at[0]), at[1] * np.sin(at[0])
        return float(trap.loss(U, c)) - trap.value

    starts = [(angle, length) for angle in np.arange(0.1, pi, 0.3) for length in (0.5, 1.5)]
    polished = sorted(starts, key=lambda at: change(np.array(at)))[:3]
    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 800}
    return -min(float(minimize(change, at, method="Nelder-Mead", options=options).fun) for at in polished)


def check_fall(fast: bool) -> Evidence:
    """The fall after the zero component, by minimising over the direction and the length."""
    sizes = [(3, 1), (4, 2)] if fast else [(order, r) for order in (3, 4, 5, 6, 7) for r in (1, 2, 3)]
    falls = {size: _largest_fall(*size) for size in sizes}

    def is_the_fall(k: Callable[[int], float]) -> bool:
        return all(abs(fall - k(order) ** 2 / 2) < 1e-8 for (order, _), fall in falls.items())

    return Evidence(
        "exact",
        f"the lowest value in the plane of $e_1$ and $e_2$ beyond the zero component, by descent over direction and length (Nelder–Mead from a grid), "
        f"at {len(sizes)} pairs of $l$ and $r$ up to $l={sizes[-1][0]}$, $m=3$: $\\frac12k^2$ below the trap",
        is_the_fall,
        {r"$k=(l-1)((l-2)/l)^{(l-2)/2}$": lambda order: (order - 1) * ((order - 2) / order) ** ((order - 2) / 2)},
        {
            r"exponent $l-2$": lambda order: (order - 1) * ((order - 2) / order) ** (order - 2),
            r"factor $l$": lambda order: order * ((order - 2) / order) ** ((order - 2) / 2),
            r"the fall $k^2$": lambda order: 2**0.5 * (order - 1) * ((order - 2) / order) ** ((order - 2) / 2),
        },
        "equal to 1e-8",
    )


# --- thm2, thm2-homogeneous: descent returns --------------------------------------------------------------


def check_descent_returns(fast: bool) -> Evidence:
    """From inside the certified region descent stays in the cone and ends at the trap's value."""
    orders = (3, 4) if fast else (3, 4, 5)
    seeds, steps = (1, 600) if fast else (4, 3000)

    def returns(order: int, vanilla: bool, share: float, seed: int) -> bool:
        trap = vanilla_trap(order, 1, 4, 3) if vanilla else homogeneous_trap(order, 1, 4, 3, 0.1)
        reach = (
            trap.certified_radius if np.isfinite(trap.certified_radius) else float(np.linalg.norm(trap.U, axis=0).min())
        )
        move = random_unit_vectors(trap.U.size, 1, np.random.default_rng(seed)).reshape(trap.U.shape)
        run = descend(trap, trap.U + share * reach * move, steps=steps)
        falls = bool((np.diff(run.losses) <= 1e-9).all())
        return falls and bool(run.in_cone.all()) and abs(run.losses[-1] - trap.value) < 1e-3 * trap.value

    cases = [(order, vanilla, seed) for order in orders for vanilla in (True, False) for seed in range(seeds)]

    def all_return(starts: tuple[float, list[tuple[int, bool, int]]]) -> bool:
        share, some = starts
        return all(returns(order, vanilla, share, seed) for order, vanilla, seed in some)

    return Evidence(
        "run",
        f"plain descent from 0.4 certified radii, both models, $l=3,\\dots,{orders[-1]}$, $r=1$, $m=4$, $d=3$, "
        f"{len(cases)} starts of {steps} steps, checked at every step",
        all_return,
        {"starts at 0.4 certified radii": (0.4, cases)},
        {"starts at 2.5 certified radii": (2.5, [(3, True, seed) for seed in range(6)])},
        "the loss never rises, every step lies in the cone, the end is within 0.1% of $f_0$",
    )


# --- thm2-homogeneous, re-z3: Algorithm 1 -----------------------------------------------------------------


def check_algorithm_escapes(fast: bool) -> Evidence:
    """Same instances, with and without re-initialisation."""
    seeds, epochs, plain = (1, 8, 1) if fast else (20, 12, 3)
    cases = [(order, seed) for order in (3, 4, 5) for seed in range(seeds)]

    def escapes(renew: bool) -> list[bool]:
        return [
            algorithm_from_trap(
                homogeneous_trap(order, 1, 4, 4, 0.05),
                seed,
                reinitialize_component=renew,
                epochs=epochs if renew else plain,
                stop=True,
            ).escaped
            is not None
            for order, seed in cases
        ]

    with_it, without = escapes(True), escapes(False)
    return Evidence(
        "run",
        f"Algorithm 1 from the trap, $l=3,4,5$, $r=1$, $m=4$, $d=4$, $\\lambda=0.05$, starts per order: {seeds}, at most "
        f"{epochs} epochs of 2000 iterations",
        all,
        {"with re-initialisation": with_it},
        {"the same starts without re-initialisation": without},
        f"{sum(with_it)} of {len(with_it)} escape",
        lambda escaped: f"{sum(escaped)} of {len(escaped)} escape",
    )


def _within(low: float, high: float, chance: float) -> bool:
    return low <= chance <= high


def check_escape_probability(fast: bool) -> Iterator[Evidence]:
    """Probability that one epoch from the trap escapes, in the plane, where it can be predicted."""
    trials = 16 if fast else 100
    # boost 1: gradient flow predicts the angles outside the basin of e_1 for l = 3, half of the draws for l = 4, 5
    predicted = {3: 1.0 - np.arccos((3 + 0.05) ** -0.5) / np.pi, 4: 0.5, 5: 0.5}
    for order in (3,) if fast else (3, 4, 5):
        trap = homogeneous_trap(order, 1, 12, 2, 0.05)
        count = sum(
            algorithm_from_trap(trap, seed, epochs=1, iterations=600, boost=1.0, nudge=0.01).escaped is not None
            for seed in range(trials)
        )
        low, high = proportion(count, trials)
        yield Evidence(
            "measured",
            f"one epoch from the trap in the plane, $l={order}$, $m=12$, $\\lambda=0.05$, 600 iterations, no boost, {trials} seeds; "
            f"predicted {predicted[order]:.3f}",
            partial(_within, low, high),
            {"the predicted chance": float(predicted[order])},
            {"chance 1/6, all that Lemma 1 promises": 1 / 6, "chance 0.98": 0.98},
            f"{count} of {trials}, 95% interval {low:.2f} to {high:.2f}",
        )


def check_global_minimum_is_reached(fast: bool) -> Evidence:
    """Re z^3: Algorithm 1 from the trap ends at the closed-form global minimum."""
    seeds, epochs = (1, 5) if fast else (10, 12)
    lam = 0.05
    trap = homogeneous_trap(3, 1, 6, 3, lam)
    runs = [algorithm_from_trap(trap, seed, epochs=epochs) for seed in range(seeds)]
    plain = [algorithm_from_trap(trap, seed, epochs=2, reinitialize_component=False) for seed in range(seeds)]
    minimum = arrows_minimum(1, lam)

    def reach(ends: tuple[list, float]) -> bool:
        """The best epoch of every run ends within 0.001 of a value, and none below it."""
        results, value = ends
        return all(-1e-6 < result.ends.min() - value < 1e-3 for result in results)

    return Evidence(
        "run",
        f"Algorithm 1 from the trap, $l=3$, $r=1$, $m=6$, $d=3$, $\\lambda=0.05$, starts: {seeds}, {epochs} epochs each",
        reach,
        {"the formula": (runs, minimum)},
        {"without re-initialisation": (plain, minimum), r"the value $\lambda$ in place of the formula": (runs, lam)},
        f"best epoch within 0.001 of {minimum:.3f}, none below it; the trap lies at {trap.value:.3f}",
        lambda ends: f"ends at {ends[0][0].ends.min():.3f}",
    )


# --- orthogonal-stuck -------------------------------------------------------------------------------------


def _thins_out(stalled: Mapping[int, tuple[int, int]]) -> bool:
    """Of pairs (stalled, starts) by m/r: a sizeable part at m = r, clearly fewer beyond, none at the largest m."""
    share = {factor: proportion(*counts) for factor, counts in stalled.items()}
    if not share[1][0] > 0.05:
        return False
    if not all(share[factor][1] < share[1][0] for factor in stalled if factor > 1):
        return False
    return stalled[max(stalled)][0] == 0


def check_stuck_fractions(fast: bool) -> Iterator[Evidence]:
    """How many random starts of plain descent stall."""
    cases = [(3, 3, 30, (1, 4), 0.1, 7)] if fast else [
        (order, r, 100, (1, 2, 4, 8), 0.02, seed) for order, r, seed in ((3, 4, 7), (4, 4, 7), (3, 3, 8))
    ]  # fmt: skip
    for order, r, starts, factors, eta, seed in cases:
        target = orthogonal_target(r, order)
        found = {factor: plain_descent(target, factor * r, starts, rng=seed, step_size=eta) for factor in factors}
        counts = {factor: (fates.stalled, starts) for factor, fates in found.items()}
        yield Evidence(
            "measured",
            f"$T^*=\\sum_ie_i^{{\\otimes {order}}}/\\sqrt{{{r}}}$, $d=r={r}$, $f_v$ in $(U,C)$, {starts} starts of norm 0.5 with "
            rf"$c_i=1$ (seed {seed}), $\eta={eta}$, at most 200000 steps; stalled: gradient below 1e-5 at error above 0.01, for as many steps again",
            _thins_out,
            {"the counts": counts},
            {
                "as many at $m=4r$ as at $m=r$": {**counts, 4: counts[1]},
                f"one at $m={factors[-1]}r$": {**counts, factors[-1]: (1, starts)},
                "one in a hundred at $m=r$": {**counts, 1: (1, 100)},
                "as many at $m=2r$ as at $m=r$": {**counts, 2: counts[1]},
            },
            "; ".join(
                f"$m={factor}r$: {fates.stalled} stalled, {fates.unfinished} unfinished, interval "
                + " to ".join(f"{end:.2f}" for end in proportion(*counts[factor]))
                for factor, fates in found.items()
            ),
        )
