"""Find faults in what stands around a page: how it is shared, downloaded, cited, and what comes before and after it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
from bs4 import Tag

from tests.pages.pagecheck import soup

SERVICES = ("mybinder.org", "colab.research.google.com")


def meta(page: Path, name: str) -> str:
    """The content of a <meta> by its name or property; empty when there is none."""
    found = soup(page).find("meta", attrs={"name": name}) or soup(page).find("meta", attrs={"property": name})
    return str(found.get("content", "")) if isinstance(found, Tag) else ""


def heading(page: Path) -> str:
    """The page's title without its number and the sign of its link."""
    found = soup(page).find("h1")
    for inside in found.select(".section-number, .headerlink") if found else ():
        inside.decompose()
    return found.get_text(" ", strip=True) if found else ""


def sharing(page: Path) -> list[str]:
    """A page that has an address names it, its title, what it is about and a picture; another page names nothing."""
    if not any(meta(page, name) for name in ("og:title", "og:url", "og:image")):
        return []
    found = [
        f"no {name}" for name in ("description", "og:title", "og:description", "twitter:card") if not meta(page, name)
    ]
    if not heading(page) or not re.fullmatch(rf"(\d+\. )?{re.escape(heading(page))}", meta(page, "og:title")):
        found.append(f"og:title is {meta(page, 'og:title')!r}, which is not the heading")
    if not 20 <= len(meta(page, "description")) <= 200:
        found.append(f"a description of {len(meta(page, 'description'))} characters")
    for name in ("og:image", "og:url"):
        if not urlsplit(meta(page, name)).scheme:
            found.append(f"{name} is not absolute: {meta(page, name)!r}")
    return found


def icons(page: Path) -> list[str]:
    links = [link for link in soup(page).find_all("link", href=True) if "icon" in (link.get("rel") or [])]
    return [] if any((page.parent / str(link["href"])).is_file() for link in links) else ["no icon"]


def dead_buttons(page: Path) -> list[str]:
    """Buttons for services that would have nothing to open, as long as the book has no repository."""
    links = [str(a["href"]) for a in soup(page).find_all("a", href=True)]
    return [f"a button for {link}" for link in links if (urlsplit(link).hostname or "") in SERVICES]


def download(page: Path) -> list[str]:
    """The page as a notebook, which must be there and can be read."""
    foot = soup(page).select_one(".td-foot")
    links = list(foot.select("a[download]")) if foot else []
    if not links:
        return ["no notebook to download"]
    path = (page.parent / str(links[0]["href"])).resolve()
    if not path.is_file():
        return [f"the notebook {links[0]['href']} is not there"]
    cells = nbformat.read(path, as_version=4).cells
    named = any(f"# {heading(page)}" in cell.source.splitlines() for cell in cells[:3])  # formulas' names come first
    return [] if named else [f"{path.name} is not the notebook of this page"]


def citation(page: Path) -> list[str]:
    """In words and as BibTeX, readable without any script, both with the page's own title."""
    box = soup(page).find("summary", string="Cite this page")
    details = box.parent if box else None
    if details is None:
        return ["no citation"]
    title = heading(page)
    window = soup(page).find("title")
    book = window.get_text().rpartition(" — ")[2].strip() if window else ""
    words, entry = details.find("p"), details.find("pre")
    found = []
    if words is None or title not in words.get_text() or not book or f"In: {book}," not in words.get_text():
        found.append("the citation in words lacks the title of the page or of the book")
    if entry is None or f"{{{title}}}" not in entry.get_text() or not entry.get_text().startswith("@incollection{"):
        found.append("the BibTeX entry lacks the title")
    elif entry.get_text().count("{") != entry.get_text().count("}"):
        found.append("the braces of the BibTeX entry do not match")
    return found


def sidebar(page: Path, expected: int) -> list[str]:
    """All pages of the book in the sidebar, this one marked."""
    links = soup(page).select(".bd-sidebar-primary nav li a")
    current = soup(page).select(".bd-sidebar-primary nav li.current a, .bd-sidebar-primary nav li.active a")
    found = [] if len(links) >= expected else [f"{len(links)} of {expected} pages in the sidebar"]
    return found + ([] if current else ["the sidebar does not say which page this is"])


CHECKS = (sharing, icons, dead_buttons, download, citation)
