"""The map of a proof: what its goal rests on, laid out by the ledger's grounds, as SVG for the pages and as TikZ.

Nothing of it is written by hand. A claim of the part stands one column to the right of the last of its grounds; a
ground from another part, or one without grounds, stands just before its first use. An arrow that longer ones imply is
not drawn.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from tdbook.ledger import latex
from tdbook.ledger.claims import Claim
from tdbook.ledger.views import View

_COLUMN, _BOX, _HEIGHT, _GAP, _LANE = 177, 153, 54, 12, 10  # pixels
_LETTERS = 22  # in a line of a box
_POINT = 0.75  # one pixel in points
_SWEEPS = 6

Claims = Mapping[str, Claim]
Stop = tuple[str, str, int]  # where the arrow from a ground to a claim passes a column between them


@dataclass(frozen=True)
class Layout:
    """Upper left corners of the boxes, the points that each arrow passes, and the size of all."""

    boxes: Mapping[str, tuple[float, float]]
    arrows: Mapping[tuple[str, str], tuple[tuple[float, float], ...]]
    size: tuple[float, float]


def grounds(claims: Claims, goal: str, stems: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The claims of the map, each with those of its grounds that are drawn: all that ``goal`` rests on within the
    chapters ``stems``, and what they use directly from other chapters."""
    found: dict[str, tuple[str, ...]] = {}
    waiting = [goal]
    while waiting:
        if (id := waiting.pop()) not in found:
            found[id] = claims[id].rests_on if claims[id].chapter in stems else ()
            waiting += found[id]

    def below(id: str) -> set[str]:
        return {other for ground in found[id] for other in {ground, *below(ground)}}

    return {
        id: tuple(ground for ground in found[id] if not any(ground in below(other) for other in found[id]))
        for id in claims
        if id in found
    }


