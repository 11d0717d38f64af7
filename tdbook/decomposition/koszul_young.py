"""Koszul-Young flattenings of odd orders: more rank than any unfolding shows, and the components with it.

Let l = 2k+1 and let P (s, c) hold c = 2p+1 orthonormal directions. Wedging one index of T with elements of
Lambda^p(R^c) gives a matrix from Lambda^p(R^c) (x) Sym^k to Lambda^{p+1}(R^c) (x) Sym^k, linear in T. One component
has rank C(2p, p) in it, so the rank of the matrix divided by that is a lower bound, up to (2 - 1/(p+1)) dim Sym^k. A
vector y of its left kernel is a linear condition on each x_i^{(x) k+1}: together they leave the span of these powers
inside Sym^{k+1}, in which the subspace power method finds the x_i.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.linalg import svd

from tdbook.decomposition.core import written_out
from tdbook.decomposition.flattening import DenseSubspace, tail_rank
from tdbook.tensors import SymmetricTensor
from tdbook.tensors.symmetric_power import SymmetricPower, symmetric_power
from tdbook.validation import Array

LARGEST = 1500  # side of the largest matrix whose full singular value decomposition is taken
_KERNEL = 1e-11  # eigenvalues of the sum of squared conditions below this share of the largest are zero


@dataclass(frozen=True, eq=False)
class KoszulYoung:
    """What the flattening shows: a lower bound, and the span of the x_i^{(x) k+1} where the kernel leaves just it."""

    lower_bound: int
    space: DenseSubspace | None


def applies(dimension: int, order: int, p: int) -> bool:
    """Whether there are c = 2p+1 directions and the matrices are small enough."""
    k = order // 2
    side = math.comb(2 * p + 1, p) * math.comb(dimension + k - 1, k)
    return order % 2 == 1 and 2 * p + 1 <= dimension and max(side, math.comb(dimension + k, k + 1)) <= LARGEST


def reach(dimension: int, order: int, p: int) -> float:
    """The largest rank that the flattening can show, (2 - 1/(p+1)) dim Sym^k."""
    k = order // 2
    return (2 - 1 / (p + 1)) * math.comb(dimension + k - 1, k)


def slices(tensor: SymmetricTensor) -> Array:
    """The tensor of order 2k+1 as s symmetric matrices on Sym^k, shape (size, size, s)."""
    s, k = tensor.dimension, tensor.order // 2
    power = symmetric_power(s, k)
    stack = written_out(tensor).reshape(s**k, s**k, s)
    return power.rows(power.rows(stack).transpose(1, 0, 2)).transpose(1, 0, 2)


def wedge(stack: Array, p: int) -> Array:
    """The matrix of the map from matrices (N, N, c), c = 2p+1: shape (C(c, p+1) N, C(c, p) N).

    Where J = I + {j}, block (J, I) is the matrix of direction j with the sign of j's place in J; others are zero.
    """
    size, c = stack.shape[0], stack.shape[2]
    rows, columns = list(combinations(range(c), p + 1)), list(combinations(range(c), p))
    matrix = np.zeros((len(rows), size, len(columns), size))
    for a, J in enumerate(rows):
        for place, j in enumerate(J):
            b = columns.index(J[:place] + J[place + 1 :])
            matrix[a, :, b] = (-1) ** place * stack[:, :, j]
    return matrix.reshape(len(rows) * size, len(columns) * size)


def koszul_young(tensor: SymmetricTensor, p: int, tolerance: float, rng: np.random.Generator) -> KoszulYoung:
    """The flattening for a tensor of unit norm, over several random choices of the 2p+1 directions."""
    s, k, c = tensor.dimension, tensor.order // 2, 2 * p + 1
    each = math.comb(2 * p, p)
    stack = slices(tensor)
    power, larger = symmetric_power(s, k), symmetric_power(s, k + 1)
    into = _into(power, larger)
    lower, gram = 0, np.zeros((larger.size, larger.size))
    for _ in range(-(-s // c) + 2):
        P = np.linalg.qr(rng.standard_normal((s, c)))[0]
        matrix = wedge(stack @ P, p)
        L, singular = _left(matrix)
        # a tensor of norm t has a matrix of norm at most t sqrt(each)
        rank = tail_rank(singular, tolerance * math.sqrt(each))
        lower = max(lower, -(-rank // each))
        if rank % each or rank == len(matrix):
            return KoszulYoung(lower, None)
        for condition in _conditions(L[:, rank:], into, P, p):
            gram += condition.T @ condition
    values, vectors = np.linalg.eigh(gram)
    r = int((values < _KERNEL * values[-1]).sum())
    return KoszulYoung(lower, DenseSubspace(larger, vectors[:, :r]) if r == lower else None)


def _left(matrix: Array) -> tuple[Array, Array]:
    """Left singular vectors and singular values: the faster driver does not always converge."""
    try:
        L, singular, _ = svd(matrix, lapack_driver="gesdd" if len(matrix) >= 400 else "gesvd")
    except np.linalg.LinAlgError:
        L, singular, _ = svd(matrix, lapack_driver="gesvd")
    return L, singular


def _into(power: SymmetricPower, larger: SymmetricPower) -> Array:
    """v -> v(., ..., e_j) from Sym^{k+1} to Sym^k in coordinates, shape (s, size of Sym^k, size of Sym^{k+1})."""
    s = power.dimension
    unfolded = larger.entries(np.eye(larger.size)).reshape(s, s**power.order, larger.size)
    return np.stack([power.rows(unfolded[j]) for j in range(s)])


def _conditions(kernel: Array, into: Array, P: Array, p: int) -> list[Array]:
    """The linear conditions on Sym^{k+1} from the left kernel, one matrix for each element of Lambda^p."""
    c, size = P.shape[1], into.shape[1]
    rows, columns = list(combinations(range(c), p + 1)), list(combinations(range(c), p))
    blocks = kernel.reshape(len(rows), size, -1)
    along = np.tensordot(P.T, into, 1)
    found = [np.zeros((kernel.shape[1], into.shape[2])) for _ in columns]
    for a, J in enumerate(rows):
        for place, j in enumerate(J):
            b = columns.index(J[:place] + J[place + 1 :])
            found[b] += (-1) ** place * (blocks[a].T @ along[j])
    return found
