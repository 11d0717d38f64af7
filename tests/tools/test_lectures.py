"""The sources of the lectures: eighty minutes planned, notes to speak from, work in pairs, guesses first."""

from __future__ import annotations

import re

import pytest

from tools import lectures

SOURCES = lectures.sources()
EACH = pytest.mark.parametrize("lecture", SOURCES, ids=lambda path: path.stem)
PLANNED, PACE = 80, 8  # minutes of a lecture of ninety, words of notes for each of them


def slides(text: str) -> list[str]:
    return re.split(r"^(?=##? )", lectures.CELL.sub("", text), flags=re.M)[1:]


def thin(text: str) -> list[str]:
    """The slides whose notes have too few words for their minutes."""
    found = []
    for slide in slides(text):
        ((_, minutes, words),) = lectures.NOTES.findall(slide)
        if len(words.split()) < PACE * int(minutes):
            found.append(slide.splitlines()[0])
    return found


@EACH
def test_ten_minutes_are_left_for_questions(lecture):
    assert sum(lectures.minutes(lecture)) == PLANNED
    assert len(lectures.minutes(lecture)) == len(slides(lecture.read_text(encoding="utf-8")))


@EACH
def test_notes_say_enough_for_their_minutes(lecture):
    text = lecture.read_text(encoding="utf-8")
    assert thin(text) == []
    assert thin(re.sub(r"\{notes\} \d+", "{notes} 30", text))  # a slide that takes longer would be noticed


@EACH
def test_a_lecture_has_work_in_pairs_with_answers_that_wait(lecture):
    pairs = [slide for slide in slides(lecture.read_text(encoding="utf-8")) if slide.startswith("## In pairs")]
    assert len(pairs) == 1
    assert re.search(r"\{container\} ask\n", pairs[0]) and re.search(r"\{container\} fragment\nAnswers: ", pairs[0])


@EACH
def test_what_the_room_is_to_guess_waits(lecture):
    """Notes that speak of the next key belong to a slide with something that waits for it."""
    text = lecture.read_text(encoding="utf-8")
    for slide in re.split(r"^(?=## )", text, flags=re.M):
        for _, _, words in lectures.NOTES.findall(slide):
            if "next key" in " ".join(words.split()):
                assert "fragment" in slide or "{quiz}" in slide, slide.splitlines()[0]
    assert text.count("fragment") >= 3


def test_a_title_slide_says_who_and_when():
    for number, lecture in enumerate(SOURCES, start=1):
        assert f":::{{lecture}} {number}\n" in lecture.read_text(encoding="utf-8")
    given = lectures.course()
    assert set(given) == {"lecturer", "place", "term", "dates", "hand_in", "contact"}
    assert len(given["dates"]) == len(SOURCES)
