r"""What lazy training can reach: the span S_U and its exact expected error (Section 3.1 of the paper).

Near its start U the model sum_i c_i u_i^{(x) l} moves, to first order, within

    S_U = span{ P_sym(u_i^{(x) l-1} (x) delta) : i = 1..m, delta in R^d },        dim S_U = r' <= d m.

For T* = u*^{(x) l} with u* uniform on the sphere and independent of U, the expected squared error of the best
point of S_U is 1 - tr(P M), P the projection onto S_U and M the moment matrix. No sampling is needed.

Two routes lead there. The *basis* route writes the spanning tensors in D coordinates and reduces them block by
block with Householder reflections, so that all prefixes of the columns come out of one pass. The *Gram* route
uses only the inner products <u_i, u_j>, and its cost does not grow with d.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg

from tdbook import validation
from tdbook.lazy.moments import (
    DENSE_LIMIT,
    gaussian_to_sphere,
    moment_matrix,
    moment_spectrum,
    odd_factorial,
)
from tdbook.lazy.reduction import RANK_TOLERANCE, Reduction, reduce_blocks
from tdbook.tensors import integer_power, monomials, multinomials, symmetric_dimension, unit_columns
from tdbook.validation import Array

# Eigenvalues of a Gram matrix below this share of the largest are relations; singular values appear squared.
GRAM_TOLERANCE = 1e-12
_GRAM_LIMIT = 6_000  # rows of a Gram matrix whose eigenvalues take minutes
_LONG = "a column is too long"


def checked_start(U: Any) -> Array:
    """U as a (d, m) array without zero columns, scaled to unit columns: S_U does not depend on their lengths."""
    U = validation.array("U", U, ("d", "m"))
    norms, directions = unit_columns(U)
    if not (norms > 0).all():
        raise ValueError(f"U must have no zero column (it spans no tangent), got column {np.argmin(norms > 0)}")
    return directions


def coordinates(V: Any, order: int) -> Array:
    """v_j^{(x) l} in scaled monomials, sqrt(l!/alpha!) v_j^alpha; V of shape (d, n), result (D, n)."""
    V = validation.array("V", V, ("d", "n"))
    exponents = monomials(V.shape[0], validation.order(order, 1))
    with validation.overflowing():
        return validation.finite("v^{(x) l}", np.sqrt(multinomials(exponents))[:, None] * _powers(V, exponents), _LONG)


def tangent_matrix(U: Any, order: int) -> Array:
    """The tensors P_sym(u_i^{(x) l-1} (x) e_q) in scaled monomials, shape (D, d m); column i d + q.

    They are the derivatives of u^{(x) l} divided by l: (1/l) sqrt(l!/alpha!) alpha_q u_i^{alpha - e_q}.
    """
    U = validation.array("U", U, ("d", "m"))
    d, m = U.shape
    order = validation.order(order, 2)
    exponents = monomials(d, order)
    result = np.zeros((len(exponents), m * d), order="F")
    with validation.overflowing():
        lower = validation.finite("u^{(x) l-1}", _powers(U, monomials(d, order - 1)), _LONG)
    roots = np.sqrt(multinomials(exponents)) / order
    places = _positions(d, order - 1)
    for q in range(d):
        rows = np.flatnonzero(exponents[:, q])
        below = exponents[rows].copy()
        below[:, q] -= 1
        index = [places[key.tobytes()] for key in below]
        with validation.overflowing():
            result[rows, q::d] = lower[index] * (roots[rows] * exponents[rows, q])[:, None]
    return validation.finite("the tangents", result, _LONG)


def tangent_gram(U: Any, order: int) -> Array:
    r"""Gram matrix of the tensors P_sym(u_i^{(x) l-1} (x) e_q), shape (d m, d m), row and column i d + q.

    In block (i, j) the moved slot of one tensor meets the moved slot of the other, or one of its l - 1 plain slots.

    Claim: tangent-gram

    The tensors $P_{sym}(u_i^{\otimes l-1}\otimes\delta)$, which span $S_U$, have the inner products

    $$
    \big\langle P_{sym}(u_i^{\otimes l-1}\otimes\delta),P_{sym}(u_j^{\otimes l-1}\otimes\delta')\big\rangle
    =\delta^\top G_{ij}\,\delta',
    $$

    where

    $$
    G_{ij}=\tfrac1l\langle u_i,u_j\rangle^{l-1}\,I+\tfrac{l-1}{l}\langle u_i,u_j\rangle^{l-2}\,u_ju_i^\top .
    $$

    Training the coefficients $c_i$ as well adds nothing, for $u_i^{\otimes l}\in S_U$.
    """
    U = validation.array("U", U, ("d", "m"))
    order = validation.order(order, 2)
    with validation.overflowing():
        inner = U.T @ U
        lower = integer_power(inner, order - 2) / order
        blocks = _blocks(U, identity=lower * inner, crossed=(order - 1) * lower)
    return validation.finite("the Gram matrix", blocks, _LONG)


def moment_gram(U: Any, order: int) -> Array:
    """E <A, u*^{(x) l}> <B, u*^{(x) l}> for the tangent tensors A, B of unit columns, shape (d m, d m).

    With G = <x, y> and unit x, y, E <x, g>^l <y, g>^l = sum_k C_k G^k for Gaussian g, where C_k counts the
    pairings with k pairs across. Without the unit lengths it reads sum_k C_k G^k (|x|^2 |y|^2)^{(l-k)/2}; its
    mixed derivative in x and y is the block, up to l^2 d(d+2)...(d+2l-2).
    """
    U = checked_start(U)
    order = validation.order(order, 2)
    return _blocks(U, **_moment_coefficients(U.T @ U, order, U.shape[0]))


def _moment_coefficients(inner: Array, order: int, dimension: int) -> dict[str, Array]:
    parts = {name: np.zeros_like(inner) for name in ("identity", "crossed", "own", "straight")}
    for k in range(order, -1, -2):
        count = math.factorial(k) * math.comb(order, k) ** 2 * odd_factorial(order - k - 1) ** 2
        free = order - k
        if k >= 1:
            power = integer_power(inner, k - 1)
            parts["identity"] += count * k * power
            parts["own"] += count * free * k * power
        if k >= 2:
            parts["crossed"] += count * k * (k - 1) * integer_power(inner, k - 2)
        parts["straight"] += count * free**2 * integer_power(inner, k)
    scale = order**2 * gaussian_to_sphere(dimension, order)
    return {name: part / scale for name, part in parts.items()}


def _blocks(
    U: Array, identity: Array, crossed: Array, own: Array | None = None, straight: Array | None = None
) -> Array:
    """Blocks identity_ij I + crossed_ij u_j u_i^T + own_ij (u_i u_i^T + u_j u_j^T) + straight_ij u_i u_j^T."""
    d, m = U.shape
    result = np.einsum("ij,pq->ipjq", identity, np.eye(d))
    result += np.einsum("ij,pj,qi->ipjq", crossed, U, U)
    if own is not None and straight is not None:
        outer = np.einsum("pi,qi->ipq", U, U)
        result += np.einsum("ij,ipq->ipjq", own, outer) + np.einsum("ij,jpq->ipjq", own, outer)
        result += np.einsum("ij,pi,qj->ipjq", straight, U, U)
    return result.reshape(d * m, d * m)


@dataclass(frozen=True, eq=False)
class Prefixes:
    """Ranks and exact errors of the spans of the first 1, 2, ..., m columns.

    Attributes
    ----------
    dimension, order : int
    ranks : ndarray of int, shape (m,)
        r'_k = dim of the span of the first k columns' tangents.
    errors : ndarray of shape (m,)
        E ||T* - P T*||^2 over u*, exact up to rounding.
    least_kept, most_dropped : float
        The closest calls of the rank decisions, as lengths of what a unit tangent leaves outside the span.
        They should lie many orders of magnitude apart; where they do not, U is nearly degenerate and its rank is
        not determined by floating-point numbers.
    """

    dimension: int
    order: int
    ranks: np.ndarray
    errors: Array
    least_kept: float
    most_dropped: float

    @property
    def components(self) -> np.ndarray:
        """m = 1, 2, ..., as an int array."""
        return np.arange(1, len(self.ranks) + 1)

    @property
    def shares(self) -> Array:
        """rho' = r'/D for each prefix."""
        return self.ranks / symmetric_dimension(self.dimension, self.order)


def lazy_errors(U: Any, order: int) -> Prefixes:
    """Exact expected squared errors for the first k columns of U, k = 1..m, from one factorisation.

    M - lambda_l I has low rank: it is B B^T with B of shape (D, C(d+l-3, l-2)). With Q the product of all
    reflections, the error of a prefix of rank k is lambda_l (D - k) plus the squares of Q^T B below row k: a
    sum of positive terms, so an error that vanishes comes out as zero. Each block of d columns is reduced with
    column pivoting *inside* the block and keeps only the directions that are new. An unpivoted QR or Cholesky
    of all columns would take rounding noise for new directions wherever the span is defective.

    Parameters
    ----------
    U : array_like of shape (d, m)
        No zero column; lengths do not matter.
    order : int
        l >= 2.

    Raises
    ------
    ValueError
        Beyond D = 10000 coordinates; :func:`lazy_error` has a route whose cost is free of d.
    """
    U = checked_start(U)
    order = validation.order(order, 2)
    d = U.shape[0]
    size = symmetric_dimension(d, order)
    if size > DENSE_LIMIT:
        raise ValueError(
            f"U must have a span within {DENSE_LIMIT} coordinates, got D = {size} for d = {d} and order {order}; "
            "lazy_error takes larger d"
        )
    reduction, errors = _prefix_errors(tangent_matrix(U, order), d, order, d)
    return Prefixes(d, order, reduction.ranks, errors, reduction.least_kept, reduction.most_dropped)


def _prefix_errors(A: Array, dimension: int, order: int, width: int) -> tuple[Reduction, Array]:
    """1 - tr(P M) for the spans of the first blocks of ``width`` columns of A, in coordinates of Sym^l(R^d)."""
    smallest = float(moment_spectrum(dimension, order)[0].eigenvalue)
    reduction = reduce_blocks(A, _moment_root(dimension, order), width)
    energies = np.append(np.cumsum(np.einsum("ij,ij->i", reduction.rotated, reduction.rotated)[::-1])[::-1], 0.0)
    return reduction, smallest * (A.shape[0] - reduction.ranks) + energies[reduction.ranks]


def lazy_error(U: Any, order: int, route: str = "auto") -> float:
    """E ||T* - P T*||_F^2 for T* = u*^{(x) l}, u* uniform on the sphere, P the projection onto S_U.

    Parameters
    ----------
    U : array_like of shape (d, m)
        Start of lazy training; no zero column. S_U may be of full or deficient dimension.
    order : int
        l >= 2.
    route : {"auto", "basis", "gram"}
        * basis: in the coordinates of Sym^l(W), W = span U, with orthogonal transformations only;
        * gram: tr(G^+ N) from inner products alone. Squares the condition number: of the 16 digits twice as many
          are lost when columns are nearly parallel.

        In the directions of W^perp the problem is d - dim W copies of a smaller one, so the cost of both depends
        on m and not on d, as long as m < d. "auto" takes the basis unless it is too large.

    Returns
    -------
    float
        Between 0 (every rank-one tensor is reached) and 1.

    Examples
    --------
    >>> lazy_error(np.eye(3), order=2)  # three columns span all 3 x 3 symmetric matrices
    0.0
    >>> round(lazy_error(np.eye(10)[:, :1], order=3), 4)
    0.9429
    """
    U = checked_start(U)
    order = validation.order(order, 2)
    route = validation.choice("route", route, ("auto", "basis", "gram"))
    d, m = U.shape
    W = scipy.linalg.orth(U)
    s = W.shape[1]
    inside = W.T @ U
    small = symmetric_dimension(s, order) <= DENSE_LIMIT
    if route == "basis" or (route == "auto" and small):
        return _basis_error(inside, order, d)
    if m * s > _GRAM_LIMIT:
        raise ValueError(f"U must have a Gram matrix of at most {_GRAM_LIMIT} rows, got {m * s} from shape {U.shape}")
    coefficients = _moment_coefficients(inside.T @ inside, order, d)
    reached = _trace_of_quotient(tangent_gram(inside, order), _blocks(inside, **coefficients))
    # P_sym(u_i^{l-1} (x) v), v in W^perp: they meet the tangents within W nowhere
    outside = integer_power(inside.T @ inside, order - 1) / order
    reached += (d - s) * _trace_of_quotient(outside, coefficients["identity"])
    return max(0.0, 1.0 - reached)


def _basis_error(inside: Array, order: int, dimension: int) -> float:
    """The error in dimension d of columns given in a basis of their span W, of shape (s, m), s <= d.

    S_U is the sum of the tangents within Sym^l(W) and of span{u_i^{(x) l-1}} (x) v for v in W^perp, symmetrised;
    the two parts are orthogonal, and so are their moments. A Gaussian on R^d restricts to a Gaussian on W, so
    each part is an error in dimension s up to the factor between Gaussian and sphere.
    """
    s = inside.shape[0]
    error = float(lazy_errors(inside, order).errors[-1])
    if s == dimension:
        return error
    powers = coordinates(inside, order - 1)
    missed = float(_prefix_errors(powers, s, order - 1, powers.shape[1])[1][-1])
    whole = gaussian_to_sphere(dimension, order)
    within = gaussian_to_sphere(s, order) / whole
    across = order * (dimension - s) * gaussian_to_sphere(s, order - 1) / whole
    # the spans are filled up to `error` and `missed`; what no tangent has is left over from 1
    return within * error + across * missed + max(0.0, 1.0 - within - across)


def squared_errors(U: Any, order: int, points: Any) -> Array:
    """||v^{(x) l} - P v^{(x) l}||^2 for unit vectors v, the columns of ``points``, shape (d, n); result (n,).

    The error of one target at a time, of which :func:`lazy_error` is the mean over the sphere.
    """
    U = checked_start(U)
    points = validation.array("points", points, (U.shape[0], "n"), f"with d = {U.shape[0]} rows in U")
    reduction = reduce_blocks(tangent_matrix(U, order), coordinates(points, order), U.shape[0])
    rest = reduction.rotated[reduction.ranks[-1] :]
    return np.einsum("ij,ij->j", rest, rest)


def expected_displacement(U: Any, order: int) -> Array:
    """E ||delta||^2 of the least-norm delta that fits the projection of T* = u*^{(x) l}, for each prefix; (m,).

    sum_i l P_sym(u_i^{(x) l-1} (x) delta_i) = P T*. Columns are taken to unit length. With A the tangent matrix,
    E ||delta||^2 = tr((A A^T)^+ M) / l^2. It peaks where the span just fills the space and A A^T is barely
    invertible: the linearisation then asks for long steps, and "higher-order terms can be ignored" fails first.
    """
    U = checked_start(U)
    order = validation.order(order, 2)
    d, m = U.shape
    A = tangent_matrix(U, order)
    M = moment_matrix(d, order)
    lengths = np.empty(m)
    for k in range(1, m + 1):
        left, singular, _ = np.linalg.svd(A[:, : d * k], full_matrices=False)
        kept = singular > RANK_TOLERANCE
        along = np.einsum("ij,ij->j", left[:, kept], M @ left[:, kept])
        lengths[k - 1] = float(np.sum(along / singular[kept] ** 2)) / order**2
    return lengths


def _moment_root(dimension: int, order: int) -> Array:
    """B with B B^T = M - lambda_l I, of shape (D, C(d+l-3, l-2)).

    The range of M - lambda_l I is L Sym^{l-2}, L the multiplication by |x|^2, so M - lambda_l I = L X L^T.
    """
    if order == 1:
        return np.zeros((dimension, 0))  # M = I/d
    smallest = float(moment_spectrum(dimension, order)[0].eigenvalue)
    exponents, lower = monomials(dimension, order), monomials(dimension, order - 2)
    places = _positions(dimension, order)
    L = np.zeros((len(exponents), len(lower)))
    roots, lower_roots = np.sqrt(multinomials(exponents)), np.sqrt(multinomials(lower))
    for q in range(dimension):
        raised = lower.copy()
        raised[:, q] += 2
        index = [places[key.tobytes()] for key in raised]
        # p = sum_beta (l-2)!/beta! T[beta] x^beta, and the coordinate of |x|^2 p at alpha divides by its root
        L[index, np.arange(len(lower))] = lower_roots / roots[index]
    M = moment_matrix(dimension, order)
    inverse = np.linalg.inv(L.T @ L)
    X = inverse @ (L.T @ (M @ L) - smallest * (L.T @ L)) @ inverse
    values, vectors = np.linalg.eigh((X + X.T) / 2.0)
    return (L @ vectors) * np.sqrt(np.maximum(values, 0.0))


def _trace_of_quotient(gram: Array, moments: Array) -> float:
    """tr(G^+ N), the pseudo-inverse deciding its rank on the eigenvalues of G."""
    values, vectors = np.linalg.eigh(gram)
    kept = values > GRAM_TOLERANCE * values[-1]
    basis = vectors[:, kept]
    return float(np.sum(np.einsum("ij,ij->j", basis, moments @ basis) / values[kept]))


def _positions(dimension: int, order: int) -> dict[bytes, int]:
    """Row of each exponent vector in :func:`monomials`."""
    return {key.tobytes(): row for row, key in enumerate(monomials(dimension, order))}


def _powers(V: Array, exponents: np.ndarray) -> Array:
    """v_j^alpha for each row alpha of ``exponents`` and each column of V, shape (D, n)."""
    top = int(exponents.max())
    table = np.stack([integer_power(V, k) for k in range(top + 1)])  # (top + 1, d, n)
    result = np.ones((len(exponents), V.shape[1]))
    for q in range(V.shape[0]):
        result *= table[exponents[:, q], q]
    return result
