"""Tests of ``tdbook.proofs.algebra``."""

from fractions import Fraction

import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy import Function, IndexedBase, Integer, KroneckerDelta, Rational, S, Sum, Symbol, latex

from tdbook.proofs import setting as model
from tdbook.proofs.algebra import FAMILIES, Inner, Norm, PowerSum, Vector, d, entry, family, l, m, r, replace_inner
from tdbook.proofs.canonical import canonical
from tdbook.proofs.components import spelled_out
from tdbook.proofs.exact import Instance, NotRational, evaluate, instances
from tdbook.proofs.identity import certainly_nonzero
from tests.support.proofs_brute import (
    columns,
    combine,
    frozen_weights,
    inner,
    loss,
    polynomial_coefficients,
    power,
    residual,
)
from tests.support.refusals import refused

U = IndexedBase("u")


a, c = Function("a", real=True), Function("c", positive=True)


i, j, k, q = (Symbol(name, integer=True, positive=True) for name in "i j k q".split())


def over_m(expr, *indices):
    return Sum(expr, *[(index, 1, m) for index in indices])


u, v, us, y = (family(name) for name in ("u", "v", "us", "y"))


uu, uv = u(i).dot(u(j)), u(i).dot(v(j))


# ------------------------------------------------------------------------------------------------------------
# Soundness: the canonical form has the same exact value
# ------------------------------------------------------------------------------------------------------------
ATOMS = [
    uu,
    uv,
    u(j).dot(v(i)),
    u(i).dot(u(i)),
    Norm(Symbol("u"), i),
    a(i),
    a(j),
    c(i),
    c(j),
    KroneckerDelta(i, j),
    Symbol("lambda", positive=True),
    l,
    m,
    Rational(2, 3),
    Integer(-1),
    Sum(U[k, i] * U[k, j], (k, 1, d)),
    Sum(U[k, i] * KroneckerDelta(k, q) * U[q, j], (k, 1, d), (q, 1, d)),
    over_m(u(q).dot(v(i)) * KroneckerDelta(q, j), q),
    over_m(c(q), q),
]


EXPONENTS = [Integer(2), Integer(3), l, l - 1, l - 2, 2 * l, l + 1]


def expressions():
    def extend(inner_strategy):
        return st.one_of(
            st.tuples(inner_strategy, inner_strategy).map(lambda pair: pair[0] + pair[1]),
            st.tuples(inner_strategy, inner_strategy).map(lambda pair: pair[0] * pair[1]),
            st.tuples(st.sampled_from([x for x in ATOMS if not isinstance(x, Sum)]), st.sampled_from(EXPONENTS)).map(
                lambda pair: pair[0] ** pair[1]
            ),
            inner_strategy.map(lambda x: x**2),
        )

    return st.recursive(st.sampled_from(ATOMS), extend, max_leaves=5).map(lambda x: over_m(x, i, j))


