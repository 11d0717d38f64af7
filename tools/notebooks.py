"""Notebooks as files: their text as it is committed, and writing that leaves no half of one."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat import NotebookNode


def text_of(notebook: NotebookNode) -> str:
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"


def write_whole(path: Path, text: str) -> None:
    """Write the file completely or not at all."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
