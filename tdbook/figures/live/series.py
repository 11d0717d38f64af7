"""What a live figure shows, packed for a page: arrays with named dimensions, rounded to what the eye sees."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import numpy as np

from tdbook import validation


class Series:
    """Values of one quantity over named dimensions: names of controls (the state picks one entry) or free ones.

    Numbers become whole multiples of a quantum, so that a page holds short integers; gaps are NaN. What
    :meth:`at` returns is what a page decodes, so a sentence computed here is the sentence of the page.

    Parameters
    ----------
    dims : sequence of str
        A name for each axis; ``()`` for a single number.
    values : array_like
        Numbers, or words.
    quantum : float, optional
        Values are rounded to multiples of this; by default to a 4000th of the largest.
    log : bool
        Round the decimal logarithm instead, to multiples of ``quantum`` (default 0.002, 0.5% of the value): for
        what is drawn on a logarithmic axis. Values must be positive.
    """

    def __init__(self, dims: Sequence[str], values: Any, quantum: float | None = None, log: bool = False) -> None:
        self.dims = tuple(dims)
        array = np.asarray(values)
        if array.ndim != len(self.dims) or len(set(self.dims)) != array.ndim:
            raise ValueError(f"dims must name each of the {array.ndim} axes once, got {self.dims}")
        self.shape, self.log = array.shape, validation.flag("log", log)
        self.words: list[str] | None = None
        self.quantum = 1.0
        if array.dtype.kind in "US":
            words, codes = np.unique(array, return_inverse=True)
            self.words, self.codes = words.tolist(), codes.reshape(array.shape).astype(float)
            return
        self.given = array = array.astype(float)
        known = array[np.isfinite(array)]
        if log and not (known > 0).all():
            raise ValueError(f"values must be positive where log is asked for, got {known.min():.3g}")
        if quantum is None:
            largest = float(np.abs(known).max(initial=0.0))
            quantum = 0.002 if log else 10.0 ** math.floor(math.log10(largest / 400)) if largest else 1.0
        self.quantum = validation.real("quantum", quantum)
        with np.errstate(invalid="ignore"):
            scaled = np.log10(array) if log else array
        # adding zero turns -0 into 0, which is what a page reads
        self.codes = np.round(np.where(np.isfinite(array), scaled, math.nan) / self.quantum) + 0.0

    @property
    def values(self) -> np.ndarray:
        """The values as a page sees them."""
        if self.words is not None:
            return np.array(self.words)[self.codes.astype(int)]
        rounded = self.codes * self.quantum
        return 10.0**rounded if self.log else rounded

    def at(self, place: Mapping[str, int]) -> Any:
        """The entry at the given index along each dimension; slices along those that ``place`` leaves out."""
        return self.values[tuple(place.get(dim, slice(None)) for dim in self.dims)]

    def misspoken(self, spec: str) -> str:
        """What a sentence would say wrongly because of the rounding, as "0.5 for 0.49", or an empty text."""
        if self.words is None:
            for exact, rounded in zip(self.given.ravel().tolist(), self.values.ravel().tolist(), strict=True):
                said = formatted(rounded, spec)
                # a tie may go either way, and a number below the quantum is zero
                right = [formatted(exact * near, spec) for near in (1.0, 1.0 - 1e-9, 1.0 + 1e-9)]
                if said not in right and abs(exact) > self.quantum / 2:
                    return f"{said} for {right[0]}"
        return ""

    def packed(self) -> dict[str, Any]:
        """For JSON: flat integers, null for a gap, [n] for n zeros; differences along the last axis where shorter."""
        found: dict[str, Any] = {"dims": list(self.dims), "shape": list(self.shape)}
        if self.words is not None:
            found["words"] = self.words
        else:
            found["quantum"] = self.quantum
            if self.log:
                found["log"] = True
        plain, steps = [], []
        for row in self.codes.reshape(-1, self.shape[-1] if self.shape else 1):
            last = 0
            for code in row.tolist():
                here = None if math.isnan(code) else int(code)
                plain.append(here)
                steps.append(None if here is None else here - last)
                last = last if here is None else here
        flat, differences = _runs(plain), _runs(steps)
        if len(str(differences)) < len(str(flat)):
            found["delta"], flat = True, differences
        found["flat"] = flat
        return found


def _runs(codes: Sequence[int | None]) -> list[int | list[int] | None]:
    """The codes with each run of three or more zeros as a list that holds its length."""
    found: list[int | list[int] | None] = []
    for code, group in itertools.groupby(codes):
        count = len(list(group))
        if code == 0 and count > 2:
            found.append([count])
        else:
            found.extend([code] * count)
    return found


_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _fixed(value: float, decimals: int) -> str:
    """So many decimals, a tie away from zero: as browsers round, where Python's formats take the even digit."""
    return f"{Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP):f}"


def spoken(value: float, digits: int = 3) -> str:
    """A number for a sentence: significant digits, powers of ten beyond 10^-3 and 10^5; live.js says it alike."""
    if math.isnan(value):
        return "unknown"
    if value == 0:
        return "0"
    rounded = Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal_from_float(abs(value))
    mantissa, exponent = f"{rounded:.{digits - 1}e}".split("e")
    power, sign = int(exponent), "−" if value < 0 else ""
    if -3 <= power < 5:
        fixed = _fixed(abs(value), max(digits - 1 - power, 0))
        return sign + (fixed.rstrip("0").rstrip(".") if "." in fixed else fixed)
    mantissa = mantissa.rstrip("0").rstrip(".")
    scale = f"10{str(power).translate(_SUPERSCRIPT)}"
    return sign + (scale if mantissa == "1" else f"{mantissa}·{scale}")


def spelt(dims: Sequence[str], values: Any, spec: str) -> Series:
    """Numbers as the words of a sentence, where the rounding of a drawn series would change a digit."""
    array = np.asarray(values, dtype=float)
    return Series(dims, np.array([formatted(value, spec) for value in array.ravel().tolist()]).reshape(array.shape))


def formatted(value: Any, spec: str) -> str:
    """A value in a sentence: words as they are, ``spec`` 3 for three significant digits, .2f for two decimals."""
    if isinstance(value, str):
        return value
    number = float(value)
    if spec.endswith("f") and not math.isnan(number):
        return ("−" if number < 0 else "") + _fixed(abs(number), int(spec[1:-1]))
    return spoken(number, int(spec or 3))
