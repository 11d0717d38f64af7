"""Markdown as a page for print: one HTML file that asks no other host for anything, with MathJax beside it."""

from __future__ import annotations

import html
import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

ROOT = Path(__file__).resolve().parents[1]
MATHJAX = ("tex-chtml-full.js", "output/chtml/fonts/woff-v2")  # fonts are found relative to the script
STYLE = """
@page { margin: 18mm 20mm; }
html { font: 11pt/1.45 "Source Sans 3", "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif; }
body { color: #000; background: #fff; margin: 0 auto; max-width: 46rem; padding: 1.5rem; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0 0 0.8rem; }
h2 { font-size: 1.15rem; margin: 1.6rem 0 0.5rem; }
h3 { font-size: 1rem; margin: 1.3rem 0 0.4rem; }
h1, h2, h3 { break-after: avoid; }
p, ul, ol { margin: 0 0 0.6rem; orphans: 3; widows: 3; }
ul, ol { padding-left: 1.6rem; }
pre { background: #f2f5f6; border-radius: 4px; font: 9pt/1.4 "DejaVu Sans Mono", "Liberation Mono", monospace;
  margin: 0 0 0.6rem; overflow-x: auto; padding: 0.5rem 0.7rem; white-space: pre-wrap; }
code { font-family: "DejaVu Sans Mono", "Liberation Mono", monospace; font-size: 0.9em; }
table { border-collapse: collapse; margin: 0 0 0.8rem; }
th, td { border-bottom: 1px solid #999; padding: 0.15rem 1.2rem 0.15rem 0; text-align: left; vertical-align: top; }
blockquote { border-left: 3px solid #999; margin: 0 0 0.6rem; padding: 0 0 0 0.8rem; }
.block { break-inside: avoid; }
.head { border-bottom: 1px solid #000; display: flex; flex-wrap: wrap; gap: 0.2rem 2rem; margin: 0 0 1rem; }
.math.block, mjx-container[display="true"] { overflow-x: auto; overflow-y: hidden; }
@media print { body { max-width: none; padding: 0; } a { color: inherit; text-decoration: none; } }
"""


def _math(content: str, options: dict[str, Any]) -> str:
    display = options["display_mode"]
    left, right = (r"\[", r"\]") if display else (r"\(", r"\)")
    return f"{left}{html.escape(content)}{right}"


def _markdown() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    return reader.use(dollarmath_plugin, renderer=_math, allow_labels=False, double_inline=True)


def macros() -> dict[str, Any]:
    """The book's LaTeX macros, as MathJax takes them."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    found: dict[str, Any] = config["sphinx"]["config"]["mathjax3_config"]["tex"]["macros"]
    return found


def page(title: str, body: str, *, head: str = "") -> str:
    """A sheet: its title, a line of ``head``, and its Markdown ``body``."""
    tex = json.dumps({"tex": {"macros": macros()}, "options": {"enableMenu": False}})
    line = f'<p class="head">{head}</p>' if head else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n"
        f'<link rel="icon" href="data:,">\n<script>window.MathJax = {tex}</script>\n'
        f'<script src="mathjax/{MATHJAX[0]}" defer></script>\n</head>\n'
        f"<body>\n<main>\n<h1>{html.escape(title)}</h1>\n{line}\n{_markdown().render(body)}</main>\n</body>\n</html>\n"
    )


def copy_mathjax(folder: Path) -> None:
    """Put MathJax into ``folder/mathjax``, where the pages look for it."""
    spec = importlib.util.find_spec("sphinx-mathjax-offline")  # a name with hyphens can be found but not imported
    if spec is None or spec.origin is None:
        raise RuntimeError("sphinx-mathjax-offline is not installed: run `make env`")
    source = Path(spec.origin).parent / "static" / "mathjax"
    for part in MATHJAX:
        target = folder / "mathjax" / part
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if (source / part).is_dir():
            shutil.copytree(source / part, target)
        else:
            shutil.copyfile(source / part, target)