@settings(max_examples=80, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(expressions())
def test_canonical_form_keeps_the_exact_value(expr):
    reduced = canonical(expr)
    for at in (Instance(4, l=3, m=2, r=1), Instance(5, l=4, m=3, r=2)):
        assert evaluate(reduced, at) == evaluate(expr, at)
    assert canonical(reduced - expr) == 0
    assert canonical(reduced) == reduced


# ------------------------------------------------------------------------------------------------------------
# Completeness where it is needed, and near misses
# ------------------------------------------------------------------------------------------------------------
EQUAL = {
    "renamed indices": (over_m(uu**l * c(i), i, j), over_m(uu**l * c(j), i, j)),
    "a product of sums is a double sum": (over_m(c(i), i) ** 2, over_m(c(i) * c(j), i, j)),
    "exponents add": (over_m(c(i) ** l / c(i), i), over_m(c(i) ** (l - 1), i)),
    "exponents cancel": (over_m(c(i) ** l * c(i) ** (2 - l), i), over_m(c(i) ** 2, i)),
    "signs square to one": (over_m(a(i) ** 2 * c(i), i), over_m(c(i), i)),
    "an even symbolic power of a sign": (over_m(a(i) ** (2 * l), i), m),
    "an odd symbolic power of a sign": (over_m(a(i) ** (2 * l - 1), i), over_m(a(i), i)),
    "(-x)^l": (over_m((-c(i)) ** l, i), (-1) ** l * over_m(c(i) ** l, i)),
    "(-1)^(2l)": ((-1) ** l * over_m((-c(i)) ** l, i), over_m(c(i) ** l, i)),
    "(-1)^(3l) is (-1)^l": (over_m((-c(i)) ** (3 * l), i), (-1) ** l * over_m(c(i) ** (3 * l), i)),
    "powers of two": (over_m((2 * c(i)) ** (l + 1), i), 2 * 2**l * over_m(c(i) ** (l + 1), i)),
    "4^l is 2^(2l)": (S(4) ** l, S(2) ** (2 * l)),
    "deltas pick": (
        over_m(KroneckerDelta(i, j) * uu ** (l - 1), i, j),
        over_m(Norm(Symbol("u"), i) ** (2 * l - 2), i),
    ),
    "a free index is picked too": (over_m(KroneckerDelta(i, q) * c(i), i), c(q)),
    "unused indices count": (over_m(c(i), i, j), m * over_m(c(i), i)),
    "entries contract": (Sum(U[k, i] * U[k, j], (k, 1, d)) ** l, uu**l),
    "a length from its entries": (Sum(U[k, i] ** 2, (k, 1, d)) ** (l / 2), Norm(Symbol("u"), i) ** l),
    "inner products are symmetric": (Inner(Symbol("v"), j, Symbol("u"), i), uv),
    "rational functions cancel": (over_m(c(i) * (l - 2) / l + 2 * c(i) / l, i), over_m(c(i), i)),
    "squares distribute over symbolic powers": (
        (c(i) ** l + c(j) ** l) ** 2,
        c(i) ** (2 * l) + 2 * (c(i) * c(j)) ** l + c(j) ** (2 * l),
    ),
}


@pytest.mark.parametrize("left, right", EQUAL.values(), ids=EQUAL.keys())
def test_equal_expressions_leave_nothing(left, right):
    assert canonical(left - right) == 0
    for at in instances():
        try:
            assert evaluate(left, at) == evaluate(right, at)
        except NotRational:
            assert at.symbols["l"] % 2


UNEQUAL = {
    "exponent off by one": (over_m(uu**l, i, j), over_m(uu ** (l - 1), i, j)),
    "factor": (over_m(uu**l, i, j), 2 * over_m(uu**l, i, j)),
    "sign of one term": (over_m(c(i) - c(i) ** l, i), over_m(c(i) + c(i) ** l, i)),
    "diagonal for the double sum": (over_m(c(i) * c(j), i, j), over_m(c(i) ** 2, i)),
    "l/(l-2) for 1": (l / (l - 2) * over_m(c(i), i), over_m(c(i), i)),
    "a sign is not one": (over_m(a(i) * c(i), i), over_m(c(i), i)),
    "a sign to an odd power": (over_m(a(i) ** (2 * l + 1) * c(i), i), over_m(c(i), i)),
    "(-1)^l is not 1": (over_m((-c(i)) ** l, i), over_m(c(i) ** l, i)),
    "<u_i, v_j> is not <u_j, v_i>": (over_m(uv * c(i), i, j), over_m(u(j).dot(v(i)) * c(i), i, j)),
    "range m is not range r": (over_m(c(i), i), Sum(c(i), (i, 1, r))),
    "square of the norm": (over_m(u(i).dot(u(i)), i), over_m(Norm(Symbol("u"), i), i)),
    "power of a sum is not a sum of powers": ((c(i) + c(j)) ** l, c(i) ** l + c(j) ** l),
    "the root of a square is an absolute value": (over_m((uv**2) ** (l / 2), i, j), over_m(uv**l, i, j)),
    "u and v": (over_m(u(i).dot(u(i)), i), over_m(v(i).dot(v(i)), i)),
}


@pytest.mark.parametrize("left, right", UNEQUAL.values(), ids=UNEQUAL.keys())
def test_near_misses_leave_a_residue_that_is_a_nonzero_number(left, right):
    residue = canonical(left - right)
    assert residue != 0
    assert certainly_nonzero(residue)


def test_a_residue_that_only_looks_nonzero_does_not_count_as_refused():
    # (x + y)^l is left as it stands: not clever enough to see that this is zero, and honest about it
    hidden = ((c(i) + c(j)) ** l) ** 2 - (c(i) ** 2 + 2 * c(i) * c(j) + c(j) ** 2) ** l
    residue = canonical(hidden)
    assert residue != 0
    assert not certainly_nonzero(residue)


def test_a_root_of_a_product_is_not_split_over_factors_of_any_sign():
    # at <u_i, v_j> = <u_j, v_i> = -1 and l = 3 the sides are 1 and (-i)(-i) = -1
    vu = u(j).dot(v(i))
    assert canonical((uv * vu) ** (l / 2) - uv ** (l / 2) * vu ** (l / 2)) != 0
    assert canonical((c(i) * c(j)) ** (l / 2) - c(i) ** (l / 2) * c(j) ** (l / 2)) == 0


def test_a_sum_under_a_symbolic_exponent_is_refused():
    with pytest.raises(NotImplementedError, match="symbolic exponent"):
        canonical(over_m(c(i), i) ** l)


def test_a_delta_between_different_ranges_is_left_alone():
    s = Symbol("s", integer=True, positive=True)
    apart = Sum(KroneckerDelta(i, s) * c(i), (i, 1, m), (s, 1, r))
    reduced = canonical(apart)
    assert reduced.has(KroneckerDelta)
    for at in instances():
        assert evaluate(reduced, at) == evaluate(apart, at)


def test_a_sum_over_some_entries_only_is_no_inner_product():
    partial = Sum(U[k, i] * U[k, j], (k, 1, r))
    assert not canonical(partial).has(Inner)
    assert certainly_nonzero(canonical(over_m(partial - uu, i, j)))
    unknown = IndexedBase("stranger")
    assert not canonical(Sum(unknown[k, i] * unknown[k, j], (k, 1, d))).has(Inner)


def test_a_range_that_depends_on_another_index_is_refused():
    with pytest.raises(NotImplementedError, match="must not depend"):
        canonical(Sum(c(i), (i, 1, j), (j, 1, m)))


def test_bound_indices_are_never_captured():
    # the free column i against a tensor whose own sum also runs over i
    free = PowerSum.power(c(i), u(i), (i, m)).inner(PowerSum.power(1, v(i)))
    renamed = over_m(c(q) * u(q).dot(v(i)) ** l, q)
    assert canonical(free - renamed) == 0
    twice = u(i).over(i, m)
    assert canonical(twice.dot(twice) - over_m(uu, i, j)) == 0


def test_orthogonal_spaces_and_projections():
    p_i, q_i = u(i).projected("S"), u(i).projected("B")
    assert p_i.dot(q_i) == 0
    assert us(j).projected("B").dot(u(i)) == 0
    assert p_i.dot(us(j)) == u(i).dot(us(j))
    assert (u(i).projected("S") + u(i).projected("B")).dot(p_i) == p_i.dot(p_i)
    with pytest.raises(ValueError, match="projection of family 'v'"):
        v(i).projected("S")
    with refused("family", KeyError):
        family("unknown")


@pytest.mark.parametrize("at", instances(), ids=lambda at: f"l={at.symbols['l']}")
def test_instances_obey_what_the_algebra_takes_for_granted(at):
    def dot(x, y):
        return sum((s * t for s, t in zip(x, y, strict=True)), Fraction(0))

    for n in (1, 2):
        whole, part_s, part_b = at.vector("u", n), at.vector("p", n), at.vector("q", n)
        assert whole == tuple(s + t for s, t in zip(part_s, part_b, strict=True))
        assert dot(part_s, part_b) == dot(at.vector("us", n), part_b) == 0
        assert dot(at.vector("e"), at.vector("w", n)) == dot(at.vector("e"), at.vector("f", n)) == 0
        assert dot(at.vector("o", n), at.vector("o", 3)) == 0
        assert all(any(entries) for entries in (whole, part_s, part_b))
        for name in ("u", "v", "us", "p", "q", "w", "g", "y"):
            evaluate(Norm(Symbol(name), Integer(n)), at)  # rational lengths, or NotRational


# ------------------------------------------------------------------------------------------------------------
# Against dense tensors
# ------------------------------------------------------------------------------------------------------------
DENSE = [Instance(11, l=3, m=2, r=1), Instance(12, l=4, m=2, r=2)]


@pytest.mark.parametrize("at", DENSE, ids=lambda at: f"l={at.symbols['l']}")
def test_inner_products_of_tensors_are_those_of_all_their_entries(at):
    order = at.symbols["l"]
    fit = combine([(w, power(x, order)) for w, x in zip(frozen_weights(at), columns(at), strict=True)])
    assert evaluate(model.tensor().norm2(), at) == inner(fit, fit)
    assert evaluate(model.tensor().inner(PowerSum.power(1, y())), at) == inner(fit, power(at.vector("y"), order))
    rest = residual(at, columns(at), frozen_weights(at))
    assert evaluate(model.residual().norm2(), at) == inner(rest, rest)
    contracted = [
        sum(
            (value * power(at.vector("y"), order - 1)[index[:-1]] for index, value in rest.items() if index[-1] == n),
            Fraction(0),
        )
        for n in range(4)
    ]
    for n in range(4):
        entry = model.residual().contract(y()).component(Integer(n + 1))
        assert evaluate(entry, at) == contracted[n]


@pytest.mark.parametrize("at", DENSE, ids=lambda at: f"l={at.symbols['l']}")
def test_the_loss_of_the_proofs_is_the_dense_loss(at):
    assert evaluate(model.loss(), at) == loss(at, columns(at))
    assert evaluate(spelled_out(model.loss()), at) == loss(at, columns(at))


def test_first_and_second_derivative_against_the_exact_polynomial_in_t():
    # at even order the loss along U + tV is a polynomial in t of degree 2l: interpolate it exactly
    at = Instance(13, l=4, m=2, r=1)
    values = []
    for step in range(9):
        vectors = [
            tuple(x + step * z for x, z in zip(first, second, strict=True))
            for first, second in zip(columns(at), columns(at, "v"), strict=True)
        ]
        values.append((Fraction(step), loss(at, vectors)))
    coefficients = polynomial_coefficients(values)
    assert evaluate(model.along(model.loss), at) == coefficients[1]
    assert evaluate(Sum(v(i).dot(model.gradient(i)), (i, 1, m)), at) == coefficients[1]
    assert evaluate(model.along(model.loss, 2), at) == 2 * coefficients[2]


def test_no_value_among_the_rationals_is_said_so():
    with pytest.raises(NotRational, match="is not rational"):
        evaluate(Integer(2) ** Rational(1, 2), Instance())


i_faults, j_faults = (Symbol(name, integer=True, positive=True) for name in "ij")


def test_a_projection_stands_on_both_sides_of_an_inner_product():
    """<u_i, P u_j> = <P u_i, P u_j> for both projections, whichever side it stands on."""
    for part in ("p", "q"):
        wanted = Inner(Symbol(part), i_faults, Symbol(part), j_faults)
        assert family("u")(i_faults).dot(family(part)(j_faults)) == wanted
        assert family(part)(i_faults).dot(family("u")(j_faults)) == wanted


U_faults, V, US = Symbol("u"), Symbol("v"), Symbol("us")


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        (Norm(U_faults, i_faults), r"\|u_{i}\|"),
        (Norm(U_faults, i_faults) ** 2, r"\|u_{i}\|^{2}"),
        (Norm(US, i_faults), r"\|{u^*}_{i}\|"),
        (Norm(Symbol("y"), Integer(0)), r"\|y\|"),
        (Norm(Symbol("e"), Integer(1)), r"\|e_{1}\|"),
        (Inner(U_faults, i_faults, V, j_faults), r"\langle u_{i},v_{j}\rangle"),
        (Inner(U_faults, i_faults, US, j_faults), r"\langle u_{i},{u^*}_{j}\rangle"),
        (Inner(U_faults, i_faults, V, j_faults) ** 3, r"\langle u_{i},v_{j}\rangle^{3}"),
    ],
)
def test_inner_products_as_they_are_printed(expression, written):
    assert latex(expression) == written


