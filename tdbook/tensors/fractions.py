"""Linear equations in exact fractions: one elimination, and what is read off it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

Rows = Sequence[Sequence[Fraction]]


def as_fraction(value: Any) -> Fraction:
    """A number as a fraction. SymPy's rationals give numerator and denominator as p and q."""
    if hasattr(value, "p") and hasattr(value, "q"):
        return Fraction(int(value.p), int(value.q))
    return Fraction(value) if isinstance(value, int | float | Fraction) else Fraction(float(value))


def reduced(matrix: Rows, columns: int) -> tuple[list[list[Fraction]], list[int]]:
    """The reduced row echelon form in the first ``columns`` columns.

    Returns
    -------
    rows : list of list of Fraction
        Row k has a 1 in column ``pivots[k]``, where all other rows have a 0. The rows after the last pivot are zero
        in the first ``columns`` columns.
    pivots : list of int
        In rising order; as many as the rank of these columns.
    """
    rows = [list(row) for row in matrix]
    pivots: list[int] = []
    for column in range(columns):
        rank = len(pivots)
        pivot = next((k for k in range(rank, len(rows)) if rows[k][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        lead = rows[rank][column]
        rows[rank] = [entry / lead for entry in rows[rank]]
        for k, row in enumerate(rows):
            if k != rank and row[column]:
                factor = row[column]
                rows[k] = [entry - factor * other for entry, other in zip(row, rows[rank], strict=True)]
        pivots.append(column)
    return rows, pivots


def rank(matrix: Rows) -> int:
    """The rank of a matrix."""
    return len(reduced(matrix, len(matrix[0]))[1]) if matrix else 0


def solution(matrix: Rows, right: Rows) -> list[list[Fraction]] | None:
    """An X with ``matrix`` X = ``right``, free unknowns 0; None if there is no such X.

    Parameters
    ----------
    matrix : of n rows and k columns
    right : of n rows, one column for each right-hand side
    """
    unknowns = len(matrix[0])
    rows, pivots = reduced([[*a, *b] for a, b in zip(matrix, right, strict=True)], unknowns)
    if any(entry for row in rows[len(pivots) :] for entry in row[unknowns:]):
        return None
    found = [[Fraction(0)] * len(right[0]) for _ in range(unknowns)]
    for row, column in zip(rows, pivots, strict=False):
        found[column] = row[unknowns:]
    return found


def kernel_vector(matrix: Rows) -> list[Fraction]:
    """A vector, not zero, that all rows annihilate; ``ValueError`` if only the zero vector is one."""
    width = len(matrix[0])
    rows, pivots = reduced(matrix, width)
    free = next((column for column in range(width) if column not in pivots), None)
    if free is None:
        raise ValueError(f"matrix must have fewer independent rows than its {width} columns, got rank {width}")
    vector = [Fraction(0)] * width
    vector[free] = Fraction(1)
    for row, column in zip(rows, pivots, strict=False):
        vector[column] = -row[free]
    return vector
