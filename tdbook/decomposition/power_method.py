"""The subspace power method of Kileel and Pereira (2019): the rank-one elements of a subspace of Sym^n.

f(x) = ||P x^{(x) n}||^2 for the projection P on the subspace is 1 exactly where x^{(x) n} lies in it, and the ascent
x <- P(x^{(x) n})(x^{n-1}, .) + shift * x, divided by its norm, never lets it fall. All starts move together as columns.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tdbook.decomposition.flattening import Flattening, Subspace
from tdbook.tensors import random_unit_vectors
from tdbook.validation import Array

# (how near f comes to 1 at a component, the step at which an ascent ends): enough for a start of
# Levenberg-Marquardt, which is quadratic where this is linear, and all that double precision gives.
ROUGH, PRECISE = (1e-6, 1e-5), (1e-10, 1e-9)
_SAME = 1e-5  # vectors with a cosine above 1 - _SAME are one
_BATCH = 400
# Rounds of starts without a new component before giving up, and without any component at all.
_BARREN, _HOPELESS = 10, 2


def ascend(
    space: Subspace,
    X: Array,
    left: Array | None = None,
    *,
    steps: int = 2000,
    tolerance: float = 1e-9,
    late: Callable[[], bool] = lambda: False,
) -> tuple[Array, Array]:
    """Maxima of f near the columns of X (s, b), and f there (b,).

    ``left`` (rank, k) has orthonormal columns and narrows the subspace to the part that they span.
    """
    X, f, moving = X.copy(), np.zeros(X.shape[1]), np.arange(X.shape[1])
    for _ in range(steps):
        x = X[:, moving]
        C = space.coordinates(x)
        if left is not None:
            C = left @ (left.T @ C)
        f[moving] = np.einsum("ij,ij->j", C, C)
        # the shift that makes the ascent monotone, and a tenth of it near the end, where f is convex enough
        shift = np.sqrt(1 - 1 / space.order) * np.where(f[moving] > 0.9, 0.1, 1.0)
        y = space.contract(C, x) + shift * x
        y /= np.linalg.norm(y, axis=0)
        X[:, moving] = y
        moving = moving[np.linalg.norm(y - x, axis=0) > tolerance]
        if not len(moving) or late():
            break
    return X, f


def rank_one_elements(
    space: Subspace,
    rng: np.random.Generator,
    flattened: Flattening | None = None,
    precision: tuple[float, float] = PRECISE,
    late: Callable[[], bool] = lambda: False,
) -> Array:
    """Unit vectors x (s, k), k <= rank, with x^{(x) n} in the subspace, to the precision.

    What is found is taken out, by its duals where the flattening is given and by its coordinates otherwise; every x
    is finished on the whole subspace, so that no error of an earlier one is inherited.
    """
    found, left = np.empty((space.dimension, 0)), None
    near, smallest_step = precision
    barren = 0
    while found.shape[1] < space.rank and barren < (_BARREN if found.shape[1] else _HOPELESS) and not late():
        X = random_unit_vectors(space.dimension, min(_BATCH, max(space.rank - found.shape[1], 16)), rng)
        if left is not None:
            X = ascend(space, X, left, steps=300, tolerance=1e-4, late=late)[0]
        X, f = ascend(space, X, tolerance=smallest_step, late=late)
        before = found.shape[1]
        for x in X[:, f > 1 - near].T:
            if found.shape[1] < space.rank and np.abs(x @ found).max(initial=0.0) < 1 - _SAME:
                found = np.column_stack([found, x])
        barren = 0 if found.shape[1] > before else barren + 1
        if found.shape[1]:
            taken = space.coordinates(found) if flattened is None else flattened.dual(found)
            left = np.linalg.qr(taken, mode="complete")[0][:, found.shape[1] :]
    return found


def nearly_rank_one_elements(flattened: Flattening, rng: np.random.Generator, starts: int = 24) -> Array:
    """The same under noise, where f does not reach 1: the best of several maxima, one after another; (s, rank)."""
    space = flattened.left
    found, left = np.empty((space.dimension, 0)), None
    for _ in range(space.rank):
        X = random_unit_vectors(space.dimension, starts, rng)
        X, f = ascend(space, X, left, steps=400, tolerance=1e-8)
        found = np.column_stack([found, X[:, np.argmax(f)]])
        left = np.linalg.qr(flattened.dual(found), mode="complete")[0][:, found.shape[1] :]
    return found
