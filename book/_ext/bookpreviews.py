"""What a link inside the book leads to, ready to be shown beside the link (``book/_static/previews.js``).

A target on the page itself is copied from the page. For targets on other pages a small script for each page holds what
is to be shown, only for those that some page names: a script works from ``file://``, where a page may not read another.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx

LINK = re.compile(r'<a class="[^"]*\breference internal\b[^"]*" href="(?P<page>[^"#:?]*\.html)#(?P<ident>[^"?]+)"')
# What a preview leaves out: folds, buttons, code, and what leads elsewhere.
LEFT_OUT = "a.headerlink, details, script, button, p.td-box-status, p.td-drawn, .cell_input, source"


def parts(found: Tag) -> list[Tag]:
    """Of a heading its first paragraph as well, of a term its definition, of a live figure what is said about it."""
    if found.name == "dt":
        return [part for part in (found, found.find_next_sibling("dd")) if part]
    if found.name == "section":
        return [part for part in (found.find(re.compile("^h[1-4]$")), found.find("p")) if part]
    if "td-live" in (found.get("class") or []):
        return found.select("p.td-live__title, figcaption")
    return [found]


def preview(page: BeautifulSoup, ident: str) -> str:
    """What to show of the element with that id; "" if there is nothing to see."""
    found = page.find(id=ident)
    if isinstance(found, Tag) and found.name == "span" and not found.get_text(strip=True):
        found = found.find_next_sibling() or found.parent  # an anchor before what it names
    if not isinstance(found, Tag):
        return ""
    shown = BeautifulSoup("".join(map(str, parts(found))), "html.parser")
    if found.name == "details":
        for name in ("details", "summary"):
            part = shown.find(name)
            if isinstance(part, Tag):
                part.name = "div"
    for part in shown.select(LEFT_OUT):
        part.decompose()
    for part in shown.find_all(id=True):
        del part["id"]
    return str(shown)


def wanted(home: Path) -> dict[str, set[str]]:
    """The targets on each page that other pages name; the listings of code are left out."""
    found: dict[str, set[str]] = {}
    for page in sorted(home.rglob("*.html")):
        name = page.relative_to(home).as_posix()
        if name.startswith("_modules"):
            continue
        for link in LINK.finditer(page.read_text(encoding="utf-8")):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), link["page"]))
            if target != name and not target.startswith("_modules") and (home / target).is_file():
                found.setdefault(target, set()).add(link["ident"])
    return found


def write_previews(app: Sphinx, error: Exception | None) -> None:
    """After the pages were written and mended."""
    if error is not None or app.builder.format != "html":
        return
    home = Path(app.outdir)
    folder = home / "_static" / "previews"
    folder.mkdir(parents=True, exist_ok=True)
    for target, idents in wanted(home).items():
        page = BeautifulSoup((home / target).read_text(encoding="utf-8"), "html.parser")
        found = {ident: html for ident in sorted(idents) if (html := preview(page, ident))}
        text = json.dumps(found, ensure_ascii=False)
        name = target.removesuffix(".html").replace("/", "--")
        (folder / f"{name}.js").write_text(
            f"(globalThis.tdPreviews ??= {{}})[{json.dumps(target)}] = {text};\n", encoding="utf-8"
        )


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", write_previews, priority=800)
    app.add_js_file("previews.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
