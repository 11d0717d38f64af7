"""What stands around a page: how to run it and how to cite it, and what ``sphinxext.opengraph`` is told of it.

Two addresses in ``_config.yml``, both empty until there is one, decide what a page may promise: ``repository_url`` of
the theme (then there are buttons for Binder and Colab), and Sphinx's ``html_baseurl`` (then a page knows its own
address).
"""

from __future__ import annotations

import re
import sys
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

VERSION = version("tdbook")
BINDER, COLAB = "https://mybinder.org", "https://colab.research.google.com"


def repository(config: Config) -> str:
    return str(config.html_theme_options.get("repository_url") or "").strip().rstrip("/")


def open_the_buttons(app: Sphinx, config: Config) -> None:
    """With a repository, ask the theme for its buttons; without one they would lead nowhere."""
    if not repository(config):
        return
    options = config.html_theme_options
    options["repository_url"] = repository(config)
    options["use_repository_button"] = options["use_issues_button"] = True
    options["launch_buttons"] = {"binderhub_url": BINDER, "notebook_interface": "jupyterlab"}
    if "github.com/" in repository(config):  # Colab reads notebooks from there only
        options["launch_buttons"]["colab_url"] = COLAB


# --- what a page is about ------------------------------------------------------------------------------------------


def name_the_site(app: Sphinx, config: Config) -> None:
    """Tell the extension for sharing the book's name and address."""
    config.ogp_site_name = str(config.html_title)
    config.ogp_site_url = (config.html_baseurl or "").strip().rstrip("/") + "/"


def share_only_with_an_address(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Without an address of its own a page cannot be shared, and the tags would hold relative addresses."""
    if not (app.config.html_baseurl or "").strip():
        context["meta"] = {**(context.get("meta") or {}), "ogp_disable": "true"}


def page_address(app: Sphinx, page: str) -> str:
    base = (app.config.html_baseurl or "").strip()
    return urljoin(base.rstrip("/") + "/", f"{page}.html") if base else ""


# --- run and cite ---------------------------------------------------------------------------------------------------


def for_tex(text: str) -> str:
    return re.sub(r"([&%$#_])", r"\\\1", text)


def citation(app: Sphinx, page: str, title: str) -> tuple[str, str]:
    """The page as a reference in words and as BibTeX."""
    book, author, year = str(app.config.html_title), str(app.config.author), str(app.config.copyright)
    number = ".".join(map(str, app.env.toc_secnumbers.get(page, {}).get("", ())))
    address = page_address(app, page)
    words = f"{author[:1].upper()}{author[1:]} ({year}). {title}. In: {book}, "
    words += (f"chapter {number}, " if number else "") + f"version {VERSION}." + (f" {address}" if address else "")
    fields = {
        "author": "{" + for_tex(author) + "}",
        "title": for_tex(title),
        "booktitle": for_tex(book),
        **({"chapter": number} if number else {}),
        "year": year,
        "note": f"Version {VERSION}",
        **({"url": address} if address else {}),
    }
    body = ",\n".join(f"  {key:<9} = {{{value}}}" for key, value in fields.items())
    return words, f"@incollection{{tdbook-{page.rsplit('/', 1)[-1]},\n{body}\n}}"


def listing(text: str, language: str) -> str:
    return (
        f'<div class="highlight-{language} notranslate"><div class="highlight"><pre>{escape(text, quote=False)}\n'
        "</pre></div></div>"
    )


def how_to_run(app: Sphinx, page: str, notebook: str) -> str:
    """The way from reading to running: the notebook itself, and the two services where there is a repository."""
    data = f"{notebook.rpartition('/')[0]}/data.zip"
    said = (
        f'<p><a href="{notebook}" download>Download this page as a notebook</a> for any Jupyter that has the library '
        f'<code>tdbook</code>. Some pages read tables: unpack <a href="{data}" download>data.zip</a> beside the '
        "notebook. Within the project neither is needed: open the page's notebook in the folder <code>book</code>.</p>"
    )
    address = repository(app.config)
    if address:
        name = address.rsplit("/", 1)[-1].removesuffix(".git")
        said += (
            "<p>The rocket above opens it on Binder, which installs the locked packages, or on Colab, whose machines "
            "have neither the library nor the tables. There, run these lines first, and restart the session if Colab "
            "asks for it:</p>"
            + listing(f"!git clone --depth 1 {address}\n%pip install --quiet ./{name}\n%cd {name}/book", "ipython3")
        )
    return said


def foot(app: Sphinx, page: str, title: str, notebook: str, index: str) -> str:
    words, bibtex = citation(app, page, title)
    run = f"<details><summary>Run this page</summary>{how_to_run(app, page, notebook)}</details>" if notebook else ""
    return (
        '<aside class="td-foot" aria-label="About this page">'
        f"{run}<details><summary>Cite this page</summary><p>{escape(words, quote=False)}</p>"
        f"{listing(bibtex, 'bibtex')}</details>"
        f'<p><a href="{index}">Index of claims and symbols</a></p></aside>'
    )


def furnish(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Add the foot to every page that was written by someone."""
    if doctree is None or app.builder.name != "html" or "body" not in context:
        return
    title = " ".join(app.env.titles[page].astext().split())  # without the chapter's number
    pathto = context["pathto"]
    source = str(context.get("sourcename") or "")
    notebook = pathto(f"_sources/{source}", 1) if source.endswith(".ipynb") else ""
    context["body"] += foot(app, page, title, notebook, pathto("genindex"))


def plain_notebooks(app: Sphinx, error: Exception | None) -> None:
    """What a page offers for download can be read in any Jupyter, unlike its source."""
    if error is None and app.builder.name == "html" and (Path(app.srcdir) / "tools" / "downloads.py").is_file():
        sys.path.insert(0, str(app.srcdir))
        from tools import downloads

        downloads.write(Path(app.outdir), Path(app.srcdir))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", plain_notebooks)
    app.setup_extension("sphinxext.opengraph")
    app.connect("config-inited", open_the_buttons)
    app.connect("config-inited", name_the_site)
    app.connect("html-page-context", share_only_with_an_address, priority=400)
    app.connect("html-page-context", furnish, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
