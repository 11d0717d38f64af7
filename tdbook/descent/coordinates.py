"""Lossless coordinates: the same run of Algorithm 1 at a cost an iteration that does not grow with d.

The frozen gradient of a component is a combination of the components and of the target's vectors, so a few vectors
span a whole epoch: :class:`Lossless` states it. In an orthonormal basis Q of their span inner products are those of
R^d, and the matrix of coordinates Q^T U makes the same steps, switches and errors. A re-initialisation brings one new
direction and takes one column away, so as many vectors are enough again.

A *space* says where the components of a run are kept:

* :class:`Ambient`: R^d itself;
* :class:`Lossless`: coordinates in such a basis, drawn from the same random numbers as in R^d;
* :class:`InLaw`: coordinates drawn directly from their law, without any vector of R^d, so d is only a number.

Only inner products are used, never recurrences between them: the Gram matrix of a run obeys a recursion of its
own, but rounding makes it drift away from the Gram matrices of anything.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from tdbook import validation
from tdbook.tensors import (
    KINDS,
    SymmetricCP,
    SymmetricTensor,
    check_tensor,
    random_target,
    random_unit_vectors,
    unit_columns,
)
from tdbook.validation import Array

# Coordinates are used when they are at most this share of the dimension: they must save more than their QR costs.
_PAYS = 0.8
_ROWS = 2**15  # rows of the basis that are reflected at a time


class Space(ABC):
    """Where the components of a run are kept.

    Parameters
    ----------
    target : SymmetricTensor
    components : int
        m.
    rng : numpy.random.Generator
    dimension : int, optional
        d, that of the target unless given; only :class:`InLaw` takes another.

    Attributes
    ----------
    target : SymmetricTensor
        The target in the coordinates of the space, of dimension p.
    components : ndarray of shape (p, m)
        The first draw: unit vectors.
    """

    target: SymmetricTensor
    components: Array

    @abstractmethod
    def __init__(
        self, target: SymmetricTensor, components: int, rng: np.random.Generator, dimension: int | None = None
    ) -> None: ...

    @abstractmethod
    def redraw(self, U: Array, j: int, size: float, rng: np.random.Generator) -> Array:
        """U, shape (p, m), with column j replaced by ``size`` times a fresh uniform unit vector.

        The other columns may get new coordinates, for the space may turn with them.
        """

    @abstractmethod
    def lift(self, tensor: SymmetricCP) -> SymmetricCP:
        """The tensor out of the space's present coordinates, where these stand for vectors of R^d."""


class Ambient(Space):
    """R^d itself: coordinates are entries."""

    def __init__(
        self, target: SymmetricTensor, components: int, rng: np.random.Generator, dimension: int | None = None
    ) -> None:
        self.target = _of_dimension(target, dimension)
        m = validation.components(components)
        self.components = random_unit_vectors(target.dimension, m, validation.generator(rng))

    def redraw(self, U: Array, j: int, size: float, rng: np.random.Generator) -> Array:
        return redraw_column(U, j, size, rng)

    def lift(self, tensor: SymmetricCP) -> SymmetricCP:
        return tensor


class _Coordinates(Space):
    """Coordinates whose first q rows belong to the target, the other m to the current components."""

    own: int  # q

    def _replace(self, U: Array, j: int, fresh: Array) -> tuple[Array, Array]:
        """U with column j replaced by ``fresh``, of one coordinate more, and the normal v of a reflection.

        In the m + 1 coordinates outside the target's, m columns leave a unit vector z free. I - 2 v v^T takes
        z to the last axis, so the last row of the reflected columns is zero and can go.
        """
        q = self.own
        outside = np.vstack([U[q:], np.zeros(U.shape[1])])
        outside[:, j] = fresh[q:]
        sizes = unit_columns(outside)[0]
        z = np.linalg.qr(outside / np.where(sizes > 0, sizes, 1.0), mode="complete")[0][:, -1]
        v = z.copy()
        v[-1] += np.copysign(1.0, z[-1])
        v /= np.linalg.norm(v)
        outside -= np.outer(2.0 * v, v @ outside)
        inside = U[:q].copy()
        inside[:, j] = fresh[:q]
        return np.vstack([inside, outside[:-1]]), v


class Lossless(_Coordinates):
    r"""Coordinates in an orthonormal basis of span{components, target}; uses the random numbers of ``Ambient``.

    q is the number of components of the target (``SymmetricCP``) or the dimension of its span; q + m <= d.

    Attributes
    ----------
    basis : ndarray of shape (d, q + m)
        Q, the only array of d rows kept; while QR makes it, five to six times as many numbers are held.

    Claim: lossless-coordinates

    Within an epoch every column of $U$ stays in the span of its columns at the start and of $u^*_1,\dots,u^*_r$. In an
    orthonormal basis of it, of at most $m+r$ vectors, the run is the same step for step, a re-initialisation is one
    small QR and one reflection of the basis, and an iteration costs nothing that grows with $d$.
    """

    def __init__(
        self, target: SymmetricTensor, components: int, rng: np.random.Generator, dimension: int | None = None
    ) -> None:
        self.own = q = _of_dimension(target, dimension).frame().shape[1]
        m = validation.components(components)
        if q + m > target.dimension:
            raise ValueError(f"components must be at most d - q = {target.dimension} - {q}, got {m}")
        drawn = random_unit_vectors(target.dimension, m, validation.generator(rng))
        self.basis, self.target, self.components = target.beside(drawn)

    def redraw(self, U: Array, j: int, size: float, rng: np.random.Generator) -> Array:
        g = random_unit_vectors(len(self.basis), 1, rng)[:, 0]
        within = self.basis.T @ g
        g -= self.basis @ within
        again = self.basis.T @ g  # twice is enough, also where g almost lies in the space
        g -= self.basis @ again
        length = float(np.linalg.norm(g))
        g /= length
        redrawn, v = self._replace(U, j, size * np.append(within + again, length))
        # [Q, g] (I - 2 v v^T) without its last column, in the place of Q
        outside = self.basis[:, self.own :]
        for rows in range(0, len(g), _ROWS):
            block = slice(rows, rows + _ROWS)
            outside[block] -= np.outer(outside[block] @ v[:-1] + v[-1] * g[block], 2.0 * v[:-1])
        return redrawn

    def lift(self, tensor: SymmetricCP) -> SymmetricCP:
        return SymmetricCP(tensor.weights, self.basis @ tensor.factors, tensor.order)


