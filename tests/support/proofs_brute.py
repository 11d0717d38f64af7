"""Brute force for the tests of the proofs: dense tensors with Fraction entries, no algebra at all."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import isqrt, prod

from sympy import Symbol

from tdbook.proofs.exact import Instance

Vector = tuple[Fraction, ...]
Tensor = dict[tuple[int, ...], Fraction]


def power(vector: Vector, order: int) -> Tensor:
    """All d^l entries of the power of a vector."""
    return {q: prod((vector[k] for k in q), start=Fraction(1)) for q in product(range(len(vector)), repeat=order)}


def combine(terms: list[tuple[Fraction, Tensor]]) -> Tensor:
    """A linear combination of tensors, entry by entry."""
    keys = terms[0][1].keys()
    return {q: sum((w * tensor[q] for w, tensor in terms), Fraction(0)) for q in keys}


def inner(first: Tensor, second: Tensor) -> Fraction:
    return sum((value * second[q] for q, value in first.items()), Fraction(0))


def residual(at: Instance, columns: list[Vector], weights: list[Fraction]) -> Tensor:
    """T - T* of an instance, dense."""
    order, rank = at.symbols["l"], at.symbols["r"]
    terms = [(w, power(x, order)) for w, x in zip(weights, columns, strict=True)]
    terms += [(-at.number("cstar", Fraction(s)), power(at.vector("us", s), order)) for s in range(1, rank + 1)]
    return combine(terms)


def frozen_weights(at: Instance) -> list[Fraction]:
    order = at.symbols["l"]
    indices = [Fraction(i) for i in range(1, at.symbols["m"] + 1)]
    return [at.number("a", i) * at.number("c", i) ** (order - 2) for i in indices]


def columns(at: Instance, name: str = "u") -> list[Vector]:
    return [at.vector(name, i) for i in range(1, at.symbols["m"] + 1)]


def norm(vector: Vector) -> Fraction:
    """The length of a vector of rational length."""
    square = sum((x * x for x in vector), Fraction(0))
    root = Fraction(isqrt(square.numerator), isqrt(square.denominator))
    assert root * root == square, "the instance promises rational lengths"
    return root


def regularizer(at: Instance, vectors: list[Vector]) -> Fraction:
    """The sum over i of chat_i^(l-2) ||x_i||^l, l even or the lengths rational."""
    order = at.symbols["l"]
    chats = [at.number("chat", Fraction(i)) for i in range(1, at.symbols["m"] + 1)]
    total = Fraction(0)
    for chat, x in zip(chats, vectors, strict=True):
        square = sum((t * t for t in x), Fraction(0))
        length = square ** (order // 2) if order % 2 == 0 else norm(x) ** order
        total += chat ** (order - 2) * length
    return total


def loss(at: Instance, vectors: list[Vector], weights: list[Fraction] | None = None) -> Fraction:
    """The loss of Section 4 with frozen c and c-hat, from dense tensors."""
    rest = residual(at, vectors, frozen_weights(at) if weights is None else weights)
    lam = at.symbol(Symbol("lambda", positive=True))
    return inner(rest, rest) / 2 + lam * regularizer(at, vectors)


def polynomial_coefficients(values: list[tuple[Fraction, Fraction]]) -> list[Fraction]:
    """The coefficients of the polynomial through the points (Lagrange, exact), constant first."""
    size = len(values)
    total = [Fraction(0)] * size
    for i, (x, y) in enumerate(values):
        basis = [Fraction(1)]
        scale = Fraction(1)
        for j, (z, _) in enumerate(values):
            if i != j:
                basis = [a - z * b for a, b in zip([Fraction(0), *basis], [*basis, Fraction(0)], strict=True)]
                scale *= x - z
        total = [t + y * b / scale for t, b in zip(total, basis, strict=True)]
    return total
