"""Judges of values: a number, an array, a function.

What is handed in is brought into one form first; when that cannot be done, the hint says what was wanted. SymPy is
loaded (through :mod:`tdbook.proofs.formulas`) only when a formula is met.
"""

from __future__ import annotations

import copy
import math
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from tdbook import validation
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
    if isinstance(answer, bool | np.bool_):
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
    if isinstance(answer, np.ndarray | list | tuple):
        try:
            entries = np.asarray(answer, dtype=object).ravel()
        except ValueError:
            entries = np.empty(0, dtype=object)
        if entries.size != 1:
            raise Unusable(f"one number is wanted, and this holds {entries.size}")
        return as_number(entries[0])
    if isinstance(answer, float | np.floating | np.integer):
        return answer.item() if isinstance(answer, np.generic) else answer
    if isinstance(answer, complex | np.complexfloating):
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
        return _float(formulas.value(formula))
    raise Unusable(f"a number is wanted, got {validation.describe(answer)}")


def _float(number: Any) -> float:
    """A number as a float, infinite where it is too large for one."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _same_number(a: Any, b: Any, within: float) -> bool:
    if isinstance(a, int | Fraction) and isinstance(b, int | Fraction) and within == 0:
        return a == b
    x, y = _float(a), float(b)
    # relative to zero nothing is small
    return bool(abs(x - y) <= max(within, 1e-12) * (abs(y) or 1.0))


def digits(within: float) -> int:
    """How many significant digits a number needs to lie within a relative error, whatever its first digit is."""
    return math.ceil(math.log10(5.0 / within) - 1e-9)


def _in_digits(what: str, within: float) -> str:
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
        return _in_digits(self.what, self.within)

    def verdict(self, answer: Any) -> Verdict:
        """Equal within the tolerance, or the usual mistake, or the sign, or how close it is."""
        if is_missing(answer):
            return MISSING
        try:
            given = as_number(answer)
        except Unusable as hint:
            return keep(str(hint))
        if isinstance(given, int | Fraction) and math.isinf(_float(given)):
            return keep("this number has more than 300 digits, far too large")
        if not np.isfinite(float(given)):
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


def as_array(answer: Any) -> np.ndarray:
    """The array of real numbers that was handed in: NumPy's, nested lists, a SymPy matrix."""
    if callable(answer):
        raise Unusable("an array is wanted, and this is a function: hand in its value")
    try:
        # fractions and SymPy's numbers come as objects, and become floats only when they are numbers
        given = np.array(answer.tolist() if hasattr(answer, "tolist") else answer)
        if given.dtype.kind not in "biufc":
            given = np.array([_float(as_number(entry)) for entry in given.ravel()]).reshape(given.shape)
    except Unusable:
        raise
    except (ValueError, TypeError) as error:
        raise Unusable(f"an array of numbers is wanted, got {validation.describe(answer)}") from error
    if given.dtype.kind == "b":
        raise Unusable("numbers are wanted, not True and False")
    if given.dtype.kind == "c":
        raise Unusable("real numbers are wanted, and these are complex")
    with np.errstate(over="ignore"):
        return given.astype(float)


def _same_array(a: Any, b: Any, within: float) -> bool:
    try:
        x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    except (ValueError, TypeError):
        return False
    if x.shape != y.shape:
        return False
    return bool(np.abs(x - y).max(initial=0.0) <= _allowed(y, within))


def _allowed(right: np.ndarray, within: float) -> float:
    """The error allowed in each entry: relative to the largest one, absolute when all are zero."""
    return max(within, 1e-12) * (float(np.abs(right).max(initial=0.0)) or 1.0)


def compare_arrays(given: np.ndarray, right: np.ndarray, within: float) -> str:
    """Why an array is not the right one, in one sentence; empty when it is. The error is relative to the largest."""
    if given.shape != right.shape:
        if given.shape == right.shape[::-1] and given.ndim > 1:
            return f"the shape is {given.shape}, and {right.shape} is wanted: transposed?"
        if given.size == right.size:
            return f"the right number of entries, but in shape {given.shape} where {right.shape} is wanted"
        return f"the shape is {given.shape}, and {right.shape} is wanted"
    if not np.isfinite(given).all():
        return "some entries are not finite: where does the computation overflow or divide by zero?"
    if _same_array(given, right, within):
        return ""
    if given.ndim > 1 and _same_array(given.T, right, within):
        return "this is the transpose of what is wanted"
    if _same_array(-given, right, within):
        return "right but for the sign"
    if given.ndim == 1 and _same_array(np.sort(given), np.sort(right), within):
        return "the right numbers, in another order"
    off = np.argwhere(np.abs(given - right) > _allowed(right, within))
    if given.ndim == 0:
        return f"not yet: this is too {'large' if given > right else 'small'}"
    at = ", ".join(str(int(i)) for i in off[0])
    return f"{len(off)} of {given.size} entries are not right yet, the first of them at index [{at}]"


