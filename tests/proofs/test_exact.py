"""Tests of ``tdbook.proofs.exact``."""

from fractions import Fraction

import pytest
import sympy
from sympy import KroneckerDelta, Rational, Sum, Symbol, binomial, factorial, gamma, sqrt, symbols

from tdbook.proofs import exact
from tdbook.proofs.exact import Instance, NotRational, evaluate


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
    ("base", "exponent"),
    [
        (Fraction(0), Fraction(-1)),
        (Fraction(2), Fraction(1, 2)),
        (Fraction(1, 2), Fraction(1, 2)),
        (Fraction(-4), Fraction(1, 2)),
        (Fraction(8), Fraction(1, 3)),
    ],
)
def test_powers_that_are_no_fractions(base, exponent):
    with pytest.raises(NotRational):
        exact._power(base, exponent)


x, y, z = symbols("x y z")


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


i, j, k = (Symbol(name, integer=True, positive=True) for name in "ijk")


def test_bound_indices_reach_everything_inside_a_sum():
    at = Instance()
    assert evaluate(Sum(factorial(i), (i, 1, 3)), at) == 1 + 2 + 6
    assert evaluate(Sum(Sum(1, (j, 1, i)), (i, 1, 3)), at) == 1 + 2 + 3
    assert evaluate(Sum(2**i, (i, 1, 3)), at) == 2 + 4 + 8
    assert evaluate(Sum(KroneckerDelta(i, 2) * i, (i, 1, 3)), at) == 2


def test_functions_of_fractions():
    x = Symbol("x")
    assert evaluate(binomial(x, 2), Instance(x=Fraction(5, 3))) == Fraction(5, 9)
    assert evaluate(gamma(x + 1) / gamma(x), Instance(x=Fraction(5, 2))) == Fraction(5, 2)  # roots of pi cancel


def test_instances_follow_from_their_seed():
    one, same, other = Instance(), Instance(0), Instance(1)
    assert (one.seed, one.symbols["l"], one.symbols["m"], one.symbols["r"]) == (0, 4, 2, 2)
    for name in ("u", "us", "v", "w", "p", "q"):
        assert one.vector(name, 1) == same.vector(name, 1)
    assert one.vector("v", 1) != other.vector("v", 1)
    assert {one.number("a", 1), one.number("a", 2)} == {-1, 1}
    assert one.number("a", 1) == -other.number("a", 1)


@pytest.mark.parametrize("seed", range(5))
def test_vectors_lie_where_they_should_and_have_rational_lengths(seed):
    at = Instance(seed)
    u, p, q = (at.vector(name, 1) for name in "upq")
    assert u == tuple(s + t for s, t in zip(p, q, strict=True))
    assert p[2:] == (0, 0) and q[:2] == (0, 0)
    assert at.vector("e", 0) == at.vector("e", 2) == (1, 0, 0, 0)  # e_1 of Theorem 2, whatever the index
    assert at.vector("f", 2) == (0, 0, 1, 0)
    assert at.vector("w", 1)[0] == 0 and all(at.vector("w", 1)[1:])
    for name in ("u", "p", "q", "us", "v", "y", "w"):
        square = sum(t * t for t in at.vector(name, 1))
        assert square > 0 and sqrt(Rational(square.numerator, square.denominator)).is_Rational
