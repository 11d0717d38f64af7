"""A path of constant loss from a bad local minimum to a point of descent: the minimum is not strict (Section 3.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tdbook import validation
from tdbook.landscape.traps import Trap
from tdbook.validation import Array


@dataclass(frozen=True, eq=False)
class LevelPath:
    """A path of points of the vanilla model that starts in a trap.

    Attributes
    ----------
    U : ndarray of shape (n, d, m)
    c : ndarray of shape (n, m)
    stage : ndarray of int, shape (n,)
        0: the first component shrinks to zero while the second one takes over; 1: its coefficient changes;
        2: it grows again in a new direction.
    values : ndarray of shape (n,)
    """

    U: Array
    c: Array
    stage: np.ndarray
    values: Array


def level_path(trap: Trap, points: int = 41, flip: bool | None = None) -> LevelPath:
    r"""A path of constant loss from a vanilla trap to a point from which the loss falls.

    While it is zero the first component may take any direction, and any coefficient, at no cost. It then grows in the
    direction of the largest slope, alpha^2 = (l-2)/l, along which the loss at length t is f + sigma k t^l + t^{2l}/2
    with the k of the claim. For odd l a negative alpha makes sigma = -1; for even l only a negative coefficient does.

    Parameters
    ----------
    trap : Trap
        Of the vanilla model, m >= 2.
    points : int
        Points in each stage, >= 2.
    flip : bool, optional
        Whether the coefficient changes its sign on the way; by default only for even l, where it must.

    Claim: thm2-not-strict

    For $m\ge2$ a path of constant value leads from the bad minimum of Theorem 2 to a point from which the loss
    descends: one component shrinks to zero while another takes over, and grows again towards $\alpha e_1+\beta e_j$,
    for odd $l$ with $\alpha<0$, for even $l$ after its coefficient has become negative, without which no such path
    exists. The loss then falls by $\frac12k^2$, $k=(l-1)((l-2)/l)^{(l-2)/2}$.
    """
    if not isinstance(trap, Trap) or trap.model != "vanilla":
        raise TypeError(f"trap must be a vanilla Trap, got {validation.describe(trap)}")
    d, m = trap.U.shape
    if m < 2:
        raise ValueError(f"trap must have m >= 2 components, one to shrink and one to take over, got {m}")
    n = validation.integer("points", points, 2)
    validation.entries("three times points times dimension times components", 3, n, d, m)
    order = trap.order
    flip = order % 2 == 0 if flip is None else validation.flag("flip", flip)
    # odd l: the negative side of the pole unless the coefficient is negative already
    side = 1.0 if flip or order % 2 == 0 else -1.0
    heading = np.zeros(d)
    heading[0], heading[1] = side * math.sqrt((order - 2) / order), math.sqrt(2 / order)
    depth = (order - 1) * ((order - 2) / order) ** ((order - 2) / 2)
    U, c = np.repeat(trap.U[None], 3 * n, axis=0), np.repeat(trap.c[None], 3 * n, axis=0)
    fade = np.linspace(1.0, 0.0, n)
    U[:n, :, 0] = fade[:, None] * trap.U[:, 0]
    U[n:, :, 0] = 0.0
    together = trap.c[0] * trap.U[0, 0] ** order + trap.c[1] * trap.U[0, 1] ** order
    left = np.concatenate([trap.c[0] * (fade * trap.U[0, 0]) ** order, np.zeros(2 * n)])
    U[:, 0, 1] = ((together - left) / trap.c[1]) ** (1.0 / order)
    if flip:
        c[n : 2 * n, 0] = np.linspace(1.0, -1.0, n) * trap.c[0]
        c[2 * n :, 0] = -trap.c[0]
    U[2 * n :, :, 0] = np.linspace(0.0, 1.0, n)[:, None] * (depth / trap.c[0]) ** (1.0 / order) * heading
    return LevelPath(U, c, np.repeat([0, 1, 2], n), trap.loss(U, c))
