"""Symmetric tensors as polynomials with rational coefficients: a second route, without rounding and without Gram numbers.

A symmetric tensor T is the polynomial x -> T(x, ..., x), kept as a mapping from exponents to coefficients. A monomial
x^alpha with coefficient q stands for l!/alpha! equal entries q alpha!/l!, hence the inner product below.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import factorial, prod

Polynomial = dict[tuple[int, ...], Fraction]
Vector = Sequence[Fraction | int]


def linear_forms(vectors: Sequence[Vector]) -> Polynomial:
    """The product of the linear forms <v, x>: the symmetric part of v_1 (x) ... (x) v_l."""
    dimension = len(vectors[0])
    result: Polynomial = {(0,) * dimension: Fraction(1)}
    for vector in vectors:
        following: Polynomial = {}
        for exponents, coefficient in result.items():
            for k, entry in enumerate(vector):
                if entry:
                    raised = (*exponents[:k], exponents[k] + 1, *exponents[k + 1 :])
                    following[raised] = following.get(raised, Fraction(0)) + coefficient * entry
        result = following
    return result


def combine(terms: Iterable[tuple[Fraction | int, Polynomial]]) -> Polynomial:
    """The sum of weight * polynomial; zero coefficients are dropped."""
    total: Polynomial = {}
    for weight, polynomial in terms:
        for exponents, coefficient in polynomial.items():
            total[exponents] = total.get(exponents, Fraction(0)) + weight * coefficient
    return {exponents: coefficient for exponents, coefficient in total.items() if coefficient}


def powers(weights: Sequence[Fraction | int], vectors: Sequence[Vector], order: int) -> Polynomial:
    """sum_i weights_i vectors_i^{(x) order}."""
    return combine((w, linear_forms([v] * order)) for w, v in zip(weights, vectors, strict=True))


def inner(left: Polynomial, right: Polynomial) -> Fraction:
    """<T, T'> over all d^l entries."""
    total = Fraction(0)
    for exponents, coefficient in left.items():
        if exponents in right:
            copies = Fraction(factorial(sum(exponents)), prod(factorial(k) for k in exponents))
            total += coefficient * right[exponents] / copies
    return total


def half_square(left: Polynomial, right: Polynomial) -> Fraction:
    """||T - T'||^2 / 2."""
    difference = combine([(1, left), (-1, right)])
    return inner(difference, difference) / 2
