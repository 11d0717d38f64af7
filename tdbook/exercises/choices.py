"""The judges of a word, of the steps of a proof, and of several answers at once: they need neither NumPy nor SymPy."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tdbook import wording
from tdbook.exercises.engine import MISSING, RIGHT, Judge, Verdict, is_missing
from tdbook.exercises.values import keep


@dataclass(frozen=True)
class Words(Judge):
    """One of a few words, for a prediction; ``replies`` holds a hint for each that is wrong."""

    right: str
    replies: Mapping[str, str]

    @property
    def wanted(self) -> str:
        """The words to choose from, in alphabetical order."""
        return "one of " + ", ".join(f'"{word}"' for word in sorted([self.right, *self.replies]))

    def verdict(self, answer: Any) -> Verdict:
        """The right word, whatever its case, or the hint of a wrong one."""
        if is_missing(answer):
            return MISSING
        word = " ".join(str(answer).split()).casefold() if isinstance(answer, str) else ""
        if word == self.right.casefold():
            return RIGHT
        for wrong, hint in self.replies.items():
            if word == wrong.casefold():
                return keep(hint)
        return keep(f"hand in {self.wanted}")

    def hints(self) -> list[str]:
        """The replies to the wrong words."""
        return list(self.replies.values())

    def known_mistakes(self, sample: Any) -> Iterator[tuple[Any, str]]:
        """Every wrong word."""
        yield from self.replies.items()


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(("?", ".")) else ".")


NOT_THESE = "one that is needed is lacking, or one that is false or beside the point is among them"


@dataclass(frozen=True)
class Step:
    """A sentence that may stand in a proof; ``trap`` says why it must not, where that is so."""

    text: str
    trap: str = ""


@dataclass(frozen=True)
class Proof(Judge):
    """Which of these steps does a proof need? Some are false or beside the point.

    A program cannot read a proof, but it can ask whether the reader's contains what it must, and nothing false. The
    answer is the letters of the steps: "ACD", ["A", "C", "D"] or {"a", "c", "d"}. All wrong answers get the same reply,
    so that the right one cannot be found letter by letter.
    """

    steps: Sequence[Step]
    what: str = field(default='the letters of the steps that a full proof needs, as in "AC"')

    @property
    def wanted(self) -> str:
        """Letters."""
        return self.what

    @property
    def letters(self) -> str:
        """The right answer."""
        return "".join(a for a, step in zip(string.ascii_uppercase, self.steps) if not step.trap)

    def points(self) -> list[str]:
        """The steps with their letters."""
        return [f"{a}. {step.text}" for a, step in zip(string.ascii_uppercase, self.steps)]

    def verdict(self, answer: Any) -> Verdict:
        """Right or not, and no more than that."""
        if is_missing(answer):
            return MISSING
        if not isinstance(answer, str | list | tuple | set | frozenset) or not all(isinstance(a, str) for a in answer):
            return keep(f"hand in {self.what}")
        chosen = {a for part in answer for a in part.upper() if a not in " ,;."}
        known = string.ascii_uppercase[: len(self.steps)]
        if chosen - set(known):
            return keep(f"the steps have the letters {known[0]} to {known[-1]}")
        return RIGHT if chosen == set(self.letters) else keep(NOT_THESE)

    def rubric(self) -> list[str]:
        """The steps that are needed."""
        return [step.text for step in self.steps if not step.trap]

    def explained(self) -> list[str]:
        """Why the traps are traps."""
        letters = zip(string.ascii_uppercase, self.steps)
        return [f"Not {a}. {_sentence(step.trap)}" for a, step in letters if step.trap]


@dataclass(frozen=True)
class Parts(Judge):
    """Several answers at once, each with a name and a judge of its own: a tuple in their order, or a dict by name."""

    parts: Mapping[str, Judge]

    @property
    def wanted(self) -> str:
        """The names in their order."""
        return "(" + ", ".join(self.parts) + "): " + "; ".join(f"{n}: {j.wanted}" for n, j in self.parts.items())

    def points(self) -> list[str]:
        """What the parts have to say."""
        return [point for judge in self.parts.values() for point in judge.points()]

    def rubric(self) -> list[str]:
        """What the parts know of it."""
        return [point for judge in self.parts.values() for point in judge.rubric()]

    def explained(self) -> list[str]:
        """What the parts explain."""
        return [point for judge in self.parts.values() for point in judge.explained()]

    def verdict(self, answer: Any) -> Verdict:
        """Right when all parts are; else the hint of the first that is not."""
        if is_missing(answer):
            return MISSING
        names = ", ".join(self.parts)
        if isinstance(answer, Mapping):
            if set(answer) - set(self.parts):
                return keep(f"the parts are {names}, and not {', '.join(map(str, set(answer) - set(self.parts)))}")
            answer = tuple(answer.get(name) for name in self.parts)
        listed = isinstance(answer, tuple | list) or wording.is_array(answer)
        if not listed or len(answer) != len(self.parts):
            return keep(f"{len(self.parts)} answers are wanted, as a tuple ({names})")
        for (name, judge), part in zip(self.parts.items(), answer, strict=True):
            verdict = judge.verdict(part)
            if verdict.missing:
                return keep(f"{name} is still missing")
            if not verdict.right:
                return keep(f"{name}: {verdict.hint}")
        return RIGHT

    def hints(self) -> list[str]:
        """The hints of all parts."""
        return [hint for judge in self.parts.values() for hint in judge.hints()]

    def known_mistakes(self, sample: Any) -> Iterator[tuple[Any, str]]:
        """The known_mistakes of each part, with the other parts as in ``sample``."""
        for place, judge in enumerate(self.parts.values()):
            for wrong, hint in judge.known_mistakes(sample[place]):
                yield (*sample[:place], wrong, *sample[place + 1 :]), hint
