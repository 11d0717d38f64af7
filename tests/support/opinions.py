"""Which functions a test calls."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import FrameType


def named(name: str) -> Callable[..., object]:
    """What stands under a dotted name; the function where a module has the same name."""
    module, _, own = name.rpartition(".")
    return getattr(import_module(module), own)


@contextmanager
def calls(functions: Mapping[str, Callable[..., object]]) -> Iterator[set[str]]:
    """The names of the functions that the body has not called; a remembering function may have nothing to call."""
    never = {name for name, function in functions.items() if not hasattr(function, "cache_info")}
    # a decorated function is called through its wrapper, and a mutated one through mutmut's alone
    codes = {form.__code__: name for name in never for form in (functions[name], inspect.unwrap(functions[name]))}
    before = sys.getprofile()

    def watch(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_code in codes:
            never.discard(codes[frame.f_code])

    sys.setprofile(watch)
    try:
        yield never
    finally:
        sys.setprofile(before)
