"""Numbers in prose that look measured must be found in what the chapter's cells print, or in the tables they read."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from tdbook import lazy_threshold, random_target
from tdbook.descent import practical_settings
from tdbook.exercises import traps
from tdbook.lemmas import plan
from tdbook.tables import frontier
from tools.reading import WORDS_A_MINUTE

BOOK = Path(__file__).parents[2] / "book"
SLIDES = BOOK.parent / "slides"
CODE = re.compile(r"```.*?```|`[^`]*`", re.S)
# What is a name or somebody's words and no number: lemmas, lines of Algorithm 1, years, what a student says, minutes.
NAME = re.compile(
    r"Lemmas? \d+(?:[,\s]*(?:and|then|to)?\s+\d+(?![\w.]))*|(?<=line )\d(?:\.\d)+"
    r"|^\| \d[\d.]*(?: to \d[\d.]*)? (?=\|)|\| \"[^\"\n]*\" \||\[\d+\. "
    r"|\b(?:NeurIPS|of) (?:19|20)\d\d(?: and (?:19|20)\d\d)?|Reading \d+ minutes|Python \d\.\d+|Lecture \d of \d",
    re.MULTILINE,
)
LINK = re.compile(r"\]\([^)]*\)|\{[a-z:]+\}`[^`]*`")
# A decimal as a measurement is typed; "Theorem 3.1" and "2.5l" are not such.
DECIMAL = re.compile(r"(?<![\w.{^\-/])(?<!Theorem )(?<!Section )(?<!Chapter )\d+\.\d+(?![\w.])")
_SPACE = r"(?:[\s\u202f\u00a0]|\\,)"
_INTEGER = rf"\d{{1,3}}(?:{_SPACE}\d{{3}})+|\d+"
# "18 of the 20", "7 to 11"; integers of three digits and more; powers of ten.
PAIR = re.compile(rf"(?<![\w.^{{$\\-])({_INTEGER}) (?:of|out of|to) (?:the |all )?({_INTEGER})(?![\w.^]|\.\d)")
LARGE = re.compile(rf"(?<![\w.^{{\\/(-])(\d{{1,3}}(?:{_SPACE}\d{{3}})+|\d{{3,}})(?![\w^°]|\.\d)")
SMALL = re.compile(r"(?<![\w.^{\\/(,:#+=_$-])(\d{2})(?![\w^°%}/:$]|\.\d|-)")  # two digits, outside formulas
ABOUT = re.compile(r"(?:some|about|nearly|around) $")
POWER = re.compile(r"(?:(\d+(?:\.\d+)?)\s*\\cdot\s*)?10\^\{?(-?\d+)\}?")
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def prose_of(cells: list) -> str:
    return "\n".join(plain(cell.source) for cell in cells if cell.cell_type == "markdown")


def plain(text: str) -> str:
    """A text without code, links and names."""
    return NAME.sub(" ", LINK.sub("]", CODE.sub(" ", text)))


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


FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]+\$", re.S)


def rounds_to(text: str, value: float) -> bool:
    """Whether a value is the number to its last digit that is not zero: 175 000 is to thousands."""
    digits = re.sub(r"\D", "", text)
    unit = 10 ** (len(digits) - len(digits.rstrip("0")))
    return abs(value - whole(text)) <= 0.5 * unit


def whole(text: str) -> float:
    return float(re.sub(r"\D", "", text))


def unsupported_integers(cells: list) -> list[str]:
    """Pairs that no line of code or output has, large integers that none has, and powers of ten near no number."""
    lines = [
        line for cell in cells if cell.cell_type == "code" for text in texts_of(cell) for line in text.splitlines()
    ]
    groups = [{round(abs(float(number)), 9) for number in NUMBER.findall(line)} for line in lines]
    # a pair is a result: what a line of code has is no source
    printed = [
        {round(abs(float(number)), 9) for number in NUMBER.findall(line)}
        for cell in cells
        if cell.cell_type == "code"
        for text in texts_of(cell)[1:]
        for line in text.splitlines()
    ]
    everything = set().union(*groups, {round(abs(float(number)), 9) for number in tables_of(cells)})
    prose, missing = prose_of(cells), set()
    for pair in PAIR.finditer(prose):
        if not any({whole(pair[1]), whole(pair[2])} <= group for group in printed):
            missing.add(pair[0])
    for number in LARGE.finditer(prose):
        if whole(number[1]) in everything:
            continue
        rounded = ABOUT.search(prose[: number.start()]) and any(rounds_to(number[1], value) for value in everything)
        if not rounded:
            missing.add(number[1])
    rest = LARGE.sub(" ", PAIR.sub(" ", FORMULA.sub(" ", prose)))
    missing |= {number[1] for number in SMALL.finditer(rest) if whole(number[1]) not in everything}
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


# Numbers in prose that no cell prints, each with what it is: a computation of the same number.
_EPSILON = sys.float_info.epsilon
Value = Callable[[], float | tuple[float, ...]]
COMPUTED: dict[tuple[str, str], Value] = {
    ("objective", "1.4"): lambda: 1e5 * 15 / (100 * 102 * 104),
    ("traps", "1.15"): lambda: traps.NEAR,
    ("theorem3", "0.0035"): lambda: 0.7 / 200,
    ("algorithm", "1500"): lambda: practical_settings(random_target(10, 2, 3, rng=0), 4).iterations,
    ("decomposition", "22"): lambda: math.ceil(math.comb(12, 3) / 10),
    ("decomposition", "15"): lambda: 9 * 10 / 6,
    ("frontier", "18 of 20"): lambda: (frontier.NEEDED, frontier.SEEDS),
    ("frontier", "10^{-308}"): lambda: sys.float_info.min,
    ("frontier", "14"): lambda: 2 * (2**3 - 1),  # points +-w with R(w, w, .) parallel to w, by Bezout
    ("lazy", "39"): lambda: lazy_threshold(20, 3) / 2,
    ("lazy", r"8\cdot10^{10}"): lambda: lazy_threshold(10**6, 3) / 2,
    ("runnable", r"5\cdot10^{-4}"): lambda: 1e-3 / 2,  # half the thousandth that the growth may lose
    ("runnable", r"7\cdot10^{16}"): lambda: plan(10, 2, 3, 0.1).components,
    ("scaling", r"1.7\cdot10^{11}"): lambda: lazy_threshold(10**6, 3),
    ("scaling", "175 000"): lambda: 5**7.5,
    ("teaching", "130"): lambda: WORDS_A_MINUTE,
    ("tensors", "10^{-15}"): lambda: 5 * _EPSILON,
    ("tensors", "10^{-16}"): lambda: _EPSILON / 2,
    ("tensors", "1296"): lambda: 6**4,
    # W <= (5.76 + 0.04) / (lambda p' Delta), lambda = 0.49 rho_0 tau, Delta = 1.437 tau^3 lambda rho_0 / (mu Lambda_0)
    ("theorem3", "717"): lambda: 5.8 * 1.2 / (1.437 * 0.49**2 * 0.49**5),
    ("theorem3", "8408"): lambda: 1.615 / (8e-4 * 0.49**2),
    ("theorem3", r"2.7\cdot10^{-4}"): lambda: 0.005 / (16 * math.sqrt(2 * 0.62)),
}
CHAPTERS = sorted(BOOK.glob("*.ipynb"))


def found_in(path: Path) -> list[str]:
    cells = nbformat.read(path, as_version=4).cells
    return [*unsupported(cells), *unsupported_integers(cells)]


def agrees(text: str, value: float | tuple[float, ...]) -> bool:
    """Whether a number as it is typed, or a pair, is what was computed."""
    if isinstance(value, tuple):
        return tuple(whole(part) for part in re.findall(_INTEGER, text)) == value
    if power := POWER.fullmatch(text):
        shown, unit = float(power[1] or 1.0), 10.0 ** int(power[2])
        half = 0.5 * 10.0 ** -len((power[1] or "").partition(".")[2])
        # a bound may be rounded to its safe side
        close = abs(value / unit - shown) <= half or abs(value / (shown * unit) - 1.0) < 0.04
        return close if power[1] else abs(math.log10(value / unit)) <= 0.5
    if "." in text:
        return supported(text, [repr(value)])
    return rounds_to(text, value) or abs(value - whole(text)) <= 5e-3 * value  # a bound may be rounded up


@pytest.mark.parametrize("path", CHAPTERS, ids=[path.stem for path in CHAPTERS])
def test_each_number_in_prose_comes_from_a_cell_or_is_computed(path: Path):
    assert [number for number in found_in(path) if (path.stem, number) not in COMPUTED] == []


@pytest.mark.parametrize("place", COMPUTED, ids=" ".join)
def test_a_number_without_a_cell_is_what_is_computed(place: tuple[str, str]):
    value, text = COMPUTED[place](), place[1]
    assert agrees(text, value)
    # negative control: another number of the same form
    wrong = re.sub(r"[1-9]", lambda digit: str(int(digit[0]) % 9 + 1), text, count=1)
    if text.startswith("10^"):
        wrong = re.sub(r"(\d)(\}?)$", lambda last: f"{(int(last[1]) + 2) % 10}{last[2]}", text)
    assert not agrees(wrong, value), wrong


def test_no_computation_outlives_its_number():
    """Those of the chapters; what a cell prints since needs none."""
    missing = {(path.stem, number) for path in CHAPTERS for number in found_in(path)}
    luck = {("lazy", "39")}  # another cell prints a 39
    assert set(COMPUTED) - luck <= missing
    for stem, number in luck:
        assert f"Some {number} at $d=20$" in prose_of(nbformat.read(BOOK / f"{stem}.ipynb", as_version=4).cells)


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


# --------------------------------------------------------------------------------------------------- slides
ON_SLIDES: dict[tuple[str, str], Value] = {
    ("lecture-2", "0.3"): lambda: 3 * (1 - 0.9),
    ("lecture-2", "1.5"): lambda: 3 * (1 - 0.5),
    ("lecture-4", "0.775"): lambda: 0.9 - 0.125,
    ("lecture-3", "0.3"): lambda: practical_settings(random_target(10, 1, 3, rng=0), 4, 0.1).regularization / 0.1,
    ("lecture-3", "1500"): lambda: practical_settings(random_target(10, 2, 3, rng=0), 4).iterations,
}
# What a slide asks or assumes: sizes, tolerances, a probability of the theorem.
GIVEN = {
    "lecture-2": "10^{-4} 0.9 0.5",
    "lecture-3": "1000 100 0.99",
    "lecture-4": "10^{-12} 10^9 10^{-3} 1000 0.125 0.51 0.9",
}
DECKS = sorted(SLIDES.glob("lecture-*.md"))
BLOCK = re.compile(r"^```.*?^```", re.M | re.S)


def typed(deck: str) -> list[str]:
    """Numbers in a deck's text that its own code does not have."""
    code = {abs(float(number)) for block in BLOCK.findall(deck) for number in NUMBER.findall(block.replace("_", ""))}
    text = plain(re.sub(r"\A---\n.*?\n---\n", "", BLOCK.sub(" ", deck), flags=re.S))
    found = [number for number in DECIMAL.findall(text) if float(number) not in code]
    found += [number[1] for number in LARGE.finditer(text) if whole(number[1]) not in code]
    found += [power[0] for power in POWER.finditer(text)]
    return sorted(set(found))


@pytest.mark.parametrize("path", DECKS, ids=[path.stem for path in DECKS])
def test_each_number_on_a_slide_is_evaluated_or_computed(path: Path):
    given = GIVEN.get(path.stem, "").split()
    found = typed(path.read_text(encoding="utf-8"))
    assert [number for number in found if (path.stem, number) not in ON_SLIDES and number not in given] == []


@pytest.mark.parametrize("place", ON_SLIDES, ids=" ".join)
def test_a_number_typed_on_a_slide_is_what_is_computed(place: tuple[str, str]):
    deck = (SLIDES / f"{place[0]}.md").read_text(encoding="utf-8")
    assert place[1] in deck and agrees(place[1], ON_SLIDES[place]())


def test_a_number_typed_on_a_slide_is_seen():
    assert typed("It is 0.37 here, {eval}`x` there, and some $10^{12}$.\n\n```python\ny = 0.5\n```\nAt 0.5.") == [
        "0.37",
        "10^{12}",
    ]
