"""Rank-revealing reduction of a wide matrix, block of columns by block of columns.

The ranks of all prefixes come out of one pass. A block is pivoted inside itself and keeps only the directions
that are new: an unpivoted QR or Cholesky of all columns would go on with rounding noise wherever the blocks are
dependent, and report a span that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from tdbook.validation import Array

# A direction of a new block counts when what is left of it outside the span so far exceeds this share of a unit
# vector. Rounding leaves about 1e-14. Columns at an angle t have new directions of size t, t^2 and t^3.
RANK_TOLERANCE = 1e-12
_PANEL = 128  # columns that are reduced together before the rest of the matrix is updated


@dataclass(frozen=True, eq=False)
class Reduction:
    """Rank of the first 1, 2, ... blocks; Q^T B; the shortest new direction kept and the longest dropped."""

    ranks: np.ndarray
    rotated: Array
    least_kept: float
    most_dropped: float


def reduce_blocks(A: Array, B: Array, width: int) -> Reduction:
    """Householder reduction of A in blocks of ``width`` columns, pivoted within a block; Q^T B and block ranks.

    After the first blocks of total rank k, rows k and below of Q^T A and Q^T B are coordinates in the orthogonal
    complement of their span. Blocks are gathered into panels so that the large updates are matrix products.
    A may be overwritten.
    """
    rows, columns = A.shape
    A = np.asfortranarray(A)
    B = np.array(B, order="F")
    ranks: list[int] = []
    least_kept, most_dropped = np.inf, 0.0
    top = 0
    span = max(1, _PANEL // width) * width
    for start in range(0, columns, span):
        stop = min(start + span, columns)
        reflectors = np.zeros((rows - top, 0), order="F")
        corner = top
        for left in range(start, stop, width):
            if top == rows:
                ranks.append(rows)
                continue
            block = A[corner:, left : left + width]
            if reflectors.shape[1]:
                _apply(reflectors, block)
            (packed, tau), _, _ = scipy.linalg.qr(block[top - corner :], mode="raw", pivoting=True)
            diagonal = np.abs(np.diagonal(packed))
            new = int(np.count_nonzero(diagonal > RANK_TOLERANCE))
            least_kept = min(least_kept, float(diagonal[:new].min(initial=np.inf)))
            most_dropped = max(most_dropped, float(diagonal[new:].max(initial=0.0)))
            fresh = np.zeros((rows - corner, new), order="F")
            fresh[top - corner :] = np.tril(packed[:, :new], -1)
            fresh[np.arange(top - corner, top - corner + new), np.arange(new)] = 1.0
            active = tau[:new] != 0  # a column that is already on its axis needs no reflection
            reflectors = np.hstack([reflectors, fresh[:, active]])
            top += new
            ranks.append(top)
        _apply(reflectors, A[corner:, stop:])
        _apply(reflectors, B[corner:])
    return Reduction(np.array(ranks), B, least_kept, most_dropped)


def _apply(reflectors: Array, target: Array) -> None:
    """target <- H_k ... H_1 target in place, H_i = I - 2 v_i v_i^T / |v_i|^2: I - V S^{-T} V^T in compact form."""
    if not (reflectors.shape[1] and target.shape[1]):
        return
    S = np.triu(reflectors.T @ reflectors, 1)
    S[np.diag_indices_from(S)] = np.einsum("ij,ij->j", reflectors, reflectors) / 2.0
    target -= reflectors @ scipy.linalg.solve_triangular(S, reflectors.T @ target, trans="T")
