"""The parts of a live figure: its controls, its panels, and the marks that a panel draws.

A mark's ``x``, ``y`` and the like name a :class:`~tdbook.figures.live.series.Series`, or are a number or a list of
numbers. ``along`` is the dimension along which a mark runs, ``each`` one over which it is repeated; every other
dimension must belong to a control. ``when={"axis": ("slow",)}`` shows a mark or a panel only in those states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import numpy as np

from tdbook import validation

COLOURS = ("blue", "orange", "green", "pink", "amber", "sky", "grey", "ink")
SHAPES = ("circle", "square", "diamond", "up", "down", "cross")
Ref = str | float | Sequence[float]
When = Mapping[str, Sequence[str]]


# --- controls ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Control:
    """Something under the reader's hand: one of several values.

    ``keys`` stand in the page's address, ``labels`` beside the control and in sentences; ``start`` is the index of
    the value at first. ``values`` may be numbers or words.
    """

    name: str
    label: str
    values: Sequence[Any]
    labels: Sequence[str] | None = None
    start: int = 0
    kind: ClassVar[str] = "choice"

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"name must be a word, got {self.name!r}")
        if len(self.values) < 2 or len(set(self.keys)) < len(self.values):
            raise ValueError(f"values must be two or more different ones, got {list(self.values)}")
        if self.labels is not None and len(self.labels) != len(self.values):
            raise ValueError(f"labels must be {len(self.values)} texts, got {len(self.labels)}")
        validation.integer("start", self.start, 0)
        if self.start >= len(self.values):
            raise ValueError(f"start must be below {len(self.values)}, got {self.start}")

    @property
    def keys(self) -> list[str]:
        """How each value is written in an address."""
        return [f"{value:g}" if isinstance(value, int | float) else str(value) for value in self.values]

    @property
    def texts(self) -> list[str]:
        """How each value is shown."""
        return list(self.labels) if self.labels is not None else self.keys

    def packed(self) -> dict[str, Any]:
        found = {"kind": self.kind, "name": self.name, "label": self.label, "keys": self.keys, "start": self.start}
        if self.texts != self.keys:
            found["texts"] = self.texts
        return found


@dataclass(frozen=True)
class Choice(Control):
    """One of a few: radio buttons up to five values, a list of choices beyond."""


@dataclass(frozen=True)
class Switch(Control):
    """On or off; a series' entry 0 along it is "off"."""

    values: Sequence[Any] = ("off", "on")
    kind: ClassVar[str] = "switch"


@dataclass(frozen=True)
class Slider(Control):
    """One of many in their order. With ``play``, the seconds that a run through all of them takes, it has a button."""

    play: float = 0.0
    kind: ClassVar[str] = "slider"

    def packed(self) -> dict[str, Any]:
        return super().packed() | ({"play": self.play} if self.play else {})


# --- marks ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What all marks have in common: a name in the legend, a colour (or ``each``: one after another), conditions."""

    label: str | Sequence[str] = ""
    colour: str = "blue"
    along: str | None = None
    each: str | None = None
    when: When | None = None
    kind: ClassVar[str] = ""
    refs: ClassVar[tuple[str, ...]] = ("x", "y")

    def __post_init__(self) -> None:
        validation.choice("colour", self.colour, (*COLOURS, "each"))

    def packed(self) -> dict[str, Any]:
        """For JSON: what differs from the default. Lists of numbers have become series by then."""
        found: dict[str, Any] = {"kind": self.kind}
        for part in fields(self):
            value = getattr(self, part.name)
            if value != part.default and value is not None:
                found[part.name] = value
        return found


@dataclass(frozen=True, kw_only=True)
class Line(Mark):
    """A line through points along a dimension.

    ``cut``, where ``along`` is a control: what lies beyond its present value is drawn "faint", or not ("hide"), and a
    dot sits at the present point. ``dash`` 0 to 4; ``step`` holds each value until the next.
    """

    x: Ref
    y: Ref
    along: str
    dash: int = 0
    width: float = 2.0
    cut: str = ""
    step: bool = False
    kind: ClassVar[str] = "line"


@dataclass(frozen=True, kw_only=True)
class Points(Mark):
    """Points, with error bars from ``low`` to ``high`` where given.

    ``until`` names a control with numeric values: points with x beyond its present value are not shown yet.
    """

    x: Ref
    y: Ref
    low: Ref | None = None
    high: Ref | None = None
    shape: str = "circle"
    hollow: bool = False
    size: float = 4.0
    until: str | None = None
    kind: ClassVar[str] = "points"
    refs: ClassVar[tuple[str, ...]] = ("x", "y", "low", "high")

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.choice("shape", self.shape, SHAPES)


