"""What the slides need beyond sphinx-revealjs: notes with minutes, and the status of claims from the ledger."""

from __future__ import annotations

import html
import re
from functools import cache
from typing import Any

from bookpages import copy_mathjax
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx_revealjs.nodes import revealjs_section

from tdbook import ledger
from tdbook.exercises import STEMS, find
from tdbook.ledger import CLAIMS
from tdbook.ledger.claims import MARKS
from tdbook.statements import CHAPTERS
from tools import lectures, questions

PAGES = "../html/book"  # from a deck in _build/slides to the book's pages
TEX = re.compile(r"\$|\\[a-zA-Z(\[]")


class Notes(SphinxDirective):
    """``:::{notes} 5``: what the lecturer says on this slide, and the minutes it takes.

    The speaker view shows notes without the page's MathJax, so they hold words and no formulas; ``{page}`lazy` `` gives
    the number of a chapter. The minutes go into
    ``data-timing`` of the slide, from which the speaker view computes the pace.
    """

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        minutes = int(self.arguments[0])
        if minutes < 1:
            raise self.error(f"the minutes of a slide must be at least 1, got {minutes}")
        text = "\n".join(self.content).strip()
        text = re.sub(r"\{page\}`([^`]+)`", lambda found: page_link(found[1])[1], text)
        if not text:
            raise self.error("notes must say what the lecturer does on this slide")
        if TEX.search(text):
            raise self.error("notes are read without MathJax: write formulas in words")
        slide = revealjs_section()
        slide.attributes["data-timing"] = str(60 * minutes)
        paragraphs = "".join(f"<p>{html.escape(' '.join(part.split()))}</p>" for part in text.split("\n\n"))
        unit = "minute" if minutes == 1 else "minutes"
        aside = f'<aside class="notes"><p class="minutes">{minutes} {unit}</p>{paragraphs}</aside>'
        return [slide, nodes.raw("", aside, format="html")]


@cache
def status(id: str) -> str:
    """The status of a claim, its checks run now at their fast sizes."""
    return ledger.verify(id, fast=True).status(id)


def badge(id: str) -> str:
    """The claim's status, its title and a link to its card in the book."""
    claim = CLAIMS[id]
    name, sign = MARKS[status(id)]
    # The title of a claim may hold TeX between dollars, as a card's does.
    title = re.sub(r"\$([^$]+)\$", r'<span class="math">\\(\1\\)</span>', html.escape(claim.title))
    link = f'<a class="claim" href="{PAGES}/{claim.chapter}.html#claim-{id}">{title}</a>'
    if name == "established":  # needs no word on a slide; any other status does
        return f'<span class="badge td-status--{name}" role="img" aria-label="{status(id)}">{sign}</span> {link}'
    return f'<span class="badge td-status--{name}"><span aria-hidden="true">{sign}</span> {status(id)}</span> {link}'


def claim_role(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = None
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """``{claim}`thm1` `` shows what the ledger says of that claim today."""
    if text not in CLAIMS or not CLAIMS[text].chapter:
        problem = inliner.reporter.warning(f"claim {text!r} is not in the ledger, or has no card", line=lineno)
        return [inliner.problematic(rawtext, rawtext, problem)], [problem]
    return [nodes.raw(rawtext, badge(text), format="html")], []


def page_link(text: str) -> tuple[str, str]:
    """The address and the words of ``Text <file#place>``, or of ``file`` alone, which reads "Chapter 3".

    ``{number}`` in the text becomes the number of the chapter. Raises ValueError for anything else.
    """
    found = re.fullmatch(r"(?:(.+?)\s*<([\w#-]+)>|([\w-]+))", text)
    if found is None:
        raise ValueError(f"wanted {{page}}`Text <file>` or {{page}}`file`, got {text!r}")
    words, target = (found[1], found[2]) if found[2] else ("Chapter {number}", found[3])
    file, _, place = target.partition("#")
    if "{number}" in words:
        if file not in CHAPTERS:
            raise ValueError(f"{file!r} is no chapter with a number")
        words = words.replace("{number}", str(CHAPTERS.index(file) + 1))
    return f"{PAGES}/{file}.html" + (f"#{place}" if place else ""), words


def page_role(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = None
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """``{page}`lazy` `` links to a chapter of the book by its number, ``{page}`Text <file>` `` to any page."""
    try:
        address, words = page_link(text)
    except ValueError as error:
        problem = inliner.reporter.warning(str(error), line=lineno)
        return [inliner.problematic(rawtext, rawtext, problem)], [problem]
    return [nodes.raw(rawtext, f'<a href="{address}">{html.escape(words)}</a>', format="html")], []


def exercise_role(
    name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = None
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """``{exercise}`lazy-2` `` reads "Exercise 3.2" and links to it."""
    try:
        exercise = find(text)
    except ValueError as error:
        problem = inliner.reporter.warning(str(error), line=lineno)
        return [inliner.problematic(rawtext, rawtext, problem)], [problem]
    key, _, place = text.rpartition("-")
    words = f"Exercise {CHAPTERS.index(STEMS[key]) + 1}.{place}"
    address = f"{PAGES}/{STEMS[key]}.html#{exercise.label}"
    return [nodes.raw(rawtext, f'<a href="{address}">{words}</a>', format="html")], []


class Lecture(SphinxDirective):
    """``:::{lecture} 2``: what a title slide says below its title, from ``slides/course.toml``."""

    required_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        number, given = int(self.arguments[0]), lectures.course()
        every = len(lectures.sources())
        when = given["dates"][number - 1 : number]
        who = " · ".join(part for part in (given["lecturer"], given["place"], given["term"], *when) if part)
        lines = [
            f"Lecture {number} of {every} on *Beyond Lazy Training for Over-parameterized Tensor Decomposition*",
            "(Wang, Wu, Lee, Ma, Ge, NeurIPS 2020)",
            "",
            *([who, ""] if who else []),
            ":::{container} small",
            f"Text and figures: {self.config.author}, [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/)",
            ":::",
        ]
        return list(self.parse_text_to_nodes("\n".join(lines)))


class Quiz(SphinxDirective):
    """``:::{quiz} lazy/share``: a question of the bank with its choices; the answer comes with the next key."""

    required_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        every = {question.name: question for group in questions.bank().values() for question in group}
        question = every.get(self.arguments[0])
        if question is None:
            raise self.error(f"the bank has no question {self.arguments[0]!r}")
        lines = [f":::{{container}} ask\n{question.ask}\n", *(f"{a}. {c}\n" for a, c in zip("ABC", question.choices))]
        lines += [":::\n", f":::{{container}} fragment\n**{question.letter}**: {question.because}\n:::"]
        return list(self.parse_text_to_nodes("\n".join(lines)))


def hide_answers(app: Sphinx, doctree: nodes.document) -> None:
    """A cell tagged ``fragment`` shows its picture with the next key, after the room has guessed."""
    for node in doctree.findall(nodes.Element):
        if "tag_fragment" in node.get("classes", []):
            node["classes"].append("fragment")


def need_maths(app: Sphinx, doctree: nodes.document) -> None:
    """Every deck loads MathJax: the only formula of a slide may stand in a badge."""
    app.env.get_domain("math").data["has_equations"][app.env.docname] = True  # type: ignore[attr-defined]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("notes", Notes)
    app.add_role("claim", claim_role)
    app.add_role("page", page_role)
    app.add_role("exercise", exercise_role)
    app.add_directive("quiz", Quiz)
    app.add_directive("lecture", Lecture)
    app.connect("doctree-read", hide_answers)
    app.connect("doctree-read", need_maths)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
