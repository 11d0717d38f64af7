"""One predicate for the true objects and for the false ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from tdbook.ledger.claims import Control, Evidence

Thing = TypeVar("Thing")


def judged(
    kind: str,
    what: str,
    predicate: Callable[[Thing], bool],
    true: Mapping[str, Thing],
    false: Mapping[str, Thing],
    seen: str = "",
) -> Evidence:
    """Evidence that ``predicate`` holds for every true object; each false one, named by its key, is a control."""
    failing = [name for name, thing in true.items() if not predicate(thing)]
    return Evidence(
        kind=kind,
        what=what,
        holds=bool(true) and not failing,
        seen="fails for " + ", ".join(failing) if failing else seen,
        controls=tuple(Control(name, not predicate(thing)) for name, thing in false.items()),
    )
