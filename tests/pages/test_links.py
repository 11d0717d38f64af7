"""Every page as a file: its links, its requests, its mathematics, its images."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pages import pagecheck

GOOD = """<!doctype html><html lang="en"><head><title>Good</title><link rel="stylesheet" href="style.css">
<script src="script.js"></script></head><body><h1 id="top">Good</h1>
<p>Text with <span class="math notranslate">\\(x^2\\)</span>, <code>$HOME</code> and <a href="#top">a place</a>,
<a href="https://example.org/">a link outwards</a>, <a href="#live-one?t=1&amp;k=2">a state</a>.</p>
<i id="live-one"></i><img src="picture.png" alt="A line that rises.">{}
</body></html>"""


@pytest.mark.parametrize("check", pagecheck.CHECKS, ids=lambda check: check.__name__)
def test_every_page_is_free_of(check, html: Path):
    pages = pagecheck.pages(html)
    assert len(pagecheck.chapters(html)) >= 1
    faults = [f"{page.relative_to(html)}: {fault}" for page in pages for fault in check(page)]
    assert not faults, "\n" + "\n".join(faults)


FIGURE = """<div class="cell_output"><figure><a href="picture.png"><img src="picture.png" alt="{alt}"></a>
<figcaption>Figure 7.2 Errors fall.{line}</figcaption></figure></div>"""
ALT = "The error falls from 0.9 at the start to 0.01 after 20 epochs, and stays there."
LINE = """<p class="td-drawn" id="cell-1">By <a href="{}_modules/tdbook/x.html">f</a>, <a href="#cell-1">cell</a></p>"""


def test_no_page_is_left_out_of_the_browser(html: Path):
    rendered = {page.relative_to(html).as_posix() for page in pagecheck.chapters(html)}
    assert rendered == {page for page in pagecheck.PAGES if page.startswith("book/")}
    assert all((html / page).is_file() for page in pagecheck.PAGES)


def sample(folder: Path, body: str) -> Path:
    (folder / "_modules" / "tdbook").mkdir(parents=True)
    for name in ("style.css", "script.js", "picture.png", "_modules/tdbook/x.html"):
        (folder / name).touch()
    (folder / "heavy.png").write_bytes(bytes(pagecheck.LIMIT))
    page = folder / "page.html"
    page.write_text(GOOD.format(body), encoding="utf-8")
    return page


@pytest.mark.parametrize("check", pagecheck.CHECKS, ids=lambda check: check.__name__)
def test_a_good_page_passes(check, tmp_path: Path):
    assert check(sample(tmp_path, FIGURE.format(alt=ALT, line=LINE.format("")))) == []


@pytest.mark.parametrize(
    ("check", "body"),
    [
        (pagecheck.broken_links, '<a href="nowhere.html">x</a>'),
        (pagecheck.broken_links, '<a href="#nowhere">x</a>'),
        (pagecheck.broken_links, '<a href="#live-nowhere?t=1">x</a>'),
        (pagecheck.broken_links, '<a href="page.html#nowhere">x</a>'),
        (pagecheck.broken_links, '<img src="missing.png" alt="x">'),
        (pagecheck.outside_requests, '<script src="https://example.org/x.js"></script>'),
        (pagecheck.outside_requests, '<script src="//example.org/x.js"></script>'),
        (pagecheck.outside_requests, '<link rel="stylesheet" href="https://example.org/x.css">'),
        (pagecheck.outside_requests, '<img src="https://example.org/x.png" alt="x">'),
        (pagecheck.raw_markup, "<p>the bound $m^2$</p>"),
        (pagecheck.raw_markup, r"<p>the bound \(m^2\)</p>"),
        (pagecheck.raw_markup, "<p>see {eq}`eq-loss`</p>"),
        (pagecheck.mute_images, '<img src="picture.png">'),
        (pagecheck.mute_images, '<img src="picture.png" alt=" ">'),
        (pagecheck.repeated_ids, '<p id="top">again</p>'),
        (pagecheck.raw_macros, r"<p>the number \lambda</p>"),
        (pagecheck.raw_macros, '<img src="picture.png" alt="components against $d$">'),
        (pagecheck.raw_macros, r'<img src="picture.png" alt="the number \kappa">'),
        (pagecheck.vague_images, FIGURE.format(alt="Figure 3", line="")),
        (pagecheck.vague_images, FIGURE.format(alt=re.sub(r"\d", "", ALT), line="")),
        (pagecheck.sourceless_figures, FIGURE.format(alt=ALT, line="")),
        (pagecheck.sourceless_figures, FIGURE.format(alt=ALT, line=LINE.format("../").replace("_modules", "modules"))),
        (pagecheck.unnumbered_figures, FIGURE.format(alt=ALT, line=LINE.format("")).replace("Figure 7.2 ", "")),
        (pagecheck.too_heavy, '<img src="heavy.png" alt="x">'),
    ],
)
def test_a_broken_page_is_caught(check, body: str, tmp_path: Path):
    assert len(check(sample(tmp_path, body))) == 1
