"""What a figure shows, read back from its artists."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import ContourSet

DATA = Path(__file__).parents[2] / "book" / "data"


def raw(name: str) -> list[dict[str, str]]:
    """The rows of a table in book/data, as text."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def number(said: str) -> float:
    """What a caption or a description says, such as 8·10⁻⁸, as a number."""
    digits, _, power = said.rpartition("10") if re.search(r"10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+$", said) else (said, "", "")
    exponent = int(power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")) or 0)
    return float(digits.rstrip("·") or 1) * 10.0**exponent


def curves(axes: Axes) -> dict[str, np.ndarray]:
    """The lines that have a name, as points of shape (n, 2)."""
    return {
        str(line.get_label()): line.get_xydata() for line in axes.lines if not str(line.get_label()).startswith("_")
    }


def marks(axes: Axes, marker: str) -> np.ndarray:
    """The points of all lines drawn with a marker, shape (n, 2)."""
    found = [line.get_xydata() for line in axes.lines if line.get_marker() == marker]
    return np.concatenate(found) if found else np.empty((0, 2))


def levels(axes: Axes) -> list[float]:
    """The heights of the level lines across the whole plot."""
    return [float(line.get_ydata()[0]) for line in axes.lines if list(line.get_xdata()) == [0, 1]]


def upright(axes: Axes) -> list[float]:
    """The places of the upright lines across the whole plot."""
    return [float(line.get_xdata()[0]) for line in axes.lines if list(line.get_ydata()) == [0, 1]]


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def contours(axes: Axes) -> ContourSet:
    """The first set of level sets in a plot."""
    return next(artist for artist in axes.collections if isinstance(artist, ContourSet))


def layers(filled: ContourSet) -> Iterator[tuple[float, float, np.ndarray]]:
    """For each filled layer its lower and its upper level, and the corners of its outline."""
    for low, high, path in zip(filled.levels, filled.levels[1:], filled.get_paths(), strict=False):
        if len(path.vertices):
            yield float(low), float(high), path.vertices


def brightness(filled: ContourSet) -> np.ndarray:
    """How bright the layers are, from the lowest to the highest."""
    return filled.get_facecolor()[:, :3] @ np.array([0.2126, 0.7152, 0.0722])
