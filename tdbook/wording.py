"""How a value is named in a message. Without NumPy, so that what needs none can be loaded without it."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["choice", "describe", "is_array", "plain"]


def is_array(value: Any) -> bool:
    """Whether this is an array of NumPy, which is not loaded for the question."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def describe(value: Any) -> str:
    """A short description of an offending value: shapes for arrays, the value itself when it is short."""
    if is_array(value):
        return f"an array of shape {value.shape} and type {value.dtype}"
    text = " ".join(repr(value).split())  # in one line, whatever its own form
    return text if len(text) <= 60 else f"{text[:57]}..."


def plain(value: Any) -> Any:
    """The value, as Python's own where it is one of NumPy's numbers."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, numpy.generic):
        return value
    return float(value) if isinstance(value, numpy.floating) else value.item()


def choice(name: str, value: Any, options: tuple[str, ...]) -> str:
    """``value`` if it is one of ``options``."""
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"{name} must be one of {', '.join(options)}, got {describe(value)}")
    return str(value)
