"""A second form of a figure, for dark pages: the same drawing, its lines, letters and axes in lighter colours.

Nothing is computed or laid out anew, so the two forms cannot tell different stories. What stands on a map of colours,
and the map itself, stays as it is: the map is its ground, whatever the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_hex, to_rgb, to_rgba_array
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.text import Annotation

_PARTS = ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor")


@contextmanager
def recoloured(figure: Figure, colours: Mapping[str, str]) -> Iterator[None]:
    """Within, ``figure`` stands as it was last laid out, the colours that are keys (``#rrggbb``) exchanged."""
    with ExitStack() as undo:
        undo.callback(figure.set_layout_engine, figure.get_layout_engine())
        figure.set_layout_engine("none")
        for artist in _outside_maps(figure):
            for part, colour in recolour(artist, colours).items():
                undo.callback(getattr(artist, f"set_{part}"), colour)
        yield


def recolour(artist: Artist, colours: Mapping[str, str]) -> dict[str, Any]:
    """Exchange the colours of one artist, opacities kept, and return the former ones by the parts they belong to.

    A colour that comes from a scale of colours stays.
    """
    thing: Any = artist
    former = {}
    for part in _PARTS:
        if not hasattr(thing, f"get_{part}") or not hasattr(thing, f"set_{part}"):
            continue
        if part == "facecolor" and getattr(thing, "get_array", lambda: None)() is not None:
            continue
        now = getattr(thing, f"get_{part}")()
        parts = to_rgba_array(now)
        found = [colours.get(to_hex(rgba)) if rgba[3] > 0 else None for rgba in parts]
        if any(found):
            former[part] = now
            new = [
                (*to_rgb(hexed), rgba[3]) if hexed else tuple(rgba) for hexed, rgba in zip(found, parts, strict=True)
            ]
            getattr(thing, f"set_{part}")(new if len(new) > 1 else new[0])
    return former


def is_map(axes: Axes) -> bool:
    """Whether colours that mean numbers cover the axes."""
    filled = [child for child in axes.get_children() if isinstance(child, ContourSet) and child.filled]
    return bool(axes.images or filled or any(isinstance(child, QuadMesh) for child in axes.collections))


def _outside_maps(figure: Figure) -> Iterator[Artist]:
    """All artists but those on a map: of it only axes, edges, titles, and a legend without a ground of its own."""
    inside: set[int] = set()
    for axes in filter(is_map, figure.axes):
        on_it: list[Artist] = [*axes.lines, *axes.collections, *axes.patches, *axes.texts, *axes.images, *axes.artists]
        legend = axes.get_legend()
        if legend is not None and legend.get_frame_on():
            on_it.append(legend)
        inside |= {id(part) for artist in on_it for part in artist.findobj()}
    for artist in figure.findobj():
        if id(artist) not in inside:
            yield artist
            if isinstance(artist, Annotation) and artist.arrow_patch is not None:
                yield artist.arrow_patch
