"""What the checks of lazy training share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from tdbook.lazy import moments as lazy_moments
from tdbook.tensors import monomials, multinomial


def listed(values: Iterable[object]) -> str:
    """Values with commas between."""
    return ", ".join(str(value) for value in values)


def integer_moments(dimension: int, order: int) -> np.ndarray:
    """d(d+2)...(d+2l-2) M in the basis of monomials, similar to the symmetric one: an integer matrix."""
    exponents = monomials(dimension, order)
    weights = [multinomial(alpha) for alpha in exponents]
    rows = [
        [
            weight * (0 if (total % 2).any() else math.prod(lazy_moments.odd_factorial(int(k) - 1) for k in total))
            for weight, total in zip(weights, alpha + exponents, strict=True)
        ]
        for alpha in exponents
    ]
    return np.array(rows, dtype=object)


def spectrum_fits(matrix: np.ndarray, scale: int, spectrum: list[tuple[Fraction, int]]) -> bool:
    """Whether an integer matrix has these eigenvalues, times ``scale``, with these multiplicities.

    The values annihilate it, prod_j (M - lambda_j) = 0, and its traces of powers agree.
    """
    identity = np.array(np.eye(len(matrix), dtype=int), dtype=object)
    remains, power = identity, identity
    for value, _ in spectrum:
        if (value * scale).denominator != 1:
            return False  # an eigenvalue of an integer matrix that is rational is an integer
        remains = remains @ (matrix - int(value * scale) * identity)
    if np.any(remains != 0):
        return False
    for k in range(len(spectrum)):
        if sum(n * (value * scale) ** k for value, n in spectrum) != int(np.trace(power)):
            return False
        power = power @ matrix
    return True