class InLaw(_Coordinates):
    """Coordinates drawn from their law, without any vector of R^d: d may be 10^12.

    A Gaussian vector of R^d has independent standard normal coordinates in any orthonormal basis, and its part
    outside q + k given directions has a length distributed as chi with d - q - k degrees of freedom. So the
    triangle that QR would find for m of them beside the target is drawn as it is: normal numbers above the
    diagonal, chi numbers on it. Divided by their norms, the columns are uniform on the sphere of R^d.

    The target is given in coordinates of its own, of dimension q, for instance from :func:`core_in_law`; q + m <= d.
    """

    def __init__(
        self, target: SymmetricTensor, components: int, rng: np.random.Generator, dimension: int | None = None
    ) -> None:
        m = validation.components(components)
        rng = validation.generator(rng)
        self.own = q = check_tensor("target", target).dimension
        self.dimension = validation.integer("dimension", q if dimension is None else dimension, q + m)
        self.target = target.padded(q + m)
        drawn = rng.standard_normal((q + m, m))
        for i in range(m):
            drawn[q + i, i] = _chi(self.dimension - q - i, rng)
            drawn[q + i + 1 :, i] = 0.0
        self.components = unit_columns(drawn)[1]

    def redraw(self, U: Array, j: int, size: float, rng: np.random.Generator) -> Array:
        q, m = self.own, U.shape[1]
        fresh = np.append(rng.standard_normal(q + m), _chi(self.dimension - q - m, rng))
        return self._replace(U, j, size * unit_columns(fresh[:, None])[1][:, 0])[0]

    def lift(self, tensor: SymmetricCP) -> SymmetricCP:
        """The tensor as it is: its first q coordinates are the target's, the others stand for no fixed vectors."""
        return tensor


def redraw_column(U: Array, j: int, size: float, rng: np.random.Generator) -> Array:
    """U, shape (d, m), with column j replaced by ``size`` times a uniform unit vector of R^d."""
    U = U.copy()
    U[:, [j]] = size * random_unit_vectors(len(U), 1, rng)
    return U


def choose(target: SymmetricTensor, components: int, rng: np.random.Generator, dimension: int | None = None) -> Space:
    """Lossless coordinates where they are fewer than the entries by a fifth or more, and R^d elsewhere."""
    _of_dimension(target, dimension)
    components, rng = validation.components(components), validation.generator(rng)
    own = target.frame().shape[1]
    kind: type[Space] = Lossless if own + components <= _PAYS * target.dimension else Ambient
    return kind(target, components, rng)


def _of_dimension(target: SymmetricTensor, dimension: int | None) -> SymmetricTensor:
    """The target, if it is written in ``dimension`` entries."""
    if dimension not in (check_tensor("target", target).dimension, None):
        raise ValueError(f"settings must be for dimension {target.dimension}, got {dimension}")
    return target


def core_in_law(
    dimension: int, rank: int, order: int, kind: str = "generic", rng: int | np.random.Generator = 0
) -> SymmetricCP:
    """:func:`tdbook.random_target` in coordinates of its own span, without any vector of R^d.

    Weights and Gram matrix have the law that ``random_target(dimension, rank, order, kind)`` gives them. No
    entry depends on d otherwise, so d may be 10^12; the result has dimension min(r, d), or that of the span for
    dependent targets.
    """
    d = validation.integer("dimension", dimension, 1)
    r = validation.integer("rank", rank, 1)
    kind = validation.choice("kind", kind, KINDS)
    generator = validation.generator(rng)
    own = min(d, (r + 2) // 2 if kind == "dependent" else r)
    target = random_target(own, r, order, kind, generator)
    if kind in ("orthogonal", "correlated", "dependent"):
        return target  # a Gram matrix that does not know the dimension around it
    drawn = np.triu(generator.standard_normal((own, r)))
    for i in range(own):
        drawn[i, i] = _chi(d - i, generator)
    core = SymmetricCP(target.weights, unit_columns(drawn)[1], order)
    return core.scaled(1.0 / core.norm())


def _chi(freedom: int, rng: np.random.Generator) -> float:
    """The length of a standard Gaussian vector of ``freedom`` dimensions."""
    return float(np.sqrt(rng.chisquare(freedom))) if freedom > 0 else 0.0
