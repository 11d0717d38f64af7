"""Figures that come in two layouts: the wide one, and for narrow screens the one below each other.

``tdbook.figures.Picture`` puts the narrow layout into the metadata of its PNG. A browser fetches only the one it shows.
"""

from __future__ import annotations

import posixpath
from binascii import a2b_base64
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from docutils import nodes
from myst_nb.core.render import NbElementRenderer
from sphinx.application import Sphinx

BELOW = "(max-width: 575.98px)"  # the width at which book.css changes too


class picture(nodes.General, nodes.Element):
    """A wide image that knows the address and the size of its narrow layout."""


def visit_html(self: Any, node: picture) -> None:
    """Open the element, within the link to the wide file that Sphinx puts around every image with a width."""
    (wide,) = node.findall(nodes.image)
    narrow_file, wide_file = (
        posixpath.join(self.builder.imgpath, quote(self.builder.images[uri])) for uri in (node["uri"], wide["uri"])
    )
    width, height = node["size"]
    self.body.append(
        f'<a class="reference internal image-reference" href="{wide_file}"><picture>'
        f'<source media="{BELOW}" srcset="{narrow_file}" width="{width}" height="{height}" />'
    )


def depart_html(self: Any, node: picture) -> None:
    self.body.append("</picture></a>\n")


def join_layouts(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Join each narrow layout to the image that follows it; paper and text take the wide one alone.

    Up to here the two are plain images side by side, so that Sphinx copies both files.
    """
    for narrow in [image for image in doctree.findall(nodes.image) if "narrow" in image]:
        wide = narrow.next_node(nodes.image, descend=False, siblings=True)
        if app.builder.format == "html" and wide is not None:
            uri = narrow["candidates"]["*"]
            app.builder.images[uri] = app.env.images[uri][1]  # as Sphinx does for the images it will copy
            inside = wide.copy()
            # A link of Sphinx's own would come between the element and its image, and the browser would ignore both.
            inside["classes"] = [*inside["classes"], "no-scaled-link"]
            wide.replace_self(picture("", inside, uri=uri, size=narrow["narrow"]))
        narrow.parent.remove(narrow)


def read_narrow_from_output(renderer: type[NbElementRenderer]) -> None:
    """Let an image output bring its narrow layout along."""
    plain = renderer.render_image
    if getattr(plain, "brings_narrow", False):
        return  # already wrapped, by an earlier build in this process

    def render_image(self: NbElementRenderer, data: Any) -> list[nodes.Element]:
        rendered = plain(self, data)
        layout = data.output_metadata.get(data.mime_type, {}).get("narrow")
        if not layout:
            return rendered
        png = a2b_base64(layout["png"])
        uri = self.write_file([f"{sha256(png).hexdigest()}.png"], png, overwrite=False, exists_ok=True)
        narrow = nodes.image(uri=uri, alt="", narrow=(int(layout["width"]), int(layout["height"])))
        return [narrow, *rendered]

    render_image.brings_narrow = True  # type: ignore[attr-defined]
    renderer.render_image = render_image  # type: ignore[method-assign]


def setup(app: Sphinx) -> dict[str, Any]:
    read_narrow_from_output(NbElementRenderer)
    app.add_node(picture, html=(visit_html, depart_html))
    app.connect("doctree-resolved", join_layouts, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
