"""Symmetric tensors kept by their components: r weights and a (d, r) matrix of factors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from tdbook import validation
from tdbook.tensors.norms import component_norm, integer_power, unfolding_root, unit_columns
from tdbook.tensors.symmetric import BY_FACTOR, TOO_LARGE, TOO_LONG, SymmetricTensor
from tdbook.validation import Array


class SymmetricCP(SymmetricTensor):
    """T = sum_i w_i u_i^{(x) l}, kept as weights and factors.

    Parameters
    ----------
    weights : array_like of shape (r,)
        Any real numbers.
    factors : array_like of shape (d, r)
        The u_i as columns; they need not be unit vectors, nor independent.
    order : int
        l >= 2. (The paper's results need l >= 3; order 2 is the matrix case.)

    Examples
    --------
    >>> T = SymmetricCP([2.0], [[3.0], [4.0]], order=3)
    >>> T.norm()  # 2 * 5^3
    250.0
    >>> T.contract([[1.0], [0.0]]).ravel()  # 2 <u, e_1>^2 u
    array([54., 72.])
    """

    def __init__(self, weights: Any, factors: Any, order: int) -> None:
        self.order = validation.order(order, 2)
        self.weights = validation.array("weights", weights, ("r",))
        r = len(self.weights)
        self.factors = validation.array("factors", factors, ("d", r), f"with r = {r} weights")
        self.dimension = self.factors.shape[0]
        self.weights.flags.writeable = False
        self.factors.flags.writeable = False
        overflowing = ~np.isfinite(self._unit[0])
        if overflowing.any():
            j = int(np.argmax(overflowing))
            with validation.overflowing():
                length = unit_columns(self.factors)[0][j]
            raise ValueError(
                f"factors and weights must give components of finite norm |w_i| ||u_i||^l, got component {j} "
                f"with |w| = {abs(self.weights[j]):.3g} and ||u|| = {length:.3g}"
            )

    @classmethod
    def from_unit_columns(cls, weights: Array, directions: Array, order: int) -> SymmetricCP:
        """From finite weights and unit columns, for inner loops: nothing is checked, copied or divided.

        The tensor keeps both arrays and makes them read-only.
        """
        tensor = cls.__new__(cls)
        tensor.order, tensor.dimension = order, len(directions)
        tensor.weights, tensor.factors = weights, directions
        weights.flags.writeable = directions.flags.writeable = False
        tensor.__dict__["_unit"] = (weights, directions)  # what the cached property would find
        return tensor

    @property
    def rank(self) -> int:
        """Number of components kept, an upper bound of the tensor's rank."""
        return len(self.weights)

    @cached_property
    def _unit(self) -> tuple[Array, Array]:
        """Weights w_i ||u_i||^l and unit factors: the same tensor, safe from over- and underflow."""
        with validation.overflowing():  # the constructor looks at the weights
            norms, directions = unit_columns(self.factors)
            # on mantissas and exponents apart: |w| = 1e300 and ||u||^l = 1e-360 have a product that can be held
            (mantissas, exponents), (weight, shift) = np.frexp(norms), np.frexp(self.weights)
            products = weight * integer_power(mantissas, self.order)
            weights = np.ldexp(products, shift + self.order * exponents)
        weights.flags.writeable = directions.flags.writeable = False
        return weights, directions

    def components(self) -> tuple[Array, Array]:
        return self._unit

    def frame(self) -> Array:
        return self._unit[1]

    def __repr__(self) -> str:
        return f"SymmetricCP(order {self.order}, dimension {self.dimension}, {self.rank} components)"

    def contract_unchecked(self, U: Array) -> Array:
        weights, factors = self.components()
        powers = integer_power(factors.T @ U, self.order - 1)
        return (factors * weights) @ powers

    def curvature(self, U: Any, V: Any) -> Array:
        U, V = self._pair(U, V)
        weights, factors = self._unit
        with validation.overflowing():
            found = weights @ (integer_power(factors.T @ U, self.order - 2) * (factors.T @ V) ** 2)
        return validation.finite("T(u^{l-2}, v, v)", found, TOO_LONG)

    def inner(self, other: SymmetricTensor) -> float:
        self.check_same_space(other)
        weights, factors = self.components()
        components = other.components()
        with validation.overflowing():
            if components is None:
                contracted = other.contract_unchecked(factors)
                found = float(weights @ np.einsum("ij,ij->j", factors, contracted))
            else:
                other_weights, other_factors = components
                cosines = integer_power(factors.T @ other_factors, self.order)
                found = float(weights @ cosines @ other_weights)
        return validation.finite("<T, T'>", found, TOO_LARGE)

    def norm(self) -> float:
        return validation.finite("||T||", component_norm(*self._unit, self.order), TOO_LARGE)

    def distance(self, other: SymmetricTensor) -> float:
        self.check_same_space(other)
        components = other.components()
        if components is None:
            return other.distance(self)
        together, directions = self._together(*components)
        return validation.finite("||T - T'||", component_norm(together, directions, self.order), TOO_LARGE)

    def _together(self, weights: Array, directions: Array) -> tuple[Array, Array]:
        """Weights and unit factors of T less the sum of these components."""
        return np.concatenate([self._unit[0], -weights]), np.hstack([self._unit[1], directions])

    def __sub__(self, other: SymmetricTensor) -> SymmetricTensor:
        self.check_same_space(other)
        components = other.components()
        if components is None:
            return (other - self).scaled(-1.0)
        return SymmetricCP(*self._together(*components), self.order)

    def in_basis(self, Q: Any) -> SymmetricCP:
        Q = validation.array("Q", Q, (self.dimension, "s"), f"for a tensor of dimension d = {self.dimension}")
        return SymmetricCP(self._unit[0], Q.T @ self._unit[1], self.order)

    def beside(self, V: Array) -> tuple[Array, SymmetricCP, Array]:
        basis, upper = np.linalg.qr(np.hstack([self._unit[1], V]))
        return basis, SymmetricCP(self._unit[0], upper[:, : self.rank], self.order), upper[:, self.rank :]

    def padded(self, dimension: int) -> SymmetricCP:
        more = validation.integer("dimension", dimension, self.dimension) - self.dimension
        return SymmetricCP(self.weights, np.vstack([self.factors, np.zeros((more, self.rank))]), self.order)

    def unfolding(self) -> Array:
        weights, directions = self._unit
        return unfolding_root(weights, directions, self.order)

    def scaled(self, factor: float) -> SymmetricCP:
        factor = validation.real("factor", factor, -np.inf)
        with validation.overflowing():
            weights = validation.finite("the weights of the tensor", self.weights * factor, BY_FACTOR)
        return SymmetricCP(weights, self.factors, self.order)

    def span(self) -> Array:
        weights, factors = self._unit
        left, singular, _ = np.linalg.svd(factors[:, weights != 0], full_matrices=False)
        return left[:, singular > max(self.factors.shape) * np.finfo(float).eps * singular.max(initial=0.0)]

    def to_dense(self) -> Array:
        self._dense_size()
        with validation.overflowing():
            return validation.finite("the entries of T", self.entries(), TOO_LARGE)

    def entries(self) -> Array:
        """:meth:`to_dense` without a look at the size or at the result: one matrix product over the components."""
        weights, factors = self._unit
        left = factors * weights
        for _ in range((self.order + 1) // 2 - 1):
            left = (left[:, None, :] * factors[None, :, :]).reshape(-1, self.rank)
        right = factors
        for _ in range(self.order // 2 - 1):
            right = (right[:, None, :] * factors[None, :, :]).reshape(-1, self.rank)
        return (left @ right.T).reshape((self.dimension,) * self.order)

    def normalized(self) -> SymmetricCP:
        """The same tensor with unit columns, the heaviest first: the weights carry size and sign.

        For odd orders the weights are positive; for even orders, where the sign of a column means nothing, its largest
        entry is.
        """
        weights, directions = self._unit
        heaviest = np.argsort(-np.abs(weights), kind="stable")
        weights, directions = weights[heaviest], directions[:, heaviest]
        if self.order % 2:
            turned = np.where(weights < 0, -1.0, 1.0)
            return SymmetricCP(np.abs(weights), directions * turned, self.order)
        largest = directions[np.abs(directions).argmax(axis=0), np.arange(len(weights))]
        return SymmetricCP(weights, directions * np.where(largest < 0, -1.0, 1.0), self.order)

    MEMBERS = ("weights", "factors", "order")

    def arrays(self) -> dict[str, Any]:
        return {"weights": self.weights, "factors": self.factors, "order": np.int64(self.order)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> SymmetricCP:
        """The tensor of :meth:`arrays`; ``ValueError`` if something is missing or is no array of numbers."""
        for name in cls.MEMBERS:
            if name not in arrays:
                raise ValueError(f"it must hold weights, factors and order, got {', '.join(arrays) or 'none of these'}")
            if not isinstance(arrays[name], np.ndarray):  # bytes, of a member that does not begin as an array does
                raise ValueError(f"{name} must be an array, got {validation.describe(arrays[name])}")
        order = arrays["order"]
        if order.shape != () or order.dtype.kind not in "iu":
            raise ValueError(f"order must be one integer, got {validation.describe(order)}")
        return cls(arrays["weights"], arrays["factors"], int(order))

    def to_tensorly(self) -> tuple[Array, list[Array]]:
        """(weights, [factors] * l): TensorLy takes this pair as a CP tensor."""
        return self.weights.copy(), [self.factors.copy() for _ in range(self.order)]
