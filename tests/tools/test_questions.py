"""The bank of short questions: one right answer each, a misconception behind each wrong one, no two alike."""

from __future__ import annotations

import difflib
import itertools
import math
import re
from collections import Counter

import pytest

from tdbook.exercises import STEMS
from tools.questions import QuestionError, bank, filled, key, read, sheet, written

BANK = bank()
ALL = [question for group in BANK.values() for question in group]
NAMES = [question.name for question in ALL]


@pytest.mark.parametrize("stem", STEMS.values())
def test_a_chapter_has_five_questions(stem):
    assert len(BANK[stem]) >= 5


@pytest.mark.parametrize("question", ALL, ids=NAMES)
def test_three_different_choices_and_two_misconceptions(question):
    assert len({choice.casefold() for choice in question.choices}) == 3
    assert question.choices["ABC".index(question.letter)] == question.right
    behind = [question.behind(choice) for choice in question.choices if choice != question.right]
    assert len(set(behind)) == 2 and all(text.endswith(".") for text in behind)
    assert question.behind(question.right) == ""
    assert question.ask and question.because.endswith(".")
    # a number is right or wrong by more than its rounding
    values = [float(choice) for choice in question.choices if re.fullmatch(r"-?[\d.]+", choice)]
    assert all(not math.isclose(a, b, rel_tol=0.02) for a, b in itertools.combinations(values, 2))


def test_no_two_questions_are_alike():
    assert len(set(NAMES)) == len(NAMES)
    for one, other in itertools.combinations(ALL, 2):
        texts = (f"{q.ask} {q.right}" for q in (one, other))
        assert difflib.SequenceMatcher(None, *texts, autojunk=False).quick_ratio() < 0.97 or (
            difflib.SequenceMatcher(None, one.ask, other.ask, autojunk=False).ratio() < 0.85
        ), (one.name, other.name)


def test_the_right_letter_cannot_be_guessed():
    letters = Counter(question.letter for question in ALL)
    assert set(letters) == set("ABC") and min(letters.values()) > len(ALL) / 5
    longest = sum(len(q.right) == max(map(len, q.choices)) for q in ALL)
    assert longest < 0.6 * len(ALL)  # the longest choice is not the right one as a rule


def test_a_sheet_tells_nothing_and_its_key_everything():
    shown, told = sheet(ALL), key(ALL)
    for question in ALL:
        assert all(choice in shown for choice in question.choices)
        assert question.because not in shown and question.because[1:] in told
        for choice, misconception in question.wrong:
            assert misconception not in shown and misconception in told and choice[1:] in told
    assert "**1.**" in shown and f"**{len(ALL)}.**" in shown


def test_numbers_are_computed():
    assert filled("«comb(22, 3)» of «20**3»") == "1540 of 8000"
    assert written(10_000) == "10\u202f000" and written(0.5) == "0.5"
    with pytest.raises(NameError):
        filled("«open('x')»")
    share = next(question for question in ALL if question.name == "lazy/share")
    assert float(share.right) == round(600 / 1540, 2)


GOOD = "## a\n\nAsk?\n\n- right: yes\n- wrong: no\n  > One.\n- wrong: perhaps\n  > Two.\n\nBecause: so.\n"


def test_a_question_of_another_form_is_told(tmp_path):
    path = tmp_path / "lazy.md"
    path.write_text(GOOD, encoding="utf-8")
    assert [question.name for question in read(path)] == ["lazy/a"]
    for bad in (
        GOOD.replace("  > One.\n", ""),
        GOOD.replace("- right", "- wrong"),
        GOOD.replace("Because: so.", ""),
        GOOD.replace("Because: so.", "Because: so.\n- wrong: never\n  > Three."),
        "Words before.\n" + GOOD,
    ):
        path.write_text(bad, encoding="utf-8")
        with pytest.raises(QuestionError, match=r"lazy\.md"):
            list(read(path))
    path.rename(tmp_path / "nothing.md")
    with pytest.raises(QuestionError, match=r"nothing\.md must be named after a chapter"):
        bank(tmp_path)
