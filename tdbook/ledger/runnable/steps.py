"""Checks of single steps and single epochs of one column at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np
from scipy.optimize import minimize

from tdbook.descent.one_column import Column, FreshFirst, born, column_step, training
from tdbook.ledger.claims import Evidence
from tdbook.lemmas import Guarantee, guaranteed
from tdbook.tables.runnable import TARGETS, core, outcomes
from tdbook.validation import Array

ROUNDING = 1e-9  # of a margin: l/alpha times the rounding of G' - G


@dataclass(frozen=True)
class _Place:
    """Symmetric tensors of order l on R^n, from as many numbers as they have free entries."""

    order: int
    dimension: int

    @cached_property
    def _names(self) -> list[int]:
        """For each of the n^l places of a tensor the number of its free entry."""
        keys = [tuple(sorted(index)) for index in product(range(self.dimension), repeat=self.order)]
        names = {key: k for k, key in enumerate(dict.fromkeys(keys))}
        return [names[key] for key in keys]

    def tensor(self, entries: Array) -> Array:
        found = entries[self._names]
        return (found / np.linalg.norm(found)).reshape((self.dimension,) * self.order)

    @property
    def entries(self) -> int:
        return math.comb(self.dimension + self.order - 1, self.order)

    @property
    def numbers(self) -> int:
        """Of a residual, a direction and a norm."""
        return self.entries + self.dimension + 1

    def margins(self, numbers: Array, factor: float) -> tuple[float, float, float]:
        """How far the three inequalities of one step are from failing; the step size is ``factor`` / l^2."""
        R, w = self.tensor(numbers[: self.entries]), numbers[self.entries : -1]
        w = w / np.linalg.norm(w)
        size = 1.0 / (1.0 + math.exp(-np.clip(numbers[-1], -30.0, 30.0)))  # ||u||, at most 1
        settings = FreshFirst(self.dimension, self.order, 1, 1, 1, factor / self.order**2, -1, 0.1)

        def pull(x: Array) -> Array:
            found = R
            for _ in range(self.order - 1):
                found = found @ x
            return found

        before = Column(np.zeros_like(w), w, 0.0, math.log(size), 1.0, switched=True)
        after = column_step(before, pull, settings)
        A, A_after = -float(w @ pull(w)), -float(after.direction @ pull(after.direction))
        alpha, beta = self.order * settings.step_size, size**2
        growth, straight = math.sqrt(after.mass) / size, 1.0 + alpha * (A - beta)
        turn = A_after - A - self.order / alpha * (growth - straight)
        fall = (-beta * A + beta**2 / 2) - (-after.mass * A_after + after.mass**2 / 2)
        return turn, fall, 1.0 - after.mass


def _least(places: list[_Place], count: int, polished: int, factor: float, which: int) -> float:
    """The least margin found by random trial and then by Nelder-Mead from the worst of them."""
    least = math.inf
    for place in places:
        rng = np.random.default_rng(place.order)

        def margin(numbers: Array, place: _Place = place) -> float:
            return place.margins(numbers, factor)[which]

        tried = sorted((rng.standard_normal(place.numbers) for _ in range(count)), key=margin)
        least = min(least, margin(tried[0]))
        for start in tried[:polished]:
            least = min(least, float(minimize(margin, start, method="Nelder-Mead", options={"maxfev": 600}).fun))
    return least


def check_one_column_bound(fast: bool) -> Evidence:
    sizes = [(3, 2), (4, 2)] if fast else [(3, 2), (3, 3), (4, 2), (4, 3), (5, 2), (6, 2), (7, 2)]
    places, count, polished = [_Place(*size) for size in sizes], 150 if fast else 800, 2 if fast else 5
    cubic = [_Place(3, 2)]

    def is_kept(step: tuple[list[_Place], float, tuple[int, ...]]) -> bool:
        """The inequalities numbered 0 to 2 (turn, loss, norm) with a step size in units of 1/l^2."""
        return min(_least(step[0], count, polished, step[1], which) for which in step[2]) >= -ROUNDING

    return Evidence(
        "bound",
        f"the three inequalities of one step at $(l,n)={', '.join(map(str, sizes))}$, residuals, directions and norms by {count} random trials each and then by "
        rf"descent on the margin (Nelder–Mead from the {polished} worst), $\eta=1/l^2$",
        is_kept,
        {r"$\eta=1/l^2$": (places, 1.0, (0, 1, 2))},
        {
            r"$\eta=2/l^2$ in the turn, $l=3$": (cubic, 2.0, (0,)),
            r"$\eta=4/l^2$ in the loss, $l=3$": (cubic, 4.0, (1,)),
            r"$\eta=4/l^2$ in the norm, $l=3$": (cubic, 4.0, (2,)),
        },
        "no margin below zero but for rounding",
    )


def _fallen(plan: Guarantee, share: float) -> int | None:
    """The step at which the slowest lucky draw has its proved fall: a critical direction of correlation A_1 exactly."""
    A_1, inside = plan.threshold, share / math.sqrt(plan.dimension)
    other = math.sqrt(1.0 - A_1**2)

    def pull(w: Array) -> Array:
        return -np.array([A_1 * w[0] ** (plan.order - 1), other * w[1] ** (plan.order - 1), 0.0])

    birth = np.array([inside, 0.0, math.sqrt(max(1.0 - inside**2, 0.0))])
    wanted = 0.5 - plan.proved_fall(A_1) / 2
    for step, column in enumerate(training(born(birth, 1.0, plan, 1.0), pull, plan)):
        w, beta = column.direction, column.mass
        if column.switched and 0.5 + beta * float(w @ pull(w)) + beta**2 / 2 <= wanted:
            return step
    return None


def check_lucky_fall_steps(fast: bool) -> Evidence:
    sizes = [(10, 2, 3, 0.1), (100, 2, 3, 0.1), (10, 2, 4, 0.1), (1000, 3, 3, 0.1)][: 2 if fast else 4]
    plans = [guaranteed(*size) for size in sizes]

    def latest(plan: Guarantee) -> int | None:
        """The last step at which the fall is there, over both ends of the window; None if it never is."""
        steps = [_fallen(plan, share) for share in plan.window]
        return None if None in steps else max(step for step in steps if step is not None)

    shares = [(latest(plan) or 0) / plan.iterations for plan in plans]
    halves = [replace(plan, iterations=plan.iterations // 2) for plan in plans]
    return Evidence(
        "bound",
        f"the slowest lucky draw, a critical direction with $A_0=A_1$, at $X=X_1$ and $X=X_2$, plain variant at {len(sizes)} sizes $(d,s,l,\\varepsilon)$: the step "
        "at which the proved fall is there",
        lambda plan: latest(plan) is not None,
        {f"$H$ at {size}": plan for size, plan in zip(sizes, plans, strict=True)},
        {f"$H/2$ at {size}": plan for size, plan in zip(sizes, halves, strict=True)},
        f"within $H$ always, at the latest after {100 * min(shares):.0f} to {100 * max(shares):.0f}% of it",
    )


def _draws(plan: Guarantee, count: int) -> tuple[int, float]:
    """Lucky draws among ``count`` first epochs for each kind of target, and their least fall in units of the proved one."""
    cores = [core(kind, plan.span, plan.order, seed) for kind in TARGETS for seed in range(count)]
    found = outcomes(plan, cores, range(7000, 7000 + len(cores)), epochs=1)
    return int(found.lucky.sum()), float(found.least.min())


def check_lucky_fall_draws(fast: bool) -> Iterator[Evidence]:
    count = 40 if fast else 400
    for size, variant in (((10, 2, 3, 0.1), "plain"), ((10, 2, 4, 0.1), "boosted"))[: 1 if fast else 2]:
        plan = guaranteed(*size, variant)
        lucky, least = _draws(plan, count)
        short, still = _draws(replace(plan, iterations=plan.iterations // 3), count)

        def falls(draws: tuple[int, float, float], count: int = count) -> bool:
            """Of (lucky draws, their least fall, a factor): a quarter is lucky, and none falls by less than the factor times what is proved."""
            return draws[0] >= count / 4 and draws[1] >= draws[2]

        yield Evidence(
            "run",
            rf"first epochs on six kinds of targets, {count} of each, {variant} variant at $(d,s,l,\varepsilon)={size}$ (seeds from 7000): the fall of each "
            "of the lucky draws against the proved one",
            falls,
            {"the proved fall": (lucky, least, 1.0)},
            {"1.2 times the proved fall": (lucky, least, 1.2), "$H/3$ steps": (short, still, 1.0)},
            f"{lucky} lucky draws, the least fall is {least:.2f} times the proved one",
            lambda draws: f"the least of {draws[0]} draws: {draws[1]:.2f}",
        )


def check_any_draw(fast: bool) -> Evidence:
    """Unlucky draws included, and with the boost those that leave the window upwards."""
    count = 30 if fast else 300
    plans = [guaranteed(4, 3, 3, 0.1, "boosted"), guaranteed(10, 2, 3, 0.1, "boosted"), guaranteed(10, 2, 4, 0.1)]
    rises = []
    for plan in plans:
        cores = [core(kind, plan.span, plan.order, seed) for kind in TARGETS for seed in range(count)]
        rises.append(float(outcomes(plan, cores, range(8000, 8000 + len(cores)), epochs=1).rise.max()))
    plan = plans[2]
    early = replace(plan, init_exponent=0, growth=0.2, iterations=5)
    cores = [core(kind, plan.span, plan.order, seed) for kind in TARGETS for seed in range(count)]
    risen = float(outcomes(early, cores, range(8000, 8000 + len(cores)), epochs=1).rise.max())

    return Evidence(
        "run",
        f"{count} first epochs on each of six kinds of targets, boosted at $(d,s,l)=(4,3,3)$ and $(10,2,3)$, plain at $(10,2,4)$ (seeds from 8000): the largest rise of $\\|R\\|^2$",
        lambda rise: rise[0] <= rise[1] + 1e-14,
        {
            f"$(d,s,l)=({plan.dimension},{plan.span},{plan.order})$": (rise, plan.rise)
            for rise, plan in zip(rises, plans, strict=True)
        },
        {r"$(10,2,4)$ with $\delta=1$ and a switch at $\|z\|=\frac15$, five steps": (risen, plan.rise)},
        f"at most {max(rises):.0e}, allowed are {min(plan.rise for plan in plans):.0e} to {max(plan.rise for plan in plans):.0e}",
        lambda rise: f"a rise of {rise[0]:.0e}",
    )
