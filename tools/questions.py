"""The bank of short questions in ``slides/questions``: three choices each, and what is behind the wrong ones.

A file is named after the stem of its chapter: ``lazy.md``.
A question in it is

    ## its-name

    The question, in Markdown.

    - right: the right choice
    - wrong: a wrong one
      > what somebody thinks who chooses it
    - wrong: another one
      > what somebody thinks who chooses that

    Because: why the right choice is right.

Between « and » stands an expression, of :data:`NAMES`, that is computed: a number is not typed.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy.stats import binom

import tdbook
from tdbook.statements import CHAPTERS
from tdbook.statistics import proportion

ROOT = Path(__file__).resolve().parents[1]
NAMES: dict[str, Any] = {
    **{name: getattr(math, name) for name in ("comb", "cos", "exp", "log", "pi", "radians", "sqrt")},
    "abs": abs, "int": int, "round": round, "binom": binom, "proportion": proportion, "tdbook": tdbook,
}  # fmt: skip
FORM = re.compile(
    r"(?P<ask>.+?)\n\n- right: (?P<right>.+?)\n- wrong: (?P<first>.+?)\n  > (?P<why_first>.+?)\n"
    r"- wrong: (?P<second>.+?)\n  > (?P<why_second>.+?)\n\nBecause: (?P<because>.+)",
    re.S,
)


class QuestionError(Exception):
    """A question is not of the form; the message says where and what is wanted."""


@dataclass(frozen=True)
class Question:
    """A question with three choices, named as in ``lazy/share``; ``wrong`` pairs each with its misconception."""

    name: str
    ask: str
    right: str
    wrong: tuple[tuple[str, str], tuple[str, str]]
    because: str

    @property
    def choices(self) -> list[str]:
        """The choices in the order in which they are shown: mixed, and always the same."""
        every = [self.right, *(choice for choice, _ in self.wrong)]
        return sorted(every, key=lambda choice: hashlib.sha256(f"{self.name} {choice}".encode()).digest())

    @property
    def letter(self) -> str:
        """The letter of the right choice."""
        return "ABC"[self.choices.index(self.right)]

    def behind(self, choice: str) -> str:
        """The misconception behind a wrong choice, nothing for the right one."""
        return dict(self.wrong).get(choice, "")


def written(value: Any) -> str:
    """A number as a reader wants it: groups of three digits from five digits on."""
    return f"{value:,}".replace(",", "\u202f") if isinstance(value, int) and value >= 10_000 else str(value)


def filled(text: str) -> str:
    """A text with what stands between « and » computed."""
    return re.sub("«(.+?)»", lambda found: written(eval(found[1], {"__builtins__": {}}, NAMES)), text)


def read(path: Path) -> Iterator[Question]:
    """The questions of a file; raises :class:`QuestionError` for one that is not of the form."""
    head, *parts = re.split(r"^## (\S+)\n", path.read_text(encoding="utf-8"), flags=re.M)
    if head.strip():
        raise QuestionError(f"{path.name} must begin with '## name', got {head.strip().splitlines()[0]!r}")
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        found = FORM.fullmatch(body.strip())
        if found is None or "\n- " in found["because"]:
            raise QuestionError(
                f"{path.name}, {name}: a question, - right:, two - wrong: with >, and Because: are wanted"
            )
        part = {key: filled(" ".join(text.split())) for key, text in found.groupdict().items()}
        wrong = ((part["first"], part["why_first"]), (part["second"], part["why_second"]))
        yield Question(f"{path.stem}/{name}", part["ask"], part["right"], wrong, part["because"])


def bank(folder: Path = ROOT / "slides" / "questions") -> dict[str, list[Question]]:
    """All questions by the stems of the chapters, in their order."""
    found: dict[str, list[Question]] = {stem: [] for stem in CHAPTERS}
    for path in sorted(folder.glob("*.md")):
        stem = path.stem
        if stem not in found:
            raise QuestionError(f"{path.name} must be named after a chapter, one of {', '.join(CHAPTERS)}")
        found[stem] += read(path)
    return found


def sheet(questions: Iterable[Question]) -> str:
    """The questions as a numbered test, in Markdown."""
    blocks = []
    for number, question in enumerate(questions, start=1):
        lines = [f"{letter}. {choice}" for letter, choice in zip("ABC", question.choices)]
        blocks.append("\n\n".join([f"**{number}.** {question.ask}", *lines]))
    return "\n\n".join(blocks)


def sentence(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def key(questions: Iterable[Question]) -> str:
    """For whoever teaches: the right letters with the reason, and what is behind each wrong choice."""
    blocks = []
    for number, question in enumerate(questions, start=1):
        lines = [
            f"**{number}.** {question.ask}",
            f"**{question.letter}.** {sentence(question.right)}. {sentence(question.because)}",
        ]
        for letter, choice in zip("ABC", question.choices):
            if choice != question.right:
                lines.append(f"*{letter}. {sentence(choice)}.* {question.behind(choice)}")
        blocks.append("\n\n".join(lines))
    return "\n\n".join(blocks)
