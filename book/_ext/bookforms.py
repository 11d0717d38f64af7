"""Figures in four forms: wide and for narrow screens, for light pages and for dark ones.

``tdbook.figures.Picture`` puts the other forms into the metadata of its PNG, and ``bookrender`` images before the one
for wide and light pages. A browser fetches only what it shows: of two layouts it takes one by the page's width, and a
form for the other theme is hidden, so that it waits (``loading="lazy"``) until the reader changes the theme.
"""

from __future__ import annotations

import posixpath
from typing import Any
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx

BELOW = "(max-width: 575.98px)"  # the width at which book.css changes too


class picture(nodes.General, nodes.Element):
    """A wide image that knows the address and the size of its narrow layout, and the theme it is for ("" for any)."""


def visit_html(self: Any, node: picture) -> None:
    """Open the element, within the link to the wide file that Sphinx puts around every image with a width."""
    (wide,) = node.findall(nodes.image)
    narrow_file, wide_file = (
        posixpath.join(self.builder.imgpath, quote(self.builder.images[uri])) for uri in (node["uri"], wide["uri"])
    )
    width, height = node["size"]
    theme = f" td-on-{node['theme']}" if node["theme"] else ""  # book.css hides what is for the other theme
    self.body.append(
        f'<a class="reference internal image-reference{theme}" href="{wide_file}"><picture>'
        f'<source media="{BELOW}" srcset="{narrow_file}" width="{width}" height="{height}" />'
    )


def depart_html(self: Any, node: picture) -> None:
    self.body.append("</picture></a>\n")


def join_forms(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Join all forms to the image that follows them; paper and text take that one alone.

    Up to here they are plain images side by side, so that Sphinx copies the files of all.
    """
    forms: dict[str, nodes.image] = {}
    for image in list(doctree.findall(nodes.image)):
        if "form" in image:
            forms[image["form"]] = image
            image.parent.remove(image)
            continue
        if forms and app.builder.format == "html":
            forms["light"] = image
            themes = [theme for theme in ("light", "dark") if theme in forms]
            image.replace_self([joined(app, image, forms, theme, len(themes) > 1) for theme in themes])
        forms = {}


def joined(app: Sphinx, image: nodes.image, forms: dict[str, nodes.image], theme: str, one_of_two: bool) -> picture:
    """The two layouts for a theme as one element; ``image`` has the classes, the width and the words of all forms."""
    narrow, inside = forms[f"{theme} narrow"], image.copy()
    uri = narrow["candidates"]["*"]
    app.builder.images[uri] = app.env.images[uri][1]  # as Sphinx does for the images it will copy
    inside["uri"], inside["candidates"] = forms[theme]["uri"], forms[theme]["candidates"]
    # A link of Sphinx's own would come between the element and its image, and the browser would ignore both.
    inside["classes"] = [*inside["classes"], "no-scaled-link"]
    return picture("", inside, uri=uri, size=narrow["size"], theme=theme if one_of_two else "")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(picture, html=(visit_html, depart_html))
    app.connect("doctree-resolved", join_forms, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
