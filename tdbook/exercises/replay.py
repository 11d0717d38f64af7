"""Run a returned notebook, and write down what ``check`` replies: what :mod:`.grading` starts as a process of its own.

    python -m tdbook.exercises.replay NOTEBOOK REPLIES SECONDS

Replies are written after every cell, so that those of a notebook that has to be stopped are kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import tdbook.exercises

MEMORY = 4 * 2**30  # bytes
FILES = 50 * 2**20  # bytes of one file


def limit(seconds: int) -> None:
    """Limit the time, memory and files of this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's clock remains
        return
    for kind, most in (("RLIMIT_CPU", seconds), ("RLIMIT_AS", MEMORY), ("RLIMIT_FSIZE", FILES), ("RLIMIT_CORE", 0)):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(getattr(resource, kind), (most, most))


def replay(sources: list[str], target: Path) -> None:
    """Execute the cells one after the other, as Jupyter would with errors allowed."""
    replies: list[dict[str, str]] = []
    real = tdbook.exercises.check

    def recorded(name: str, *answer: Any) -> Any:
        reply = real(name, *answer)
        replies.append({"name": reply.name, "degree": str(reply.degree), "message": reply.message})
        return reply

    tdbook.exercises.check = recorded
    names: dict[str, Any] = {"__name__": "__main__"}
    for source in sources:
        # whatever a student's cell raises, SystemExit included, the next cell is run
        with contextlib.suppress(BaseException):
            exec(compile(source, "<cell>", "exec"), names)
        target.write_text(json.dumps(replies), encoding="utf-8")


if __name__ == "__main__":
    notebook, target, seconds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    limit(seconds)
    warnings.simplefilter("ignore")
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        replay(json.loads(notebook.read_text(encoding="utf-8")), target)
