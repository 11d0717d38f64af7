"""Which independent computation each numerical function is compared with, and in which test.

"Independent" means another route to the same number: arrays of all d^l entries, exact fractions, 60 digits of
mpmath, automatic differentiation, quadrature, closed forms, another library. The table, in ``opinions.py``, is held to
the code: no public function of these rooms is missing, and each test is there and speaks of the function.
"""

import ast
from pathlib import Path

import pytest
from hostile_examples import LEFT_OUT, ROOMS, public_names
from opinions import NOTHING_TO_COMPARE, OPINIONS, WHOLE

TESTS = Path(__file__).parent
COMPARED = {name for *_, names in OPINIONS for name in names.split()}
EXCUSED = {name for names in NOTHING_TO_COMPARE.values() for name in names.split()}


def missing(compared):
    """Functions of the rooms that have neither an opinion nor an excuse."""
    return {name for name in public_names() if name.rsplit(".", 1)[0] in WHOLE} - compared - EXCUSED


def test_the_table_is_whole():
    assert missing(COMPARED) == set()
    assert not COMPARED & EXCUSED
    assert public_names() | set(LEFT_OUT) >= COMPARED | EXCUSED
    # what is left are files, the command line, and tables of what the rooms above compute
    assert set(ROOMS) - set(WHOLE) == {"files", "landscape_tables", "sweep_command"}
    # negative control
    assert missing(COMPARED - {"escape.perturb"}) == {"escape.perturb"}


@pytest.mark.parametrize(("file", "test", "names"), [row[1:] for row in OPINIONS], ids=[row[2] for row in OPINIONS])
def test_the_opinion_is_there(file, test, names):
    text = (TESTS / f"{file}.py").read_text(encoding="utf-8")
    found = [node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    assert test in found
    for name in names.split():
        assert name.rsplit(".", 1)[1] in text, name
