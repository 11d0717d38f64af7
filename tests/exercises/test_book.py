"""The exercises on the pages and in the catalogue are the same: label, title, number, level, sort, solution, answer."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from tdbook.exercises import STEMS, catalogue
from tools.handout import read

BOOK = Path(__file__).resolve().parents[2] / "book"
CHAPTERS = [(key, BOOK / f"{stem}.ipynb") for key, stem in STEMS.items()]
CASES = pytest.mark.parametrize(("key", "path"), CHAPTERS, ids=[key for key, _ in CHAPTERS])


def faults(key: str, path: Path) -> list[str]:
    """What is not alike in a chapter and in the catalogue."""
    chapter, wanted, found = read(path), catalogue(key), []
    notebook = nbformat.read(path, as_version=4)
    markdown = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    if [piece.label for piece in chapter.exercises] != [exercise.label for exercise in wanted]:
        return [f"labels: {[piece.label for piece in chapter.exercises]}"]
    for exercise, piece in zip(wanted, chapter.exercises):
        if piece.title != exercise.title:
            found.append(f"{exercise.name}: the title is {piece.title!r}")
        first = rf'\*{exercise.signature} · answer with\* `check\("{exercise.name}", .+\)`'
        if not re.fullmatch(first, piece.source.split("\n")[0]):
            found.append(f"{exercise.name}: the first line is {piece.source.splitlines()[0]!r}")
        if not re.search(rf"^:{{3,}}\{{solution(-start)?\}} {exercise.label}\n:class: dropdown$", markdown, re.M):
            found.append(f"{exercise.name}: no folded solution")
        if not any(p.kind == "solution" and p.label == exercise.label and p.source.strip() for p in chapter.pieces):
            found.append(f"{exercise.name}: the solution says nothing")
        answers = [answer for answer in chapter.answers if answer.label == exercise.label]
        if [answer.name for answer in answers] != [exercise.name]:
            found.append(f"{exercise.name}: answered by {[answer.name for answer in answers]}")
            continue
        out = "".join(o.get("text", "") for o in answers[0].cell.outputs)  # type: ignore[union-attr]
        if f"{exercise.name}, right" not in out:
            found.append(f"{exercise.name}: its cell prints {out!r}")
    head = markdown.index("## Exercises")
    if markdown.index(":::{exercise}") < head:
        found.append("an exercise stands before its heading")
    imports = [cell for cell in notebook.cells if cell.source == "from tdbook.exercises import check"]
    if len(imports) != 1 or imports[0].metadata.get("tags"):
        found.append("one visible cell imports check")
    return found


@CASES
def test_the_page_and_the_catalogue_agree(key, path):
    assert faults(key, path) == []


def test_every_label_has_its_chapters_key():
    for key in STEMS:
        assert all(exercise.label.startswith(f"ex-{key}-") for exercise in catalogue(key))
    labels = [exercise.label for exercise in catalogue()]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("*Easy · compute · answer", "*Medium · compute · answer", "first line"),
        ("*Easy · compute · answer", "*Easy · prove · answer", "first line"),
        ('check("tensors-1", order)`', 'check("tensors-2", order)`', "first line"),
        ("{exercise} How quickly powers become orthogonal", "{exercise} How quickly powers go", "title"),
        (":label: ex-tensors-angle", ":label: ex-tensors-angles", "labels"),
        ("{solution-start} ex-tensors-angle\n:class: dropdown", "{solution-start} ex-tensors-angle", "folded"),
        ("tensors-1, right", "tensors-1, keep working", "prints"),
    ],
)
def test_a_disagreement_is_seen(tmp_path, old, new, fault):
    """Negative controls: one word changed in Chapter 1."""
    key, path = CHAPTERS[0]
    notebook = nbformat.read(path, as_version=4)
    changes = 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and old in cell.source:
            cell.source, changes = cell.source.replace(old, new), changes + 1
        for output in cell.get("outputs", []):
            if old in output.get("text", ""):
                output.text, changes = output.text.replace(old, new), changes + 1
    assert changes == 1
    nbformat.write(notebook, tmp_path / path.name)
    assert any(fault in said for said in faults(key, tmp_path / path.name))
