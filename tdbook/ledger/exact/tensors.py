"""Dense tensors in exact fractions: slow, obvious, and independent of the library that they check."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import numpy as np

Vector = Sequence[Fraction]
Tensor = dict[tuple[int, ...], Fraction]


def fractions(rng: np.random.Generator, *shape: int) -> list:
    """Nested lists of random fractions k/q, |k| <= 9, q <= 5, of the given shape; no entry is zero."""
    if not shape:
        sign = 1 if rng.integers(2) else -1
        return Fraction(sign * int(rng.integers(1, 10)), int(rng.integers(1, 6)))  # type: ignore[return-value]
    return [fractions(rng, *shape[1:]) for _ in range(shape[0])]


def indices(dimension: int, order: int) -> Iterator[tuple[int, ...]]:
    """All d^l index tuples."""
    return itertools.product(range(dimension), repeat=order)


def power(vector: Vector, order: int) -> Tensor:
    """u^{(x) l}, entry by entry."""
    result = {}
    for index in indices(len(vector), order):
        entry = Fraction(1)
        for i in index:
            entry *= vector[i]
        result[index] = entry
    return result


def combine(weights: Vector, vectors: Sequence[Vector], order: int) -> Tensor:
    """sum_i w_i u_i^{(x) l}."""
    total = dict.fromkeys(indices(len(vectors[0]), order), Fraction(0))
    for weight, vector in zip(weights, vectors, strict=True):
        for index, entry in power(vector, order).items():
            total[index] += weight * entry
    return total


def inner(left: Tensor, right: Tensor) -> Fraction:
    """The sum of products of entries."""
    return sum((entry * right[index] for index, entry in left.items()), Fraction(0))


def dot(left: Vector, right: Vector) -> Fraction:
    """<u, v>."""
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))


def difference(left: Tensor, right: Tensor) -> Tensor:
    """Entrywise."""
    return {index: entry - right[index] for index, entry in left.items()}


def derivative(polynomial: Callable[[Fraction], Fraction], degree: int) -> Fraction:
    """p'(0) of a polynomial of known degree, exactly, from its values at degree + 1 points.

    The Lagrange interpolant through 0, 1, -1, 2, -2, ... is the polynomial itself.
    """
    nodes = [Fraction((k + 1) // 2 * (1 if k % 2 else -1)) for k in range(degree + 1)]
    total = Fraction(0)
    for j, node in enumerate(nodes):
        others = [other for i, other in enumerate(nodes) if i != j]
        denominator = Fraction(1)
        for other in others:
            denominator *= node - other
        # derivative at 0 of prod (t - other): the sum over the factor that is differentiated
        slope = Fraction(0)
        for i in range(len(others)):
            product = Fraction(1)
            for k, other in enumerate(others):
                if k != i:
                    product *= -other
            slope += product
        total += polynomial(node) * slope / denominator
    return total


def floats(values: Sequence) -> np.ndarray:
    """Nested lists of fractions as a float array."""
    return np.array(values, dtype=object).astype(float)
