"""Find faults in a deck of slides by opening it in Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from tests.pages import browsercheck

CANVAS: ViewportSize = {"width": 1280, "height": 720}
SMALLEST = 18  # pixels of the canvas; the line of sources and code in a table stand at it, all else is larger

# On the slide that is shown: what reaches out of it, what runs into its line of sources, what is too small to read.
LAYOUT = """(smallest) => {
  const slide = Reveal.getCurrentSlide(), scale = Reveal.getScale(), found = [];
  const frame = slide.getBoundingClientRect(), source = slide.querySelector(".source");
  const floor = source ? source.getBoundingClientRect().top : frame.bottom;
  const name = e => `<${e.tagName.toLowerCase()}> ${e.textContent.trim().slice(0, 40)}`;
  for (const e of slide.querySelectorAll("*")) {
    if (e.closest("aside.notes, mjx-assistive-mml") || (e.closest("mjx-container") && e.tagName !== "MJX-CONTAINER"))
      continue;
    const r = e.getBoundingClientRect();
    if (!r.width || !r.height) continue;
    const over = Math.max(r.right - frame.right, frame.left - r.left, r.bottom - frame.bottom, frame.top - r.top);
    if (over > 1) found.push(`${name(e)} reaches ${Math.round(over / scale)} px out of the slide`);
    else if (source && !source.contains(e) && r.bottom > floor + 1)
      found.push(`${name(e)} runs ${Math.round((r.bottom - floor) / scale)} px into the sources`);
    if (e.scrollWidth > e.clientWidth + 4 && e.clientWidth && getComputedStyle(e).display !== "inline")
      found.push(`${name(e)} is wider than its box`);
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    const size = parseFloat(getComputedStyle(e).fontSize);
    if (own && size < smallest) found.push(`${name(e)} has letters of ${size} px`);
  }
  return found;
}"""
SLIDES = """() => Reveal.getSlides().map(s => ({
  title: s.querySelector("h1, h2")?.textContent.trim() ?? "",
  notes: s.querySelector("aside.notes")?.textContent.trim() ?? "",
  seconds: Number(s.dataset.timing ?? 0),
}))"""


def slides(page: Page) -> list[dict[str, Any]]:
    """Title, notes and seconds of each slide of an open deck."""
    return page.evaluate(SLIDES)


def layout_faults(page: Page) -> list[str]:
    # What MathJax says to screen readers is clipped from sight, but it counts as wide.
    page.add_style_tag(content="mjx-assistive-mml { display: none !important; }")
    found = []
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate("n => Reveal.slide(n)", number)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")
        found += [f"slide {number + 1}: {fault}" for fault in page.evaluate(LAYOUT, SMALLEST)]
    page.evaluate("Reveal.slide(0)")
    return found


def notes_faults(page: Page) -> list[str]:
    found = []
    for number, slide in enumerate(slides(page), start=1):
        if not slide["title"]:
            found.append(f"slide {number} has no title")
        if not slide["notes"]:
            found.append(f"slide {number} has no notes")
        if slide["seconds"] < 60 or slide["seconds"] % 60:
            found.append(f"slide {number} takes {slide['seconds']} seconds")
    return found


def keyboard_faults(page: Page) -> list[str]:
    """Arrows must move; the first press finds the deck wherever the focus is."""
    if page.evaluate("Reveal.getTotalSlides()") < 2:
        return []
    seen = [page.evaluate("Reveal.getState().indexh")]
    for key in ("ArrowRight", "ArrowLeft", "End", "Home"):
        page.keyboard.press(key)
        seen.append(page.evaluate("Reveal.getState().indexh"))
    last = page.evaluate("Reveal.getTotalSlides()") - 1
    return [] if seen == [0, 1, 0, last, 0] else [f"arrows and ends lead to the slides {seen}"]


def speaker_faults(context: BrowserContext, page: Page) -> list[str]:
    """The speaker view must open on S and show the notes of the slide, and the deck in it must not ask the network."""
    wanted = slides(page)[0]["notes"].split("\n")[-1][:30]
    with context.expect_page(timeout=10_000) as opened:
        page.keyboard.press("s")
    view = opened.value
    try:
        view.wait_for_function(
            "text => document.querySelector('.speaker-controls-notes')?.textContent.includes(text)",
            arg=wanted,
            timeout=15_000,
        )
    except Exception:
        return ["the speaker view does not show the notes of the first slide"]
    finally:
        view.close()
    return []


def accessibility_faults(page: Page, where: str) -> list[str]:
    page.evaluate(browsercheck.WITHOUT_FORMULAS)
    found = []
    for violation in Axe().run(page, options=browsercheck.AXE_WHOLE).response["violations"]:
        places = "; ".join(" ".join(node["html"].split())[:120] for node in violation["nodes"][:3])
        found.append(f"{where} axe {violation['id']} ({len(violation['nodes'])}): {places}")
    return found


def print_faults(context: BrowserContext, path: Path) -> list[str]:
    """In the view for printing every slide is a page of its own, with its formulas; axe looks at all at once."""
    found: list[str] = []
    page = context.new_page()
    page.goto(f"{path.resolve().as_uri()}?print-pdf")
    page.evaluate(browsercheck.SETTLED)
    page.wait_for_selector(".pdf-page")
    pages, wanted = page.locator(".pdf-page").count(), page.evaluate("Reveal.getTotalSlides()")
    if pages != wanted:
        found.append(f"prints {pages} pages for {wanted} slides")
    found += [f"printing leaves mathematics: {text}" for text in page.evaluate(browsercheck.UNTYPESET)]
    found += accessibility_faults(page, "printed")
    page.close()
    return found


def faults(running: Browser, path: Path) -> list[str]:
    """Everything wrong with one deck."""
    found: list[str] = []
    with running.new_context(viewport=CANVAS, reduced_motion="reduce") as context:
        page = browsercheck.open_page(context, path, found)
        page.wait_for_function("() => window.Reveal?.isReady()")
        found += notes_faults(page)
        found += keyboard_faults(page)
        found += layout_faults(page)
        found += speaker_faults(context, page)
        found += accessibility_faults(page, "shown")
        found += print_faults(context, path)
    return list(dict.fromkeys(found))
