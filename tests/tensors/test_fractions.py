"""Exact elimination against SymPy, which shares no code with it."""

from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from tdbook.tensors import fractions, monomials, multinomial, multinomials
from tests.support.refusals import refused


@st.composite
def matrices(draw):
    """Matrices of small fractions, many of them singular."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    entry = st.builds(Fraction, st.integers(-2, 2), st.integers(1, 3))
    return [[draw(entry) for _ in range(columns)] for _ in range(rows)]


def exact(matrix):
    return sympy.Matrix([[sympy.Rational(x.numerator, x.denominator) for x in row] for row in matrix])


@given(matrices())
def test_the_echelon_form_and_the_rank_are_sympys(matrix):
    rows, pivots = fractions.reduced(matrix, len(matrix[0]))
    wanted, wanted_pivots = exact(matrix).rref()
    assert exact(rows) == wanted and tuple(pivots) == wanted_pivots
    assert fractions.rank(matrix) == exact(matrix).rank()


@given(matrices(), st.data())
def test_a_solution_solves_and_none_means_none(matrix, data):
    entry = st.builds(Fraction, st.integers(-2, 2))
    right = [[data.draw(entry), data.draw(entry)] for _ in matrix]
    found = fractions.solution(matrix, right)
    whole = exact(matrix).row_join(exact(right))
    assert (found is not None) == (whole.rank() == exact(matrix).rank())
    if found is not None:
        assert exact(matrix) * exact(found) == exact(right)


@given(matrices())
def test_a_kernel_vector_is_annihilated_and_not_zero(matrix):
    if exact(matrix).rank() == len(matrix[0]):
        with refused("matrix"):
            fractions.kernel_vector(matrix)
        return
    vector = fractions.kernel_vector(matrix)
    assert any(vector)
    assert all(sum(a * b for a, b in zip(row, vector, strict=True)) == 0 for row in matrix)


@pytest.mark.second_opinion("tdbook.tensors.multinomial")
def test_multinomials_are_the_coefficients_of_a_power():
    x = sympy.symbols("x:3")
    power = sympy.Poly(sum(x) ** 5, *x).as_dict()
    exponents = monomials(3, 5)
    assert {tuple(alpha): multinomial(alpha) for alpha in exponents.tolist()} == power
    assert np.array_equal(multinomials(exponents), [int(power[tuple(alpha)]) for alpha in exponents.tolist()])


def test_numbers_of_many_kinds_as_fractions():
    third = Fraction(1, 3)
    assert fractions.as_fraction(sympy.Rational(1, 3)) == fractions.as_fraction(third) == third
    assert fractions.as_fraction(0.5) == fractions.as_fraction(np.float64(0.5)) == Fraction(1, 2)
