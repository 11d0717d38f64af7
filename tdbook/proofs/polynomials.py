"""From a SymPy expression to the coefficients of a homogeneous polynomial, and back to a sum of powers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from sympy import Add, Expr, Mul, Poly, PolynomialError, Pow, Rational, Symbol, expand, sympify


def coefficients(expression: Any, symbols: Sequence[Symbol]) -> dict[tuple[int, ...], Expr]:
    """Exponents to coefficients, as :func:`tdbook.tensors.from_polynomial` takes them.

    ``symbols`` says which letters are variables, and in which order.
    """
    try:
        return dict(Poly(sympify(expression), *symbols).as_dict())
    except PolynomialError as error:
        raise ValueError(f"expression must be a polynomial in {tuple(symbols)}, got {expression}") from error


def power_sum(
    weights: Sequence[Fraction], forms: Sequence[Sequence[Fraction | int]], symbols: Sequence[Symbol], order: int
) -> Expr:
    """The expression sum_i w_i (f_i1 x_1 + ... + f_id x_d)^l, with exact numbers."""
    terms = []
    for weight, form in zip(weights, forms, strict=True):
        linear = Add(*[Rational(f.numerator, f.denominator) * x for f, x in zip(form, symbols, strict=True)])
        terms.append(Mul(Rational(weight.numerator, weight.denominator), Pow(linear, order)))
    return Add(*terms)


def equal(first: Any, second: Any) -> bool:
    """Whether two polynomials are the same: their difference expands to 0, without any rounding."""
    return bool(expand(sympify(first) - sympify(second)) == 0)