@dataclass(frozen=True)
class Array(Judge):
    """An array: ``expected`` (or a function that computes it), right ``within`` an error relative to its largest entry.

    With ``any_order`` the numbers are compared as a sorted list.
    """

    expected: Any
    within: float = 1e-6
    mistakes: Sequence[Mistake] = ()
    what: str = "an array"
    any_order: bool = False

    @property
    def wanted(self) -> str:
        """An array, in the exercise's own words, and how many digits of it."""
        return _in_digits(self.what, self.within)

    def verdict(self, answer: Any) -> Verdict:
        """Equal within the tolerance, or the usual mistake, or what is off: shape, sign, order, which entry."""
        if is_missing(answer):
            return MISSING
        if self.any_order and isinstance(answer, set | frozenset):
            answer = list(answer)
        try:
            given = as_array(answer)
        except Unusable as hint:
            return keep(str(hint))
        right = np.asarray(computed(self.expected), dtype=float)
        if self.any_order:
            given, right = np.sort(given.ravel()), np.sort(right.ravel())

        def same(a: Any, b: Any) -> bool:
            return _same_array(a, b, self.within)

        if same(given, right):
            return RIGHT
        for mistake in self.mistakes:
            if mistake.seen(given, right, same):
                return keep(mistake.hint)
        return keep(compare_arrays(given, right, self.within))

    def known_mistakes(self, sample: Any) -> Iterator[tuple[Any, str]]:
        """Every usual mistake."""
        right = np.asarray(computed(self.expected), dtype=float)
        for mistake in self.mistakes:
            yield mistake.answer(right), mistake.hint


@dataclass(frozen=True)
class Function(Judge):
    """A function, tried on inputs drawn with a fixed seed against ``reference``.

    ``inputs`` takes a generator and returns the arguments of one trial. A mistake's ``value`` is a wrong function, its
    ``change`` acts on what the reference returns. The error allowed is relative to the largest entry.
    """

    reference: Callable[..., Any]
    inputs: Callable[[np.random.Generator], tuple[Any, ...]]
    call: str
    within: float = 1e-6
    mistakes: Sequence[Mistake] = ()
    trials: int = 5
    seed: int = 0

    @property
    def wanted(self) -> str:
        """How the function is called."""
        return f"a function, called as {self.call}"

    def _wrong(self, mistake: Mistake) -> Callable[..., Any]:
        change = mistake.change
        if change is None:
            return mistake.value
        return lambda *arguments: change(self.reference(*arguments))

    def verdict(self, answer: Any) -> Verdict:
        """Right on all trials, or the usual mistake that explains all of them, or what is off in the first."""
        if is_missing(answer):
            return MISSING
        if isinstance(answer, str) or hasattr(answer, "free_symbols"):
            from tdbook.proofs import formulas

            try:
                answer = formulas.function_of(answer, re.split(r",\s*", self.call.partition("(")[2].partition(")")[0]))
            except formulas.NotAFormula as error:
                return keep(str(error))
        if not callable(answer):
            return keep(f"hand in the function itself, as in f and not f(x); it is called as {self.call}")
        rng = np.random.default_rng(self.seed)
        given, right, cases = [], [], []
        for _ in range(self.trials):
            arguments = self.inputs(rng)
            try:
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    # the student's function may write into its arguments; ours must not see that
                    value = answer(*copy.deepcopy(arguments))
                if value is ...:
                    return MISSING
                if value is None:
                    return keep("your function returns nothing: is its last line a return?")
                given.append(as_array(value))
            except Unusable as hint:
                return keep(f"what your function returns: {hint}")
            except (Exception, SystemExit) as error:  # whatever a student's code may raise
                return keep(f"called as {self.call}, your function raised {one_line(error)}")
            right.append(np.asarray(self.reference(*copy.deepcopy(arguments)), dtype=float))
            cases.append(arguments)
        # a number in an array of one entry is as good as the number
        given = [g.reshape(r.shape) if g.size == r.size == 1 else g for g, r in zip(given, right)]
        hints = [compare_arrays(g, r, self.within) for g, r in zip(given, right)]
        if not any(hints):
            return RIGHT
        for mistake in self.mistakes:
            wrong = [np.asarray(self._wrong(mistake)(*copy.deepcopy(arguments)), dtype=float) for arguments in cases]
            if all(_same_array(g, w, self.within) for g, w in zip(given, wrong)):
                return keep(mistake.hint)
        failed = [hint for hint in hints if hint]
        some = f" (in {len(failed)} of {self.trials} trials)" if len(failed) < self.trials else ""
        return keep(failed[0] + some)

    def known_mistakes(self, sample: Any) -> Iterator[tuple[Any, str]]:
        """Every usual mistake, as a function."""
        for mistake in self.mistakes:
            yield self._wrong(mistake), mistake.hint
