"""Numbers in prose that look measured must be found in what the chapter's cells print, or in the tables they read."""

from __future__ import annotations

import math
import re
from pathlib import Path

import nbformat
import pytest

BOOK = Path(__file__).parents[2] / "book"
CODE = re.compile(r"```.*?```|`[^`]*`", re.S)
LINK = re.compile(r"\]\([^)]*\)|\{[a-z:]+\}`[^`]*`")
# A decimal as a measurement is typed; "Theorem 3.1" and "2.5l" are not such.
DECIMAL = re.compile(r"(?<![\w.{^\-/])(?<!Theorem )(?<!Section )(?<!Chapter )\d+\.\d+(?![\w.])")
_SPACE = r"(?:[\s\u202f\u00a0]|\\,)"
_INTEGER = rf"\d{{1,3}}(?:{_SPACE}\d{{3}})+|\d+"
# "18 of the 20", "7 to 11"; integers of three digits and more; powers of ten.
PAIR = re.compile(rf"(?<![\w.^{{$\\-])({_INTEGER}) (?:of|out of|to) (?:the |all )?({_INTEGER})(?![\w.^]|\.\d)")
LARGE = re.compile(rf"(?<![\w.^{{\\/(-])(\d{{1,3}}(?:{_SPACE}\d{{3}})+|\d{{3,}})(?![\w^°]|\.\d)")
POWER = re.compile(r"(?:(\d+(?:\.\d+)?)\s*\\cdot\s*)?10\^\{?(-?\d+)\}?")
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def prose_of(cells: list) -> str:
    return "\n".join(LINK.sub("]", CODE.sub(" ", cell.source)) for cell in cells if cell.cell_type == "markdown")


def texts_of(cell: nbformat.NotebookNode) -> list[str]:
    """The source of a code cell and what it shows, tags taken for ends of lines."""
    texts = [cell.source]
    for output in cell.outputs:
        texts.append(output.get("text", ""))
        texts += [re.sub(r"<[^>]+>", "\n", str(value)) for value in output.get("data", {}).values()]
    return texts


def shown(cells: list) -> list[str]:
    """All numbers in code and outputs: what a cell sets is as good a source as what it prints."""
    texts = [text for cell in cells if cell.cell_type == "code" for text in texts_of(cell)]
    return [number for text in texts for number in NUMBER.findall(text)]


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


def whole(text: str) -> float:
    return float(re.sub(r"\D", "", text))


def unsupported_integers(cells: list) -> list[str]:
    """Pairs that no line of code or output has, large integers that none has, and powers of ten near no number."""
    lines = [
        line for cell in cells if cell.cell_type == "code" for text in texts_of(cell) for line in text.splitlines()
    ]
    groups = [{round(abs(float(number)), 9) for number in NUMBER.findall(line)} for line in lines]
    everything = set().union(*groups, {round(abs(float(number)), 9) for number in tables_of(cells)})
    prose, missing = prose_of(cells), set()
    for pair in PAIR.finditer(prose):
        if not any({whole(pair[1]), whole(pair[2])} <= group for group in groups):
            missing.add(pair[0])
    missing |= {number[1] for number in LARGE.finditer(prose) if whole(number[1]) not in everything}
    for power in POWER.finditer(prose):
        exponent, factor = int(power[2]), float(power[1] or 1.0)
        # with a factor it is meant to a fifth, without one to half a decade
        width = 0.08 if power[1] else 0.5
        wanted = exponent + math.log10(factor)
        near = any(value > 0 and abs(math.log10(value) - wanted) <= width for value in everything)
        if not near and (power[1] or abs(exponent) not in everything):
            missing.add(power[0])
    return sorted(missing)


def tables_of(cells: list) -> list[str]:
    """The numbers in the tables of ``book/data`` that a chapter's code names."""
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    texts = [path.read_text(encoding="utf-8") for path in sorted((BOOK / "data").rglob("*")) if path.name in code]
    return [number for text in texts for number in NUMBER.findall(text)]


