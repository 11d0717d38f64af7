"""Find faults in rendered pages by opening them in Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

WIDTHS = (1366, 768, 375)
WIDE = 1920
REFLOW = 320  # WCAG 1.4.10: what a window of 1280 px has left at four times the size
PAPER = 717  # A4 less Chromium's margins
COLOUR_RULES = ("color-contrast", "link-in-text-block")
AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "rules": {rule: {"enabled": False} for rule in COLOUR_RULES},
    "resultTypes": ["violations"],
    "preload": False,  # it would fetch style sheets, which file:// pages may not
}
# The rules on colours are slow, and judge alike what looks alike: one element of each look is enough for them. A look
# is an element's tag, classes and style, and those of all that it stands in. A narrower page has no other colours, so
# there only looks that were hidden before are judged; and colours are all that the dark page can change.
AXE_WHOLE = {**AXE, "rules": {}}  # for a page that is small, or a part of one
AXE_COLOURS = {**AXE, "runOnly": {"type": "rule", "values": list(COLOUR_RULES)}, "rules": {}}
MARK_LOOKS = """() => {
  const looks = window.tdLooks ??= new Map();
  let fresh = 0;
  const name = e => `${e.tagName}.${[...e.classList].sort().join(".")}[${e.getAttribute("style") ?? ""}]`;
  const path = new Map([[document.documentElement, ""]]);
  for (const e of document.body.querySelectorAll("*")) {
    path.set(e, (path.get(e.parentElement) ?? "") + " " + name(e));
    delete e.dataset.tdLook;
    const speaks = [...e.childNodes].some(c => c.nodeType === Node.TEXT_NODE && c.data.trim());
    if (speaks && e.checkVisibility() && !looks.has(path.get(e))) {
      looks.set(path.get(e), e);
      e.dataset.tdLook = "";
      fresh++;
    }
  }
  return fresh;
}"""
# The inside of a formula is MathJax's, and a page of code has a thousand words in the same ten colours: they would take
# axe most of its time. It looks at the page with a letter, never wider than it, in the place of each formula, and at
# one word of each colour.
THIN_OUT = """() => {
  const seen = new Set();
  const repeated = e => {
    const kind = `${e.className} in ${e.closest(".cell_output") ? "output" : "code"}`;
    return seen.has(kind) || !seen.add(kind);
  };
  const words = [...document.querySelectorAll(".highlight pre span")].filter(e => !e.querySelector("*") && repeated(e));
  const formulas = [...document.querySelectorAll("mjx-container")];
  window.tdThinned = [
    ...words.map(e => [e, document.createTextNode(e.textContent)]),
    ...formulas.map(e => [e, document.createTextNode("x")]),
  ];
  for (const [whole, text] of tdThinned) whole.replaceWith(text);
}"""
# For a check of one part of a page: no formula in it for axe to walk through, thousands of nodes each.
WITHOUT_FORMULAS = """() => {
  for (const e of document.querySelectorAll("mjx-container")) e.replaceWith("a formula");
}"""
MAKE_WHOLE = "() => { for (const [whole, text] of tdThinned) text.replaceWith(whole); }"
# Chromium of its own accord asks its maker's hosts at start; none of that belongs to a page.
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")
SETTLED = "() => window.MathJax?.startup?.promise ? MathJax.startup.promise.then(() => true) : true"

UNTYPESET = """() => [...document.querySelectorAll(".math")]
    .filter(e => !e.closest("mjx-container") && !e.querySelector("mjx-container"))
    .map(e => e.textContent.trim().slice(0, 60))"""
# MathJax shows an unknown macro in red and an unknown reference as question marks, and neither is an error to it: so
# each formula's tree is read, also of those in closed boxes.
WRONG_TEX = """() => {
  const found = [...document.querySelectorAll("mjx-merror")].map(e => e.textContent.trim().slice(0, 80));
  for (const item of window.MathJax?.startup?.document?.math ?? []) {
    if (!item.root) { found.push(`not read: ${item.math.slice(0, 80)}`); continue; }
    item.root.walkTree(node => {
      const said = node.isKind("mtext") ? node.childNodes.map(c => c.text ?? "").join("") : "";
      const unknown = said.startsWith("\\\\") && node.attributes.getExplicit("mathcolor") === "red";
      if (unknown || said.includes("???")) found.push(`${said} in ${item.math.trim().slice(0, 80)}`);
    });
  }
  return found;
}"""
# Pictures are loaded when they come near; here all of them are asked for.
BROKEN_PICTURES = """async () => {
  const pictures = [...document.images];
  for (const picture of pictures) picture.loading = "eager";
  const good = await Promise.all(pictures.map(p => p.decode().then(() => p.naturalWidth > 0, () => false)));
  return pictures.filter((p, k) => !good[k]).map(p => p.getAttribute("src"));
}"""
# Links within the page as it is after all scripts; behind the name of a live figure stands its state, and reveal.js
# counts slides after a slash.
LOST = """() => [...document.querySelectorAll('a[href^="#"]')]
    .map(a => decodeURIComponent(a.getAttribute("href").slice(1)).replace(/^(live-[^?]*)[?].*/, "$1"))
    .filter(name => name && name !== "top" && !name.startsWith("/"))
    .filter(name => !document.getElementById(name) && !document.getElementsByName(name).length)"""
# Everything that a reader can unfold: <details> in every use, and the boxes of sphinx-togglebutton.
UNFOLD = """() => {
  window.tdFolded = [...document.querySelectorAll("details:not([open])")];
  window.tdHidden = [...document.querySelectorAll(".toggle-hidden:not(button)")]
    .filter(e => e.querySelector("button.toggle-button"));
  for (const box of tdFolded) box.open = true;
  for (const box of tdHidden) box.querySelector("button.toggle-button").click();
  return tdFolded.length + tdHidden.length;
}"""
FOLD = """() => {
  for (const box of tdFolded) box.open = false;
  for (const box of tdHidden) box.querySelector("button.toggle-button").click();
}"""
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"

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
    if (e.closest("details:not([open])") && !e.closest("summary")) continue;  // not laid out
    const r = e.getBoundingClientRect();
    if (r.width && r.right > edge && !boxed(e))
      found.push(`<${e.tagName.toLowerCase()} class="${e.className}"> reaches to ${Math.round(r.right)}`);
  }
  return found.slice(0, 5);
}"""

