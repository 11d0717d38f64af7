"""Alternating least squares at order 3 without rounding: modulo a prime, or in decimals of any number of digits.

The target is sum_j w_j e_j^{(x) 3} with r axes of R^n. With fixed factors B and C, of shape (n, m), the update of
row j is w_j (b_j * c_j) G^{-1}, G = (B^T B) * (C^T C), and every row beyond r becomes zero.

*Modulo a prime*: a start of integers makes every later entry a quotient of integers whose denominator is a product of
the determinants of the G met so far. If none of them vanishes modulo p, then none vanishes over the rationals, and
the determinants, which are rational functions of the start, vanish for almost no start.

*In decimals*: coordinates of the size 10^-400 are ordinary numbers there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

PRIME = 2**61 - 1

Matrix = np.ndarray  # of objects: Python integers or decimals


class Singular(ArithmeticError):
    """The fixed factors of an update have dependent Khatri-Rao columns."""


@dataclass(frozen=True)
class Numbers:
    """A field: how to bring an entry back into it, how to invert one, and which pivot to prefer."""

    reduce: Callable[[Matrix], Matrix]
    inverse: Callable
    size: Callable


MODULAR = Numbers(lambda x: x % PRIME, lambda x: pow(int(x), -1, PRIME), lambda x: x != 0)
DECIMAL = Numbers(lambda x: x, lambda x: 1 / x, abs)


def solved(matrix: Matrix, right: Matrix, numbers: Numbers) -> Matrix:
    """The X with ``matrix`` X = ``right``; raises :class:`Singular` when there is no such, or more than one."""
    n = len(matrix)
    work = np.concatenate([matrix, right], axis=1)
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: numbers.size(work[i, k]))
        if not numbers.size(work[pivot, k]):
            raise Singular(f"pivot {k + 1} of {n} vanishes")
        work[[k, pivot]] = work[[pivot, k]]
        work[k, k:] = numbers.reduce(work[k, k:] * numbers.inverse(work[k, k]))
        others = np.arange(n) != k
        work[others, k:] = numbers.reduce(work[others, k:] - np.outer(work[others, k], work[k, k:]))
    return work[:, n:]


def updated(fixed: Sequence[Matrix], weights: Sequence, numbers: Numbers) -> Matrix:
    """The factor that fits sum_j w_j e_j^{(x) 3} best with the two ``fixed`` ones, shape (n, m)."""
    B, C = fixed
    gram = numbers.reduce(numbers.reduce(B.T @ B) * numbers.reduce(C.T @ C))
    wanted = numbers.reduce(numbers.reduce(B[: len(weights)] * C[: len(weights)]) * np.array(weights)[:, None])
    rows = solved(gram, wanted.T, numbers).T
    return np.concatenate([rows, np.full((len(B) - len(weights), B.shape[1]), 0 * rows[0, 0])])


def updates(B: Matrix, C: Matrix, weights: Sequence, numbers: Numbers) -> Iterator[list[Matrix]]:
    """[A, B, C] after every single update, without end, beginning with A; the first A is not needed."""
    factors = [B, B, C]
    while True:
        for mode in range(3):
            factors = list(factors)
            factors[mode] = updated([factors[(mode + 1) % 3], factors[(mode + 2) % 3]], weights, numbers)
            yield factors


def integers(shape: tuple[int, int], rng: np.random.Generator) -> Matrix:
    """A start for runs modulo a prime: integers from 1 to 10^6."""
    return rng.integers(1, 10**6, size=shape).astype(object)


def decimals(values: np.ndarray) -> Matrix:
    """Floating-point numbers as the decimals that they are."""
    return np.array([[Decimal(float(x)) for x in row] for row in values], dtype=object)


def root_of_unity(order: int, prime: int) -> int:
    """An element of exact multiplicative order ``order`` modulo ``prime``."""
    if (prime - 1) % order:
        raise ValueError(f"order must divide {prime} - 1, got {order}")
    for base in range(2, prime):
        root = pow(base, (prime - 1) // order, prime)
        if all(pow(root, k, prime) != 1 for k in range(1, order)):
            return root
    raise ValueError(f"prime must be prime, got {prime}")
