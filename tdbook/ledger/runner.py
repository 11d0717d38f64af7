"""Running many claims' checks: in this process, or in several with a time limit on each claim."""

from __future__ import annotations

import gc
import multiprocessing
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from multiprocessing.connection import Connection, wait
from typing import Any

from tdbook.ledger.mechanism import Claim, Finding, Report, closure, examine

# What a process says before it examines its claim, and the seconds it has for coming so far.
_BEGUN = "begun"
_START = 60.0
# Findings of this process, so that a chapter's cards do not run the same check twice.
_known: dict[tuple[Claim, bool], Finding] = {}


def verify_claims(
    claims: Mapping[str, Claim],
    ids: Iterable[str] | None = None,
    *,
    fast: bool = False,
    jobs: int = 1,
    time_limit: float = 600.0,
    progress: Callable[[str, Finding], None] | None = None,
) -> Report:
    """Run the checks of ``ids`` (all by default) and of all they rest on.

    With ``jobs`` > 1 each claim is examined in a process of its own, at most ``jobs`` at a time. One that takes longer
    than ``time_limit`` seconds is ended and fails. ``progress`` is told of each finding.
    """
    asked = list(claims) if ids is None else list(ids)
    todo = closure(claims, asked)
    findings: dict[str, Finding] = {}

    def done(id: str, finding: Finding) -> None:
        findings[id] = finding
        if progress is not None:
            progress(id, finding)

    if jobs > 1:
        _examine_apart(claims, todo, fast, jobs, time_limit, done)
    else:
        for id in todo:
            key = (claims[id], fast)
            if key not in _known:
                _known[key] = _examine_here(claims[id], fast, time_limit)
            done(id, _known[key])
    return Report(dict(claims), findings, tuple(id for id in claims if id in set(asked)), fast)


def _examine_here(claim: Claim, fast: bool, time_limit: float) -> Finding:
    """A claim examined in this process; where there are alarms, a check that hangs is woken by one and fails."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return examine(claim, fast)

    def ring(*_: Any) -> None:
        raise TimeoutError(f"did not end within {time_limit:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, time_limit)
    try:
        return examine(claim, fast)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def _is_light(claim: Claim) -> bool:
    """Whether a claim is left for later: proofs and fractions take little, and fill the gaps that runs leave."""
    return not {"run", "measured"} & set(claim.kinds)


def _child(connection: Connection, claim: Claim, fast: bool) -> None:
    gc.freeze()  # what was loaded before the fork is nobody's garbage: not to look at it saves touching its pages
    connection.send(_BEGUN)
    connection.send(examine(claim, fast))
    connection.close()


def _examine_apart(
    claims: Mapping[str, Claim],
    todo: list[str],
    fast: bool,
    jobs: int,
    time_limit: float,
    done: Callable[[str, Finding], None],
) -> None:
    """A process per claim: a check that hangs or dies takes only its own claim down."""
    methods = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload(["tdbook.ledger", "tdbook.proofs"])  # SymPy once, not once a claim
    queue = sorted((id for id in todo if claims[id].checks), key=lambda id: _is_light(claims[id]))
    for id in todo:
        if not claims[id].checks:
            done(id, Finding())
    running: dict[Connection, tuple[str, multiprocessing.process.BaseProcess, float]] = {}
    try:
        while queue or running:
            while queue and len(running) < jobs:
                id = queue.pop(0)
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(target=_child, args=(sender, claims[id], fast), daemon=True)
                try:
                    process.start()
                except (pickle.PicklingError, AttributeError, TypeError) as error:
                    done(id, Finding((), (f"its checks cannot be sent to a process: {error}",)))
                    continue
                finally:
                    sender.close()
                # until it says that it has begun, a process has as much time again as a loaded machine may need
                running[receiver] = (id, process, time.monotonic() + _START)
            wait(list(running), timeout=0.5)
            for connection, (id, process, started) in list(running.items()):
                finding = _outcome(connection, process, time.monotonic() - started, time_limit)
                if finding is _BEGUN:
                    running[connection] = (id, process, time.monotonic())
                elif isinstance(finding, Finding):
                    del running[connection]
                    connection.close()
                    done(id, finding)
    finally:
        for _, process, _ in running.values():
            process.kill()


def _outcome(
    connection: Connection, process: multiprocessing.process.BaseProcess, seconds: float, time_limit: float
) -> Finding | str | None:
    """The finding of a process that has ended or run out of time; ``_BEGUN`` once, and None while it works."""
    if connection.poll():
        try:
            finding = connection.recv()
            if finding == _BEGUN:
                return _BEGUN
        except EOFError:
            process.join()
            return Finding((), (f"its process died with exit code {process.exitcode}",), seconds)
        process.join()
        return finding if isinstance(finding, Finding) else Finding((), ("returned no finding",), seconds)
    if seconds > time_limit:
        process.kill()
        process.join()
        return Finding((), (f"did not end within {time_limit:g} s",), seconds)
    return None
