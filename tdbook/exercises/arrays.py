"""Judges of arrays and functions, in NumPy."""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tdbook import validation
from tdbook.exercises.engine import MISSING, RIGHT, Judge, Mistake, Verdict, is_missing
from tdbook.exercises.values import Unusable, as_number, computed, in_digits, keep, one_line, real


def as_array(answer: Any) -> np.ndarray:
    """The array of real numbers that was handed in: NumPy's, nested lists, a SymPy matrix."""
    if callable(answer):
        raise Unusable("an array is wanted, and this is a function: hand in its value")
    try:
        # fractions and SymPy's numbers come as objects, and become floats only when they are numbers
        given = np.array(answer.tolist() if hasattr(answer, "tolist") else answer)
        if given.dtype.kind not in "biufc":
            given = np.array([real(as_number(entry)) for entry in given.ravel()]).reshape(given.shape)
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
        return in_digits(self.what, self.within)

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
