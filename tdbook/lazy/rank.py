"""Dimensions of the lazy span in exact integers, and the number of components that fills the space (Section 3.1).

Up to non-zero factors the tangents of S_U in monomial coordinates are the rows alpha_q u_i^{alpha - e_q}: integers
when U holds integers. Their rank modulo a prime p is at most their rank over the rationals, which is at most the
dimension for a generic U. So a full rank modulo p *proves* that almost every U fills the space. That the rank
stays short for every U has another proof: see :func:`exceptional_certificate`.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from tdbook import validation
from tdbook.tensors import monomials, symmetric_dimension
from tdbook.tensors.fractions import kernel_vector

PRIME = 2**31 - 1  # a Mersenne prime: reduction modulo it is a shift, a mask and a sum
_SHIFT = np.uint64(31)
_MASK = np.uint64(PRIME)
_MATRIX_LIMIT = 2**26  # entries
# (order, dimension) of orders > 2 in which ceil(D/d) generic columns fall one short of the whole space.
EXCEPTIONS = ((3, 5), (4, 3), (4, 4), (4, 5))


def lazy_threshold(dimension: int, order: int) -> int:
    r"""Least m for which the span of m columns can be, and for generic columns is, all symmetric tensors.

    By Terracini's lemma and the Alexander-Hirschowitz theorem. At order 2 it takes more columns because a symmetric
    matrix that vanishes on d - 1 columns is orthogonal to their span.

    Parameters
    ----------
    dimension, order : int
        d >= 1, l >= 2, of any size: exact integers.

    Examples
    --------
    >>> lazy_threshold(100, 3), lazy_threshold(10**6, 4)
    (1717, 41666916667125001)

    Claim: lazy-threshold

    The lazy span $S_U$ of $m$ columns can be the whole space of symmetric tensors, of dimension $D=\binom{d+l-1}l$, and
    is for almost every $U$, from $m=\lceil D/d\rceil$ on, with these exceptions: for $l=2$ it takes $d$ columns, and at
    $(l,d)=(3,5),(4,3),(4,4),(4,5)$ one column more, the span of $\lceil D/d\rceil=7,5,9,14$ columns being one dimension
    short.
    """
    d = validation.integer("dimension", dimension, 1)
    order = validation.order(order, 2)
    if order == 2:
        return d
    return -(-symmetric_dimension(d, order) // d) + ((order, d) in EXCEPTIONS)


def expected_rank(dimension: int, order: int, components: int) -> int:
    r"""The dimension of the span if its d m generators had no relation that dimension does not force.

    Claim: tangent-dim

    The lazy span $S_U$ of $m$ columns, spanned by the tensors $P_{sym}(u_i^{\otimes l-1}\otimes\delta)$ with $i\le m$
    and $\delta\in\mathbb R^d$, has $\dim S_U\le dm$.
    """
    d, m = validation.integer("dimension", dimension, 1), validation.integer("components", components, 1)
    return min(d * m, symmetric_dimension(d, validation.order(order, 2)))


def integer_tangents(U: Any, order: int) -> np.ndarray:
    """Rows alpha_q u_i^{alpha - e_q} mod p of the tangents of integer columns, uint64 of shape (d m, D)."""
    U = _integer_columns(U)
    order = validation.order(order, 2)
    d, m = U.shape
    _fits("U", d, m, order)
    exponents = monomials(d, order)
    base = (U % PRIME).astype(np.uint64)
    powers = np.ones((order + 1, d, m), dtype=np.uint64)
    for k in range(1, order + 1):
        powers[k] = powers[k - 1] * base % _MASK
    rows = np.empty((m, d, len(exponents)), dtype=np.uint64)
    for q in range(d):
        lowered = exponents.copy()
        lowered[:, q] = np.maximum(lowered[:, q] - 1, 0)
        product = np.broadcast_to(exponents[:, q].astype(np.uint64), (m, len(exponents)))
        for k in range(d):
            product = product * powers[lowered[:, k], k].T % _MASK
        rows[:, q] = product
    return rows.reshape(m * d, len(exponents))


def _fits(name: str, d: int, m: int, order: int) -> None:
    size = symmetric_dimension(d, order)
    if d * m * size > _MATRIX_LIMIT:
        came = " * ".join(map(validation.describe, (d, m, size)))
        raise ValueError(f"{name} must give at most 2^26 entries, got d m D = {came}")


def prefix_ranks(matrix: np.ndarray) -> np.ndarray:
    """Ranks modulo p of the first 1, 2, ..., n rows of a matrix of residues, int array of shape (n,).

    Gaussian elimination in the order of the rows: a row that is zero by the time its turn comes depends on those
    above it. A product of two residues plus a number below 2^33 fits in 64 bits, and 2^31 = 1 modulo p.
    """
    A = np.array(matrix, dtype=np.uint64)
    rows, columns = A.shape
    ranks = np.zeros(rows, dtype=np.int64)
    rank = 0
    for i in range(rows):
        row = A[i, rank:]
        row %= _MASK
        pivots = np.flatnonzero(row)
        if len(pivots):
            column = rank + int(pivots[0])
            A[i:, [rank, column]] = A[i:, [column, rank]]
            inverse = np.uint64(pow(int(A[i, rank]), -1, PRIME))
            row *= inverse
            row %= _MASK
            factors = (_MASK - A[i + 1 :, rank] % _MASK) % _MASK
            rest = A[i + 1 :, rank + 1 :]
            change = factors[:, None] * row[None, 1:]
            change += rest
            np.bitwise_and(change, _MASK, out=rest)
            change >>= _SHIFT
            rest += change  # below 2^33, so that the next products fit; reduced for good when a row has its turn
            rank += 1
        ranks[i] = rank
        if rank == columns:
            ranks[i:] = rank
            break
    return ranks


def tangent_ranks(dimension: int, order: int, components: int, rng: int | np.random.Generator = 0) -> np.ndarray:
    """dim S_U modulo p for the first 1, 2, ..., m of m columns of random residues; int array of shape (m,).

    Parameters
    ----------
    dimension, order, components : int
        d >= 1, l >= 2, m >= 1.
    rng : int or numpy.random.Generator
    """
    d = validation.integer("dimension", dimension, 1)
    m = validation.integer("components", components, 1)
    _fits("dimension and components", d, m, validation.order(order))
    U = validation.generator(rng).integers(1, PRIME, size=(d, m))
    return prefix_ranks(integer_tangents(U, order))[d - 1 :: d]


def rank_of(U: Any, order: int) -> int:
    """dim S_U modulo p of integer columns, shape (d, m)."""
    return int(prefix_ranks(integer_tangents(U, order))[-1])


def exceptional_certificate(dimension: int, order: int, rng: int | np.random.Generator = 0) -> tuple[int, Fraction]:
    """Why the four exceptions stay one short: a form that is singular at every column.

    S_U's orthogonal complement is the set of forms F of degree l whose gradient vanishes at all u_i, because
    <F, P_sym(u^{(x) l-1} (x) delta)> = (1/l) dF(u)[delta]. Of ceil(D/d) points:

    * order 4, d = 3, 4, 5: a quadric q passes through them, and the gradient of q^2 is 2 q grad q;
    * order 3, d = 5: a curve t -> g (1, t, t^2, t^3, t^4) passes through 7 points, and in its coordinates the
      determinant of the 3 x 3 Hankel matrix (x_{i+j}) has its gradient, the 2 x 2 minors, zero on the curve.

    The points are drawn at random for order 4 and on the curve with g = I for order 3, in exact integers.

    Returns
    -------
    components : int
        ceil(D/d), the number of points.
    gradient : Fraction
        The largest absolute value of the form's derivatives at the points; zero when the certificate holds.
    """
    d = validation.integer("dimension", dimension, 1)
    order = validation.order(order, 2)
    if (order, d) not in EXCEPTIONS:
        raise ValueError(f"(order, dimension) must be one of {EXCEPTIONS}, got {(order, d)}")
    m = -(-symmetric_dimension(d, order) // d)
    generator = validation.generator(rng)
    if order == 3:
        times = [int(t) for t in generator.choice(np.arange(-9, 10), size=m, replace=False)]
        points = [[Fraction(t) ** k for k in range(5)] for t in times]
        return m, max(abs(value) for point in points for value in _hankel_gradient(point))
    drawn = generator.integers(-9, 10, size=(m, d))
    points = [[Fraction(int(value)) for value in row] for row in drawn]
    pairs = list(combinations_with_replacement(range(d), 2))
    quadric = kernel_vector([[point[i] * point[j] for i, j in pairs] for point in points])
    worst = Fraction(0)
    for point in points:
        value = sum((c * point[i] * point[j] for c, (i, j) in zip(quadric, pairs, strict=True)), Fraction(0))
        slope = [
            sum((c * ((i == k) * point[j] + (j == k) * point[i]) for c, (i, j) in zip(quadric, pairs, strict=True)))
            for k in range(d)
        ]
        worst = max(worst, *(abs(2 * value * part) for part in slope))
    return m, worst


def _hankel_gradient(x: list[Fraction]) -> list[Fraction]:
    """Derivatives of det [[x0, x1, x2], [x1, x2, x3], [x2, x3, x4]]."""
    a, b, c, d, e = x
    return [c * e - d * d, 2 * (c * d - b * e), a * e + 2 * b * d - 3 * c * c, 2 * (b * c - a * d), a * c - b * b]


def _integer_columns(U: Any) -> np.ndarray:
    given = validation.as_array("U", U, "(d, m)")
    if given.dtype.kind not in "iu":
        raise TypeError(f"U must hold integers for a rank modulo p, got {validation.describe(given)}")
    if given.ndim != 2 or 0 in given.shape:
        raise ValueError(f"U must have shape (d, m), got {given.shape}")
    residues = given.astype(object) % PRIME
    zero = np.flatnonzero(~residues.astype(bool).any(axis=0))
    if len(zero):
        raise ValueError(f"U must have no column that is zero modulo p = 2^31 - 1, got column {zero[0]}")
    return residues.astype(np.int64)
