"""Checks of lazy descent: it follows its linearisation, and leaves the floor in slow time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tdbook import lazy
from tdbook.lazy import descent as lazy_descent
from tdbook.ledger.claims import Evidence
from tdbook.ledger.exact.moments import listed
from tdbook.tensors import SymmetricCP, SymmetricTensor, random_target
from tdbook.validation import Array

# ------------------------------------------------------------------------------------------------------ lazy-gd
Setting = Callable[[int, float], tuple[lazy_descent.Start, SymmetricTensor]]


@dataclass(frozen=True)
class Gap:
    """How the largest gap between descent and its linearisation depends on alpha, at each order."""

    slopes: tuple[float, ...]
    moved: float

    @property
    def words(self) -> str:
        return f"gap $\\propto\\alpha^{{{np.mean(self.slopes):.1f}}}$, U moves by up to {self.moved:.0%} of its norm"


def _gap(setting: Setting, scales: list[float], orders: tuple[int, ...], steps: int) -> Gap:
    slopes, moved = [], 0.0
    for order in orders:
        worst = []
        for scale in scales:
            start, target = setting(order, scale)
            run = lazy_descent.lazy_descent(start, target, scale, range(1, steps + 1, max(1, steps // 20)))
            worst.append(float(run.gaps[1:].max()))
            moved = max(moved, float(run.moved[-1]))
        slopes.append(float(np.polyfit(np.log(scales), np.log(worst), 1)[0]))
    return Gap(tuple(slopes), moved)


def _is_lazy(gap: Gap) -> bool:
    """The gap falls as alpha^-2 at every order."""
    return all(abs(slope + 2.0) < 0.1 for slope in gap.slopes)


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

    found = {
        name: _gap(setting, scales, orders, steps)
        for name, setting in (("paired", paired), ("centred", centred), ("heavy", heavy))
    }
    return Evidence(
        "run",
        f"l = {listed(orders)}, d = {d}, {pairs} pairs, rank 2, {steps} steps of $\\eta=1/\\mu_{{max}}$, largest gap "
        f"over the horizon, $\\alpha$ = {listed([int(s) for s in scales])}: exponent $-2$ to 0.1",
        _is_lazy,
        {"paired columns": found["paired"]},
        {"$T_0$ subtracted and no pairs": found["centred"], "large norm with $T_0\\neq0$": found["heavy"]},
        found["paired"].words,
        lambda gap: gap.words,
    )


# ------------------------------------------------------------------------------------------------- lazy-plateau
@dataclass(frozen=True)
class Case:
    """A start and a target, and the output scales at which the descent from it is followed."""

    order: int
    rank: int
    seed: int
    scales: tuple[float, ...]

    @property
    def words(self) -> str:
        return (
            f"l = {self.order}, rank {self.rank}, seed {self.seed}, $\\alpha$ = {listed([int(s) for s in self.scales])}"
        )

    def start(self) -> tuple[lazy_descent.Start, SymmetricCP]:
        start = lazy_descent.paired_start(6, 4, self.seed)
        return start, random_target(6, self.rank, self.order, rng=self.seed + 2)


# Beyond the first case: another seed, order 4, and two terms.
PLATEAUS = [Case(3, 1, 2, (8.0, 16.0)), Case(4, 1, 1, (8.0, 16.0)), Case(3, 2, 1, (8.0, 16.0))]
_SLOW = np.linspace(0.1, 2.0, 39)


@dataclass(frozen=True)
class Curves:
    """Losses over the floor at the slow times, a row for each alpha, and the step at which half of the floor is left."""

    rows: Array
    half: tuple[float, ...]
    scales: tuple[float, ...]

    @property
    def spread(self) -> float:
        return float(np.ptp(self.rows, axis=0).max())

    @property
    def exponent(self) -> float:
        return float(np.polyfit(np.log(self.scales), np.log(self.half), 1)[0])

    @property
    def words(self) -> str:
        return f"curves within {self.spread:.2f}, {self.rows[-1][-1]:.2f} left at slow time 2, exponent {self.exponent:.1f}"


def _curves(case: Case, exponent: float = 2.0) -> dict[str, Curves]:
    """Of the descent and of its linearisation, at given values of eta k / alpha^exponent."""
    start, target = case.start()
    line = lazy_descent.linearise(start, target)
    eta, floor = 1.0 / float(line.eigenvalues[-1]), line.floor(1.0)
    rows: dict[str, list[Array]] = {"descent": [], "linear": []}
    half: dict[str, list[float]] = {"descent": [], "linear": []}
    for scale in case.scales:
        steps = np.unique(np.rint(_SLOW * scale**exponent / eta).astype(int))
        run = lazy_descent.lazy_descent(start, target, scale, steps, eta, gaps=False)
        for which, losses in (("descent", run.losses / floor), ("linear", run.linear_losses / floor)):
            rows[which].append(np.interp(_SLOW, eta * run.steps / scale**exponent, losses))
            half[which].append(float(np.interp(-0.5, -losses, run.steps)))
    return {which: Curves(np.array(rows[which]), tuple(half[which]), case.scales) for which in rows}


def _collapses(curves: Curves) -> bool:
    """The curves agree, leave the floor by a good part, and lose half of it after a time ~ alpha^2."""
    return curves.spread < 0.05 and abs(curves.exponent - 2.0) < 0.1 and bool(curves.rows[-1][-1] < 0.3)


def check_collapse(fast: bool) -> Evidence:
    cases = [Case(3, 1, 1, (3.0, 5.0) if fast else (4.0, 8.0, 16.0, 24.0))]
    if not fast:
        cases += PLATEAUS
    found = {case.words: _curves(case) for case in cases}
    first = next(iter(found.values()))
    return Evidence(
        "run",
        f"d = 6, 4 pairs, {len(cases)} starts and targets, losses over the lazy floor at slow times 0.1 to 2: "
        + "; ".join(found),
        _collapses,
        {name: curves["descent"] for name, curves in found.items()},
        {
            "the clock $\\eta t/\\alpha$": _curves(cases[0], exponent=1.0)["descent"],
            "the linearised model: a wall": first["linear"],
        },
        "; ".join(curves["descent"].words for curves in found.values()),
        lambda curves: curves.words,
    )


Columns = Callable[[lazy_descent.Start], Array]


def _largest_mismatch(columns: Columns, scale: float) -> float:
    """Largest relative distance, over slow times, between the loss and the lazy floor of chosen columns."""
    start, target = lazy_descent.paired_start(6, 4, 1), random_target(6, 1, 3, rng=3)
    eta = 1.0 / float(lazy_descent.linearise(start, target).eigenvalues[-1])
    off = 0.0
    for slow in (0.2, 0.5, 1.0, 1.5):
        run = lazy_descent.lazy_descent(start, target, scale, round(slow * scale**2 / eta), eta, gaps=False)
        floor = float(lazy.squared_errors(columns(run.final), 3, target.factors)[0]) / 2.0
        off = max(off, abs(float(run.losses[-1]) - floor) / floor)
    return off


def check_floor_of_present_columns(fast: bool) -> Evidence:
    scale = 5.0 if fast else 16.0

    def middles(final: lazy_descent.Start) -> Array:
        return final.U[:, :4] + final.U[:, 4:]

    def at_the_start(_: lazy_descent.Start) -> Array:
        return lazy_descent.paired_start(6, 4, 1).U[:, :4]

    def is_the_loss(columns: Columns) -> bool:
        return _largest_mismatch(columns, scale) < 0.05

    return Evidence(
        "run",
        f"the start and target of l = 3, rank 1, seed 1, $\\alpha$ = {scale:g}, slow times 0.2 to 1.5: loss against "
        "$\\frac12\\|T^*-P_{S_s}T^*\\|^2$ at the middles s of the pairs",
        is_the_loss,
        {"the middles of the pairs": middles},
        {"the floor of the columns at the start": at_the_start},
        "equal to within 5%",
        lambda columns: f"off by {_largest_mismatch(columns, scale):.0%}",
    )
