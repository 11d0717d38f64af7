"""Exercises as pages ask them: the judge that stands up from plain data says what the chapter's own judge says."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from tdbook.command_line import main
from tdbook.exercises import catalogue, find, sheet
from tdbook.exercises.choices import Parts, Proof, Words
from tdbook.exercises.engine import Degree
from tdbook.exercises.formula import Formula
from tdbook.exercises.values import Number

PLAIN = (Number, Formula, Words, Proof)
# Of some exercises the right answer takes seconds: each is computed once, and by the pack as well.
QUICK = [e for e in catalogue() if e.name not in ("enough-1", "enough-6", "esc-3", "run-3", "run-10", "few-1", "few-4")]


def is_plain(judge) -> bool:
    return all(map(is_plain, judge.parts.values())) if isinstance(judge, Parts) else isinstance(judge, PLAIN)


ASKED = [exercise for exercise in QUICK if is_plain(exercise.judge)]


def through_json(exercise):
    return sheet.thawed(json.loads(json.dumps(sheet.frozen(exercise))))


def as_typed(answer):
    """An answer as a field of a page holds it, or None for what cannot be typed."""
    if isinstance(answer, tuple):
        parts = [as_typed(part) for part in answer]
        return tuple(parts) if all(part is not None for part in parts) else None
    if isinstance(answer, float):
        return repr(answer)
    return str(answer) if isinstance(answer, str | int | Fraction) and not isinstance(answer, bool) else None


def test_every_exercise_of_these_kinds_is_asked_and_no_other():
    assert {exercise.name for exercise in QUICK if sheet.frozen(exercise)} == {exercise.name for exercise in ASKED}
    assert len(ASKED) > 50


@pytest.mark.parametrize("exercise", ASKED, ids=lambda exercise: exercise.name)
def test_the_reply_is_the_same(exercise):
    page = through_json(exercise)
    samples = list(exercise.right())
    answers = [*samples, *(wrong for wrong, _ in exercise.wrong())]
    answers += [wrong for wrong, _ in exercise.judge.known_mistakes(samples[0])]
    typed = [text for text in map(as_typed, answers) if text is not None]
    for answer in (..., *typed):
        assert page.reply(answer) == exercise.reply(answer), answer
    degrees = {page.reply(answer).degree for answer in typed}
    assert degrees >= {Degree.RIGHT, Degree.KEEP_WORKING}


@pytest.mark.parametrize("exercise", ASKED, ids=lambda exercise: exercise.name)
def test_there_is_a_field_for_each_part(exercise):
    data = sheet.frozen(exercise)
    parts = exercise.judge.parts if isinstance(exercise.judge, Parts) else {"": exercise.judge}
    asked = sheet.fields(data)
    assert [field["name"] for field in asked] == list(parts)
    for field, judge in zip(asked, parts.values(), strict=True):
        assert field["wanted"] == judge.wanted
        assert bool(field.get("choices")) == isinstance(judge, Words | Proof)
        if isinstance(judge, Words):
            assert field["choices"] == sorted(field["choices"])  # their order must not tell which is right


def test_a_wrong_number_stays_wrong():
    """Negative control: the judge that stands up compares with what was put in."""
    data = sheet.frozen(find("tensors-1"))
    assert sheet.thawed(data).reply("7") and not find("tensors-1").reply("8")
    data["judge"]["expected"] = ["int", "8"]
    assert sheet.thawed(data).reply("8") and not sheet.thawed(data).reply("7")


def test_a_receipt_is_read_as_it_was_made():
    made = sheet.Receipt("Ada Løv", {"tensors-1": ["7"], "alg-1": ["m + K - 1"]}, {"tensors-1": ["look again"]})
    assert sheet.read_receipt(sheet.receipt(made)) == made


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace('"7"', '"8"'), "this receipt was changed after it was made"),
        (lambda text: text.replace("Ada", "Eve"), "this receipt was changed after it was made"),
        (lambda text: text[:-5], "this is no receipt of answers"),
        (lambda text: "[]", "this is no receipt of answers"),
        (lambda text: text.replace('"7"', "7"), "this is no receipt of answers"),
        (lambda text: text.replace('"7"', f'"{"7" * 500}"'), "this is no receipt of answers"),
        (lambda text: text.replace("tensors-1", "../etc"), "this is no receipt of answers"),
    ],
)
def test_what_is_no_receipt_is_refused(change, said):
    text = sheet.receipt(sheet.Receipt("Ada", {"tensors-1": ["7"]}, {}))
    with pytest.raises(ValueError, match=said):
        sheet.read_receipt(change(text))


def test_receipts_are_graded(tmp_path, capsys):
    answers = {"tensors-1": ["7"], "objective-1": ["15/(d(d+2))"], "alg-1": ["m+K-1"]}
    made = sheet.Receipt("Ada", answers, {"tensors-1": ["one hint", "another hint"]})
    (tmp_path / "Ada.receipt.json").write_text(sheet.receipt(made), encoding="utf-8")
    (tmp_path / "Eve.receipt.json").write_text(sheet.receipt(made).replace("m+K-1", "m+K"), encoding="utf-8")
    (tmp_path / "Bob.receipt.json").write_text(sheet.receipt(sheet.Receipt("Bob", {"no-1": ["1"]}, {})))
    assert main(["grade", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "Eve.receipt.json: this receipt was changed after it was made" in said.err
    assert "Bob.receipt.json: there is no exercise no-1" in said.err
    table = (tmp_path / "grades.csv").read_text(encoding="utf-8").splitlines()
    rows = {tuple(line.split(",")[:2]): line.split(",") for line in table[1:]}
    assert {student for student, _ in rows} == {"Ada"}
    credit = str(find("tensors-1").check_credit)
    assert rows["Ada", "tensors-1"][2:5] == ["right", "2", credit]
    assert rows["Ada", "objective-1"][2] == "keep working"
    assert rows["Ada", "alg-1"][2] == "right"
    assert rows["Ada", "tensors-2"][2] == "missing"
