"""Tests of ``tdbook.proofs.canonical``."""

import pytest
from sympy import Function, Integer, KroneckerDelta, Rational, Sum, Symbol, sqrt

from tdbook.proofs.algebra import Inner, l, m
from tdbook.proofs.canonical import canonical

U, V, US = Symbol("u"), Symbol("v"), Symbol("us")


i, j = (Symbol(name, integer=True, positive=True) for name in "ij")


def test_rational_functions_in_front_are_cancelled():
    product, order = Inner(U, i, V, j), Symbol("l", integer=True, positive=True)
    assert canonical(product / (order + 1) + order * product / (order + 1) - product) == 0
    assert canonical(product * (order**2 - 1) / (order - 1) - (order + 1) * product) == 0
    assert canonical(product / (order + 1) + order * product / (order + 2) - product) != 0


i_rules, j_rules, k = (Symbol(name, integer=True, positive=True) for name in "ijk")


product = Inner(Symbol("u"), i_rules, Symbol("v"), j_rules)


def test_powers_of_numbers_keep_their_value():
    assert canonical(2 ** (3 * l) * product - 8**l * product) == 0
    assert canonical(2 ** (3 * l) * product - 2**l * product) != 0
    half = canonical(2 ** (l + Rational(1, 2)))
    assert half.subs(l, 4) == 16 * sqrt(2)
    assert canonical(2 ** (l + Rational(1, 2)) * product - sqrt(2) * product) != 0


def test_signs_inside_and_outside_a_sum_meet():
    inside = Sum((-1) ** l * product, (i_rules, 1, m))
    assert canonical((-1) ** l * inside - Sum(product, (i_rules, 1, m))) == 0
    assert canonical((-1) ** (l + 1) * inside + Sum(product, (i_rules, 1, m))) == 0
    assert canonical((-1) ** l * inside + Sum(product, (i_rules, 1, m))) != 0
    c = Function("c", positive=True)
    once, thrice, never = (Sum((-1) ** (n * i_rules) * c(i_rules), (i_rules, 1, m)) for n in (1, 3, 0))
    assert canonical(thrice - once) == 0
    assert canonical(thrice - never) != 0


def test_a_delta_picks_the_value_at_the_other_index():
    assert canonical(Sum(KroneckerDelta(i_rules, j_rules) / (i_rules - j_rules + 2), (i_rules, 1, m))) == Rational(1, 2)
    both = Sum(KroneckerDelta(i_rules, j_rules) * product, (i_rules, 1, m), (j_rules, 1, m))
    diagonal = Sum(Inner(Symbol("u"), i_rules, Symbol("v"), i_rules), (i_rules, 1, m))
    assert canonical(both - diagonal) == 0
    c = Function("c", positive=True)
    for bound, free in (
        (i_rules, j_rules),
        (j_rules, i_rules),
        (i_rules, Integer(1)),
    ):  # SymPy sorts the two; a number comes first
        assert canonical(Sum(KroneckerDelta(bound, free) * c(bound), (bound, 1, m))) == c(free)


def test_a_sum_under_a_symbolic_exponent_is_refused():
    with pytest.raises(
        NotImplementedError, match=r"^a sum under a symbolic exponent has no canonical form here: \(.+\)$"
    ):
        canonical(Sum(product, (i_rules, 1, m)) ** l)