# What is cut off although the window is wide: code, printed text, tables, equations.
CLIPPED = """() => {
  const boxes = "pre, .pst-scrollable-table-container, .td-scroll, div.math mjx-container";
  return [...document.querySelectorAll(`article :is(${boxes})`)]
    .filter(e => e.checkVisibility({visibilityProperty: true}) && e.scrollWidth > e.clientWidth + 1)
    .map(e => `<${e.tagName.toLowerCase()} class="${e.className}"> is cut, ${e.scrollWidth} in ${e.clientWidth}: ` +
      e.textContent.trim().split("\\n").sort((a, b) => b.length - a.length)[0].slice(0, 60));
}"""

# On paper nothing scrolls and nothing unfolds.
CUT_ON_PAPER = """() => {
  const found = [], shown = e => e.getClientRects().length > 0;
  const boxes = "pre, table, div.math, .td-scroll, .pst-scrollable-table-container";
  for (const e of document.querySelectorAll(`article :is(${boxes})`))
    if (shown(e) && e.scrollWidth > e.clientWidth + 2 && e.clientWidth)
      found.push(`<${e.tagName.toLowerCase()} class="${e.className}"> is cut, ${e.scrollWidth} in ${e.clientWidth}`);
  for (const e of document.querySelectorAll("article details > :not(summary)"))
    if (shown(e.parentElement) && !(shown(e) && e.checkVisibility({contentVisibilityAuto: true})))
      found.push(`${e.parentElement.className} stays folded`);
  return [...new Set(found)].slice(0, 8);
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
    page.evaluate(TWO_FRAMES)


def layout_faults(page: Page, where: str) -> list[str]:
    return [f"at {where} {fault}" for fault in page.evaluate(OVERFLOW)]


def clipped(page: Page, where: str) -> list[str]:
    """What is cut off in a wide window with everything unfolded."""
    return [f"at {where} {fault}" for fault in page.evaluate(CLIPPED)]


def accessibility_faults(page: Page, where: str, mode: str) -> list[str]:
    """What axe says: of everything in the light, of each look's colours in light and dark."""
    page.evaluate(THIN_OUT)
    violations = Axe().run(page, options=AXE).response["violations"] if mode == "light" else []
    if page.evaluate(MARK_LOOKS):
        violations += Axe().run(page, context="[data-td-look]", options=AXE_COLOURS).response["violations"]
    page.evaluate(MAKE_WHOLE)
    found = []
    for violation in violations:
        places = "; ".join(" ".join(node["html"].split())[:120] for node in violation["nodes"][:3])
        found.append(f"{where} axe {violation['id']} ({len(violation['nodes'])}): {places}")
    return found


