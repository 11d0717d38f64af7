"""The rule that every refusal keeps, whatever its words are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def refused(named: str, error: type[Exception] | tuple[type[Exception], ...] = ValueError) -> Iterator[None]:
    """The body raises ``error`` with one line that names the parameter, says what it must be and what came."""
    with pytest.raises(error) as caught:
        yield
    said = str(caught.value)
    assert "\n" not in said, said
    assert re.search(rf"(?<!\w){re.escape(named)}(?!\w)", said), f"{named!r} is not named in: {said}"
    assert " must " in said, f"what was wanted is not said: {said}"
    assert ", got " in said, f"what came is not said: {said}"
