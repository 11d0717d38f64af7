"""How much of a page's height is code, printed text and figures as it opens: `python -m tests.pages.sharecheck`.

Heights are those of a window of 1366 pixels with all folds closed. What is hidden in a fold counts nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml
from playwright.sync_api import Browser

from tests.pages import browsercheck

ROOT = Path(__file__).parents[2]
WIDTH = 1366

SHARES = """() => {
  const article = document.querySelector("article.bd-article");
  const seen = e => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length > 0;
  const all = selector => [...article.querySelectorAll(selector)].filter(seen);
  const high = elements => elements.reduce((sum, e) => sum + e.getBoundingClientRect().height, 0);
  const code = all("div.cell_input"), printed = all("div.cell_output pre");
  const figures = all("div.cell_output img, figure.td-live .td-live__stage, figure.td-live svg")
    .filter(e => !e.parentElement.closest(".td-live__stage, svg"));
  const cut = all("pre").filter(e => e.scrollWidth > e.clientWidth + 1);
  return {
    height: article.getBoundingClientRect().height,
    code: high(code), printed: high(printed), figures: high(figures), cards: high(all("details.td-strip")),
    tables: high(all("div.cell_output table")),
    open: code.map(e => e.textContent.trim()),
    cut: cut.map(e => e.textContent.trim().split("\\n").sort((a, b) => b.length - a.length)[0].slice(0, 90)),
  };
}"""


def chapters() -> list[str]:
    """The pages that have a number, as the table of contents lists them."""
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    return [entry["file"] for part in parts if part.get("numbered") for entry in part["chapters"]]


def shares(running: Browser, page: Path, width: int = WIDTH, *, unfold: bool = False) -> dict:
    """Heights in pixels of the page and of what it shows; the code that stays open; the longest line of each block that
    is cut."""
    with running.new_context(viewport=browsercheck.size(width), color_scheme="light") as context:
        opened = browsercheck.open_page(context, page, [])
        if unfold:
            opened.evaluate(browsercheck.UNFOLD)
        browsercheck.resize(opened, width)
        return opened.evaluate(SHARES)


def main() -> int:
    executable = browsercheck.chromium()
    if executable is None:
        print("no Chromium on the PATH nor in $CHROMIUM")
        return 1
    columns = {"code": 6, "printed": 8, "figures": 8, "tables": 7, "cards": 6}
    heads = "".join(f" {name:>{width}}" for name, width in columns.items())
    print(f"{'chapter':<12} {'height':>7}{heads} {'open':>5} {'cut':>4}")
    with browsercheck.browser(executable) as running:
        for chapter in chapters():
            page = ROOT / "_build" / "html" / f"{chapter}.html"
            if not page.is_file():
                continue
            found = shares(running, page)
            parts = "".join(f" {found[name] / found['height']:>{width}.1%}" for name, width in columns.items())
            counts = f"{len(found['open']):>5} {len(found['cut']):>4}"
            print(f"{page.stem:<12} {found['height']:>7.0f}{parts} {counts}", flush=True)
            if "--open" in sys.argv:
                for code in found["open"]:
                    print("    " + code.replace("\n", "\n    ") + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
