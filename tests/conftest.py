"""What all tests share: one thread for each numerical kernel, deterministic properties, the rendered book."""

from __future__ import annotations

import os
from pathlib import Path

# Before NumPy is imported: two test workers with two threads each would fight over two cores.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

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
