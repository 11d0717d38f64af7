"""What a hostile caller may pass, and what a function may do about it: answer with numbers, or refuse in one line.

``tries(example)`` replaces each argument of a good call by each hostile value of its kind. ``judge`` says what is
wrong with the outcome: a complaint from the depths (NumPy's, SciPy's, Python's own), a message that does not say
what was wanted, a NaN or an infinity in the answer, a warning, or no answer in time.
"""

from __future__ import annotations

import dataclasses
import math
import re
import signal
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import GeneratorType
from typing import Any

import numpy as np
import scipy.sparse

import tdbook
from tdbook import descent
from tdbook.landscape import Trap
from tdbook.objectives import Parameters
from tdbook.tensors import DenseSymmetric, SymmetricCP, SymmetricTensor

PACKAGE = str(Path(tdbook.__file__).parent)
SECONDS = 20  # of the processor; none of the calls below has a reason to take so long
WAITING = 300  # by the clock, whatever else the machine does


@dataclass(frozen=True)
class Example:
    """A call that works, from which hostile ones are made.

    Attributes
    ----------
    call : callable
    arguments : dict
        By name.
    infinite : bool
        An infinite number is a documented answer ("never", "no bound").
    missing : bool
        NaN stands for what was not asked for.
    kept : tuple of str
        Arguments that are left alone: files, callables, and what would only make the call long.
    """

    call: Callable[..., Any]
    arguments: dict[str, Any]
    infinite: bool = False
    missing: bool = False
    kept: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        module = self.call.__module__.removeprefix("tdbook.")
        return f"{module}.{self.call.__qualname__}"


# --- hostile values, by the kind of the good one ----------------------------------------------------------------


class Stubborn:
    """Something that will be no array: NumPy asks it, and it raises what nobody expects."""

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise RuntimeError("no")


class Endless:
    """A sequence that contains itself."""

    def __len__(self) -> int:
        return 1

    def __getitem__(self, _: int) -> Endless:
        return self


WRONG_TYPES: list[Any] = [None, "three", [1, [2]], {}, 1 + 2j, b"7", object(), float, np.array(["a"])]


def numbers() -> list[Any]:
    return [0, -1, 1, 2, 0.5, 1e300, -1e300, 1e-300, 5e-324, math.nan, math.inf, -math.inf, True, Fraction(1, 3),
            np.float32(0.25), np.int8(3), 10**400, np.nan]  # fmt: skip


def integers() -> list[Any]:
    return [0, -1, 1, 2, 3, 4, 5, 6, 7, 8, True, 1.5, 3.0, math.nan, math.inf, np.int64(3), np.uint8(3), -(10**30),
            10**30]  # fmt: skip


def arrays(good: np.ndarray) -> Iterator[Any]:
    """The same shape with bad numbers, then bad shapes and kinds of numbers."""
    for value in (math.nan, math.inf, -math.inf, 1e300, -1e300, 1e-300, 5e-324, 0.0, 1e-12, 1e12):
        spoilt = good.astype(float)
        spoilt[(0,) * good.ndim] = value
        yield spoilt
        yield np.full_like(spoilt, value)
    for factor in (1e300, 1e154, 1e-154, 1e-300, 1e-320, 1e-12, -1.0):
        with np.errstate(over="ignore", under="ignore"):
            yield good.astype(float) * factor
    if good.ndim == 2:
        yield np.zeros_like(good, dtype=float)
        for column in (good[:, :1] * 0.0, good[:, :1], -good[:, :1], good[:, :1] * 1e-300, good[:, :1] * (1 + 1e-9)):
            spoilt = good.astype(float)
            spoilt[:, -1:] = column
            yield spoilt
        yield good[:, :1]
        yield good[:1]
        yield good.T
        yield np.hstack([good] * 5)  # many more columns than rows
        yield np.asfortranarray(good)
        yield good[::-1, ::-1]
        yield good[:, 0]
        yield good[:, :0]
        yield good[:0]
    if good.ndim == 1:
        yield good[:, None]
        yield good[:-1]
        yield good[:0]
        yield good[::-1]
        yield good.tolist()
    yield good[None]
    yield np.float64(1.0)
    yield good.astype(np.float32)
    yield np.sign(good).astype(np.int64)
    yield good.astype(complex)
    yield good.astype(object)
    yield good.astype(str)
    yield good > 0
    yield from (np.ma.masked_array(good, mask=True), np.ma.masked_array(good, mask=np.indices(good.shape).sum(0) == 0))
    yield from same_numbers(good)
    yield good.astype("datetime64[s]")
    yield np.array([(1.0, 2)] * len(good), dtype=[("x", float), ("y", int)])
    yield scipy.sparse.csr_array(np.atleast_2d(good)) if good.ndim < 3 else None
    yield from (Stubborn(), Endless(), np.float64(math.nan), np.array(1.0), np.array([]))
    yield from WRONG_TYPES


