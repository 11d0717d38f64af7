"""The judge of a number.

What is handed in is brought into one form first; when that cannot be done, the hint says what was wanted. SymPy is
loaded (through :mod:`tdbook.proofs.formulas`) only when a formula is met, NumPy never: pages judge with this, too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tdbook import wording
from tdbook.exercises.engine import MISSING, RIGHT, Judge, Mistake, Verdict, is_missing


class Unusable(Exception):
    """The answer is not of the kind that is wanted; the message is the hint."""


def keep(hint: str) -> Verdict:
    """Not right yet, and what helps."""
    return Verdict(hint=hint)


def computed(thing: Any) -> Any:
    """A right value, computed when it is asked for."""
    return thing() if callable(thing) else thing


def one_line(error: BaseException) -> str:
    """One line about an exception of the student's own code."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:160]}" if text else type(error).__name__


def as_number(answer: Any) -> float | Fraction | int:
    """The number that was handed in: Python's, NumPy's, SymPy's, a fraction, or the text of a formula."""
    answer = wording.plain(answer)
    if isinstance(answer, bool):
        raise Unusable("a number is wanted, not True or False")
    if isinstance(answer, int | Fraction):
        return answer
    if isinstance(answer, str):
        try:
            if re.fullmatch(
                r"\s*[-+]?[\d./]{1,400}(?:[eE][-+]?\d{1,3})?\s*", answer
            ):  # 1e999999999 would fill the memory
                return Fraction(answer.strip())
        except (ValueError, ZeroDivisionError):
            pass
    if isinstance(answer, list | tuple) or wording.is_array(answer):
        entries = list(_entries(answer))
        if len(entries) != 1:
            raise Unusable(f"one number is wanted, and this holds {len(entries)}")
        return as_number(entries[0])
    if isinstance(answer, float):
        return answer
    if isinstance(answer, complex):
        raise Unusable("a real number is wanted, and this is complex")
    if callable(answer) and not hasattr(answer, "free_symbols"):
        raise Unusable("a number is wanted, and this is a function: hand in its value")
    if isinstance(answer, str) or hasattr(answer, "free_symbols"):
        from tdbook.proofs import formulas

        try:
            formula = formulas.expression(answer)
        except formulas.NotAFormula as error:
            raise Unusable(str(error)) from error
        if formula.free_symbols:
            names = ", ".join(sorted(s.name for s in formula.free_symbols))
            raise Unusable(f"a number is wanted, and this still has the symbols {names} in it")
        if formula.is_extended_real is False:
            raise Unusable("a real number is wanted, and this is not real")
        return real(formulas.value(formula))
    raise Unusable(f"a number is wanted, got {wording.describe(answer)}")


def _entries(answer: Any) -> Iterator[Any]:
    """What stands in a list of any depth, or in an array."""
    if wording.is_array(answer):
        yield from answer.ravel()
        return
    for entry in answer:
        if isinstance(entry, list | tuple) or wording.is_array(entry):
            yield from _entries(entry)
        else:
            yield entry


def real(number: Any) -> float:
    """A number as a float, infinite where it is too large for one."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _same_number(a: Any, b: Any, within: float) -> bool:
    if isinstance(a, int | Fraction) and isinstance(b, int | Fraction) and within == 0:
        return a == b
    x, y = real(a), float(b)
    # relative to zero nothing is small
    return bool(abs(x - y) <= max(within, 1e-12) * (abs(y) or 1.0))


def digits(within: float) -> int:
    """How many significant digits a number needs to lie within a relative error, whatever its first digit is."""
    return math.ceil(math.log10(5.0 / within) - 1e-9)


def in_digits(what: str, within: float) -> str:
    """What is wanted, and to how many digits where it need not be exact."""
    return f"{what}, to {digits(within)} significant digits" if within >= 1e-5 else what


@dataclass(frozen=True)
class Number(Judge):
    """A number: ``expected`` (or a function that computes it), right ``within`` a relative error.

    ``within=0`` is for integers and fractions. For a decimal rounded to three digits take ``within=5e-3``.
    """

    expected: Any
    within: float = 1e-6
    mistakes: Sequence[Mistake] = ()
    what: str = "a number"

    @property
    def wanted(self) -> str:
        """A number, in the exercise's own words, and how many digits of it."""
        return in_digits(self.what, self.within)

    def verdict(self, answer: Any) -> Verdict:
        """Equal within the tolerance, or the usual mistake, or the sign, or how close it is."""
        if is_missing(answer):
            return MISSING
        try:
            given = as_number(answer)
        except Unusable as hint:
            return keep(str(hint))
        if isinstance(given, int | Fraction) and math.isinf(real(given)):
            return keep("this number has more than 300 digits, far too large")
        if not math.isfinite(float(given)):
            return keep("this is not a finite number: where does the computation overflow or divide by zero?")
        right = computed(self.expected)
        if self._same(given, right):
            return RIGHT
        for mistake in self.mistakes:
            if mistake.seen(given, right, self._same):
                return keep(mistake.hint)
        if self._same(-given, right):
            return keep("right but for the sign")
        if abs(float(given) - float(right)) <= 0.05 * abs(float(right)) and not isinstance(right, int):
            asked = f"{digits(self.within)} significant digits are wanted; " if self.within >= 1e-5 else ""
            return keep(f"very near: {asked}rounded too early, or read off a picture?")
        side = "large" if float(given) > float(right) else "small"
        return keep(f"not yet: this is too {side}")

    def _same(self, a: Any, b: Any) -> bool:
        return _same_number(a, b, self.within)

    def known_mistakes(self, sample: Any) -> Iterator[tuple[Any, str]]:
        """Every usual mistake."""
        right = computed(self.expected)
        for mistake in self.mistakes:
            yield mistake.answer(right), mistake.hint
