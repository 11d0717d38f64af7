"""Monomials of degree l in d variables: the different entries of a symmetric tensor, and how often each occurs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from itertools import combinations

import numpy as np

from tdbook import validation
from tdbook.validation import Array


def symmetric_dimension(dimension: int, order: int) -> int:
    r"""The number of different entries of a symmetric tensor of order l >= 0 in dimension d >= 1.

    Claim: sym-dim

    The symmetric tensors of order $l$ in dimension $d$ form a space of dimension

    $$
    D=\binom{d+l-1}{l},\qquad \frac{d^l}{l!}\le D\le d^l ,
    $$

    so that $D=\Theta(d^l)$ for fixed $l$.
    """
    d = validation.integer("dimension", dimension, 1)
    return math.comb(d + validation.order(order, 0) - 1, order)


MONOMIALS = 10**7


@lru_cache(maxsize=32)
def monomials(dimension: int, order: int) -> np.ndarray:
    """Exponent vectors alpha with |alpha| = l in lexicographic order, read-only int array of shape (D, d)."""
    size = symmetric_dimension(dimension, order)
    if size > MONOMIALS:
        raise ValueError(
            f"dimension and order must give at most {MONOMIALS} monomials, got {validation.describe(size)}"
        )
    # stars and bars: d - 1 bars among l + d - 1 places, the gaps between them are the exponents
    bars = np.array(list(combinations(range(order + dimension - 1), dimension - 1)), dtype=np.int64)
    bars = bars.reshape(size, dimension - 1)
    edges = np.hstack([np.full((size, 1), -1), bars, np.full((size, 1), order + dimension - 1)])
    exponents = np.diff(edges, axis=1) - 1
    exponents.flags.writeable = False
    return exponents


def multinomial(exponents: Iterable[int]) -> int:
    """l!/alpha!, the number of index tuples with these multiplicities, exactly."""
    result, total = 1, 0
    for e in exponents:
        total += int(e)
        result *= math.comb(total, int(e))
    return result


def multinomials(exponents: np.ndarray) -> Array:
    """:func:`multinomial` of each row alpha, shape (D,), in floating-point numbers."""
    order = int(exponents[0].sum())
    factorials = np.array([math.factorial(k) for k in range(order + 1)], dtype=float)
    return math.factorial(order) / factorials[exponents].prod(axis=1)
