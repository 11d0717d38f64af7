"""The public functions of the library: those that its packages export."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module

PACKAGES = "statistics tensors objectives lazy descent decomposition landscape lemmas beyond experiments".split()


def functions() -> dict[str, Callable[..., object]]:
    """Each by its dotted name, without checks of arguments."""
    found = {}
    for package in PACKAGES:
        module = import_module(f"tdbook.{package}")
        for name in dir(module):
            thing = getattr(module, name)
            function = inspect.unwrap(thing) if callable(thing) else thing
            own = inspect.isfunction(function) and function.__module__.startswith(module.__name__)
            if own and not name.startswith(("_", "check")):
                found[f"tdbook.{package}.{name}"] = thing
    return found
