"""What every public function asks of its arguments, said in one line when it is not met.

Each check returns the value in the form the callers work with and raises ``ValueError`` (or ``TypeError``
for something of the wrong kind) naming the parameter, what was wanted and what came. ``guarded`` holds a whole
function to that: what its annotations promise is checked, and no NaN or infinity leaves it.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Kind = TypeVar("Kind")
Result = TypeVar("Result", float, Array)
Given = ParamSpec("Given")
Found = TypeVar("Found")
_PACKAGE = str(Path(__file__).parent)
# Classes that a caller knows under other names.
_IN_WORDS = {"SymmetricTensor": "a SymmetricCP or a DenseSymmetric"}


class OutOfRange(ValueError):
    """A number that is infinite or NaN, in an argument or in a result."""


def describe(value: Any) -> str:
    """A short description of an offending value: shapes for arrays, the value itself when it is short."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and type {value.dtype}"
    text = " ".join(repr(value).split())  # in one line, whatever its own form
    return text if len(text) <= 60 else f"{text[:57]}..."


def integer(name: str, value: Any, minimum: int, maximum: int | None = None) -> int:
    """``value`` as an int within [minimum, maximum]; booleans and floats are refused."""
    wrong = isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer)
    if wrong or value < minimum or (maximum is not None and value > maximum):
        wanted = f"an integer >= {minimum}" if maximum is None else f"an integer from {minimum} to {maximum}"
        raise (TypeError if wrong else ValueError)(f"{name} must be {wanted}, got {describe(value)}")
    return int(value)


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
    if given.ndim != len(shape) or not all(map(_fits, given.shape, shape)):
        raise ValueError(f"{name} must have shape {_shape_in_words(shape, why)}, got {given.shape}")
    # np.array copies: the caller's array can change later without changing ours
    result = np.array(given, dtype=np.float64, order="C")
    good = np.isfinite(result)
    if not good.all():
        raise OutOfRange(f"{name} must be finite, got {int((~good).sum())} entries that are not")
    return result


def _fits(size: int, want: int | str) -> bool:
    return size >= 1 if isinstance(want, str) else size == want


def _shape_in_words(shape: tuple[int | str, ...], why: str) -> str:
    wanted = "(" + ", ".join(str(size) for size in shape) + ("," if len(shape) == 1 else "") + ")"
    return f"{wanted} {why}".strip()


def as_array(name: str, value: Any, wanted: str) -> np.ndarray:
    """``value`` as an array of whatever it holds; lists of lists of different lengths are refused."""
    try:
        return np.asarray(value)
    except (ValueError, TypeError) as error:
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


def instance(name: str, value: Any, kind: type[Kind], wanted: str = "") -> Kind:
    """``value`` if it is a ``kind``; ``wanted`` says so in words where the name of the class would not do."""
    if not isinstance(value, kind):
        wanted = wanted or _IN_WORDS.get(kind.__name__, f"a {kind.__name__}")
        raise TypeError(f"{name} must be {wanted}, got {describe(value)}")
    return value


def instances(name: str, values: Any, kind: type[Kind]) -> list[Kind]:
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


def choice(name: str, value: Any, options: tuple[str, ...]) -> str:
    """``value`` if it is one of ``options``."""
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"{name} must be one of {', '.join(options)}, got {describe(value)}")
    return str(value)


# --- whole functions ----------------------------------------------------------------------------------------


def guarded(
    *, infinite: bool = False, missing: bool = False
) -> Callable[[Callable[Given, Found]], Callable[Given, Found]]:
    """A decorator that holds a function to its annotations, and its result to finite numbers.

    Before: arguments annotated with a class, a number, a flag or a sequence of a class are of that kind. While it
    runs, overflows pass in silence. After: a NaN or an infinity in the result is refused, and what NumPy, SciPy or
    Python had to say comes out in one line. ``infinite`` lets infinities pass, where one is an answer, ``missing``
    NaN, where it stands for what was not asked for.
    """

    def around(function: Callable[Given, Found]) -> Callable[Given, Found]:
        signature = inspect.signature(function)
        open_ended = {name for name, each in signature.parameters.items() if each.kind is each.VAR_KEYWORD}
        checks: dict[str, Callable[[str, Any], object]] = {}
        known = False

        @functools.wraps(function)
        def within(*given: Given.args, **named: Given.kwargs) -> Found:
            nonlocal known
            if not known:  # classes of the function's module are not all known while it is being imported
                for name, kind in typing.get_type_hints(function).items():
                    if (check := _check_for(kind)) is not None:
                        checks[name] = check
                known = True
            for name, value in signature.bind(*given, **named).arguments.items():
                if name not in checks:
                    continue
                for each, part in value.items() if name in open_ended else ((name, value),):
                    checks[name](each, part)
            try:
                with overflowing():
                    found = function(*given, **named)
            except (ValueError, TypeError, ArithmeticError, LookupError, MemoryError) as error:
                if _our_own(error):
                    raise
                why = " ".join(str(error).split()) or type(error).__name__
                raise ValueError(f"the arguments of {function.__name__} must fit together, got: {why}") from error
            for number in _numbers(found):
                if np.isfinite(number).all():
                    continue
                bad = np.isnan(number) & (not missing) | np.isinf(number) & (not infinite)
                if bad.any():
                    raise ValueError(
                        f"the result of {function.__name__} must be finite, got {np.asarray(number)[bad].ravel()[0]}: "
                        "an argument is too large or too small"
                    )
            return found

        return within

    return around


def _check_for(kind: Any) -> Callable[[str, Any], object] | None:
    """What refuses a value that an annotation does not allow, as far as this can be seen; None if nothing can."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        rest = tuple(one for one in inner if one is not type(None))
        if np.random.Generator in rest:
            check: Callable[[str, Any], object] | None = lambda _, value: generator(value)  # noqa: E731
        else:
            check = _check_for(rest[0]) if len(rest) == 1 else None
        if check is None or len(rest) == len(inner):
            return check
        some = check
        return lambda name, value: None if value is None else some(name, value)
    if kind is float:
        return lambda name, value: real(name, value, -math.inf)
    if kind is int:
        return lambda name, value: integer(name, value, -(2**62), 2**62)
    if kind is bool:
        return flag
    if kind is str:
        return lambda name, value: instance(name, value, str, "a word")
    if kind == Array:
        return lambda name, value: array(name, value, np.shape(value) if isinstance(value, np.ndarray) else ("d", "m"))
    if origin is Sequence and inner and inspect.isclass(inner[0]) and inner[0].__module__.startswith("tdbook"):
        return lambda name, value: instances(name, value, inner[0])
    if inspect.isclass(kind) and kind.__module__.startswith("tdbook"):
        return lambda name, value: instance(name, value, kind)
    return None


def _our_own(error: BaseException) -> bool:
    """Whether this library raised the error itself, so that it says what was wanted."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    inside = trace is not None and trace.tb_frame.f_code.co_filename.startswith(_PACKAGE)
    # what compiled code raises has no frame of its own, but does not speak as this library does either
    return inside and isinstance(error, ValueError | TypeError) and " must " in str(error)


def _numbers(thing: Any) -> Iterator[Any]:
    """All floating-point numbers in a result."""
    if isinstance(thing, float | np.floating):
        yield np.asarray(thing)
    elif isinstance(thing, np.ndarray):
        if thing.dtype.kind == "f":
            yield thing
    elif isinstance(thing, list | tuple):
        for part in thing:
            yield from _numbers(part)
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        for field in dataclasses.fields(thing):
            yield from _numbers(getattr(thing, field.name))
