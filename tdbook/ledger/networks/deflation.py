"""Checks of the order in which components are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from tdbook.beyond import (
    nearest_direction,
    path,
    predicted_winner,
    small_step_factors,
)
from tdbook.descent import Settings, exact_gradient, iterate, practical_settings
from tdbook.ledger.claims import Evidence
from tdbook.objectives import model
from tdbook.tensors import SymmetricCP, unit_columns


def _orthogonal(order: int, strengths: tuple[float, ...] = (1.0, 0.8, 0.6)) -> SymmetricCP:
    """An orthogonal target of unit norm in dimension 8."""
    basis = np.linalg.qr(np.random.default_rng(70).standard_normal((8, len(strengths))))[0]
    return SymmetricCP(np.array(strengths) / np.linalg.norm(strengths), basis, order)


Law = Callable[[SymmetricCP, np.ndarray, float, Settings, float], np.ndarray]


def _law(
    target: SymmetricCP, w: np.ndarray, sign: float, settings: Settings, kappa: float, shift: int = 0
) -> np.ndarray:
    """The factors of ``small_step_factors``; ``shift`` puts a wrong exponent in."""
    tau = target.weights
    if shift:
        pull = sign * kappa ** (target.order - 2) * tau * w ** (target.order - 2 + shift)
        return np.asarray(1.0 + target.order * settings.step_size * (pull - settings.regularization))
    return small_step_factors(
        tau, w, target.order, sign, step_size=settings.step_size, regularization=settings.regularization, kappa=kappa
    )


def law_along_runs(fast: bool) -> Evidence:
    """Every coordinate of every column is multiplied by its factor, as long as the model is small."""
    runs = []
    for order in (2, 3, 4):
        target = _orthogonal(order)
        for seed in range(1 if fast else 6):
            settings = practical_settings(target, 6, epochs=1, iterations=60)
            runs.append((target, settings, list(iterate(target, settings, seed))))
    small = [
        sum(
            after.iteration > 0 and model(before.parameters, target.order).norm() <= 1e-3
            for before, after in pairwise(states)
        )
        for target, _, states in runs
    ]

    def obeyed(law: Law) -> bool:
        for target, settings, states in runs:
            for before, after in pairwise(states):
                point = before.parameters
                size = model(point, target.order).norm()
                if after.iteration == 0 or size > 1e-3:
                    continue
                directions = unit_columns(point.U)[1]
                w = target.factors.T @ directions
                grown = (target.factors.T @ after.parameters.U) / (target.factors.T @ point.U)
                for i in range(w.shape[1]):
                    kappa = float(point.kappa[i])
                    wanted = law(target, w[:, i], float(point.a[i]), settings, kappa)
                    # what the model itself adds: eta l kappa^{l-2} |T(w^{l-1}, e_k)| / |w_k| at most
                    slack = settings.step_size * target.order * kappa ** (target.order - 2) * size / np.abs(w[:, i])
                    if (np.abs(grown[:, i] - wanted) > slack + 1e-9).any():
                        return False
        return True

    return Evidence(
        "run",
        f"{6 * sum(small)} steps of columns in {len(runs)} runs ($l=2,3,4$, $d=8$, $\\tau\\propto1,0.8,0.6$, $m=6$) while $\\|T\\|\\le10^{{-3}}$: "
        r"each coordinate is multiplied by $1-\eta l\lambda+\eta la\bar\kappa\tau_kw_k^{l-2}$ up to the model's own pull, at most "
        r"$\eta l\bar\kappa\|T\|/|w_k|$",
        obeyed,
        {"the law": _law},
        {
            "exponent $l-1$": lambda T, w, a, s, k: _law(T, w, a, s, k, 1),
            "exponent $l$": lambda T, w, a, s, k: _law(T, w, a, s, k, 2),
            "without the sign $a$": lambda T, w, a, s, k: _law(T, w, 1.0, s, k),
            "twice the strengths": lambda T, w, a, s, k: _law(T.scaled(2.0), w, a, s, k),
        },
        "never violated; the logarithm of a quotient of two factors, divided by $\\eta$, is the law",
    )


Guess = Callable[[SymmetricCP, np.ndarray, float], int | None]


def winners(fast: bool) -> Evidence:
    """A lone column ends in the direction with the largest a tau_k w_k^{l-2} at its start."""
    seeds = range(6 if fast else 24)
    table: list[tuple[SymmetricCP, np.ndarray, float, int | None]] = []
    for order in (2, 3, 4):
        target = _orthogonal(order)
        settings = replace(practical_settings(target, 1, epochs=1, iterations=600), reinitialize=False)
        for seed in seeds:
            points = path(exact_gradient(target, settings.regularization), settings, seed)
            start = next(points)
            w = target.factors.T @ unit_columns(start.U)[1][:, 0]
            for point in points:
                share = np.abs(target.factors.T @ point.U) / point.norms
                # all but in one direction, and of some size; or dying out
                if (share.max() > 0.999 and point.norms[0] > start.norms[0]) or point.norms[0] < 1e-3 * start.norms[0]:
                    break
            grown = point.norms[0] > start.norms[0]
            end = int(nearest_direction(point, target.factors)[0]) if grown else None
            table.append((target, w, float(start.a[0]), end))

    def is_right(rule: tuple[Guess, tuple[int, ...]]) -> bool:
        """For every start at these orders."""
        guess, orders = rule
        return all(guess(T, w, a) == end for T, w, a, end in table if T.order in orders)

    def law(T: SymmetricCP, w: np.ndarray, a: float) -> int | None:
        return predicted_winner(T.weights, w, T.order, a)

    def strongest(T: SymmetricCP, w: np.ndarray, a: float) -> int | None:
        return None if law(T, w, a) is None else 0

    def nearest(T: SymmetricCP, w: np.ndarray, a: float) -> int | None:
        return None if law(T, w, a) is None else int(np.argmax(np.abs(w)))

    return Evidence(
        "run",
        f"{len(table)} runs of a single column, {len(seeds)} starts each at $l=2,3,4$: where it ends, against the largest "
        r"$a\,\tau_kw_k^{l-2}$ at the start (none positive: it dies out)",
        is_right,
        {r"the largest $a\,\tau_kw_k^{l-2}$": (law, (2, 3, 4)), "the strongest component at $l=2$": (strongest, (2,))},
        {
            "the strongest component at $l=3,4$ too": (strongest, (3, 4)),
            "the nearest direction": (nearest, (2, 3, 4)),
        },
        "right for every start",
    )
