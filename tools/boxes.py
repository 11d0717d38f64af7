"""Write the texts of the claims into the boxes of the chapters that state them; nothing is executed.

    python -m tools.boxes     all of book/

A text is edited in tdbook/statements alone. `refresh.py --check` refuses a box that says anything else.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tdbook import statements
from tools.notebooks import text_of, write_whole

# A theorem, lemma or proposition with a label. Fences within fences do not occur in the chapters.
BOX = re.compile(
    r"^(?P<head>(?P<fence>:{3,}|`{3,})\{prf:\w+\}[^\n]*\n:label: (?P<label>[\w-]+)\n)(?P<body>.*?)^(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)


def filled(source: str) -> str:
    """A Markdown cell with its boxes as the texts say; a box that states no claim stays as it is."""

    def one(found: re.Match[str]) -> str:
        text = statements.box(found["label"])
        return f"{found['head']}\n{text}\n{found['fence']}" if text else found[0]

    return BOX.sub(one, source)


def labels(notebook: NotebookNode) -> list[str]:
    """The labels of all boxes of a notebook, in their order."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return [found["label"] for source in cells for found in BOX.finditer(source)]


def faults(notebook: NotebookNode) -> list[str]:
    """The boxes that say something else than the texts, and where to edit; none for a notebook in order."""
    said = []
    homes = {part.label: f"tdbook/statements/{part.file}" for part in statements.parts()}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            before, after = (list(BOX.finditer(text)) for text in (cell.source, filled(cell.source)))
            for old, new in zip(before, after, strict=True):
                if old[0] != new[0]:
                    label = old["label"]
                    said.append(
                        f"the box {label} is not its text: edit {homes[label]}, then run `python -m tools.boxes`"
                    )
    return said


def fill(notebook: NotebookNode) -> bool:
    """Bring a notebook's boxes up to date; whether any had to change."""
    changed = False
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (text := filled(cell.source)) != cell.source:
            cell.source, changed = text, True
    return changed


def main() -> int:
    for path in sorted((Path(__file__).resolve().parents[1] / "book").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        if fill(notebook):
            write_whole(path, text_of(notebook))
            print(f"{path.name}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
