"""Claims of Section 2: tensors."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from math import comb, factorial

import numpy as np

from tdbook.ledger.claims import Claim, Control, Evidence
from tdbook.ledger.evidence import proofs_of
from tdbook.ledger.exact import tensors as reference
from tdbook.tensors import SymmetricCP


def _powers_agree(sizes: list[tuple[int, int]], formula: Callable[[Fraction, int], Fraction]) -> bool:
    """Whether the dense inner product of two random powers is ``formula(<u, v>, l)`` at every size."""
    rng = np.random.default_rng(20)
    for d, order in sizes:
        u, v = reference.fractions(rng, 2, d)
        if reference.inner(reference.power(u, order), reference.power(v, order)) != formula(reference.dot(u, v), order):
            return False
    return True


def _inner_exact(fast: bool) -> Evidence:
    sizes = [(d, order) for d in (1, 2, 3, 4) for order in range(1, 5 if fast else 7) if d**order <= 1100]
    library = []
    rng = np.random.default_rng(21)
    for d, order in sizes:
        if order >= 2:
            u, v = reference.fractions(rng, 2, d)
            exact = float(reference.dot(u, v) ** order)
            tensors = [SymmetricCP([1.0], reference.floats([w]).T, order) for w in (u, v)]
            library.append(abs(tensors[0].inner(tensors[1]) - exact) <= 1e-13 * tensors[0].norm() * tensors[1].norm())
    return Evidence(
        kind="exact",
        what=f"sums over all $d^l$ entries in exact fractions, and `SymmetricCP.inner` against them, at {len(sizes)} sizes "
        rf"$d\le4$, $l\le{max(order for _, order in sizes)}$ (seeds 20, 21)",
        holds=_powers_agree(sizes, lambda x, order: x**order) and all(library),
        seen="equal; the library to 1e-13",
        controls=(
            Control(r"exponent $l-1$", not _powers_agree(sizes, lambda x, order: x ** (order - 1))),
            Control(r"$|\langle u,v\rangle|^l$", not _powers_agree(sizes, lambda x, order: abs(x) ** order)),
        ),
    )


def vec_index(index: tuple[int, ...], dimension: int) -> int:
    """The paper's position of entry (i_1, ..., i_l), all counted from 1."""
    order = len(index)
    return sum((i - 1) * dimension ** (order - 1 - k) for k, i in enumerate(index)) + 1


def _is_row_major(position: Callable[[tuple[int, ...], int], int], sizes: list[tuple[int, int]]) -> bool:
    """Whether ``position`` maps [d]^l one-to-one onto [d^l] in the order in which NumPy flattens arrays."""
    for d, order in sizes:
        entries = np.arange(1, d**order + 1).reshape((d,) * order)
        tuples = list(itertools.product(range(1, d + 1), repeat=order))
        positions = [position(index, d) for index in tuples]
        if sorted(positions) != list(range(1, d**order + 1)):
            return False
        if any(entries[tuple(i - 1 for i in index)] != p for index, p in zip(tuples, positions, strict=True)):
            return False
    return True


def _vec_exact(fast: bool) -> Evidence:
    sizes = [(d, order) for d in range(1, 6) for order in range(1, 6 if fast else 8) if d**order <= 20_000]
    return Evidence(
        kind="exact",
        what=f"every index tuple at {len(sizes)} sizes with $d^l\\le20000$, against the order of `ndarray.ravel`",
        holds=_is_row_major(vec_index, sizes),
        seen="a bijection, equal to C order",
        controls=(
            Control(
                "first index fastest (Fortran order)", not _is_row_major(lambda i, d: vec_index(i[::-1], d), sizes)
            ),
            Control(
                "the last slice of the first index shifted by one",
                not _is_row_major(lambda i, d: vec_index(i, d) + (i[0] == d), sizes),
            ),
        ),
    )


