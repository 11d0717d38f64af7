"""The target in coordinates of its own span, scaled to unit norm: what every method here works on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tdbook.tensors import DenseSymmetric, SymmetricCP, SymmetricTensor, check_tensor, frobenius_norm
from tdbook.validation import Array

DENSE_ENTRIES = 2**24  # a core of at most so many entries is written out where that helps


@dataclass(frozen=True, eq=False)
class Core:
    """T* = size * tensor, lifted by an orthonormal basis of its span.

    Attributes
    ----------
    tensor : SymmetricTensor
        Of dimension s, order l and unit norm.
    basis : ndarray of shape (d, s)
    size : float
        ||T*||_F.
    """

    tensor: SymmetricTensor
    basis: Array
    size: float

    @property
    def dimension(self) -> int:
        return self.tensor.dimension

    @property
    def order(self) -> int:
        return self.tensor.order

    @property
    def numbers(self) -> int:
        """Free entries of a symmetric tensor of this shape, C(s+l-1, l)."""
        return math.comb(self.dimension + self.order - 1, self.order)

    def lift(self, weights: Array, directions: Array) -> SymmetricCP:
        """Components of the core as components of the target, normalised."""
        return SymmetricCP(weights * self.size, self.basis @ directions, self.order).normalized()


def core_of(target: SymmetricTensor) -> Core:
    """The core of a target, written out where it has more components than entries.

    Raises
    ------
    ValueError
        If the target is zero.
    """
    check_tensor("target", target).size()  # not zero
    if isinstance(target, DenseSymmetric):
        basis = target.span()
        d, s = basis.shape
        if s == d:
            return _scaled(np.eye(d), target.array)
        return _scaled(basis, target.in_basis(basis).array)
    assert isinstance(target, SymmetricCP)
    weights, factors = target.components()
    kept = weights != 0
    weights, factors = weights[kept], factors[:, kept]
    basis = target.span()
    factors, l, s = basis.T @ factors, target.order, basis.shape[1]
    half = math.comb(s + (l + 1) // 2 - 1, (l + 1) // 2)
    if len(weights) >= half and s**l <= DENSE_ENTRIES:  # redundant components, or samples
        return _scaled(basis, SymmetricCP(weights, factors, l).entries())
    small = SymmetricCP(weights, factors, l)
    size = small.size()
    return Core(small.scaled(1.0 / size), basis, size)


def _scaled(basis: Array, array: Array) -> Core:
    size = frobenius_norm(array)
    return Core(DenseSymmetric.from_symmetric(array / size, whole=True), basis, size)


def fits_in_memory(tensor: SymmetricTensor, limit: int = DENSE_ENTRIES) -> bool:
    """Whether the tensor is dense already or its s^l entries may be written out."""
    return isinstance(tensor, DenseSymmetric) or tensor.order * math.log2(max(tensor.dimension, 1)) <= math.log2(limit)


def written_out(tensor: SymmetricTensor) -> Array:
    """The array of a core."""
    if isinstance(tensor, DenseSymmetric):
        return tensor.array
    assert isinstance(tensor, SymmetricCP)
    return tensor.entries()
