"""Tests of ``tdbook.proofs.polynomials``."""

from fractions import Fraction

import pytest
import sympy
from sympy import Poly, Rational, symbols

from tdbook.proofs import formulas, polynomials
from tests.support.refusals import refused

x, y, z = symbols("x y z")


def test_polynomials_and_their_coefficients():
    assert polynomials.coefficients("3*x**2*y - y**3/2", (x, y)) == {(2, 1): 3, (0, 3): Rational(-1, 2)}
    assert polynomials.coefficients(z * x * y, (y, x)) == {(1, 1): z}
    with refused("expression"):
        polynomials.coefficients(sympy.sqrt(x), (x, y))


def test_a_sum_of_powers_is_the_polynomial_that_it_looks_like():
    weights, forms = [Fraction(1, 2), Fraction(-3)], [[Fraction(1), Fraction(2, 3)], [0, 2]]
    found = polynomials.power_sum(weights, forms, (x, y), 3)
    assert Poly(found, x, y) == Poly((x + 2 * y / 3) ** 3 / 2 - 3 * (2 * y) ** 3, x, y)
    assert polynomials.equal(found, "(x + 2*y/3)**3/2 - 24*y**3")
    assert not polynomials.equal(found, "(x + 2*y/3)**3/2 - 25*y**3")
    with pytest.raises(ValueError, match="zip"):
        polynomials.power_sum(weights, forms[:1], (x, y), 3)
    with pytest.raises(ValueError, match="zip"):
        polynomials.power_sum(weights[:1], [[1, 2, 3]], (x, y), 3)


def test_formulas_are_compared_to_more_digits_than_a_float_has():
    domain = {"x": (1, 2.5)}
    assert formulas.equal("x + x*10^-30", "x", domain)
    assert not formulas.equal("x + x*10^-18", "x", domain)
