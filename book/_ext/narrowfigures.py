"""Figures that come in two layouts: the wide one, and for narrow screens the one below each other.

``tdbook.figures.Picture`` puts the narrow layout into the metadata of its PNG, and ``bookrender`` a second image before
the wide one. A browser fetches only the one it shows.
"""

from __future__ import annotations

import posixpath
from typing import Any
from urllib.parse import quote

from docutils import nodes
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


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(picture, html=(visit_html, depart_html))
    app.connect("doctree-resolved", join_layouts, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
