"""What a class is handed: students' notebooks give no answer away and take a right one; instructors get everything."""

from __future__ import annotations

import ast
import re
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from tdbook.exercises import STEMS, catalogue
from tdbook.exercises import find as exercise_of
from tools.handout import HandoutError, Piece, handout, here, main, numbering, plain, read
from tools.handout_cells import blanks, handed_in, student_cells

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
PATHS = {key: BOOK / f"{stem}.ipynb" for key, stem in STEMS.items()}
NAMES = [exercise.name for exercise in catalogue()]
KNOWN = numbering(sorted(BOOK.glob("*.ipynb")))
CHAPTERS = {key: read(path) for key, path in PATHS.items()}
STUDENT = {key: handout(chapter, "student", KNOWN) for key, chapter in CHAPTERS.items()}


def answer(name: str) -> Piece:
    return next(piece for piece in CHAPTERS[name.rpartition("-")[0]].answers if piece.name == name)


def cells_of(name: str) -> list[str]:
    return [cell.source for cell in student_cells(answer(name).source, name, 2)]


def filled(name: str, values: list[Any]) -> dict[str, object]:
    """The names after a student's cells, with a value in each blank; ``reply`` is what ``check`` said."""
    lines, expression = blanks(answer(name).source, name)
    words = re.findall(r"\w+", expression)
    assert len(words) == len(values)
    tree = ast.parse("\n".join(lines))
    fill = dict(zip(words, values))
    for place, node in enumerate(tree.body):
        if isinstance(node, ast.FunctionDef) and not callable(fill[node.name]):  # a formula in its place
            tree.body[place] = ast.parse(f"{node.name} = FILL[{node.name!r}]").body[0]
        elif isinstance(node, ast.FunctionDef):
            first = node.body[0]
            assert isinstance(first, ast.Assign)
            arguments = ", ".join(argument.arg for argument in node.args.args)
            first.value = ast.parse(f"FILL[{node.name!r}]({arguments})", mode="eval").body
        elif isinstance(node, ast.Assign):
            node.value = ast.parse(f"FILL[{ast.unparse(node.targets[0])!r}]", mode="eval").body
    made: dict[str, object] = {"FILL": fill}
    exec("from tdbook.exercises import check", made)
    exec(compile(ast.unparse(ast.fix_missing_locations(tree)), "<cell>", "exec"), made)
    test = cells_of(name)[1].split("\n")
    exec("\n".join(line for line in test if not line.startswith("assert")), made)
    return made


def parted(name: str, sample: Any) -> list[Any] | None:
    """A sample of an answer as the values of the blanks; None where it is given in another form, or lacks a part."""
    words = re.findall(r"\w+", blanks(answer(name).source, name)[1])
    values = [sample] if len(words) == 1 else list(sample) if isinstance(sample, tuple | list) else []
    return None if len(values) != len(words) or any(value is ... for value in values) else values


@pytest.mark.parametrize("name", NAMES)
def test_a_student_cell_computes_no_part_of_an_answer(name):
    """By data flow: what is handed in is bound by blanks alone, and nothing else in the cell is computed."""
    first, test = cells_of(name)
    tree = ast.parse(first)
    handed = {node.id for node in ast.walk(ast.parse(test)) if isinstance(node, ast.Name)} - {"reply", "check", "print"}
    blank = set()
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Assert):
            continue
        if isinstance(node, ast.FunctionDef):
            blank.add(node.name)
            assert [type(part) for part in node.body] == [ast.Assign, ast.Assert, ast.Return]
            assert not node.args.defaults
            node = node.body[0]
        else:
            blank.add(ast.unparse(node.targets[0]))
        assert isinstance(node, ast.Assign) and ast.unparse(node.value) == "..."
    assert blank == handed != set()


@pytest.mark.parametrize("name", NAMES)
def test_a_student_cell_takes_right_answers_and_refuses_wrong_ones(name):
    exercise = exercise_of(name)
    right = [values for sample in exercise.right() if (values := parted(name, sample)) is not None]
    assert right
    assert filled(name, right[0])["reply"]
    wrong = [values for sample, _ in exercise.wrong() if (values := parted(name, sample)) is not None]
    assert wrong
    for values in wrong:
        assert not filled(name, values)["reply"]


def distinctive(name: str) -> set[str]:
    """The formulas, and the numbers of three digits or more, that stand in the book's own answer or are its value."""
    exercise, found = exercise_of(name), set()
    source = answer(name).source
    wanted = {node.id for node in ast.walk(handed_in(source, name)) if isinstance(node, ast.Name)}
    for node in ast.parse(source).body:
        bound = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        if isinstance(node, ast.Assign) and bound & wanted:
            for inner in ast.walk(node.value):
                text = inner.value if isinstance(inner, ast.Constant) else ""
                if isinstance(text, str) and len(text) > 5 and re.search(r"[*/^+]|\d", text):
                    found.add(text)
        if isinstance(node, ast.FunctionDef) and node.name in wanted:
            found |= {ast.unparse(line) for line in node.body if isinstance(line, ast.Return) and line.value}
    values: list[Any] = []
    for sample in exercise.right():
        values += sample if isinstance(sample, tuple) else [sample]
    for value in values:
        if isinstance(value, int | float | np.number) and not isinstance(value, bool) and np.isfinite(value):
            text = f"{float(value):.4g}"
            if len(text.strip("-0.").replace(".", "")) >= 3 and "e" not in text:
                found.add(text)
    return {text for text in found if re.search(r"[-+*/^\d(]", text) and len(text) > 2}


