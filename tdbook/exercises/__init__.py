"""Exercises that answer back.

>>> from tdbook.exercises import check
>>> check("tensors-1", ...)
tensors-1, missing: Hand in the first order, a whole number.
>>> check("tensors-1", 6)
tensors-1, keep working: look again at l = 6: 1/64 is still above 0.01
>>> bool(check("tensors-1", 7))
True

The name is the key of the chapter and the number of the exercise: Exercise 3.2 is ``lazy-2``. An answer may be what
one would type: a number, a fraction, an array or nested lists, a function, a SymPy expression, the text of a formula.

**How to add the exercises of a chapter.** Write a module of the chapter's stem beside this file, with one
tuple ``EXERCISES`` in the order of the page, and add its key to ``STEMS``. For each :class:`~.engine.Exercise` give

* ``label``, ``title``: as in the chapter's ``{exercise}`` directive; ``level`` and ``sort``: the chapter repeats them
  in the first line of the exercise, and a test compares;
* ``judge``: one of :mod:`.judges`. What is right is *computed* when asked for, by the library; only what the solution
  derives (a formula) may be written down;
* ``mistakes`` of the judge: the answers that people really give, with a hint that helps and does not give the answer
  away. :mod:`.usual` has those that come again and again. Each is tried by the tests, and must get its own hint;
* ``right``: some right answers in the types a reader may use; ``wrong``: answers to be refused, each with words of the
  hint it must get. Both are functions, so that nothing is computed until it is needed;
* ``points`` for a proof whose end is checked by a formula, number or function: the rubric by which a person reads it,
  shown in instructors' notebooks alone; a proof without such an end gets the judge ``Proof``, which asks which steps it
  needs, and holds traps;
* ``moral``: what is said to a right answer; ``note`` and ``minutes``: for whoever teaches (instructor notebooks only).

In the chapter every exercise has one code cell in its solution that computes the answer and ends with
``print(check("lazy-2", answer))``; the metadata of that cell, ``"exercise": {"name": …}``, name the exercise. In a
student's notebook each part that is handed in becomes a blank, and nothing else of the cell is left
(``tools/handout_cells.py``): so the text of the exercise says all that is needed.
The cell uses nothing from other solutions.
"""

from __future__ import annotations

import dataclasses
import difflib
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from tdbook import wording
from tdbook.exercises.engine import Degree, Exercise, Level, Mistake, Reply, Sort, Verdict

__all__ = ["KEYS", "STEMS", "Degree", "Exercise", "Level", "Mistake", "Reply", "Sort", "Verdict", "catalogue", "check"]

# The chapters' keys, in their order; also the middle part of the labels of exercises. Names of exercises are printed
# and handed in, so a key stays when its chapter's stem is another word.
STEMS = {
    "tensors": "tensors",
    "objective": "objective",
    "lazy": "lazy",
    "zero": "zero",
    "trap": "traps",
    "model": "model",
    "alg": "algorithm",
    "enough": "scaling",
    "rise": "rise",
    "fresh": "fresh",
    "esc": "escape",
    "proof": "theorem3",
    "run": "runnable",
    "certificate": "certificate",
    "networks": "networks",
    "sources": "sources",
    "frontier": "frontier",
    "few": "decomposition",
}
KEYS = tuple(STEMS)


@cache
def _chapter(key: str) -> tuple[Exercise, ...]:
    """The exercises of one chapter, named by their positions; none when the chapter has no file yet."""
    module = f"{__name__}.{STEMS[key]}"
    if find_spec(module) is None:
        return ()
    exercises = import_module(module).EXERCISES
    return tuple(dataclasses.replace(e, name=f"{key}-{i}") for i, e in enumerate(exercises, start=1))


def catalogue(key: str | None = None) -> tuple[Exercise, ...]:
    """All exercises in the order of the book, or those of the chapter with this key, as in ``"lazy"``."""
    keys = KEYS if key is None else (wording.choice("key", key, KEYS),)
    return tuple(exercise for key in keys for exercise in _chapter(key))


def find(name: str) -> Exercise:
    """The exercise of this name; raises ``ValueError`` with the names that come close."""
    key = name.rpartition("-")[0] if isinstance(name, str) else ""
    for exercise in _chapter(key) if key in KEYS else ():
        if exercise.name == name:
            return exercise
    names = [exercise.name for exercise in catalogue()]
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"the chapters are {', '.join(KEYS)}"
    raise ValueError(f"name must be the name of an exercise, as in 'tensors-1', got {wording.describe(name)}: {hint}")


def check(name: str, *answer: Any) -> Reply:
    """Reply to an answer in three degrees: missing, keep working (with a hint that fits the mistake), right.

    Without an answer, or with ``...`` in its place, the reply says what is to be handed in. An exercise with several
    parts takes them as a tuple or one after the other. Raises ``ValueError`` only when there is no such exercise.
    """
    exercise = find(name)
    return exercise.reply(... if not answer else answer[0] if len(answer) == 1 else answer)
