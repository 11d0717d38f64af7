"""Tables of a chapter in text files: a line of column names, then one line for each row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from tdbook.archives import replacing

Row = Mapping[str, object]
Maker = Callable[[], Iterable[Row]]  # computes the rows of a table


def write(path: str | Path, rows: Iterable[Row]) -> None:
    """Write rows that have the same columns. Words and integers stand as they are, other numbers to eight digits.

    The file is written whole or not at all.
    """
    rows = list(rows)
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows({column: _text(value) for column, value in row.items()} for row in rows)
    with replacing(Path(path)) as stream:
        stream.write(text.getvalue().encode("ascii"))


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    return str(int(value)) if isinstance(value, int | np.integer | np.bool_) else f"{value:.8g}"


def read(path: str | Path, columns: Sequence[str] | None = None) -> list[dict[str, str]]:
    """The rows of a table; ``ValueError`` if it is not a table, or not one with these columns."""
    with Path(path).open(newline="", encoding="ascii") as file:
        lines = list(csv.reader(file))
    if len(lines) < 2 or (columns is not None and lines[0] != list(columns)):
        wanted = f"with the columns {', '.join(columns)}" if columns is not None else "of one row or more"
        raise ValueError(f"path must name a table {wanted}, got {lines[:1]}")
    for number, line in enumerate(lines, start=1):
        if len(line) != len(lines[0]):
            raise ValueError(f"path must name a table of {len(lines[0])} columns, got {len(line)} in line {number}")
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def numbers(path: str | Path, columns: Sequence[str]) -> np.ndarray:
    """The rows of a table of numbers with these columns, as an array."""
    rows = read(path, columns)
    try:
        return np.array([[float(row[column]) for column in columns] for row in rows])
    except ValueError as error:
        raise ValueError(f"path must name a table of numbers, got {error}") from error
