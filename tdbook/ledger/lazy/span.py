"""Checks of the lazy span: its Gram matrix, its dimension, the moments, the threshold."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np

from tdbook import lazy, tensors
from tdbook.lazy import moments as lazy_moments
from tdbook.lazy import rank as lazy_rank
from tdbook.ledger.claims import Evidence
from tdbook.ledger.exact.moments import integer_moments, listed, spectrum_fits


# ----------------------------------------------------------------------------------------------- tangent-gram
def _slot_sum(u: np.ndarray, q: int, order: int) -> np.ndarray:
    """l P_sym(u^{(x) l-1} (x) e_q) from the definition: e_q in each slot in turn, all d^l entries, exact integers."""
    axis = np.array([int(k == q) for k in range(len(u))], dtype=object)
    total: np.ndarray | int = 0
    for slot in range(order):
        tensor = np.array(1, dtype=object)
        for k in range(order):
            tensor = np.multiply.outer(tensor, axis if k == slot else u)
        total = total + tensor
    return np.asarray(total)


def _paper_block(u: np.ndarray, v: np.ndarray, order: int) -> np.ndarray:
    """l^2 times the Gram block of the claim."""
    inner = int(u @ v)
    straight = np.array([[int(p == q) for q in range(len(u))] for p in range(len(u))], dtype=object)
    crossed = (order - 1) * inner ** (order - 2) * np.multiply.outer(v, u)
    return order * (inner ** (order - 1) * straight + crossed)


Block = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


def _block_differences(block: Block, sizes: list[tuple[int, int]]) -> int:
    """In how many (order, dimension) of ``sizes`` a formula for the block differs from the definition."""
    rng = np.random.default_rng(0)
    wrong = 0
    for order, d in sizes:
        u, v = rng.integers(-4, 5, size=(2, d)).astype(object)
        left = [_slot_sum(u, q, order) for q in range(d)]
        right = [_slot_sum(v, q, order) for q in range(d)]
        exact = np.array([[int((left[p] * right[q]).sum()) for q in range(d)] for p in range(d)], dtype=object)
        wrong += bool((np.abs(exact - block(u, v, order)) > 1e-12 * np.abs(exact).max()).any())
    return wrong


def _library_block(u: np.ndarray, v: np.ndarray, order: int) -> np.ndarray:
    U = np.array([u, v], dtype=float).T
    return order**2 * lazy.tangent_gram(U, order)[: len(u), len(u) :]


def check_gram_in_integers(fast: bool) -> Evidence:
    sizes = [(order, d) for order in range(2, 5 if fast else 7) for d in (2, 3)]
    return Evidence(
        "exact",
        f"all $d^l$ entries in integers from the definition of $P_{{sym}}$, (l, d) in {listed(sizes)}; "
        "the library's block in floating point beside it",
        lambda block: _block_differences(block, sizes) == 0,
        {"the block of the claim": _paper_block, "`tangent_gram`": _library_block},
        {
            "$u_iu_j^\\top$ in place of $u_ju_i^\\top$": lambda u, v, order: _paper_block(u, v, order).T,
            "without the crossed term": lambda u, v, order: _paper_block(u, v, order) * (np.eye(len(u), dtype=int)),
            "exponent $l$ in place of $l-1$": lambda u, v, order: _paper_block(u, v, order) * int(u @ v),
        },
        "no entry differs",
        lambda block: f"differs at {_block_differences(block, sizes)} of {len(sizes)} sizes",
    )


def _rank_gained(order: int, U: np.ndarray, extra: np.ndarray) -> int:
    """How much the powers w^{(x) l} of the columns of ``extra`` add to dim S_U, modulo the prime."""
    tangents = lazy_rank.integer_tangents(U, order)
    # by Euler's identity l w^{(x) l} is the tangent at w in the direction w
    rows = lazy_rank.integer_tangents(extra, order).reshape(extra.shape[1], extra.shape[0], -1)
    powers = np.array(
        [[sum(int(w) * int(x) for w, x in zip(extra[:, i], column, strict=True)) % lazy_rank.PRIME
          for column in rows[i].T] for i in range(extra.shape[1])],
        dtype=np.uint64,
    )  # fmt: skip
    return int(lazy_rank.prefix_ranks(np.vstack([tangents, powers]))[-1] - lazy_rank.prefix_ranks(tangents)[-1])


def check_coefficients_add_nothing(fast: bool) -> Evidence:
    sizes = [(2, 5, 2), (3, 4, 3), (4, 3, 4), (5, 3, 5)]
    rng = np.random.default_rng(2)
    starts = [(order, rng.integers(-9, 10, size=(d, m))) for order, d, m in sizes]
    others = [rng.integers(-9, 10, size=(len(U), 1)) for _, U in starts]

    def gained(columns: list[np.ndarray]) -> list[int]:
        return [_rank_gained(order, U, extra) for (order, U), extra in zip(starts, columns, strict=True)]

    return Evidence(
        "exact",
        f"rank modulo $2^{{31}}-1$ of $S_U$ with and without $u_i^{{\\otimes l}}$, (l, d, m) in {listed(sizes)}",
        lambda columns: not any(gained(columns)),
        {"powers of the columns of U": [U for _, U in starts]},
        {"powers of a column that is not in U": others},
        "the rank never grows",
        lambda columns: f"rank grows by {listed(gained(columns))}",
    )


# ------------------------------------------------------------------------------------------------ tangent-dim
def _dimension_starts(fast: bool) -> Iterator[tuple[int, int, np.ndarray]]:
    """(order, dimension, ranks of all prefixes) for random columns, and for repeated and dependent ones."""
    for order, largest in ((2, 8), (3, 6 if fast else 9), (4, 4 if fast else 6), (5, 3 if fast else 5), (6, 3)):
        for d in range(2, largest + 1):
            m = lazy_rank.lazy_threshold(d, order) + 1
            rng = np.random.default_rng([order, d])
            yield order, d, lazy_rank.tangent_ranks(d, order, m, rng)
            thin = rng.integers(-5, 6, size=(d, 2)) @ rng.integers(-5, 6, size=(2, m)) + np.eye(d, m, dtype=int)
            for U in (np.tile(thin[:, :1] + (thin[:, :1] == 0), (1, m)), thin + 7 * np.ones_like(thin)):
                yield order, d, lazy_rank.prefix_ranks(lazy_rank.integer_tangents(U, order))[d - 1 :: d]


def check_dimension_bound(fast: bool) -> Evidence:
    found = list(_dimension_starts(fast))

    def violations(bound: Callable[[int, int], int]) -> int:
        return sum(int(rank > bound(d, m)) for _, d, ranks in found for m, rank in enumerate(ranks, start=1))

    count = sum(len(ranks) for _, _, ranks in found)
    return Evidence(
        "exact",
        f"{count} ranks modulo $2^{{31}}-1$, l = 2 to 6, random, repeated and nearly dependent integer columns",
        lambda bound: violations(bound) == 0,
        {"bound $dm$": lambda d, m: d * m},
        {"bound $dm-1$": lambda d, m: d * m - 1, "bound $d(m-1)+1$": lambda d, m: d * (m - 1) + 1},
        "none above $dm$",
        lambda bound: f"violated {violations(bound)} times",
    )


# ----------------------------------------------------------------------------------------------- thm1-spectrum
Change = Callable[[int, int, lazy_moments.Level], tuple[Fraction, int]]


def check_spectrum_in_integers(fast: bool) -> Evidence:
    sizes = [(2, 3), (3, 2), (3, 3), (4, 3)] + ([] if fast else [(2, 6), (3, 5), (4, 4), (5, 3), (6, 3), (3, 6)])

    def fits(change: Change) -> int:
        return sum(
            spectrum_fits(
                integer_moments(d, order),
                lazy_moments.gaussian_to_sphere(d, order),
                [change(order, d, level) for level in lazy_moments.moment_spectrum(d, order)],
            )
            for order, d in sizes
        )

    return Evidence(
        "exact",
        "annihilating polynomial and traces of powers of the integer matrix $d(d+2)\\cdots(d+2l-2)\\,M$, "
        f"(l, d) in {listed(sizes)}",
        lambda change: fits(change) == len(sizes),
        {"the spectrum": lambda order, d, level: (level.eigenvalue, level.multiplicity)},
        {
            "$(l-j)!$ in place of $(l-j)!!$": lambda order, d, level: (
                level.eigenvalue
                * Fraction(lazy_moments.odd_factorial(order - level.degree), math.factorial(order - level.degree)),
                level.multiplicity,
            ),
            "a last factor $d+l+j$ too many": lambda order, d, level: (
                level.eigenvalue / (d + order + level.degree),
                level.multiplicity,
            ),
            "multiplicity $\\binom{d+j-1}{j}$": lambda order, d, level: (
                level.eigenvalue,
                math.comb(d + level.degree - 1, level.degree),
            ),
        },
        f"fits all {len(sizes)} sizes",
        lambda change: f"fits {fits(change)} of {len(sizes)} sizes",
    )


# ----------------------------------------------------------------------------------------------- lazy-threshold
def _threshold_failures(threshold: Callable[[int, int], int], table: dict[tuple[int, int], np.ndarray]) -> list[str]:
    """(order, dimension) at which the span is not full at the threshold, or already full before."""
    wrong = []
    for (order, d), ranks in table.items():
        size, m = tensors.symmetric_dimension(d, order), threshold(d, order)
        if not (m >= 1 and ranks[m - 1] == size and (m == 1 or ranks[m - 2] < size)):
            wrong.append(f"({order}, {d})")
    return wrong


def check_ranks(fast: bool) -> Evidence:
    largest = {2: 8, 3: 8, 4: 5, 5: 4, 6: 4} if fast else {2: 16, 3: 14, 4: 8, 5: 7, 6: 6}
    table = {
        (order, d): lazy_rank.tangent_ranks(d, order, lazy_rank.lazy_threshold(d, order) + 1, d)
        for order, top in largest.items()
        for d in range(1, top + 1)
    }
    count = sum(len(ranks) for ranks in table.values())

    def plain(d: int, order: int) -> int:
        return -(-tensors.symmetric_dimension(d, order) // d)

    def told(threshold: Callable[[int, int], int]) -> str:
        above_two = [name for name in _threshold_failures(threshold, table) if not name.startswith("(2")]
        return f"fails for l = 2 and at {len(above_two)} other sizes: (l, d) = {listed(above_two[:4])}" + (
            ", ..." if len(above_two) > 4 else ""
        )

    return Evidence(
        "exact",
        f"{count} ranks modulo $2^{{31}}-1$, random residues, d up to "
        + ", ".join(f"{top} (l={order})" for order, top in largest.items()),
        lambda threshold: not _threshold_failures(threshold, table),
        {"the threshold": lazy_rank.lazy_threshold},
        {
            "$\\lceil D/d\\rceil$ without exceptions": plain,
            "one component more than the threshold": lambda d, order: lazy_rank.lazy_threshold(d, order) + 1,
        },
        f"full at the threshold and not before, at {len(table)} sizes",
        told,
    )


def _is_singular(case: tuple[Fraction | int, int, int, int]) -> bool:
    """The gradient of the form vanishes at all columns, and the span of that many columns is not the whole space."""
    gradient, order, d, m = case
    return gradient == 0 and bool(lazy_rank.tangent_ranks(d, order, m, 5)[-1] < tensors.symmetric_dimension(d, order))


def check_certificates(fast: bool) -> Evidence:
    found = {case: lazy_rank.exceptional_certificate(case[1], case[0], 5) for case in lazy_rank.EXCEPTIONS}
    return Evidence(
        "exact",
        "a form of degree l whose gradient vanishes at all columns, in fractions: $q^2$ with a quadric $q$ "
        "through them (l = 4), the Hankel determinant on a rational normal curve (l = 3); the rank modulo $2^{31}-1$ beside it",
        _is_singular,
        {f"({order}, {d}), m = {m}": (gradient, order, d, m) for (order, d), (m, gradient) in found.items()},
        {
            f"({order}, {d}) with m = {m + 1}": (gradient, order, d, m + 1)
            for (order, d), (m, gradient) in found.items()
        },
        "every derivative is 0 at every column, with m = " + listed([m for m, _ in found.values()]),
    )


def cite_alexander_hirschowitz(fast: bool) -> Evidence:
    """What is taken from the literature: that the list of exceptions is complete."""
    return Evidence(
        "cited",
        "that there are no further exceptions at sizes beyond those listed: Alexander and Hirschowitz, "
        "Polynomial interpolation in several variables, J. Algebraic Geom. 4 (1995); Terracini's lemma",
    )
