"""The ledger as text, as HTML cards and tables for the book, as JSON and as a dependency graph."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict
from html import escape
from typing import Any

from tdbook.ledger.claims import (
    CITED,
    ESTABLISHED,
    FAILED,
    KINDS,
    PARTIAL,
    RESTS,
    STATUSES,
    UNCHECKED,
    Claim,
    Finding,
    Report,
)

# word, CSS class and sign of each status; never colour alone
LOOK = {
    ESTABLISHED: ("established", "✓"),
    RESTS: ("holds-but", "◐"),
    PARTIAL: ("partial", "◔"),
    CITED: ("cited", "❞"),
    UNCHECKED: ("unchecked", "○"),
    FAILED: ("failed", "✗"),
}


def mathematics(text: str) -> str:
    """Text with LaTeX between dollar signs and code between backticks as HTML; MathJax reads the LaTeX."""
    parts = []
    for piece in re.split(r"(\$[^$]+\$|`[^`]+`)", text):
        inside = escape(piece[1:-1], quote=False)
        if piece.startswith("$") and len(piece) > 1:
            parts.append(f'<span class="math notranslate nohighlight">\\({inside}\\)</span>')
        elif piece.startswith("`") and len(piece) > 1:
            parts.append(f"<code>{inside}</code>")
        else:
            parts.append(escape(piece, quote=False))
    return "".join(parts)


def prose(text: str) -> str:
    """Paragraphs as HTML, formulas between double dollars on lines of their own."""
    parts = []
    for k, piece in enumerate(text.split("$$")):
        if k % 2:
            inside = escape(piece.strip(), quote=False)
            parts.append(f'<div class="math notranslate nohighlight">\\[{inside}\\]</div>')
        else:
            parts += [
                f"<p>{mathematics(' '.join(words.split()))}</p>" for words in piece.split("\n\n") if words.strip()
            ]
    return "".join(parts)


def line(report: Report, id: str) -> str:
    """One line of the terminal's list."""
    status = report.status(id)
    finding = report.findings.get(id, Finding())
    kinds = ", ".join(dict.fromkeys(item.kind for item in finding.evidence))
    controls = sum(len(item.controls) for item in finding.evidence)
    detail = f"{kinds}; {controls} controls refused" if kinds else ""
    if status == FAILED:
        detail = finding.objections[0]
    elif status == PARTIAL:
        detail = f"{kinds}; still to come: {', '.join(report.missing(id))}"
    elif status == RESTS:
        detail = f"rests on {', '.join(report.shaky_ground(id))}"
    return f"{LOOK[status][1]} {id:<22} {status:<17} {detail}".rstrip()


def summary(report: Report) -> str:
    """How many claims have which status."""
    count = dict.fromkeys(STATUSES, 0)
    for id in report.asked:
        count[report.status(id)] += 1
    parts = [f"{number} {status}" for status, number in count.items() if number]
    return f"{len(report.asked)} claims: " + ", ".join(parts)


def text(report: Report) -> str:
    """The whole report for a terminal."""
    return "\n".join([*(line(report, id) for id in report.asked), summary(report)])


def details(report: Report, id: str) -> str:
    """A claim's card for a terminal or a notebook without HTML."""
    claim, finding = report.claims[id], report.findings.get(id, Finding())
    rows = [f"{LOOK[report.status(id)][1]} {claim.title} [{id}] — {report.status(id)}", claim.statement]
    for item in finding.evidence:
        rows.append(f"  {item.kind}: {item.what}" + (f" — {item.seen}" if item.seen else ""))
        rows += [
            f"    {'refused' if control.refused else 'WENT THROUGH'}: {control.what}"
            + (f" — {control.seen}" if control.seen else "")
            for control in item.controls
        ]
    rows += [f"  objection: {objection}" for objection in finding.objections]
    if missing := report.missing(id):
        rows.append(f"  still to come: {', '.join(missing)}")
    if shaky := report.shaky_ground(id):
        rows.append(f"  rests on what is not established: {', '.join(shaky)}")
    if claim.note:
        rows.append(f"  note: {claim.note}")
    return "\n".join(rows)


