"""Symmetric tensors held by their components, and the algebra on them (Section 2 of the paper).

A symmetric tensor of order l in dimension d has d^l entries. Nothing here stores them unless the input
does: ``SymmetricCP`` keeps r weights and a (d, r) matrix of factors, and inner products, norms, distances
and contractions come out of inner products of vectors, as :meth:`SymmetricTensor.inner` says.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

import numpy as np

from tdbook import statements, validation
from tdbook.tensors.norms import _norm_of_components, _norm_of_entries, integer_power, unit_columns
from tdbook.validation import Array

# Asymmetry of a dense input, relative to its largest entry, above which it is not taken for rounding.
_ASYMMETRY = 1e-10
_ORDER_LIMIT = 1000  # mantissas lie in [1/2, 1), and their powers must not vanish
_DENSE_LIMIT = 2**27  # entries: 1 GiB of float64
# What can have gone wrong when a result is out of range.
_TOO_LONG = "the tensor is too large, or the columns of U are too long for their powers"
_TOO_LARGE = "the tensors are too large"
_BY_FACTOR = "the factor is too large"


class SymmetricTensor(ABC):
    """A symmetric tensor of order l in dimension d; see :class:`SymmetricCP` and :class:`DenseSymmetric`."""

    order: int
    dimension: int

    def contract(self, U: Any) -> Array:
        """T(u_j^{(x) l-1}, .) for each column u_j of U.

        Parameters
        ----------
        U : ndarray of shape (d, m)

        Returns
        -------
        ndarray of shape (d, m)
            Column j is the gradient of x -> T(x, ..., x) / l at u_j.
        """
        U = validation.array("U", U, (self.dimension, "m"), f"for a tensor of dimension d = {self.dimension}")
        with validation.overflowing():
            return validation.finite("T(u^{l-1}, .)", self._contract(U), _TOO_LONG)

    @abstractmethod
    def _contract(self, U: Array) -> Array:
        """:meth:`contract` for an array that has been checked, without a look at the result."""

    @abstractmethod
    def curvature(self, U: Any, V: Any) -> Array:
        """T(u_j^{(x) l-2}, v_j, v_j) for each pair of columns of U and V, both (d, m); shape (m,)."""

    @statements.stated
    @abstractmethod
    def inner(self, other: SymmetricTensor) -> float:
        """<T, T'>, the sum over all d^l entries of their products. Both need the same d and l.

        Claim: tensor-inner
        """

    @abstractmethod
    def norm(self) -> float:
        """Frobenius norm ||T||_F."""

    @abstractmethod
    def distance(self, other: SymmetricTensor) -> float:
        """||T - T'||_F, right to about 1e-15 (||T|| + ||T'||): no digits are lost to cancellation."""

    @abstractmethod
    def scaled(self, factor: float) -> SymmetricTensor:
        """The tensor times a number."""

    @abstractmethod
    def span(self) -> Array:
        """Orthonormal basis, shape (d, s), of S, the smallest subspace with T in its l-fold tensor power."""

    @abstractmethod
    def to_dense(self) -> Array:
        """The array of shape (d,) * l; ``ValueError`` beyond 2^27 entries."""

    def evaluate(self, U: Any) -> Array:
        """T(u_j, ..., u_j) for each column of U, shape (m,)."""
        U = validation.array("U", U, (self.dimension, "m"), f"for a tensor of dimension d = {self.dimension}")
        with validation.overflowing():
            return validation.finite("T(u, ..., u)", np.einsum("ij,ij->j", U, self._contract(U)), _TOO_LONG)

    def _pair(self, U: Any, V: Any) -> tuple[Array, Array]:
        U = validation.array("U", U, (self.dimension, "m"), f"for a tensor of dimension d = {self.dimension}")
        return U, validation.array("V", V, U.shape, "like U")

    def _same_space(self, other: SymmetricTensor) -> None:
        check_tensor("other", other)
        if (self.dimension, self.order) != (other.dimension, other.order):
            raise ValueError(
                f"other must have dimension {self.dimension} and order {self.order}, "
                f"got dimension {other.dimension} and order {other.order}"
            )

    def _dense_size(self) -> None:
        if self.order * np.log2(max(self.dimension, 1)) > np.log2(_DENSE_LIMIT):
            raise ValueError(
                f"to_dense must hold at most 2^27 entries, got d^l = {self.dimension}^{self.order}; "
                "work with inner, distance and contract instead"
            )


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
        self.order = validation.integer("order", order, 2)
        if self.order > _ORDER_LIMIT:
            raise ValueError(f"order must be at most {_ORDER_LIMIT}, got {self.order}")
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
    def _of_unit_columns(cls, weights: Array, directions: Array, order: int) -> SymmetricCP:
        """From finite weights and unit columns that are nobody else's: nothing is left to check or to divide.

        The models of a run are made so, several of them at every step.
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
            return np.ldexp(products, shift + self.order * exponents), directions

    def __repr__(self) -> str:
        return f"SymmetricCP(order {self.order}, dimension {self.dimension}, {self.rank} components)"

    def _contract(self, U: Array) -> Array:
        weights, factors = self._unit
        powers = integer_power(factors.T @ U, self.order - 1)
        return (factors * weights) @ powers

    def curvature(self, U: Any, V: Any) -> Array:
        U, V = self._pair(U, V)
        weights, factors = self._unit
        with validation.overflowing():
            found = weights @ (integer_power(factors.T @ U, self.order - 2) * (factors.T @ V) ** 2)
        return validation.finite("T(u^{l-2}, v, v)", found, _TOO_LONG)

    def inner(self, other: SymmetricTensor) -> float:
        self._same_space(other)
        weights, factors = self._unit
        with validation.overflowing():
            if isinstance(other, SymmetricCP):
                other_weights, other_factors = other._unit
                found = float(weights @ integer_power(factors.T @ other_factors, self.order) @ other_weights)
            else:
                found = float(weights @ np.einsum("ij,ij->j", factors, other._contract(factors)))
        return validation.finite("<T, T'>", found, _TOO_LARGE)

    def norm(self) -> float:
        return validation.finite("||T||", _norm_of_components(*self._unit, self.order), _TOO_LARGE)

    def distance(self, other: SymmetricTensor) -> float:
        self._same_space(other)
        if not isinstance(other, SymmetricCP):
            return other.distance(self)
        weights, factors = self._unit
        other_weights, other_factors = other._unit
        together, directions = np.concatenate([weights, -other_weights]), np.hstack([factors, other_factors])
        return validation.finite("||T - T'||", _norm_of_components(together, directions, self.order), _TOO_LARGE)

    def scaled(self, factor: float) -> SymmetricCP:
        factor = validation.real("factor", factor, -np.inf)
        with validation.overflowing():
            weights = validation.finite("the weights of the tensor", self.weights * factor, _BY_FACTOR)
        return SymmetricCP(weights, self.factors, self.order)

    def span(self) -> Array:
        weights, factors = self._unit
        left, singular, _ = np.linalg.svd(factors[:, weights != 0], full_matrices=False)
        return left[:, singular > max(self.factors.shape) * np.finfo(float).eps * singular.max(initial=0.0)]

    def to_dense(self) -> Array:
        self._dense_size()
        weights, factors = self._unit
        unfolding = factors * weights
        for _ in range(self.order - 1):  # one more index at a time, the last step contracts the components
            unfolding = (unfolding[:, None, :] * factors[None, :, :]).reshape(-1, self.rank)
        with validation.overflowing():
            entries = validation.finite("the entries of T", unfolding.sum(axis=1), _TOO_LARGE)
        return entries.reshape((self.dimension,) * self.order)

    @classmethod
    def from_samples(cls, X: Any, order: int, *, centered: bool = False, noise: float = 0.0) -> SymmetricCP:
        """The l-th moment of samples, the rows of X; see :func:`tdbook.tensors.sources.moments`."""
        from tdbook.tensors.sources import moments  # the room above: a constructor belongs to its class, its work there

        return moments(X, order, centered=centered, noise=noise)

    def to_tensorly(self) -> tuple[Array, list[Array]]:
        """(weights, [factors] * l): TensorLy takes this pair as a CP tensor."""
        return self.weights.copy(), [self.factors.copy() for _ in range(self.order)]


