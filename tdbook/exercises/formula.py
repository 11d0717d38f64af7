"""The judge of a formula; SymPy is loaded, through :mod:`tdbook.proofs.formulas`, only when one is judged."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tdbook.exercises.engine import MISSING, RIGHT, Judge, Mistake, Verdict, is_missing
from tdbook.exercises.values import computed, keep, one_line


@dataclass(frozen=True)
class Formula(Judge):
    """A formula in given symbols: a text, a SymPy expression, a number, or a Python function of the symbols.

    ``symbols`` says for each the range in which formulas are compared; whole bounds mean a whole number. ``expected``
    is a text or SymPy expression that is derived in the solution.
    """

    expected: Any
    symbols: Mapping[str, tuple[float, float]]
    mistakes: Sequence[Mistake] = ()
    what: str = ""

    @property
    def wanted(self) -> str:
        """A formula, and in which symbols."""
        return self.what or f"a formula in {', '.join(self.symbols)} (a text, a SymPy expression or a function)"

    def _same(self, answer: Any, formula: Any) -> bool:
        from tdbook.proofs import formulas

        if callable(answer) and not hasattr(answer, "free_symbols"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return formulas.equal_to_function(answer, formula, self.symbols)
        # a float in the answer, as in 0.5*x, is taken for the decimal that it shows
        return formulas.equal(answer, formula, self.symbols)

    def verdict(self, answer: Any) -> Verdict:
        """The same function of the symbols, or the usual mistake, or which symbols are wrong."""
        if is_missing(answer):
            return MISSING
        from tdbook.proofs import formulas

        right = computed(self.expected)
        if callable(answer) and not hasattr(answer, "free_symbols"):
            try:
                if self._same(answer, right):
                    return RIGHT
            except (Exception, SystemExit) as error:  # whatever a student's code may raise
                return keep(f"called with {', '.join(self.symbols)}, your function raised {one_line(error)}")
        else:
            try:
                names = {symbol.name for symbol in formulas.expression(answer).free_symbols}
            except formulas.NotAFormula as error:
                return keep(str(error))
            known = {formulas.spelling(name) for name in self.symbols}
            if names - known:
                return keep(
                    f"{', '.join(sorted(names - known))} should not be in it: "
                    f"a formula in {', '.join(self.symbols)} is wanted"
                )
            try:
                if self._same(answer, right):
                    return RIGHT
            except formulas.NotAFormula as error:
                return keep(str(error))
        for mistake in self.mistakes:
            if mistake.seen(answer, formulas.expression(right), self._same):
                return keep(mistake.hint)
        if self._same(answer, -formulas.expression(right)):
            return keep("right but for the sign")
        return keep("not yet: try a small case by hand, and compare")

    def known_mistakes(self, sample: Any) -> Iterator[tuple[Any, str]]:
        """Every usual mistake."""
        from tdbook.proofs import formulas

        for mistake in self.mistakes:
            yield mistake.answer(formulas.expression(computed(self.expected))), mistake.hint
