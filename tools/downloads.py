"""The notebooks that the pages offer for download: plain Markdown, the macros defined, the tables beside them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import nbformat

from tools.build import chapters
from tools.handout import ROOT, handout, numbering, read
from tools.handout_zip import DATE
from tools.notebooks import text_of, write_whole

SETUP = """> This notebook needs Python 3.11 or newer, Jupyter, and the library `tdbook`: install it with `pip` from
> the folder or the address of the project. Notebooks that read tables look for them in a folder `data` beside them:
> unpack `data.zip` there, which the same page offers."""


def write(html: Path, root: Path = ROOT) -> list[Path]:
    """Replace the notebooks below the rendered pages by plain ones, and put ``data.zip`` beside them."""
    folder = html / "_sources" / "book"
    known = numbering(sorted((root / "book").glob("*.ipynb")))
    written = []
    for path in (path for path in chapters(root) if path.suffix == ".ipynb"):
        notebook = handout(read(path), "reader", known)
        notebook.cells.insert(1, nbformat.v4.new_markdown_cell(SETUP, id="handout-setup"))
        target = folder / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, text_of(notebook))
        written.append(target)
    with zipfile.ZipFile(folder / "data.zip", "w") as archive:
        for path in sorted((root / "book" / "data").glob("*.csv")):
            entry = zipfile.ZipInfo(f"data/{path.name}", DATE)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return written
