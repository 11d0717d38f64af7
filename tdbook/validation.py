"""What every public function asks of its arguments, said in one line when it is not met.

Each check returns the value in the form the callers work with and raises ``ValueError`` (or ``TypeError``
for something of the wrong kind) naming the parameter, what was wanted and what came.
"""

from __future__ import annotations

import math
import sys
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from tdbook.wording import choice as choice
from tdbook.wording import describe as describe

Array = npt.NDArray[np.float64]
Class = TypeVar("Class")
Result = TypeVar("Result", float, Array)
# Classes that a caller knows under other names.
_IN_WORDS = {"SymmetricTensor": "a SymmetricCP or a DenseSymmetric"}


ENTRIES = 2**30
COUNT = 10**9  # steps, draws, starts: more do not end
ORDER = 1000  # mantissas lie in [1/2, 1), and their powers must not vanish


class OutOfRange(ValueError):
    """A number that is infinite or NaN, in an argument or in a result."""


def integer(name: str, value: Any, minimum: int, maximum: int | None = None) -> int:
    """``value`` as an int within [minimum, maximum]; booleans and floats are refused."""
    wrong = isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer)
    if wrong or value < minimum or (maximum is not None and value > maximum):
        wanted = f"an integer >= {minimum}" if maximum is None else f"an integer from {minimum} to {maximum}"
        raise (TypeError if wrong else ValueError)(f"{name} must be {wanted}, got {describe(value)}")
    return int(value)


def order(value: Any, minimum: int = 2) -> int:
    """``value`` as the order l of a tensor; powers and factorials of larger ones than 1000 leave any range."""
    return integer("order", value, minimum, ORDER)


def entries(name: str, *sizes: int) -> None:
    """Refuse an array of these sizes if its numbers would fill 8 GiB, before anyone asks for the memory."""
    if math.prod(sizes) > ENTRIES:
        came = " x ".join(map(describe, sizes))
        raise ValueError(f"{name} must be at most {ENTRIES}, the numbers that are held at once, got {came}")


def count(name: str, value: Any, minimum: int = 1) -> int:
    """``value`` as a number of steps, draws or starts, each of which takes its time."""
    return integer(name, value, minimum, COUNT)


def components(value: Any, minimum: int = 1) -> int:
    """``value`` as the number m of components of a method that holds their Gram matrix."""
    m = integer("components", value, minimum)
    entries("components times components", m, m)
    return m


def processes(name: str, value: Any) -> int:
    """``value`` as a number of processes; Windows waits for 61 at most."""
    return integer(name, value, 1, 61 if sys.platform == "win32" else 1024)


def real(name: str, value: Any, minimum: float = 0.0, *, strict: bool = True, maximum: float = math.inf) -> float:
    """``value`` as a finite float above ``minimum`` (``strict``) or at least ``minimum``, below ``maximum``."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be {_range_in_words(minimum, strict, maximum)}, got {describe(value)}")
    try:
        number = float(value)
    except OverflowError:  # an int of 400 digits
        number = math.inf if value > 0 else -math.inf
    above = number > minimum if strict else number >= minimum
    if not (math.isfinite(number) and above and number < maximum):
        raise ValueError(f"{name} must be {_range_in_words(minimum, strict, maximum)}, got {describe(value)}")
    return number


def _range_in_words(minimum: float, strict: bool, maximum: float) -> str:
    sign = ">" if strict else ">="
    return f"a finite number {sign} {minimum:g}" + (f" and < {maximum:g}" if maximum < math.inf else "")


def flag(name: str, value: Any) -> bool:
    """``value`` as a bool; anything but True or False is refused."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {describe(value)}")
    return bool(value)