def test_an_inner_product_is_symmetric_and_a_square_on_the_diagonal():
    assert Inner(V, j_faults, U_faults, i_faults) == Inner(U_faults, i_faults, V, j_faults)
    assert Inner(U_faults, j_faults, U_faults, i_faults) == Inner(U_faults, i_faults, U_faults, j_faults)
    assert Inner(U_faults, i_faults, U_faults, i_faults) == Norm(U_faults, i_faults) ** 2
    assert Inner(U_faults, i_faults, V, i_faults).func is Inner


def test_entries_and_families():
    u = sympy.IndexedBase("u")
    assert entry("u", i_faults, j_faults) == u[i_faults, j_faults]
    assert entry("u", i_faults, S.Zero) == u[i_faults]
    assert family("u")(i_faults) == Vector(((S.One, "u", i_faults, ()),))
    assert family("y")() == family("y")(0)
    with refused("family", KeyError):
        family("t")
    assert {name: known.space for name, known in FAMILIES.items() if known.orthonormal} == {
        "e": "axis", "f": "off-axis", "o": "",
    }  # fmt: skip


def test_vectors_add_scale_and_sum():
    a, b = family("u")(i_faults), family("v")(i_faults)
    both = 2 * a - b
    assert both.dot(family("y")()) == 2 * a.dot(family("y")()) - b.dot(family("y")())
    at = Instance(3, l=3, m=3, r=2)
    entries = [sum(at.vector("u", n)[k] for n in (1, 2, 3)) for k in range(4)]
    total = family("u")(i_faults).over(i_faults, Symbol("m", integer=True, positive=True))
    assert [evaluate(total.component(Integer(k + 1)), at) for k in range(4)] == entries
    assert evaluate(total.norm() ** 2, at) == sum(value**2 for value in entries)
    with pytest.raises(ValueError, match=r"^the projection of family 'v' onto 'S' is not known$"):
        b.projected("S")


