"""Parts of the proofs that no identity would miss: how they are written, typed formulas, exact numbers by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from sympy import Integer, Poly, Rational, S, Symbol, latex, symbols

from tdbook.proofs import exact, formulas, polynomials
from tdbook.proofs.algebra import FAMILIES, Inner, Norm, PowerSum, Vector, entry, family, replace_inner
from tdbook.proofs.canonical import canonical
from tdbook.proofs.exact import Instance, NotRational, evaluate
from tdbook.proofs.identity import identity
from tests.support.refusals import refused

x, y, z = symbols("x y z")
i, j = (Symbol(name, integer=True, positive=True) for name in "ij")
U, V, US = Symbol("u"), Symbol("v"), Symbol("us")


# --- what is known of inner products --------------------------------------------------------------------------------


def test_a_projection_stands_on_both_sides_of_an_inner_product():
    """<u_i, P u_j> = <P u_i, P u_j> for both projections, whichever side it stands on."""
    for part in ("p", "q"):
        wanted = Inner(Symbol(part), i, Symbol(part), j)
        assert family("u")(i).dot(family(part)(j)) == wanted
        assert family(part)(i).dot(family("u")(j)) == wanted


def test_rational_functions_in_front_are_cancelled():
    product, order = Inner(U, i, V, j), Symbol("l", integer=True, positive=True)
    assert canonical(product / (order + 1) + order * product / (order + 1) - product) == 0
    assert canonical(product * (order**2 - 1) / (order - 1) - (order + 1) * product) == 0
    assert canonical(product / (order + 1) + order * product / (order + 2) - product) != 0


# --- how vectors are written ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        (Norm(U, i), r"\|u_{i}\|"),
        (Norm(U, i) ** 2, r"\|u_{i}\|^{2}"),
        (Norm(US, i), r"\|{u^*}_{i}\|"),
        (Norm(Symbol("y"), Integer(0)), r"\|y\|"),
        (Norm(Symbol("e"), Integer(1)), r"\|e_{1}\|"),
        (Inner(U, i, V, j), r"\langle u_{i},v_{j}\rangle"),
        (Inner(U, i, US, j), r"\langle u_{i},{u^*}_{j}\rangle"),
        (Inner(U, i, V, j) ** 3, r"\langle u_{i},v_{j}\rangle^{3}"),
    ],
)
def test_inner_products_as_they_are_printed(expression, written):
    assert latex(expression) == written


def test_an_inner_product_is_symmetric_and_a_square_on_the_diagonal():
    assert Inner(V, j, U, i) == Inner(U, i, V, j)
    assert Inner(U, j, U, i) == Inner(U, i, U, j)
    assert Inner(U, i, U, i) == Norm(U, i) ** 2
    assert Inner(U, i, V, i).func is Inner


def test_entries_and_families():
    u = sympy.IndexedBase("u")
    assert entry("u", i, j) == u[i, j]
    assert entry("u", i, S.Zero) == u[i]
    assert family("u")(i) == Vector(((S.One, "u", i, ()),))
    assert family("y")() == family("y")(0)
    with refused("family", KeyError):
        family("t")
    assert {name: known.space for name, known in FAMILIES.items() if known.orthonormal} == {
        "e": "axis", "f": "off-axis", "o": "",
    }  # fmt: skip


def test_vectors_add_scale_and_sum():
    a, b = family("u")(i), family("v")(i)
    both = 2 * a - b
    assert both.dot(family("y")()) == 2 * a.dot(family("y")()) - b.dot(family("y")())
    at = Instance(3, l=3, m=3, r=2)
    entries = [sum(at.vector("u", n)[k] for n in (1, 2, 3)) for k in range(4)]
    total = family("u")(i).over(i, Symbol("m", integer=True, positive=True))
    assert [evaluate(total.component(Integer(k + 1)), at) for k in range(4)] == entries
    assert evaluate(total.norm() ** 2, at) == sum(value**2 for value in entries)
    with pytest.raises(ValueError, match=r"^the projection of family 'v' onto 'S' is not known$"):
        b.projected("S")


def test_replacing_one_kind_of_inner_product():
    def value(first, second):
        return 10 * first + second

    given = Inner(U, i, V, j) + Inner(U, i, US, j) + Norm(U, i)
    assert replace_inner(given, "u", "v", value) == 10 * i + j + Inner(U, i, US, j) + Norm(U, i)
    assert replace_inner(given, "v", "u", value) == 10 * j + i + Inner(U, i, US, j) + Norm(U, i)
    assert replace_inner(Norm(U, i) + Norm(V, i), "u", "u", value) == sympy.sqrt(11 * i) + Norm(V, i)


def test_powers_of_another_order():
    at = Instance(5, l=3, m=2, r=1)
    square = PowerSum.power(2, family("u")(i), (i, Symbol("m", integer=True, positive=True)), order=Integer(2))
    columns = [at.vector("u", n) for n in (1, 2)]
    gram = [[sum(s * t for s, t in zip(a, b, strict=True)) for a in columns] for b in columns]
    assert evaluate(square.norm2(), at) == 4 * sum(value**2 for row in gram for value in row)
    assert evaluate((3 * square - square).norm2(), at) == 16 * sum(value**2 for row in gram for value in row)


# --- exact instances --------------------------------------------------------------------------------------------------


def test_the_instances_are_those_of_the_description():
    found = exact.instances()
    assert [at.symbols["l"] for at in found] == [4, 3, 5]
    assert any(at.symbols["m"] != at.symbols["r"] for at in found)
    assert any(at.symbols["p"] != at.symbols["q"] for at in found)
    assert len({at.seed for at in found}) == 3
    for at in found:
        assert all(1 <= at.symbols[name] <= at.symbols["m"] for name in ("p", "q", "s"))
        assert (at.symbols["d"], at.symbols["N"]) == (4, 6)


def test_numbers_are_small_positive_fractions_that_do_not_change():
    at, again, other = Instance(7), Instance(7), Instance(8)
    drawn = [at.number("c", Fraction(n)) for n in range(1, 200)]
    assert drawn == [again.number("c", Fraction(n)) for n in range(1, 200)]
    assert drawn != [other.number("c", Fraction(n)) for n in range(1, 200)]
    assert {value.numerator for value in drawn} <= set(range(1, 10))
    assert {value.denominator for value in drawn} == set(range(1, 6))
    assert max(drawn) == 9 and min(drawn) == Fraction(1, 5)
    assert [at.number("a", Fraction(n)) for n in (1, 2, 3)] == [1, -1, 1]
    assert Instance(8).number("a", Fraction(1)) == -1
    assert drawn != [at.number("kappa", Fraction(n)) for n in range(1, 200)]
    assert len({at.symbol(Symbol(name, positive=True)) for name in "abcdefgh"}) > 4


def test_vectors_lie_where_their_families_do():
    at = Instance(9, l=3, m=3, r=2)
    for n in (1, 2, 3):
        assert at.vector("us", n)[2:] == at.vector("p", n)[2:] == (0, 0)
        assert at.vector("q", n)[:2] == (0, 0)
        assert at.vector("w", n)[0] == 0
        assert at.vector("o", n) == tuple(int(k == n - 1) for k in range(4))
        assert at.vector("f", n) == tuple(int(k == n) for k in range(4))
        assert len(at.vector("X", n)) == 6
        for name in ("us", "v", "w", "g"):
            length = sum(t * t for t in at.vector(name, n))
            assert length == at.number("length", name, n) ** 2
    assert at.vector("e") == (1, 0, 0, 0)
    assert at._unit("u", 1, 1) == [1]
    assert sum(t * t for t in at._unit("u", 1, 3)) == 1


@pytest.mark.parametrize(
    ("base", "exponent", "value"),
    [
        (Fraction(4, 9), Fraction(1, 2), Fraction(2, 3)),
        (Fraction(4, 9), Fraction(-3, 2), Fraction(27, 8)),
        (Fraction(2, 3), Fraction(-2), Fraction(9, 4)),
        (Fraction(-2), Fraction(3), Fraction(-8)),
        (Fraction(0), Fraction(1, 2), Fraction(0)),
        (Fraction(0), Fraction(0), Fraction(1)),
    ],
)
def test_powers_of_fractions(base, exponent, value):
    assert exact._power(base, exponent) == value


@pytest.mark.parametrize(
    ("base", "exponent", "words"),
    [
        (Fraction(0), Fraction(-1), "a base vanishes by accident at this instance"),
        (Fraction(2), Fraction(1, 2), "(2)**(1/2) is not rational"),
        (Fraction(1, 2), Fraction(1, 2), "(1/2)**(1/2) is not rational"),
        (Fraction(-4), Fraction(1, 2), "(-4)**(1/2) is not rational"),
        (Fraction(8), Fraction(1, 3), "(8)**(1/3) is not rational"),
    ],
)
def test_powers_that_are_no_fractions(base, exponent, words):
    with pytest.raises(NotRational) as caught:
        exact._power(base, exponent)
    assert str(caught.value) == words


def test_values_of_functions_and_quotients_of_gammas():
    at = Instance(1, l=4)
    l = Symbol("l", integer=True, positive=True)
    assert evaluate(sympy.factorial(l), at) == 24
    assert evaluate(sympy.binomial(l, 2) / 4, at) == Fraction(3, 2)
    half = Rational(1, 2)
    assert evaluate(sympy.gamma(l + half) / sympy.gamma(l - half), at) == Fraction(7, 2)
    with pytest.raises(NotRational, match="is not rational"):
        evaluate(sympy.gamma(l + half), at)
    with pytest.raises(NotRational, match=r"^no rational value for "):
        evaluate(sympy.Lambda(x, x), at)


# --- typed formulas ---------------------------------------------------------------------------------------------------


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
    ("text", "words"),
    [
        ("x" * 401, "a formula has at most 400 characters here, got 401"),
        ("2x", "'2x' cannot be read as a formula; write products with *, as in 2*x"),
        ("1/0", "'1/0' has no value: is there a division by zero?"),
        ("0/0", "'0/0' has no value: is there a division by zero?"),
        ("10^1400", "a power of more than a thousand digits is too large here"),
        ("2^(-10^5)", "a power of more than a thousand digits is too large here"),
        ("factorial(1001)", "factorial of a number above 1000 is too large here"),
        ("binomial(1001, 2)", "binomial of a number above 1000 is too large here"),
        ("comb(-1001, 2)", "comb of a number above 1000 is too large here"),
        ("sqrt(1, 2, 3)", "sqrt cannot be applied to 3 such arguments"),
        ("d(d+2)", "d(…) is not a function known here; a product is written with *, as in d*(d+2)"),
        ("os.sqrt(2)", "sqrt(…) is not a function known here; a product is written with *, as in d*(d+2)"),
        ("(x+1)(y)", "this(…) is not a function known here; a product is written with *, as in d*(d+2)"),
        ("sqrt(x=2)", "'sqrt(x=2)' is not understood: a formula has + - * / ^, numbers, symbols and sqrt, exp, log, "
         "ln, abs, sin, cos, tan, …"),
        ("True", "'True' is not understood: a formula has + - * / ^, numbers, symbols and sqrt, exp, log, ln, abs, "
         "sin, cos, tan, …"),
        ("x % 2", "'x % 2' is not understood: a formula has + - * / ^, numbers, symbols and sqrt, exp, log, ln, abs, "
         "sin, cos, tan, …"),
    ],
)  # fmt: skip
def test_what_is_no_formula_and_why(text, words):
    with pytest.raises(formulas.NotAFormula) as caught:
        formulas.parse(text)
    assert str(caught.value) == words
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


# --- polynomials ------------------------------------------------------------------------------------------------------


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


def test_an_identity_names_its_route():
    shown = identity("x = x", left=x, right=x, mutants={"twice": 2 * x, "a pair": (x, 3 * x)}, free=("l",))
    assert (shown.route, shown.statement, shown.free, shown.name, shown.claim) == (
        "inner products",
        "x = x",
        ("l",),
        "",
        "",
    )
    assert shown.holds and shown.refused
    assert dict(shown.mutants) == {"twice": -x, "a pair": -2 * x}