class Named(np.ndarray):
    """A subclass of arrays, as other libraries have."""


def same_numbers(good: np.ndarray) -> list[Any]:
    """The numbers of an array in other forms, which must be taken as what they are."""
    wide = np.zeros((*good.shape[:-1], 2 * good.shape[-1]), dtype=good.dtype)
    wide[..., ::2] = good
    kept = np.array(good)
    kept.flags.writeable = False
    return [
        wide[..., ::2],  # every second number of a larger array
        np.asfortranarray(good),
        kept,
        good.astype(good.dtype.newbyteorder(">")),
        good.view(Named),
        np.ma.masked_array(good),
        good.tolist(),
        tuple(good.tolist()),
        list(good),
    ]


def tensors(good: SymmetricTensor) -> Iterator[Any]:
    d, order = good.dimension, good.order
    first = np.zeros((d, 1))
    first[0] = 1.0
    yield DenseSymmetric(good.to_dense())
    for size in (1e300, 1e150, 1e-150, 1e-300, 5e-324, 1e-12, 1e12, 0.0, -1.0):
        yield good.scaled(size)
    yield SymmetricCP([1.0], first, order)
    yield SymmetricCP([1.0, -1.0], np.hstack([first, first]), order)  # zero, but not to look at
    yield SymmetricCP([1.0, 1.0], np.hstack([first, first * 1e-200]), 2 if order != 2 else 3)
    yield SymmetricCP([1e300], 1e-100 * first, order)
    yield DenseSymmetric(np.zeros((d,) * order))
    yield SymmetricCP(np.ones(3 * d), np.random.default_rng(0).standard_normal((d, 3 * d)), order)  # r > d
    for other in (2, 3, 5, 8):
        yield tdbook.random_target(d, 2, other, rng=1)
    yield tdbook.random_target(d + 1, 2, order, rng=1)
    yield tdbook.random_target(1, 1, order, rng=1)
    yield from (good.to_dense(), np.ones(d))
    yield from WRONG_TYPES


def points(good: Parameters) -> Iterator[Any]:
    for size in (1e150, 1e-12, 1e-150, 1e-300):
        yield Parameters(good.U * size, good.a, good.c / size, good.c_hat / size)
        yield Parameters(good.U * size, good.a, good.c, good.c_hat)
    for size in (1e100, 1e300, 1e-300):
        yield Parameters(good.U, good.a, good.c * size, good.c_hat)
        yield Parameters(good.U, good.a, good.c, good.c_hat * size)
    equal = np.repeat(good.U[:, :1], good.U.shape[1], axis=1)
    yield Parameters(equal, good.a, good.c, good.c_hat)
    yield Parameters(good.U[:, :1], good.a[:1], good.c[:1], good.c_hat[:1])  # m = 1
    yield Parameters(good.U[:1], good.a, good.c, good.c_hat)
    many = [np.concatenate([x] * 9, axis=-1) for x in (good.U, good.a, good.c, good.c_hat)]
    yield Parameters(*many)
    yield from (good.U, (good.U, good.a, good.c, good.c_hat))
    yield from WRONG_TYPES


def states(good: descent.State) -> Iterator[Any]:
    for point in points(good.parameters):
        if isinstance(point, Parameters):
            m = len(point.a)
            yield dataclasses.replace(good, parameters=point, fresh=np.ones(m, dtype=bool))
            yield dataclasses.replace(good, parameters=point, fresh=np.zeros(m, dtype=bool))
    yield from (good.parameters, *WRONG_TYPES)


def settings(good: descent.Settings) -> Iterator[Any]:
    for change in (
        {"step_size": 1e300}, {"step_size": 1e-300}, {"step_size": 10.0}, {"init_scale": 1e-300},
        {"init_scale": 1e300}, {"init_scale": 1e-12}, {"regularization": 0.0}, {"regularization": 1e300},
        {"regularization": 1e3}, {"accuracy": 1e-300}, {"accuracy": 1e300}, {"boost": 1.0}, {"boost": 1e300},
        {"boost": 1e-300}, {"switch": False}, {"reinitialize": False}, {"components": 1}, {"dimension": 1},
        {"dimension": good.dimension + 1}, {"components": good.components + 1}, {"literal": True}, {"epochs": 1},
    ):  # fmt: skip
        yield dataclasses.replace(good, **change)
    yield from (dataclasses.asdict(good), *WRONG_TYPES)


