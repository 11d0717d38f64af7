"""All K epochs of one column at a time, many runs at once: the table behind the chapter on constants that run.

A second implementation: the residual is a dense tensor on S, of which the birth vector knows P_S u_0 and ||P_B u_0||,
and all runs of a size make each step together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tdbook import validation
from tdbook.landscape.targets import trap_target
from tdbook.lemmas import Guarantee, guaranteed
from tdbook.tables import csv_table
from tdbook.tables.csv_table import Maker, Row
from tdbook.tensors import SymmetricCP, random_unit_vectors
from tdbook.validation import Array

SIZES = ((10, 2, 3, 0.1), (100, 2, 3, 0.1), (1000, 3, 3, 0.1), (10, 2, 4, 0.1), (10**6, 2, 3, 0.1))
TARGETS = ("generic", "correlated", "difference", "dependent", "trap", "harmonic")
VISIBLE = 1e-9  # below this norm of the residual a fall is rounding


def core(kind: str, span: int, order: int, rng: int | np.random.Generator = 0) -> SymmetricCP:
    """A target of unit norm in R^s, hard for one reason or another; s >= 2.

    "generic": s random directions; "correlated": s directions at cosine 0.95; "difference": the same two with opposite
    signs, the others as they are; "dependent": 2s + 1 directions, signs alternating; "trap": the target of Theorem 2;
    "harmonic": Re (x_1 + i x_2)^l, of which a random direction sees the least.
    """
    s = validation.integer("span", span, 2)
    generator = validation.generator(rng)
    validation.choice("kind", kind, TARGETS)
    weights, factors = generator.uniform(0.5, 1.5, s), random_unit_vectors(s, s, generator)
    if kind in ("correlated", "difference"):
        factors = np.linalg.qr(factors)[0] @ np.linalg.cholesky(0.05 * np.eye(s) + 0.95).T
        if kind == "difference":
            weights = np.ones(s)
            weights[1] = -1.0
    elif kind == "dependent":
        weights, factors = generator.uniform(0.5, 1.5, 2 * s + 1), random_unit_vectors(s, 2 * s + 1, generator)
        weights[1::2] *= -1.0
    elif kind == "trap":
        hard = trap_target(order, s - 1, s)
        weights, factors = hard.weights, hard.factors
    elif kind == "harmonic":
        angles = math.pi * np.arange(order) / order
        weights, factors = np.resize([1.0, -1.0], order), np.zeros((s, order))
        factors[:2] = np.cos(angles), np.sin(angles)
    found = SymmetricCP(weights, factors, order)
    return found.scaled(1.0 / found.norm())


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of each of B runs of K epochs.

    Attributes
    ----------
    reached : ndarray of int, shape (B,)
        The first epoch within the accuracy; 0 if there was none.
    last : ndarray, shape (B,)
        ||T - T*|| after all epochs.
    lucky, below : ndarray of int, shape (B,)
        Lucky draws, and those of them whose fall was less than the proved one.
    least : ndarray, shape (B,)
        The least fall of a lucky draw as a multiple of the proved one; infinite if no draw was lucky.
    rise : ndarray, shape (B,)
        The largest relative rise of ||R||^2 in an epoch; 0 if there was none.
    norms : list of ndarray, shape (B,)
        ||T - T*|| at the beginning and after each epoch.
    """

    reached: Array
    last: Array
    lucky: Array
    below: Array
    least: Array
    rise: Array
    norms: list[Array] = field(default_factory=list)


def outcomes(plan: Guarantee, cores: Sequence[SymmetricCP], seeds: Sequence[int], epochs: int | None = None) -> Outcome:
    """Run b has the target ``cores[b]`` and the generator of ``seeds[b]``; all K epochs, or the first ``epochs``.

    ``plan`` has a switch and scaled steps, and no regulariser.
    """
    B, s, l, d = len(cores), plan.span, plan.order, plan.dimension
    generators = [np.random.default_rng(seed) for seed in seeds]
    R = -np.array([core.to_dense() for core in cores]).reshape(B, -1)
    found = Outcome(np.zeros(B), np.zeros(B), np.zeros(B), np.zeros(B), np.full(B, np.inf), np.zeros(B))
    found.norms.append(np.linalg.norm(R, axis=1))
    for epoch in range(1, (epochs or plan.epochs) + 1):
        norm = np.linalg.norm(R, axis=1)
        unit = (R / norm[:, None]).reshape((B, -1, s))
        drawn = np.array([_draw(generator, s, d) for generator in generators])
        x0, outside, sign = drawn[:, :s], drawn[:, s], drawn[:, s + 1]
        share = np.linalg.norm(x0, axis=1)
        A = -sign * _pull(unit, x0 / share[:, None], l)
        if plan.looking:
            sign = np.where(A < 0, -sign, sign)
            A = np.abs(A)
        mass, w = _trained(plan, unit, x0, outside, sign)
        added = w
        for _ in range(l - 1):
            added = (added[:, :, None] * w[:, None, :]).reshape(B, -1)
        R = R + (sign * norm * mass)[:, None] * added
        after = np.linalg.norm(R, axis=1)
        fall, visible = 1.0 - (after / norm) ** 2, norm > VISIBLE
        lucky = visible & plan.lucky(A, math.sqrt(d) * share)
        ratio = np.where(lucky, fall / np.maximum(plan.proved_fall(1.0) * A**2, 1e-300), np.inf)
        found.lucky[:] += lucky
        found.below[:] += ratio < 1.0
        np.minimum(found.least, ratio, out=found.least)
        np.maximum(found.rise, np.where(visible, -fall, 0.0), out=found.rise)
        found.reached[(found.reached == 0) & (after <= plan.accuracy)] = epoch
        found.last[:] = after
        found.norms.append(after)
    return found


