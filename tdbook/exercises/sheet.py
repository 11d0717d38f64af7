"""Exercises as a page asks them: their judges as plain data, and the receipt of what was answered.

A page has neither NumPy nor the chapters' modules. So where an answer is a number, a formula, a word, letters or
several of these, what the judge compares with is computed when the book is built (:func:`frozen`), and the same judge
stands up from it in the page (:func:`thawed`). Of arrays, functions and witnesses there is none.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tdbook import wording
from tdbook.exercises.choices import Parts, Proof, Step, Words
from tdbook.exercises.engine import Exercise, Judge, Level, Mistake, Sort
from tdbook.exercises.formula import Formula
from tdbook.exercises.values import Number, computed

__all__ = ["Receipt", "fields", "frozen", "read_receipt", "receipt", "thawed"]

LONGEST = 400  # letters of one answer
NAME = re.compile(r"[a-z]+-\d{1,3}")


# --- judges as data -------------------------------------------------------------------------------------------------
def frozen(exercise: Exercise) -> dict[str, Any] | None:
    """An exercise as JSON knows it, with all that its judge compares with; None where no page can judge it."""
    judge = _frozen(exercise.judge)
    if judge is None:
        return None
    said = {"label": exercise.label, "title": exercise.title, "name": exercise.name, "moral": exercise.moral}
    return {**said, "level": exercise.level, "sort": exercise.sort, "points": list(exercise.points), "judge": judge}


def _frozen(judge: Judge) -> dict[str, Any] | None:
    if isinstance(judge, Number):
        right = computed(judge.expected)
        mistakes = [[mistake.hint, _written(mistake.answer(right))] for mistake in judge.mistakes]
        expected = {"expected": _written(right), "within": judge.within}
        return {"kind": "number", **expected, "mistakes": mistakes, "what": judge.what}
    if isinstance(judge, Formula):
        return _frozen_formula(judge)
    if isinstance(judge, Words):
        return {"kind": "words", "right": judge.right, "replies": dict(judge.replies)}
    if isinstance(judge, Proof):
        return {"kind": "proof", "steps": [[step.text, step.trap] for step in judge.steps], "what": judge.what}
    if isinstance(judge, Parts):
        parts = {name: _frozen(part) for name, part in judge.parts.items()}
        return {"kind": "parts", "parts": parts} if all(parts.values()) else None
    return None


def _frozen_formula(judge: Formula) -> dict[str, Any]:
    from tdbook.proofs import formulas

    right = computed(judge.expected)

    def text(formula: Any) -> str:
        said = formula if isinstance(formula, str) else str(formula).replace("Abs(", "abs(")
        if not formulas.equal(formula, said, judge.symbols):
            raise ValueError(f"formula must be one that its text stands for, got {said!r}")
        return said

    mistakes = [[mistake.hint, text(mistake.answer(formulas.expression(right)))] for mistake in judge.mistakes]
    symbols = {name: list(bounds) for name, bounds in judge.symbols.items()}
    return {"kind": "formula", "expected": text(right), "symbols": symbols, "mistakes": mistakes, "what": judge.what}


def _written(number: Any) -> list[str]:
    """A number with its kind: 2, 2.0 and the fraction 2 are judged differently."""
    value = wording.plain(number)
    for kind in (int, Fraction, float):
        if type(value) is kind:
            return [kind.__name__, str(value) if kind is not float else repr(value)]
    raise ValueError(f"number must be an int, a float or a fraction, got {wording.describe(number)}")


def _read(written: list[str]) -> int | float | Fraction:
    kind, text = written
    return {"int": int, "float": float, "Fraction": Fraction}[kind](text)


def thawed(data: Mapping[str, Any]) -> Exercise:
    """The exercise that :func:`frozen` was given, without its samples and what is for whoever teaches."""
    return Exercise(
        label=data["label"], title=data["title"], name=data["name"], moral=data["moral"],
        level=Level(data["level"]), sort=Sort(data["sort"]), points=tuple(data["points"]),
        judge=_thawed(data["judge"]), right=tuple, wrong=tuple, note="", minutes=0,
    )  # fmt: skip


def _thawed(data: Mapping[str, Any]) -> Judge:
    kind = data["kind"]
    if kind == "number":
        mistakes = [Mistake(hint, value=_read(value)) for hint, value in data["mistakes"]]
        return Number(_read(data["expected"]), data["within"], mistakes, data["what"])
    if kind == "formula":
        mistakes = [Mistake(hint, value=value) for hint, value in data["mistakes"]]
        symbols = {name: (low, high) for name, (low, high) in data["symbols"].items()}
        return Formula(data["expected"], symbols, mistakes, data["what"])
    if kind == "words":
        return Words(data["right"], data["replies"])
    if kind == "proof":
        return Proof([Step(text, trap) for text, trap in data["steps"]], data["what"])
    return Parts({name: _thawed(part) for name, part in data["parts"].items()})


def fields(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a page asks for, a field for each part: its name, what is wanted, and the choices where there are some."""
    judge = data["judge"]
    parts = judge["parts"] if judge["kind"] == "parts" else {"": judge}
    asked = []
    for name, part in parts.items():
        if part["kind"] == "parts":
            raise ValueError(f"parts must not have parts of their own, got {name!r}")
        field: dict[str, Any] = {"name": name, "kind": part["kind"], "wanted": _thawed(part).wanted}
        if part["kind"] == "words":
            field["choices"] = sorted([part["right"], *part["replies"]])
        if part["kind"] == "proof":
            field["choices"] = [text for text, _ in part["steps"]]
        asked.append(field)
    return asked


# --- receipts -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Receipt:
    """What was answered in pages: who, the last answer to each exercise, and the hints that were shown."""

    student: str
    answers: dict[str, list[str]]
    hints: dict[str, list[str]]

    @property
    def digest(self) -> str:
        """It guards against slips: whoever changes an answer by hand has to make the receipt anew."""
        text = json.dumps([self.student, self.answers, self.hints], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def receipt(given: Receipt) -> str:
    """The text of a receipt, as a page offers it and :func:`read_receipt` reads it."""
    content = {"student": given.student, "answers": given.answers, "hints": given.hints, "digest": given.digest}
    return json.dumps({"tdbook receipt": content}, indent=1, ensure_ascii=False) + "\n"


def read_receipt(text: str) -> Receipt:
    """Read a receipt; raises ``ValueError`` when it is none, or is not as it was made."""
    try:
        content = json.loads(text)["tdbook receipt"]
        found = Receipt(content["student"], content["answers"], content["hints"])
        listed = [*found.answers.items(), *found.hints.items()]
        good = isinstance(found.student, str) and all(
            NAME.fullmatch(name) and isinstance(texts, list) and all(isinstance(t, str) for t in texts)
            for name, texts in listed
        )
        digest = content["digest"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("this is no receipt of answers") from None
    if not good or any(len(text) > LONGEST for texts in found.answers.values() for text in texts):
        raise ValueError("this is no receipt of answers")
    if digest != found.digest:
        raise ValueError("this receipt was changed after it was made")
    return found
