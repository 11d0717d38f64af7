"""What the look in a real browser must catch, each on a page made for it; the book's own pages are in test_pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages import browsercheck

GOOD = """<!doctype html><html lang="en"><head><title>Good</title><meta name="viewport" content="width=device-width">
<style>body {{ color: #222; background: #fff }}</style></head>
<body><main><article><h1>Good</h1><p>Text.</p>{}</article></main></body></html>"""

PALE_IN_THE_DARK = "<style>@media (prefers-color-scheme: dark) { p { color: #ddd } }</style>"


UNFOLDS = """<style>.toggle-hidden > p { display: none }</style><div class="toggle toggle-hidden">
<button class="toggle-button">show</button><p style="width: 900px">wide</p></div><script>
const box = document.querySelector(".toggle");
box.querySelector("button").onclick = () => box.classList.toggle("toggle-hidden");</script>"""


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
        ("<p style='width: 340px'>wide</p>", "at 320 px the page is"),
        (
            "<details><summary>more</summary><p style='width: 900px'>wide</p></details>",
            "at 375 px, unfolded, the page is",
        ),
        (UNFOLDS, "at 375 px, unfolded, the page is"),
        (
            "<details><summary>more</summary><p style='color: #bbb'>pale</p></details>",
            "light at 1366 px axe color-contrast",
        ),
        ("<p class='seen'>good</p><p class='seen' style='color: #bbb'>pale</p>", "light at 1366 px axe color-contrast"),
        ("<pre style='overflow: auto'>" + 200 * "x" + "</pre>", 'on paper <pre class=""> is cut'),
        ("<pre style='overflow: auto'>" + 400 * "x" + "</pre>", 'at 1920 px <pre class=""> is cut'),
        (
            "<details><summary>more</summary><pre style='overflow: auto'>" + 200 * "x" + "</pre></details>",
            "at 1366 px <pre",
        ),
        ("<details class='more'><summary>more</summary><p>less</p></details>", "on paper more stays folded"),
        ("<img src='missing.png' alt='x'>", "picture that does not show: missing.png"),
        ("<p><a href='#nowhere'>there</a></p>", "link to #nowhere: no such place"),
        ("<span class='math'>\\(x\\)</span>", "mathematics not typeset"),
        ("<mjx-merror>Undefined control sequence</mjx-merror>", "mathematics that MathJax refuses"),
        ("<p style='color: #bbb'>pale</p>", "light at 1366 px axe color-contrast"),
        (PALE_IN_THE_DARK, "dark at 375 px axe color-contrast"),
        ("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>", "axe image-alt"),
    ],
)
def test_a_broken_page_is_caught(body: str, fault: str, browser, tmp_path: Path):
    assert fault in faults(browser, tmp_path, body)


@pytest.mark.parametrize(
    ("formula", "fault"),
    [
        (r"x^2+\lambda e_1", ""),
        (r"-\lambdae_1^{\otimes l}", r"\lambdae in -\lambdae_1"),
        (r"\text{see \ref{nowhere}}", "??? in"),
        (r"\frac{1}", "mathematics that MathJax refuses"),
    ],
)
def test_a_formula_that_mathjax_only_marks_is_caught_even_in_a_closed_box(formula, fault, browser, html, tmp_path):
    mathjax = (html / "_static" / "mathjax" / "tex-chtml-full.js").as_uri()
    page = tmp_path / "page.html"
    body = f"<script defer src='{mathjax}'></script><details><summary>more</summary><p>\\({formula}\\)</p></details>"
    page.write_text(GOOD.format(body), encoding="utf-8")
    found: list[str] = []
    with browser.new_context() as context:
        browsercheck.open_page(context, page, found)
    assert fault in "\n".join(found)
    assert bool(found) == bool(fault)
