"""Every other page of the book in a real browser; the rest is in the file beside this one, for a second process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages import browsercheck
from tests.pages.pagecheck import PAGES


@pytest.mark.parametrize("page", PAGES[1::2])
def test_the_page_is_right(page: str, browser, html: Path):
    assert browsercheck.faults(browser, html / page) == []