class DenseSymmetric(SymmetricTensor):
    """A symmetric tensor given by all its entries.

    Parameters
    ----------
    array : array_like of shape (d,) * l, l >= 2
        Checked to be symmetric, to 1e-10 of its largest entry.

    Notes
    -----
    When the entries live on a subspace S of dimension s < d (a numerical rank of the unfolding, decided
    at rounding level), contractions are done on the s^l core: same numbers, s^l instead of d^l work.
    """

    def __init__(self, array: Any) -> None:
        given = validation.as_array("array", array, "(d,) * l")
        if given.ndim < 2 or len(set(given.shape)) != 1:
            raise ValueError(
                f"array must have shape (d,) * l with l >= 2 equal sides, got {validation.describe(given)}"
            )
        self.array = validation.array("array", given, given.shape)
        self.order = given.ndim
        self.dimension = given.shape[0]
        if self.dimension < 1:
            raise ValueError(f"array must have sides of length d >= 1, got shape {given.shape}")
        peak = float(np.abs(self.array).max())
        # one transposition and one cycle generate all permutations of the indices
        for axes in ((1, 0, *range(2, self.order)), (*range(1, self.order), 0)):
            with validation.overflowing():
                gap = float(np.abs(self.array - self.array.transpose(axes)).max())
            if gap > _ASYMMETRY * peak:
                raise ValueError(
                    f"array must be symmetric in its {self.order} indices, "
                    f"got entries that differ by {gap:.3g} (largest entry {peak:.3g})"
                )
        self.array.flags.writeable = False

    def __repr__(self) -> str:
        return f"DenseSymmetric(order {self.order}, dimension {self.dimension})"

    @classmethod
    def from_polynomial(cls, coefficients: Any) -> DenseSymmetric:
        """The tensor of a homogeneous polynomial; see :func:`tdbook.tensors.sources.dense_polynomial`."""
        from tdbook.tensors.sources import dense_polynomial  # as above

        return dense_polynomial(coefficients)

    @cached_property
    def _core(self) -> tuple[Array, Array]:
        """Basis of S, shape (d, s), and the array of shape (s,) * l in that basis."""
        basis = self.span()
        core = self.array
        for _ in range(self.order):  # contracts the first index, the new one goes last: l turns restore order
            core = np.tensordot(core, basis, axes=(0, 0))
        return basis, core

    def _contract(self, U: Array) -> Array:
        basis, core = self._core
        coordinates = basis.T @ U
        partial = np.tensordot(core, coordinates, axes=(self.order - 1, 0))
        for _ in range(self.order - 2):
            partial = np.einsum("...im,im->...m", partial, coordinates)
        return basis @ partial

    def curvature(self, U: Any, V: Any) -> Array:
        U, V = self._pair(U, V)
        basis, core = self._core
        at, along = basis.T @ U, basis.T @ V
        with validation.overflowing():
            partial = np.tensordot(core, along, axes=(self.order - 1, 0))
            for direction in (*(self.order - 2) * [at], along):
                partial = np.einsum("...im,im->...m", partial, direction)
        return validation.finite("T(u^{l-2}, v, v)", partial, _TOO_LONG)

    def inner(self, other: SymmetricTensor) -> float:
        self._same_space(other)
        if isinstance(other, DenseSymmetric):
            with validation.overflowing():
                return validation.finite("<T, T'>", float(np.vdot(self.array, other.array)), _TOO_LARGE)
        return other.inner(self)

    def norm(self) -> float:
        return validation.finite("||T||", _norm_of_entries(self.array), _TOO_LARGE)

    def distance(self, other: SymmetricTensor) -> float:
        self._same_space(other)
        with validation.overflowing():
            return validation.finite("||T - T'||", _norm_of_entries(self.array - other.to_dense()), _TOO_LARGE)

    def scaled(self, factor: float) -> DenseSymmetric:
        factor = validation.real("factor", factor, -np.inf)
        with validation.overflowing():
            return DenseSymmetric(validation.finite("the entries of the tensor", self.array * factor, _BY_FACTOR))

    def span(self) -> Array:
        left, singular, _ = np.linalg.svd(self.array.reshape(self.dimension, -1), full_matrices=False)
        return left[:, singular > self.dimension * np.finfo(float).eps * singular.max(initial=0.0)]

    def to_dense(self) -> Array:
        return self.array.copy()


def check_tensor(name: str, value: Any) -> SymmetricTensor:
    """An argument that must be a tensor, of either kind."""
    return validation.instance(name, value, SymmetricTensor, "a SymmetricCP or a DenseSymmetric")  # type: ignore[type-abstract]
