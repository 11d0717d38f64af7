"""Checks of the loss through inner products."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from tdbook.ledger.claims import Evidence
from tdbook.ledger.exact import tensors as reference
from tdbook.objectives import vanilla_loss
from tdbook.tensors import SymmetricCP

Square = Callable[[list, list, list, list, int], Fraction | float]


def _sum(a: list, A: list, b: list, B: list, order: int) -> Fraction:
    """sum_ij a_i b_j <A_i, B_j>^l."""
    terms = (x * y * reference.dot(p, q) ** order for x, p in zip(a, A, strict=True) for y, q in zip(b, B, strict=True))
    return sum(terms, Fraction(0))


def gram_exact(fast: bool) -> Evidence:
    """Both sides of the expansion in exact fractions, and the library's loss against them."""
    sizes = [(2, 3, 2, 3), (3, 2, 2, 4), (3, 3, 4, 3), (2, 4, 3, 5)] + ([] if fast else [(4, 5, 3, 4), (3, 4, 4, 5)])

    def agrees(square: Square) -> bool:
        """Equal to ||T - T*||^2 of the dense tensors at every size; a floating-point number to a relative 1e-12."""
        rng = np.random.default_rng(30)
        for d, m, r, order in sizes:
            U, V = reference.fractions(rng, m, d), reference.fractions(rng, r, d)
            c, w = reference.fractions(rng, m), reference.fractions(rng, r)
            residual = reference.difference(reference.combine(c, U, order), reference.combine(w, V, order))
            exact, found = reference.inner(residual, residual), square(c, U, w, V, order)
            if found != exact if isinstance(found, Fraction) else abs(found - float(exact)) > 1e-12 * float(exact):
                return False
        return True

    def expansion(factor: int = 2, weighted: bool = True) -> Square:
        def square(c: list, U: list, w: list, V: list, order: int) -> Fraction:
            ones = w if weighted else [Fraction(1)] * len(w)
            own, mixed, target = (_sum(*pair, order) for pair in ((c, U, c, U), (c, U, ones, V), (w, V, w, V)))
            return own - factor * mixed + target

        return square

    def library(c: list, U: list, w: list, V: list, order: int) -> float:
        target = SymmetricCP(reference.floats(w), reference.floats(V).T, order)
        return 2 * vanilla_loss(reference.floats(U).T, reference.floats(c), target)

    return Evidence(
        "exact",
        f"both sides in exact fractions from dense tensors at {len(sizes)} sizes $d\\le4$, $m\\le5$, $r\\le4$, "
        "$3\\le l\\le5$ (seed 30), and `vanilla_loss` against them",
        agrees,
        {"the sums of inner products": expansion(), "`vanilla_loss`": library},
        {
            "mixed sum with factor 1 instead of 2": expansion(factor=1),
            "the target's weights left out of the mixed sum": expansion(weighted=False),
        },
        "equal; the library to a relative 1e-12",
    )
