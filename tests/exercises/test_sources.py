"""Tests of ``tdbook.exercises.sources``."""

import sympy

import tdbook
from tdbook.exercises import cubes
from tdbook.exercises import sources as chapter


def test_sums_of_cubes_by_sympy():
    x, y, z = sympy.symbols("x y z")
    weights, forms = cubes.sign_cubes()
    total = sum(
        sympy.Rational(w.numerator, w.denominator) * (a * x + b * y + c * z) ** 3
        for w, (a, b, c) in zip(weights, forms)
    )
    assert sympy.expand(total) == x * y * z == sympy.expand(sympy.sympify(chapter.FOUR))
    weights, forms, order = tdbook.tensors.sources.polarized({(1, 1, 1): 1})
    dense_sum = sum(
        sympy.Rational(w.numerator, w.denominator) * (a * x + b * y + c * z) ** order
        for w, (a, b, c) in zip(weights, forms)
    )
    assert sympy.expand(dense_sum) == x * y * z and len(forms) == 7
