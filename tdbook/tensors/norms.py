"""Norms and powers: unit columns, integer powers, and the norm of a tensor given by components."""

from __future__ import annotations

import numpy as np

from tdbook.validation import Array

# Below this share of the sum of absolute values, a norm computed from Gram numbers has lost half its digits
# or more to cancellation, and the norm is taken through the QR core instead.
_CANCELLATION = 1e-4


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


def frobenius_norm(array: Array) -> float:
    """Frobenius norm; scaled by the largest entry where squares of it would leave the range."""
    peak = float(np.abs(array).max(initial=0.0))
    if 1e-140 < peak < 1e140 or not 0.0 < peak < np.inf:
        return float(np.linalg.norm(array.ravel()))
    return peak * float(np.linalg.norm(array.ravel() / peak))


def component_norm(weights: Array, directions: Array, order: int) -> float:
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
    return float(np.linalg.norm(unfolding_root(weights, factors, order)))


def unfolding_root(weights: Array, factors: Array, order: int) -> Array:
    """The matrix A_p diag(w) A_q^T of :func:`core_norm`, with triangles for A_p and A_q.

    It has the singular values, other than zeros, of the squarest unfolding of the tensor.
    """
    triangle = triangular_factor(factors)
    roots = {1: triangle}
    for power in range(2, (order + 1) // 2 + 1):
        roots[power] = kronecker_root(roots[power - 1], triangle)
    left = roots[(order + 1) // 2]
    right = roots[order // 2]
    return np.asarray((left * weights) @ right.T)


def triangular_factor(matrix: Array) -> Array:
    """The factor R of a QR decomposition."""
    return np.asarray(np.linalg.qr(matrix, mode="r"))


def kronecker_root(root: Array, triangle: Array) -> Array:
    """Triangular factor of the matrix with columns root_i (x) triangle_i, built a block of rows at a time."""
    columns = triangle.shape[1]
    block = max(1, 4 * columns // max(1, root.shape[0]))
    result = np.empty((0, columns))
    for start in range(0, triangle.shape[0], block):
        rows = (triangle[start : start + block, None, :] * root[None, :, :]).reshape(-1, columns)
        result = triangular_factor(np.vstack([result, rows]))
    return result
