"""What a class is handed on paper: every exercise once, points that add up, no answer where none belongs."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from tdbook.exercises import STEMS, catalogue
from tdbook.statements import CHAPTERS
from tools import classroom, lectures
from tools.sheets import page

ROOT = Path(__file__).resolve().parents[2]
SOURCES = lectures.sources()
EXAM = (ROOT / "slides" / "sheets" / "exam.md").read_text(encoding="utf-8")
BOARD = (ROOT / "slides" / "sheets" / "board.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sheets(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("sheets")
    return {path.stem: path.read_text(encoding="utf-8") for path in classroom.write(folder)}


def heads(text: str) -> list[str]:
    return [head.get_text() for head in BeautifulSoup(text, "html.parser").find_all("h3")]


def test_every_chapter_belongs_to_one_lecture():
    assert [stem for stems in lectures.chapters(SOURCES) for stem in stems] == list(CHAPTERS)
    assert all(lectures.chapters(SOURCES))


def test_every_exercise_stands_once_on_a_sheet_and_has_its_solution(sheets):
    known = classroom.known()
    wanted = sorted(f"{known[e.label]}. {e.title}".replace("$", "") for e in catalogue())
    for kind in ("problems", "solutions"):
        found = [h for n in range(1, len(SOURCES) + 1) for h in heads(sheets[f"{kind}-{n}"])]
        assert len(found) == len(wanted)
        assert {h.split(".")[0] + h.split(".")[1] for h in found} == {h.split(".")[0] + h.split(".")[1] for h in wanted}


def test_homework_is_named_and_comes_first(sheets):
    known = classroom.known()
    for number, (lecture, stems) in enumerate(zip(SOURCES, lectures.chapters(SOURCES), strict=True), start=1):
        chosen = lectures.homework(lecture)
        assert len({exercise.name for exercise in chosen}) == len(chosen) >= 3
        assert all(STEMS[exercise.name.rpartition("-")[0]] in stems for exercise in chosen)
        assert any(exercise.rubric for exercise in chosen)  # something that a person reads
        first = heads(sheets[f"problems-{number}"])[: len(chosen)]
        assert [h.split(".")[1] for h in first] == [known[e.label].split(".")[1] for e in chosen]


def test_the_teaching_page_gives_the_same_homework():
    page = nbformat.read(ROOT / "book" / "teaching.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in page.cells if cell.cell_type == "markdown")
    for number, lecture in enumerate(SOURCES, start=1):
        (row,) = re.findall(rf"^\| {number}\. {lectures.title(lecture)} \|.*$", text, re.M)
        assert re.findall(r"\{ref\}`([\w-]+)`", row) == [exercise.label for exercise in lectures.homework(lecture)]


def test_problems_tell_nothing_that_the_solutions_tell(sheets):
    for exercise in catalogue():
        for number in range(1, len(SOURCES) + 1):
            assert all(point not in sheets[f"problems-{number}"] for point in exercise.points)
            assert f"check(&quot;{exercise.name}&quot;, " not in sheets[f"problems-{number}"]
    assert all(len(sheets[f"solutions-{n}"]) > len(sheets[f"problems-{n}"]) for n in range(1, len(SOURCES) + 1))


def test_the_points_of_the_exam_add_up():
    total = int(re.search(r"(\d+) points\.", EXAM)[1])
    given = 0
    for name, points, body in re.findall(r"^## ([^\n]+) \((\d+) points\)$(.*?)(?=^## |\Z)", EXAM, re.M | re.S):
        asked, solved = body.split(":::solution")
        for text in (asked, solved):
            parts = [sum(map(int, found.split("+"))) for found in re.findall(r"\((\d(?: \+ \d)*)\)", text)]
            assert sum(parts) == int(points), name
        given += int(points)
    assert given == total == 60


def test_the_exam_without_its_solutions(sheets):
    assert "Solution." not in sheets["exam"] and sheets["exam-solutions"].count("Solution.") == EXAM.count(
        ":::solution"
    )
    assert "Name:" in sheets["exam"] and "«" not in sheets["exam-solutions"]


def test_every_slide_that_goes_to_the_board_has_a_script():
    scripts = re.findall(r"^## Lecture (\d): (.+)$", BOARD, re.M)
    for number, name in scripts:
        assert f"\n## {name}\n" in SOURCES[int(number) - 1].read_text(encoding="utf-8"), name
    for number, lecture in enumerate(SOURCES, start=1):
        for slide in re.split(r"^## ", lecture.read_text(encoding="utf-8"), flags=re.M)[1:]:
            notes = " ".join(found[2] for found in lectures.NOTES.findall(slide))
            if re.search(r"(Do|Prove|Derive)\b[^.]*\bboard", notes):
                assert (str(number), slide.split("\n")[0]) in scripts


def test_a_sheet_asks_no_other_host_and_knows_the_books_macros(sheets):
    for name, text in sheets.items():
        assert re.findall(r'(?:src|href)="(?!mathjax/|data:|https://doi|#)[^"]*"', text) == [], name
        assert "norm" in text.split("MathJax = ")[1].split("</script>")[0]
        assert not re.search(r"^:::|\{(?:ref|eq|cite|numref)\b", text, re.M), name


def test_formulas_are_left_to_mathjax():
    text = page("T", "A $x<y$ and\n\n$$\na_b*c*d\n$$\n")
    assert r"\(x&lt;y\)" in text and "<em>" not in text and r"\[" in text


def test_course_lines_are_shown_when_given(monkeypatch):
    given = {**lectures.course(), "lecturer": "A. <Name>"}
    monkeypatch.setattr(classroom.lectures, "course", lambda: given)
    assert "A. &lt;Name&gt;" in classroom.head()