def columns(drawn: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """The column of each claim."""

    def depth(id: str) -> int:
        return 1 + max(map(depth, drawn[id]), default=-1)

    found = {id: depth(id) for id in drawn}
    for id in drawn:
        users = [found[other] for other in drawn if id in drawn[other]]
        if not drawn[id] and users:
            found[id] = min(users) - 1
    return found


def layout(drawn: Mapping[str, tuple[str, ...]]) -> Layout:
    """Places for the claims and for the arrows that pass columns, ordered so that few arrows cross."""
    column = columns(drawn)
    chains: dict[tuple[str, str], list[str | Stop]] = {}
    for id, below in drawn.items():
        for ground in below:
            between = [(ground, id, k) for k in range(column[ground] + 1, column[id])]
            chains[ground, id] = [ground, *between, id]
    stacks: list[list[str | Stop]] = [[] for _ in range(max(column.values()) + 1)]
    for id in drawn:
        stacks[column[id]].append(id)
    for stops in chains.values():
        for stop in stops[1:-1]:
            stacks[stop[2]].append(stop)  # type: ignore[index]
    beside: dict[str | Stop, set[str | Stop]] = {item: set() for stack in stacks for item in stack}
    for stops in chains.values():
        for first, second in pairwise(stops):
            beside[first].add(second)
            beside[second].add(first)
    middle = _settle(stacks, beside)
    top = min(middle[id] for id in drawn) - _HEIGHT / 2 - 8
    boxes = {id: (8.0 + _COLUMN * column[id], middle[id] - _HEIGHT / 2 - top) for id in drawn}
    arrows = {}
    for (ground, id), stops in chains.items():
        points = [(boxes[ground][0] + _BOX, middle[ground] - top)]
        for stop in stops[1:-1]:
            x = 8.0 + _COLUMN * stop[2]  # type: ignore[operator]
            points += [(x, middle[stop] - top), (x + _BOX, middle[stop] - top)]
        arrows[ground, id] = (*points, (boxes[id][0], middle[id] - top))
    low = max([y + _HEIGHT for _, y in boxes.values()] + [y for points in arrows.values() for _, y in points])
    return Layout(boxes, arrows, (_COLUMN * (len(stacks) - 1) + _BOX + 16, low + 8))


def _settle(stacks: list[list[str | Stop]], beside: Mapping[str | Stop, set[str | Stop]]) -> dict[str | Stop, float]:
    """The heights of all middles: each column is sorted by the mean height of its neighbours, to and fro."""
    middle: dict[str | Stop, float] = {}

    def stack_up(stack: list[str | Stop]) -> None:
        high = [_LANE if isinstance(item, tuple) else _HEIGHT for item in stack]
        y = -(sum(high) + _GAP * (len(high) - 1)) / 2
        for item, h in zip(stack, high, strict=True):
            middle[item] = y + h / 2
            y += h + _GAP

    for stack in stacks:
        stack_up(stack)
    for sweep in range(_SWEEPS):
        for stack in stacks if sweep % 2 else stacks[::-1]:
            mean = {item: sum(middle[o] for o in beside[item]) / max(len(beside[item]), 1) for item in stack}
            stack.sort(key=mean.__getitem__)
            stack_up(stack)
    return middle


def short(claim: Claim) -> str:
    """The name of a claim where there is little room: what stands before the colon of its title."""
    return claim.title.split(":")[0]


def words(claim: Claim) -> tuple[str, ...]:
    """The lines in a claim's box: its short name, and below it the rest of its title."""
    name, colon, rest = claim.title.partition(":")
    if colon:
        return (name, *textwrap.wrap(rest.strip(), _LETTERS)[:2])
    return tuple(textwrap.wrap(name, _LETTERS)[:3])


def address(claim: Claim) -> str:
    """Where a claim stands, from a page beside its chapter."""
    return f"{claim.chapter}.html#claim-{claim.id}"


def proof_map(claims: Claims, goal: str, stems: Collection[str]) -> View:
    """The map of all that ``goal`` rests on: HTML whose boxes lead to the claims, a picture for the PDF, a list."""
    drawn = grounds(claims, goal, stems)
    placed = layout(drawn)
    name = short(claims[goal])
    rows = [
        f"{short(claims[id])}: rests on {', '.join(short(claims[g]) for g in drawn[id])}" for id in drawn if drawn[id]
    ]
    return View(
        _svg(claims, stems, placed, f"What the proof of {name} rests on"),
        _tikz(claims, stems, placed),
        "\n".join(rows),
        {"view": "proof-map"},
    )


def neighbours(claims: Claims, goal: str, stems: Collection[str], id: str) -> tuple[list[str], list[str]] | None:
    """The grounds and the users of a claim on the map; None if the claim is not of the proof's own chapters."""
    drawn = grounds(claims, goal, stems)
    if id not in drawn or claims[id].chapter not in stems:
        return None
    return list(drawn[id]), [other for other in drawn if id in drawn[other]]


def _curves(points: tuple[tuple[float, float], ...]) -> Iterator[str]:
    """A path from point to point: curves between columns, straight across them."""
    (x, y), *others = points
    yield f"M{x:g} {y:g}"
    for k, (nx, ny) in enumerate(others):
        bend = 0 if k % 2 else (nx - x) / 2
        yield f"C{x + bend:g} {y:g} {nx - bend:g} {ny:g} {nx:g} {ny:g}" if bend else f"L{nx:g} {ny:g}"
        x, y = nx, ny


def _svg(claims: Claims, stems: Collection[str], placed: Layout, title: str) -> str:
    edges = [
        f'<path class="td-map__edge" d="{"".join(_curves(points))}" marker-end="url(#td-map-arrow)"/>'
        for points in placed.arrows.values()
    ]
    boxes = []
    for id, (x, y) in placed.boxes.items():
        claim, text = claims[id], words(claims[id])
        first = y + (_HEIGHT - 14 * (len(text) - 1)) / 2 + 4
        looks = [' class="td-map__name"' if ":" in claim.title else "", "", ""]
        spans = "".join(
            f'<tspan x="{x + _BOX / 2:g}" y="{first + 14 * k:g}"{look}>{escape(line)}</tspan>'
            for k, (line, look) in enumerate(zip(text, looks, strict=False))
        )
        kind = "" if claim.chapter in stems else " td-map__box--before"
        boxes.append(
            f'<a href="{address(claim)}" aria-label="{escape(claim.title)}"><rect class="td-map__box{kind}" x="{x:g}" '
            f'y="{y:g}" width="{_BOX}" height="{_HEIGHT}" rx="6"/><text text-anchor="middle">{spans}</text></a>'
        )
    width, height = placed.size
    return (
        f'<nav class="td-map" aria-label="Map of the proof"><div class="td-scroll"><svg role="group" aria-label="{escape(title)}" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}"><defs><marker id="td-map-arrow" viewBox="0 0 8 8" refX="8" '
        'refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="td-map__tip" d="M0 0L8 4L0 8z"/></marker></defs>'
        + "".join(edges + boxes)
        + "</svg></div></nav>"
    )


def _tikz(claims: Claims, stems: Collection[str], placed: Layout) -> str:
    def at(x: float, y: float) -> str:
        return f"({_POINT * x:.2f}pt,{-_POINT * y:.2f}pt)"

    lines = []
    for points in placed.arrows.values():
        way = at(*points[0])
        for k, ((x, y), (nx, ny)) in enumerate(pairwise(points)):
            bend = 0 if k % 2 else (nx - x) / 2
            way += (
                f" .. controls {at(x + bend, y)} and {at(nx - bend, ny)} .. {at(nx, ny)}"
                if bend
                else f" -- {at(nx, ny)}"
            )
        lines.append(rf"\draw[bookedge] {way};")
    for id, (x, y) in placed.boxes.items():
        text = [latex.plain(line) for line in words(claims[id])]
        if ":" in claims[id].title:
            text[0] = rf"\textbf{{{text[0]}}}"
        rows = r"\\".join(text)
        dash = "" if claims[id].chapter in stems else ",dashed"
        lines.append(
            rf"\draw[draw=td-muted,fill=white{dash},rounded corners=2pt] {at(x, y)} rectangle {at(x + _BOX, y + _HEIGHT)};"
        )
        lines.append(
            rf"\node[booknode,anchor=center,align=center] at {at(x + _BOX / 2, y + _HEIGHT / 2)} "
            rf"{{\hyperref[claim:{id}]{{\begin{{tabular}}{{@{{}}c@{{}}}}{rows}\end{{tabular}}}}}};"
        )
    return "\\begin{bookgraph}\n" + "\n".join(lines) + "\n\\end{bookgraph}\n"
