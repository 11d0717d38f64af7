"""The ledger as LaTeX, for the PDF of the book: ``tools/pdf.tex`` defines the commands that begin with ``book``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tdbook.ledger.claims import MARKS, Claim, Finding

if TYPE_CHECKING:
    from tdbook.ledger.report import Report

_SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
        **{letter: "\\" + letter for letter in "{}$&#_%"},
    }
)  # fmt: skip
# Columns of the table, as parts of the line: claim, what it says, place, evidence asked for, status.
_COLUMNS = {"claim": 0.2, "what it says": 0.29, "place": 0.18, "evidence asked for": 0.14, "status": 0.18}


def plain(text: str) -> str:
    """Text without markup."""
    return text.translate(_SPECIAL)


def mathematics(text: str) -> str:
    """Text with LaTeX between dollar signs and code between backticks."""
    parts = []
    for piece in re.split(r"(\$[^$]+\$|`[^`]+`)", text):
        if piece.startswith("$") and len(piece) > 1:
            parts.append(rf"\({piece[1:-1]}\)")
        elif piece.startswith("`") and len(piece) > 1:
            parts.append(rf"\bookcode{{{plain(piece[1:-1])}}}")
        else:
            parts.append(plain(piece))
    return "".join(parts)


def prose(text: str) -> str:
    """Paragraphs, with formulas between double dollars on lines of their own."""
    parts = []
    for k, piece in enumerate(text.split("$$")):
        if k % 2:
            parts.append(rf"\[{piece.strip()}\]" + "\n")
        else:
            words = [" ".join(paragraph.split()) for paragraph in piece.split("\n\n") if paragraph.strip()]
            parts.append("\n\n".join(map(mathematics, words)) + "\n")
    return "".join(parts)


def badge(status: str) -> str:
    """A status: its sign and its word, in its colour."""
    name, sign = MARKS[status]
    return rf"\bookstatus{{td-{name}}}{{{sign}}}{{{status}}}"


def link(claim: Claim) -> str:
    """A claim's id, which leads to its card where a chapter has one."""
    return rf"\hyperref[claim:{claim.id}]{{{plain(claim.id)}}}" if claim.chapter else plain(claim.id)


def definitions(items: Iterable[tuple[str, str]]) -> str:
    """A list of names with their meanings."""
    return "\\begin{description}\n" + "".join(f"\\item[{{{a}}}] {b}\n" for a, b in items) + "\\end{description}\n"


def card(report: Report, id: str, remarks: Iterable[str]) -> str:
    """A claim's card: the statement, the evidence in hanging paragraphs, and what had to be refused."""
    claim, status = report.claims[id], report.status(id)
    evidence = report.findings.get(id, Finding()).evidence
    head = rf"\textbf{{{mathematics(claim.title)}}} {plain(claim.place)} {badge(status)}"
    lines = [rf"\begin{{bookcard}}{{td-{MARKS[status][0]}}}{{claim:{id}}}", rf"\bookcardhead{{{head}}}", ""]
    lines += [prose(claim.statement)]
    lines += [
        rf"\bookevidence{{{item.kind}}}{{{mathematics(item.what)}}}{{{mathematics(item.seen)}}}" for item in evidence
    ]
    controls = "".join(
        rf"\bookcontrol{{{mathematics(control.what)}"
        + (f" — {mathematics(control.seen)}" if control.seen else "")
        + rf" \textbf{{{'refused' if control.refused else 'went through'}}}}}"
        + "\n"
        for item in evidence
        for control in item.controls
    )
    if controls:
        lines.append(rf"\bookrefused{{{controls}}}")
    said = [*remarks, *([claim.note] if claim.note else [])]
    lines += [rf"{{\small {mathematics(remark)}\par}}" for remark in said]
    if claim.rests_on:
        grounds = ", ".join(link(report.claims[other]) for other in claim.rests_on)
        lines.append(rf"{{\small Rests on: {grounds}.\par}}")
    lines += [rf"\bookcardfoot{{\bookcode{{tdbook verify {id}}}}}", r"\end{bookcard}", ""]
    return "\n".join(lines)


def table(report: Report, summary: str) -> str:
    """All claims asked for in a table over pages, and below it how many have which status."""
    columns = "".join(rf">{{\raggedright\arraybackslash}}p{{{part:.3f}\bookwidth}}" for part in _COLUMNS.values())
    head = " & ".join(rf"\textbf{{{name}}}" for name in _COLUMNS)
    rows = []
    for id in report.asked:
        claim = report.claims[id]
        cells = [link(claim), mathematics(claim.title), plain(claim.place), ", ".join(claim.kinds)]
        rows.append(" & ".join([*cells, badge(report.status(id))]) + r" \\")
    return "\n".join(
        [
            rf"{{\small\setlength\bookwidth{{\dimexpr\linewidth-{2 * (len(_COLUMNS) - 1)}\tabcolsep\relax}}",
            rf"\begin{{longtable}}{{@{{}}{columns}@{{}}}}",
            rf"\toprule {head} \\ \midrule\endhead",
            *rows,
            r"\bottomrule\end{longtable}}",
            "",
            plain(summary),
            "",
        ]
    )