# Decimals that no cell prints, each with the reason why none needs to.
EXCUSED = {
    ("objective", "1.4"): "15/(d(d+2)(d+4)) at d = 100, by the formula beside it",
    ("traps", "1.15"): "how far the exercise on the radius allows one to go",
    ("students", "3.11"): "a version of Python",
    ("theorem3", "0.0035"): "0.7/200, by the formulas beside it",
}
INTEGERS_EXCUSED = {
    ("algorithm", "1500"): "a setting, H of `practical_settings`",
    ("algorithm", "18 of 93"): "counted once over thirty runs that no table keeps",
    ("certificate", "2600"): "by the formula above it",
    ("escape", "7 to 9"): "names of lemmas",
    ("frontier", "18 of 20"): "a setting of the table",
    ("frontier", "10^{-308}"): "where doubles end",
    ("lazy", r"8\cdot10^{10}"): "half of the threshold at that size",
    ("misprints", "2018"): "a year",
    ("misprints", "2019"): "a year",
    ("runnable", r"5\cdot10^{-4}"): "a constant of the theorem, which its plan checks",
    ("runnable", "140"): "what a cell prints as 143, rounded because an exercise asks for it",
    ("scaling", r"1.7\cdot10^{11}"): "`lazy_threshold` at that size",
    ("scaling", "175 000"): "5^{7.5}, by the formula beside it",
    ("students", "2 to 4"): "names of lemmas",
    ("students", "7 to 9"): "names of lemmas",
    ("teaching", "7 to 9"): "names of lemmas",
    ("teaching", "130"): "a setting of the reading times",
    ("tensors", "10^{-15}"): "a few roundings of a double",
    ("tensors", "10^{-16}"): "one rounding of a double",
    ("tensors", "1296"): "6^4, the sizes beside it",
    ("theorem3", r"2.7\cdot10^{-4}"): "a constant of a condition",
    ("theorem3", "717"): "by the formulas above it",
    ("theorem3", "8408"): "by the formulas above it",
}
CHAPTERS = sorted(BOOK.glob("*.ipynb"))


@pytest.mark.parametrize("path", CHAPTERS, ids=[path.stem for path in CHAPTERS])
def test_each_decimal_in_prose_comes_from_a_cell_or_has_a_reason(path: Path):
    found = unsupported(nbformat.read(path, as_version=4).cells)
    assert [number for number in found if (path.stem, number) not in EXCUSED] == []


@pytest.mark.parametrize("path", CHAPTERS, ids=[path.stem for path in CHAPTERS])
def test_each_count_and_power_in_prose_comes_from_a_cell_or_has_a_reason(path: Path):
    found = unsupported_integers(nbformat.read(path, as_version=4).cells)
    assert [number for number in found if (path.stem, number) not in INTEGERS_EXCUSED] == []


def test_no_reason_outlives_its_integer():
    missing = {
        (path.stem, number)
        for path in CHAPTERS
        for number in unsupported_integers(nbformat.read(path, as_version=4).cells)
    }
    assert set(INTEGERS_EXCUSED) <= missing


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


@pytest.mark.parametrize(
    ("prose", "output", "found"),
    [
        ("18 of the 20 runs", "18 of 20", []),
        ("16 of the 20 runs", "18 of 20", ["16 of the 20"]),
        ("between 7 to 11 epochs", "epochs 7, 11", []),
        ("between 4 to 6 epochs", "epochs 7, 11", ["4 to 6"]),
        (r"it is 180\,000 there", "180000", []),
        ("it is 18 000 there", "180000", ["18 000"]),
        (r"about $8\cdot10^{10}$ of them", "8.1e10", []),
        ("about $10^{12}$ of them", "8.1e10", ["10^{12}"]),
        (r"about $8\cdot10^{12}$ of them", "8.1e10 or 12", [r"8\cdot10^{12}"]),
    ],
)
def test_a_count_typed_by_hand_is_seen(prose: str, output: str, found: list[str]):
    assert unsupported_integers(chapter(prose, output)) == found
