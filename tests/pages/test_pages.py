"""Every page of the book in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages import browsercheck
from tests.pages.pagecheck import PAGES


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_right(page: str, browser, html: Path):
    assert browsercheck.faults(browser, html / page) == []


def test_the_theme_follows_the_system_on_an_open_page(browser, html: Path):
    """So that one page, loaded once, is seen in the light and in the dark."""
    with browser.new_context(color_scheme="light") as context:
        page = browsercheck.open_page(context, html / PAGES[0], [])
        seen = [page.evaluate("document.documentElement.dataset.theme")]
        browsercheck.colours(page, "dark")
        seen.append(page.evaluate("document.documentElement.dataset.theme"))
    assert seen == ["light", "dark"]
