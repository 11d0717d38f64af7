"""Find faults in rendered pages by opening them in Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

WIDTHS = (1366, 768, 375)
AXE_WIDTHS = (1366, 375)
AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
    "preload": False,  # it would fetch style sheets, which file:// pages may not
}
# All that the dark page can change is colour.
AXE_COLOURS = {**AXE, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# The inside of a formula is MathJax's, thousands of nodes a page that would take axe most of its time.
WITHOUT_FORMULAS = """() => {
  for (const e of document.querySelectorAll("mjx-container")) e.replaceWith("a formula");
}"""
# Chromium of its own accord asks its maker's hosts at start; none of that belongs to a page.
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")
SETTLED = "() => window.MathJax?.startup?.promise ? MathJax.startup.promise.then(() => true) : true"

UNTYPESET = """() => [...document.querySelectorAll(".math")]
    .filter(e => !e.closest("mjx-container") && !e.querySelector("mjx-container"))
    .map(e => e.textContent.trim().slice(0, 60))"""
WRONG_TEX = """() => [...document.querySelectorAll("mjx-merror")].map(e => e.textContent.trim().slice(0, 80))"""

# Elements that reach over the right edge without a box of their own to scroll in, and the page's own scroll.
OVERFLOW = """() => {
  const found = [], root = document.documentElement, edge = root.clientWidth + 1;
  if (root.scrollWidth > edge) found.push(`the page is ${root.scrollWidth} wide`);
  const boxed = e => {
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(p).overflowX)) return true;
    return false;
  };
  const kinds = "p, h1, h2, h3, img, table, pre, div.math, figure, .td-claim";
  for (const e of document.querySelectorAll(`article :is(${kinds})`)) {
    const r = e.getBoundingClientRect();
    if (r.width && r.right > edge && !boxed(e))
      found.push(`<${e.tagName.toLowerCase()} class="${e.className}"> reaches to ${Math.round(r.right)}`);
  }
  return found.slice(0, 5);
}"""


def chromium() -> str | None:
    """The browser to use: $CHROMIUM, or one of the usual names on the PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def browser(executable: str) -> Iterator[Browser]:
    # Chromium's sandbox refuses to run as root; the pages are our own.
    sandbox = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=[*QUIET, *sandbox])
        try:
            yield running
        finally:
            running.close()


def size(width: int) -> ViewportSize:
    return {"width": width, "height": 900}


def resize(page: Page, width: int) -> None:
    """Give the page a width and the time to answer it: scripts mark the boxes that scroll in a later frame, the theme
    after a pause of 0.3 s."""
    page.set_viewport_size(size(width))
    page.wait_for_timeout(400)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")


def layout_faults(page: Page, width: int) -> list[str]:
    resize(page, width)
    return [f"at {width} px {fault}" for fault in page.evaluate(OVERFLOW)]


def accessibility_faults(page: Page, width: int, options: dict) -> list[str]:
    resize(page, width)
    mode = page.evaluate("document.documentElement.dataset.theme") or "light"
    found = []
    for violation in Axe().run(page, options=options).response["violations"]:
        places = "; ".join(" ".join(node["html"].split())[:120] for node in violation["nodes"][:3])
        found.append(f"{mode} at {width} px axe {violation['id']} ({len(violation['nodes'])}): {places}")
    return found


def open_page(context: BrowserContext, path: Path, found: list[str]) -> Page:
    """Open a page and wait for its mathematics, noting requests to other hosts and errors of scripts."""
    page = context.new_page()
    own = ("file:", "data:", "blob:")
    page.on("request", lambda asked: asked.url.startswith(own) or found.append(f"asks for {asked.url}"))
    page.on("console", lambda said: found.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: found.append(f"script error: {error}"))
    page.goto(path.resolve().as_uri())
    page.evaluate(SETTLED)
    found += [f"mathematics not typeset: {text}" for text in page.evaluate(UNTYPESET)]
    found += [f"mathematics that MathJax refuses: {text}" for text in page.evaluate(WRONG_TEX)]
    return page


def faults(running: Browser, path: Path) -> list[str]:
    """Everything wrong with one page: light and dark, at all widths."""
    found: list[str] = []
    # In the light from a desktop, in the dark from a phone: scripts lay out what they find when they begin.
    for mode, widths, rules in (("light", WIDTHS, AXE), ("dark", WIDTHS[::-1], AXE_COLOURS)):
        with running.new_context(viewport=size(widths[0]), color_scheme=mode, reduced_motion="reduce") as context:
            page = open_page(context, path, found)
            for width in widths:
                found += layout_faults(page, width)
            page.evaluate(WITHOUT_FORMULAS)
            for width in AXE_WIDTHS:
                found += accessibility_faults(page, width, rules)
    return list(dict.fromkeys(found))
