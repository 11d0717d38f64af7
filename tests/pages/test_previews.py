"""What a link leads to is shown beside it, under the mouse and under the keyboard's focus, from file:// alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.pages import browsercheck

BOX = "#td-preview:not([hidden])"
LINKS = "article a.reference.internal"
PAGE = "book/escape.html"


def previews(html: Path) -> dict[str, dict[str, str]]:
    """Everything that is kept for other pages, by page and target."""
    found = {}
    for file in sorted((html / "_static" / "previews").glob("*.js")):
        page, shown = re.match(r'.*?\[(".*?")\] = (.*);\n$', file.read_text(encoding="utf-8"), re.DOTALL).groups()
        found[json.loads(page)] = json.loads(shown)
    return found


def test_what_is_kept_says_something_and_repeats_no_id(html: Path):
    kept = previews(html)
    assert sum(map(len, kept.values())) > 50
    for shown in kept.values():
        for ident, text in shown.items():
            assert re.sub("<[^>]*>", "", text).strip(), f"nothing is shown of {ident}"
            assert ' id="' not in text
    assert sum(len(text) for shown in kept.values() for text in shown.values()) < 400_000


@pytest.fixture(scope="module")
def opened(browser, html: Path):
    found: list[str] = []
    with browser.new_context(viewport=browsercheck.size(1366), reduced_motion="reduce") as context:
        page = browsercheck.open_page(context, html / PAGE, found)
        yield page, found


def visible(page, selector: str):
    """The first link of that kind that can be seen."""
    return next(link for link in page.locator(selector).all() if link.is_visible())


@pytest.mark.parametrize("selector", [f"{LINKS}[href^='#eq'], {LINKS}[href^='#equation']", f"{LINKS}[href*='.html#']"])
def test_a_link_shows_where_it_leads(opened, selector: str):
    page, found = opened
    link = visible(page, selector)
    link.hover()
    box = page.locator(BOX)
    box.wait_for(timeout=5000)
    assert box.inner_text().strip() or box.locator("mjx-container").count()
    assert link.get_attribute("aria-describedby") == "td-preview"
    page.keyboard.press("Escape")
    assert page.locator(BOX).count() == 0
    assert link.get_attribute("aria-describedby") is None
    page.mouse.move(0, 0)
    assert found == []


def test_the_keyboard_shows_it_too(opened):
    page, found = opened
    link = visible(page, f"{LINKS}[href*='#']")
    page.keyboard.press("Tab")  # from here on the focus is the keyboard's
    link.focus()
    page.locator(BOX).wait_for(timeout=5000)
    assert link.get_attribute("aria-describedby") == "td-preview"
    page.keyboard.press("Tab")
    page.wait_for_timeout(400)
    assert link.get_attribute("aria-describedby") is None
    page.keyboard.press("Escape")
    assert page.locator(BOX).count() == 0
    assert found == []


def test_a_preview_stays_in_the_window_and_is_accessible(opened):
    page, _ = opened
    link = visible(page, f"{LINKS}[href*='.html#']")
    link.hover()
    page.locator(BOX).wait_for(timeout=5000)
    page.wait_for_timeout(300)
    at = page.locator(BOX).bounding_box()
    assert at["x"] >= 0 and at["x"] + at["width"] <= 1366 + 1
    assert browsercheck.layout_faults(page, "with a preview") == []
    page.evaluate(browsercheck.WITHOUT_FORMULAS)
    violations = Axe().run(page, context=BOX, options=browsercheck.AXE_WHOLE).response["violations"]
    assert [violation["id"] for violation in violations] == []
    page.keyboard.press("Escape")
