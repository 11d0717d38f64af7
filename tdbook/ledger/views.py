"""The ledger as text, as JSON, and as what Jupyter, the pages and the PDF show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from tdbook.ledger import latex
from tdbook.ledger.claims import FAILED, KINDS, MARKS, PARTIAL, RESTS, Claim, Finding

if TYPE_CHECKING:
    from tdbook.ledger.report import Report


@dataclass(frozen=True)
class View:
    """One thing in three forms: Jupyter and the pages show the HTML, the PDF the LaTeX, a terminal the text.

    ``about`` is the metadata of the output, from which the book's extension learns what is shown: its ``view``, and for
    a card the ``claim``, its ``status`` and what stands ``below`` the statement.
    """

    html: str
    latex: str
    text: str
    about: Mapping[str, object] = field(default_factory=dict)

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        data = {"text/html": self.html, "text/latex": self.latex, "text/plain": self.text}
        return data, {"text/html": dict(self.about), "text/latex": dict(self.about)}


# --- text ---------------------------------------------------------------------------------------------------


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
    return f"{MARKS[status][1]} {id:<22} {status:<17} {detail}".rstrip()


def summary(report: Report) -> str:
    """How many claims have which status."""
    count = dict.fromkeys(MARKS, 0)
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
    rows = [f"{MARKS[report.status(id)][1]} {claim.title} [{id}] — {report.status(id)}", claim.statement]
    for item in finding.evidence:
        rows.append(f"  {item.kind}: {item.what}" + (f" — {item.seen}" if item.seen else ""))
        rows += [
            f"    {'refused' if control.refused else 'WENT THROUGH'}: {control.what}"
            + (f" — {control.seen}" if control.seen else "")
            for control in item.controls
        ]
    rows += [f"  {remark}" for remark in remarks(report, id)]
    if claim.note:
        rows.append(f"  note: {claim.note}")
    return "\n".join(rows)


def remarks(report: Report, id: str) -> list[str]:
    """What keeps a claim from being established, a sentence each."""
    said = [f"Objection: {objection}" for objection in report.findings.get(id, Finding()).objections]
    if missing := report.missing(id):
        said.append(f"Still to come: {', '.join(missing)}.")
    if shaky := report.shaky_ground(id):
        said.append(f"Rests on what is not established: {', '.join(shaky)}.")
    return said


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


# --- HTML ---------------------------------------------------------------------------------------------------


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


def badge(status: str) -> str:
    """A status as HTML: its sign and its word, in its colour."""
    name, sign = MARKS[status]
    return f'<span class="td-claim__status td-status--{name}"><span aria-hidden="true">{sign}</span> {status}</span>'


def link(claim: Claim) -> str:
    """A claim's id, which leads to its card where a chapter has one."""
    name = escape(claim.id)
    return f'<a href="{claim.chapter}.html#claim-{name}">{name}</a>' if claim.chapter else name


def card_html(claim: Claim, status: str, statement: str, below: str) -> str:
    """A claim's card from its parts: ``statement`` and what stands ``below`` it are HTML."""
    return (
        f'<div class="td-claim td-claim--{MARKS[status][0]}" id="claim-{claim.id}">'
        f'<p class="td-claim__head"><strong>{mathematics(claim.title)}</strong> '
        f'<span class="td-claim__place">{escape(claim.place)}</span> {badge(status)}</p>'
        f'<section class="td-claim__statement">{statement}</section>{below}</div>'
    )


def _evidence(finding: Finding) -> str:
    """The evidence in a table and the negative controls in a list, folded."""
    if not finding.evidence:
        return ""
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
    return (
        '<details class="td-claim__evidence"><summary>Evidence and negative controls</summary>'
        '<div class="td-scroll"><table><thead><tr><th>kind</th><th>what was checked</th><th>found</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div>"
        + (f'<p>Must be refused:</p><ul class="td-claim__controls">{controls}</ul>' if controls else "")
        + "</details>"
    )


def _below(report: Report, id: str) -> str:
    """What stands on a card below the statement: evidence, remarks, grounds, and the command that checks the claim."""
    claim = report.claims[id]
    said = [*remarks(report, id), *([claim.note] if claim.note else [])]
    grounds = ", ".join(link(report.claims[other]) for other in claim.rests_on)
    return (
        _evidence(report.findings.get(id, Finding()))
        + "".join(f'<p class="td-claim__remark">{mathematics(remark)}</p>' for remark in said)
        + (f'<p class="td-claim__remark">Rests on: {grounds}.</p>' if grounds else "")
        + f'<p class="td-claim__id"><code>tdbook verify {claim.id}</code></p>'
    )


# --- in all three forms -------------------------------------------------------------------------------------


def card(report: Report, id: str) -> View:
    """The card that stands in a chapter at the place where the claim is made."""
    claim, status, below = report.claims[id], report.status(id), _below(report, id)
    html = card_html(claim, status, prose(claim.statement), below)
    about = {"view": "card", "claim": id, "status": status, "below": below}
    return View(html, latex.card(report, id, remarks(report, id)), details(report, id), about)


def table(report: Report) -> View:
    """All claims asked for, one row each, linking to their cards."""
    rows = "".join(
        f"<tr><td>{link(report.claims[id])}</td><td>{mathematics(report.claims[id].title)}</td>"
        f"<td>{escape(report.claims[id].place)}</td>"
        f"<td>{escape(', '.join(report.claims[id].kinds))}</td><td>{badge(report.status(id))}</td></tr>"
        for id in report.asked
    )
    html = (
        '<div class="td-scroll"><table class="td-ledger"><thead><tr><th>claim</th><th>what it says</th>'
        f"<th>place</th><th>evidence asked for</th><th>status</th></tr></thead><tbody>{rows}</tbody></table></div>"
        f"<p>{escape(summary(report))}</p>"
    )
    return View(html, latex.table(report, summary(report)), text(report), {"view": "table"})


def statements(claims: Iterable[Claim]) -> View:
    """What each claim says, in full, linking to its card."""
    claims = tuple(claims)
    rows = "".join(
        f'<dt>{mathematics(claim.title)} <span class="td-claim__place">{link(claim)}</span></dt>'
        f"<dd>{prose(claim.statement)}</dd>"
        for claim in claims
    )
    items = [
        (f"{latex.mathematics(claim.title)} {latex.link(claim)}", latex.prose(claim.statement)) for claim in claims
    ]
    plain = "\n\n".join(f"{claim.title} [{claim.id}]\n{claim.statement}" for claim in claims)
    html = f'<dl class="td-statements">{rows}</dl>'
    return View(html, latex.definitions(items), plain, {"view": "statements"})


def legend() -> View:
    """What the kinds of evidence mean."""
    items = "".join(f"<dt>{escape(kind)}</dt><dd>{escape(meaning)}</dd>" for kind, meaning in KINDS.items())
    said = latex.definitions([(kind, latex.mathematics(meaning)) for kind, meaning in KINDS.items()])
    plain = "\n".join(f"{kind}: {meaning}" for kind, meaning in KINDS.items())
    return View(f'<dl class="td-legend">{items}</dl>', said, plain, {"view": "legend"})
