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

from tdbook import _check, statements
from tdbook._check import Array

# Below this share of the sum of absolute values, a norm computed from Gram numbers has lost half its digits
# or more to cancellation, and the norm is taken through the QR core instead.
_CANCELLATION = 1e-4
# Asymmetry of a dense input, relative to its largest entry, above which it is not taken for rounding.
_ASYMMETRY = 1e-10
_ORDER_LIMIT = 1000  # mantissas lie in [1/2, 1), and their powers must not vanish
_DENSE_LIMIT = 2**27  # entries: 1 GiB of float64
# What can have gone wrong when a result is out of range.
_TOO_LONG = "the tensor is too large, or the columns of U are too long for their powers"
_TOO_LARGE = "the tensors are too large"
_BY_FACTOR = "the factor is too large"
KINDS = ("generic", "orthogonal", "dependent", "mixed-sign", "correlated")


def integer_power(base: Array, exponent: int, out: Array | None = None) -> Array:
    """``base ** exponent`` entrywise by repeated multiplication, ``exponent`` an integer >= 0.

    ``np.power`` with a float exponent calls the C library's ``pow`` for each entry, two orders of magnitude
    slower than the handful of products needed here. ``out`` must not be ``base``.
    """
    result = np.empty_like(base) if out is None else out
    if exponent == 0:
        result.fill(1.0)
        return result
    if exponent == 1:
        result[...] = base
        return result
    power = base
    for bit in bin(exponent)[3:]:  # square-and-multiply on the binary digits after the leading one
        power = np.multiply(power, power, out=result)
        if bit == "1":
            np.multiply(result, base, out=result)
    return result