@dataclass(frozen=True, kw_only=True)
class Bars(Mark):
    """Bars from the lower edge of the panel; ``width`` in units of x."""

    x: Ref
    y: Ref
    along: str
    width: float = 0.8
    kind: ClassVar[str] = "bars"


@dataclass(frozen=True, kw_only=True)
class Band(Mark):
    """The area between two lines."""

    x: Ref
    low: Ref
    high: Ref
    along: str
    kind: ClassVar[str] = "band"
    refs: ClassVar[tuple[str, ...]] = ("x", "low", "high")


@dataclass(frozen=True, kw_only=True)
class Rule(Mark):
    """A reference line through the panel, across at ``y`` or upright at ``x``, with its label beside it.

    ``side`` is the end at which the label of a line across stands.
    """

    x: Ref | None = None
    y: Ref | None = None
    colour: str = "grey"
    dash: int = 0
    side: str = "right"
    kind: ClassVar[str] = "rule"

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.choice("side", self.side, ("left", "right"))
        if (self.x is None) == (self.y is None):
            raise ValueError(f"a Rule must have one of x and y, got {'neither' if self.x is None else 'both'}")


@dataclass(frozen=True, kw_only=True)
class Text(Mark):
    """Words at a point of the panel."""

    x: Ref
    y: Ref
    text: str
    colour: str = "grey"
    anchor: str = "middle"
    kind: ClassVar[str] = "text"


@dataclass(frozen=True, kw_only=True)
class Arrows(Mark):
    """Arrows from (x0, y0), zero by default, to (x, y)."""

    x: Ref
    y: Ref
    x0: Ref = 0.0
    y0: Ref = 0.0
    width: float = 2.0
    kind: ClassVar[str] = "arrows"
    refs: ClassVar[tuple[str, ...]] = ("x", "y", "x0", "y0")


@dataclass(frozen=True, kw_only=True)
class Ring(Mark):
    """A circle around zero, in a plane."""

    radius: float = 1.0
    colour: str = "grey"
    kind: ClassVar[str] = "ring"
    refs: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True, kw_only=True)
class Field(Mark):
    """Coloured levels of a function on a disk, which is a sum of known functions with weights that move.

    ``grids`` names a series of dimensions (terms, rows, columns) over the square of half-width ``reach``, rows from
    below; ``weights`` one that runs along the same terms, which ``along`` names. Colours are fullest at ``-top``
    and at ``ceiling`` (``top`` when left out), and ``line`` is a level that is drawn as a line.
    ``label`` may be two words, for what is below and above zero.
    """

    grids: str
    weights: str
    along: str
    reach: float
    top: float
    ceiling: float | None = None
    levels: int = 12
    line: float | None = None
    kind: ClassVar[str] = "field"
    refs: ClassVar[tuple[str, ...]] = ("grids", "weights")


# --- panels -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Axis:
    """An axis: its label, its range (found from all states when left out) and its scale, "linear" or "log".

    A bound may also name a series over controls.
    """

    label: str = ""
    low: str | float | None = None
    high: str | float | None = None
    scale: str = "linear"

    def __post_init__(self) -> None:
        validation.choice("scale", self.scale, ("linear", "log"))


@dataclass(frozen=True)
class Panel:
    """What panels have in common."""

    title: str
    marks: Sequence[Mark] = ()
    when: When | None = field(default=None, kw_only=True)
    kind: ClassVar[str] = "plot"


@dataclass(frozen=True)
class Plot(Panel):
    """Marks over two axes. ``height`` in pixels; ``share`` is the panel's part of a row, and above 1 the whole."""

    x: Axis = Axis()
    y: Axis = Axis()
    height: int = 260
    share: float = 1.0
    kind: ClassVar[str] = "plot"


@dataclass(frozen=True)
class Plane(Panel):
    """Marks in the plane, a square from -reach to reach in both coordinates.

    ``pick=(x, y)`` names two series over controls: a press on the plane sets these controls to the nearest point.
    """

    reach: float = 1.0
    pick: tuple[str, str] | None = None
    share: float = 1.0
    kind: ClassVar[str] = "plane"


def numbers(values: Any) -> np.ndarray:
    """The finite numbers among values, for a range."""
    array = np.asarray(values)
    if array.dtype.kind in "US":
        return np.empty(0)
    array = array.astype(float).ravel()
    return array[np.isfinite(array)]
