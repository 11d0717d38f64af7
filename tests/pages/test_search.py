"""Finding things: what a reader types into the search, with Chromium as the reader."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest

LIST = "ul.search > li a"
DONE = """() => {
  const said = document.querySelector("#search-results .search-summary")?.textContent ?? "";
  return said.includes("found") || said.includes("did not match");
}"""


def results(browser, html: Path, query: str) -> list[str]:
    """The places that the search page lists for a query, such as ``book/fresh.html#claim-lemma5``."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{(html / 'search.html').resolve().as_uri()}?q={quote(query)}")
        page.wait_for_function(DONE)
        found = [urlsplit(link) for link in page.eval_on_selector_all(LIST, "links => links.map(a => a.href)")]
    base = html.resolve().as_posix() + "/"
    return [f"{unquote(link.path).removeprefix(base)}#{link.fragment}" for link in found]


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("lemma5", "book/fresh.html#claim-lemma5"),
        ("loss-gram", "book/objective.html#claim-loss-gram"),
        ("Theorem 1, two-sided", "book/lazy.html#claim-thm1"),
        ("κ", "book/notation.html#"),
        ("kappa", "book/notation.html#"),
        ("λ", "book/notation.html#"),
        ("Clopper", "book/"),
        ("Terracini", "book/lazy.html#"),
        ("SymmetricCP", "book/tensors.html#"),
        ("symmetriccp", "book/tensors.html#"),
        ("random_target", "book/"),
        ("error_against_share", "book/lazy.html#"),
    ],
)
def test_the_search_finds(query: str, address: str, browser, html: Path):
    found = results(browser, html, query)
    assert any(place.startswith(address) for place in found), f"{query!r} finds {found[:8]}"


@pytest.mark.parametrize("query", ["lemma5", "loss-gram", "κ"])
def test_the_card_or_the_sign_itself_is_among_the_first(query: str, browser, html: Path):
    first = results(browser, html, query)[:5]
    assert any(place.split("#")[1] for place in first), f"no place within a page among {first}"


def test_nonsense_is_not_found(browser, html: Path):
    """Negative control: the list is read from the page, and can be empty."""
    assert results(browser, html, "zyxwvutsrq") == []
