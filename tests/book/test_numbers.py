"""Numbers in prose that look measured must be found in what the chapter's cells print, or in the tables they read."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

BOOK = Path(__file__).parents[2] / "book"
CODE = re.compile(r"```.*?```|`[^`]*`", re.S)
LINK = re.compile(r"\]\([^)]*\)|\{[a-z:]+\}`[^`]*`")
# A decimal as a measurement is typed; "Theorem 3.1" and "2.5l" are not such.
DECIMAL = re.compile(r"(?<![\w.{^\-/])(?<!Theorem )(?<!Section )(?<!Chapter )\d+\.\d+(?![\w.])")
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def prose_of(cells: list) -> str:
    return "\n".join(LINK.sub("]", CODE.sub(" ", cell.source)) for cell in cells if cell.cell_type == "markdown")


def shown(cells: list) -> list[str]:
    """All numbers in code and outputs: what a cell sets is as good a source as what it prints."""
    texts = []
    for cell in cells:
        if cell.cell_type == "code":
            texts.append(cell.source)
            for output in cell.outputs:
                texts.append(output.get("text", ""))
                texts += [str(value) for value in output.get("data", {}).values()]
    return [number for text in texts for number in NUMBER.findall(re.sub(r"<[^>]+>", " ", text))]


def supported(number: str, sources: list[str]) -> bool:
    """Whether some source, rounded to as many places as the prose shows, is the number; per cents count as shares."""
    places = len(number.partition(".")[2])
    wanted = float(number)
    for source in sources:
        value = abs(float(source))
        if any(abs(round(value * factor, places) - wanted) < 1e-12 for factor in (1.0, 100.0)):
            return True
    return False


def unsupported(cells: list) -> list[str]:
    sources = [*shown(cells), *tables_of(cells)]
    found = DECIMAL.findall(prose_of(cells))
    return sorted({number for number in found if not supported(number, sources)}, key=float)


def tables_of(cells: list) -> list[str]:
    """The numbers in the tables of ``book/data`` that a chapter's code names."""
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    texts = [path.read_text(encoding="utf-8") for path in sorted((BOOK / "data").rglob("*")) if path.name in code]
    return [number for text in texts for number in NUMBER.findall(text)]


# Decimals that no cell prints, each with the reason why none needs to.
EXCUSED = {
    ("objective", "1.4"): "15/(d(d+2)(d+4)) at d = 100, by the formula beside it",
    ("traps", "1.15"): "how far the exercise on the radius allows one to go",
    ("algorithm", "2.1"): "the number of a line of Algorithm 1",
    ("theorem3", "0.0035"): "0.7/200, by the formulas beside it",
}
CHAPTERS = sorted(BOOK.glob("*.ipynb"))


@pytest.mark.parametrize("path", CHAPTERS, ids=[path.stem for path in CHAPTERS])
def test_each_decimal_in_prose_comes_from_a_cell_or_has_a_reason(path: Path):
    found = unsupported(nbformat.read(path, as_version=4).cells)
    assert [number for number in found if (path.stem, number) not in EXCUSED] == []


def test_no_reason_outlives_its_number():
    missing = {
        (path.stem, number) for path in CHAPTERS for number in unsupported(nbformat.read(path, as_version=4).cells)
    }
    assert set(EXCUSED) <= missing


def chapter(prose: str, output: str = "") -> list:
    cell = nbformat.v4.new_code_cell("f()", outputs=[nbformat.v4.new_output("stream", text=output)])
    return [nbformat.v4.new_markdown_cell(prose), cell]


@pytest.mark.parametrize(
    ("prose", "output", "found"),
    [
        ("the error falls to 0.37 here", "error 0.3712", []),
        ("the error falls to 0.37 here", "error 0.3812", ["0.37"]),
        ("in 12.5% of the runs", "share 0.125", []),
        ("in 12.5% of the runs", "share 0.135", ["12.5"]),
        ("a slope of $2.98$", "", ["2.98"]),
        ("`0.37` is code and Theorem 3.1 a name", "", []),
    ],
)
def test_a_number_typed_by_hand_is_seen(prose: str, output: str, found: list[str]):
    assert unsupported(chapter(prose, output)) == found
