"""Random targets and random unit vectors."""

from __future__ import annotations

import numpy as np

from tdbook import validation
from tdbook.tensors.cp import SymmetricCP
from tdbook.tensors.norms import unit_columns
from tdbook.validation import Array

KINDS = ("generic", "orthogonal", "dependent", "mixed-sign", "correlated")


def random_unit_vectors(dimension: int, count: int, rng: np.random.Generator) -> Array:
    """``count`` independent uniform points of the unit sphere, as columns of a (d, count) array."""
    validation.entries("dimension times the number of vectors", dimension, count)
    return unit_columns(rng.standard_normal((dimension, count)))[1]


def random_target(
    dimension: int, rank: int, order: int, kind: str = "generic", rng: int | np.random.Generator = 0
) -> SymmetricCP:
    """A random ground truth T* of unit Frobenius norm.

    Parameters
    ----------
    dimension, rank, order : int
        d >= 1, r >= 1, l >= 2.
    kind : {"generic", "orthogonal", "dependent", "mixed-sign", "correlated"}
        How the unit vectors u*_i and the weights are drawn:

        * generic: independent uniform vectors, weights uniform in [1/2, 3/2];
        * orthogonal: orthonormal vectors (r <= d), same weights;
        * dependent: uniform vectors of a random subspace of dimension ceil((r + 1)/2) < r (r >= 3);
        * mixed-sign: as generic, the weights alternating in sign (r >= 2; for odd l a sign can be moved
          into its vector, so this is a case of its own only for even l);
        * correlated: all pairwise cosines equal to 1/2 (r <= d), same weights as generic.

        All weights are then scaled together so that ||T*||_F = 1.
    rng : int or numpy.random.Generator

    Returns
    -------
    SymmetricCP
    """
    d = validation.integer("dimension", dimension, 1)
    r = validation.integer("rank", rank, 1)
    order = validation.order(order, 2)
    kind = validation.choice("kind", kind, KINDS)
    generator = validation.generator(rng)
    validation.entries("dimension times rank", d, r)
    validation.entries("rank times rank", r, r)
    if kind in ("orthogonal", "correlated") and r > d:
        raise ValueError(f"rank must be at most the dimension {d} for kind {kind!r}, got {r}")
    if kind == "dependent" and not r >= 3:
        raise ValueError(f"rank must be at least 3 for kind 'dependent', got {r}")
    if kind == "mixed-sign" and r < 2:
        raise ValueError(f"rank must be at least 2 for kind 'mixed-sign', got {r}")
    weights = generator.uniform(0.5, 1.5, size=r)
    if kind == "mixed-sign":
        weights[1::2] *= -1.0
    if kind in ("orthogonal", "correlated"):
        factors = np.linalg.qr(generator.standard_normal((d, r)))[0]
        if kind == "correlated":
            # (I + 11^T)/2 = L L^T has ones on the diagonal and 1/2 elsewhere
            factors = factors @ np.linalg.cholesky((np.eye(r) + np.ones((r, r))) / 2.0).T
    elif kind == "dependent":
        span = min(d, (r + 2) // 2)
        basis = np.linalg.qr(generator.standard_normal((d, span)))[0]
        factors = basis @ random_unit_vectors(span, r, generator)
    else:
        factors = random_unit_vectors(d, r, generator)
    target = SymmetricCP(weights, factors, order)
    return target.scaled(1.0 / target.norm())
