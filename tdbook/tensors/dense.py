"""Symmetric tensors kept by all their entries."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from tdbook import validation
from tdbook.tensors.norms import frobenius_norm
from tdbook.tensors.symmetric import BY_FACTOR, TOO_LARGE, TOO_LONG, SymmetricTensor
from tdbook.tensors.symmetric_power import symmetric_power
from tdbook.validation import Array

# Asymmetry of an input, relative to its largest entry, above which it is not taken for rounding: this, or so many
# units of rounding of the type that the entries came in.
_ASYMMETRY, _ROUNDINGS = 1e-10, 32.0


class DenseSymmetric(SymmetricTensor):
    """A symmetric tensor given by all its entries.

    Parameters
    ----------
    array : array_like of shape (d,) * l, l >= 2
        Checked to be symmetric under all permutations of its indices, to 1e-10 of its largest entry, or to 32 units of
        rounding where its type has fewer digits; float32, integers, any memory layout, memory-mapped files.
    symmetrize : bool
        Take the symmetric part, the mean over all permutations, of whatever is given.

    Attributes
    ----------
    rounding : float
        The relative rounding of the type that the entries came in, 2.2e-16 for float64.

    Notes
    -----
    When the entries live on a subspace S of dimension s < d (a numerical rank of the unfolding, decided
    at rounding level), contractions are done on the s^l core: same numbers, s^l instead of d^l work.
    """

    def __init__(self, array: Any, *, symmetrize: bool = False) -> None:
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
        self.rounding = float(np.finfo(given.dtype if given.dtype.kind == "f" else float).eps)
        if validation.flag("symmetrize", symmetrize):
            self.array = symmetric_power(self.dimension, self.order).symmetrized(self.array)
        else:
            self._check_symmetry()
        self.array.flags.writeable = False

    def _check_symmetry(self) -> None:
        """Refuse an array that is not symmetric; of one that is up to the rounding of its type, keep that part."""
        peak, gap = float(np.abs(self.array).max()), 0.0
        for k in range(self.order - 1):  # swaps of neighbours, of which every permutation is a product
            with validation.overflowing():
                gap = max(gap, float(np.abs(self.array - self.array.swapaxes(k, k + 1)).max()))
        # no permutation takes more than l (l-1) / 2 of them
        if gap * self.order * (self.order - 1) / 2 <= _ASYMMETRY * peak:
            return
        power = symmetric_power(self.dimension, self.order)
        with validation.overflowing():
            gap = power.asymmetry(self.array)
        if gap > max(_ASYMMETRY, _ROUNDINGS * self.rounding) * peak:
            raise ValueError(
                f"array must be symmetric in its {self.order} indices, got entries that differ by {gap:.3g} (largest "
                f"entry {peak:.3g}); symmetrize=True takes its symmetric part"
            )
        if gap > _ASYMMETRY * peak:
            self.array = power.symmetrized(self.array)

    def __repr__(self) -> str:
        return f"DenseSymmetric(order {self.order}, dimension {self.dimension})"

    @classmethod
    def from_symmetric(cls, array: Array, *, whole: bool = False) -> DenseSymmetric:
        """From a finite array of shape (d,) * l that is symmetric up to rounding: nothing is checked or copied.

        Entries that cancel leave rounding alone, which is not symmetric to any share of itself. ``whole`` says that the
        tensor is its own core: its span is not looked for.
        """
        tensor = cls.__new__(cls)
        tensor.array, tensor.order, tensor.dimension = array, array.ndim, len(array)
        tensor.rounding = float(np.finfo(float).eps)
        if whole:
            tensor.__dict__["_core"] = (np.eye(len(array)), array)  # what the cached property would find
        array.flags.writeable = False
        return tensor

    def components(self) -> None:
        return None

    def frame(self) -> Array:
        return self._core[0]

    @cached_property
    def _core(self) -> tuple[Array, Array]:
        """Basis of S, shape (d, s), and the array of shape (s,) * l in that basis."""
        basis = self.span()
        return basis, self._along(basis)

    def _along(self, Q: Array) -> Array:
        """The array of T(Q ., ..., Q .), shape (s,) * l."""
        array = self.array
        for _ in range(self.order):  # contracts the first index, the new one goes last: l turns restore order
            array = np.tensordot(array, Q, axes=(0, 0))
        return array

    def in_basis(self, Q: Any) -> DenseSymmetric:
        Q = validation.array("Q", Q, (self.dimension, "s"), f"for a tensor of dimension d = {self.dimension}")
        return DenseSymmetric.from_symmetric(self._along(Q))

    def beside(self, V: Array) -> tuple[Array, DenseSymmetric, Array]:
        frame, core = self._core
        q = frame.shape[1]
        basis, upper = np.linalg.qr(np.hstack([frame, V]))
        coordinates = upper[:, q:]
        # QR may turn the signs of an orthonormal basis. They are turned back, for the core is written in it.
        signs = np.sign(np.diag(upper)[:q])
        basis[:, :q] *= signs
        coordinates[:q] *= signs[:, None]
        return basis, DenseSymmetric.from_symmetric(core).padded(q + V.shape[1]), coordinates

    def padded(self, dimension: int) -> DenseSymmetric:
        more = validation.integer("dimension", dimension, self.dimension) - self.dimension
        return DenseSymmetric.from_symmetric(np.pad(self.array, (0, more)))

    def unfolding(self) -> Array:
        core = self._core[1]
        return core.reshape(len(core) ** ((self.order + 1) // 2), -1) if core.size else np.zeros((0, 0))

    def __sub__(self, other: SymmetricTensor) -> DenseSymmetric:
        self.check_same_space(other)
        with validation.overflowing():
            gap = validation.finite("the entries of T - T'", self.array - other.to_dense(), TOO_LARGE)
        return DenseSymmetric.from_symmetric(gap)

    def contract_unchecked(self, U: Array) -> Array:
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
        return validation.finite("T(u^{l-2}, v, v)", partial, TOO_LONG)

    def inner(self, other: SymmetricTensor) -> float:
        self.check_same_space(other)
        if isinstance(other, DenseSymmetric):
            with validation.overflowing():
                return validation.finite("<T, T'>", float(np.vdot(self.array, other.array)), TOO_LARGE)
        return other.inner(self)

    def norm(self) -> float:
        return validation.finite("||T||", frobenius_norm(self.array), TOO_LARGE)

    def distance(self, other: SymmetricTensor) -> float:
        self.check_same_space(other)
        with validation.overflowing():
            return validation.finite("||T - T'||", frobenius_norm(self.array - other.to_dense()), TOO_LARGE)

    def scaled(self, factor: float) -> DenseSymmetric:
        factor = validation.real("factor", factor, -np.inf)
        with validation.overflowing():
            scaled = validation.finite("the entries of the tensor", self.array * factor, BY_FACTOR)
        tensor = DenseSymmetric.from_symmetric(scaled)
        tensor.rounding = self.rounding
        return tensor

    def span(self) -> Array:
        unfolding = self.array.reshape(self.dimension, -1)
        if unfolding.shape[1] > 2 * self.dimension:  # a QR first: the right singular vectors are never needed
            unfolding = np.asarray(np.linalg.qr(unfolding.T, mode="r")).T
        left, singular, _ = np.linalg.svd(unfolding, full_matrices=False)
        # entries are products of l numbers, and their rounding adds up over the columns like a random sum
        noise = self.order * max(self.dimension, self.dimension ** ((self.order - 1) / 2)) * self.rounding
        return left[:, singular > noise * singular.max(initial=0.0)]

    def to_dense(self) -> Array:
        return self.array.copy()

    def arrays(self) -> dict[str, Any]:
        return {"array": self.array}