def _trace_of_symmetrizer(dimension: int, order: int) -> Fraction:
    """Trace of the projection onto symmetric tensors: the mean over permutations of d^(number of cycles)."""
    total = 0
    for permutation in itertools.permutations(range(order)):
        seen: set[int] = set()
        cycles = 0
        for start in range(order):
            if start not in seen:
                cycles += 1
                while start not in seen:
                    seen.add(start)
                    start = permutation[start]
        total += dimension**cycles
    return Fraction(total, factorial(order))


def _dimension_exact(fast: bool) -> Evidence:
    sizes = [(d, order) for d in range(1, 9) for order in range(1, 6 if fast else 8)]

    def agrees(formula: Callable[[int, int], int]) -> bool:
        return all(_trace_of_symmetrizer(d, order) == formula(d, order) for d, order in sizes)

    bounds = all(Fraction(d**order, factorial(order)) <= comb(d + order - 1, order) <= d**order for d, order in sizes)
    return Evidence(
        kind="exact",
        what=f"trace of the symmetrising projection, from the cycles of all $l!$ permutations, at {len(sizes)} sizes $d\\le8$, "
        rf"$l\le{max(order for _, order in sizes)}$",
        holds=agrees(lambda d, order: comb(d + order - 1, order)) and bounds,
        seen=r"equal to $\binom{d+l-1}{l}$, between $d^l/l!$ and $d^l$",
        controls=(
            Control(r"$\binom{d+l}{l}$", not agrees(lambda d, order: comb(d + order, order))),
            Control(r"$\binom{d}{l}$, all indices different", not agrees(comb)),
        ),
    )


def _core_exact(fast: bool) -> Evidence:
    """The norm through the core against all entries, for every way to split the indices."""
    rng = np.random.default_rng(22)
    found: list[tuple[float, float, float]] = []
    for order in (3, 4, 5):
        for _ in range(3 if fast else 20):
            U, w = rng.standard_normal((4, 2)), rng.standard_normal(2)
            theta = np.linalg.qr(U)[1]
            dense = float(np.linalg.norm(SymmetricCP(w, U, order).to_dense()))
            for p in range(1, order):
                left, right = (
                    np.stack([SymmetricCP([1.0], theta[:, [i]], k).to_dense().ravel() if k > 1 else theta[:, i] for i in range(2)], axis=1)
                    for k in (p, order - p)
                )  # fmt: skip
                small = np.linalg.qr(left)[1], np.linalg.qr(right)[1]
                found.append(
                    (
                        float(np.linalg.norm(small[0] @ np.diag(w) @ small[1].T)) - dense,
                        float(np.linalg.norm(small[0] @ np.diag(np.abs(w)) @ small[1].T)) - dense,
                        float(np.linalg.norm(small[0] @ small[1].T)) - dense,
                    )
                )

    def equal(which: int) -> bool:
        return all(abs(error[which]) <= 1e-10 for error in found)

    return Evidence(
        kind="exact",
        what=f"the norm through triangular factors against all entries, $d=4$, two components, $l=3,4,5$, every $p$: {len(found)} cases (seed 22), to $10^{{-10}}$",
        holds=equal(0),
        seen="equal",
        controls=(Control("$|w|$ for $w$", not equal(1)), Control("without the weights", not equal(2))),
    )


CLAIMS = (
    Claim(
        id="tensor-inner",
        title="Inner products of powers",
        place="Section 2",
        kinds=("symbolic", "exact"),
        checks=(proofs_of("tensor-inner"), _inner_exact),
    ),
    Claim(
        id="vec-order",
        title="The index map of vec",
        place="Section 2",
        kinds=("exact",),
        checks=(_vec_exact,),
    ),
    Claim(
        id="sym-dim",
        title="How many numbers a symmetric tensor holds",
        place="Sections 2 and 3.1",
        kinds=("symbolic", "exact"),
        checks=(proofs_of("sym-dim"), _dimension_exact),
    ),
    Claim(
        id="qr-core",
        title="The QR core",
        place="beyond the paper",
        kinds=("exact",),
        checks=(_core_exact,),
        rests_on=("tensor-inner",),
    ),
)
