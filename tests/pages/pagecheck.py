"""Find faults in rendered pages by reading them; each function returns sentences, none for a good page."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, NavigableString, Tag

from tools import build

# What a browser fetches by itself; an <a> is only followed when a reader wants it.
RESOURCES = (("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "src"))
# Links that hold an address for machines and make no request.
SILENT_LINKS = {"canonical", "alternate", "license"}
VERBATIM = {"code", "pre", "script", "style", "textarea", "math", "kbd"}
LIMIT = 650_000  # bytes of one page on a first visit, without what all pages share
LEAK = re.compile(r"\$|\\\(|\\\[|\{(?:eq|math|ref|numref|term|doc|claim|cite(?::[a-z]+)?|prf:ref)\}")


# A macro that no formula has taken in, in text or in the description of a picture.
MACRO = re.compile(r"\\[A-Za-z]{2,}")

# The pages of the book, known before it is rendered, so that they can be shared out among test processes. One listing
# stands for all of them, which differ in nothing but the code.
PAGES = [
    *(f"book/{path.stem}.html" for path in build.chapters(Path(__file__).parents[2])),
    "search.html",
    "genindex.html",
    "prf-prf.html",
    "_modules/tdbook/figures/traps.html",
]


@lru_cache(maxsize=256)
def soup(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


@lru_cache(maxsize=256)
def anchors(page: Path) -> frozenset[str]:
    named = {tag.get("id") for tag in soup(page).find_all(id=True)}
    return frozenset(named | {tag.get("name") for tag in soup(page).find_all("a", attrs={"name": True})})


def pages(folder: Path) -> list[Path]:
    """Every page, also the index and the search page, but no file of the theme."""
    return sorted(page for page in folder.rglob("*.html") if "_static" not in page.relative_to(folder).parts)


def chapters(folder: Path) -> list[Path]:
    """The pages with content of their own."""
    return sorted((folder / "book").glob("*.html"))


def there(fragment: str, page: Path) -> bool:
    """Whether a page has that place; the state of a live figure, #live-name?control=key, is a place of its figure."""
    if not fragment.startswith("live-"):
        return unquote(fragment) in anchors(page)
    return all(part.split("?")[0] in anchors(page) for part in unquote(fragment).split(";"))


def broken_links(page: Path) -> list[str]:
    """Links to files or places that do not exist."""
    found = []
    for tag, attribute in (("a", "href"), *RESOURCES):
        for element in soup(page).find_all(tag, attrs={attribute: True}):
            address = str(element[attribute])
            parts = urlsplit(address)
            if parts.scheme or parts.netloc or not address:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            if not target.is_file():
                found.append(f"<{tag}> to {address}: no such file")
            elif parts.fragment and target.suffix == ".html" and not there(parts.fragment, target):
                found.append(f"<{tag}> to {address}: no such place in the page")
    return found


def outside_requests(page: Path) -> list[str]:
    """Things that the browser would fetch from another host."""
    found = []
    for tag, attribute in RESOURCES:
        for element in soup(page).find_all(tag, attrs={attribute: True}):
            if tag == "link" and set(element.get("rel") or []) <= SILENT_LINKS:
                continue
            parts = urlsplit(str(element[attribute]))
            if parts.netloc or parts.scheme not in ("", "data"):
                found.append(f"<{tag}> fetches {element[attribute]}")
    return found


def raw_markup(page: Path) -> list[str]:
    """Dollar signs, TeX delimiters and roles that reached the reader instead of being rendered."""
    found = []
    for text in soup(page).find_all(string=LEAK):
        parents = [parent for parent in text.parents if isinstance(parent, Tag)]
        verbatim = any(parent.name in VERBATIM for parent in parents)
        mathematics = any(set(parent.get("class") or []) & {"math", "tex2jax_process"} for parent in parents)
        if type(text) is NavigableString and not verbatim and not mathematics:
            found.append(f"raw markup in the text: {' '.join(text.split())[:80]!r}")
    return found


