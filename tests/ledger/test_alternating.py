"""The exact runs of alternating least squares against the library's, and against fractions."""

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import islice

import numpy as np
import pytest

from tdbook.decomposition.als import updates as float_updates
from tdbook.ledger.exact.alternating import (
    DECIMAL,
    MODULAR,
    PRIME,
    Numbers,
    Singular,
    decimals,
    integers,
    root_of_unity,
    solved,
    updates,
)
from tdbook.tensors import SymmetricCP

FRACTIONS = Numbers(lambda x: x, lambda x: 1 / x, lambda x: x != 0)


def test_decimals_follow_the_library():
    rng = np.random.default_rng(0)
    A, B, C = rng.standard_normal((3, 4, 5))
    weights = [1.0, 1.0, 0.5]
    target = SymmetricCP(weights, np.eye(4)[:, :3], 3)
    with localcontext() as context:
        context.prec = 60
        exact = list(islice(updates(decimals(B), decimals(C), [Decimal(w) for w in weights], DECIMAL), 6))
    course = list(islice(float_updates(np.stack([A, B, C])[:, None], target, scaled=False), 6))
    for k, (precise, rounded) in enumerate(zip(exact, course)):
        assert np.allclose(precise[k % 3].astype(float), rounded[k % 3, 0], atol=1e-8)


def test_modular_runs_are_fractions_modulo_the_prime():
    rng = np.random.default_rng(1)
    B, C = (integers((3, 3), rng) for _ in range(2))
    weights = [1, 1]
    exact = next(updates(*(np.vectorize(Fraction, otypes=[object])(x) for x in (B, C)), [Fraction(1)] * 2, FRACTIONS))
    modular = next(updates(B, C, weights, MODULAR))
    for rational, residue in zip(exact[0].ravel(), modular[0].ravel()):
        assert rational.numerator * pow(rational.denominator, -1, PRIME) % PRIME == residue


def test_dependent_columns_are_noticed():
    rng = np.random.default_rng(2)
    with pytest.raises(Singular):
        next(updates(integers((2, 5), rng), integers((2, 5), rng), [1, 1], MODULAR))


def test_the_solution_solves():
    rng = np.random.default_rng(3)
    A, X = integers((4, 4), rng), integers((4, 2), rng)
    assert (solved(A, A @ X % PRIME, MODULAR) == X).all()


def test_roots_of_unity_have_their_order():
    for order, prime in ((3, 7), (4, 13), (6, 1009)):
        root = root_of_unity(order, prime)
        assert [pow(root, k, prime) == 1 for k in range(1, order + 1)] == [False] * (order - 1) + [True]
    with pytest.raises(ValueError, match="order"):
        root_of_unity(4, 7)
