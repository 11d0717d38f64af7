"""Build the slides of the four lectures: run them, render them with reveal.js, say where to open them.

    python -m tools.slides [FOLDER]

Like the book, they are stale when the library, the lock or their own text has changed, and then all run again.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tools.build import OUTPUT_SOURCES, BookError, Say, digest, execution_environment
from tools.lectures import minutes, sources

SOURCES = (*OUTPUT_SOURCES, "book/_ext/*.py", "slides/**/*", "tools/*.py")


def build(root: Path, say: Say = print) -> Path:
    """Bring the slides up to date and return their first page; raises ``BookError``."""
    root = root.resolve()
    if importlib.util.find_spec("sphinx_revealjs") is None:
        raise BookError("sphinx-revealjs is not installed: run `make env`")
    out = root / "_build" / "slides"
    stamp = root / "_build" / "slides.sha256"
    current = digest(root, SOURCES)
    if not (stamp.is_file() and stamp.read_text() == current and (out / "index.html").is_file()):
        # Executed outputs live in the doctrees: these go whenever a number may have changed.
        for stale in (out, root / "_build" / ".slides-doctrees"):
            shutil.rmtree(stale, ignore_errors=True)
        stamp.unlink(missing_ok=True)
        say(f"running and rendering {len(sources(root))} lectures")
        execution_environment(root)
        command = [sys.executable, "-m", "sphinx", "-b", "revealjs", "-W", "--keep-going", "-q"]
        command += ["-d", str(root / "_build" / ".slides-doctrees"), str(root / "slides"), str(out)]
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if result.returncode:
            raise BookError(f"rendering failed\n\n{result.stdout.strip()}")
        stamp.write_text(current)
    for lecture in sources(root):
        times = minutes(lecture)
        say(f"      {lecture.stem}: {len(times)} slides, {sum(times)} minutes")
    return out / "index.html"


def main() -> int:
    parser = argparse.ArgumentParser(description="Run and render the slides.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parents[1])
    root = parser.parse_args().folder
    started = time.perf_counter()
    try:
        page = build(root)
    except BookError as error:
        print(f"\nThe slides were not built: {error}")
        return 1
    print(f"\nThe slides are ready ({time.perf_counter() - started:.0f} s). Open\n    {page.as_uri()}")
    print("S opens the speaker view with notes and pace, Esc the overview; add ?print-pdf to the address to print.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