def test_replacing_one_kind_of_inner_product():
    def value(first, second):
        return 10 * first + second

    given = Inner(U_faults, i_faults, V, j_faults) + Inner(U_faults, i_faults, US, j_faults) + Norm(U_faults, i_faults)
    assert replace_inner(given, "u", "v", value) == 10 * i_faults + j_faults + Inner(
        U_faults, i_faults, US, j_faults
    ) + Norm(U_faults, i_faults)
    assert replace_inner(given, "v", "u", value) == 10 * j_faults + i_faults + Inner(
        U_faults, i_faults, US, j_faults
    ) + Norm(U_faults, i_faults)
    assert replace_inner(Norm(U_faults, i_faults) + Norm(V, i_faults), "u", "u", value) == sympy.sqrt(
        11 * i_faults
    ) + Norm(V, i_faults)


def test_powers_of_another_order():
    at = Instance(5, l=3, m=2, r=1)
    square = PowerSum.power(
        2, family("u")(i_faults), (i_faults, Symbol("m", integer=True, positive=True)), order=Integer(2)
    )
    columns = [at.vector("u", n) for n in (1, 2)]
    gram = [[sum(s * t for s, t in zip(a, b, strict=True)) for a in columns] for b in columns]
    assert evaluate(square.norm2(), at) == 4 * sum(value**2 for row in gram for value in row)
    assert evaluate((3 * square - square).norm2(), at) == 16 * sum(value**2 for row in gram for value in row)


def test_the_contraction_of_a_power_keeps_coefficients():
    u, v, w = (family(name)(1) for name in "uvy")
    contracted = PowerSum.power(1, 2 * u).contract(v)
    assert canonical(contracted.dot(w) - (2 * u.dot(v)) ** (l - 1) * 2 * u.dot(w)) == 0
    assert canonical(contracted.dot(w) - u.dot(v) ** (l - 1) * u.dot(w)) != 0


i_rules, j_rules, k_rules = (Symbol(name, integer=True, positive=True) for name in "ijk")


def test_a_diagonal_is_no_inner_product():
    U, V = IndexedBase("u"), IndexedBase("v")
    assert canonical(Sum(U[k_rules, j_rules] * V[k_rules, 1], (k_rules, 1, d))) == Inner(
        Symbol("u"), j_rules, Symbol("v"), Integer(1)
    )
    assert not canonical(Sum(U[k_rules, k_rules] * V[k_rules, 1], (k_rules, 1, d))).has(Inner)
    assert not canonical(Sum(U[k_rules, 1] * V[k_rules, k_rules], (k_rules, 1, d))).has(Inner)
