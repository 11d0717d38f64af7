"""What the sources of the four lectures say: their chapters, their minutes, their homework."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from tdbook.exercises import Exercise, find
from tdbook.statements import CHAPTERS

ROOT = Path(__file__).resolve().parents[1]
MINUTES = re.compile(r"^:{3,}\{notes\}\s+(\d+)\s*$", re.MULTILINE)
NOTES = re.compile(r"^(:{3,})\{notes\}\s+(\d+)\s*\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(?::[^\n]*\n)*(.*?)^```", re.MULTILINE | re.DOTALL)


def sources(root: Path = ROOT) -> list[Path]:
    """The sources of the lectures, in their order."""
    return sorted((root / "slides").glob("lecture-*.md"))


def minutes(lecture: Path) -> list[int]:
    """The minutes of each slide of a lecture, as its notes give them."""
    return [int(found) for found in MINUTES.findall(lecture.read_text(encoding="utf-8"))]


def title(lecture: Path) -> str:
    """The heading of the title slide."""
    found = re.search(r"^# (.+)$", CELL.sub("", lecture.read_text(encoding="utf-8")), re.M)
    return found[1] if found else lecture.stem


def chapters(lectures: list[Path]) -> list[list[str]]:
    """The stems of each lecture's chapters: those its title slide names, and with a chapter those that follow it."""
    starts: dict[str, int] = {}
    for number, lecture in enumerate(lectures):
        first = re.split(r"^## ", lecture.read_text(encoding="utf-8"), maxsplit=1, flags=re.M)[0]
        for stem in re.findall(r"\{page\}`[^`<]*<(\w+)>`", first):
            starts[stem] = number
    found: list[list[str]] = [[] for _ in lectures]
    current = 0
    for stem in CHAPTERS:
        current = starts.get(stem, current)
        found[current].append(stem)
    return found


def homework(lecture: Path) -> list[Exercise]:
    """The exercises that the last slide gives for homework, as in {exercise}`lazy-2`."""
    return [find(name) for name in re.findall(r"\{exercise\}`([\w-]+)`", lecture.read_text(encoding="utf-8"))]


def course(root: Path = ROOT) -> dict[str, Any]:
    """What ``slides/course.toml`` says: lecturer, place, term, dates, hand_in, contact."""
    return tomllib.loads((root / "slides" / "course.toml").read_text(encoding="utf-8"))
