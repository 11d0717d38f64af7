"""Checks of descent from a small start, of its end, and of two orders together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tdbook.beyond.emergence import (
    coupon_chance,
    found_and_won,
    late_run,
    late_slope,
    predicted_times,
    small_start,
    tied_flow,
)
from tdbook.beyond.mixture import Mixture
from tdbook.ledger.claims import Evidence
from tdbook.statistics import proportion

# --- coupons or greed ---------------------------------------------------------------------------------------


_WEIGHTS = np.append(np.ones(7), 0.5)


def _ends_as_the_winners_say(case: tuple[int, float, int, int]) -> bool:
    """In every run the terms found are the winners of the columns."""
    dimension, scale, order, runs = case
    return all(
        found == won
        for found, won in (found_and_won(_WEIGHTS, order, dimension, 16, scale, seed) for seed in range(runs))
    )


def coupons_run_by_run(fast: bool) -> Evidence:
    """Every run at d = r and a very small start."""
    runs = 2 if fast else 20
    return Evidence(
        "run",
        rf"$r=8$, one term of weight $\frac12$, $m=16$, $d=8$, $\delta=10^{{-8}}$, $l=3$ and 4, runs: {runs} each: the terms found are exactly the winners",
        _ends_as_the_winners_say,
        {f"$l={l}$": (8, 1e-8, l, runs) for l in (3, 4)},
        {r"$\delta=10^{-1}$": (8, 1e-1, 3, runs), "$d=10^4$, $\\delta=10^{-2}$": (10_000, 1e-2, 3, runs)},
    )


def coupon_chances(fast: bool) -> Evidence:
    """The chance that all terms are found, drawn without a run, against runs."""
    runs = 12 if fast else 60
    found = sum(len(found_and_won(_WEIGHTS, 3, 8, 16, 1e-6, seed)[0]) == 8 for seed in range(runs))
    low, high = proportion(found, runs)

    def within(chance: float) -> bool:
        return low <= chance <= high

    predicted = coupon_chance(_WEIGHTS, 16, 3)
    return Evidence(
        "measured",
        rf"$r=8$, one term of weight $\frac12$, $l=3$, $m=16$, $d=8$, $\delta=10^{{-6}}$, runs: {runs}: the chance of all terms by drawing winners lies in the 95% interval",
        within,
        {"the winners' chance": predicted},
        {
            "the chance with 64 columns": coupon_chance(_WEIGHTS, 64, 3),
            "the chance with 8 columns": coupon_chance(_WEIGHTS, 8, 3),
        },
        seen=f"predicted {predicted:.2f}, seen {found} of {runs}, interval {low:.2f} to {high:.2f}",
    )


# --- when -----------------------------------------------------------------------------------------------------


def time_ratios(dimension: int, scale: float, rank: int, components: int, seed: int, order: int = 4) -> np.ndarray:
    """Time seen over time predicted, for each term of weights 1, 1/2, ..., 1/r."""
    strengths = 1.0 / np.arange(1, rank + 1)
    mixture, U = small_start(strengths, {order: 1.0}, dimension, components, scale, seed)
    predicted = predicted_times(strengths, U[:rank] / scale, order, scale)
    run = tied_flow(mixture, U, 1.5 * float(predicted.max()), until_found=0.5)
    return run.found_at(order) / predicted


def emergence(fast: bool) -> Evidence:
    """Predicted times against those of runs."""
    cases = {"$d=1000$": (1000, 1e-3, 4, 16, 0, 0.05)}
    if not fast:
        cases |= {f"$d=1000$, start {seed}": (1000, 1e-3, 6, 24, seed, 0.05) for seed in (1, 2)}
        cases["$d=10^4$"] = (10_000, 1e-3, 4, 16, 0, 0.01)

    def as_predicted(case: tuple[int, float, int, int, int, float]) -> bool:
        dimension, scale, rank, components, seed, within = case
        return bool((np.abs(time_ratios(dimension, scale, rank, components, seed) - 1) < within).all())

    return Evidence(
        "run",
        r"$l=4$, weights $1/k$, $r=4$ or 6, $m=4r$, $\delta=10^{-3}$: every time within 5% at $d=1000$"
        + ("" if fast else ", within 1% at $d=10^4$"),
        as_predicted,
        cases,
        {
            r"$d=60$, $\delta=10^{-8}$": (60, 1e-8, 6, 24, 0, 0.05),
            "$d=1000$ within 1%": (1000, 1e-3, 4, 16, 0, 0.01),
        },
        seen="ratios at $d=1000$: " + ", ".join(f"{x:.2f}" for x in time_ratios(1000, 1e-3, 4, 16, 0)),
    )


# --- the end --------------------------------------------------------------------------------------------------


def late_rates(fast: bool) -> Evidence:
    """The power of t over the last decade of the flow."""
    seeds = range(1 if fast else 3)
    true = {
        f"$l={l}$, $m=r+{extra}$, start {seed}": (l, 3, 3, extra, seed)
        for l in (4, 6)
        for extra in ((1,) if fast else (1, 3))
        for seed in seeds
    }
    true |= {f"$l=2$ in one dimension more, start {seed}": (2, 2, 3, 1, seed) for seed in seeds}

    def like_one_over_t(case: tuple[int, int, int, int, int]) -> bool:
        order, rank, dimension, extra, seed = case
        run = late_run(order, rank, dimension, max(extra, 0), seed, opposite=extra < 0)
        return -1.1 < late_slope(run) < -0.9 and bool(run.errors()[-1] > 1e-10)

    return Evidence(
        "run",
        f"{len(true)} runs up to $t=10^5$, $r=3$ orthonormal terms of weight 1 and the extra columns short: the error falls with a power of $t$ between $-1.1$ and $-0.9$",
        like_one_over_t,
        true,
        {
            "$m=r$, $l=4$": (4, 3, 3, 0, 0),
            "$l=3$ in the span": (3, 3, 3, 1, 0),
            "$l=5$, two extra columns near $e_1$ and $-e_1$": (5, 2, 2, -2, 0),
        },
    )


def kept_quantity(fast: bool) -> Evidence:
    """y / x - log x along full runs at order 3, two columns sharing a term."""
    ratios = (0.5, 2.0) if fast else (0.1, 0.5, 1.0, 2.0)

    def stays(case: tuple[int, float, int]) -> bool:
        order, ratio, terms = case
        x, y = shared_column_course(order, ratio, 0.02, terms)
        kept = y / x - np.log(x)
        return bool(np.abs(kept - kept[0]).max() < 0.05)

    return Evidence(
        "run",
        rf"$l=3$, two columns at $e_1$, a term $e_2$, $d=3$, $v$ of length 0.02, $y_0/x_0={ratios[0]}$ to {ratios[-1]}, up to $t=10^6$: $y/x-\log x$ moves by less than 0.05",
        stays,
        {f"$y_0/x_0={ratio:g}$": (3, ratio, 2) for ratio in ratios},
        {"$l=4$": (4, 0.5, 2), "$l=3$ without the term $e_2$": (3, 0.5, 1)},
    )


def shared_column_course(
    order: int, ratio: float, size: float, terms: int = 2, horizon: float = 1e6
) -> tuple[np.ndarray, np.ndarray]:
    """Squares of the coordinates of v along e_2 and e_3 over time; ``ratio`` is y / x and ``size`` the length at the start."""
    inner = size / math.sqrt(1 + ratio)
    v = np.array([0.0, inner, math.sqrt(ratio) * inner])
    axes = np.eye(3)
    U = np.column_stack([(axes[0] + v / 2) / math.sqrt(2), (axes[0] - v / 2) / math.sqrt(2), *axes[1:terms]])
    times = np.append(0.0, np.logspace(1, math.log10(horizon), 40))
    run = tied_flow(Mixture({order: 1.0}, np.ones(terms), axes[:, :terms]), U, horizon, times, rtol=1e-10)
    gap = run.points[:, 1:, 0] / run.points[:, :1, 0] - run.points[:, 1:, 1] / run.points[:, :1, 1]
    # past the transient in which the columns settle around the term
    return gap[1:, 0] ** 2, gap[1:, 1] ** 2


# --- two orders -------------------------------------------------------------------------------------------------

TOGETHER, ALONE = {2: 0.5, 4: 0.5}, {4: 1.0}


def last_found(squares: dict[int, float], dimensions: Sequence[int], rank: int = 4, seed: int = 0) -> list[float]:
    """The time at which the last direction is found, for each dimension."""
    times = []
    for dimension in dimensions:
        mixture, U = small_start(np.ones(rank), squares, dimension, 4 * rank, 1e-3, seed)
        times.append(float(tied_flow(mixture, U, 10.0 * dimension, until_found=0.5, rtol=1e-6).found_at(4).max()))
    return times


def two_orders(fast: bool) -> Evidence:
    """How the time grows with the dimension."""
    dimensions = (100, 1000) if fast else (100, 1000, 10_000)

    def logarithmic(squares: dict[int, float]) -> bool:
        steps = np.diff([np.median([last_found(squares, [d], seed=seed) for seed in range(3)]) for d in dimensions])
        return bool((steps < 4.0).all())

    return Evidence(
        "measured",
        rf"$r=4$, $m=16$, $\delta=10^{{-3}}$, $d={dimensions[0]}$ to {dimensions[-1]}, medians of three starts: ten times the dimension adds less than 4 to the time",
        logarithmic,
        {"orders 2 and 4": TOGETHER},
        {"order 4 alone": ALONE},
    )
