"""Running the checks of many claims: in this process, or in several with a time limit on each claim."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, as_completed
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from tdbook.ledger.claims import Claim, Finding, closure, examine
from tdbook.ledger.report import Report
from tdbook.processes import undisturbed

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

    With ``jobs`` > 1 claims are examined in other processes, at most ``jobs`` at a time. A claim that takes longer than
    ``time_limit`` seconds fails and its process is ended; a claim whose process dies fails. ``progress`` is called with
    each finding.
    """
    asked = list(claims) if ids is None else list(ids)
    todo = closure(claims, asked)
    findings: dict[str, Finding] = {}

    def done(id: str, finding: Finding) -> None:
        findings[id] = finding
        if progress is not None:
            progress(id, finding)

    if jobs > 1:
        _examine_in_processes(claims, todo, fast, jobs, time_limit, done)
    else:
        for id in todo:
            key = (claims[id], fast)
            if key not in _known:
                _known[key] = _examine_here(claims[id], fast, time_limit)
            done(id, _known[key])
    return Report(dict(claims), findings, tuple(id for id in claims if id in set(asked)), fast)


def _examine_here(claim: Claim, fast: bool, time_limit: float) -> Finding:
    """A claim examined in this process; an alarm, where the system has one, ends a check that hangs."""
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


def _context() -> BaseContext:
    """A server that loads the ledger once and forks; a fresh interpreter for each process where there is none."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tdbook.ledger", "tdbook.proofs"])
    # What its processes find travels back through the pool. On the terminal they could only complain that the command
    # which began them is gone.
    with Path(os.devnull).open("w") as nowhere:
        terminal = os.dup(2)
        os.dup2(nowhere.fileno(), 2)
        try:
            forkserver.ensure_running()
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
    return context


def _is_light(claim: Claim) -> bool:
    """Whether a claim needs neither runs nor counts; light claims come last, where they fill the gaps."""
    return not {"run", "measured"} & set(claim.kinds)


def _examine_in_processes(
    claims: Mapping[str, Claim],
    todo: list[str],
    fast: bool,
    jobs: int,
    time_limit: float,
    done: Callable[[str, Finding], None],
) -> None:
    """A check that hangs or dies fails only its own claim.

    At full sizes each claim has a process of its own. At the fast ones a process goes on with the next claim, since a
    new one would have to derive again what the first has in its caches.
    """
    for id in todo:
        if not claims[id].checks:
            done(id, Finding())
    queue = sorted((id for id in todo if claims[id].checks), key=lambda id: _is_light(claims[id]))
    # What was loaded before the fork is no garbage: `freeze` keeps the collector from touching, and copying, its pages.
    waiting: dict[Future[Finding], str] = {}
    others = set(multiprocessing.active_children())
    with undisturbed():
        context = _context()
    with ProcessPool(
        min(jobs, len(queue) or 1), max_tasks=0 if fast else 1, initializer=gc.freeze, context=context
    ) as pool:
        try:
            with undisturbed():
                for id in queue:
                    waiting[pool.schedule(examine, args=(claims[id], fast), timeout=time_limit)] = id
            for future in as_completed(waiting):
                done(waiting[future], _finding(future, time_limit))
        except BaseException:
            pool.stop()
            pool.join()  # from here on no process begins
            left = set(multiprocessing.active_children()) - others
            for process in left:  # one that is just beginning would complain that its semaphores are gone
                process.kill()
            for process in left:
                process.join()
            raise


def _finding(future: Future[Finding], time_limit: float) -> Finding:
    """What a process found, or why it found nothing."""
    try:
        return future.result()
    except TimeoutError:
        return Finding((), (f"did not end within {time_limit:g} s",), time_limit)
    except ProcessExpired as error:
        return Finding((), (f"its process died with exit code {error.exitcode}",))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        return Finding((), (f"its checks cannot be sent to a process: {error}",))
    except Exception as error:  # the pool itself broke: no finding, so the claim fails
        return Finding((), (f"its process could not be used: {error}",))
