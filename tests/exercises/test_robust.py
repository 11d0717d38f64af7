"""Whatever is handed in, ``check`` answers: numbers of any size, objects that raise, functions that exit or hang."""

import contextlib
import os
import time
from fractions import Fraction

import numpy as np
import pytest
import sympy

from tdbook.exercises import catalogue, check, engine
from tdbook.exercises.engine import Degree
from tdbook.exercises.judges import Array, Formula, Function, Number
from tdbook.exercises.values import as_number


class Raises:
    """Raises whatever it is asked for."""

    def __getattribute__(self, name):
        if name == "__class__":
            return object.__getattribute__(self, name)
        raise RuntimeError("no")

    def __array__(self, *_, **__):
        raise RuntimeError("no array")

    def __repr__(self):
        raise RuntimeError("no words")

    def __len__(self):
        raise RuntimeError("no length")

    def __eq__(self, other):
        raise RuntimeError("no equality")

    __hash__ = None


def exits(*_):
    raise SystemExit(3)


ENDLESS: list = []
ENDLESS.append(ENDLESS)
KNOT: dict = {}
KNOT["a"] = KNOT
HOSTILE = [
    10**400, -(10**400), 10**5000, Fraction(10**400, 3), Fraction(1, 10**400), "1e400", "1e999999999",
    "1e-999999999", "9" * 399, "m**m**m**m", "exp(exp(exp(d)))", "factorial(factorial(factorial(m)))", [10**400],
    [[10**400, 1], [1, 2]],
    ENDLESS, KNOT, [[ENDLESS]], Raises(), [Raises()], (Raises(), 1), exits, lambda *_: Raises(), lambda *_: ENDLESS,
    lambda *_: 10**400, type("Odd", (str,), {"strip": exits})("x"), np.array(None),
    np.ma.masked_all(3), sympy.Symbol("m") ** sympy.Symbol("m") ** 10**6, sympy.zeros(2), "\ud800", "\0", "x" * 10**6,
    memoryview(b"abc"), np.datetime64("2020-01-01"), float, slice(3), Ellipsis, NotImplemented,
]  # fmt: skip


@pytest.mark.parametrize("exercise", catalogue(), ids=lambda exercise: exercise.name)
def test_check_never_raises(exercise):
    begun = time.process_time()
    exercise.reply(12345.678)
    exercise.reply("12345.678")
    own = time.process_time() - begun  # what it takes to compute the right answer
    for answer in HOSTILE:
        before = time.process_time()
        reply = exercise.reply(answer)
        assert reply.degree in set(Degree)
        assert reply.degree is not Degree.RIGHT
        assert reply.message
        if isinstance(answer, str):
            assert time.process_time() - before < own + 2


@pytest.mark.skipif(os.name != "posix", reason="Windows has no alarms")
def test_a_function_that_hangs_is_stopped(monkeypatch):
    monkeypatch.setattr(engine, "SECONDS", 0.3)

    def hangs(*_):
        while True:
            with contextlib.suppress(Exception):  # as a student's bare "except" does
                time.sleep(5)

    name = next(e.name for e in catalogue() if isinstance(e.judge, Function))
    begun = time.monotonic()
    reply = check(name, hangs)
    assert reply.degree is Degree.KEEP_WORKING
    assert "still at work" in reply.message
    assert time.monotonic() - begun < 20


def test_a_text_may_stand_for_a_function():
    judge = Function(
        lambda m, l: min(m, l + 1), lambda rng: (int(rng.integers(2, 9)), int(rng.integers(2, 6))), "rank(m, l)"
    )
    assert judge.verdict("min(m, l+1)").right
    assert judge.verdict(sympy.Min(sympy.Symbol("m"), sympy.Symbol("l") + 1)).right
    assert not judge.verdict("min(m, l)").right
    assert "should not be in it" in judge.verdict("min(m, q)").hint
    assert check("tensors-4", "min(m, l+1)")


def test_written_mathematics_is_accepted():
    formula = Formula("15/(d*(d+2)*(d+4))", {"d": (3, 20)})
    for text in ("15/(d(d+2)(d+4))", r"\frac{15}{d(d+2)(d+4)}", "15/(d·(d+2)·(d+4))"):
        assert formula.verdict(text).right, text
    assert Number(0.206, within=5e-3).verdict("20.6%").right
    assert as_number("1.5e3") == 1500 and as_number("2/3") == Fraction(2, 3)


def test_large_numbers_are_said_to_be_large():
    assert "digits" in Number(6, within=0).verdict(10**400).hint
    assert not Array([1.0, 2.0]).verdict([10**400, 1]).right


def test_forms_may_stand_in_columns_as_in_the_library():
    weights = [Fraction(sign, 24) for sign in (1, -1, -1, 1)]
    columns = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1]])
    assert check("sources-1", (weights, columns.T.tolist()))
    assert check("sources-1", (weights, columns))
    assert not check("sources-1", ([abs(w) for w in weights], columns))


def test_three_digits_are_enough_where_three_are_asked_for():
    assert check("fresh-2", (0.267, 0.295))
    assert "3 significant digits" in check("fresh-2", (0.26, 0.295)).message
    assert "3 significant digits" in check("fresh-2").message
