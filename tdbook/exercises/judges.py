"""One judge for each kind of answer: a number, an array, a function, a formula, a word, a witness, a proof, and parts.

None of them raises for anything a student may hand in: what cannot be judged gets a hint that says what was wanted.
All but the witness stand in :mod:`.values`, :mod:`.arrays`, :mod:`.formula` and :mod:`.choices`, and are imported from
here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tdbook.exercises.arrays import Array, Function
from tdbook.exercises.choices import Parts, Proof, Step, Words
from tdbook.exercises.engine import MISSING, RIGHT, Judge, Verdict, is_missing
from tdbook.exercises.formula import Formula
from tdbook.exercises.values import Number, keep, one_line

__all__ = ["Array", "Formula", "Function", "Number", "Parts", "Proof", "Step", "Witness", "Words"]


@dataclass(frozen=True)
class Witness(Judge):
    """Any object with a property: ``test`` returns an empty text when it has it, else a hint.

    For "find two tensors for which …", "exhibit a point where …": there is no one right answer to compare with.
    """

    test: Callable[[Any], str]
    what: str

    @property
    def wanted(self) -> str:
        """The object, in the exercise's own words."""
        return self.what

    def verdict(self, answer: Any) -> Verdict:
        """What the test says; an exception means that the object is of another kind."""
        if is_missing(answer):
            return MISSING
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                hint = self.test(answer)
        except Exception as error:  # whatever an unfit object may raise
            return keep(f"{self.what} is wanted; trying yours raised {one_line(error)}")
        return keep(hint) if hint else RIGHT
