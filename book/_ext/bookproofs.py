"""Claims that the page itself proves and exercises that it judges, where ``make browser`` has packed a Python for it.

The scripts are ``book/_static/prove.js`` and ``exercises.js``. Without the pack no page has a button or a field, and
nothing is missing from it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

PACK = Path(".browser") / "python"


def packed(app: Sphinx) -> Path | None:
    folder = Path(app.srcdir) / PACK
    return folder if (folder / "manifest.js").is_file() else None


def add_scripts(app: Sphinx) -> None:
    if app.builder.format == "html" and packed(app):
        app.add_css_file("prove.css")
        for script in ("python/manifest.js", "prove.js", "exercises.js"):  # deferred scripts run in this order
            app.add_js_file(script, loading_method="defer")


def copy_pack(app: Sphinx, error: Exception | None) -> None:
    """Put the pack beside the pages, or take an old one away."""
    if error is not None or app.builder.format != "html":
        return
    target = Path(app.outdir) / "_static" / "python"
    shutil.rmtree(target, ignore_errors=True)
    if folder := packed(app):
        shutil.copytree(folder, target)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", add_scripts)
    app.connect("build-finished", copy_pack)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
