"""Rules of the proofs' own algebra and arithmetic one at a time, each on an example small enough to be done by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
from sympy import (
    Function,
    IndexedBase,
    Integer,
    KroneckerDelta,
    Rational,
    Sum,
    Symbol,
    binomial,
    factorial,
    gamma,
    sqrt,
)

from tdbook import proofs
from tdbook.proofs import formulas
from tdbook.proofs import identity as home
from tdbook.proofs.algebra import Inner, PowerSum, d, family, l, m
from tdbook.proofs.canonical import canonical
from tdbook.proofs.exact import Instance, evaluate
from tdbook.proofs.identity import Identity, Remainders, certainly_nonzero, shows
from tdbook.statements import CHAPTERS

i, j, k = (Symbol(name, integer=True, positive=True) for name in "ijk")
product = Inner(Symbol("u"), i, Symbol("v"), j)


# --- the canonical form -----------------------------------------------------------------------------------------------


def test_powers_of_numbers_keep_their_value():
    assert canonical(2 ** (3 * l) * product - 8**l * product) == 0
    assert canonical(2 ** (3 * l) * product - 2**l * product) != 0
    half = canonical(2 ** (l + Rational(1, 2)))
    assert half.subs(l, 4) == 16 * sqrt(2)
    assert canonical(2 ** (l + Rational(1, 2)) * product - sqrt(2) * product) != 0


def test_signs_inside_and_outside_a_sum_meet():
    inside = Sum((-1) ** l * product, (i, 1, m))
    assert canonical((-1) ** l * inside - Sum(product, (i, 1, m))) == 0
    assert canonical((-1) ** (l + 1) * inside + Sum(product, (i, 1, m))) == 0
    assert canonical((-1) ** l * inside + Sum(product, (i, 1, m))) != 0
    c = Function("c", positive=True)
    once, thrice, never = (Sum((-1) ** (n * i) * c(i), (i, 1, m)) for n in (1, 3, 0))
    assert canonical(thrice - once) == 0
    assert canonical(thrice - never) != 0


def test_a_delta_picks_the_value_at_the_other_index():
    assert canonical(Sum(KroneckerDelta(i, j) / (i - j + 2), (i, 1, m))) == Rational(1, 2)
    both = Sum(KroneckerDelta(i, j) * product, (i, 1, m), (j, 1, m))
    diagonal = Sum(Inner(Symbol("u"), i, Symbol("v"), i), (i, 1, m))
    assert canonical(both - diagonal) == 0
    c = Function("c", positive=True)
    for bound, free in ((i, j), (j, i), (i, Integer(1))):  # SymPy sorts the two; a number comes first
        assert canonical(Sum(KroneckerDelta(bound, free) * c(bound), (bound, 1, m))) == c(free)


def test_a_sum_under_a_symbolic_exponent_is_refused():
    with pytest.raises(
        NotImplementedError, match=r"^a sum under a symbolic exponent has no canonical form here: \(.+\)$"
    ):
        canonical(Sum(product, (i, 1, m)) ** l)


def test_the_contraction_of_a_power_keeps_coefficients():
    u, v, w = (family(name)(1) for name in "uvy")
    contracted = PowerSum.power(1, 2 * u).contract(v)
    assert canonical(contracted.dot(w) - (2 * u.dot(v)) ** (l - 1) * 2 * u.dot(w)) == 0
    assert canonical(contracted.dot(w) - u.dot(v) ** (l - 1) * u.dot(w)) != 0


def test_a_diagonal_is_no_inner_product():
    U, V = IndexedBase("u"), IndexedBase("v")
    assert canonical(Sum(U[k, j] * V[k, 1], (k, 1, d))) == Inner(Symbol("u"), j, Symbol("v"), Integer(1))
    assert not canonical(Sum(U[k, k] * V[k, 1], (k, 1, d))).has(Inner)
    assert not canonical(Sum(U[k, 1] * V[k, k], (k, 1, d))).has(Inner)


# --- exact numbers ----------------------------------------------------------------------------------------------------


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


def test_no_entry_of_a_unit_vector_vanishes(monkeypatch):
    """The projected point (3/5, 4/5) has length 1 and would give a first entry 0: it is taken twice as far out."""
    drawn = iter([3, 5, 4, 5])

    class Loaded:
        choice = staticmethod(lambda signs: 1)
        randint = staticmethod(lambda low, high: next(drawn))

    monkeypatch.setattr(Instance, "_random", lambda self, *key: Loaded)
    assert Instance()._unit("v", 1, 3) == [Fraction(-3, 5), Fraction(12, 25), Fraction(16, 25)]


# --- identities and their register ------------------------------------------------------------------------------------


def test_claims_come_in_the_order_of_the_book():
    stems = [home.PROOFS[claim][0].__module__.rsplit(".", 1)[1] for claim in proofs.claims()]
    chapters = [stem for stem in dict.fromkeys(stems) if stem != "moments"]
    assert chapters == [stem for stem in CHAPTERS if stem in chapters] and len(chapters) >= 10
    assert {proof.__module__ for proof in proofs.for_claim("tensor-inner")} == {"tdbook.proofs.tensors"}
    assert [proof for claim in proofs.claims() for proof in home.PROOFS[claim]] == proofs.all_identities()


def test_a_proof_is_registered_under_its_claim(monkeypatch):
    monkeypatch.setattr(home, "PROOFS", {})

    def my_identity() -> Identity:
        return home.identity("x = x", left=Integer(1), right=Integer(1), mutants={}, free=("l",))

    proof = shows("my-claim")(my_identity)
    assert dict(home.PROOFS) == {"my-claim": [proof]}
    assert (proof().claim, proof().name) == ("my-claim", "my-identity")


def test_remainders_show_their_forms():
    left = Remainders({"twice": 2 * (l + 1) - 2 * l - 2, "more": Integer(3)}, canonical)
    assert repr(left) == "Remainders({'twice': 0, 'more': 3})"


def test_the_instances_given_are_the_ones_looked_at():
    assert certainly_nonzero(l - 3)
    assert not certainly_nonzero(l - 3, [Instance(l=3)])
    assert not certainly_nonzero(l - 3, [])
    assert certainly_nonzero(Integer(1)) and not certainly_nonzero(Integer(0))
    root = sqrt(Symbol("x", positive=True))  # 2 has no root among the fractions, 4 has one
    assert certainly_nonzero(root, [Instance(x=2), Instance(x=4)])
    assert not certainly_nonzero(root, [Instance(x=2)])


# --- typed formulas ---------------------------------------------------------------------------------------------------


def test_only_whole_bounds_give_whole_values():
    whole, mixed = ([at["x"] for at in formulas.points({"x": bounds})] for bounds in ((0, 9), (0, 9.5)))
    assert all(x.is_Integer and 0 <= x <= 9 for x in whole)
    assert all(0 < x < 9.5 for x in mixed) and not all(x.is_Integer for x in mixed)


def test_formulas_are_compared_to_more_digits_than_a_float_has():
    domain = {"x": (1, 2.5)}
    assert formulas.equal("x + x*10^-30", "x", domain)
    assert not formulas.equal("x + x*10^-18", "x", domain)


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
