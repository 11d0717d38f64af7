"""Run the tests against the mutants of one sandbox, whose folder is the working directory; see mutants.py.

    python tools/mutants_runner.py [--survivors] [--quick] [--sample N]

mutmut makes the mutants and holds them all in one copy of the library, each function choosing by a name that is set
from outside. Its own loop starts pytest anew for every mutant; here the tests are collected once, and every mutant
gets a fork of that process, in which only those tests run that reach its function, until one fails. That takes a
tenth of the time. What takes longest are survivors: so all mutants meet the quick tests first, and those that are left
meet the slow ones at the end. The order is shuffled with a fixed seed: what a stopped run has done is a fair sample.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import hashlib
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from math import ceil
from pathlib import Path

import pytest
from mutants import without_docstrings
from mutmut.__main__ import copy_also_copy_files, copy_src_dir, create_mutants
from mutmut.configuration import config
from mutmut.mutation import file_mutation
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.file_utils import setup_source_paths, walk_mutatable_files
from mutmut.utils.format_utils import mangled_name_from_mutant_name

SEED = 0
KILLED, SURVIVED, UNTESTED, WAITING = 1, 0, 33, 40  # waiting: the quick tests have passed, slow ones are to come
QUICK = 0.5  # seconds
GRACE, TIMES = 3.0, 10.0  # a test may take so many seconds, and so many times its own time more, of the processor
PATIENCE = 20  # and so many times that by the clock, since others share the machine
MEMORY = 2**33


def look_past_docstrings() -> None:
    """mutmut forgets what it knows of a function that has changed; another docstring is no change."""
    hashes = file_mutation.compute_function_hashes
    file_mutation.compute_function_hashes = lambda text, *given, **named: hashes(
        without_docstrings(text), *given, **named
    )


def digest(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def limit(seconds: float) -> None:
    """End this process when it has used so much processor time from now on, or waited for long."""
    end = ceil(time.process_time() + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (end, resource.RLIM_INFINITY))
    signal.alarm(PATIENCE * ceil(seconds))


def forked(job: Callable[[int], int]) -> tuple[int, bytes]:
    """Exit code of a job in a child that keeps quiet, and what it wrote to its pipe."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = KILLED
        try:
            os.close(reading)
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            code = job(writing)
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), told


