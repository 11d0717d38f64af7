"""The notation page is complete: every public parameter and field, and every letter of the claims, has a row."""

import dataclasses
import inspect
import json
import re
from collections import Counter
from pathlib import Path

import pytest

import tdbook
from tdbook import descent, objectives, tensors
from tdbook.tables import notation
from tests.support.refusals import refused

ROOMS = (tensors, objectives, descent)


def public(room):
    """Functions and classes that a room, a module or a package, defines itself."""
    return {
        name: thing
        for name, thing in vars(room).items()
        if not name.startswith("_") and callable(thing) and f"{thing.__module__}.".startswith(f"{room.__name__}.")
    }


def parameters(thing):
    """Names of the parameters of a function, or of a class's constructor, fields and public methods."""
    functions = [thing]
    names = set()
    if inspect.isclass(thing):
        functions = [
            getattr(member, "__func__", member)
            for name, member in vars(thing).items()
            if name == "__init__" or not name.startswith("_")
        ]
        if dataclasses.is_dataclass(thing):
            names |= {field.name for field in dataclasses.fields(thing) if not field.name.startswith("_")}
    for function in functions:
        if inspect.isfunction(function):
            names |= {name for name in inspect.signature(function).parameters if not name.startswith("_")}
    return names - {"self", "cls"}


THINGS = {f"{room.__name__}.{name}": thing for room in ROOMS for name, thing in public(room).items()}
THINGS |= {f"tdbook.{name}": thing for name in tdbook.__all__ if callable(thing := getattr(tdbook, name))}


@pytest.mark.parametrize("name", sorted(THINGS))
def test_every_public_name_and_its_parameters_have_a_row(name):
    rows = notation.names()
    missing = ({name.rsplit(".", 1)[1]} | parameters(THINGS[name])) - rows
    assert not missing, f"add rows for {sorted(missing)} to tdbook/tables/notation.py"


def test_the_collection_finds_what_it_should():
    assert parameters(descent.Settings) >= {"dimension", "step_size", "boost"}
    assert parameters(tensors.SymmetricCP) >= {"weights", "factors", "order", "U", "V", "other", "factor"}
    assert parameters(tdbook.decompose) >= {"target", "accuracy", "rng", "literal"}
    assert len(THINGS) > 25


@pytest.mark.parametrize(
    "letter",
    r"d l r m K H T^* u^*_i c^*_i T_v f_v U C \hat{C} \hat{c}_i A a_i \bar{C} \lambda \epsilon \delta \eta S B P_S P_B"
    r" P_{sym} S_U W_l \mathrm{vec} T'_0 T_0 \kappa_i n_i b_i \bar\kappa_i R G g_i F(U) s w \rho N^2 M_n D".split(),
)
def test_every_letter_of_the_paper_and_the_claims_has_a_row(letter):
    plain = letter.replace("{", "").replace("}", "").replace(" ", "")
    signs = " ".join(
        part
        for rows in notation.GROUPS.values()
        for row in rows
        for side in (row.paper, row.book)
        for part in re.findall(r"\$([^$]*)\$", side)
    )
    signs = signs.replace("{", "").replace("}", "").replace(r"\hat ", r"\hat").replace(r"\bar ", r"\bar")
    assert re.search(rf"(?<![A-Za-z\\]){re.escape(plain)}(?![A-Za-z])", signs), f"no row for {letter}"


# ------------------------------------------------------------------------------- one letter, one row
BOOK = Path(__file__).parents[2] / "book"
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]+\$", re.S)
WORDS = re.compile(r"\\(?:mathrm|text|operatorname)\{[^}]*\}")


def bare(letter, text):
    """Whether a formula of the text has the letter without an index, a prime or a star."""
    head = r"(?<![A-Za-z\\])" if letter.isalpha() else ""
    sign = re.compile(rf"{head}{re.escape(letter)}(?![A-Za-z_'*{{(]|\^\{{?\\?[a-z]*\*)")
    return any(sign.search(WORDS.sub("", formula)) for formula in FORMULA.findall(text))


def prose(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.S)


def rows_of(groups):
    """How many rows explain each single letter."""
    found = Counter()
    for row in (row for rows in groups.values() for row in rows):
        signs = {part.strip() for sign in re.findall(r"\$([^$]*)\$", row.book) for part in re.split(r"(?<!\\),", sign)}
        heads = (re.match(r"(\\[a-zA-Z]+|[A-Za-z])(?=$|=)", sign) for sign in signs)
        found.update({head[0] for head in heads if head and head[0] != r"\dots"})
    return found


def test_a_letter_has_one_row():
    found = rows_of(notation.GROUPS)
    assert {letter: count for letter, count in found.items() if count > 1} == {}
    assert set(notation.SEVERAL) <= set(found)
    # negative control: a second row for rho
    again = {"again": (notation.Row("", r"$\rho=\lVert R\rVert$", (), "the residual"),)}
    assert rows_of(notation.GROUPS | again)[r"\rho"] == 2


@pytest.mark.parametrize("letter", notation.SEVERAL)
def test_the_row_of_a_letter_names_the_chapters_that_use_it(letter):
    meanings = notation.SEVERAL[letter]
    named = {stem for stems in meanings.values() for stem in stems.split()}
    used = {path.stem for path in sorted(BOOK.glob("*.ipynb")) if path.stem != "notation" and bare(letter, prose(path))}
    assert named <= used, f"{letter} is not used in {sorted(named - used)}: take them from its row in notation.SEVERAL"
    if "" not in meanings.values():
        assert used <= named, f"{letter} is used in {sorted(used - named)}: say there in notation.SEVERAL what it means"


def test_a_bare_letter_is_told_from_one_with_a_sign():
    assert bare("M", "the constant $M=2$") and not bare("M", r"$M_n$, $M'$ and $\mathrm{Max}$")
    assert bare(r"\rho", r"$\kappa\rho^{l-2}$") and not bare(r"\rho", r"$\rho_0$, $\rho'$ and rho")


def test_tables_are_well_formed():
    for group, rows in notation.GROUPS.items():
        lines = notation.table(group)._repr_markdown_().splitlines()
        assert len(lines) == len(rows) + 2
        assert {line.count("|") for line in lines} == {5}
        assert all(line.count("$") % 2 == 0 for line in lines)


def test_joining_words_changes_nothing_but_the_spaces():
    for rows in notation.GROUPS.values():
        for row in rows:
            assert notation._steady(row.meaning).replace("\u00a0", " ") == row.meaning


def test_no_name_is_explained_twice_in_one_group():
    for rows in notation.GROUPS.values():
        names = [name for row in rows for name in row.code]
        assert len(names) == len(set(names))


def test_an_unknown_group_is_refused():
    with refused("group"):
        notation.table("Poetry")