def _draw(generator: np.random.Generator, s: int, d: int) -> Array:
    """P_S u_0 and ||P_B u_0|| of a unit vector, and a sign: the numbers that a run of the library draws."""
    outside = 0.0
    if d > s:
        outside = math.sqrt(generator.chisquare(d - s))
    drawn = np.append(generator.standard_normal(s), outside)
    return np.append(drawn / np.linalg.norm(drawn), generator.choice([-1.0, 1.0]))


def _pull(unit: Array, x: Array, turns: int) -> Array:
    """R(x, ..., x) with ``turns`` copies of each x, shape (B,) or (B, s)."""
    for _ in range(turns):
        unit = (unit.reshape(len(x), -1, x.shape[1]) @ x[:, :, None])[:, :, 0]
    return unit[:, 0] if unit.shape[1] == 1 else unit


def _trained(plan: Guarantee, unit: Array, x0: Array, outside: Array, sign: Array) -> tuple[Array, Array]:
    """Masses and directions after H steps, for residuals of norm 1."""
    assert plan.growth is not None
    l, alpha, delta = plan.order, plan.order * plan.step_size, plan.init_scale
    x0, outside = delta * x0, delta * outside
    z, share, switched = np.zeros_like(x0), np.ones(len(x0)), np.zeros(len(x0), dtype=bool)
    boost = None if plan.boost is None else plan.boost * delta / math.sqrt(plan.dimension)
    for _ in range(plan.iterations):
        x = share[:, None] * x0 + z
        square = np.einsum("bi,bi->b", x, x) + (share * outside) ** 2
        size = np.sqrt(square)
        c = 1.0 / size
        if boost is not None:
            c = np.where(switched, c, 1.0 / (np.sqrt(np.einsum("bi,bi->b", z, z)) + boost))
        keep = 1.0 - alpha * (c * size) ** (2 * (l - 2)) * square
        z = keep[:, None] * z - (alpha * sign * c ** (l - 2))[:, None] * _pull(unit, x, l - 1)
        share = keep * share
        switching = ~switched & (np.einsum("bi,bi->b", z, z) >= (plan.growth * delta) ** 2)
        switched |= switching
        share[switching] = 0.0
    length = np.linalg.norm(z, axis=1)
    return np.where(switched, length**2, 0.0), z / np.where(length > 0.0, length, 1.0)[:, None]


def rows(size: tuple[int, int, int, float], variant: str, seeds: int = 20) -> Iterator[dict[str, str]]:
    """One row for each target: all K epochs with ``seeds`` seeds."""
    plan = guaranteed(*size, variant)
    chosen = [(kind, seed) for kind in TARGETS for seed in range(seeds)]
    cores = [core(kind, plan.span, plan.order, seed) for kind, seed in chosen]
    found = outcomes(plan, cores, [1000 + seed for _, seed in chosen])
    for k, kind in enumerate(TARGETS):
        at = slice(k * seeds, (k + 1) * seeds)
        made = {
            "variant": variant,
            "dimension": plan.dimension,
            "span": plan.span,
            "order": plan.order,
            "accuracy": plan.accuracy,
            "epochs": plan.epochs,
            "iterations": plan.iterations,
            "target": kind,
            "runs": seeds,
            "reached": int((found.reached[at] > 0).sum()),
            "kept": int((found.last[at] <= plan.accuracy).sum()),
            "most": int(found.reached[at].max()),
            "mean": f"{found.reached[at].mean():.1f}",
            "lucky": int(found.lucky[at].sum()),
            "below": int(found.below[at].sum()),
            "least": f"{found.least[at].min():.3f}",
            "rise": f"{found.rise[at].max():.0e}",
        }
        yield {name: str(value) for name, value in made.items()}


def all_rows(seeds: int = 20) -> Iterator[Row]:
    """All rows: the plain variant at the four sizes with at most 1000 dimensions, the boosted one at all five."""
    for variant in ("plain", "boosted"):
        for size in SIZES:
            if variant == "boosted" or size[0] <= 1000:
                yield from rows(size, variant, seeds)


TABLES: dict[str, Maker] = {"one-column.csv": all_rows}


def read_table(path: str | Path) -> list[dict[str, str]]:
    """The rows of book/data/one-column.csv."""
    return csv_table.read(path)


def pursuit(target: SymmetricCP, accuracy: float, runs: int, rng: int | np.random.Generator, most: int) -> Array:
    """Epochs of random pursuit in S: a uniform direction of S, a fair sign, the best mass; ``most`` if not there."""
    generator = validation.generator(rng)
    s, l = target.dimension, target.order
    R = -np.repeat(target.to_dense().reshape(1, -1), runs, axis=0)
    count = np.full(runs, float(most))
    for epoch in range(1, most + 1):
        w = random_unit_vectors(s, runs, generator).T
        sign = generator.choice([-1.0, 1.0], runs)
        mass = np.maximum(-sign * _pull(R.reshape(runs, -1, s), w, l), 0.0)
        added = w
        for _ in range(l - 1):
            added = (added[:, :, None] * w[:, None, :]).reshape(runs, -1)
        R = R + (sign * mass)[:, None] * added
        there = np.linalg.norm(R, axis=1) <= accuracy
        count[there & (count == most)] = epoch
        if there.all():
            break
    return count