class Loop:
    """In place of pytest's loop over the tests: a loop over the mutants."""

    def __init__(self, folder: Path, options: argparse.Namespace):
        self.folder = folder
        self.files = []
        for path in sorted(walk_mutatable_files()):
            file = SourceFileMutationData(path=path)
            file.load()
            file.meta_path = folder / file.meta_path  # pytest works in another folder
            self.files.append(file)
        self.options = options
        self.reaching: defaultdict[str, list[str]] = defaultdict(list)
        self.duration: dict[str, float] = {}
        self.kills: defaultdict[str, Counter[str]] = defaultdict(Counter)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.session = session
        self.items = {item.nodeid: item for item in session.items}
        gc.freeze()  # so that a child's collector leaves the parent's pages alone
        self.look_at_all()
        print(f"{len(self.items)} tests, {sum(self.duration.values()):.0f} s", flush=True)
        self.run_all()
        spent = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        print(f"{spent:.0f} s of processor time", flush=True)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """End the child at the first failure: to write the report of one takes pytest a second."""
        skipped = call.excinfo and call.excinfo.errisinstance(pytest.skip.Exception)
        if call.excinfo and not skipped and not item.get_closest_marker("xfail"):
            os.write(self.pipe, item.nodeid.encode())
            os._exit(KILLED)

    def passes(self, nodeid: str) -> bool:
        """Run one test, by itself; of one that fails, the child does not come back."""
        item = self.items[nodeid]
        limit(GRACE + TIMES * self.duration.get(nodeid, 60.0))
        item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
        return not self.session.testsfailed  # what xfail_strict reports

    def look_at_all(self) -> None:
        """Know of each test its time and which functions it reaches; from an earlier run if nothing has changed."""
        kept = self.folder / "reached.json"
        known = json.loads(kept.read_text()) if kept.is_file() else {}
        library = digest(*(self.folder / file.path for file in self.files))
        found, failing = {}, []
        for nodeid in self.items:
            key = f"{nodeid} {library} {digest(self.folder / nodeid.split('::')[0])}"
            seen = known.get(key) or self.look(nodeid)
            if seen is None:
                failing.append(nodeid)
                continue
            found[key] = seen
            self.duration[nodeid], reached = seen
            for function in reached:
                self.reaching[function].append(nodeid)
        kept.write_text(json.dumps(found))
        if failing:
            pytest.exit(f"without any mutant these fail: {', '.join(failing)}", returncode=KILLED)

    def look(self, nodeid: str) -> tuple[float, list[str]] | None:
        """Find out how long a test takes and which functions it reaches; None if it fails."""

        def job(pipe: int) -> int:
            self.pipe = pipe
            set_mutant_under_test("stats")
            started = time.process_time()
            good = self.passes(nodeid)
            reached = json.dumps([time.process_time() - started, sorted(state()._stats)])
            with os.fdopen(pipe, "w") as stream:
                stream.write(reached)
            return SURVIVED if good else KILLED

        code, told = forked(job)
        if code != SURVIVED:
            return None
        duration, reached = json.loads(told)
        return duration, reached

    def verdict(self, mutant: str, slow: bool) -> int:
        """Exit code of the quick or the slow tests: the quickest first, and those that have killed its like."""
        function = mangled_name_from_mutant_name(mutant)
        reaching, kills = self.reaching[function], self.kills[function]
        tests = [test for test in reaching if (self.duration[test] > QUICK) == slow]
        tests.sort(key=lambda test: self.duration[test] / (1 + kills[test]))

        def job(pipe: int) -> int:
            self.pipe = pipe
            set_mutant_under_test(mutant)
            return SURVIVED if all(self.passes(test) for test in tests) else KILLED

        code, killer = forked(job)
        if killer:
            kills[killer.decode()] += 1
        if code == SURVIVED and not slow:
            return WAITING if len(tests) < len(reaching) else SURVIVED if tests else UNTESTED
        return code

    def run_all(self) -> None:
        codes = (SURVIVED, UNTESTED, WAITING) if self.options.survivors else (None, WAITING)
        every = [(file, mutant, code) for file in self.files for mutant, code in file.exit_code_by_key.items()]
        wanted = [(file, mutant) for file, mutant, code in every if code in codes]
        random.Random(SEED).shuffle(wanted)
        wanted = wanted[: self.options.sample]
        for slow in (False,) if self.options.quick else (False, True):
            if slow:
                wanted = [(file, mutant) for file, mutant in wanted if file.exit_code_by_key[mutant] == WAITING]
            saved = time.monotonic()
            for k, (file, mutant) in enumerate(wanted, 1):
                file.exit_code_by_key[mutant] = self.verdict(mutant, slow)
                if k == len(wanted) or time.monotonic() - saved > 10.0:
                    saved = time.monotonic()
                    self.save()
                    print(f"{k} of {len(wanted)}{' with slow tests' * slow}", flush=True)

    def save(self) -> None:
        """Write what was found, each file whole or not at all."""
        for file in self.files:
            final = file.meta_path
            file.meta_path = final.with_suffix(".part")
            file.save()
            file.meta_path.replace(final)
            file.meta_path = final


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the mutants of the sandbox in the working directory.")
    parser.add_argument("--survivors", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--sample", type=int)
    options = parser.parse_args()
    folder = Path.cwd()
    Path("mutants").mkdir(exist_ok=True)
    with contextlib.redirect_stdout(None):
        copy_src_dir()
        copy_also_copy_files()
    setup_source_paths()
    look_past_docstrings()
    create_mutants(1)
    loop = Loop(folder, options)
    os.environ["PY_IGNORE_IMPORTMISMATCH"] = "1"
    set_mutant_under_test("")
    os.chdir("mutants")
    words = ["-q", "-s", "--rootdir=.", "-p", "no:cacheprovider", *config().pytest_add_cli_args]
    return int(pytest.main([*words, *config().pytest_add_cli_args_test_selection], plugins=[loop]))


if __name__ == "__main__":
    sys.exit(main())