def open_page(context: BrowserContext, path: Path, found: list[str]) -> Page:
    """Open a page and wait for its mathematics, noting requests to other hosts, errors of scripts, and what is not
    there: formulas, pictures, the targets of links."""
    page = context.new_page()
    own = ("file:", "data:", "blob:")
    page.on("request", lambda asked: asked.url.startswith(own) or found.append(f"asks for {asked.url}"))
    page.on("console", lambda said: found.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: found.append(f"script error: {error}"))
    page.goto(path.resolve().as_uri())
    page.evaluate(SETTLED)
    found += [f"mathematics not typeset: {text}" for text in page.evaluate(UNTYPESET)]
    found += [f"mathematics that MathJax refuses: {text}" for text in page.evaluate(WRONG_TEX)]
    found += [f"picture that does not show: {source}" for source in page.evaluate(BROKEN_PICTURES)]
    found += [f"link to #{name}: no such place" for name in page.evaluate(LOST)]
    return page


def look(page: Page, width: int, mode: str, axe: bool = True) -> list[str]:
    """The page at one width, as it opens and with everything unfolded; axe only with everything unfolded."""
    resize(page, width)
    found = layout_faults(page, f"{width} px")
    unfolded = page.evaluate(UNFOLD)
    page.evaluate(TWO_FRAMES)
    if unfolded:
        found += layout_faults(page, f"{width} px, unfolded,")
    if width >= WIDTHS[0]:
        found += clipped(page, f"{width} px")
    if axe:
        page.wait_for_timeout(250)  # what a fold has just opened takes its colours a moment later
        found += accessibility_faults(page, f"{mode} at {width} px", mode)
    page.evaluate(FOLD)
    return found


def paper_faults(page: Page) -> list[str]:
    """What a printed page would cut off or leave folded."""
    page.set_viewport_size(size(PAPER))
    page.emulate_media(media="print")
    page.evaluate(TWO_FRAMES)
    found = [f"on paper {fault}" for fault in page.evaluate(CUT_ON_PAPER)]
    page.emulate_media(media="screen")
    return found


def colours(page: Page, mode: Literal["light", "dark"]) -> None:
    """Give the reader's system other colours; looks that were judged in the old ones count no longer."""
    page.emulate_media(color_scheme=mode)
    page.evaluate("() => { delete window.tdLooks; }")
    page.evaluate(TWO_FRAMES)


def faults(running: Browser, path: Path) -> list[str]:
    """Everything wrong with a page, in the light and in the dark: at all widths, folded and unfolded, on paper."""
    found: list[str] = []
    with running.new_context(viewport=size(WIDTHS[0]), color_scheme="light", reduced_motion="reduce") as context:
        page = open_page(context, path, found)
        for width in WIDTHS:
            found += look(page, width, "light")
        for width in (REFLOW, WIDE):
            found += look(page, width, "light", axe=False)
        found += paper_faults(page)
    with running.new_context(viewport=size(WIDTHS[0]), color_scheme="dark", reduced_motion="reduce") as context:
        page = open_page(context, path, found)
        for width in WIDTHS[::-1]:
            found += look(page, width, "dark")
    return list(dict.fromkeys(found))
