"""What every public function asks of its arguments, said in one line when it is not met.

Each check returns the value in the form the callers work with and raises ``ValueError`` (or ``TypeError``
for something of the wrong kind) naming the parameter, what was wanted and what came.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def describe(value: Any) -> str:
    """A short description of an offending value: shapes for arrays, the value itself when it is short."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and type {value.dtype}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def integer(name: str, value: Any, minimum: int, maximum: int | None = None) -> int:
    """``value`` as an int within [minimum, maximum]; booleans and floats are refused."""
    wanted = f"an integer >= {minimum}" if maximum is None else f"an integer from {minimum} to {maximum}"
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be {wanted}, got {describe(value)}")
    if value < minimum or (maximum is not None and value > maximum):
        raise ValueError(f"{name} must be {wanted}, got {value}")
    return int(value)


def real(name: str, value: Any, minimum: float = 0.0, *, strict: bool = True, maximum: float = math.inf) -> float:
    """``value`` as a finite float above ``minimum`` (``strict``) or at least ``minimum``, below ``maximum``."""
    sign = ">" if strict else ">="
    wanted = f"a finite number {sign} {minimum:g}" + (f" and < {maximum:g}" if maximum < math.inf else "")
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be {wanted}, got {describe(value)}")
    number = float(value)
    above = number > minimum if strict else number >= minimum
    if not (math.isfinite(number) and above and number < maximum):
        raise ValueError(f"{name} must be {wanted}, got {value}")
    return number


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
    wanted = "(" + ", ".join(str(size) for size in shape) + ("," if len(shape) == 1 else "") + ")"
    wanted = f"{wanted} {why}".strip()
    try:
        given = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name} must be an array of shape {wanted}, got {describe(value)}") from error
    if given.dtype.kind not in "iuf":
        raise TypeError(f"{name} must hold real numbers, got {describe(given)}")
    matches = given.ndim == len(shape) and all(
        size >= 1 if isinstance(want, str) else size == want for size, want in zip(given.shape, shape, strict=True)
    )
    if not matches:
        raise ValueError(f"{name} must have shape {wanted}, got {given.shape}")
    # np.array copies: the caller's array can change later without changing ours
    result = np.array(given, dtype=np.float64, order="C")
    if not np.isfinite(result).all():
        raise ValueError(f"{name} must be finite, got {int((~np.isfinite(result)).sum())} entries that are not")
    return result


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
    if value not in options:
        raise ValueError(f"{name} must be one of {', '.join(options)}, got {describe(value)}")
    return str(value)