class Card:
    """A claim's card; Jupyter shows it as HTML."""

    def __init__(self, report: Report, id: str) -> None:
        self.report, self.id = report, id

    def __repr__(self) -> str:
        return details(self.report, self.id)

    def _repr_html_(self) -> str:
        return card_html(self.report, self.id)


def badge_of_look(look: str) -> str:
    """The badge of the status whose CSS class is ``look``, as a card carries it: ``"holds-but"``."""
    return _badge(next(status for status, (css, _) in LOOK.items() if css == look))


def _badge(status: str) -> str:
    css, sign = LOOK[status]
    return f'<span class="td-claim__status td-status--{css}"><span aria-hidden="true">{sign}</span> {status}</span>'


def card_html(report: Report, id: str) -> str:
    """The card that stands in a chapter at the place where the claim is made."""
    claim, finding = report.claims[id], report.findings.get(id, Finding())
    status = report.status(id)
    rows = "".join(
        f"<tr><td>{escape(item.kind)}</td><td>{mathematics(item.what)}</td><td>{mathematics(item.seen)}</td></tr>"
        for item in finding.evidence
    )
    controls = "".join(
        f"<li>{mathematics(control.what)}"
        + (f" — {mathematics(control.seen)}" if control.seen else "")
        + f" <strong>{'refused' if control.refused else 'went through'}</strong></li>"
        for item in finding.evidence
        for control in item.controls
    )
    remarks = [f"Objection: {objection}" for objection in finding.objections]
    if missing := report.missing(id):
        remarks.append(f"Still to come: {', '.join(missing)}.")
    if shaky := report.shaky_ground(id):
        remarks.append(f"Rests on what is not established: {', '.join(shaky)}.")
    if claim.note:
        remarks.append(claim.note)
    grounds = ", ".join(_link(report.claims[other]) for other in claim.rests_on)
    return (
        f'<div class="td-claim td-claim--{LOOK[status][0]}" id="claim-{claim.id}">'
        f'<p class="td-claim__head"><strong>{mathematics(claim.title)}</strong> '
        f'<span class="td-claim__place">{escape(claim.place)}</span> {_badge(status)}</p>'
        f'<section class="td-claim__statement">{prose(claim.statement)}</section>'
        + (
            '<details class="td-claim__evidence"><summary>Evidence and negative controls</summary>'
            '<div class="td-scroll"><table><thead><tr><th>kind</th><th>what was checked</th><th>found</th></tr>'
            f"</thead><tbody>{rows}</tbody></table></div>"
            + (f'<p>Must be refused:</p><ul class="td-claim__controls">{controls}</ul>' if controls else "")
            + "</details>"
            if rows
            else ""
        )
        + "".join(f'<p class="td-claim__remark">{mathematics(remark)}</p>' for remark in remarks)
        + (f'<p class="td-claim__remark">Rests on: {grounds}.</p>' if grounds else "")
        + f'<p class="td-claim__id"><code>tdbook verify {claim.id}</code></p></div>'
    )


def _link(claim: Claim) -> str:
    name = escape(claim.id)
    return f'<a href="{claim.chapter}.html#claim-{name}">{name}</a>' if claim.chapter else name


def table(report: Report) -> str:
    """All claims asked for, one row each, linking to their cards."""
    rows = "".join(
        f"<tr><td>{_link(report.claims[id])}</td><td>{mathematics(report.claims[id].title)}</td>"
        f"<td>{escape(report.claims[id].place)}</td>"
        f"<td>{escape(', '.join(report.claims[id].kinds))}</td><td>{_badge(report.status(id))}</td></tr>"
        for id in report.asked
    )
    return (
        '<div class="td-scroll"><table class="td-ledger"><thead><tr><th>claim</th><th>what it says</th>'
        f"<th>place</th><th>evidence asked for</th><th>status</th></tr></thead><tbody>{rows}</tbody></table></div>"
        f"<p>{escape(summary(report))}</p>"
    )


