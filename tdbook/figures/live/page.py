"""How a live figure reaches a page: its markup around a static picture, and its data as JSON."""

from __future__ import annotations

import html
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from tdbook.figures.style import Picture


class OnPage(ABC):
    """What every live figure has; ``script`` says which class of the page's scripts makes it move.

    Parameters
    ----------
    name : str
        Short, lower case with hyphens: the figure's place in addresses, ``#live-name?control=key``.
    title : str
        The idea, in a few words.
    picture : Picture
        A telling state, for paper, for notebooks and for readers without JavaScript.
    caption : str
        HTML, with mathematics between ``\\(`` and ``\\)``: what is drawn, and what to try.
    source : str
        The dotted name of the function that makes the figure.
    tell : sequence of mappings
        States, by keys of controls, whose sentences the plain text holds; the first state is always among them.
    """

    script = "states"

    def __init__(
        self, name: str, title: str, picture: Picture, caption: str, source: str, tell: Sequence[Mapping[str, str]]
    ) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
            raise ValueError(f"name must be lower case with hyphens, got {name!r}")
        self.name, self.title, self.picture, self.caption, self.source = name, title, picture, caption, source
        self.tell = [dict(state) for state in tell]

    @abstractmethod
    def packed(self) -> dict[str, Any]:
        """All that the script needs, for JSON."""

    @abstractmethod
    def say(self, **state: str) -> str:
        """The sentence of a state."""

    @abstractmethod
    def address(self, **state: str) -> str:
        """The address of a state within its page; only what differs from the first state is named."""

    @property
    @abstractmethod
    def kind(self) -> str:
        """What the figure is, for its plain text."""

    @property
    def data(self) -> str:
        """The packed figure as JSON that may stand in a script element."""
        text = json.dumps(self.packed(), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.replace("<", "\\u003c")

    @property
    def size(self) -> int:
        """Bytes that the figure adds to its page beside its picture."""
        return len(self.data.encode())

    def before(self) -> str:
        """What stands on the page before the picture."""
        title = html.escape(self.title)
        return (
            f'<figure class="td-live" id="live-{self.name}" data-live="{self.name}" data-script="{self.script}" '
            f'data-source="{html.escape(self.source)}" aria-label="{title}"><p class="td-live__title">{title}</p>'
            '<div class="td-live__still">'
        )

    def after(self) -> str:
        """What stands on the page after the picture: the caption and the data."""
        return (
            f'</div><figcaption class="tex2jax_process mathjax_process">{self.caption}</figcaption>'
            f'<script type="application/json" class="td-live__data">{self.data}</script></figure>'
        )

    def __repr__(self) -> str:
        told = [f"{self.address(**state)}: {self.say(**state)}" for state in ({}, *self.tell)]
        return "\n".join([f"Live figure: {self.title} ({self.kind}). {self.picture.alt}", *told])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        """The static picture; the live figure travels in the picture's metadata.

        So a notebook shows the picture, what is committed keeps the text alone (tools/refresh.py drops images with
        their metadata), nbval compares that text, and the build (book/_ext/bookrender.py) puts both on the page.
        """
        data, metadata = self.picture.bundle(("light",))  # what moves has the page's own colours
        data["text/plain"] = repr(self)
        live = {"before": self.before(), "after": self.after()}
        metadata["image/png"] |= {"live": live, "source": self.source}
        return data, metadata
