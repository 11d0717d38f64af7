"""Kinds of targets that sweeps know beside those of the library, the hard ones among them."""

from __future__ import annotations

import numpy as np

from tdbook import validation
from tdbook.landscape import trap_target
from tdbook.tensors import KINDS, SymmetricCP

HARD_KINDS = ("strongly-correlated", "close-pairs", "border", "trap")
# Orthogonal terms of unequal weights: easy for Algorithm 1, hard for alternating least squares.
UNEQUAL_KINDS = ("weak", "power-law")
ALL_KINDS = (*KINDS, *HARD_KINDS, *UNEQUAL_KINDS)

# The cosine of every pair for "strongly-correlated", and within each pair for "close-pairs".
_STRONG, _CLOSE = 0.9, 0.98


def hard_target(rank: int, order: int, kind: str, rng: int | np.random.Generator = 0) -> SymmetricCP:
    """A target that Algorithm 1 may find hard, of unit norm, in coordinates of its own span.

    * strongly-correlated: r unit vectors with all cosines 0.9, weights uniform in [1/2, 3/2];
    * close-pairs: r/2 orthogonal pairs of unit vectors with cosine 0.98, same weights (r even);
    * border: r/2 terms S(x^{l-1} y) with orthonormal x, y: limits of differences of two powers, so of border
      rank r, while each term alone has rank l (r even);
    * trap: the target of Theorem 2 with r missing directions, of rank at most r (l - 1) + 1;
    * weak: :func:`weak_target` with the last weight 1/r;
    * power-law: :func:`power_law_target` with the weights 1, 1/2, ..., 1/r.
    """
    r = _rank(rank)
    kind = validation.choice("kind", kind, (*HARD_KINDS, *UNEQUAL_KINDS))
    if kind in ("close-pairs", "border") and r % 2:
        raise ValueError(f"rank must be even for kind {kind!r}, got {r}")
    order = validation.order(order, 2)
    validation.entries("rank times rank times order", r, r, order)
    generator = validation.generator(rng)
    if kind == "weak":
        target = weak_target(r, order)
    elif kind == "power-law":
        target = power_law_target(r, order)
    elif kind == "trap":
        target = trap_target(order, r, r + 1)
    elif kind == "border":
        nodes = np.arange(order + 1) - order / 2.0
        weights = np.linalg.solve(np.vander(nodes, increasing=True).T, np.eye(order + 1)[1])
        factors = np.zeros((r, r // 2, order + 1))
        for k in range(r // 2):  # sum_j w_j (x + t_j y)^l has only its part linear in y
            factors[2 * k, k], factors[2 * k + 1, k] = 1.0, nodes
        target = SymmetricCP(np.tile(weights, r // 2), factors.reshape(r, -1), order)
    else:
        if kind == "close-pairs":
            gram = np.kron(np.eye(r // 2), np.array([[1.0, _CLOSE], [_CLOSE, 1.0]]))
        else:
            gram = (1.0 - _STRONG) * np.eye(r) + _STRONG
        target = SymmetricCP(generator.uniform(0.5, 1.5, size=r), np.linalg.cholesky(gram).T, order)
    return target.scaled(1.0 / target.norm())


def _rank(rank: int) -> int:
    r = validation.integer("rank", rank, 1)
    validation.entries("rank times rank", r, r)
    return r


def weak_target(rank: int, order: int = 3, ratio: float | None = None) -> SymmetricCP:
    """e_1^{(x) l} + ... + e_{r-1}^{(x) l} + e_r^{(x) l} / kappa, with ``ratio`` kappa > 0, by default r."""
    r = _rank(rank)
    kappa = float(r) if ratio is None else validation.real("ratio", ratio)
    return SymmetricCP(np.append(np.ones(r - 1), 1 / kappa), np.eye(r), validation.order(order, 2))


def power_law_target(rank: int, order: int = 3, exponent: float = 1.0) -> SymmetricCP:
    """sum_j j^{-exponent} e_j^{(x) l}, j = 1, ..., r."""
    decay = validation.real("exponent", exponent, strict=False)
    powers = np.arange(1, _rank(rank) + 1) ** -decay
    return SymmetricCP(powers, np.eye(len(powers)), validation.order(order, 2))
