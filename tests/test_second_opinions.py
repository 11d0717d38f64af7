"""Every public function that gives numbers is compared, in a marked test, with another route to the same numbers.

Another route: arrays of all d^l entries, exact fractions, 60 digits of mpmath, automatic differentiation, quadrature,
numbers by hand, another library. The mark ``second_opinion`` on a test names the functions, and conftest.py sees to it
that the test calls them.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.opinions import calls, named
from tests.support.public import functions

TESTS = Path(__file__).parent
# What a function without a number of its own gives back.
NO_NUMBERS = {"None", "bool", "str", "list[str]"}
# Functions that only put together, check, keep or draw what others compute.
NOTHING_TO_COMPARE = {
    "draws; their law is tested through the runs in law": "tensors.random_unit_vectors",
    "reads or writes a file": "experiments.read_table",
    "a list of cells, or many times `measure`": "experiments.grid experiments.sweep experiments.searched",
}
EXCUSED = {f"tdbook.{name}" for names in NOTHING_TO_COMPARE.values() for name in names.split()}


def marked() -> Iterator[str]:
    """The names in the marks of all tests."""
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.second_opinion":
                yield from map(ast.literal_eval, node.args)


COMPARED = {named(name) for name in marked()}


def numerical() -> dict[str, object]:
    """The public functions that give numbers."""
    given = {name: inspect.unwrap(thing).__annotations__.get("return") for name, thing in functions().items()}
    return {name: thing for name, thing in functions().items() if given[name] not in NO_NUMBERS}


def missing(compared: set[object]) -> set[str]:
    return {name for name, thing in numerical().items() if thing not in compared} - EXCUSED


def test_every_public_numerical_function_has_a_second_opinion():
    assert missing(COMPARED) == set(), "mark the test that compares it with another route"
    assert numerical().keys() >= EXCUSED
    # negative control
    assert missing(COMPARED - {named("tdbook.landscape.perturb")}) == {"tdbook.landscape.perturb"}


def half(x):
    return 0.5 * x


@pytest.mark.parametrize(("call", "uncalled"), [(half, set()), (abs, {"half"})])
def test_a_mark_that_names_a_function_that_the_test_never_calls_is_seen(call, uncalled):
    with calls({"half": half}) as never:
        call(1.0)
    assert never == uncalled
