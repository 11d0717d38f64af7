"""Local minima of the sum of orthogonal cubes, by an explicit chain of exact decompositions.

Two cubes are three, for any three distinct t_j with t_1 t_2 t_3 = alpha / beta:

    alpha x^3 + beta y^3 = sum_j c_j (t_j x + y)^3,   c_j = beta prod_{k != j} t_k / (t_k - t_j).

Applied again and again to e_1^3 + ... + e_{s}^3, s = r - 1, this gives exact decompositions into m cubes whose
squares u_i u_i^T are independent, for every m from s to s (s + 1) / 2. In R^r, with tau e_r^3 added to the target,
such columns are a local minimum of the loss of order 3: they ignore the last term altogether.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

import numpy as np

from tdbook import validation
from tdbook.tensors import SymmetricCP
from tdbook.tensors.fractions import rank as rank_of
from tdbook.validation import Array

# Numbers from which the t_j are taken.
_SMALL = tuple(
    sign * t for t in (Fraction(1), Fraction(2), Fraction(1, 2), Fraction(3), Fraction(1, 3)) for sign in (1, -1)
)


def three_cubes(
    alpha: Fraction, beta: Fraction, nodes: tuple[Fraction, Fraction] | None = None
) -> list[tuple[Fraction, Fraction]]:
    """Pairs (c_j, t_j) with alpha x^3 + beta y^3 = sum_j c_j (t_j x + y)^3.

    ``nodes`` are t_1 and t_2; by default those that make the three pairs simplest. Raises ValueError when they or the
    t_3 that belongs to them coincide or vanish.
    """
    if nodes is None:
        return _simplest_first(alpha, beta)[0]
    t = (*nodes, _third(alpha, beta, nodes))
    if len(set(t)) < 3:
        raise ValueError(f"nodes must give three different t_j, got {', '.join(map(str, t))}")
    pairs = []
    for j, at in enumerate(t):
        first, second = (other for k, other in enumerate(t) if k != j)
        pairs.append((beta * first * second / ((first - at) * (second - at)), at))
    return pairs


def _simplest_first(alpha: Fraction, beta: Fraction) -> list[list[tuple[Fraction, Fraction]]]:
    """What :func:`three_cubes` returns for all pairs of small nodes, small numbers first."""
    allowed = [nodes for nodes in combinations(_SMALL, 2) if _third(alpha, beta, nodes) not in nodes]
    options = [three_cubes(alpha, beta, nodes) for nodes in allowed]
    return sorted(options, key=lambda pairs: max(_height(part) for pair in pairs for part in pair))


def _third(alpha: Fraction, beta: Fraction, nodes: tuple[Fraction, Fraction]) -> Fraction:
    if not (alpha and beta and nodes[0] and nodes[1]):
        raise ValueError("alpha, beta and nodes must not be zero")
    return alpha / (beta * nodes[0] * nodes[1])


def _height(number: Fraction) -> int:
    return max(abs(number.numerator), number.denominator)


def product_form(x: Sequence[Fraction], y: Sequence[Fraction]) -> list[Fraction]:
    """The coefficients of the quadratic form <x, .><y, .>, off-diagonal ones counted twice."""
    return [x[i] * y[j] + (x[j] * y[i] if i != j else 0) for i in range(len(x)) for j in range(i, len(x))]


def cube_chain(dimension: int, components: int) -> tuple[list[Fraction], list[tuple[Fraction, ...]]]:
    """Weights c_i and vectors v_i with sum_i c_i v_i^{(x) 3} = e_1^{(x) 3} + ... + e_s^{(x) 3}, s = ``dimension``.

    Up to m = s (s + 1) / 2 the squares of the v_i are independent; beyond, they cannot be.
    """
    s = validation.integer("dimension", dimension, 2)
    m = validation.integer("components", components, s)
    weights = [Fraction(1)] * s
    vectors = [tuple(Fraction(k == j) for k in range(s)) for j in range(s)]
    while len(vectors) < m:
        squares = [product_form(v, v) for v in vectors]
        full = len(vectors) >= s * (s + 1) // 2
        i, j = next(
            (i, j)
            for i, j in combinations(range(len(vectors)), 2)
            if full or rank_of([*squares, product_form(vectors[i], vectors[j])]) > len(vectors)
        )
        kept = [k for k in range(len(vectors)) if k not in (i, j)]
        for pairs in _simplest_first(weights[i], weights[j]):
            new = [tuple(t * a + b for a, b in zip(vectors[i], vectors[j], strict=True)) for _, t in pairs]
            if not any(_parallel(v, vectors[k]) for v in new for k in kept):
                break
        weights = [weights[k] for k in kept] + [c for c, _ in pairs]
        vectors = [vectors[k] for k in kept] + new
    return weights, vectors


def _parallel(x: Sequence[Fraction], y: Sequence[Fraction]) -> bool:
    return all(x[i] * y[j] == x[j] * y[i] for i, j in combinations(range(len(x)), 2))


def orthogonal_minimum(rank: int, components: int) -> Array:
    """Columns U of shape (r, m) with sum_i u_i^{(x) 3} = e_1^{(x) 3} + ... + e_{r-1}^{(x) 3}: the last term is missed.

    For r - 1 <= m <= r (r - 1) / 2 they are a local minimum of :func:`cubes_loss` for every weight of the last term.
    """
    weights, vectors = cube_chain(validation.integer("rank", rank, 3) - 1, components)
    U = np.array(vectors, dtype=float).T * np.cbrt(np.array(weights, dtype=float))
    return np.vstack([U, np.zeros(U.shape[1])])


def weakest_square(U: Array) -> float:
    """The least eigenvalue sigma of the matrix <u_i, u_j>^2: positive when the columns have independent squares."""
    return float(np.linalg.eigvalsh((U.T @ U) ** 2)[0])


def missed_term_bound(U: Array, last: float) -> tuple[float, float]:
    """Both sides of what makes the minimum: the loss at U, and tau^2/2 + (3/2) sigma |x|^2 - tau |x|^3.

    x is the last row of U and sigma belongs to the rows above it. The first is never below the second.
    """
    strong, x = U[:-1], U[-1]
    size = float(np.linalg.norm(x))
    return cubes_loss(U, last), last**2 / 2 + 1.5 * weakest_square(strong) * size**2 - last * size**3


def cubes_loss(U: Array, last: float) -> float:
    """||sum_i u_i^{(x) 3} - e_1^{(x) 3} - ... - tau e_r^{(x) 3}||_F^2 / 2, ``last`` being tau."""
    r, m = U.shape
    target = SymmetricCP(np.append(np.ones(r - 1), last), np.eye(r), 3)
    return SymmetricCP(np.ones(m), U, 3).distance(target) ** 2 / 2
