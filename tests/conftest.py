"""What all tests share: one thread for each numerical kernel, deterministic properties, the rendered book."""

from __future__ import annotations

import inspect
import os
from collections.abc import Generator
from pathlib import Path

# Before NumPy is imported: two test workers with two threads each would fight over two cores.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

from tests.support.opinions import calls, named  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]

# The same examples in every run, and no deadline: a loaded machine must not turn a test red.
settings.register_profile("tdbook", derandomize=True, deadline=None)
settings.load_profile("tdbook")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what opens a page in a browser, so that `-m browser` and `-m "not browser"` part the tests in two."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """A test that is marked as a second opinion calls the functions that its mark names."""
    marks = pyfuncitem.iter_markers("second_opinion")
    things = {name: named(name) for mark in marks for name in mark.args}
    if not things:
        return (yield)
    with calls({name: thing for name, thing in things.items() if not inspect.isclass(thing)}) as never:
        result = yield
    assert not never, f"the mark names what this test does not call: {', '.join(sorted(never))}"
    return result


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def html() -> Path:
    """The rendered book. Its absence is a failure: skipping would let broken pages through."""
    folder = ROOT / "_build" / "html"
    if not (folder / "index.html").is_file():
        pytest.fail("the book has not been rendered: run `make book` first")
    return folder