def unit_columns(factors: Array) -> tuple[Array, Array]:
    """Column norms n, shape (r,), and the columns divided by them; a zero column stays zero.

    The norms are taken after scaling by the largest entry, so that columns of size 10^±300 neither
    overflow nor underflow.
    """
    peak = np.abs(factors).max(axis=0)
    safe_peak = np.where(peak > 0, peak, 1.0)
    scaled = factors / safe_peak
    norms = np.sqrt(np.einsum("ij,ij->j", scaled, scaled))
    return safe_peak * norms, scaled / np.where(norms > 0, norms, 1.0)


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
        U = _check.array("U", U, (self.dimension, "m"), f"for a tensor of dimension d = {self.dimension}")
        with _check.overflowing():
            return _check.finite("T(u^{l-1}, .)", self._contract(U), _TOO_LONG)

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
        U = _check.array("U", U, (self.dimension, "m"), f"for a tensor of dimension d = {self.dimension}")
        with _check.overflowing():
            return _check.finite("T(u, ..., u)", np.einsum("ij,ij->j", U, self._contract(U)), _TOO_LONG)

    def _pair(self, U: Any, V: Any) -> tuple[Array, Array]:
        U = _check.array("U", U, (self.dimension, "m"), f"for a tensor of dimension d = {self.dimension}")
        return U, _check.array("V", V, U.shape, "like U")

    def _same_space(self, other: SymmetricTensor) -> None:
        symmetric("other", other)
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
        self.order = _check.integer("order", order, 2)
        if self.order > _ORDER_LIMIT:
            raise ValueError(f"order must be at most {_ORDER_LIMIT}, got {self.order}")
        self.weights = _check.array("weights", weights, ("r",))
        r = len(self.weights)
        self.factors = _check.array("factors", factors, ("d", r), f"with r = {r} weights")
        self.dimension = self.factors.shape[0]
        self.weights.flags.writeable = False
        self.factors.flags.writeable = False
        overflowing = ~np.isfinite(self._unit[0])
        if overflowing.any():
            j = int(np.argmax(overflowing))
            with _check.overflowing():
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
        with _check.overflowing():  # the constructor looks at the weights
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
        with _check.overflowing():
            found = weights @ (integer_power(factors.T @ U, self.order - 2) * (factors.T @ V) ** 2)
        return _check.finite("T(u^{l-2}, v, v)", found, _TOO_LONG)

    def inner(self, other: SymmetricTensor) -> float:
        self._same_space(other)
        weights, factors = self._unit
        with _check.overflowing():
            if isinstance(other, SymmetricCP):
                other_weights, other_factors = other._unit
                found = float(weights @ integer_power(factors.T @ other_factors, self.order) @ other_weights)
            else:
                found = float(weights @ np.einsum("ij,ij->j", factors, other._contract(factors)))
        return _check.finite("<T, T'>", found, _TOO_LARGE)

    def norm(self) -> float:
        return _check.finite("||T||", _norm_of_components(*self._unit, self.order), _TOO_LARGE)

    def distance(self, other: SymmetricTensor) -> float:
        self._same_space(other)
        if not isinstance(other, SymmetricCP):
            return other.distance(self)
        weights, factors = self._unit
        other_weights, other_factors = other._unit
        together, directions = np.concatenate([weights, -other_weights]), np.hstack([factors, other_factors])
        return _check.finite("||T - T'||", _norm_of_components(together, directions, self.order), _TOO_LARGE)

    def scaled(self, factor: float) -> SymmetricCP:
        factor = _check.real("factor", factor, -np.inf)
        with _check.overflowing():
            weights = _check.finite("the weights of the tensor", self.weights * factor, _BY_FACTOR)
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
        with _check.overflowing():
            entries = _check.finite("the entries of T", unfolding.sum(axis=1), _TOO_LARGE)
        return entries.reshape((self.dimension,) * self.order)

    @classmethod
    def from_samples(cls, X: Any, order: int, *, centered: bool = False, noise: float = 0.0) -> SymmetricCP:
        """The l-th moment of samples, the rows of X; see :func:`tdbook.sources.moments`."""
        from tdbook.sources import moments  # the room above: a constructor belongs to its class, its work there

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
        given = _check.as_array("array", array, "(d,) * l")
        if given.ndim < 2 or len(set(given.shape)) != 1:
            raise ValueError(f"array must have shape (d,) * l with l >= 2 equal sides, got {_check.describe(given)}")
        self.array = _check.array("array", given, given.shape)
        self.order = given.ndim
        self.dimension = given.shape[0]
        if self.dimension < 1:
            raise ValueError(f"array must have sides of length d >= 1, got shape {given.shape}")
        peak = float(np.abs(self.array).max())
        # one transposition and one cycle generate all permutations of the indices
        for axes in ((1, 0, *range(2, self.order)), (*range(1, self.order), 0)):
            with _check.overflowing():
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
        """The tensor of a homogeneous polynomial; see :func:`tdbook.sources.dense_polynomial`."""
        from tdbook.sources import dense_polynomial  # as above

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
        with _check.overflowing():
            partial = np.tensordot(core, along, axes=(self.order - 1, 0))
            for direction in (*(self.order - 2) * [at], along):
                partial = np.einsum("...im,im->...m", partial, direction)
        return _check.finite("T(u^{l-2}, v, v)", partial, _TOO_LONG)

    def inner(self, other: SymmetricTensor) -> float:
        self._same_space(other)
        if isinstance(other, DenseSymmetric):
            with _check.overflowing():
                return _check.finite("<T, T'>", float(np.vdot(self.array, other.array)), _TOO_LARGE)
        return other.inner(self)

    def norm(self) -> float:
        return _check.finite("||T||", _norm_of_entries(self.array), _TOO_LARGE)

    def distance(self, other: SymmetricTensor) -> float:
        self._same_space(other)
        with _check.overflowing():
            return _check.finite("||T - T'||", _norm_of_entries(self.array - other.to_dense()), _TOO_LARGE)

    def scaled(self, factor: float) -> DenseSymmetric:
        factor = _check.real("factor", factor, -np.inf)
        with _check.overflowing():
            return DenseSymmetric(_check.finite("the entries of the tensor", self.array * factor, _BY_FACTOR))

    def span(self) -> Array:
        left, singular, _ = np.linalg.svd(self.array.reshape(self.dimension, -1), full_matrices=False)
        return left[:, singular > self.dimension * np.finfo(float).eps * singular.max(initial=0.0)]

    def to_dense(self) -> Array:
        return self.array.copy()


def symmetric(name: str, value: Any) -> SymmetricTensor:
    """An argument that must be a tensor, of either kind."""
    return _check.instance(name, value, SymmetricTensor, "a SymmetricCP or a DenseSymmetric")  # type: ignore[type-abstract]


def _norm_of_entries(array: Array) -> float:
    """Frobenius norm; scaled by the largest entry where squares of it would leave the range."""
    peak = float(np.abs(array).max(initial=0.0))
    if 1e-140 < peak < 1e140 or not 0.0 < peak < np.inf:
        return float(np.linalg.norm(array.ravel()))
    return peak * float(np.linalg.norm(array.ravel() / peak))


def _norm_of_components(weights: Array, directions: Array, order: int) -> float:
    """||sum_i w_i u_i^{(x) l}||_F for unit columns u_i.

    The Gram formula w^T G w squares the norm and so cannot see below 1e-8 of the components' size. Where it
    would lose digits, the norm is taken through a QR core: no squaring, absolute error ~1e-16 sum |w_i|.
    """
    peak = float(np.abs(weights).max(initial=0.0))
    if peak == 0.0:
        return 0.0
    scaled = weights / peak  # so that weights of 10^±300 neither overflow nor vanish when squared
    gram = integer_power(directions.T @ directions, order)
    square = float(scaled @ gram @ scaled)
    size = float(np.abs(scaled) @ np.abs(gram) @ np.abs(scaled))
    if square > _CANCELLATION * size:
        return peak * float(np.sqrt(square))
    return peak * core_norm(scaled, directions, order)


