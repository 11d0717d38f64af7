"""What Ctrl-C does to the processes that a command begins: nothing, so that the one at the terminal can end them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold Ctrl-C back while processes are begun, and keep it from them for good.

    A terminal sends the signal to every process of a command, and each would print where it was. Processes that are
    begun in this block inherit its mask; this process gets a signal that came meanwhile when the block ends. Windows
    has no such masks: there every process answers by itself.
    """
    if not hasattr(signal, "pthread_sigmask") or threading.current_thread() is not threading.main_thread():
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # beginning it would take the mask off
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
