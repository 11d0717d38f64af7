"""Put live figures on pages: a picture that carries one in its metadata is wrapped in it.

The picture stays inside, for paper, for readers without JavaScript and for a figure whose data are broken; see
``tdbook.figures.live``. The scripts and their style sheet are on every page, small and deferred.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from myst_nb.core.render import NbElementRenderer
from sphinx.application import Sphinx


def wrap_pictures(renderer: type[NbElementRenderer]) -> None:
    """Let an image output whose metadata hold a live figure stand within it; only builders of HTML show the rest."""
    plain = renderer.render_mime_type
    if plain.__module__ == __name__:
        return  # already wrapped, by an earlier build in this process

    def render_mime_type(self: NbElementRenderer, data: Any) -> list[nodes.Element]:
        rendered = plain(self, data)
        live = data.output_metadata.get(data.mime_type, {}).get("live")
        if not live:
            return rendered
        before, after = (nodes.raw("", live[part], format="html") for part in ("before", "after"))
        return [before, *rendered, after]

    renderer.render_mime_type = render_mime_type  # type: ignore[method-assign]


def setup(app: Sphinx) -> dict[str, Any]:
    wrap_pictures(NbElementRenderer)
    app.add_css_file("live.css")
    for script in ("live-draw.js", "live.js"):  # deferred scripts run in this order
        app.add_js_file(script, loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
