"""What the look in a real browser must catch, each on a page made for it; the book's own pages are in test_pages_*."""

from __future__ import annotations

from pathlib import Path

import browsercheck
import pytest

GOOD = """<!doctype html><html lang="en"><head><title>Good</title><meta name="viewport" content="width=device-width">
<style>body {{ color: #222; background: #fff }}</style></head>
<body><main><article><h1>Good</h1><p>Text.</p>{}</article></main></body></html>"""

PALE_IN_THE_DARK = """<script>
document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
</script><style>[data-theme=dark] p { color: #ddd }</style>"""


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
