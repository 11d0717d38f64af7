"""The largest left/right of a bound that a search finds inside its hypotheses: random trials, then Nelder-Mead."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from tdbook import validation
from tdbook.ledger.claims import Evidence
from tdbook.objectives import Parameters
from tdbook.tensors import SymmetricCP
from tdbook.validation import Array


@dataclass(frozen=True)
class Place:
    """Points, targets, lambda and a step size from a vector of numbers; the order and the sizes are fixed.

    ``flat`` lets kappa be 1 in every column, as after the scalar mode switch.
    """

    order: int
    dimension: int
    components: int
    terms: int
    flat: bool = True

    @property
    def words(self) -> str:
        return f"({self.order}, {self.dimension}, {self.components}, {self.terms})"

    @property
    def numbers(self) -> int:
        d, m, r = self.dimension, self.components, self.terms
        return d * m + 3 * m + d * r + r + 2

    def decode(self, x: Array) -> tuple[Parameters, SymmetricCP, float, float]:
        """The point, the target, lambda from 1e-6 to 1, and a number from -3 to 3 for the step size."""
        d, m, r = self.dimension, self.components, self.terms
        U, logs, signs, boosts, V, weights, rest = np.split(x, np.cumsum([d * m, m, m, m, d * r, r]))
        directions = _unit(U.reshape(d, m))
        kappa = np.ones(m) if self.flat else 10.0 ** np.clip(0.5 * boosts, -0.5, 1.0)
        point = Parameters.two_homogeneous(
            directions * 10.0 ** np.clip(0.5 * logs, -3.0, 0.7), np.where(signs < 0.0, -1.0, 1.0), kappa
        )
        target = SymmetricCP(np.where(np.abs(weights) < 1e-3, 1e-3, weights), _unit(V.reshape(d, r)), self.order)
        return point, target, 10.0 ** float(np.clip(2.0 * rest[0] - 2.0, -6.0, 0.0)), float(np.clip(rest[1], -3.0, 3.0))

    def aligned(self, rng: np.random.Generator) -> Array:
        """Equal columns along the first term of the target, up to a little noise, and a small lambda."""
        d, m, r = self.dimension, self.components, self.terms
        axis = np.eye(d)[:, :1]
        x = np.concatenate(
            [
                np.repeat(axis, m, axis=1).ravel(), np.full(m, -math.log10(m)), np.ones(m), np.zeros(m),
                np.repeat(axis, r, axis=1).ravel(), np.eye(r)[0], [-1.0, 0.0],
            ]
        )  # fmt: skip
        return np.asarray(x + 0.02 * rng.standard_normal(self.numbers))


def _unit(columns: Array) -> Array:
    norms = np.linalg.norm(columns, axis=0)
    return np.asarray(columns / np.where(norms > 0.0, norms, 1.0))


def quotient(left: float, right: float, allowed: bool = True, least: float = 0.0) -> float:
    """left/right, or minus infinity where the hypothesis fails or the right side is within rounding of zero."""
    return left / right if allowed and right > least and math.isfinite(left) else -math.inf


def largest(
    ratio: Callable[[Place, Array], float],
    places: Iterable[Place],
    *,
    trials: int,
    polished: int,
    steps: int,
    seed: int,
) -> float:
    """The largest value of ``ratio`` at random and aligned points of each place, and on the way up from the best of them."""
    best = -math.inf
    for place in places:
        rng = np.random.default_rng([seed, place.order, place.dimension, place.components])

        def value(x: Array, place: Place = place) -> float:
            with np.errstate(over="ignore", invalid="ignore"):
                try:
                    return ratio(place, x)
                except validation.OutOfRange:
                    return -math.inf

        starts = [rng.standard_normal(place.numbers) for _ in range(trials)]
        starts += [place.aligned(rng) for _ in range(max(1, trials // 10))]
        tried = sorted(((value(x), k) for k, x in enumerate(starts)), reverse=True)
        best = max(best, tried[0][0])
        for found, k in tried[:polished]:
            if math.isfinite(found):
                # a wall in place of infinity: the simplex takes differences
                up = minimize(
                    lambda x: -max(value(x), -1e6), starts[k], method="Nelder-Mead",
                    options={"maxfev": steps, "adaptive": True},
                )  # fmt: skip
                best = max(best, -float(up.fun))
    return best


def reached(ratio: float, what: str, share: float = 0.5) -> Evidence:
    """Evidence from the largest left/right of a search: the right side is enough, and a ``share`` of it is not.

    Where the search does not reach a half, the share is a smaller one, and the card says so.
    """
    return Evidence(
        "bound",
        what,
        lambda times: ratio <= times * (1.0 + 1e-9),
        {"the right side": 1.0},
        {f"{share:g} times the right side": share},
        f"the largest left/right found is {math.floor(100 * ratio) / 100:.2f}"
        + ("" if ratio >= 0.5 else ": constant not tested"),
    )
