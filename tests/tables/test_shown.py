"""A table says the same as text and typeset, and a page gets a table of it with its formulas as formulas."""

import numpy as np
import pytest
from markdown_it import MarkdownIt

from tdbook.tables import Table

COLUMNS = {"target": "", "$d$": "", r"$\|u\|$": ".1e", "share": ".2f", "held": ""}
ROWS = [("rank one", 1000, 1.74e5, -0.5, True), ("hard|soft", np.int64(7), 2e-12, None, np.bool_(False))]


def test_the_text_has_a_line_for_each_row_and_numbers_flush_right():
    assert repr(Table(COLUMNS, ROWS)).splitlines() == [
        r"target      $d$  $\|u\|$  share  held",
        "rank one   1000  1.7e+05  -0.50  yes",
        "hard|soft     7  2.0e-12      –  no",
    ]


def test_what_is_typeset_is_a_table_of_the_same_values():
    html = MarkdownIt("commonmark").enable("table").render(Table(COLUMNS, ROWS)._repr_markdown_())
    cells = [line.strip() for line in html.replace("</td>", "</th>").split("</th>")]
    said = [cell.rpartition(">")[2] for cell in cells[:-1]]
    assert said[:5] == ["target", "$d$", r"$\Vert u\Vert $", "share", "held"]
    assert said[5:10] == ["rank one", "1000", r"$1.7\cdot 10^{5}$", "$-0.50$", "yes"]
    assert said[10:] == ["hard|soft", "7", r"$2.0\cdot 10^{-12}$", "–", "no"]
    assert html.count('style="text-align:right"') == 3 * 3


@pytest.mark.parametrize(
    ("value", "form", "typeset"),
    [
        (1e6, "g", "$10^{6}$"),
        (2e-5, ".0e", r"$2\cdot 10^{-5}$"),
        (1.5, ".1e", "$1.5$"),
        (-3, "", "$-3$"),
        (float("inf"), "g", r"$\infty$"),
        ("-3 to 4", "", "-3 to 4"),
    ],
)
def test_powers_signs_and_infinity_are_formulas(value, form, typeset):
    assert Table({"x": form}, [(value,)])._repr_markdown_().splitlines()[-1] == f"| {typeset} |"


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="rows must have 2 values each, got 3 in row 2"):
        Table({"a": "", "b": ""}, [(1, 2), (1, 2, 3)])


def test_words_and_numbers_in_one_column_are_flush_left():
    assert repr(Table({"end": ""}, [("never",), (3,)])) == "end\nnever\n3"
