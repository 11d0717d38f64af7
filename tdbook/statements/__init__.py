r"""What each claim of the ledger says: one text, kept here, shown on cards, in the chapters' boxes and in docstrings.

The texts stand beside this file, one Markdown file for each chapter::

    ## lemma3
    ### lem-rise-step
    Let $R=T-T^*$ … Then

    $$
    F(U-\eta G)-F(U)\le …
    $$ (eq-rise-step)

A second-level heading is the id of a claim. A third-level heading begins the part that a box of the chapters shows, the
theorem, lemma or proposition of that label; what stands before it, or below the heading ``### in no box``, belongs to
no box. A label may gather parts of several claims. The texts are paragraphs with formulas between dollars, in LaTeX
without the book's macros, since Jupyter and a terminal know none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
# The parts of the book and the titles of their chapters, by the chapters' stems, in the order of _toc.yml. A chapter
# has this one stem here, in the ledger, the proofs, the exercises, the figures and the tests.
PARTS = {
    "Foundations": {
        "tensors": "Tensors without their entries",
        "objective": "The objective and what it hides",
    },
    "Three obstacles": {
        "lazy": "Why lazy training must pay",
        "zero": "The saddle at zero",
        "traps": "Bad local minima",
    },
    "The algorithm": {
        "model": "The two-homogeneous model",
        "algorithm": "Algorithm 1",
        "scaling": "How many components are enough?",
    },
    "The proof": {
        "rise": "The loss hardly rises",
        "fresh": "The fresh vector",
        "escape": "Escaping",
        "theorem3": "The proof of Theorem 3",
        "runnable": "Constants that run",
    },
    "Beyond": {
        "certificate": "The certificate",
        "networks": "Networks and deflation",
        "sources": "Tensors people have",
        "frontier": "Which over-parametrisation, and for whom?",
        "decomposition": "Few components, and how few are possible",
    },
}
CHAPTERS = tuple(stem for chapters in PARTS.values() for stem in chapters)
NO_BOX = "in no box"
_HEADING = re.compile(r"^(##|###) (.+)$", re.MULTILINE)
_LABEL = re.compile(r"^\$\$ \([\w-]+\)$", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """A part of a claim's text: the file it stands in, the label of the box that shows it or "", and its words."""

    claim: str
    label: str
    body: str
    file: str


def parse(text: str, file: str = "") -> list[Part]:
    """The parts of a file of texts, in their order."""
    parts: list[Part] = []
    pieces = _HEADING.split(text)
    claim = label = ""
    for level, heading, words in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        if level == "##":
            claim, label = heading.strip(), ""
        else:
            label = "" if heading.strip() == NO_BOX else heading.strip()
        if words.strip():
            parts.append(Part(claim, label, words.strip(), file))
    return parts


@cache
def parts() -> tuple[Part, ...]:
    """All texts, chapter by chapter."""
    files = [FOLDER / f"{stem}.md" for stem in (*CHAPTERS, "cited")]  # a chapter that states no claim has none
    found = [part for file in files if file.is_file() for part in parse(file.read_text("utf-8"), file.name)]
    homes: dict[str, str] = {}
    for part in found:
        if homes.setdefault(part.claim, part.file) != part.file:
            raise ValueError(f"claim {part.claim!r} must have one home, got {homes[part.claim]} and {part.file}")
    return tuple(found)


def plain(body: str) -> str:
    """A text without the labels of its equations, which mean something inside a chapter only."""
    return _LABEL.sub("$$", body)


def statement(id: str) -> str:
    """The whole text of a claim."""
    bodies = [plain(part.body) for part in parts() if part.claim == id]
    if not bodies:
        raise ValueError(f"claim {id!r} must have a text: write it below '## {id}' in a file of {FOLDER.name}")
    return "\n\n".join(bodies)


def chapter(id: str) -> str:
    """The stem of the chapter in which a claim stands; "" for what is only cited, or has no text here."""
    stems = {part.file.removesuffix(".md") for part in parts() if part.claim == id}
    return next((stem for stem in CHAPTERS if stem in stems), "")


def boxes(id: str) -> tuple[str, ...]:
    """Labels of the boxes that show parts of a claim's text."""
    return tuple(dict.fromkeys(part.label for part in parts() if part.claim == id and part.label))


def box(label: str) -> str:
    """What stands in the box of that label, equation labels included; an empty string if it shows no claim."""
    return "\n\n".join(part.body for part in parts() if part.label == label)