def hostile(good: Any) -> Iterator[Any]:
    """Hostile values in the place of a good one."""
    if isinstance(good, bool | np.bool_):
        yield from (True, False, 0, 1, "yes", None, np.bool_(True), np.array([True]))
    elif isinstance(good, int | np.integer):
        yield from (*integers(), *WRONG_TYPES)
    elif isinstance(good, float | np.floating):
        yield from (*numbers(), *WRONG_TYPES)
    elif isinstance(good, str):
        yield from ("", "no such thing", good.upper(), f"{good} ", "\n", "\0", 3, None, good.encode(), [good])
    elif isinstance(good, np.ndarray):
        yield from arrays(good)
    elif isinstance(good, SymmetricTensor):
        yield from tensors(good)
    elif isinstance(good, Parameters):
        yield from points(good)
    elif isinstance(good, descent.State):
        yield from states(good)
    elif isinstance(good, descent.Settings):
        yield from settings(good)
    elif isinstance(good, np.random.Generator):
        yield from (0, 7, 10**30, -1, 1.0, True, None, "seed", np.random.RandomState, np.int64(3))
    else:  # something of a class of its own: only its kind can be wrong
        yield from WRONG_TYPES


def fresh(arguments: dict[str, Any]) -> dict[str, Any]:
    """The good arguments with generators at their start."""
    return {
        name: np.random.default_rng(0) if isinstance(value, np.random.Generator) else value
        for name, value in arguments.items()
    }


def tries(example: Example) -> Iterator[tuple[str, dict[str, Any]]]:
    """The good call, then one hostile argument at a time; a short name for each and the arguments."""
    yield "as it should be", fresh(example.arguments)
    for name, good in example.arguments.items():
        if name in example.kept:
            continue
        for k, value in enumerate(hostile(good)):
            yield f"{name}[{k}] = {short(value)}", {**fresh(example.arguments), name: value}


def short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        head = np.array2string(np.asarray(value).ravel()[:3], precision=3)
        return f"{value.dtype} array {value.shape} {head}".replace("\n", " ")
    return repr(value).replace("\n", " ")[:90]


# --- the judge ---------------------------------------------------------------------------------------------------


class TooLong(Exception):
    """The call did not come back in time."""


def _ring(*_: Any) -> None:
    raise TooLong


def judge(example: Example, arguments: dict[str, Any]) -> str:
    """What is wrong with the outcome of a call, or an empty string."""
    return outcome(example, arguments)[0]


def outcome(example: Example, arguments: dict[str, Any]) -> tuple[str, str]:
    """What is wrong with the outcome of a call, and what was wanted if it was refused; empty where there is nothing."""
    before = [(name, signal.signal(name, _ring)) for name in (signal.SIGPROF, signal.SIGALRM)]
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.alarm(WAITING)
    try:
        found = example.call(**arguments)
        if isinstance(found, GeneratorType):
            found = [item for _, item in zip(range(3), found)]
        return unfit(found, example), ""
    except TooLong:
        return "no answer in time", ""
    except (ValueError, TypeError, MemoryError) as error:
        return complaint(error), f"{type(error).__name__}: {re.split(', got', str(error))[0]}"
    except Exception as error:  # whatever it is, it should not have come out
        return f"raised {type(error).__name__}: {error}".split("\n")[0][:200] + place(error), ""
    finally:
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        for name, handler in before:
            signal.signal(name, handler)


def place(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(PACKAGE)]
    frame = ours[-1] if ours else last
    return f" [{Path(frame.filename).name}:{frame.lineno} {frame.name}]"


def complaint(error: BaseException) -> str:
    """A refusal is good when the library itself says it, in one line, and says what was wanted."""
    text = str(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    if not last.filename.startswith(PACKAGE):
        return f"{type(error).__name__} from the depths: {text.splitlines()[0] if text else ''}"[:200] + place(error)
    if "\n" in text:
        return f"more than one line: {text[:80]!r}"
    if " must " not in text:
        return f"does not say what was wanted: {text[:160]!r}"
    return ""


def unfit(found: Any, example: Example) -> str:
    """A NaN or an infinity somewhere in an answer, or an empty string."""
    for where, value in leaves(found, "answer"):
        bad = np.isnan(value) & (not example.missing) | np.isinf(value) & (not example.infinite)
        if bad.any():
            return f"{where} holds {np.asarray(value)[bad].ravel()[0]}"
    return ""


def leaves(thing: Any, where: str) -> Iterator[tuple[str, Any]]:
    if isinstance(thing, float | np.floating):
        yield where, np.asarray(thing)
    elif isinstance(thing, np.ndarray):
        if thing.dtype.kind == "f":
            yield where, thing
    elif isinstance(thing, SymmetricCP):
        yield from ((f"{where}.weights", thing.weights), (f"{where}.factors", thing.factors))
    elif isinstance(thing, DenseSymmetric):
        yield f"{where}.array", thing.array
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        for entry in dataclasses.fields(thing):
            yield from leaves(getattr(thing, entry.name), f"{where}.{entry.name}")
    elif isinstance(thing, dict):
        for key, value in thing.items():
            yield from leaves(value, f"{where}[{key!r}]")
    elif isinstance(thing, list | tuple):
        for k, value in enumerate(thing):
            yield from leaves(value, f"{where}[{k}]")
    elif hasattr(thing, "data") and hasattr(thing, "tocsr"):  # a sparse matrix
        yield from leaves(thing.data, f"{where}.data")


__all__ = ["Example", "Trap", "judge", "tries"]
