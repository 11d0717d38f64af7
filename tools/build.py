"""Build the book: execute the chapters whose outputs are not known, then render every page.

    python -m tools.build [FOLDER]

Jupyter Book recognises an executed chapter by its cells alone. The outputs also depend on the library, on the
locked packages and on the configuration, so a digest of these is kept with the outputs: when it changes, all
outputs go, and every chapter is executed again. Stale outputs are impossible, at the price of executing too much.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import itertools
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

# Two kernels at a time: each computes on one thread, so this suits the smallest machine the book is built on.
WORKERS = min(2, os.cpu_count() or 1)

# What the outputs of a chapter depend on, beside its own cells.
OUTPUT_SOURCES = (
    "tdbook/**/*",
    "examples/**/*",
    "book/data/**/*",
    "requirements.lock",
    "_config.yml",
    "tools/build.py",
)
# What every page shows, beside its own outputs: the contents in the sidebar, the style sheet, what the extensions add,
# and whether there is a Python for it.
PAGE_SOURCES = ("_toc.yml", "book/_static/**/*", "book/_ext/*.py", ".browser/python/manifest.js")


Say = Callable[[str], object]


class BookError(Exception):
    """The book cannot be built; the message says why."""


def digest(root: Path, patterns: Iterable[str]) -> str:
    """A fingerprint of the names and contents of all files under ``root`` that match."""
    found = hashlib.sha256(platform.python_version().encode())
    files = {path for pattern in patterns for path in root.glob(pattern) if path.is_file()}
    for path in sorted(files):
        if "__pycache__" in path.parts:
            continue
        content = path.read_bytes()
        found.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def forget_stale(root: Path, kinds: Sequence[str] = ("outputs", "pages")) -> list[str]:
    """Remove what an edit has made stale among ``kinds``; return a sentence for each thing removed."""
    build = root / "_build"
    said = []
    for name, patterns, parts, sentence in (
        ("outputs", OUTPUT_SOURCES, (".",), "library, lock or configuration changed: all chapters run again"),
        (
            "pages",
            PAGE_SOURCES,
            ("html", ".doctrees"),
            "contents or style changed: all pages are rendered again",
        ),
    ):
        if name not in kinds:
            continue
        stamp = build / f"{name}.sha256"
        current = digest(root, patterns)
        if stamp.is_file() and stamp.read_text() == current:
            continue
        stale = [build / part for part in parts if (build / part).exists()]
        for path in stale:
            shutil.rmtree(path)
        if stale:
            said.append(sentence)
        build.mkdir(exist_ok=True)
        # Written before the chapters run: if the library is edited meanwhile, the next build sees a change.
        stamp.write_text(current)
    return said


def chapters(root: Path) -> list[Path]:
    """The notebooks named in the table of contents, in its order."""

    def files(entry: object) -> Iterator[str]:
        if isinstance(entry, dict):
            for key, value in entry.items():
                if key in ("file", "root"):
                    yield value
                else:
                    yield from files(value)
        elif isinstance(entry, list):
            for value in entry:
                yield from files(value)

    named = [root / file for file in files(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8")))]
    found = [path.with_name(path.name.removesuffix(".ipynb") + ".ipynb") for path in named]
    return [path for path in found if path.is_file()]


def execution_environment(root: Path) -> None:
    """Set what every kernel inherits from this process."""
    for library in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMEXPR"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
    # The book runs the library that lies beside it, whatever else may be installed.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))


@dataclass
class Executed:
    """A chapter with its fresh outputs, or with the error that stopped it."""

    path: Path
    notebook: nbformat.NotebookNode
    seconds: float
    error: Exception | None


async def run(path: Path, timeout: int) -> Executed:
    """Execute one chapter from its first cell to its last."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=timeout,
        resources={"metadata": {"path": str(path.parent)}},
        # The kernel's notice that it talks unencrypted to this very machine would drown the progress lines.
        extra_arguments=["--IPKernelApp.log_level=50"],
        record_timing=False,
        # How a kernel cuts a stream depends on the clock. What a cell prints stands in one piece, before its pictures.
        coalesce_streams=True,
    )
    started, error = time.perf_counter(), None
    try:
        await client.async_execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as caught:
        error = caught
    return Executed(path, notebook, time.perf_counter() - started, error)


