"""A second layout of a figure, for a telephone: the same drawing on a narrow canvas, panels below one another.

A figure of seven inches shrunk to a telephone has letters of half their size. So each picture is laid out twice from
the same artists: nothing is computed or drawn anew, and the two cannot tell different stories.
"""

from __future__ import annotations

import pickle
import re

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, GridSpecBase
from matplotlib.legend import Legend
from matplotlib.text import Text

WIDTH = 4.2  # inches; at 375 pixels the letters then have four fifths of their size on a desktop
_PANEL = 2.7  # height of a panel with its labels
_LINE = 0.23  # height of a line of a legend
_SIDE_BY_SIDE = 3  # more panels than this stand two in a row


def narrowed(figure: Figure) -> Figure:
    """A copy of ``figure`` (any size) on a canvas ``WIDTH`` inches wide; the figure itself is left as it is."""
    copy: Figure = pickle.loads(pickle.dumps(figure))
    width, height = copy.get_size_inches()
    if width <= WIDTH:
        return copy
    panels = [axes for axes in copy.axes if axes.get_subplotspec() is not None]
    height = _stack(copy, panels, height, width)
    copy.set_size_inches(WIDTH, height + _legends_below(copy, panels))
    for axes in panels:
        for place in ("left", "center"):
            axes.set_title(_folded(copy, axes.get_title(loc=place), axes.title, 0.84 * WIDTH), loc=place)
        axes.set_ylabel(_folded(copy, axes.get_ylabel(), axes.yaxis.label, 0.7 * height / _grid(axes).nrows))
    return copy


def _grid(axes: Axes) -> GridSpecBase:
    place = axes.get_subplotspec()
    assert place is not None  # the callers have left such axes out
    return place.get_gridspec()


def _folded(figure: Figure, text: str, like: Text, room: float) -> str:
    """``text``, if it is longer than ``room`` inches with a break nearest to its middle; formulas stay whole."""
    label = figure.text(0, 0, text, fontsize=like.get_fontsize())
    width = label.get_window_extent().width
    label.remove()
    if width <= room * figure.dpi or "\n" in text:
        return text
    spaces, position = [], 0
    for piece in re.split(r"(\$[^$]*\$)", text):
        if not piece.startswith("$"):
            spaces += [position + found.start() for found in re.finditer(" ", piece)]
        position += len(piece)
    if not spaces:
        return text
    middle = min(spaces, key=lambda place: abs(place - len(text) / 2))
    return f"{text[:middle]}\n{text[middle + 1 :]}"


def _stack(figure: Figure, panels: list[Axes], height: float, width: float) -> float:
    """Put panels that stand in one row below one another; return the height that all of them ask for."""
    grids = {id(_grid(axes)): _grid(axes) for axes in panels}
    if len(grids) != 1:
        return height
    grid = next(iter(grids.values()))
    square = [axes.get_aspect() != "auto" for axes in panels]
    if grid.nrows > 1 and grid.ncols == 1:
        return height
    if grid.ncols == 1:
        # A single panel keeps most of its height, or a flat curve would look steep; a square one loses it.
        return min(height, WIDTH * height / width * 1.35) if all(square) else max(0.75 * height, min(height, _PANEL))
    columns = 1 if len(panels) <= _SIDE_BY_SIDE else 2
    rows = -(-len(panels) // columns)
    stacked = GridSpec(rows, columns, figure=figure)
    for number, axes in enumerate(panels):
        axes.set_subplotspec(stacked[number // columns, number % columns])
        first = number % columns == 0
        if axes.yaxis.get_visible() and len(axes.get_yticks()) and first:
            axes.tick_params(axis="y", labelleft=True)
        if not axes.get_ylabel() and first and _shares(axes, panels[0]):
            axes.set_ylabel(panels[0].get_ylabel())
    if not all(square):
        return rows * _PANEL
    bare = all(len(axes.get_xticks()) == 0 for axes in panels)
    bar = len(figure.axes) > len(panels)  # a scale of colours stands at the right
    side = (WIDTH - (1.15 if bar else 0.1)) / columns - (0.0 if bare else 0.5)
    return rows * (side + (0.35 if bare else 0.8))


def _shares(axes: Axes, other: Axes) -> bool:
    return bool(axes.get_shared_y_axes().joined(axes, other))


def _legends_below(figure: Figure, panels: list[Axes]) -> float:
    """Move legends that stand beside a plot, or in the only plot, below it; return the height they need."""
    added = 0.0
    for legend in list(figure.legends):
        added += _below(figure, legend)
        legend.remove()
    for axes in panels:
        own = axes.get_legend()
        if own is None:
            continue
        beside = own.get_bbox_to_anchor().x0 >= axes.bbox.x1 - 1.0
        # A legend with a ground of its own is made for the surface it stands on.
        if (beside or len(panels) == 1) and not own.get_frame_on():
            added += _below(figure, own)
            own.remove()
    return added


def _below(figure: Figure, legend: Legend) -> float:
    names = [text.get_text() for text in legend.get_texts()]
    columns = 2 if max(map(len, names), default=0) < 16 and len(names) > 1 else 1
    title = legend.get_title().get_text()
    handles = [handle for handle in legend.legend_handles if handle is not None]
    figure.legend(handles, names, loc="outside lower left", ncols=columns, title=title or None)
    return _LINE * (-(-len(names) // columns) + bool(title)) + 0.1


def smallest_letters(figure: Figure) -> float:
    """The size in points of the smallest text that is shown, ticks included."""
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return float(np.min(sizes))
