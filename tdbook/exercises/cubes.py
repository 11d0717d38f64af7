"""xyz as a sum of four cubes: the judge of an exercise, and answers to it."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from tdbook.tensors import SymmetricCP


def _sum_of_cubes(answer: Any) -> Any:
    """The formula that was handed in, or the one that (weights, forms) stand for; exact unless decimals came."""
    from tdbook.proofs import formulas

    if isinstance(answer, str) or hasattr(answer, "free_symbols"):
        return formulas.expression(answer)
    if isinstance(answer, SymmetricCP):
        answer = answer.weights, answer.factors
    weights, forms = answer
    if len(forms) == 3 and all(len(form) == len(weights) != 3 for form in forms):
        forms = list(zip(*forms))  # components as columns (d, r), as in the library
    cubes = (f"({w})*(({a})*x + ({b})*y + ({c})*z)**3" for w, (a, b, c) in zip(weights, forms, strict=True))
    return sum(map(formulas.parse, cubes), formulas.parse("0"))


def four_cubes(answer: Any) -> str:
    """Why the answer is not a sum of at most four cubes of linear forms that equals xyz; empty when it is."""
    from tdbook.proofs import polynomials

    total = _sum_of_cubes(answer)
    symbols = sorted(total.free_symbols, key=lambda symbol: symbol.name)
    if [symbol.name for symbol in symbols] != ["x", "y", "z"]:
        return "a sum of cubes of linear forms in x, y and z is wanted"
    terms = [term.as_coeff_Mul()[1] for term in (total.args if total.is_Add else (total,))]
    if not all(term.is_Pow and term.exp == 3 for term in terms):
        return "every term has to be a number times a cube"
    if not all(sum(e) == 1 for term in terms for e in polynomials.coefficients(term.base, symbols)):
        return "cubes of linear forms are wanted, without constants and powers inside"
    if len(terms) > 4:
        return f"these are {len(terms)} cubes: four are enough"
    others = polynomials.coefficients(total, symbols)
    product = others.pop((1, 1, 1), 0)
    if product != 1 and abs(product - 1) < 1e-9 and all(abs(c) < 1e-9 for c in others.values()):
        return "equal up to rounding only: hand in fractions, not decimals"
    if not others:
        return "" if product == 1 else "this is a multiple of xyz: how often does xyz occur in one cube?"
    return "other monomials do not cancel: xyz changes its sign with x, so what must the weights do?"


def sign_cubes(scale: int = 24, alike: bool = False) -> tuple[list[Fraction], list[tuple[int, int, int]]]:
    """Four cubes with the weights +-1/scale; ``alike`` forgets the signs."""
    forms = [(1, 1, 1), (1, 1, -1), (1, -1, 1), (1, -1, -1)]
    return [Fraction(1 if alike else math.prod(form), scale) for form in forms], forms
