"""Perturbations of a bad local minimum, and descent from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tdbook import validation
from tdbook.landscape.traps import Trap
from tdbook.tensors import random_unit_vectors
from tdbook.validation import Array

# The losses of so many points of a descent are computed together, which costs little more than the loss of one.
_BLOCK = 250


# A descent beyond this squared norm of all parameters has diverged, and its powers would overflow.
_FAR = 1e12


@dataclass(frozen=True)
class PerturbationCounts:
    """Counts of random perturbations of one radius: those that lower the loss, in all and within the cone."""

    radius: float
    samples: int
    below: int
    below_in_cone: int
    left_cone: int
    lowest: float


def perturb(trap: Trap, radius: float, samples: int = 10_000, rng: int | np.random.Generator = 0) -> PerturbationCounts:
    """Move all parameters (U, and c in the vanilla model) by random vectors of Euclidean norm ``radius``.

    A loss counts as lower when it is below the trap's by more than 1e-10 of the target's squared norm: the loss is
    evaluated by inner products, and rounding is some 1e-15 of that. ``lowest`` is the smallest f - f(trap) seen.
    Counts of different seeds add up, so that a long count can be made in parts.
    """
    validation.instance("trap", trap, Trap)
    radius = validation.real("radius", radius)
    samples = validation.count("samples", samples)
    generator = validation.generator(rng)
    vanilla = trap.model == "vanilla"
    count = trap.U.size + (len(trap.c) if vanilla else 0)
    tolerance = 1e-10 * trap.target.norm() ** 2
    below = inside = left = 0
    lowest = math.inf
    for start in range(0, samples, 20_000):  # a block at a time keeps the memory small
        moves = random_unit_vectors(count, min(20_000, samples - start), generator).T * radius
        U = trap.U + moves[:, : trap.U.size].reshape(-1, *trap.U.shape)
        c = trap.c + moves[:, trap.U.size :] if vanilla else trap.c
        change = trap.loss(U, c) - trap.value
        lower, cone = change < -tolerance, trap.in_cone(U, c)
        below += int(lower.sum())
        inside += int((lower & cone).sum())
        left += int((~cone).sum())
        lowest = min(lowest, float(change.min()))
    return PerturbationCounts(radius, samples, below, inside, left, lowest)


def lowest_within(
    trap: Trap, radius: float, starts: int = 4, steps: int = 400, rng: int | np.random.Generator = 0
) -> float:
    """The smallest f - f(trap) that descent finds in the ball of that radius around the trap.

    From random points of the sphere, ``steps`` steps down the gradient of all parameters, each followed by the
    projection back onto the ball. :func:`perturb` draws at random; this looks for the worst case.
    """
    validation.instance("trap", trap, Trap)
    radius = validation.real("radius", radius)
    starts, steps = validation.count("starts", starts), validation.count("steps", steps)
    generator = validation.generator(rng)
    centre = np.concatenate([trap.U.ravel(), trap.c]) if trap.model == "vanilla" else trap.U.ravel()
    eta = 0.2 / trap.order**2 / trap.target.norm()
    lowest = math.inf
    for _ in range(starts):
        move = radius * random_unit_vectors(len(centre), 1, generator).ravel()
        for _ in range(steps):
            move = move - eta * trap.gradient(*trap.split(centre + move))
            move *= min(1.0, radius / float(np.linalg.norm(move)))
            lowest = min(lowest, float(trap.loss(*trap.split(centre + move))) - trap.value)
    return lowest


@dataclass(frozen=True, eq=False)
class Descent:
    """Gradient descent near a trap: where it ended, f at each step, and whether each step lay in the cone."""

    U: Array
    c: Array
    losses: Array
    in_cone: np.ndarray


def descend(trap: Trap, U: Any, c: Any = None, *, steps: int = 2000, step_size: float | None = None) -> Descent:
    """Plain descent on all parameters of the trap's model from any point, without re-initialisation.

    Parameters
    ----------
    trap : Trap
    U : array_like of shape (d, m)
    c : array_like of shape (m,), optional
        Coefficients at the start (vanilla), or signs; the trap's own by default.
    steps : int
    step_size : float, optional
        eta; 0.1 / (l^2 ||T*||) by default.
    """
    validation.instance("trap", trap, Trap)
    steps = validation.count("steps", steps)
    eta = 0.1 / trap.order**2 / trap.target.norm() if step_size is None else validation.real("step_size", step_size)
    U = validation.array("U", U, trap.U.shape)
    c = trap.c if c is None else validation.array("c", c, trap.c.shape)
    too_large = f"step_size must be small enough for descent to stay finite, got {eta:.3g}"
    losses, inside = [], []
    for start in range(0, steps + 1, _BLOCK):
        points = []
        for _ in range(min(_BLOCK, steps + 1 - start)):
            points.append((U, c))
            pull_U, pull_c = trap.gradient_unchecked(U, c)
            U = U - eta * pull_U
            c = c - eta * pull_c if len(pull_c) else c
            if not np.vdot(U, U) + np.vdot(c, c) < _FAR:
                raise ValueError(too_large)
        at = [np.array(part) for part in zip(*points, strict=True)]
        losses.append(trap.loss(*at))
        inside.append(trap.in_cone(*at))
        if not losses[-1].max() < 1e9 * (1.0 + trap.value):
            raise ValueError(too_large)
    return Descent(*points[-1], np.concatenate(losses), np.concatenate(inside))
