"""A Chromium for the tests of pages, and the pages themselves."""

from __future__ import annotations

import os

import pytest

from tests.pages import browsercheck


@pytest.fixture(scope="module")
def browser():
    executable = browsercheck.chromium()
    if executable is None:
        reason = "no Chromium on the PATH nor in $CHROMIUM: the pages were not looked at in a browser"
        if os.environ.get("TDBOOK_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with browsercheck.browser(executable) as running:
        yield running
