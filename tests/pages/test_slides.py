"""The slides: minutes, numbers and statuses computed, every deck looked at in a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import browsercheck, pagecheck, slidecheck
from tools import lectures, slides

ROOT = Path(__file__).resolve().parents[2]
LECTURES = [path.stem for path in lectures.sources(ROOT)]
CELL = lectures.CELL


@pytest.fixture(scope="session")
def decks(root: Path) -> Path:
    """The rendered slides. Their absence is a failure, as with the book."""
    folder = root / "_build" / "slides"
    if not (folder / "index.html").is_file():
        pytest.fail("the slides have not been rendered: run `make slides` first")
    return folder


def test_there_are_four_lectures():
    assert [f"lecture-{number}" for number in (1, 2, 3, 4)] == LECTURES


def test_the_minutes_are_read_from_the_notes(tmp_path: Path):
    """Negative control: a slide that takes longer changes the sum."""
    deck = tmp_path / "lecture-1.md"
    deck.write_text("# A\n\n:::{notes} 3\nx\n:::\n\n## B\n\n::::{notes} 40\ny\n::::\n", encoding="utf-8")
    assert lectures.minutes(deck) == [3, 40]


@pytest.mark.parametrize("lecture", [*LECTURES, "index"])
def test_the_deck_is_right(lecture: str, browser, decks: Path):
    assert slidecheck.faults(browser, decks / f"{lecture}.html") == []


@pytest.mark.parametrize("lecture", LECTURES)
def test_the_minutes_reach_the_speaker(lecture: str, browser, decks: Path):
    with browser.new_context(viewport=slidecheck.CANVAS) as context:
        page = browsercheck.open_page(context, decks / f"{lecture}.html", [])
        shown = slidecheck.slides(page)
    assert sum(slide["seconds"] for slide in shown) == 60 * sum(lectures.minutes(ROOT / "slides" / f"{lecture}.md"))
    assert all(f"{slide['seconds'] // 60} minute" in slide["notes"] for slide in shown)


# A slide names the function below its figure, but has no code cell to link to.
IN_TEXT = (pagecheck.sourceless_figures, pagecheck.unnumbered_figures)
CHECKS = [check for check in pagecheck.CHECKS if check not in IN_TEXT]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_deck_is_free_of(check, decks: Path, html: Path):
    """Links also lead into the book's pages, so these must be there: hence the fixture ``html``."""
    faults = [f"{page.name}: {fault}" for page in sorted(decks.glob("*.html")) for fault in check(page)]
    assert not faults, "\n" + "\n".join(faults)


def test_statuses_are_those_of_the_ledger(decks: Path):
    from tdbook import ledger

    page = pagecheck.soup(decks / "lecture-1.html")
    badges = {
        link["href"].split("#claim-")[1]: link.find_previous(class_="badge").get("aria-label") or "a word"
        for link in page.find_all("a", class_="claim")
    }
    assert {"tensor-inner", "thm1", "lazy-threshold"} <= set(badges)
    report = ledger.verify(["tensor-inner", "sym-dim"], fast=True)
    for id in ("tensor-inner", "sym-dim"):
        assert badges[id].endswith(report.status(id))


def test_a_status_is_computed_and_not_typed(monkeypatch):
    """Negative control: when the ledger says failed, so does the slide."""
    monkeypatch.syspath_prepend(str(ROOT / "slides" / "_ext"))
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    import deck

    class Red:
        def status(self, id: str) -> str:
            return "failed"

    deck.status.cache_clear()
    monkeypatch.setattr(deck.ledger, "verify", lambda id, fast: Red())
    assert "td-status--failed" in deck.badge("thm1")
    deck.status.cache_clear()


