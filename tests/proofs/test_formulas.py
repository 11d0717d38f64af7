"""Tests of ``tdbook.proofs.formulas``."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from sympy import Integer, Rational, S, Symbol, symbols

from tdbook.proofs import formulas

x, y, z = symbols("x y z")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1+2*3", 7),
        ("7-2-1", 4),
        ("6/4", Rational(3, 2)),
        ("-x + +y", y - x),
        ("2^3^2", 512),
        ("0.1", Rational(1, 10)),
        ("x·y − 1", x * y - 1),
        ("  x", x),
        ("λ + lambda + lam", 3 * Symbol("lam")),
        ("ε*epsilon", Symbol("eps") ** 2),
        ("pi + π + np.pi", 3 * sympy.pi),
        ("math.sqrt(x) + np.sqrt(x) + numpy.sqrt(x) + sympy.sqrt(x) + sp.sqrt(x) + sqrt(x)", 6 * sympy.sqrt(x)),
        ("binomial(5, 2) + comb(5, 2)", 20),
        ("factorial(5)", 120),
        ("Fraction(1, 3) + Rational(1, 6)", Rational(1, 2)),
        ("min(3, 2) + max(3, 2)", 5),
        ("ln(exp(x)) + log(1)", sympy.log(sympy.exp(x))),
        ("abs(-3)", 3),
        ("arcsin(1) + asin(1)", sympy.pi),
        ("factorial(1000)/factorial(999)", 1000),
        ("10^1000", Integer(10) ** 1000),
        ("x^(10^6)", x ** (10**6)),
    ],
)
def test_what_a_typed_formula_stands_for(text, value):
    assert formulas.parse(text) == value


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("x" * 401, "formula"),
        ("1/0", "1/0"),
        ("0/0", "0/0"),
        ("10^1400", "power"),
        ("2^(-10^5)", "power"),
        ("factorial(1001)", "factorial"),
        ("binomial(1001, 2)", "binomial"),
        ("comb(-1001, 2)", "comb"),
        ("sqrt(1, 2, 3)", "sqrt"),
        ("os.sqrt(2)", "sqrt"),
        ("sqrt(x=2)", "sqrt(x=2)"),
        ("True", "True"),
        ("x % 2", "x % 2"),
    ],
)
def test_what_is_no_formula_and_why(text, named):
    with pytest.raises(formulas.NotAFormula) as caught:
        formulas.parse(text)
    assert named in str(caught.value) and "\n" not in str(caught.value)
    assert formulas.parse("x" * 400) == Symbol("x" * 400)


def test_expressions_of_every_kind():
    positive = Symbol("lambda", positive=True)
    assert formulas.expression(positive + 0.5) == Symbol("lam") + Rational(1, 2)
    assert formulas.expression(Fraction(2, 3)) == Rational(2, 3)
    assert formulas.expression(3) == 3
    assert formulas.expression(0.1) == Rational(1, 10)
    assert formulas.expression(np.float64(0.25)) == Rational(1, 4)
    assert formulas.expression(np.int64(7)) == 7
    assert formulas.expression(math.nan) is sympy.nan
    for wrong in (True, None, [1], np.bool_(True)):
        with pytest.raises(formulas.NotAFormula, match=r"^this is not a formula: "):
            formulas.expression(wrong)


def test_points_lie_in_the_domain_and_are_whole_where_it_is():
    found = formulas.points({"λ": (0.1, 0.2), "n": (2, 4)})
    assert len(found) == formulas.POINTS == 8
    assert found == formulas.points({"λ": (0.1, 0.2), "n": (2, 4)}, 0)
    assert found != formulas.points({"λ": (0.1, 0.2), "n": (2, 4)}, 1)
    assert all(set(at) == {"lam", "n"} for at in found)
    assert all(Rational(1, 10) < at["lam"] < Rational(1, 5) for at in found)
    assert len({at["lam"] for at in found}) > 4
    assert {at["n"] for seed in range(9) for at in formulas.points({"n": (2, 4)}, seed)} == {2, 3, 4}
    wide = [at["t"] for seed in range(60) for at in formulas.points({"t": (1.0, 3.0)}, seed)]
    assert 1 < min(wide) < 1.1 and 2.9 < max(wide) < 3


def test_closeness_is_relative_and_only_of_finite_numbers():
    one = sympy.Float(1, 40)
    assert formulas._close(one, one + sympy.Float("1e-21", 40), 1e-20)
    assert not formulas._close(one, one + sympy.Float("1e-19", 40), 1e-20)
    more = 1000 * one + Rational(201, 20)  # by less than a hundredth of itself, and by more than one of 1000
    assert formulas._close(1000 * one, more, 1e-2)
    assert formulas._close(more, 1000 * one, 1e-2)
    assert not formulas._close(one, one + 9, 1e-2)
    assert formulas._close(S.Zero, sympy.Float("1e-31", 40), 1e-20)
    assert not formulas._close(S.Zero, sympy.Float("1e-29", 40), 1e-20)
    assert not formulas._close(sympy.oo, sympy.oo, 1e-20)
    assert not formulas._close(x, x, 1e-20)
    assert not formulas._close(one, sympy.nan, 1e-20)


def test_formulas_and_functions_of_the_same_symbols():
    where = {"x": (0.5, 2.0), "n": (1, 5)}
    assert formulas.equal("(x+1)^2", "x^2+2*x+1", where)
    assert not formulas.equal("(x+1)^2", "x^2+2*x+1.0000000001", where)
    assert formulas.equal("x", "x + 0.001*x", where, within=1e-2)
    assert formulas.equal_to_function(lambda x, n: x**n, "x^n", where)
    assert formulas.equal_to_function(lambda n, x: x**n, "x^n", where)  # by name
    assert formulas.equal_to_function(lambda a, b: a**b, "x^n", where)  # in order
    assert not formulas.equal_to_function(lambda a, b: b**a, "x^n", where)
    assert formulas.equal_to_function(lambda lam: 2 * lam, "2*λ", {"λ": (0.5, 2.0)})
    assert not formulas.equal_to_function(lambda x, n: None, "x^n", where)
    assert not formulas.equal_to_function(lambda x, n: ..., "x^n", where)
    assert not formulas.equal_to_function(lambda x, n: x**n * (1 + 1e-8), "x^n", where)
    assert formulas.equal_to_function(lambda x, n: x**n * (1 + 1e-8), "x^n", where, within=1e-7)
    kinds = set()
    assert formulas.equal_to_function(lambda x, n: kinds.add((type(x), type(n))) or x, "x", where)
    assert kinds == {(float, int)}
    assert formulas.equal_to_function(max, "max(x, n)", where)  # no signature to read


def test_only_whole_bounds_give_whole_values():
    whole, mixed = ([at["x"] for at in formulas.points({"x": bounds})] for bounds in ((0, 9), (0, 9.5)))
    assert all(x.is_Integer and 0 <= x <= 9 for x in whole)
    assert all(0 < x < 9.5 for x in mixed) and not all(x.is_Integer for x in mixed)


@pytest.mark.parametrize(
    "allowed, refused", [("2^2164", "2^2165"), ("8^1302", "8^1303"), ("2^-2164", "2^-2165"), ("10^900", "10^(10^9)")]
)
def test_powers_are_built_up_to_a_limit(allowed, refused):
    """|k| log(|b| + 2) <= 3000 for b^k: 8^1303 has 1177 digits, and 1303 log 10 = 3000.3."""
    formulas.parse(allowed)
    with pytest.raises(formulas.NotAFormula, match=r"^a power of more than a thousand digits is too large here$"):
        formulas.parse(refused)


def test_what_is_no_formula_is_shown():
    with pytest.raises(formulas.NotAFormula, match=r"^this is not a formula: True$"):
        formulas.expression(True)
