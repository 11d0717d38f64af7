"""Sphinx configuration of the slides; `make slides` (tools/slides.py) builds them with it."""

import sys
from pathlib import Path

import yaml

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent / "book" / "_ext"), str(HERE.parent)]
BOOK = yaml.safe_load((HERE.parent / "_config.yml").read_text(encoding="utf-8"))

project = "Beyond Lazy Training: four lectures"
author = BOOK["author"]
copyright = BOOK["copyright"]
language = "en"
root_doc = "index"
extensions = ["myst_nb", "sphinx_revealjs", "deck"]
exclude_patterns = ["_*", "questions", "sheets"]
templates_path = ["_templates"]
nitpicky = True

myst_enable_extensions = BOOK["parse"]["myst_enable_extensions"]
suppress_warnings = ["myst.header"]

# Every lecture runs as it is read, so that a sentence can hold a number of the library: {eval}`name`.
nb_execution_mode = "inline"
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True
nb_render_plugin = "tdbook"  # book/_ext/bookrender.py
nb_output_stderr = "error"
nb_mime_priority_overrides = [
    ("revealjs", "image/png", 10),
    ("revealjs", "text/html", 20),
    ("revealjs", "text/markdown", 30),
    ("revealjs", "text/plain", 40),
]

revealjs_static_path = ["_static"]
revealjs_script_plugins = [{"name": "RevealNotes", "src": "revealjs/plugin/notes/notes.js"}]
revealjs_script_conf = {
    "width": 1280,
    "height": 720,
    "margin": 0.02,
    "center": False,
    "hash": True,
    "slideNumber": "c/t",
    "transition": "none",
    "backgroundTransition": "none",
    "controlsTutorial": False,
    "pdfSeparateFragments": False,
    "scrollActivationWidth": None,
    # Without a time for slides that have none of their own, the speaker view shows no pace at all.
    "defaultTiming": 120,
}

# MathJax and its macros are those of the book. Slides that are not shown have no height to match.
mathjax_path = BOOK["sphinx"]["config"]["mathjax_path"]
mathjax3_config = {**BOOK["sphinx"]["config"]["mathjax3_config"], "chtml": {"matchFontHeight": False, "scale": 1.12}}
