"""Sym^n(R^s), the symmetric tensors of order n, in orthonormal coordinates."""

from __future__ import annotations

import itertools
import math
from functools import lru_cache

import numpy as np

from tdbook.validation import Array


class SymmetricPower:
    """One coordinate for each of the C(s+n-1, n) multisets of n indices.

    A coordinate is the entry times the square root of the number of its rearrangements, so that inner products of
    coordinates are those of the tensors: <powers(x), powers(y)> = <x, y>^n.

    Attributes
    ----------
    index : ndarray of shape (size, n)
        The multisets, each sorted.
    root : ndarray of shape (size,)
        Square roots of the numbers of rearrangements.
    """

    def __init__(self, dimension: int, order: int) -> None:
        s, n = dimension, order
        self.dimension, self.order = s, n
        self.index = np.array(list(itertools.combinations_with_replacement(range(s), n)), dtype=int).reshape(-1, n)
        self.size = len(self.index)
        run, repeated = np.ones(self.size), np.ones(self.size)  # n! / prod c! for the multiplicities c
        for k in range(1, n):
            run = np.where(self.index[:, k] == self.index[:, k - 1], run + 1, 1)
            repeated *= run
        self.root = np.sqrt(math.factorial(n) / repeated)
        self._where = np.empty((s,) * n, dtype=int)  # from the indices of an entry to its coordinate
        for axes in itertools.permutations(range(n)):
            self._where[tuple(self.index[:, list(axes)].T)] = np.arange(self.size)
        self._flat = np.ravel_multi_index(tuple(self.index.T), (s,) * n) if n else np.zeros(1, dtype=int)

    def powers(self, X: Array) -> Array:
        """Coordinates of x_j^{(x) n} for the columns of X (s, b); shape (size, b)."""
        product = self.root[:, None] * X[self.index[:, 0]]
        for k in range(1, self.order):
            product *= X[self.index[:, k]]
        return product

    def contract(self, V: Array, X: Array) -> Array:
        """v_j(x_j^{(x) n-1}, .) for columns v_j of coordinates and x_j of X; shape (s, b)."""
        full = (V / self.root[:, None])[self._where]
        for _ in range(self.order - 1):
            full = np.einsum("i...b,ib->...b", full, X)
        return full

    def rows(self, unfolding: Array) -> Array:
        """The first axis, of s^n entries symmetric in their n indices, in coordinates: shape (size, ...)."""
        root = self.root.reshape((-1,) + (1,) * (unfolding.ndim - 1))
        return unfolding[self._flat] * root

    def symmetrized(self, array: Array) -> Array:
        """The symmetric part of an array of shape (s,) * n: the mean of each entry over its rearrangements."""
        where, flat = self._where.ravel(), np.asarray(array, dtype=float).ravel()
        means = np.bincount(where, weights=flat, minlength=self.size) / np.bincount(where, minlength=self.size)
        return means[self._where]

    def asymmetry(self, array: Array) -> float:
        """The largest difference between two entries of an array that are rearrangements of one another."""
        order = np.argsort(self._where.ravel(), kind="stable")
        grouped = np.asarray(array, dtype=float).ravel()[order]
        starts = np.searchsorted(self._where.ravel()[order], np.arange(self.size))
        return float((np.maximum.reduceat(grouped, starts) - np.minimum.reduceat(grouped, starts)).max())

    def entries(self, V: Array) -> Array:
        """The inverse of :meth:`rows`: shape (s^n, ...) from coordinates of shape (size, ...)."""
        root = self.root.reshape((-1,) + (1,) * (V.ndim - 1))
        return (V / root)[self._where.ravel()]


@lru_cache(maxsize=16)
def symmetric_power(dimension: int, order: int) -> SymmetricPower:
    """:class:`SymmetricPower`, made once for each (s, n)."""
    return SymmetricPower(dimension, order)
