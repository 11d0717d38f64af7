"""Checks of the loss through inner products."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from tdbook.ledger.claims import Control, Evidence
from tdbook.ledger.exact import tensors as reference
from tdbook.objectives import vanilla_loss
from tdbook.tensors import SymmetricCP


def gram_exact(fast: bool) -> Evidence:
    """Both sides of the expansion in exact fractions, and the library's loss against them."""
    sizes = [(2, 3, 2, 3), (3, 2, 2, 4), (3, 3, 4, 3), (2, 4, 3, 5)] + ([] if fast else [(4, 5, 3, 4), (3, 4, 4, 5)])
    rng = np.random.default_rng(30)
    cross_terms = {2: True, 1: True}  # the factor of the mixed sum -> does the identity hold with it?
    unweighted = True
    library = True
    for d, m, r, order in sizes:
        U, V = reference.fractions(rng, m, d), reference.fractions(rng, r, d)
        c, w = reference.fractions(rng, m), reference.fractions(rng, r)
        residual = reference.difference(reference.combine(c, U, order), reference.combine(w, V, order))
        square = reference.inner(residual, residual)

        def double_sum(a: list, A: list, b: list, B: list, order: int = order) -> Fraction:
            terms = (
                x * y * reference.dot(p, q) ** order
                for x, p in zip(a, A, strict=True)
                for y, q in zip(b, B, strict=True)
            )
            return sum(terms, Fraction(0))

        own, mixed, target = double_sum(c, U, c, U), double_sum(c, U, w, V), double_sum(w, V, w, V)
        for factor in cross_terms:
            cross_terms[factor] &= square == own - factor * mixed + target
        ones = [Fraction(1)] * r
        unweighted &= square == own - 2 * double_sum(c, U, ones, V) + target
        loss = vanilla_loss(
            reference.floats(U).T, reference.floats(c), SymmetricCP(reference.floats(w), reference.floats(V).T, order)
        )
        library &= abs(loss - float(square) / 2) <= 1e-12 * float(square)
    return Evidence(
        kind="exact",
        what=f"both sides in exact fractions from dense tensors at {len(sizes)} sizes $d\\le4$, $m\\le5$, $r\\le4$, "
        "$3\\le l\\le5$ (seed 30), and `vanilla_loss` against them",
        holds=cross_terms[2] and library,
        seen="equal; the library to a relative 1e-12",
        controls=(
            Control("mixed sum with factor 1 instead of 2", not cross_terms[1]),
            Control("the target's weights left out of the mixed sum", not unweighted),
        ),
    )
