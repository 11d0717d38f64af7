"""The live figures of the book: their weight, their picture, and that a page says what the chapter keeps."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, TimeoutError

from tdbook.figures.live import LIMIT
from tests.pages import browsercheck, pagecheck
from tools import build

ROOT = Path(__file__).parents[2]
SHARED = 1_000_000


# The figure is in view and says this.
ARRIVED = """([name, sentence]) => {
  const top = document.querySelector(`#live-${name}`).getBoundingClientRect().top;
  return top >= 0 && top < 300 && document.querySelector(`#live-${name}-say`).innerText === sentence;
}"""


def told(notebook: Path) -> dict[str, list[tuple[str, str]]]:
    """Each live figure of a chapter as committed: its addresses and their sentences."""
    found: dict[str, list[tuple[str, str]]] = {}
    for cell in nbformat.read(notebook, as_version=4).cells:
        for output in cell.get("outputs", []):
            for name, rest, sentence in re.findall(
                r"^#live-([a-z0-9-]+)(\S*): (.+)$", output.get("data", {}).get("text/plain", ""), re.MULTILINE
            ):
                found.setdefault(name, []).append((f"#live-{name}{rest}", sentence))
    return found


CHAPTERS = {path.stem: figures for path in build.chapters(ROOT) if (figures := told(path))}


def test_there_are_live_figures():
    assert {"re-z3"} <= set(CHAPTERS["traps"])
    assert {"norms"} <= set(CHAPTERS["algorithm"])
    names = [name for figures in CHAPTERS.values() for name in figures]
    assert len(names) == len(set(names)), "a name is an address"


def weight(page: Path) -> int:
    """Bytes of data for live figures on a page."""
    return sum(len(script.string.encode()) for script in pagecheck.soup(page).select("script.td-live__data"))


def test_pages_are_light(html: Path):
    weights = {page.name: weight(page) for page in pagecheck.chapters(html)}
    assert {name for name, size in weights.items() if size} == {f"{stem}.html" for stem in CHAPTERS}
    assert {name: size for name, size in weights.items() if size > LIMIT} == {}


def test_a_heavy_page_is_seen(tmp_path: Path):
    page = tmp_path / "heavy.html"
    page.write_text(f"<script type='application/json' class='td-live__data'>{'1' * (LIMIT + 1)}</script>")
    assert weight(page) == LIMIT + 1


def test_shared_scripts_are_small_and_deferred(html: Path):
    page = html / "book" / "traps.html"
    scripts = [tag for tag in pagecheck.soup(page).find_all("script", src=True) if "live" in str(tag["src"])]
    assert [str(tag["src"]).split("?")[0].rsplit("/", 1)[-1] for tag in scripts] == ["live-draw.js", "live.js"]
    assert all(tag.has_attr("defer") for tag in scripts)
    static = html / "_static"
    assert sum((static / name).stat().st_size for name in ("live-draw.js", "live.js", "live.css")) < SHARED / 10


@pytest.mark.parametrize("stem", CHAPTERS)
def test_every_figure_has_its_picture_its_caption_and_its_source(stem: str, html: Path):
    for name in CHAPTERS[stem]:
        (figure,) = pagecheck.soup(html / "book" / f"{stem}.html").select(f"figure#live-{name}")
        (picture,) = figure.select(".td-live__still img")
        assert len(str(picture["alt"])) > 60
        assert len(figure.figcaption.get_text(strip=True)) > 100
        module, function = str(figure["data-source"]).rsplit(".", 1)
        assert callable(getattr(__import__(module, fromlist=[function]), function))
        assert json.loads(figure.select_one("script.td-live__data").string)["title"]


def live_violations(page: Page) -> list[str]:
    """What axe says of the live figures, with the elements concerned."""
    axe = Axe().run(page, context="figure.td-live", options=browsercheck.AXE_WHOLE).response
    assert axe["passes"] or axe["violations"]
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary']}"
        for violation in axe["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("stem", CHAPTERS)
def test_live_figures_say_what_the_chapter_keeps_and_fit(stem: str, browser, html: Path):
    """Each told address moves its figure there; it is drawn, in view, and silent. Awake, all are accessible, in the
    light and the dark, at both widths; browsercheck.faults sees the page as it is when opened."""
    found: list[str] = []
    with browser.new_context(viewport=browsercheck.size(1366), reduced_motion="reduce") as context:
        page = browsercheck.open_page(context, html / "book" / f"{stem}.html", found)
        for name, states in CHAPTERS[stem].items():
            sentences = set()
            for address, sentence in states:
                page.evaluate("hash => location.hash = hash", address)
                page.wait_for_selector(f"#live-{name} svg[role=img]:visible")
                # a busy machine may take its time; what never comes is a failure, with what is there instead
                with contextlib.suppress(TimeoutError):
                    page.wait_for_function(ARRIVED, arg=[name, sentence], timeout=20_000)
                assert page.inner_text(f"#live-{name}-say") == sentence
                assert page.evaluate(ARRIVED, [name, sentence]), f"{address} is not in view"
                assert not page.evaluate(ARRIVED, [name, "something else"])
                assert not page.is_visible(f"#live-{name} img")
                sentences.add(sentence)
            assert len(sentences) == len(states) > 1
        page.evaluate(browsercheck.WITHOUT_FORMULAS)
        for mode in ("light", "dark"):
            browsercheck.colours(page, mode)
            for width in (1366, 375):
                browsercheck.resize(page, width)
                found += browsercheck.layout_faults(page, f"{width} px")
                page.evaluate("scrollTo(0, 0)")  # where it stood, the page's bar might lie over a control
                found += [f"{mode} {width} {violation}" for violation in live_violations(page)]
    assert found == []


@pytest.mark.parametrize("stem", CHAPTERS)
def test_without_scripts_every_figure_is_a_picture(stem: str, browser, html: Path):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto((html / "book" / f"{stem}.html").resolve().as_uri())
        for name in CHAPTERS[stem]:
            assert page.is_visible(f"#live-{name} .td-live__still img")
            assert page.locator(f"#live-{name} :is(input, button, canvas)").count() == 0
