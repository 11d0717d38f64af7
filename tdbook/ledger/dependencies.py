"""The dependency graph of the ledger: laid out once, drawn as SVG for the pages and as TikZ for the PDF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from tdbook.ledger import latex
from tdbook.ledger.claims import MARKS
from tdbook.ledger.report import Report
from tdbook.ledger.views import View

_WIDTH, _ROW, _BOX, _HEIGHT = 204, 30, 170, 22  # pixels; five columns fit the wide column of a page
_POINT = 0.75  # one pixel in points

Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """Where headings and boxes stand: text and left end of its line for the one, id and upper left corner for the other."""

    columns: tuple[tuple[str, Point], ...]
    groups: tuple[tuple[str, Point], ...]
    boxes: Mapping[str, Point]
    size: Point


def layout(columns: Mapping[str, Mapping[str, Iterable[str]]]) -> Layout:
    """Each column has a heading and groups of claims, each group a heading of its own."""
    heads, groups, boxes, height = [], [], {}, 0
    for k, (heading, parts) in enumerate(columns.items()):
        x, y = k * _WIDTH + 8, 34
        heads.append((heading, (x, 20)))
        for name, ids in parts.items():
            groups.append((name, (x, y + 14)))
            y += _ROW - 6
            for id in ids:
                boxes[id] = (x, y)
                y += _ROW
            y += 6
        height = max(height, y)
    return Layout(tuple(heads), tuple(groups), boxes, (len(heads) * _WIDTH + 8, height))


def _arrows(report: Report, boxes: Mapping[str, Point]) -> Iterator[tuple[Point, Point, Point, Point]]:
    """A Bezier curve from each claim to each that it rests on."""
    for id, (x, y) in boxes.items():
        for other in report.claims[id].rests_on:
            if other not in boxes:
                continue
            other_x, other_y = boxes[other]
            y0, y1 = y + _HEIGHT / 2, other_y + _HEIGHT / 2
            if other_x == x:  # within a column: an arc along its right side
                yield (x + _BOX, y0), (x + _BOX + 22, y0), (x + _BOX + 22, y1), (x + _BOX, y1)
            else:  # from the side that faces the ground to the side that faces the claim
                way = 1 if other_x > x else -1
                x0, x1 = x + _BOX * (way > 0), other_x + _BOX * (way < 0)
                yield (x0, y0), (x0 + 30 * way, y0), (x1 - 30 * way, y1), (x1, y1)


def graph(report: Report, columns: Mapping[str, Mapping[str, Iterable[str]]]) -> View:
    """A column of boxes for each part of the book, an arrow from a claim to what it rests on, a link to each card."""
    drawn = layout(columns)
    arrows = list(_arrows(report, drawn.boxes))
    text = "\n".join(f"{id}: rests on {', '.join(report.claims[id].rests_on) or 'nothing'}" for id in drawn.boxes)
    return View(_svg(report, drawn, arrows), _tikz(report, drawn, arrows), text, {"view": "graph"})


def _svg(report: Report, drawn: Layout, arrows: Iterable[tuple[Point, Point, Point, Point]]) -> str:
    parts = [
        f'<path d="M {a[0]:g} {a[1]:g} C {b[0]:g} {b[1]:g}, {c[0]:g} {c[1]:g}, {d[0]:g} {d[1]:g}" class="td-graph__edge" '
        'marker-end="url(#td-graph-arrow)"/>'
        for a, b, c, d in arrows
    ]
    for css, headings in (("td-graph__head", drawn.columns), ("td-graph__group", drawn.groups)):
        parts += [f'<text x="{x:g}" y="{y:g}" class="{css}">{escape(text)}</text>' for text, (x, y) in headings]
    for id, (x, y) in drawn.boxes.items():
        status, chapter = report.status(id), report.claims[id].chapter
        name, sign = MARKS[status]
        box = (
            f"<title>{escape(id)}: {status}</title>"
            f'<rect x="{x:g}" y="{y:g}" width="{_BOX}" height="{_HEIGHT}" rx="5" class="td-graph__node td-graph__node--{name}"/>'
            f'<text x="{x + 8:g}" y="{y + 15:g}" class="td-graph__label">{sign} {escape(id)}</text>'
        )
        parts.append(f'<a href="{chapter}.html#claim-{escape(id)}">{box}</a>' if chapter else f"<g>{box}</g>")
    width, height = drawn.size
    return (
        '<div class="td-scroll"><svg class="td-graph" role="group" aria-label="Dependency graph of the claims" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}">'
        '<defs><marker id="td-graph-arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M 0 0 L 8 4 L 0 8 z" fill="#767676"/></marker></defs>' + "".join(parts) + "</svg></div>"
    )


def _tikz(report: Report, drawn: Layout, arrows: Iterable[tuple[Point, Point, Point, Point]]) -> str:
    def at(x: float, y: float) -> str:
        return f"({_POINT * x:.2f}pt,{-_POINT * y:.2f}pt)"

    lines = [rf"\draw[bookedge] {at(*a)} .. controls {at(*b)} and {at(*c)} .. {at(*d)};" for a, b, c, d in arrows]
    for text, (x, y) in (*drawn.columns, *drawn.groups):
        lines.append(rf"\node[bookhead] at {at(x, y)} {{{latex.plain(text)}}};")
    for id, (x, y) in drawn.boxes.items():
        name, sign = MARKS[report.status(id)]
        corners = f"{at(x, y)} rectangle {at(x + _BOX, y + _HEIGHT)}"
        lines.append(rf"\draw[draw=td-{name},fill=td-{name}!9,rounded corners=2pt] {corners};")
        lines.append(rf"\node[booknode] at {at(x + 8, y + 15)} {{{sign} {latex.link(report.claims[id])}}};")
    return "\\begin{bookgraph}\n" + "\n".join(lines) + "\n\\end{bookgraph}\n"
