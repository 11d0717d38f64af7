"""Tests of ``tdbook.ledger.exact``."""

from fractions import Fraction
from math import factorial

import numpy as np
import pytest

from tdbook import SymmetricCP
from tdbook.ledger.exact import polynomials as rational
from tdbook.tensors import fractions


def test_rational_polynomials_against_dense_tensors():
    rng = np.random.default_rng(6)
    vectors = [[Fraction(int(x)) for x in rng.integers(-3, 4, 3)] for _ in range(4)]
    weights = [Fraction(1, 2), Fraction(-2), Fraction(3), Fraction(1)]
    left = rational.powers(weights[:2], vectors[:2], 4)
    right = rational.powers(weights[2:], vectors[2:], 4)
    dense = [
        SymmetricCP([float(w) for w in weights[part]], np.array(vectors[part], float).T, 4)
        for part in (slice(2), slice(2, 4))
    ]
    assert float(rational.inner(left, right)) == pytest.approx(np.vdot(dense[0].to_dense(), dense[1].to_dense()))
    assert fractions.rank([[Fraction(1), Fraction(2)], [Fraction(2), Fraction(4)]]) == 1
    assert fractions.rank([[Fraction(0), Fraction(2)], [Fraction(2), Fraction(4)]]) == 2
    assert rational.inner({(2, 1): Fraction(1)}, {(2, 1): Fraction(1)}) == Fraction(factorial(2), factorial(3))
