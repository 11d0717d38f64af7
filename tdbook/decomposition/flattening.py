"""Flattenings: lower bounds of the rank, and the subspaces in which the powers of the components lie.

Unfolded with p = ceil(l/2) indices as rows and q = floor(l/2) as columns, sum_i w_i x_i^{(x) l} is the matrix
sum_i w_i x_i^{(x) p} (x_i^{(x) q})^T, of rank at most r. In orthonormal coordinates of Sym^p and Sym^q it has the norm
of the tensor, so by Eckart and Young a tensor with m components is no nearer than the root of the sum of its squared
singular values after the m-th: this gives a lower bound at every tolerance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tdbook import validation
from tdbook.decomposition.core import core_of, written_out
from tdbook.tensors import SymmetricCP, SymmetricTensor, integer_power
from tdbook.tensors.norms import kronecker_root, triangular_factor
from tdbook.tensors.symmetric_power import SymmetricPower, symmetric_power
from tdbook.validation import Array

MANY = 400  # components from which on a tensor is one of samples: what costs their square is made once, in blocks
_SQUARED_TOLERANCE = 1e-7  # what singular values mean that come from a squared matrix
_BLOCK = 512
_SQUARED = 1e-6  # below this ratio of its eigenvalues a Gram matrix has lost too much to squaring


class Subspace(Protocol):
    """A subspace of Sym^n(R^s) with an orthonormal basis of ``rank`` elements."""

    order: int
    dimension: int
    rank: int

    def coordinates(self, X: Array) -> Array:
        """Coordinates, shape (rank, b), of the projections of x_j^{(x) n} for the columns of X (s, b)."""

    def contract(self, C: Array, X: Array) -> Array:
        """c_j(x_j^{(x) n-1}, .) for elements with coordinates C (rank, b); shape (s, b)."""


class DenseSubspace:
    """A subspace with a basis written in the coordinates of Sym^n, shape (size, rank)."""

    def __init__(self, power: SymmetricPower, basis: Array) -> None:
        self.power, self.basis = power, basis
        self.order, self.dimension, self.rank = power.order, power.dimension, basis.shape[1]

    def coordinates(self, X: Array) -> Array:
        return self.basis.T @ self.power.powers(X)

    def contract(self, C: Array, X: Array) -> Array:
        return self.power.contract(self.basis @ C, X)


class SpannedSubspace:
    """A subspace of the span of u_i^{(x) n} with basis sum_i H[i, j] u_i^{(x) n}: no entry is formed.

    U has shape (s, r) and H shape (r, rank).
    """

    def __init__(self, U: Array, order: int, H: Array) -> None:
        self.U, self.H = U, H
        self.order, self.dimension, self.rank = order, len(U), H.shape[1]

    def coordinates(self, X: Array) -> Array:
        return self.H.T @ integer_power(self.U.T @ X, self.order)

    def contract(self, C: Array, X: Array) -> Array:
        return self.U @ ((self.H @ C) * integer_power(self.U.T @ X, self.order - 1))


@dataclass(frozen=True, eq=False)
class Flattening:
    """A singular value decomposition of the squarest flattening.

    Attributes
    ----------
    singular : ndarray
        All singular values, the largest first; the root of the sum of their squares is the norm of the tensor.
    left, right : Subspace
        Of Sym^p and Sym^q, spanned by the first ``left.rank`` singular vectors.
    """

    singular: Array
    left: Subspace
    right: Subspace

    @property
    def rank(self) -> int:
        return self.left.rank

    def dual(self, X: Array) -> Array:
        """For components x_i of the tensor: vectors z_i (rank, b) orthogonal to the left coordinates of all others.

        From sum_i w_i a_i b_i^T = diag(singular) with as many components as the rank, w_i a_j^T (b_i / singular) is 1
        for i = j and 0 otherwise.
        """
        return self.right.coordinates(X) / self.singular[: self.rank, None]


def tail_rank(singular: Array, tolerance: float) -> int:
    """The least m whose singular values after the m-th have a root of sum of squares of at most ``tolerance``."""
    tails = np.sqrt(np.cumsum(singular[::-1] ** 2))[::-1]  # tails[m] is what m singular values leave
    return int((tails > tolerance).sum())


def rank_lower_bound(target: SymmetricTensor, tolerance: float = 1e-10) -> int:
    """A number of components below which no decomposition comes within a relative error: the rank of a flattening."""
    return flattening(core_of(target).tensor, validation.real("tolerance", tolerance)).rank


def flattening(tensor: SymmetricTensor, tolerance: float, rank: int | None = None) -> Flattening:
    """The squarest flattening of a tensor of unit norm, cut at a tolerance or to a rank.

    The numerical rank at the tolerance is a lower bound of the number of components of any tensor within it.
    """
    if isinstance(tensor, SymmetricCP):
        return _of_components(tensor, tolerance, rank)
    return _of_entries(tensor, tolerance, rank)


def _cut(singular: Array, tolerance: float, rank: int | None) -> int:
    return tail_rank(singular, tolerance) if rank is None else min(rank, len(singular))


def flattened(tensor: SymmetricTensor) -> Array:
    """The squarest flattening in coordinates of Sym^p and Sym^q, as a matrix."""
    s, l = tensor.dimension, tensor.order
    p, q = (l + 1) // 2, l // 2
    matrix = written_out(tensor).reshape(s**p, s**q)
    return symmetric_power(s, q).rows(symmetric_power(s, p).rows(matrix).T).T


def _of_entries(tensor: SymmetricTensor, tolerance: float, rank: int | None) -> Flattening:
    s, l = tensor.dimension, tensor.order
    matrix = flattened(tensor)
    if l % 2 == 0:  # a symmetric matrix: its eigenvectors are singular vectors
        values, vectors = np.linalg.eigh(matrix)
        order = np.argsort(-np.abs(values))
        singular, L = np.abs(values[order]), vectors[:, order]
        R = L * np.sign(values[order])
    else:
        L, singular, Rt = np.linalg.svd(matrix, full_matrices=False)
        R = Rt.T
    r = _cut(singular, tolerance, rank)
    left = DenseSubspace(symmetric_power(s, (l + 1) // 2), L[:, :r])
    return Flattening(singular, left, DenseSubspace(symmetric_power(s, l // 2), R[:, :r]))


def _of_components(tensor: SymmetricCP, tolerance: float, rank: int | None) -> Flattening:
    weights, U = tensor.components()
    p, q = (tensor.order + 1) // 2, tensor.order // 2
    if len(weights) > max(MANY, math.comb(len(U) + q - 1, q)):
        return _of_many_components(weights, U, p, q, max(tolerance, _SQUARED_TOLERANCE), rank)
    (A, A_inverse), (B, B_inverse) = _root(U, p), _root(U, q)
    L, singular, Rt = np.linalg.svd((A * weights) @ B.T, full_matrices=False)
    r = _cut(singular, tolerance, rank)
    left = SpannedSubspace(U, p, A_inverse @ L[:, :r])
    return Flattening(singular, left, SpannedSubspace(U, q, B_inverse @ Rt[:r].T))


def _of_many_components(weights: Array, U: Array, p: int, q: int, tolerance: float, rank: int | None) -> Flattening:
    """More components than columns: from the eigenvectors of M^T M, which sees no singular value below 1e-8."""
    power = symmetric_power(len(U), q)
    columns = power.powers(U) * weights
    square, R = np.linalg.eigh(columns @ powered_gram(U, p, columns.T))
    singular, R = np.sqrt(np.maximum(square[::-1], 0.0)), R[:, ::-1]
    r = min(_cut(singular, tolerance, rank), int((singular > 1e-8 * singular[0]).sum()))
    left = SpannedSubspace(U, p, columns.T @ R[:, :r] / singular[:r])
    return Flattening(singular, left, DenseSubspace(power, R[:, :r]))


def powered_gram(U: Array, n: int, right: Array) -> Array:
    """The matrix of the <u_i, u_j>^n, for the columns of U (s, r), times another (r, k), a block of rows at a time."""
    result = np.empty_like(right)
    for start in range(0, U.shape[1], _BLOCK):
        rows = slice(start, start + _BLOCK)
        result[rows] = integer_power(U[:, rows].T @ U, n) @ right
    return result


def _root(U: Array, n: int) -> tuple[Array, Array]:
    """A (k, r) and its pseudo-inverse (r, k) with P = Q A for orthonormal Q, P the matrix of the columns u_i^{(x) n}.

    From the eigenvectors of P^T P = (U^T U)^n where these are sound, otherwise from a QR core that squares nothing.
    """
    values, vectors = np.linalg.eigh(integer_power(U.T @ U, n))
    if values[0] > _SQUARED * values[-1]:
        roots = np.sqrt(values)
    else:
        root = triangular_factor(U)
        first = root
        for _ in range(n - 1):
            root = kronecker_root(root, first)
        _, roots, right = np.linalg.svd(root, full_matrices=False)
        keep = roots > 1e-13 * roots[0]
        roots, vectors = roots[keep], right[keep].T
    return roots[:, None] * vectors.T, vectors / roots


def settles(dimension: int, order: int) -> int:
    """The largest rank at which the squarest flattening of a generic tensor determines its components.

    Odd orders: dim Sym^q, all that a matrix of dim Sym^p rows and dim Sym^q columns can show. Even orders: dim Sym^p
    less the dimension s of a component's powers, where the subspace power method still has room.
    """
    s, p, q = dimension, (order + 1) // 2, order // 2
    half = math.comb(s + q - 1, q)
    return half if order % 2 else math.comb(s + p - 1, p) - s
