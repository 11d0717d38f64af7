"""MyST-NB's renderer for this book: what the library writes into the metadata of an output becomes nodes of the page.

``nb_render_plugin: tdbook`` in ``_config.yml`` chooses it; pyproject.toml says where it is, by an entry point. MyST-NB
itself takes width and height from an output's metadata, and everything else from the cell's, which are typed by hand.
"""

from __future__ import annotations

import io
import re
from binascii import a2b_base64
from hashlib import sha256
from typing import Any

from docutils import nodes
from myst_nb.core.render import NbElementRenderer
from PIL import Image


class claim_card(nodes.General, nodes.Element):
    """A claim's card: attributes ``claim``, ``status`` and ``below``; as text its LaTeX, for a builder of LaTeX."""


class live_figure(nodes.General, nodes.Element):
    """A live figure: its markup around its picture. ``bookfigures`` numbers it like any figure."""


def first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]


class Renderer(NbElementRenderer):
    """Cards and other views of the ledger, live figures, and figures with alternative text and in several forms."""

    def render_mime_type(self, data: Any) -> list[nodes.Element]:
        about = data.output_metadata.get(data.mime_type, {})
        if about.get("view") == "card":
            latex = data.string if data.mime_type == "text/latex" else ""
            return [claim_card("", nodes.Text(latex), **{key: about[key] for key in ("claim", "status", "below")})]
        if "view" in about and data.mime_type == "text/latex":
            return [nodes.raw("", data.string, format="latex")]
        rendered = super().render_mime_type(data)
        if live := about.get("live"):
            before, after = (nodes.raw("", live[part], format="html") for part in ("before", "after"))
            parts = [before, *rendered, after]
            return [live_figure("", *parts)] if self.numbers else parts
        return rendered

    def render_image(self, data: Any) -> list[nodes.Element]:
        about = data.output_metadata.get(data.mime_type, {})
        rendered = super().render_image(data)
        for image in rendered:
            if alt := about.get("alt"):
                image["alt"] = " ".join(str(alt).split())
            if drawn_by := about.get("drawn_by"):
                image["drawn_by"] = str(drawn_by)
            image["loading"] = "lazy"
        if self.has("bookforms"):
            # `bookforms` joins them.
            rendered = [*(self.form(name, png) for name, png in about.get("forms", {}).items()), *rendered]
        if "drawn_by" not in about or "live" in about or not self.numbers:
            return rendered
        return [nodes.figure("", *rendered, self.caption(about, data.line), classes=["td-figure"])]

    def form(self, name: str, content: str) -> nodes.image:
        """Another form of a figure, with its size."""
        png = a2b_base64(content)
        uri = self.write_file([f"{sha256(png).hexdigest()}.png"], png, overwrite=False, exists_ok=True)
        with Image.open(io.BytesIO(png)) as image:
            return nodes.image(uri=uri, alt="", form=name, size=image.size)

    def has(self, extension: str) -> bool:
        """Whether what is being built has that extension: the book has all in this folder, the slides do not."""
        env = self.renderer.sphinx_env
        return env is not None and extension in env.app.extensions

    @property
    def numbers(self) -> bool:
        """Whether figures have numbers and captions: in the book they do, on slides they do not."""
        return self.has("bookfigures")

    def caption(self, about: dict[str, Any], line: int | None) -> nodes.caption:
        """The caption that the library wrote, in MyST; without one, what the picture shows by its description."""
        text = str(about.get("caption") or f"**{first_sentence(str(about['alt']))}**")
        caption = nodes.caption(text, "")
        caption.source, caption.line = self.renderer.document["source"], line
        with self.renderer.current_node_context(caption):
            self.renderer.nested_render_text(text, line or 0, inline=True)
        return caption
