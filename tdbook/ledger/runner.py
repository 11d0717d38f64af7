"""Running many claims' checks: in this process, or in several with a time limit on each claim."""

from __future__ import annotations

import gc
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from multiprocessing.connection import Connection, wait
from typing import Any

from tdbook import _apart
from tdbook.ledger.claims import Claim, Finding, Report, closure, examine

# What a process says before it examines its claim, and the seconds that it may take longer to come so far: a loaded
# machine may need as many to start it.
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

    With ``jobs`` > 1 claims are examined in processes apart, at most ``jobs`` at a time. One that takes longer than
    ``time_limit`` seconds is ended and fails, and so does one whose process dies. ``progress`` is told of each finding.
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


def _serve(connection: Connection) -> None:
    """What a process does: examine the claims that it is sent, until it is sent no more."""
    gc.freeze()  # what was loaded before the fork is nobody's garbage: not to look at it saves touching its pages
    while True:
        try:
            claim, fast = connection.recv()
        except EOFError:
            return
        connection.send(_BEGUN)
        connection.send(examine(claim, fast))


class _Worker:
    """A process that examines claims, one at a time."""

    def __init__(self, context: Any) -> None:
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other,), daemon=True)
        self.process.start()
        other.close()
        self.since, self.begun = 0.0, False

    def take(self, claim: Claim, fast: bool) -> None:
        self.connection.send((claim, fast))
        self.since, self.begun = time.monotonic(), False

    def finding(self, time_limit: float) -> Finding | None:
        """What it has found about its claim, or how it ended; None while it works."""
        seconds = time.monotonic() - self.since
        if self.connection.poll():
            try:
                told = self.connection.recv()
            except (EOFError, ConnectionError):
                self.process.join()
                return Finding((), (f"its process died with exit code {self.process.exitcode}",), seconds)
            if told == _BEGUN and not self.begun:
                self.since, self.begun = time.monotonic(), True
                return None
            return told if isinstance(told, Finding) else Finding((), ("returned no finding",), seconds)
        if seconds > (time_limit if self.begun else _START + time_limit):
            return Finding((), (f"did not end within {time_limit:g} s",), seconds)
        return None

    def end(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.join()


def _examine_apart(
    claims: Mapping[str, Claim],
    todo: list[str],
    fast: bool,
    jobs: int,
    time_limit: float,
    done: Callable[[str, Finding], None],
) -> None:
    """A check that hangs or dies takes only its own claim down: its process is ended, and another one started.

    At full sizes each claim has a process of its own. At the fast ones a process goes on with the next claim while all
    is well: new ones would have to derive again what it remembers, and took a tenth longer.
    """
    context = _apart.context()
    queue = sorted((id for id in todo if claims[id].checks), key=lambda id: _is_light(claims[id]))
    for id in todo:
        if not claims[id].checks:
            done(id, Finding())
    idle: list[_Worker] = []
    busy: dict[str, _Worker] = {}
    try:
        while queue or busy:
            while queue and len(busy) < jobs:
                id = queue.pop(0)
                worker = idle.pop() if idle else _Worker(context)
                try:
                    worker.take(claims[id], fast)
                except (pickle.PicklingError, AttributeError, TypeError) as error:
                    idle.append(worker)
                    done(id, Finding((), (f"its checks cannot be sent to a process: {error}",)))
                except ConnectionError:
                    worker.end()
                    done(id, Finding((), (f"its process died with exit code {worker.process.exitcode}",)))
                else:
                    busy[id] = worker
            wait([worker.connection for worker in busy.values()], timeout=0.5)
            for id, worker in list(busy.items()):
                finding = worker.finding(time_limit)
                if finding is None:
                    continue
                del busy[id]
                if fast and finding.evidence and not finding.objections:
                    idle.append(worker)
                else:
                    worker.end()
                done(id, finding)
    finally:
        for worker in (*busy.values(), *idle):
            worker.end()