def core_norm(weights: Array, factors: Array, order: int) -> float:
    """||sum_i w_i u_i^{(x) l}||_F through orthonormal bases, never through a difference of large numbers.

    With U = QR the tensor has the norm of sum_i w_i r_i^{(x) l}. Unfolded with p = ceil(l/2) indices as rows
    and q = l - p as columns it is A_p diag(w) A_q^T, where the columns of A_p are the p-fold Kronecker powers
    of the r_i; A_p is again replaced by its triangular factor. Only orthogonal transformations are used, so
    errors stay at rounding level of the components.
    """
    triangle = _triangle(factors)
    roots = {1: triangle}
    for power in range(2, (order + 1) // 2 + 1):
        roots[power] = _kronecker_root(roots[power - 1], triangle)
    left = roots[(order + 1) // 2]
    right = roots[order // 2]
    return float(np.linalg.norm((left * weights) @ right.T))


def _triangle(matrix: Array) -> Array:
    """The factor R of a QR decomposition."""
    return np.asarray(np.linalg.qr(matrix, mode="r"))


def _kronecker_root(root: Array, triangle: Array) -> Array:
    """Triangular factor of the matrix with columns root_i (x) triangle_i, built a block of rows at a time."""
    columns = triangle.shape[1]
    block = max(1, 4 * columns // max(1, root.shape[0]))
    result = np.empty((0, columns))
    for start in range(0, triangle.shape[0], block):
        rows = (triangle[start : start + block, None, :] * root[None, :, :]).reshape(-1, columns)
        result = _triangle(np.vstack([result, rows]))
    return result


def random_unit_vectors(dimension: int, count: int, rng: np.random.Generator) -> Array:
    """``count`` independent uniform points of the unit sphere, as columns of a (d, count) array."""
    return unit_columns(rng.standard_normal((dimension, count)))[1]


def random_target(
    dimension: int, rank: int, order: int, kind: str = "generic", rng: int | np.random.Generator = 0
) -> SymmetricCP:
    """A random ground truth T* of unit Frobenius norm.

    Parameters
    ----------
    dimension, rank, order : int
        d >= 1, r >= 1, l >= 2.
    kind : {"generic", "orthogonal", "dependent", "mixed-sign", "correlated"}
        How the unit vectors u*_i and the weights are drawn:

        * generic: independent uniform vectors, weights uniform in [1/2, 3/2];
        * orthogonal: orthonormal vectors (r <= d), same weights;
        * dependent: uniform vectors of a random subspace of dimension ceil((r + 1)/2) < r (r >= 3);
        * mixed-sign: as generic, the weights alternating in sign (r >= 2; for odd l a sign can be moved
          into its vector, so this is a case of its own only for even l);
        * correlated: all pairwise cosines equal to 1/2 (r <= d), same weights as generic.

        All weights are then scaled together so that ||T*||_F = 1.
    rng : int or numpy.random.Generator

    Returns
    -------
    SymmetricCP
    """
    d = _check.integer("dimension", dimension, 1)
    r = _check.integer("rank", rank, 1)
    order = _check.integer("order", order, 2)
    kind = _check.choice("kind", kind, KINDS)
    generator = _check.generator(rng)
    if kind in ("orthogonal", "correlated") and r > d:
        raise ValueError(f"rank must be at most the dimension {d} for kind {kind!r}, got {r}")
    if kind == "dependent" and not r >= 3:
        raise ValueError(f"rank must be at least 3 for kind 'dependent', got {r}")
    if kind == "mixed-sign" and r < 2:
        raise ValueError(f"rank must be at least 2 for kind 'mixed-sign', got {r}")
    weights = generator.uniform(0.5, 1.5, size=r)
    if kind == "mixed-sign":
        weights[1::2] *= -1.0
    if kind in ("orthogonal", "correlated"):
        factors = np.linalg.qr(generator.standard_normal((d, r)))[0]
        if kind == "correlated":
            # (I + 11^T)/2 = L L^T has ones on the diagonal and 1/2 elsewhere
            factors = factors @ np.linalg.cholesky((np.eye(r) + np.ones((r, r))) / 2.0).T
    elif kind == "dependent":
        span = min(d, (r + 2) // 2)
        basis = np.linalg.qr(generator.standard_normal((d, span)))[0]
        factors = basis @ random_unit_vectors(span, r, generator)
    else:
        factors = random_unit_vectors(d, r, generator)
    target = SymmetricCP(weights, factors, order)
    return target.scaled(1.0 / target.norm())
