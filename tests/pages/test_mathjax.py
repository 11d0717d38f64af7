"""Formulas on a page: MathML for a screen reader, and no menu that leads to what the book does not hold."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import yaml
from playwright.sync_api import Browser

from tests.pages import browsercheck

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]["mathjax3_config"]
CHOOSE = """() => {
  const { pool } = MathJax.startup.document.menu.menu;
  for (const name of ["explorer", "collapsible"]) pool.lookup(name).setValue(true);
}"""


def formula(browser: Browser, folder: Path, config: dict) -> tuple[int, int, str, list[str]]:
    """Menus that a right click opens, stops for Tab, the MathML of a formula, what was asked for beside the script."""
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    assert spec is not None and spec.origin is not None
    script = (Path(spec.origin).parent / "static" / "mathjax" / "tex-chtml-full.js").as_uri()
    document = folder / "formula.html"
    document.write_text(
        f"<!doctype html><html lang='en'><title>x</title><script>window.MathJax = {json.dumps(config)}</script>"
        f"<script src='{script}'></script><p>\\(x^{{2}}\\)</p></html>",
        encoding="utf-8",
    )
    with browser.new_context() as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.route(lambda address: not address.startswith("file:"), lambda route: route.abort())
        page.goto(document.as_uri())
        page.wait_for_function(browsercheck.SETTLED)
        mathml = page.locator("mjx-assistive-mml math").inner_html()
        stops = page.locator("mjx-container[tabindex='0']").count()
        page.locator("mjx-container").click(button="right")
        page.wait_for_timeout(300)
        menus = page.locator(".CtxtMenu_Menu").count()
        if menus:
            page.evaluate(CHOOSE)
            page.wait_for_timeout(1000)
    ours = (script, document.as_uri())
    return menus, stops, mathml, [url for url in asked if url not in ours and not url.endswith(".woff")]


def test_a_formula_has_mathml_and_no_menu(browser: Browser, tmp_path: Path) -> None:
    menus, stops, mathml, asked = formula(browser, tmp_path, CONFIG)
    assert (menus, stops, asked) == (0, 0, [])
    assert "<msup>" in mathml and "<mi>x</mi>" in mathml


def test_the_menu_would_ask_for_parts_that_the_book_does_not_hold(browser: Browser, tmp_path: Path) -> None:
    menus, stops, _, asked = formula(browser, tmp_path, {**CONFIG, "options": {"enableMenu": True}})
    assert menus and stops
    assert any(url.endswith("/sre.js") for url in asked)
