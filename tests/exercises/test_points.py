"""The table of points: every exercise, the points that grading gives, the rubric of what is read."""

from __future__ import annotations

from bs4 import BeautifulSoup

from tdbook.exercises import catalogue
from tdbook.exercises.engine import CREDIT
from tdbook.exercises.points import points
from tests.support.refusals import refused


def test_every_exercise_stands_in_the_table_with_its_points():
    page = BeautifulSoup(points()._repr_html_(), "html.parser")
    rows = {row.td.get_text(): [cell.get_text() for cell in row.find_all("td")] for row in page.select("tbody tr")}
    assert set(rows) == {exercise.name for exercise in catalogue()}
    for exercise in catalogue():
        answer, text = rows[exercise.name][-2:]
        assert int(answer) + int(text or 0) == CREDIT[exercise.level]
        assert bool(text) == bool(exercise.rubric)
    shown = [item.get_text() for item in page.find_all("li")]
    assert shown == [point for exercise in catalogue() for point in exercise.rubric]


def test_the_rubric_of_a_proof_of_letters_holds_its_steps_and_no_trap():
    exercise = next(exercise for exercise in catalogue() if exercise.name == "tensors-3")
    steps = exercise.judge.steps
    assert list(exercise.rubric) == [step.text for step in steps if not step.trap]
    assert 0 < len(exercise.rubric) < len(steps)


def test_one_chapter_and_a_key_that_is_none():
    lines = repr(points("tensors")).splitlines()
    assert len(lines) == 2 and lines[1].startswith("Chapter 1, ")
    with refused("key"):
        points("tensor")
