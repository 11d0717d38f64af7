"""The times in the heads of the chapters: counted by one rule, and kept in step with the chapters."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tdbook import statements
from tools import reading

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = reading.numbered(ROOT)
GOOD = "*Reading 35 minutes, exercises an hour, running a few seconds.\nNeeded: the QR factorisation.\nNew: powers.*"


def out_of_step(said: int, counted: float) -> bool:
    """A third off, and by more than what rounding to five minutes does."""
    return abs(said - counted) > max(5.0, counted / 3.0)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_head_says_what_is_counted(path: Path):
    notebook = nbformat.read(path, as_version=4)
    said = reading.head(notebook.cells[0].source)
    assert said is not None, "the first cell has no times, needs and news in the common form"
    counted = reading.minutes_to_read(notebook)
    assert not out_of_step(said.minutes, counted), f"{counted:.0f} minutes counted: python -m tools.reading --write"
    assert said.running in {words for _, words in reading.RUNNING}
    assert said.exercises == reading.planned(reading.minutes_of_exercises(path))


def test_every_chapter_has_a_head():
    assert [path.stem for path in CHAPTERS] == list(statements.CHAPTERS)


def test_a_head_that_lacks_something_is_refused():
    said = reading.head(GOOD)
    assert said == reading.Head(35, "an hour", "a few seconds", "the QR factorisation", "powers")
    for part in ("Needed: the QR factorisation.\n", "New: powers.", " exercises an hour,", "Reading 35 minutes,"):
        assert reading.head(GOOD.replace(part, "")) is None, part


def test_a_longer_chapter_is_noticed():
    def words(count: int) -> nbformat.NotebookNode:
        return new_notebook(cells=[new_markdown_cell("word " * count)])

    short, long = words(1300), words(3900)
    assert reading.minutes_to_read(short) == pytest.approx(10.0)
    assert not out_of_step(10, reading.minutes_to_read(short))
    assert out_of_step(10, reading.minutes_to_read(long))


def test_each_thing_has_its_own_pace():
    def minutes(*cells):
        return reading.minutes_to_read(new_notebook(cells=list(cells)))

    figure = new_output("execute_result", data={"text/plain": "Figure: a line."})
    assert minutes(new_markdown_cell("$a$ $b$ $c$")) == pytest.approx(12 / 60)
    assert minutes(new_markdown_cell("$$\na\n$$")) == pytest.approx(0.5)
    assert minutes(new_code_cell("a = 1\n\nb = 2")) == pytest.approx(12 / 60)
    assert minutes(new_code_cell("a", outputs=[figure])) == pytest.approx(36 / 60)
    assert minutes(new_code_cell("a", outputs=[figure], metadata={"tags": ["remove-input"]})) == pytest.approx(0.5)
    assert minutes(new_markdown_cell("## Exercises\n\n" + "word " * 1300), new_markdown_cell("word " * 1300)) == 0.0


def test_running_times_are_rounded_up():
    assert [reading.running(seconds) for seconds in (5, 11, 34, 67, 500)] == [
        "a few seconds",
        "up to 20 seconds",
        "half a minute",
        "a minute",
        "several minutes",
    ]


def test_times_for_exercises_are_said_to_half_an_hour():
    assert [reading.planned(minutes) for minutes in (10, 65, 95, 125, 160, 190)] == [
        "half an hour",
        "an hour",
        "an hour and a half",
        "two hours",
        "two and a half hours",
        "three hours",
    ]
