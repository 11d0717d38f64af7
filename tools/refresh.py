"""Execute chapters in place and store them as committed: text outputs, no images, nothing that varies.

    python -m tools.refresh [CHAPTER.ipynb …]     execute (all chapters by default) and rewrite
    python -m tools.refresh --check [CHAPTER …]   only say which are not as this tool would leave them

Images are left out because the build draws them anew; the text beside them, which nbval compares, stays.
Boxes that state a claim are filled from tdbook/statements.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools import boxes
from tools.build import Executed, execution_environment, run_all
from tools.notebooks import text_of, write_whole

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python"}
# Cell metadata that says when or how a person looked at a cell, not what the cell is.
VOLATILE = frozenset({"ExecuteTime", "collapsed", "execution", "scrolled"})
TIMEOUT = 300


def is_image(kind: str) -> bool:
    return kind.startswith("image/")


def steady_outputs(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """The outputs without images and without machine paths."""
    kept: list[NotebookNode] = []
    for output in outputs:
        if output.output_type in ("display_data", "execute_result"):
            output.data = {kind: value for kind, value in output.data.items() if not is_image(kind)}
            output.metadata = {}  # written for the build, which executes the cell itself
            if not output.data:
                continue
        elif output.output_type == "error":
            # Frames hold the paths of this machine; nbval compares name and message only.
            output.traceback = [f"{output.ename}: {output.evalue}"]
        kept.append(output)
    return kept


def steady_ids(notebook: NotebookNode, stem: str) -> None:
    """Keep the cells' ids where they are valid and unique; name the others by chapter and position."""
    taken = {cell.get("id") for cell in notebook.cells}
    seen: set[str] = set()
    for position, cell in enumerate(notebook.cells):
        ident = cell.get("id") or ""
        if ident in seen or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", ident):
            base = ident = f"{stem}-{position}"[:60]
            suffix = 0
            while ident in taken:
                suffix += 1
                ident = f"{base}-{suffix}"
            cell["id"] = ident
            taken.add(ident)
        seen.add(ident)


def steady(notebook: NotebookNode, stem: str) -> NotebookNode:
    """Bring a notebook into the form that is committed; a notebook in that form comes back unchanged."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": LANGUAGE})
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k not in VOLATILE})
        if cell.cell_type == "code":
            cell.outputs = steady_outputs(cell.outputs)
    steady_ids(notebook, stem)
    return notebook


def refresh(paths: list[Path]) -> list[str]:
    """Execute chapters and rewrite them; return what went wrong. A chapter that fails stays as it was."""
    problems: list[str] = []

    def keep(result: Executed) -> None:
        name = os.path.relpath(result.path)
        if result.error is None:
            boxes.fill(result.notebook)
            write_whole(result.path, text_of(steady(result.notebook, result.path.stem)))
        else:
            problems.append(f"{name}: a cell failed, the chapter was left as it was\n{result.error}")
        print(f"{'FAILED   ' if result.error else 'refreshed'} {name} ({result.seconds:.1f} s)", flush=True)

    run_all(paths, TIMEOUT, keep)
    return problems


def faults(path: Path) -> list[str]:
    """Why this chapter is not in the form that is committed; empty when it is."""
    written = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(written, as_version=4)
    found = boxes.faults(notebook)
    for position, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        if cell.source.strip() and cell.execution_count is None:
            found.append(f"cell {position} has not been executed: its outputs are missing")
        for output in cell.outputs:
            data = output.get("data", {})
            if any(is_image(kind) for kind in data) or "data:image/" in str(data.get("text/html", "")):
                found.append(f"cell {position} holds an image")
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
                found.append(f"cell {position} holds an error: {output.ename}")
    if not found and text_of(steady(nbformat.reads(written, as_version=4), path.stem)) != written:
        found.append("its metadata, cell ids or layout vary")
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Execute chapters in place, keeping text outputs only.")
    parser.add_argument("chapters", nargs="*", type=Path, help="notebooks; all of book/ by default")
    parser.add_argument("--check", action="store_true", help="change nothing, name what needs a refresh")
    options = parser.parse_args(arguments)
    root = Path(__file__).resolve().parents[1]
    paths = [path.resolve() for path in options.chapters] or sorted((root / "book").glob("*.ipynb"))
    if missing := [path for path in paths if not path.is_file()]:
        parser.error(f"no such notebook: {', '.join(map(str, missing))}")

    if options.check:
        bad = {path: found for path in paths if (found := faults(path))}
        for path, found in bad.items():
            print(f"{os.path.relpath(path)}: {'; '.join(found)}")
        advice = "; run make refresh" if bad else ""
        print(f"{len(paths) - len(bad)} of {len(paths)} chapters are as committed{advice}")
        return 1 if bad else 0

    execution_environment(root)
    problems = refresh(paths)
    for problem in problems:
        print(f"\n{problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
