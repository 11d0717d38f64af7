"""Checks of the single steps in the proof of Theorem 3: the walk, what lies in S, and what stays bounded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tdbook.descent import Settings
from tdbook.ledger.claims import Evidence
from tdbook.ledger.escape import inside
from tdbook.ledger.runs import FAST, FULL, Tally, percent, random_points, runs
from tdbook.lemmas import Inequality, component_outside, epochs, plan, residual_outside
from tdbook.objectives import Parameters
from tdbook.tensors import SymmetricCP, SymmetricTensor

# --- the walk -----------------------------------------------------------------------------------------------


def _survival(K: int, most_falls: int, choices: tuple[float, ...]) -> float:
    """The largest chance of at most so many lucky epochs of K, if the chance of each is chosen knowing all before it."""
    values = (np.arange(K + 1) <= most_falls).astype(float)
    for k in range(K - 1, -1, -1):
        lucky, unlucky = values[1 : k + 2], values[: k + 1]
        values = np.max([p * lucky + (1.0 - p) * unlucky for p in choices], axis=0)
    return float(values[0])


def _stays(K: int, chance: float, choices: tuple[float, ...], rise: float = 0.125) -> float:
    """The chance that f stays positive for K epochs, with Delta such that K is the number of the proposition."""
    fall = 0.51 / (0.775 * chance * K)
    return _survival(K, math.floor((0.51 + K * rise * chance * fall) / fall), choices)


def walk_bound(fast: bool) -> Evidence:
    """The proposition against the worst adversary, computed exactly by dynamic programming."""
    cases = (
        [(400, 0.5), (900, 1 / 6)] if fast else [(400, 0.5), (2000, 0.5), (1000, 1 / 6), (6000, 1 / 6), (4000, 0.05)]
    )

    K, p = cases[1]

    def rare(law: tuple[int, float, float]) -> bool:
        """Whether a probability that f goes on for K epochs is at most exp(-K p' / 200)."""
        count, chance, probability = law
        return probability <= math.exp(-count * chance / 200.0)

    worst = {case: _stays(*case, (case[1], (1.0 + case[1]) / 2.0, 1.0)) for case in cases}
    return Evidence(
        "bound",
        rf"the largest probability that $f$ goes on for $K$ epochs, over all ways to choose the chance of each epoch among $p'$, $\frac12(1+p')$ and 1 knowing "
        rf"what happened before, by dynamic programming; $(K,p')$ at {len(cases)} pairs up to $K={max(K for K, _ in cases)}$",
        rare,
        {f"$K={case[0]}$, $p'={case[1]:.3g}$": (*case, found) for case, found in worst.items()},
        {
            r"a chance of $\frac45p'$ in some epochs": (K, p, _stays(K, p, (0.8 * p, 1.0))),
            r"the chance is $p'$ in the mean only: all epochs lucky, or none": (K, p, 1.0 - p),
            r"$\chi=\frac12p'\Delta$": (K, p, _stays(K, p, (p, 1.0), 0.5)),
        },
        f"largest ratio to the bound {max(found / math.exp(-K * p / 200.0) for (K, p), found in worst.items()):.2f}",
    )


# --- what lies in S -----------------------------------------------------------------------------------------


def _tilted() -> Iterator[tuple[Parameters, SymmetricCP]]:
    """One column that leaves S by a small angle: the bound becomes sharp."""
    for order in (3, 4, 5):
        target = SymmetricCP([1.0], [[1.0], [0.0]], order)
        for angle in (1.0, 0.1, 0.01):
            yield Parameters.two_homogeneous([[math.cos(angle)], [math.sin(angle)]], [1.0]), target


def residual_bound(fast: bool) -> Evidence:
    """||T - P_S T|| against sqrt(l) N ||P_B U||, at random points and where the two are nearest."""
    count = 100 if fast else 4000
    states = [(point, target) for point, target, _ in random_points(count, 142)]
    found = [residual_outside(point, target) for point, target in [*states, *_tilted()]]

    def holds(times: float) -> bool:
        return all(Inequality(i.left, times * i.right, scale=i.scale).holds for i in found)

    ratio = max(i.left / i.right for i in found if i.right > 1e-9 * i.scale)
    return Evidence(
        "bound",
        rf"{count} random points, $l=3,4,5$ (seed 142), and one column at small angles to $S$",
        holds,
        {r"$\sqrt l$": 1.0},
        {r"$0.99\sqrt l$": 0.99},
        rf"the largest ratio of the two sides is {ratio:.4f}",
    )


def component_run(fast: bool) -> Evidence:
    """Every component at every state of real runs."""
    which = FAST if fast else replace(FULL, seeds=3)

    def all_columns(count: Tally, target: SymmetricTensor, settings: Settings, history: Iterator) -> None:
        for epoch in history:
            for state in epoch.states[:: 1 if fast else 5]:
                for j in range(settings.components):
                    count.add(component_outside(state, target, settings, j))

    found, rash = Tally(), Tally()
    for target, settings, run in runs(which):
        all_columns(found, target, settings, iter(run))
    for target, settings, _ in runs(replace(which, seeds=1, orders=(3,), ranks=(2,), dimensions=(8,))):
        long = replace(settings, step_size=12.0 / target.order**2, iterations=5)
        all_columns(rash, target, long, epochs(target, long, 0))
    return Evidence(
        "run",
        rf"every component at {'every' if fast else 'every fifth'} state of {which.words}: {found.total} comparisons",
        lambda count: count.total > 0 and count.violated == 0,
        {r"$\eta=1/l^2$": found},
        {r"$\eta=12/l^2$, which is too large for Lemma 5": rash},
        "never violated",
        lambda count: f"violated in {percent(count.violated, count.total)}",
    )


# --- what stays bounded -------------------------------------------------------------------------------------

# The conditions from which the bounds on f, N and the norms follow.
_BOUNDED = (
    "the loss begins at 1/2", "the loss stays bounded", "a step changes a switched norm by 0.4%",
    "fresh components are light", "Lemma 8: shift",
)  # fmt: skip


def bounded_bound(fast: bool) -> Evidence:
    """The conditions behind the three bounds, with the constants of the plan."""

    sizes = [(10, 2, 3, 0.1), (50, 3, 4, 0.1)] if fast else [
        (d, s, order, epsilon) for d in (10, 10**4) for s in (1, 5) for order in (3, 4) for epsilon in (0.3, 0.01)
    ]  # fmt: skip

    def met(times: dict[str, float]) -> bool:
        """Whether the conditions hold with parameters changed by these factors."""
        for d, s, order, epsilon in sizes:
            found = plan(d, s, order, epsilon)
            if times:
                changed = {name: factor * getattr(found, name) for name, factor in times.items()}
                found = plan(d, s, order, epsilon, settled=False, **changed)
            if not all(c.holds for c in found.conditions if c.name in _BOUNDED):
                return False
        return True

    return Evidence(
        "bound",
        f"the {len(_BOUNDED)} conditions of the plan from which the three bounds follow, at {len(sizes)} sizes $(d,s,l,\\varepsilon)$",
        met,
        {"the plan": {}},
        {
            "twice as many epochs": {"epochs": 2.0},
            r"$10^{24}\delta$": {"init_scale": 1e24},
            r"$10\eta$": {"step_size": 10.0},
        },
        "all met",
    )


def bounded_run(fast: bool) -> Evidence:
    """f, N and the norms along an epoch that meets the conditions of Lemma 1."""
    trials = 40
    true, state = inside.stuck(1, 1700, trials, 143)
    H = 20_000.0 if fast else true.iterations
    seen = inside.epoch(state, true, H)

    def within(found: inside.Seen) -> bool:
        return found.largest_loss <= 0.62 and found.largest_weight <= 1.01 and found.smallest_turn > 0.5

    _, again = inside.stuck(1, 1700, trials, 143)
    rash = inside.epoch(again, replace(true, step_size=300.0 * true.step_size), 20.0, look=1)
    return Evidence(
        "run",
        rf"an epoch at $l=3$, $d=s=1$, $m=1700$, $\varepsilon=0.9$, {H:.0f} of $H={true.iterations:.0f}$ iterations, for {trials} fresh columns (seed 143), looked at every "
        "100 iterations",
        within,
        {r"the plan's $\eta$": seen},
        {r"$300\,\eta$, 20 iterations": rash},
        rf"$f\le{seen.largest_loss:.3f}$, $\lambda N^2/0.62\le{seen.largest_weight:.3f}$, a step leaves at least {seen.smallest_turn:.4f} of a norm",
        lambda found: rf"a step leaves {found.smallest_turn:.2g} of a norm",
    )
