"""Mistakes that are made again and again in this subject, each with the hint that helps.

Each function takes the wrong answer as ``value`` (a function, where a function is asked for), or makes it out of the
right one when that is possible.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from tdbook.exercises.engine import Mistake


def _mistake(hint: str, value: Any, change: Callable[[Any], Any] | None) -> Mistake:
    return Mistake(hint, value=value) if value is not None else Mistake(hint, change=change)


def _root(right: Any) -> Any:
    # a fraction keeps a formula exact, and NumPy's arrays know only np.sqrt
    return np.sqrt(right) if isinstance(right, np.ndarray) else right ** Fraction(1, 2)


def factor_missing(order: int | None = None, value: Any = None) -> Mistake:
    """The factor l of the product rule is forgotten; ``order`` when the wrong answer is the right one over l."""
    return _mistake(
        "a factor l is missing: T(x, …, x) has l places for x, and each gives a term of the derivative",
        value,
        None if order is None else lambda right: right / order,
    )


def factor_twice(order: int | None = None, value: Any = None) -> Mistake:
    """A factor l too many."""
    return _mistake(
        "a factor l too many: count again how many equal terms the product rule gives",
        value,
        None if order is None else lambda right: right * order,
    )


def norm_for_square(value: Any = None) -> Mistake:
    """The norm where the squared norm is asked for."""
    return _mistake("this is a norm, and its square is wanted", value, _root)


def square_for_norm(value: Any = None) -> Mistake:
    """The squared norm where the norm is asked for."""
    return _mistake("this is a squared norm: take the root", value, lambda right: right**2)


def half_missing(value: Any = None) -> Mistake:
    """The loss without its factor one half."""
    return _mistake("twice too large: the loss carries a factor 1/2", value, lambda right: right * 2)


def sign(value: Any = None) -> Mistake:
    """The opposite sign."""
    return _mistake("the sign is the opposite one: which way round is the residual?", value, lambda right: -right)


def frozen_for_tied(value: Any) -> Mistake:
    """The frozen gradient where the tied one is asked for."""
    return Mistake("this is the frozen gradient: here c moves with u, so its derivative has to come in", value=value)


def tied_for_frozen(value: Any) -> Mistake:
    """The tied gradient where the frozen one is asked for."""
    return Mistake("this is the tied gradient: here c is a constant, and is not to be differentiated", value=value)


def symmetrised(array: Any) -> np.ndarray:
    """The mean of an array over all orders of its indices."""
    given = np.asarray(array, dtype=float)
    return np.mean([given.transpose(axes) for axes in itertools.permutations(range(given.ndim))], axis=0)


@dataclass(frozen=True)
class Unsymmetrised(Mistake):
    """An array that becomes the right one by symmetrisation, which was forgotten.

    ``value`` is a sample of it, for the tests; any other array with the same symmetric part is recognised as well.
    """

    hint: str = "this array is not symmetric: take the mean over all orders of its indices"

    def seen(self, answer: Any, right: Any, same: Callable[[Any, Any], bool]) -> bool:
        """Whether the symmetric part is right and the array itself is not."""
        array = np.asarray(answer, dtype=float)
        cube = array.ndim >= 2 and len(set(array.shape)) == 1
        return cube and not same(answer, right) and same(symmetrised(array), right)
