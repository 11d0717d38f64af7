"""Checks of two statements: a grid proves a bound, and what makes a fresh component grow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tdbook.ledger.claims import Evidence
from tdbook.ledger.runs import random_points
from tdbook.objectives import frozen_gradient, model
from tdbook.validation import Array


def grid_bound(fast: bool) -> Evidence:
    """The largest value on the circle against that of a grid, for random forms and for the one with equality."""
    rng = np.random.default_rng(151)
    fine: Array = np.linspace(0.0, math.pi, 20_001)
    ratios: dict[int, list[float]] = {}
    for order in (3, 4, 5):
        for k in range(5 if fast else 200):
            waves = rng.standard_normal(order // 2 + 1) if k else np.eye(order // 2 + 1)[-1]
            shifts = rng.uniform(0.0, 2.0 * math.pi, len(waves))

            def form(t: Any, waves: Array = waves, shifts: Array = shifts, order: int = order) -> Array:
                # a form of degree l on the circle: waves of the frequencies l, l-2, ...
                first = order % 2
                return np.asarray(
                    sum(a * np.cos((first + 2 * i) * t + b) for i, (a, b) in enumerate(zip(waves, shifts, strict=True)))
                )

            most = float(np.abs(form(fine)).max())
            peak = float(fine[np.abs(form(fine)).argmax()])
            tau = math.pi / (2 * order) * rng.uniform(0.2, 0.95)
            steps = np.arange(-math.ceil(math.pi / (2 * tau)), math.ceil(math.pi / (2 * tau)) + 1)
            grid = peak + tau + 2.0 * tau * steps
            if not k:  # one wave: equality, with a grid point at tau on both sides of each of its peaks
                tau = math.pi / (2 * order) * rng.uniform(0.5, 0.95)
                peaks = peak + math.pi / order * np.arange(order)
                grid = np.concatenate([peaks - tau, peaks + tau]).astype(float)
            ratios.setdefault(order, []).append(most * math.cos(order * tau) / float(np.abs(form(grid)).max()))

    def holds(times: float) -> bool:
        return all(ratio * times <= 1.0 + 1e-6 for found in ratios.values() for ratio in found)

    largest = max(max(found) for found in ratios.values())
    return Evidence(
        "bound",
        rf"forms of degree $l=3,4,5$ on the circle, {5 if fast else 200} each (seed 151), with the grid's points as far from the peak as the grid allows",
        holds,
        {r"$\cos l\theta$": 1.0},
        {r"$1.01\cos l\theta$": 1.01},
        f"the largest ratio of the two sides is {largest:.4f}",
    )


def growth_exact(fast: bool) -> Evidence:
    """The identity at random points, to the rounding of floats."""
    count, eta = 100 if fast else 3000, 0.05

    def holds(formula: tuple[float, float]) -> bool:
        """How much of lambda and how much of eta^2 ||g||^2 is in the formula."""
        for point, target, lam in random_points(count, 152):
            l = target.order
            u, g = point.U[:, 0], frozen_gradient(point, target, lam)[:, 0]
            w = u / np.linalg.norm(u)
            R = float(model(point, l).evaluate(w[:, None])[0] - target.evaluate(w[:, None])[0])
            pull = float(point.a[0]) * float(point.kappa[0]) ** (l - 2) * R
            square = eta**2 * float(g @ g)
            after, size = float(np.sum((u - eta * g) ** 2)), float(u @ u)
            right = size * (1 - 2 * eta * l * (pull + formula[0] * lam)) + formula[1] * square
            if abs(after - right) > 1e-10 * (size + square + after):
                return False
        return True

    return Evidence(
        "exact",
        rf"both sides at {count} random points, $l=3,4,5$, $\eta={eta}$ (seed 152), to $10^{{-10}}$ of their terms",
        holds,
        {"the formula": (1.0, 1.0)},
        {r"without $\lambda$": (0.0, 1.0), r"without $\eta^2\|g\|^2$": (1.0, 0.0)},
        "equal",
    )
