"""Student notebooks fail where they are blank and pass when the solution is put back; instructors get everything.

Put back means: the student's cell becomes the book's cell with an assertion of the same reply, and that reply is stored
as right and executed anew by nbval. So nothing has to be run to know that every notebook passes when it is filled in,
and that it fails where it is blank can be read off the cell. Because reading is not running, the exercise cells of some
chapters are run both ways as well, after just those cells of the chapter that they need, and one whole notebook in a
kernel. Running all of them would double the longest part of the tests.
"""

from __future__ import annotations

import ast
import re
import warnings
from functools import cache
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tdbook.exercises import STEMS, catalogue
from tools.handout import (
    HandoutError,
    Piece,
    asserted,
    blank_lines,
    filled_in,
    handout,
    main,
    numbering,
    plain,
    read,
    with_blank,
)

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
PATHS = {key: BOOK / f"{stem}.ipynb" for key, stem in STEMS.items()}
NAMES = [exercise.name for exercise in catalogue()]
# A chapter whose exercise cells run here one by one; those of the chapter on tensors run in a kernel below.
RUN = ("objective",)
KNOWN = numbering(sorted(BOOK.glob("*.ipynb")))


def names(source: str, context: type[ast.expr_context]) -> set[str]:
    """The names that a cell loads or binds; a change inside an object counts as binding its name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, context):
            found.add(node.id)
        if context is ast.Store:
            if isinstance(node, ast.Import | ast.ImportFrom):
                found |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                found |= {inner.id for inner in ast.walk(node.value) if isinstance(inner, ast.Name)}
    return found


def needed_cells(cells: list[str], wanted: set[str]) -> list[str]:
    """The cells that bind the wanted names, or what those cells need in their turn, in their order."""
    kept = []
    for source in reversed(cells):
        bound = names(source, ast.Store)
        if bound & wanted:
            kept.append(source)
            wanted = (wanted - bound) | names(source, ast.Load)
    return kept[::-1]


@cache
def chapter(key: str):
    return read(PATHS[key])


@cache
def namespace(key: str) -> dict[str, object]:
    """What the exercises of a chapter find when they begin; solutions contribute nothing."""
    pieces = chapter(key).pieces
    wanted = set().union(*(names(piece.source, ast.Load) for piece in chapter(key).answers))
    made: dict[str, object] = {}
    for source in needed_cells([piece.source for piece in pieces if piece.kind == "code"], wanted):
        run(source, made)
    return made


def run(source: str, into: dict[str, object]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        exec(compile(source, "<cell>", "exec"), into)


def answer(name: str) -> Piece:
    return next(piece for piece in chapter(name.rpartition("-")[0]).answers if piece.name == name)


def stops_at_its_blank(source: str) -> bool:
    """Whether a statement ``x = ...`` is followed at once, in the same block, by an assertion that x is not that."""
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        for first, second in pairwise(body) if isinstance(body, list) else ():
            if isinstance(first, ast.Assign) and isinstance(second, ast.Assert) and "..." in ast.unparse(first.value):
                target = first.targets[0]
                name = ast.unparse(target.elts[0] if isinstance(target, ast.Tuple) else target)
                return ast.unparse(second.test) == f"{name} is not ..."
    return False


@pytest.mark.parametrize("name", NAMES)
def test_a_student_cell_stops_at_its_blank_and_is_the_books_cell_when_filled_in(name):
    piece = answer(name)
    student = with_blank(piece)
    assert stops_at_its_blank(student)
    assert not stops_at_its_blank(piece.source)
    assert filled_in(piece, student) == asserted(piece.source, name)
    assert f"{name}, right" in "".join(output.get("text", "") for output in piece.cell.outputs)


@pytest.mark.parametrize("name", [name for name in NAMES if name.rpartition("-")[0] in RUN])
def test_a_student_cell_fails_where_it_is_blank_and_passes_when_filled_in(name, capsys):
    piece = answer(name)
    student = with_blank(piece)
    assert piece.blank not in student
    with pytest.raises(AssertionError, match=f"{name}: fill in the line above"):
        run(student, dict(namespace(name.rpartition("-")[0])))
    complete = filled_in(piece, student)
    assert complete.startswith(piece.source[: piece.source.rindex("print(check(")])
    run(complete, dict(namespace(name.rpartition("-")[0])))
    assert f"{name}, right" in capsys.readouterr().out


def test_a_line_filled_in_wrongly_is_refused(capsys):
    piece = answer("tensors-1")
    holes = "\n".join(blank_lines(piece.blank, "tensors-1"))
    wrong = with_blank(piece).replace(holes, "order = 6")
    with pytest.raises(AssertionError, match="tensors-1 is not right yet"):
        run(wrong, dict(namespace("tensors")))
    assert "1/64" in capsys.readouterr().out


def test_a_whole_student_notebook_in_a_kernel(tmp_path):
    """As handed out, exactly the exercises fail; with the lines put back, each in a cell of its own, nothing does."""
    student = handout(chapter("tensors"), True, KNOWN)
    solutions = {with_blank(piece): piece for piece in chapter("tensors").answers}
    cells = []
    for cell in student.cells:
        cells.append(cell)
        if cell.source in solutions:
            cells.append(nbformat.v4.new_code_cell(filled_in(solutions[cell.source], cell.source)))
    student.cells = cells
    NotebookClient(student, timeout=120, allow_errors=True, resources={"metadata": {"path": str(tmp_path)}}).execute()
    failed = {
        cell.source: output.evalue
        for cell in student.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "error"
    }
    assert list(failed) == list(solutions)
    assert all(f"tensors-{i}" in said for i, said in enumerate(failed.values(), start=1))


@pytest.mark.parametrize("key", PATHS)
def test_students_see_no_solution_and_instructors_see_all(key):
    student, instructor = (handout(chapter(key), for_students, KNOWN) for for_students in (True, False))
    shown = "\n".join(cell.source for cell in student.cells)
    told = "\n".join(cell.source for cell in instructor.cells)
    hidden = [piece for piece in chapter(key).pieces if piece.kind == "solution"]
    assert hidden
    for piece in hidden:
        text = piece.source if piece.cell else plain(piece.source, KNOWN)
        assert text not in shown and text in told
    for piece in chapter(key).answers:
        assert piece.source not in shown and piece.source in told
    for exercise in catalogue(key):
        assert exercise.note not in shown and exercise.note in told
        assert f"### {KNOWN[exercise.label]}. {exercise.title}" in shown
    # the code of the lecture is there for both
    lecture = [p.source for p in chapter(key).pieces if p.kind == "code" and not p.source.startswith("ledger.card")]
    assert len(lecture) > 5
    assert all(source in shown and source in told for source in lecture)
    for notebook in (student, instructor):
        nbformat.validate(notebook)
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        left = re.findall(r"^:{3,}.*|\{(?:ref|eq|prf:ref|cite:?\w*|claim)\}`|^:(?:label|class):.*", text, re.M)
        assert left == []


def test_every_reference_of_a_handout_is_resolved():
    assert KNOWN["ex-tensors-angle"] == "Exercise 1.1"
    assert KNOWN["eq-tensors-distance"].startswith("(1.")
    assert plain("see {eq}`eq-tensors-distance`, {ref}`there <x>` and {cite:p}`ge`", KNOWN).startswith("see (1.")
    assert plain("{prf:ref}`no-such-label`", KNOWN) == "no-such-label"
    for key in PATHS:
        text = "\n".join(cell.source for cell in handout(chapter(key), False, KNOWN).cells)
        assert not re.findall(r"\b(?:eq|ex|thm|prop|lem)-[a-z]+-[a-z]+", text)


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("    x = 3", "    x = ...  # your line"),
        ("a, b = f(x)", "a, b = ..., ...  # your line"),
        ("        return x + 1", "        answer = ...  # what is to be returned?"),
    ],
)
def test_assignments_and_returns_can_be_blanked(line, first):
    assert blank_lines(line, "x-1")[0] == first


@pytest.mark.parametrize("line", ["print(3)", "x = (", "x[0] = 3", "x += 1", "for i in x:", "a = b = 3"])
def test_other_lines_cannot(line):
    with pytest.raises(HandoutError, match="x-1: the blank must"):
        blank_lines(line, "x-1")


def test_a_bad_cell_is_told(tmp_path):
    with pytest.raises(HandoutError, match="must be one line of its cell, is 0"):
        with_blank(Piece("answer", 'x = 1\nprint(check("x-1", x))', blank="x = 2", name="x-1"))
    with pytest.raises(HandoutError, match="is 2"):
        with_blank(Piece("answer", 'x = 1\nx = 1\nprint(check("x-1", x))', blank="x = 1", name="x-1"))
    with pytest.raises(HandoutError, match="must end with print"):
        with_blank(Piece("answer", "x = 1\nprint(x)", blank="x = 1", name="x-1"))
    with pytest.raises(HandoutError, match="must end with print"):
        with_blank(Piece("answer", 'x = 1\nprint(check("x-2", x))', blank="x = 1", name="x-1"))
    cell = nbformat.v4.new_code_cell("x = 1", metadata={"exercise": {"name": "x-1", "blank": "x = 1"}})
    stray = tmp_path / "stray.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), stray)
    with pytest.raises(HandoutError, match="stands in no solution"):
        read(stray)
    assert main([str(stray), "--out", str(tmp_path)]) == 1


def test_the_command_writes_both_notebooks(tmp_path, capsys):
    assert main([str(PATHS["tensors"]), "--out", str(tmp_path)]) == 0
    assert [Path(line).parts[-2:] for line in capsys.readouterr().out.split()] == [
        ("student", "tensors.ipynb"),
        ("instructor", "tensors.ipynb"),
    ]
    assert nbformat.read(tmp_path / "student" / "tensors.ipynb", as_version=4).cells


def test_the_slice_of_a_chapter_can_fall_short():
    """Negative control of the slice itself: a name bound by nobody is not made up."""
    cells = ["import math", "a = 1", "b = a + 1", "c = 7", "d = [0]", "d[0] = b"]
    assert needed_cells(cells, {"b"}) == ["a = 1", "b = a + 1"]
    assert needed_cells(cells, {"d"}) == ["a = 1", "b = a + 1", "d = [0]", "d[0] = b"]
    assert needed_cells(cells, {"e"}) == []
