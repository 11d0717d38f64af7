"""Symmetric tensors held by their components, and the algebra on them (Section 2 of the paper).

A symmetric tensor of order l in dimension d has d^l entries. Nothing here stores them unless the input
does: ``SymmetricCP`` keeps r weights and a (d, r) matrix of factors, and inner products, norms, distances
and contractions come out of inner products of vectors, as :meth:`SymmetricTensor.inner` says.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from tdbook import validation
from tdbook.validation import Array

_DENSE_LIMIT = 2**27  # entries: 1 GiB of float64
# What can have gone wrong when a result is out of range.
TOO_LONG = "the tensor is too large, or the columns of U are too long for their powers"
TOO_LARGE = "the tensors are too large"
BY_FACTOR = "the factor is too large"


class SymmetricTensor(ABC):
    """A symmetric tensor of order l in dimension d; see ``SymmetricCP`` and ``DenseSymmetric``."""

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
            return validation.finite("T(u^{l-1}, .)", self.contract_unchecked(U), TOO_LONG)

    @abstractmethod
    def contract_unchecked(self, U: Array) -> Array:
        """:meth:`contract` for inner loops: of a float64 array of shape (d, m), neither it nor the result checked."""

    @abstractmethod
    def components(self) -> tuple[Array, Array] | None:
        """Weights w, shape (r,), and unit factors v, shape (d, r), with T = sum_i w_i v_i^{(x) l}; read-only.

        None where the tensor is known by its entries only.
        """

    @abstractmethod
    def frame(self) -> Array:
        """Unit vectors that span S or more, shape (d, q): the factors, or an orthonormal basis of S."""

    @abstractmethod
    def in_basis(self, Q: Any) -> SymmetricTensor:
        """T(Q ., ..., Q .), of dimension s: the tensor in coordinates of orthonormal columns Q, shape (d, s).

        Where the columns do not span S, this is the tensor's projection on their span.
        """

    @abstractmethod
    def beside(self, V: Array) -> tuple[Array, SymmetricTensor, Array]:
        """An orthonormal basis of the frame and further vectors, and both in its coordinates.

        Parameters
        ----------
        V : ndarray of shape (d, m)
            With q + m <= d, where q is the number of columns of :meth:`frame`.

        Returns
        -------
        basis : ndarray of shape (d, q + m)
        tensor : SymmetricTensor
            T in the coordinates of the basis, of dimension q + m; the last m of them are zero.
        coordinates : ndarray of shape (q + m, m)
            V in the coordinates of the basis.
        """

    @abstractmethod
    def padded(self, dimension: int) -> SymmetricTensor:
        """The tensor in the first d coordinates of a space of dimension ``dimension`` >= d."""

    @abstractmethod
    def unfolding(self) -> Array:
        """A matrix with the singular values, other than zeros, of the squarest unfolding of T.

        The unfolding has ceil(l/2) indices as rows and the other floor(l/2) as columns. Its rank is a lower bound
        of the rank of T.
        """

    @abstractmethod
    def __sub__(self, other: SymmetricTensor) -> SymmetricTensor:
        """T - T', by components where both have them."""

    @abstractmethod
    def curvature(self, U: Any, V: Any) -> Array:
        """T(u_j^{(x) l-2}, v_j, v_j) for each pair of columns of U and V, both (d, m); shape (m,)."""

    @abstractmethod
    def inner(self, other: SymmetricTensor) -> float:
        r"""<T, T'>, the sum over all d^l entries of their products. Both need the same d and l.

        Claim: tensor-inner

        For all $u,v\in\mathbb R^d$ and every $l\ge1$,

        $$
        \langle u^{\otimes l},v^{\otimes l}\rangle=\langle u,v\rangle^l .
        $$
        """

    @abstractmethod
    def norm(self) -> float:
        """Frobenius norm ||T||_F."""

    def vanishes(self) -> bool:
        """Whether ||T|| is no more than the rounding of its components, so that its digits mean nothing.

        Components that cancel leave about 1e-16 sum_i |w_i| ||u_i||^l.
        """
        components = self.components()
        size = 0.0 if components is None else float(np.abs(components[0]).sum())
        return self.norm() <= 64.0 * float(np.finfo(float).eps) * size

    def size(self) -> float:
        """||T||; ``ValueError`` if the tensor, a target, is zero to rounding: see :meth:`vanishes`."""
        if self.vanishes():
            raise ValueError("target must not be zero, got one of norm 0 to rounding")
        return self.norm()

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

    @abstractmethod
    def arrays(self) -> dict[str, Any]:
        """What a file of this tensor holds, by name; see :func:`tdbook.load`."""

    def evaluate(self, U: Any) -> Array:
        """T(u_j, ..., u_j) for each column of U, shape (m,)."""
        U = validation.array("U", U, (self.dimension, "m"), f"for a tensor of dimension d = {self.dimension}")
        with validation.overflowing():
            return validation.finite("T(u, ..., u)", np.einsum("ij,ij->j", U, self.contract_unchecked(U)), TOO_LONG)

    def _pair(self, U: Any, V: Any) -> tuple[Array, Array]:
        U = validation.array("U", U, (self.dimension, "m"), f"for a tensor of dimension d = {self.dimension}")
        return U, validation.array("V", V, U.shape, "like U")

    def check_same_space(self, other: SymmetricTensor) -> None:
        """Refuse, as ``ValueError``, another tensor unless it has the same dimension and order."""
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


def check_tensor(name: str, value: Any) -> SymmetricTensor:
    """An argument that must be a tensor, of either kind."""
    return validation.instance(name, value, SymmetricTensor, "a SymmetricCP or a DenseSymmetric")  # type: ignore[type-abstract]
