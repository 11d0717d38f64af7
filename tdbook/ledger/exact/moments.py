"""What the checks of lazy training share."""

from __future__ import annotations

import math
from collections.abc import Iterable

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