def test_the_code_of_the_slides_is_clean():
    """Ruff reads notebooks but not MyST: the cells go through it here, in one piece a lecture."""
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    assert ruff, "ruff is not installed: run `make env`"

    def complaints(code: str) -> str:
        command = [ruff, "check", "--quiet", "--ignore", "E402,B018,E703,F811", "--stdin-filename", "slides.py", "-"]
        return subprocess.run(command, input=code, capture_output=True, text=True, check=False, cwd=ROOT).stdout

    for lecture in LECTURES:
        text = (ROOT / "slides" / f"{lecture}.md").read_text(encoding="utf-8")
        assert complaints("\n".join(CELL.findall(text))) == "", lecture
    assert "F401" in complaints("import os\n")


@pytest.mark.parametrize("lecture", LECTURES)
def test_figures_are_legible_from_the_last_row(lecture: str, decks: Path):
    """Every figure of a slide went through ``slides.slide``, which sets the size of its letters."""
    text = (ROOT / "slides" / f"{lecture}.md").read_text(encoding="utf-8")
    shown = len(pagecheck.soup(decks / f"{lecture}.html").select(".slides img"))
    assert shown == len(re.findall(r"^slides\.slide\(", text, re.MULTILINE)) > 0
    assert all(float(size) >= 18 for size in re.findall(r"letters=(\d+)", text))


SLIDE = """<section data-timing="60">{}<aside class="notes"><p>1 minute</p><p>words</p></aside></section>"""
PAGE = """<!doctype html><html lang="en"><head><title>Deck</title>
<link rel="stylesheet" href="{static}/revealjs/dist/reveal.css"><link rel="stylesheet" href="{static}/slides.css">
<link rel="icon" href="data:,"></head><body><div class="reveal"><main class="slides">{body}</main></div>
<script src="{static}/revealjs/dist/reveal.js"></script><script src="{static}/revealjs/plugin/notes/notes.js"></script>
<script>Reveal.initialize({{width: 1280, height: 720, margin: 0.02, center: false, transition: "none",
pdfSeparateFragments: false, plugins: [RevealNotes]}});</script></body></html>"""
TALL = "<h2>A</h2>" + "<p>line</p>" * 20


def deck_faults(browser, folder: Path, decks: Path, *bodies: str) -> str:
    page = folder / "deck.html"
    static = (decks / "_static").resolve().as_uri()
    page.write_text(PAGE.format(static=static, body="".join(bodies)), encoding="utf-8")
    return "\n".join(slidecheck.faults(browser, page))


def test_a_good_deck_passes(browser, tmp_path: Path, decks: Path):
    body = SLIDE.format("<h2>A</h2><p>Text.</p><div class='source'><p>source</p></div>")
    assert deck_faults(browser, tmp_path, decks, body, SLIDE.format("<h2>B</h2>")) == ""


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (SLIDE.format(TALL), "px out of the slide"),
        (SLIDE.format("<h2>A</h2><p style='padding-top:540px'>low</p><div class='source'>s</div>"), "into the sources"),
        (SLIDE.format("<h2>A</h2><p style='width:1500px'>wide</p>"), "px out of the slide"),
        (SLIDE.format("<h2>A</h2><p style='font-size:12px'>tiny</p>"), "letters of 12 px"),
        (SLIDE.format("<p>no title</p>"), "slide 1 has no title"),
        ("<section data-timing='60'><h2>A</h2></section>", "slide 1 has no notes"),
        (SLIDE.format("<h2>A</h2>").replace("60", "0", 1), "takes 0 seconds"),
        (SLIDE.format("<h2>A</h2><p style='color:#bbb'>pale</p>"), "axe color-contrast"),
        (SLIDE.format("<h2>A</h2><img src='http://127.0.0.1:9/x.png' alt='x'>"), "asks for http://127.0.0.1:9/x.png"),
        (SLIDE.format("<h2>A</h2><script>undefined.broken</script>"), "script error"),
    ],
)
def test_a_broken_deck_is_caught(body: str, fault: str, browser, tmp_path: Path, decks: Path):
    assert fault in deck_faults(browser, tmp_path, decks, body, SLIDE.format("<h2>B</h2>"))


def test_missing_package_is_said_in_one_line(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(slides.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(slides.BookError, match="sphinx-revealjs is not installed: run `make env`"):
        slides.build(tmp_path)
