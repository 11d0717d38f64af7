"""What stands in a line of text: formulas with their punctuation, long names, and the paper's lemmas as links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import NavigableString

from tests.pages import pagecheck


@pytest.fixture(scope="module", params=pagecheck.PAGES[:-4], ids=lambda page: Path(page).stem)
def page(request, html: Path):
    return pagecheck.soup(html / request.param)


def test_no_line_can_begin_with_the_full_stop_after_a_formula(page):
    loose = []
    for formula in page.select("article span.math"):
        after = formula.next_sibling
        if (
            isinstance(after, NavigableString)
            and re.match(r"[.,;:!?)]", after)
            and "td-glued" not in (formula.parent.get("class") or [])
        ):
            loose.append(formula.get_text() + str(after)[:10])
    assert not loose


def test_a_long_name_may_break_at_its_joints_only(page):
    for code in page.select("article code.literal"):
        pieces = [str(piece) for piece in code.descendants if isinstance(piece, NavigableString)]
        names = "\n".join(pieces)  # a <wbr> parts two of them
        assert not re.search(r"\w[._]\w", names), f"{code.get_text()} cannot break"


def test_the_papers_lemmas_are_links(page):
    plain = []
    for text in page.select("article p, article li, article td"):
        for piece in text.find_all(string=re.compile(r"\b(?:Lemma|Theorem) \d(?![.\d])"), recursive=False):
            if text.find_parent(
                class_=["td-live", "output", "td-strip", "td-unnumbered", "td-claim", "td-ledger", "td-statements"]
            ):
                continue  # the ledger's own words
            own = text.find_parent("div", class_="proof")
            title = own.select_one(".admonition-title").get_text() if own else ""
            mentions = re.findall(r"\b(?:Lemma|Theorem) \d(?![.\d])", piece)
            plain += [mention for mention in mentions if mention not in title]
    assert not plain


def test_a_page_that_was_mended_before_stays_as_it_is(monkeypatch, root: Path):
    monkeypatch.syspath_prepend(str(root / "book" / "_ext"))
    import bookwords

    formula = r'<span class="math notranslate nohighlight">\(x\)</span>'
    for text, glue in ((f"({formula}).", True), (f"{formula}-axis", True), (f"a {formula} b", False)):
        once = bookwords.glued(text)
        assert ("td-glued" in once) == glue
        assert bookwords.glued(once) == once
    name = '<code class="docutils literal notranslate"><span class="pre">frozen_gradient</span></code>'
    once = bookwords.breakable(name)
    assert "frozen_<wbr>gradient" in once and bookwords.breakable(once) == once


def test_lemma_5_leads_to_its_box(html: Path):
    link = next(
        a for a in pagecheck.soup(html / "book/algorithm.html").select("article a") if a.get_text() == "Lemma 5"
    )
    target, _, ident = link["href"].partition("#")
    box = pagecheck.soup(html / "book" / target).find(id=ident)
    assert box.select_one(".admonition-title").get_text(" ").startswith("Lemma") and "Lemma 5" in box.get_text()


def test_each_line_of_algorithm_1_leads_to_its_code_and_back(html: Path):
    soup = pagecheck.soup(html / "book/algorithm.html")
    there = {a["href"].removeprefix("#"): a for a in soup.select("div.td-lines a.td-line")}
    assert len(there) >= 8
    for ident, link in there.items():
        code = soup.find(id=ident)
        assert code.find_parent("pre") and code.get_text().endswith(link.get_text())
        back = soup.find(id=code["href"].removeprefix("#"))
        assert link in back.find_all("a")
        assert back.name == "li"


def test_a_result_in_a_table_is_a_table(html: Path):
    """A heading's formula and a power of ten are formulas, and nothing of the table is printed as text."""
    soup = pagecheck.soup(html / "book/zero.html")
    table = soup.select_one("div.cell_output table")
    assert table.select("thead span.math") and table.select("tbody span.math")
    assert not table.find_parent("pre")