def mute_images(page: Path) -> list[str]:
    """Images that say nothing to whoever does not see them."""
    mute = [img for img in soup(page).find_all("img") if not str(img.get("alt", "")).strip()]
    return [f"no alternative text: {img.get('src')}" for img in mute]


def raw_macros(page: Path) -> list[str]:
    """TeX that reached the reader: in the text, or in a description, where nothing would typeset it."""
    found = []
    for text in soup(page).find_all(string=MACRO):
        parents = [parent for parent in text.parents if isinstance(parent, Tag)]
        verbatim = any(parent.name in VERBATIM for parent in parents)
        mathematics = any(set(parent.get("class") or []) & {"math", "tex2jax_process"} for parent in parents)
        if type(text) is NavigableString and not verbatim and not mathematics:
            found.append(f"a macro in the text: {' '.join(text.split())[:80]!r}")
    for attribute in ("alt", "title", "aria-label"):
        for tag in soup(page).find_all(attrs={attribute: re.compile(r"\$|\\[A-Za-z({[]")}):
            found.append(f"TeX in the {attribute} of <{tag.name}>: {str(tag[attribute])[:80]!r}")
    return found


def vague_images(page: Path) -> list[str]:
    """Drawn figures whose description is not about their data: too short, or without a single number."""
    found = []
    for image in soup(page).select(".cell_output img"):
        alt = str(image.get("alt", ""))
        if len(alt) < 40 or not re.search(r"\d", alt):
            found.append(f"a figure described only as {alt!r}")
    return found


def sourceless_figures(page: Path) -> list[str]:
    """Drawn figures without the line that names their function, with a link to its listing and one to the cell."""
    found = []
    for image in soup(page).select(".cell_output img"):
        figure = image.find_parent("figure")
        line = figure.select_one("p.td-drawn") if figure is not None else None
        links = [str(a["href"]) for a in line.select("a[href]")] if line is not None else []
        if len(links) != 2 or "_modules/tdbook/" not in links[0] or not links[1].startswith("#cell-"):
            found.append(f"no link to what drew {image.get('src')}")
    return found


def unnumbered_figures(page: Path) -> list[str]:
    """Drawn figures, live ones too, without a caption that begins with their number and says something."""
    found = []
    for image in soup(page).select(".cell_output img"):
        figure = image.find_parent("figure")
        caption = figure.find("figcaption") if figure is not None else None
        said = " ".join(caption.get_text().split()) if caption is not None else ""
        if not re.match(r"Figure \d+(\.\d+)? \S", said):
            found.append(f"no number and caption: {image.get('src')}")
    return found


def own_files(page: Path) -> set[Path]:
    """What a browser with a light page fetches for it and for no other: itself, its pictures, its data."""
    found = {page.resolve()}
    for tag, attribute in RESOURCES:
        for element in soup(page).find_all(tag, attrs={attribute: True}):
            parts = urlsplit(str(element[attribute]))
            target = (page.parent / unquote(parts.path)).resolve()
            shared = "_static" in target.parts or "_sphinx_design_static" in target.parts
            shared = shared or element.find_parent(class_="td-on-dark") is not None
            if not parts.scheme and not parts.netloc and target.is_file() and not shared and target.suffix != ".html":
                found.add(target)
    return found


def weight(page: Path) -> int:
    return sum(file.stat().st_size for file in own_files(page))


def too_heavy(page: Path) -> list[str]:
    """Pages that weigh more than the limit on a first visit, lazy pictures counted as well."""
    return [f"weighs {weight(page) // 1000} kB, {LIMIT // 1000} are allowed"] if weight(page) > LIMIT else []


def repeated_ids(page: Path) -> list[str]:
    """Ids that stand for more than one element, so that a link to them is a guess."""
    count = Counter(tag["id"] for tag in soup(page).find_all(id=True))
    del count["search-input"]  # the theme's search page shows its field twice
    return [f"id {ident!r} stands {number} times" for ident, number in count.items() if number > 1]


CHECKS = (
    broken_links,
    outside_requests,
    raw_markup,
    raw_macros,
    mute_images,
    vague_images,
    sourceless_figures,
    unnumbered_figures,
    too_heavy,
    repeated_ids,
)