def statements(claims: Iterable[Claim]) -> str:
    """What each claim says, in full, linking to its card."""
    rows = "".join(
        f'<dt>{mathematics(claim.title)} <span class="td-claim__place">{_link(claim)}</span></dt>'
        f"<dd>{prose(claim.statement)}</dd>"
        for claim in claims
    )
    return f'<dl class="td-statements">{rows}</dl>'


def as_json(report: Report) -> dict[str, Any]:
    """The report for machines."""
    return {
        "ok": report.ok,
        "fast": report.fast,
        "summary": summary(report),
        "claims": [
            {
                "id": id,
                "title": report.claims[id].title,
                "place": report.claims[id].place,
                "statement": report.claims[id].statement,
                "status": report.status(id),
                "rests_on": list(report.claims[id].rests_on),
                "missing": report.missing(id),
                **asdict(report.findings.get(id, Finding())),
            }
            for id in report.asked
        ],
    }


# --- the dependency graph ---------------------------------------------------------------------------------

_WIDTH, _ROW, _BOX = 204, 30, 170  # five columns fit the wide column of a page


def graph(report: Report, columns: Iterable[tuple[str, Iterable[str]]]) -> str:
    """The dependency graph as SVG: a column for each section, an arrow from a claim to what it rests on.

    ``columns`` gives headings and ids. Nodes link to the claims' cards.
    """
    placed: dict[str, tuple[int, int]] = {}
    parts: list[str] = []
    height = 0
    headings = list(columns)
    for x, (heading, ids) in enumerate(headings):
        parts.append(f'<text x="{x * _WIDTH + 8}" y="20" class="td-graph__head">{escape(heading)}</text>')
        for y, id in enumerate(ids):
            placed[id] = (x * _WIDTH + 8, 34 + y * _ROW)
            height = max(height, 34 + (y + 1) * _ROW)
    arrows = []
    for id, (x, y) in placed.items():
        for other in report.claims[id].rests_on:
            if other in placed:
                ox, oy = placed[other]
                if ox == x:  # within a column: an arc along its right side
                    start, end = (x + _BOX, y + 11), (ox + _BOX, oy + 11)
                    bend = f"C {x + _BOX + 22} {start[1]}, {x + _BOX + 22} {end[1]}"
                else:  # from the side that faces the ground to the side that faces the claim
                    way = 1 if ox > x else -1
                    start, end = (x + _BOX * (way > 0), y + 11), (ox + _BOX * (way < 0), oy + 11)
                    bend = f"C {start[0] + 30 * way} {start[1]}, {end[0] - 30 * way} {end[1]}"
                line = f"M {start[0]} {start[1]} {bend}, {end[0]} {end[1]}"
                arrows.append(f'<path d="{line}" class="td-graph__edge" marker-end="url(#td-graph-arrow)"/>')
    for id, (x, y) in placed.items():
        css, sign = LOOK[report.status(id)]
        claim = report.claims[id]
        node = (
            f'<rect x="{x}" y="{y}" width="{_BOX}" height="22" rx="5" class="td-graph__node td-graph__node--{css}"/>'
            f'<text x="{x + 8}" y="{y + 15}" class="td-graph__label">{sign} {escape(id)}</text>'
        )
        title = f"<title>{escape(id)}: {report.status(id)}</title>"
        parts.append(
            f'<a href="{claim.chapter}.html#claim-{escape(id)}">{title}{node}</a>'
            if claim.chapter
            else f"<g>{title}{node}</g>"
        )
    return (
        f'<div class="td-scroll"><svg class="td-graph" role="group" aria-label="Dependency graph of the claims" '
        f'viewBox="0 0 {len(headings) * _WIDTH + 8} {height + 6}" width="{len(headings) * _WIDTH + 8}">'
        '<defs><marker id="td-graph-arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M 0 0 L 8 4 L 0 8 z" fill="#767676"/></marker></defs>'
        + "".join(arrows)
        + "".join(parts)
        + "</svg></div>"
    )


def legend() -> str:
    """What the kinds of evidence mean, as an HTML definition list."""
    items = "".join(f"<dt>{escape(kind)}</dt><dd>{escape(meaning)}</dd>" for kind, meaning in KINDS.items())
    return f'<dl class="td-legend">{items}</dl>'