def array(name: str, value: Any, shape: tuple[int | str, ...], why: str = "") -> Array:
    """``value`` as a new C-ordered float64 array of the wanted shape with finite entries.

    ``shape`` mixes numbers, which must match, and letters, which stand for any size >= 1; ``why`` is
    appended to the wanted shape, as in "with r = 3 weights".
    """
    given = value if type(value) is np.ndarray else as_array(name, value, _shape_in_words(shape, why))
    if given.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers, got {describe(given)}")
    if given.ndim != len(shape) or not all(map(_size_matches, given.shape, shape)):
        raise ValueError(f"{name} must have shape {_shape_in_words(shape, why)}, got {given.shape}")
    # np.array copies: the caller's array can change later without changing ours
    result = np.array(given, dtype=np.float64, order="C")
    good = np.isfinite(result)
    if not good.all():
        raise OutOfRange(f"{name} must be finite, got {int((~good).sum())} entries that are not")
    return result


def _size_matches(size: int, want: int | str) -> bool:
    return size >= 1 if isinstance(want, str) else size == want


def _shape_in_words(shape: tuple[int | str, ...], why: str) -> str:
    wanted = "(" + ", ".join(str(size) for size in shape) + ("," if len(shape) == 1 else "") + ")"
    return f"{wanted} {why}".strip()


def as_array(name: str, value: Any, wanted: str) -> np.ndarray:
    """``value`` as an array of whatever it holds; lists of lists of different lengths are refused."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.getmaskarray(value).any():
        count = int(np.ma.getmaskarray(value).sum())
        raise ValueError(f"{name} must have no masked entries, got {count}: fill them or leave them out first")
    try:
        return np.asarray(value)
    except Exception as error:  # an object's own __array__ may raise anything
        raise ValueError(f"{name} must be an array of shape {wanted}, got {describe(value)}") from error


def stack(name: str, value: Any, tail: tuple[int, ...]) -> Array:
    """``value`` as a float64 array of shape (..., *tail) with finite entries: any number of points at once."""
    wanted = "(" + ", ".join(["...", *(str(size) for size in tail)]) + ")"
    given = as_array(name, value, wanted)
    if given.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be an array of real numbers of shape {wanted}, got {describe(value)}")
    if given.ndim < len(tail) or given.shape[given.ndim - len(tail) :] != tail:
        raise ValueError(f"{name} must have shape {wanted}, got {given.shape}")
    return array(name, given, given.shape)


def instance(name: str, value: Any, kind: type[Class], wanted: str = "") -> Class:
    """``value`` if it is a ``kind``; ``wanted`` says so in words where the name of the class would not do."""
    if not isinstance(value, kind):
        wanted = wanted or _IN_WORDS.get(kind.__name__, f"a {kind.__name__}")
        raise TypeError(f"{name} must be {wanted}, got {describe(value)}")
    return value


def instances(name: str, values: Any, kind: type[Class]) -> list[Class]:
    """A sequence of at least one ``kind`` as a list."""
    wanted = f"a sequence of {kind.__name__}"
    if not isinstance(values, list | tuple) or not values:
        raise TypeError(f"{name} must be {wanted}, got {describe(values)}")
    return [instance(f"{name}[{k}]", value, kind) for k, value in enumerate(values)]


def finite(name: str, value: Result, why: str) -> Result:
    """A result, number or array, if it is finite; ``why`` says which of the arguments can have made it otherwise.

    Floating-point numbers end at 1.8e308. What goes beyond must not go on as inf, or as the NaN that follows it.
    """
    good = np.isfinite(value)
    if not good.all():
        first = np.asarray(value)[~good].ravel()[0] if np.ndim(value) else value
        raise OutOfRange(f"{name} must be within floating-point range, got {first}: {why}")
    return value


def overflowing() -> np.errstate:
    """A context in which overflows pass in silence, for results that :func:`finite` looks at afterwards."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")


def generator(rng: Any) -> np.random.Generator:
    """``rng`` as a ``numpy.random.Generator``: an int >= 0 is a seed, a Generator is used as it is."""
    if isinstance(rng, np.random.Generator):
        return rng
    wanted = "rng must be an integer seed >= 0 or a numpy.random.Generator"
    if isinstance(rng, bool | np.bool_) or not isinstance(rng, int | np.integer):
        raise TypeError(f"{wanted}, got {describe(rng)}")
    if rng < 0:
        raise ValueError(f"{wanted}, got {rng}")
    return np.random.default_rng(int(rng))