@pytest.mark.parametrize("name", NAMES)
def test_no_formula_and_no_long_number_of_an_answer_stands_in_the_notebook(name):
    text = "\n".join(cell.source for cell in STUDENT[name.rpartition("-")[0]].cells)
    squeezed = re.sub(r"\s", "", text)
    for literal in distinctive(name):
        if re.fullmatch(r"-?[\d.]+", literal):
            assert not re.search(rf"(?<![\d.]){re.escape(literal)}", text), literal
        else:
            assert re.sub(r"\s", "", literal) not in squeezed, literal


def test_the_search_for_literals_finds_them():
    """Negative control: of most exercises something is looked for, and it stands in the instructor's notebook."""
    found = {name: distinctive(name) for name in NAMES}
    assert sum(map(bool, found.values())) > len(NAMES) / 2
    told = "\n".join(cell.source for cell in handout(CHAPTERS["lazy"], "instructor", KNOWN).cells)
    assert "24*rho**4 + 72*rho**2 + 9" in found["networks-1"]
    assert any(literal in told for name in NAMES if name.startswith("lazy-") for literal in found[name])


@pytest.mark.parametrize("name", NAMES)
def test_a_blank_cell_stops_with_its_name(name):
    """A blank value stops its own cell; a blank function lets the test say so, when it is called."""
    first, test = cells_of(name)
    made: dict[str, object] = {}
    exec("from tdbook.exercises import check", made)
    if "\ndef " in f"\n{first}" and "# your answer" not in first:
        exec(first, made)
        first = test
    with pytest.raises(AssertionError, match=f"{name}(: fill in| is not right yet)"):
        exec(first, made)


@pytest.mark.parametrize("key", PATHS)
def test_students_see_no_solution_and_instructors_see_all(key):
    student, instructor = STUDENT[key], handout(CHAPTERS[key], "instructor", KNOWN)
    shown = "\n".join(cell.source for cell in student.cells)
    told = "\n".join(cell.source for cell in instructor.cells)
    hidden = [piece for piece in CHAPTERS[key].pieces if piece.kind == "solution"]
    assert hidden
    for piece in hidden:
        text = piece.source if piece.cell else plain(piece.source, KNOWN)
        assert text not in shown and text in told
    for piece in CHAPTERS[key].answers:
        assert piece.source not in shown and piece.source in told
    for exercise in catalogue(key):
        assert exercise.note not in shown and exercise.note in told
        assert all(point not in shown and point in told for point in exercise.points)
        assert f"### {KNOWN[exercise.label]}. {exercise.title}" in shown
    # the code of the lecture is there for both
    lecture = [p.source for p in CHAPTERS[key].pieces if p.kind == "code" and not p.source.startswith("ledger.card")]
    assert len(lecture) > 5
    assert all(here(source) in shown and here(source) in told for source in lecture)
    for notebook in (student, instructor):
        nbformat.validate(notebook)
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        raw = r"^:{3,}.*|^`{3,}\{.*|\{(?:ref|eq|prf:ref|cite:?\w*|claim)\}`|^:(?:label|class):.*"
        assert re.findall(raw, text, re.M) == []


def test_a_prediction_is_asked_for_before_anything_is_computed():
    asked = {name: piece.source for key in PATHS for piece in CHAPTERS[key].exercises for name in [piece.label]}
    predicting = {e.name for e in catalogue() if re.search(r"\*predict", asked[e.label], re.I)}
    assert len(predicting) > 10
    for key, notebook in STUDENT.items():
        ids = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in notebook.cells]
        for exercise in catalogue(key):
            mark = f"{exercise.name}-prediction"
            assert (mark in ids) == (exercise.name in predicting)
            if mark in ids:
                assert ids.index(mark) < ids.index(exercise.name)
                with pytest.raises(AssertionError, match=f"{exercise.name}: write your prediction first"):
                    exec(notebook.cells[ids.index(mark)].source, {})


@pytest.mark.parametrize("key", PATHS)
def test_a_reader_gets_solutions_and_no_notes(key):
    notebook = handout(CHAPTERS[key], "reader", KNOWN)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert all(piece.source in text for piece in CHAPTERS[key].answers)
    assert "For whoever teaches" not in text and "points for the" not in text
    assert r"\def\inner" in notebook.cells[0].source
    assert not re.search(r"^:{3,}|^`{3,}\{|\{(?:ref|eq|prf:ref|cite:?\w*|claim|numref|term)\}`", text, re.M)


