"""What a page shows and what waits in a fold: the rule for code, the answers, and how much of a page code may fill."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
import pytest

from tests.pages import pagecheck, sharecheck
from tools.build import chapters

ROOT = Path(__file__).parents[2]
MOST = 0.20  # of a chapter's height in a window of 1366 px: code and printed text together
NOTEBOOKS = chapters(ROOT)


@pytest.fixture(scope="module")
def bookfolds():
    sys.path.insert(0, str(ROOT / "book" / "_ext"))
    try:
        import bookfolds
    finally:
        sys.path.pop(0)
    return bookfolds


@pytest.mark.parametrize(
    ("source", "draws", "kind"),
    [
        ("import math\nfrom pathlib import Path", False, "imports"),
        ("x = 2\ny = x**2\nprint(y)", False, ""),
        ("x = 2\nprint(x)\nprint(x**2)", False, "printing"),
        ("for x in (1, 2):\n    print(x)", False, "printing"),
        ("for x in (1, 2):\n    y = x**2\n    z = y + x\n    print(z)", False, ""),
        ("print(\n    1,\n    2,\n)\nx = 3", False, "printing"),
        ("picture(1)", True, "figure"),
        ("\n".join(f"x{k} = {k}" for k in range(40)), False, "code"),
        ("print(inspect.getsource(step))", False, "listing"),
    ],
)
def test_a_fold_is_called_by_what_it_holds(bookfolds, source: str, draws: bool, kind: str):
    assert bookfolds.kind(source, draws=draws) == kind


def test_every_fold_of_code_has_a_name_of_its_own_kind(html: Path):
    """The name that a screen reader says is the text of the summary, and no label beside it overrides that."""
    names = set()
    for page in pagecheck.chapters(html):
        for summary in pagecheck.soup(page).select("div.cell details.hide > summary"):
            assert not summary.get("aria-label")
            names.add(summary.select_one("p.collapsed").get_text())
    assert len(names) > 2


def test_answers_wait_in_folds(html: Path):
    """A cell tagged `predict` shows no output outside of its fold, and has one to show."""
    for path in NOTEBOOKS:
        cells = nbformat.read(path, as_version=4).cells
        asked = [cell["id"] for cell in cells if "predict" in cell.metadata.get("tags", [])]
        for ident in asked:
            cell = pagecheck.soup(html / "book" / f"{path.stem}.html").find(id=f"cell-{ident}")
            outputs = cell.select(".cell_output")
            assert outputs, f"{path.stem}: the cell {ident} asks for a prediction and shows nothing"
            assert all(output.find_parent("details", class_="td-answer") for output in outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_question_stands_before_each_answer(path: Path):
    cells = nbformat.read(path, as_version=4).cells
    tagged = [set(cell.metadata.get("tags", [])) for cell in cells]
    for k, tags in enumerate(tagged):
        if "predict" in tags:
            assert re.search(r"\*(Before you|Predict)", cells[k - 1].source), f"nothing is asked before cell {k}"
        if "answer" in tags:
            shown = [str(output.get("data", {}).get("text/plain", "")) for output in cells[k - 1].get("outputs", [])]
            moved = any(text.startswith("Live figure") for text in shown) and "*Before you" in cells[k - 2].source
            assert "predict" in tagged[k - 1] or moved, f"cell {k} answers what nobody was asked"
            assert not cells[k].source.startswith("#"), f"cell {k} begins with a heading, which no fold can hold"


@pytest.mark.parametrize("chapter", sharecheck.chapters())
def test_code_fills_little_of_the_page(chapter: str, browser, html: Path):
    found = sharecheck.shares(browser, html / f"{chapter}.html")
    share = (found["code"] + found["printed"]) / found["height"]
    said = "\n\n".join(found["open"])
    assert share <= MOST, f"{share:.0%} of the page is code or printed text; open stays\n\n{said}"
