"""The examples in docstrings are run, and every public function has one line that says what it is."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import tdbook

MODULES = sorted(
    info.name for info in pkgutil.walk_packages(tdbook.__path__, "tdbook.") if not info.name.endswith("__main__")
)


@pytest.mark.parametrize("name", ["tdbook", *MODULES])
def test_examples_in_docstrings_hold(name):
    failures, _ = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failures == 0


@pytest.mark.parametrize("name", MODULES)
def test_public_functions_say_what_they_are(name):
    module = importlib.import_module(name)
    assert module.__doc__
    for label, thing in inspect.getmembers(module, lambda x: inspect.isfunction(x) or inspect.isclass(x)):
        # a check is described by the evidence it returns, a main by its module
        if thing.__module__ == name and not label.startswith(("_", "check_", "main")):
            assert inspect.getdoc(thing), f"{name}.{label} has no docstring"


def test_some_examples_are_there():
    finder = doctest.DocTestFinder()
    found = sum(len(test.examples) for name in MODULES for test in finder.find(importlib.import_module(name)))
    assert found >= 10
