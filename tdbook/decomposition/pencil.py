"""Simultaneous diagonalisation, by Jennrich (published by Harshman): one eigenvalue problem finds all components.

Let l = 2k+1 and a_i = x_i^{(x) k}. Contracted with a vector u, T is the matrix M(u) = sum_i w_i <u, x_i> a_i a_i^T on
Sym^k. If the a_i are independent, M(u) M(v)^{-1}, on their span, has the eigenvectors a_i and the eigenvalues
<u, x_i> / <v, x_i>. An even order is contracted once first, which keeps the components.

If a flattening shows the rank to be at least rho <= dim Sym^k, then rho real components would make the pencil
diagonalisable over the real numbers. Complex eigenvalues prove that rho + 1 are needed. So does a defective
pencil, for components whose weights do not cancel beyond all bounds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tdbook.decomposition.core import DENSE_ENTRIES, fits_in_memory, written_out
from tdbook.decomposition.flattening import DenseSubspace, Flattening, Subspace, flattening
from tdbook.tensors import DenseSymmetric, SymmetricCP, SymmetricTensor, random_unit_vectors
from tdbook.tensors.symmetric_power import symmetric_power
from tdbook.validation import Array

_DEFECTIVE = 1e7  # condition number of the eigenvectors from which on a pencil is taken for defective


@dataclass(frozen=True, eq=False)
class Pencil:
    """What the eigenvalues say.

    Attributes
    ----------
    directions : ndarray of shape (s, rank) or None
        The components, when all eigenvalues are real and the eigenvectors sound.
    obstruction : str
        Why the rank cannot be that of the flattening, "" where nothing is proved.
    """

    directions: Array | None
    obstruction: str = ""


def applies(tensor: SymmetricTensor, rank: int) -> bool:
    """Whether the a_i can be independent, and the matrices fit into memory."""
    k = (tensor.order - 1) // 2
    return 0 < rank <= math.comb(tensor.dimension + k - 1, k) and (
        isinstance(tensor, SymmetricCP) or fits_in_memory(tensor, DENSE_ENTRIES)
    )


def pencil(tensor: SymmetricTensor, found: Flattening, tolerance: float, rng: np.random.Generator) -> Pencil:
    """The components of a tensor of unit norm whose squarest flattening has been cut to its rank.

    Where the pencil proves nothing and finds nothing, both fields are empty.
    """
    if found.rank == 1:  # no second eigenvalue to compare with: the power method has nothing to do but one step
        return Pencil(_one(found.left, rng))
    if tensor.order % 2 == 0:
        tensor = _contracted(tensor, rng)
        found = flattening(tensor, 0.0, found.rank)
    space, singular = found.right, found.singular
    if singular[found.rank - 1] <= tolerance * singular[0]:  # the contraction has lost a component
        return Pencil(None)
    M, N = (_slice(tensor, space, rng) for _ in range(2))
    condition = np.linalg.cond(N)
    if not condition < 1e13:
        return Pencil(None)
    values, E = np.linalg.eig(np.linalg.solve(N.T, M.T).T)
    rounding = 1e-15 * condition * np.abs(values).max()
    try:
        duals = np.linalg.inv(E)
    except np.linalg.LinAlgError:
        return Pencil(None, _defective(found.rank) if rounding < 1e-8 else "")
    # how far an eigenvalue moves, at most, when the matrix is changed by 1 in norm
    sensitivity = np.linalg.norm(E, axis=0) * np.linalg.norm(duals, axis=1)
    change = max(tolerance, 1e-15) * condition * np.abs(values).max()
    if sensitivity.max() > _DEFECTIVE:
        return Pencil(None, _defective(found.rank) if rounding < 1e-8 else "")
    if (np.abs(values.imag) > 100 * sensitivity * change).any():
        return Pencil(None, "the eigenvalues of its pencil are complex")
    if np.iscomplexobj(values) and (np.abs(values.imag) > 100 * sensitivity * rounding).any():
        return Pencil(None)
    C = np.real(E)
    return Pencil(_vectors(space, C / np.linalg.norm(C, axis=0), rng))


def _defective(rank: int) -> str:
    return f"its pencil is defective: {rank} components come near only with weights that cancel without bound"


def _one(space: Subspace, rng: np.random.Generator) -> Array:
    return _vectors(space, np.ones((1, 1)), rng)


def _vectors(space: Subspace, C: Array, rng: np.random.Generator) -> Array:
    """x_i from elements of the subspace proportional to x_i^{(x) n}: contracted with n - 1 vectors they are x_i."""
    X = random_unit_vectors(space.dimension, C.shape[1], rng)
    for _ in range(1 if space.order == 1 else 3):  # the first time a random vector, then x_i itself
        X = space.contract(C, X)
        X = X / np.linalg.norm(X, axis=0)
    return X


def _contracted(tensor: SymmetricTensor, rng: np.random.Generator) -> SymmetricTensor:
    """T(u, ...), of order one less, for a random u; its norm does not matter."""
    u = rng.standard_normal(tensor.dimension)
    if isinstance(tensor, SymmetricCP):
        weights, directions = tensor.components()
        return SymmetricCP(weights * (u @ directions), directions, tensor.order - 1)
    return DenseSymmetric.from_symmetric(written_out(tensor) @ u, whole=True)


def _slice(tensor: SymmetricTensor, space: Subspace, rng: np.random.Generator) -> Array:
    """B^T M(u) B for the basis B of the subspace and a random u."""
    u = rng.standard_normal(tensor.dimension)
    k = space.order
    if isinstance(tensor, SymmetricCP):
        weights, U = tensor.components()
        coordinates = space.coordinates(U)
        return (coordinates * (weights * (u @ U))) @ coordinates.T
    assert isinstance(tensor, DenseSymmetric) and isinstance(space, DenseSubspace)
    power = symmetric_power(tensor.dimension, k)
    matrix = (tensor.array @ u).reshape(tensor.dimension**k, -1)
    matrix = power.rows(power.rows(matrix).T)
    return space.basis.T @ matrix @ space.basis
