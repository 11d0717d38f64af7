"""Claims of Section 2: tensors."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from math import comb, factorial

import numpy as np

from tdbook.ledger.claims import Claim, Evidence
from tdbook.ledger.evidence import proofs_of
from tdbook.ledger.exact import tensors as reference
from tdbook.tensors import SymmetricCP

Product = Callable[[reference.Vector, reference.Vector, int], Fraction | float]


def _library_inner(u: reference.Vector, v: reference.Vector, order: int) -> float:
    one, two = (SymmetricCP([1.0], reference.floats([w]).T, order) for w in (u, v))
    return one.inner(two)


def _inner_exact(fast: bool) -> Evidence:
    sizes = [(d, order) for d in (1, 2, 3, 4) for order in range(2, 5 if fast else 7) if d**order <= 1100]

    def agrees(product: Product) -> bool:
        """Equal to the dense inner product of two random powers at every size; a floating-point number to 1e-13."""
        rng = np.random.default_rng(20)
        for d, order in sizes:
            u, v = reference.fractions(rng, 2, d)
            exact, found = reference.inner(reference.power(u, order), reference.power(v, order)), product(u, v, order)
            size = float(reference.dot(u, u) * reference.dot(v, v)) ** (order / 2)
            if found != exact if isinstance(found, Fraction) else abs(found - float(exact)) > 1e-13 * size:
                return False
        return True

    return Evidence(
        "exact",
        f"sums over all $d^l$ entries in exact fractions, and `SymmetricCP.inner` against them, at {len(sizes)} sizes "
        rf"$d\le4$, $l\le{max(order for _, order in sizes)}$ (seed 20)",
        agrees,
        {
            r"$\langle u,v\rangle^l$": lambda u, v, order: reference.dot(u, v) ** order,
            "`SymmetricCP.inner`": _library_inner,
        },
        {
            r"exponent $l-1$": lambda u, v, order: reference.dot(u, v) ** (order - 1),
            r"$|\langle u,v\rangle|^l$": lambda u, v, order: abs(reference.dot(u, v)) ** order,
        },
        "equal; the library to 1e-13",
    )


def vec_index(index: tuple[int, ...], dimension: int) -> int:
    """The paper's position of entry (i_1, ..., i_l), all counted from 1."""
    order = len(index)
    return sum((i - 1) * dimension ** (order - 1 - k) for k, i in enumerate(index)) + 1


def _vec_exact(fast: bool) -> Evidence:
    sizes = [(d, order) for d in range(1, 6) for order in range(1, 6 if fast else 8) if d**order <= 20_000]

    def is_row_major(position: Callable[[tuple[int, ...], int], int]) -> bool:
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

    return Evidence(
        "exact",
        f"every index tuple at {len(sizes)} sizes with $d^l\\le20000$, against the order of `ndarray.ravel`",
        is_row_major,
        {"the paper's map": vec_index},
        {
            "first index fastest (Fortran order)": lambda i, d: vec_index(i[::-1], d),
            "the last slice of the first index shifted by one": lambda i, d: vec_index(i, d) + (i[0] == d),
        },
        "a bijection, equal to C order",
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

    return Evidence(
        "exact",
        f"trace of the symmetrising projection, from the cycles of all $l!$ permutations, at {len(sizes)} sizes $d\\le8$, "
        rf"$l\le{max(order for _, order in sizes)}$",
        agrees,
        {r"$\binom{d+l-1}l$": lambda d, order: comb(d + order - 1, order)},
        {
            r"$\binom{d+l}{l}$": lambda d, order: comb(d + order, order),
            r"$\binom{d}{l}$, all indices different": comb,
            r"$\lceil d^l/l!\rceil$, the lower bound": lambda d, order: -(-(d**order) // factorial(order)),
            r"$d^l$, the upper bound": lambda d, order: d**order,
        },
        "equal at every size",
    )


def _core_exact(fast: bool) -> Evidence:
    """The norm through the core against all entries, for every way to split the indices."""
    rng = np.random.default_rng(22)
    cases = [
        (order, rng.standard_normal((4, 2)), rng.standard_normal(2))
        for order in (3, 4, 5)
        for _ in range(3 if fast else 20)
    ]

    def power(theta: np.ndarray, k: int) -> np.ndarray:
        columns = [SymmetricCP([1.0], theta[:, [i]], k).to_dense().ravel() if k > 1 else theta[:, i] for i in range(2)]
        return np.stack(columns, axis=1)

    def equal(middle: Callable[[np.ndarray], np.ndarray]) -> bool:
        """Whether the norm through triangular factors, with this function of the weights between them, is that of all entries."""
        for order, U, w in cases:
            dense, theta = float(np.linalg.norm(SymmetricCP(w, U, order).to_dense())), np.linalg.qr(U)[1]
            for p in range(1, order):
                left, right = (np.linalg.qr(power(theta, k))[1] for k in (p, order - p))
                if abs(float(np.linalg.norm(left @ middle(w) @ right.T)) - dense) > 1e-10:
                    return False
        return True

    return Evidence(
        "exact",
        f"the norm through triangular factors against all entries, $d=4$, two components, $l=3,4,5$, every $p$, {len(cases)} tensors (seed 22), to $10^{{-10}}$",
        equal,
        {r"$\mathrm{diag}(w)$": np.diag},
        {"$|w|$ for $w$": lambda w: np.diag(np.abs(w)), "without the weights": lambda w: np.eye(2)},
        "equal",
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
