"""Every page in a real browser: requests, errors, layout, mathematics, accessibility; light and dark, three widths."""

from __future__ import annotations

import os
from pathlib import Path

import browsercheck
import pagecheck
import pytest

GOOD = """<!doctype html><html lang="en"><head><title>Good</title><meta name="viewport" content="width=device-width">
<style>body {{ color: #222; background: #fff }}</style></head>
<body><main><article><h1>Good</h1><p>Text.</p>{}</article></main></body></html>"""

PALE_IN_THE_DARK = """<script>
document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
</script><style>[data-theme=dark] p { color: #ddd }</style>"""


@pytest.fixture(scope="module")
def browser():
    executable = browsercheck.chromium()
    if executable is None:
        reason = "no Chromium on the PATH nor in $CHROMIUM: the pages were not looked at in a browser"
        if os.environ.get("TDBOOK_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with browsercheck.browser(executable) as running:
        yield running


def test_every_page_is_right(browser, html: Path):
    pages = [*pagecheck.chapters(html), html / "search.html"]
    assert len(pages) > 1
    found = [f"{page.name}: {fault}" for page in pages for fault in browsercheck.faults(browser, page)]
    assert not found, "\n" + "\n".join(found)


def faults(browser, folder: Path, body: str) -> str:
    page = folder / "page.html"
    page.write_text(GOOD.format(body), encoding="utf-8")
    return "\n".join(browsercheck.faults(browser, page))


def test_a_good_page_passes(browser, tmp_path: Path):
    assert faults(browser, tmp_path, "") == ""


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<img src="http://127.0.0.1:9/x.png" alt="x">', "asks for http://127.0.0.1:9/x.png"),
        ("<script>console.error('broken')</script>", "console: broken"),
        ("<script>undefined.broken</script>", "script error"),
        ("<p style='width: 900px'>wide</p>", "at 375 px the page is"),
        ("<div style='overflow: hidden'><p style='width: 900px'>cut off</p></div>", 'at 375 px <p class="">'),
        ("<span class='math'>\\(x\\)</span>", "mathematics not typeset"),
        ("<mjx-merror>Undefined control sequence</mjx-merror>", "mathematics that MathJax refuses"),
        ("<p style='color: #bbb'>pale</p>", "light at 1366 px axe color-contrast"),
        (PALE_IN_THE_DARK, "dark at 375 px axe color-contrast"),
        ("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>", "axe image-alt"),
    ],
)
def test_a_broken_page_is_caught(body: str, fault: str, browser, tmp_path: Path):
    assert fault in faults(browser, tmp_path, body)