def code_size(path: Path) -> int:
    """Characters of code in a chapter, the best guess at its time before it ever ran."""
    return sum(len(cell.source) for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")


def run_all(paths: Sequence[Path], timeout: int, done: Callable[[Executed], object]) -> None:
    """Execute chapters, some at a time, and hand over each as soon as it is done."""

    async def everything() -> None:
        turns = asyncio.Semaphore(WORKERS)

        async def one(path: Path) -> Executed:
            async with turns:
                return await run(path, timeout)

        # The chapters with most code first: a long one that started last would run alone at the end.
        tasks = [asyncio.create_task(one(path)) for path in sorted(paths, key=code_size, reverse=True)]
        for chapter in asyncio.as_completed(tasks):
            done(await chapter)

    asyncio.run(everything())


def execute(root: Path, say: Say = print) -> list[Path]:
    """Execute the chapters whose outputs are not in the cache, and put them there; return those chapters."""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    # Where Jupyter Book looks for outputs before it would execute a chapter itself.
    cache = get_cache(root / "_build" / ".jupyter_cache")

    def known(path: Path) -> bool:
        try:
            cache.match_cache_notebook(nbformat.read(path, as_version=4))
        except KeyError:
            return False
        return True

    everything = chapters(root)
    waiting = [path for path in everything if not known(path)]
    at_a_time = f", {WORKERS} at a time" if waiting else ""
    say(f"[1/2] executing {len(waiting)} of {len(everything)} chapters{at_a_time}")
    failures: list[str] = []
    count = itertools.count(1)

    def keep(result: Executed) -> None:
        place = f"      {next(count)}/{len(waiting)} {result.path.stem}"
        if result.error is not None:
            trace = re.sub(r"\x1b\[[0-9;]*m", "", str(result.error))  # a log shows IPython's colours as noise
            failures.append(f"{result.path.relative_to(root)}\n{trace}")
            say(f"{place}: FAILED after {result.seconds:.1f} s")
            return
        bundle = CacheBundleIn(result.notebook, str(result.path), data={"execution_seconds": result.seconds})
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        say(f"{place}: {result.seconds:.1f} s")

    run_all(waiting, config["execute"]["timeout"], keep)
    cache.db.dispose()
    if failures:
        raise BookError("a cell failed in\n\n" + "\n\n".join(failures))
    return waiting


def render(root: Path, say: Say = print) -> Path:
    """Turn the executed chapters into pages; every warning is an error. Return the first page."""
    say("[2/2] rendering the pages")
    program = Path(sys.executable).with_name("jupyter-book")
    command = [str(program), "build", str(root), "-W", "--keep-going", "-n", "-q"]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode:
        raise BookError(f"rendering failed\n\n{result.stdout.strip()}")
    return root / "_build" / "html" / "index.html"


def build(root: Path, say: Say = print) -> Path:
    """Bring the rendered book up to date and return its first page; raises ``BookError``."""
    root = root.resolve()
    execution_environment(root)
    for sentence in forget_stale(root):
        say(f"      {sentence}")
    execute(root, say)
    return render(root, say)


def main() -> int:
    parser = argparse.ArgumentParser(description="Execute the chapters where needed and render the book.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parents[1])
    root = parser.parse_args().folder
    started = time.perf_counter()

    def say(line: str) -> None:
        print(line, flush=True)

    try:
        page = build(root, say)
    except BookError as error:
        say(f"\nThe book was not built: {error}")
        return 1
    say(f"\nThe book is ready ({time.perf_counter() - started:.0f} s). Open\n    {page.as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
