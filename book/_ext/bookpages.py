"""What this book needs from Sphinx beyond its extensions.

Here: maths from the book's own folder, scripts of the live figures, mended pages. In the files beside: what the outputs
of cells become (``bookrender``), the sources of figures (``bookfigures``) and their forms (``bookforms``),
what waits in a fold (``bookfolds``), the lines of an algorithm and of its code (``booklisting``), the paper's lemmas as
links (``bookcites``), where a line of text may break (``bookwords``), claims and their statuses (``bookclaims``),
claims that the page proves (``bookproofs``), what stands around a page (``bookfurniture``), what a link shows before it
is followed (``bookpreviews``).
"""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path
from typing import Any

from bookfigures import sizes_of_images
from bookwords import breakable, glued
from docutils import nodes
from sphinx.application import Sphinx

PARTS = (
    "bookfigures",
    "bookforms",
    "bookfolds",
    "booklisting",
    "bookcites",
    "bookclaims",
    "bookproofs",
    "bookfurniture",
    "bookpreviews",
)

# MathJax finds its fonts relative to the script, so both keep their places.
MATHJAX_PARTS = ("tex-chtml-full.js", "output/chtml/fonts/woff-v2")


# What the theme and docutils write into pages and no setting changes.
MENDED = (
    # Chromium refuses these preloads on file:// pages, with an error each, and loads the fonts without them.
    (re.compile(r'<link rel="preload" as="font"[^>]*>\n?'), ""),
    # A role that ARIA has withdrawn; the list around the entries wants items.
    (re.compile(r'role="doc-biblioentry"'), 'role="listitem"'),
    # A fold is called by its own label: with one name for all of them nobody hears which is which.
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    # Where a listing leads back to: in this book, the figure that the function draws.
    (re.compile(r'(<a class="viewcode-back" [^>]*>)\[docs\]</a>'), r"\1its figure</a>"),
)


def mend_pages(app: Sphinx, error: Exception | None) -> None:
    """Mend every page after it was written; a page that was mended before stays as it is."""
    if error is not None or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        written = text = page.read_text(encoding="utf-8")
        for pattern, replacement in MENDED:
            text = pattern.sub(replacement, text)
        text = glued(breakable(sizes_of_images(page, text)))
        if text != written:
            page.write_text(text, encoding="utf-8")


def copy_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Put MathJax beside the pages: no page may ask another host for anything."""
    if error is not None or app.builder.format != "html":
        return
    # The package's name has hyphens, so it can be found but not imported.
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    if spec is None or spec.origin is None:
        raise RuntimeError("sphinx-mathjax-offline is not installed: run `make env`")
    source = Path(spec.origin).parent / "static" / "mathjax"
    target = Path(app.outdir) / "_static" / "mathjax"
    for part in MATHJAX_PARTS:
        if (target / part).exists():
            continue
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        if (source / part).is_dir():
            shutil.copytree(source / part, target / part)
        else:
            shutil.copyfile(source / part, target / part)


def drop_thebe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Leave out the scripts of thebe: they name a CDN and declare one constant twice, an error."""

    def is_thebe(script: Any) -> bool:
        body = getattr(script, "attributes", {}).get("body") or ""
        return "sphinx-thebe" in str(getattr(script, "filename", script)) or "THEBE" in body

    context["script_files"] = [s for s in context.get("script_files", []) if not is_thebe(s)]


def run_in_page(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Load Algorithm 1 where a live figure runs it, and nowhere else."""
    figures = "" if doctree is None else " ".join(node.astext()[:300] for node in doctree.findall(nodes.raw))
    scripts = [name for name in ("run", "escape") if f'data-script="{name}"' in figures]
    if scripts:
        for name in dict.fromkeys(("kernel", "run", "live-run", *(f"live-{script}" for script in scripts))):
            app.add_js_file(f"{name}.js", loading_method="defer", priority=400)


def drop_thebe_config(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """The same for the configuration that thebe adds to each page."""
    for node in list(doctree.findall(nodes.raw)):
        if "x-thebe-config" in node.astext():
            node.parent.remove(node)


def expect_maths(app: Sphinx, doctree: nodes.document) -> None:
    r"""Load MathJax also on pages whose only maths is the ``\(…\)`` of an HTML output, such as a card."""
    if any(r"\(" in node.astext() or r"\[" in node.astext() for node in doctree.findall(nodes.raw)):
        app.env.get_domain("math").data["has_equations"][app.env.docname] = True


def drop_repeated_ids(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Statements, exercises and solutions name their content alike on every page; an id must be there once."""
    repeated = {"proof-content", "exercise-content", "solution-content"}
    for section in doctree.findall(nodes.section):
        section["ids"] = [ident for ident in section["ids"] if ident not in repeated]


def setup(app: Sphinx) -> dict[str, Any]:
    for part in PARTS:
        app.setup_extension(part)
    app.add_css_file("live.css")
    for script in ("live-draw.js", "live.js"):  # deferred scripts run in this order
        app.add_js_file(script, loading_method="defer")
    app.connect("doctree-read", expect_maths)
    app.connect("doctree-resolved", drop_repeated_ids)
    app.connect("doctree-resolved", drop_thebe_config, priority=900)
    app.connect("html-page-context", run_in_page)
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", mend_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
