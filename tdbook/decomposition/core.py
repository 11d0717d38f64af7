"""The target in coordinates of its own span, scaled to unit norm: what every method here works on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tdbook import validation
from tdbook.tensors import DenseSymmetric, SymmetricCP, SymmetricTensor, check_tensor
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
        """Components of the core as components of the target, :func:`normalized`."""
        return normalized(SymmetricCP(weights * self.size, self.basis @ directions, self.order))


def normalized(tensor: SymmetricCP) -> SymmetricCP:
    """The same tensor with unit columns, the heaviest first: the weights carry size and sign.

    For odd orders the weights are positive; for even orders, where the sign of a column means nothing, its largest
    entry is.
    """
    tensor = validation.instance("tensor", tensor, SymmetricCP)
    weights, directions = tensor.components()
    heaviest = np.argsort(-np.abs(weights), kind="stable")
    weights, directions = weights[heaviest], directions[:, heaviest]
    if tensor.order % 2:
        turned = np.where(weights < 0, -1.0, 1.0)
        return SymmetricCP(np.abs(weights), directions * turned, tensor.order)
    largest = directions[np.abs(directions).argmax(axis=0), np.arange(len(weights))]
    return SymmetricCP(weights, directions * np.where(largest < 0, -1.0, 1.0), tensor.order)


def core_of(target: SymmetricTensor) -> Core:
    """The core of a target, written out where it has more components than entries.

    Raises
    ------
    ValueError
        If the target is zero.
    """
    target = check_tensor("target", target)
    if isinstance(target, DenseSymmetric):
        basis, array = _dense_core(target)
        return _scaled(basis, array)
    assert isinstance(target, SymmetricCP)
    weights, factors = target.components()
    kept = weights != 0
    if not kept.any():
        raise ValueError("target must not be zero, got a tensor of norm 0")
    weights, factors = weights[kept], factors[:, kept]
    basis = target.span()
    factors, l, s = basis.T @ factors, target.order, basis.shape[1]
    half = math.comb(s + (l + 1) // 2 - 1, (l + 1) // 2)
    if len(weights) >= half and s**l <= DENSE_ENTRIES:  # redundant components, or samples
        return _scaled(basis, entries(weights, factors, l))
    small = SymmetricCP(weights, factors, l)
    size = small.norm()
    if size == 0.0:
        raise ValueError("target must not be zero, got a tensor of norm 0")
    return Core(small.scaled(1.0 / size), basis, size)


def _scaled(basis: Array, array: Array) -> Core:
    size = float(np.linalg.norm(array.ravel()))
    if size == 0.0:
        raise ValueError("target must not be zero, got a tensor of norm 0")
    return Core(dense(array / size), basis, size)


def _dense_core(target: DenseSymmetric) -> tuple[Array, Array]:
    basis = target.span()
    if not basis.size:
        raise ValueError("target must not be zero, got a tensor of norm 0")
    if basis.shape[1] == target.dimension:
        return np.eye(target.dimension), target.array
    return basis, target.in_basis(basis).array


def entries(weights: Array, factors: Array, order: int) -> Array:
    """All entries of sum_i w_i u_i^{(x) l} as one matrix product, shape (s,) * l."""
    s = len(factors)
    left = factors * weights
    for _ in range((order + 1) // 2 - 1):
        left = (left[:, None, :] * factors[None, :, :]).reshape(-1, left.shape[1])
    right = factors
    for _ in range(order // 2 - 1):
        right = (right[:, None, :] * factors[None, :, :]).reshape(-1, right.shape[1])
    return (left @ right.T).reshape((s,) * order)


def fits_in_memory(tensor: SymmetricTensor, limit: int = DENSE_ENTRIES) -> bool:
    """Whether the tensor is dense already or its s^l entries may be written out."""
    return isinstance(tensor, DenseSymmetric) or tensor.order * math.log2(max(tensor.dimension, 1)) <= math.log2(limit)


def written_out(tensor: SymmetricTensor) -> Array:
    """The array of a core."""
    if isinstance(tensor, DenseSymmetric):
        return tensor.array
    assert isinstance(tensor, SymmetricCP)
    weights, directions = tensor.components()
    return entries(weights, directions, tensor.order)


def dense(array: Array) -> DenseSymmetric:
    """An array that is symmetric by its making and is to be its own core, as a tensor: nothing is left to check."""
    tensor = DenseSymmetric.__new__(DenseSymmetric)
    tensor.array, tensor.order, tensor.dimension = array, array.ndim, len(array)
    tensor.__dict__["_core"] = (np.eye(len(array)), array)  # what the cached property would find, but for a basis
    return tensor