def test_each_exercise_has_points_and_marks_for_a_grader():
    marked = {
        cell.metadata["nbgrader"]["grade_id"]: cell.metadata["nbgrader"]
        for notebook in STUDENT.values()
        for cell in notebook.cells
        if "nbgrader" in cell.metadata
    }
    for exercise in catalogue():
        given = [marked[f"{exercise.name}-check"]["points"]]
        given += [marked[f"{exercise.name}-proof"]["points"]] if exercise.rubric else []
        assert sum(given) == exercise.check_credit + exercise.proof_credit > 0
        assert marked[exercise.name]["solution"] and not marked[exercise.name]["grade"]


def test_every_reference_of_a_handout_is_resolved():
    assert KNOWN["ex-tensors-angle"] == "Exercise 1.1"
    assert KNOWN["eq-tensors-distance"].startswith("(1.")
    assert plain("see {eq}`eq-tensors-distance`, {ref}`there <x>` and {cite:p}`ge`", KNOWN).startswith("see (1.")
    assert plain("{prf:ref}`no-such-label`", KNOWN) == "no-such-label"
    for key in PATHS:
        text = "\n".join(cell.source for cell in handout(CHAPTERS[key], "instructor", KNOWN).cells)
        assert not re.findall(r"\b(?:eq|ex|thm|prop|lem)-[a-z]+-[a-z]+", text)


def test_a_listing_of_the_library_is_copied_into_the_handout():
    text = plain("```{literalinclude} ../tdbook/tensors/cp.py\n:pyobject: SymmetricCP.inner\n:dedent:\n```", KNOWN)
    assert text.startswith("```python\ndef inner(self") and text.endswith("```")
    assert "def vanilla_gradient" in "\n".join(cell.source for cell in STUDENT["objective"].cells)
    with pytest.raises(HandoutError, match="no object 'nothing'"):
        plain("```{literalinclude} ../tdbook/tensors/cp.py\n:pyobject: nothing\n```", KNOWN)


def test_a_bad_cell_is_told(tmp_path):
    for last in ("print(x)", 'print(check("x-2", x))', 'print(check("x-1", x, y))'):
        with pytest.raises(HandoutError, match="x-1: the cell must end with print"):
            handed_in(f"x = 1\n{last}", "x-1")
    cell = nbformat.v4.new_code_cell("x = 1", metadata={"exercise": {"name": "x-1"}})
    stray = tmp_path / "stray.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), stray)
    with pytest.raises(HandoutError, match="stands in no solution"):
        read(stray)
    assert main([str(stray), "--out", str(tmp_path)]) == 1


def test_names_of_the_lecture_are_not_taken_away():
    """A blank for what the cell did not bind itself has a name of its own."""
    lines, expression = blanks('b = 2\nprint(check("x-1", (lam, b)))', "x-1")
    assert expression == "(your_lam, b)" and lines[0].startswith("your_lam = ...")


def test_the_command_writes_notebooks_and_zips_with_the_same_bytes_again(tmp_path, capsys):
    chapters = [str(PATHS["tensors"]), str(PATHS["zero"])]
    for folder in ("one", "two"):
        assert main([*chapters, "--out", str(tmp_path / folder)]) == 0
    written = sorted(path.relative_to(tmp_path / "one").as_posix() for path in (tmp_path / "one").rglob("*.*"))
    assert len(capsys.readouterr().out.split()) == 2 * len(written) == 20
    assert "student/course-student.zip" in written and "instructor/zero.ipynb" in written
    for name in written:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_links_that_only_the_book_can_follow_are_text():
    assert plain("see [there](notation.ipynb#x), [it](#live-a) and [out](https://example.org)", KNOWN) == (
        "see there, it and [out](https://example.org)"
    )
    for notebook in STUDENT.values():
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        assert re.findall(r"\]\((?!https?://)[^)\s]*\)", text) == []


def test_an_unpacked_chapter_runs_in_an_empty_folder(tmp_path, monkeypatch):
    """With the library and the data of the zip; exactly the cells of the exercises fail, for they are blank."""
    assert main([str(PATHS["zero"]), "--out", str(tmp_path / "made")]) == 0
    with zipfile.ZipFile(tmp_path / "made" / "student" / "zero.zip") as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "zero"
    assert {"README.md", "requirements.txt", "data", "tdbook", "zero.ipynb"} <= {p.name for p in folder.iterdir()}
    monkeypatch.delenv("PYTHONPATH", raising=False)
    notebook = nbformat.read(folder / "zero.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("import tdbook; print(tdbook.__file__)"))
    NotebookClient(notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": str(folder)}}).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert str(folder) in code[-1].outputs[0].text
    failed = [c for c in code if any(output.output_type == "error" for output in c.outputs)]
    assert failed and all("nbgrader" in cell.metadata for cell in failed)
    asked = {"-".join(cell.metadata["nbgrader"]["grade_id"].split("-")[:2]) for cell in failed}
    assert asked == {exercise.name for exercise in catalogue("zero")}
