"""How many points each exercise gives, and for what: a table for whoever grades."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from tdbook.exercises import STEMS, catalogue
from tdbook.exercises.engine import Exercise
from tdbook.statements import CHAPTERS, PARTS

HEAD = ("exercise", "title", "level and kind", "minutes", "answer", "proof or report")
RULE = "The answer gives all of its points or none. Of a proof or a report each item gives the same share."


@dataclass(frozen=True)
class Points:
    """The points of some chapters, by their keys: shown as a table, with the rubric of what a person reads."""

    keys: tuple[str, ...]

    def chapter(self, key: str) -> str:
        """The number and the title of a chapter."""
        titles = {stem: title for chapters in PARTS.values() for stem, title in chapters.items()}
        return f"Chapter {CHAPTERS.index(STEMS[key]) + 1}, {titles[STEMS[key]]}"

    def __repr__(self) -> str:
        lines = [f"{'chapter':<60} exercises  points for answers  for proofs and reports"]
        for key in self.keys:
            every = catalogue(key)
            answers, texts = sum(e.check_credit for e in every), sum(e.proof_credit for e in every)
            lines.append(f"{self.chapter(key):<60} {len(every):>9} {answers:>19} {texts:>23}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<p>{RULE}</p>" + "".join(self._part(key) for key in self.keys)

    def _part(self, key: str) -> str:
        every = catalogue(key)
        points = sum(exercise.check_credit + exercise.proof_credit for exercise in every)
        head = "".join(f'<th scope="col">{word}</th>' for word in HEAD)
        rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in _cells(exercise))}</tr>" for exercise in every)
        read = "".join(_rubric(exercise) for exercise in every if exercise.rubric)
        return (
            f"<details><summary>{html.escape(self.chapter(key))}: {len(every)} exercises, {points} points</summary>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{read}</details>"
        )


def _mathematics(text: str) -> str:
    shown = html.escape(text, quote=False)
    return re.sub(r"\$(.+?)\$", r'<span class="math notranslate nohighlight">\\(\1\\)</span>', shown)


def _cells(exercise: Exercise) -> tuple[str, ...]:
    page, title = f"{STEMS[exercise.name.rpartition('-')[0]]}.html", _mathematics(exercise.title)
    return (
        exercise.name, f'<a href="{page}#{exercise.label}">{title}</a>', exercise.signature, str(exercise.minutes),
        str(exercise.check_credit), str(exercise.proof_credit or ""),
    )  # fmt: skip


def _rubric(exercise: Exercise) -> str:
    items = "".join(f"<li>{html.escape(point, quote=False)}</li>" for point in exercise.rubric)
    share = f"{exercise.proof_credit}/{len(exercise.rubric)}"
    return f"<p>A full {exercise.text} of {exercise.name} says, for {share} of a point each:</p><ul>{items}</ul>"


def points(*keys: str) -> Points:
    """The points of the chapters with these keys, as in ``points("lazy")``; of all without any."""
    for key in keys:
        catalogue(key)  # refuses a key that is none
    return Points(keys or tuple(STEMS))
