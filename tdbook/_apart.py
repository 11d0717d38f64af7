"""Processes in which claims are examined: how they are started."""

from __future__ import annotations

import multiprocessing
from typing import Any

# What each of them needs, and takes seconds to load: the server loads it once, and every process is a copy of it.
_LOADED = ["tdbook.ledger", "tdbook.proofs"]


def context() -> Any:
    """A server that forks where there is one (not on Windows), otherwise a fresh interpreter for each process."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload(_LOADED)
    return chosen


def begin() -> None:
    """Start the server now, so that it loads the ledger while the caller does the same."""
    if context().get_start_method() == "forkserver":
        from multiprocessing.forkserver import ensure_running

        ensure_running()
