"""Checks of lazy descent: it follows its linearisation, and leaves the floor in slow time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tdbook import lazy
from tdbook.lazy import descent as lazy_descent
from tdbook.ledger.claims import Control, Evidence
from tdbook.ledger.exact.moments import listed
from tdbook.tensors import SymmetricTensor, random_target
from tdbook.validation import Array

# ------------------------------------------------------------------------------------------------------ lazy-gd
Setting = Callable[[int, float], tuple[lazy_descent.Start, SymmetricTensor]]


def _exponents(
    setting: Setting, scales: list[float], orders: tuple[int, ...], steps: int
) -> tuple[float, float, float]:
    """Over orders: worst distance of the gap's exponent in alpha from -2; its mean; largest relative movement."""
    slopes, moved = [], 0.0
    for order in orders:
        worst = []
        for scale in scales:
            start, target = setting(order, scale)
            run = lazy_descent.lazy_descent(start, target, scale, range(1, steps + 1, max(1, steps // 20)))
            worst.append(float(run.gaps[1:].max()))
            moved = max(moved, float(run.moved[-1]))
        slopes.append(float(np.polyfit(np.log(scales), np.log(worst), 1)[0]))
    return max(abs(slope + 2.0) for slope in slopes), float(np.mean(slopes)), moved


def check_descent_follows(fast: bool) -> Evidence:
    scales = [40.0, 160.0] if fast else [30.0, 60.0, 120.0, 240.0]
    orders, steps, d, pairs = ((3, 4), 60, 5, 3) if fast else ((3, 4, 5), 300, 6, 4)

    def paired(order: int, scale: float) -> tuple[lazy_descent.Start, SymmetricTensor]:
        return lazy_descent.paired_start(d, pairs, 1), random_target(d, 2, order, rng=3)

    def centred(order: int, scale: float) -> tuple[lazy_descent.Start, SymmetricTensor]:
        start = lazy_descent.Start(lazy_descent.paired_start(d, pairs, 1).U[:, :pairs], np.ones(pairs))
        return start, lazy_descent.shifted_target(start, random_target(d, 2, order, rng=3), scale)

    def heavy(order: int, scale: float) -> tuple[lazy_descent.Start, SymmetricTensor]:
        start = lazy_descent.Start(lazy_descent.paired_start(d, 2 * pairs, 1).U[:, : 2 * pairs], np.ones(2 * pairs))
        return start, random_target(d, 2, order, rng=3)

    off, mean, _ = _exponents(paired, scales, orders, steps)
    off_centred, mean_centred, _ = _exponents(centred, scales, orders, steps)
    off_heavy, mean_heavy, moved_heavy = _exponents(heavy, scales, orders, steps)
    return Evidence(
        kind="run",
        what=f"l = {listed(orders)}, d = {d}, {pairs} pairs, rank 2, {steps} steps of $\\eta=1/\\mu_{{max}}$, largest gap "
        f"over the horizon, $\\alpha$ = {listed([int(s) for s in scales])}",
        holds=off < 0.1,
        seen=f"gap $\\propto\\alpha^{{{mean:.1f}}}$",
        controls=(
            Control(
                "exponent -2 with $T_0$ subtracted and no pairs",
                not off_centred < 0.1,
                f"gap $\\propto\\alpha^{{{mean_centred:.1f}}}$",
            ),
            Control(
                "large norm with $T_0\\neq0$",
                not off_heavy < 0.1 and moved_heavy > 0.1,
                f"gap $\\propto\\alpha^{{{mean_heavy:.1f}}}$, U moves by {moved_heavy:.0%} of its norm",
            ),
        ),
    )


# ------------------------------------------------------------------------------------------------- lazy-plateau
def _curves(
    scales: list[float], order: int, slow: Array, exponent: float = 2.0
) -> tuple[tuple[Array, list[float]], tuple[Array, list[float]]]:
    """Of the descent and of its linearisation: losses over the floor at the given values of eta k / alpha^exponent,
    and the step at which half of the floor is left."""
    start, target = lazy_descent.paired_start(6, 4, 1), random_target(6, 1, order, rng=3)
    line = lazy_descent.linearise(start, target)
    eta, floor = 1.0 / float(line.eigenvalues[-1]), line.floor(1.0)
    rows: tuple[list[Array], list[Array]] = ([], [])
    half: tuple[list[float], list[float]] = ([], [])
    for scale in scales:
        steps = np.unique(np.rint(slow * scale**exponent / eta).astype(int))
        run = lazy_descent.lazy_descent(start, target, scale, steps, eta, gaps=False)
        for which, losses in enumerate((run.losses / floor, run.linear_losses / floor)):
            rows[which].append(np.interp(slow, eta * run.steps / scale**exponent, losses))
            half[which].append(float(np.interp(-0.5, -losses, run.steps)))
    return (np.array(rows[0]), half[0]), (np.array(rows[1]), half[1])


def _collapses(rows: Array, half: list[float], scales: list[float]) -> tuple[bool, float, float]:
    """Whether the curves agree, leave the floor, and do so after a time ~ alpha^2; their spread and the exponent."""
    spread = float(np.ptp(rows, axis=0).max())
    exponent = float(np.polyfit(np.log(scales), np.log(half), 1)[0])
    return spread < 0.05 and abs(exponent - 2.0) < 0.1 and bool(rows[-1][-1] < 0.2), spread, exponent


def check_collapse(fast: bool) -> Evidence:
    order, scales = 3, ([3.0, 5.0] if fast else [4.0, 8.0, 16.0, 24.0])
    slow = np.linspace(0.1, 2.0, 39)
    (rows, half), (wall, wall_half) = _curves(scales, order, slow)
    holds, spread, exponent = _collapses(rows, half, scales)
    (wrong, _), _ = _curves(scales, order, slow, exponent=1.0)
    wrong_holds, wrong_spread, _ = _collapses(wrong, half, scales)
    wall_holds, _, _ = _collapses(wall, wall_half, scales)
    return Evidence(
        kind="run",
        what=f"l = {order}, d = 6, 4 pairs, rank 1, $\\alpha$ = {listed([int(s) for s in scales])}, losses over the lazy "
        "floor at slow times 0.1 to 2",
        holds=holds,
        seen=f"curves within {spread:.2f} of each other, {rows[-1][-1]:.2f} left at slow time 2; half the floor after a "
        f"number of steps $\\propto\\alpha^{{{exponent:.1f}}}$",
        controls=(
            Control("the clock $\\eta t/\\alpha$", not wrong_holds, f"curves differ by {wrong_spread:.1f}"),
            Control("the linearised model: a wall", not wall_holds, f"{wall[-1][-1]:.2f} left at slow time 2"),
        ),
    )


def _largest_mismatches(columns: Sequence[Callable[[lazy_descent.Start], Array]], scale: float) -> Array:
    """Largest relative distance, over slow times, between the loss and the lazy floor of each choice of columns."""
    start, target = lazy_descent.paired_start(6, 4, 1), random_target(6, 1, 3, rng=3)
    eta = 1.0 / float(lazy_descent.linearise(start, target).eigenvalues[-1])
    off = []
    for slow in (0.2, 0.5, 1.0, 1.5):
        run = lazy_descent.lazy_descent(start, target, scale, round(slow * scale**2 / eta), eta, gaps=False)
        floors = [float(lazy.squared_errors(chosen(run.final), 3, target.factors)[0]) / 2.0 for chosen in columns]
        off.append([abs(run.losses[-1] - floor) / floor for floor in floors])
    return np.max(off, axis=0)


def check_floor_of_present_columns(fast: bool) -> Evidence:
    scale = 5.0 if fast else 16.0
    middle, frozen = _largest_mismatches(
        [lambda final: final.U[:, :4] + final.U[:, 4:], lambda _: lazy_descent.paired_start(6, 4, 1).U[:, :4]], scale
    )
    return Evidence(
        kind="run",
        what=f"the same start and target, $\\alpha$ = {scale:g}, slow times 0.2 to 1.5: loss against "
        "$\\frac12\\|T^*-P_{S_s}T^*\\|^2$ at the middles s of the pairs",
        holds=bool(middle < 0.05),
        seen=f"equal to within {100 * middle:.1g}%",
        controls=(Control("the floor of the columns at the start", not frozen < 0.05, f"off by {frozen:.0%}"),),
    )
