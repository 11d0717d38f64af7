"""Every word of the glossary is linked from where a reader meets it."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat

from tools.build import chapters

ROOT = Path(__file__).parents[2]
TERM = re.compile(r"\{term\}`(?:[^`<]*<)?([^`<>]+?)>?`")
ENTRY = re.compile(r"^(\S.*)\n  \S", re.MULTILINE)


def text(path: Path) -> str:
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def entries() -> set[str]:
    listed = text(ROOT / "book" / "glossary.ipynb").partition("```{glossary}\n")[2].partition("```")[0]
    return set(ENTRY.findall(listed))


def test_every_term_is_linked_from_a_chapter():
    linked = {term for path in chapters(ROOT) if path.stem != "glossary" for term in TERM.findall(text(path))}
    assert len(entries()) > 25
    assert sorted(entries() - linked) == [], "no chapter links to these"
    assert sorted(linked - entries()) == [], "the glossary lacks these"


def test_terms_are_read_with_and_without_words_of_their_own():
    assert TERM.findall("a {term}`boost` and {term}`bad local minima <bad local minimum>`") == [
        "boost",
        "bad local minimum",
    ]
