"""A table that a page typesets and a terminal prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

MATHS = re.compile(r"(\$[^$]+\$)")


class Table:
    r"""Rows under headings. Jupyter and the pages of the book typeset it, and its text is what tests compare.

    Parameters
    ----------
    columns : mapping of str to str
        Headings, with LaTeX between dollar signs, and how to write the values below each: a format as for ``format``,
        such as ``".2f"`` or ``".1e"``; empty for values that are written as they are. Powers of ten are typeset, None
        becomes a dash, a truth value "yes" or "no". Columns of numbers are flush right.
    rows : iterable of sequences
        As many values in each as there are columns.

    Raises
    ------
    ValueError
        If a row has another number of values.
    """

    def __init__(self, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
        self.headings = tuple(columns)
        kept = [tuple(row) for row in rows]
        for number, row in enumerate(kept, start=1):
            if len(row) != len(columns):
                raise ValueError(f"rows must have {len(columns)} values each, got {len(row)} in row {number}")
        self.cells = [[_text(value, form) for value, form in zip(row, columns.values(), strict=True)] for row in kept]
        self.right = [all(_is_number(row[k]) or row[k] is None for row in kept) for k in range(len(columns))]

    def __repr__(self) -> str:
        """The table as text, each column as wide as its widest value."""
        lines = [self.headings, *self.cells]
        widths = [max(len(line[k]) for line in lines) for k in range(len(self.headings))]
        return "\n".join(
            "  ".join(
                text.rjust(width) if right else text.ljust(width)
                for text, width, right in zip(line, widths, self.right, strict=True)
            ).rstrip()
            for line in lines
        )

    def _repr_markdown_(self) -> str:
        rule = ["--:" if right else ":--" for right in self.right]
        lines = [map(_markdown, self.headings), rule]
        lines += [[_markdown(_typeset(text)) for text in row] for row in self.cells]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool | np.bool_)


def _text(value: Any, form: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return format(value, form) if _is_number(value) else str(value)


def _typeset(text: str) -> str:
    """A number with a power of ten, or a negative one, as a formula; anything else as it is."""
    if text == "inf":
        return r"$\infty$"
    if power := re.fullmatch(r"(-?[\d.]+)e([+-]\d+)", text):
        if int(power[2]) == 0:
            return f"${power[1]}$"
        times = "" if power[1] == "1" else rf"{power[1]}\cdot "
        return rf"${times}10^{{{int(power[2])}}}$"
    return f"${text}$" if re.fullmatch(r"-[\d.,]+", text) else text


def _markdown(text: str) -> str:
    """Text without the bars that would part columns."""
    parts = MATHS.split(text)
    parts[1::2] = [part.replace(r"\|", r"\Vert ").replace("|", r"\vert ") for part in parts[1::2]]
    parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
    return "".join(parts)
