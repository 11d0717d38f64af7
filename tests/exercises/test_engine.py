"""The engine that replies to answers: three degrees, every kind of answer, hints that fit the usual mistakes."""

from __future__ import annotations

import itertools
import string
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import sympy

import tdbook
from tdbook.exercises import KEYS, Degree, Exercise, Level, Mistake, Sort, catalogue, check, usual
from tdbook.exercises.judges import Array, Formula, Function, Number, Parts, Proof, Step, Witness, Words
from tdbook.objectives import Parameters, frozen_gradient, tied_gradient, vanilla_gradient
from tdbook.proofs import formulas
from tests.support.refusals import refused

ALL = catalogue()
NAMES = [exercise.name for exercise in ALL]


def exercise(judge, **more):
    """An exercise around a judge, named x-1."""
    given = {"label": "ex-x-y", "title": "t", "level": Level.EASY, "sort": Sort.COMPUTE, "right": list, "wrong": list}
    return Exercise(**{**given, "judge": judge, "note": "", "minutes": 1, "name": "x-1", **more})


def hint(judge, answer):
    """The hint for a wrong answer; fails when the answer is called right or missing."""
    reply = exercise(judge).reply(answer)
    assert reply.degree is Degree.KEEP_WORKING, reply
    return reply.message


# --- every exercise of the book ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("exercise", ALL, ids=NAMES)
def test_right_answers_are_accepted_in_every_type(exercise):
    samples = list(exercise.right())
    assert samples
    for answer in samples:
        reply = exercise.reply(answer)
        assert reply and reply.degree is Degree.RIGHT, f"{answer!r}: {reply}"
    assert exercise.moral in reply.message
    # whoever hands a proof or a report in is told that no program reads it
    assert ("was not read" in reply.message) == bool(exercise.proof_credit)
    assert exercise.proof_credit or exercise.sort is not Sort.PROVE


@pytest.mark.parametrize("exercise", ALL, ids=NAMES)
def test_wrong_answers_are_refused_with_the_hint_that_fits(exercise):
    samples = list(exercise.wrong())
    # at least two, so that one refusal for everything does not pass for a hint
    assert len(samples) >= 2
    for answer, words in samples:
        reply = exercise.reply(answer)
        assert reply.degree is Degree.KEEP_WORKING, f"{answer!r}: {reply}"
        assert words and words in reply.message, f"{answer!r}: {words!r} is not in {reply.message!r}"
    assert len({exercise.reply(answer).message for answer, _ in samples}) >= 2


@pytest.mark.parametrize("exercise", ALL, ids=NAMES)
def test_every_usual_mistake_gets_its_own_hint(exercise):
    known_mistakes = list(exercise.judge.known_mistakes(exercise.right()[0]))
    for answer, words in known_mistakes:
        reply = exercise.reply(answer)
        assert reply.degree is Degree.KEEP_WORKING
        assert reply.message.endswith(words), f"{answer!r} is said to be {reply.message!r} in place of {words!r}"
    hints = [words for _, words in known_mistakes]
    assert len(set(hints)) == len(hints)
    assert hints == exercise.judge.hints()


@pytest.mark.parametrize("exercise", ALL, ids=NAMES)
def test_a_blank_is_missing_and_the_reply_gives_no_proof_away(exercise):
    for blank in (..., None, "", [], {}, (), (..., ...)):
        reply = check(exercise.name, blank)
        assert reply.degree is Degree.MISSING and not reply
    assert check(exercise.name) == reply
    assert exercise.judge.wanted in reply.message
    assert exercise.note and exercise.moral and exercise.minutes > 0
    if exercise.sort is Sort.PROVE:
        said = [*exercise.points, *exercise.judge.points()]
        assert len(said) >= 3
        assert all(point in reply.message for point in exercise.judge.points())
        assert all(point not in reply.message for point in exercise.points)


@pytest.mark.parametrize("exercise", ALL, ids=NAMES)
def test_nothing_that_is_handed_in_makes_check_raise(exercise):
    never = [
        float("nan"), float("inf"), 1j, b"x", object(), "two thirds", "__import__('os')", "lambda: 1", "1/0",
        [[1], [2, 3]], ["?"], {"?": 1}, np.array(["?"]), np.array([np.nan]), lambda *a: 1 / 0, lambda *a: "x",
        lambda *a: a, sympy.Symbol("zz"), sympy.oo, sympy.I, sympy.nan, int, (None, 3), (..., 1),
    ]  # fmt: skip
    # these may be right somewhere
    perhaps = [0, -1, 10**30, 1.5, True, [1, 2, 3], {1, 2}, np.zeros((2, 3)), lambda: 1, range(3), Fraction(22, 7)]
    for answer in never:
        reply = exercise.reply(answer)
        assert not reply, f"{answer!r} was accepted: {reply}"
        assert reply.message
    for answer in perhaps:
        assert exercise.reply(answer).degree in set(Degree)


def test_names_follow_the_chapters_and_an_unknown_one_is_helped():
    assert {exercise.name.rpartition("-")[0] for exercise in ALL} <= set(KEYS)
    assert [e.name for e in catalogue("tensors")] == [f"tensors-{i}" for i in range(1, len(catalogue("tensors")) + 1)]
    with pytest.raises(ValueError, match="'tensor-1': did you mean tensors-1"):
        check("tensor-1", 3)
    with pytest.raises(ValueError, match="the chapters are tensors, objective"):
        check("quux", 3)
    with pytest.raises(ValueError, match="got 7"):
        check(7)  # type: ignore[arg-type]
    with refused("key"):
        catalogue("tensor")


def test_all_chapters_answer_back():
    assert all(len(catalogue(key)) >= 2 for key in KEYS)
    assert len(ALL) >= 90


def test_a_chapter_of_five_exercises_has_every_level_and_sort():
    long = [exercises for key in KEYS if len(exercises := catalogue(key)) > 5]
    assert len(long) >= 10
    assert all({e.sort for e in exercises} == set(Sort) for exercises in long)
    assert {e.level for exercises in long for e in exercises} == set(Level)


def test_a_reply_is_a_sentence_a_truth_value_and_html():
    right, wrong = check("tensors-1", 7), check("tensors-1", 6)
    assert right and not wrong
    assert str(wrong) == repr(wrong) == f"tensors-1, keep working: {wrong.message}"
    assert max(map(len, str(check("tensors-3")).splitlines())) <= 80
    assert "<strong>tensors-1, right</strong>" in right._repr_html_()
    sharp = exercise(Number(1, mistakes=(Mistake("a < b & c", value=2),))).reply(2)
    assert "a &lt; b &amp; c" in sharp._repr_html_()


def test_asking_for_a_number_loads_no_sympy():
    code = (
        "import sys; from tdbook.exercises import check; "
        "assert check('tensors-1', 7) and not check('tensors-1', '6'); print('sympy' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "False"
    assert tdbook.exercises.check is check


# --- the kinds of answers ---------------------------------------------------------------------------------------------


def test_numbers_come_in_many_types():
    third = Number(Fraction(1, 3), within=0)
    for answer in (
        Fraction(1, 3),
        "1/3",
        " 2/6 ",
        sympy.Rational(1, 3),
        "sqrt(1/9)",
        1 / 3,
        [1 / 3],
        np.float64(1 / 3),
    ):
        assert exercise(third).reply(answer), answer
    assert "too small" in hint(third, "0.3")
    assert "very near" in hint(third, 0.333)
    assert "sign" in hint(third, -1 / 3)
    assert "symbols x" in hint(third, "x/3")
    assert "complex" in hint(third, 1j)
    assert "not real" in hint(third, sympy.I)
    assert "finite" in hint(third, float("nan"))
    assert "holds 2" in hint(third, [1, 2])
    assert "function" in hint(third, lambda: 1 / 3)
    assert exercise(Number(1 / 3, within=5e-3)).reply(0.333)
    assert exercise(Number(lambda: 0.0)).reply(1e-15)
    assert "large" in hint(Number(0.0), 1e-3)
    assert "too small" in hint(Number(1e-30), 0)


def test_arrays_are_compared_with_words():
    right = np.arange(6.0).reshape(2, 3)
    judge = Array(lambda: right)
    for answer in (right, right.tolist(), np.asfortranarray(right), sympy.Matrix(2, 3, range(6))):
        assert exercise(judge).reply(answer)
    assert exercise(judge).reply([[Fraction(0), 1, 2], [3, 4, sympy.Integer(5)]])
    assert "transposed" in hint(judge, right.T)
    assert "right number of entries" in hint(judge, right.ravel())
    assert "shape is (2,)" in hint(judge, [1, 2])
    assert "sign" in hint(judge, -right)
    assert "1 of 6 entries are not right yet, the first of them at index [1, 0]" in hint(judge, [[0, 1, 2], [9, 4, 5]])
    assert "finite" in hint(judge, np.full((2, 3), np.inf))
    assert "this is the transpose" in hint(Array(np.array([[0.0, 1], [0, 0]])), [[0, 0], [1, 0]])
    assert "another order" in hint(Array([1, 2, 3]), [3, 2, 1])
    assert exercise(Array([1, 2, 3], any_order=True)).reply({3, 2, 1})
    assert exercise(Array(np.zeros(3))).reply(np.full(3, 1e-16))
    assert "3 of 3" in hint(Array(np.full(3, 1e-20)), np.zeros(3))
    assert "array of numbers" in hint(judge, [[1], [2, 3]])


def test_a_function_is_tried_not_trusted():
    judge = Function(lambda x: 2 * x, lambda rng: (rng.standard_normal(3),), call="f(x)")

    def spoils_its_input(x):
        x *= 2
        return x

    assert exercise(judge).reply(lambda x: x + x)
    assert exercise(judge).reply(spoils_its_input)
    assert "raised ZeroDivisionError" in hint(judge, lambda x: 1 / 0)
    assert "returns nothing" in hint(judge, lambda x: None)
    assert "trials" in hint(judge, lambda x: 2 * x if x[0] > 0 else x)
    assert "itself" in hint(judge, 4.0)
    assert exercise(judge).reply(lambda x: ...).degree is Degree.MISSING


def test_formulas_are_matched_by_the_names_of_their_symbols():
    judge = Formula("l*(l-1)/2", {"l": (2, 20)})
    l = sympy.Symbol("l", integer=True, positive=True)
    for answer in (
        "l^2/2 - l/2",
        "binomial(l, 2)",
        0.5 * l * (l - 1),
        sympy.binomial(l, 2),
        l * (l - 1) / 2,
        lambda l: l * (l - 1) // 2,
    ):
        assert exercise(judge).reply(answer), answer
    assert "n should not be in it" in hint(judge, "n*(n-1)/2")
    assert "sign" in hint(judge, "l*(1-l)/2")
    assert "small case" in hint(judge, "l*(l+1)/2")
    assert "raised" in hint(judge, lambda l: l.nothing)
    assert exercise(Formula("lambda/2", {"λ": (0.1, 1.0)})).reply(sympy.Symbol("lam") / 2)
    assert exercise(Formula("eta*k", {"eta": (0.1, 1.0), "k": (1, 9)})).reply(lambda k, eta: k * eta)
    assert exercise(Formula("0*x", {"x": (0.1, 1.0)})).reply("sin(x)^2 + cos(x)^2 - 1")
    # a difference in the twelfth digit is a difference
    assert "small case" in hint(Formula("x", {"x": (0.1, 1.0)}), "x + x^9/10^12")


def test_a_formula_is_read_and_never_run(tmp_path):
    witness = tmp_path / "ran"
    for text in (
        f"__import__('pathlib').Path({str(witness)!r}).touch()", f"open({str(witness)!r}, 'w')", "x.__class__",  "[1]",
        "lambda: 1", "1 if x else 2", "9^9^9^9", "(10^900)^900", "factorial(10^9)", "1/0", "", "os.f(x)", "1" * 500,
    ):  # fmt: skip
        with pytest.raises(formulas.NotAFormula):
            formulas.parse(text)
    assert not witness.exists()
    assert formulas.parse("2^-l") == 2 ** -sympy.Symbol("l")
    assert formulas.parse("math.sqrt(0.25)*π") == sympy.pi / 2


def test_words_witnesses_proofs_and_parts():
    words = Words("halved", {"the same": "look at eta²"})
    assert exercise(words).reply(" Halved ")
    assert hint(words, "the  same") == "look at eta²"
    assert "one of" in hint(words, "doubled")

    even = Witness(lambda n: "" if n % 2 == 0 else "this is odd", "an even number")
    assert exercise(even).reply(12)
    assert hint(even, 3) == "this is odd"
    assert "raised TypeError" in hint(even, {"a": 1})

    proof = Proof((Step("one"), Step("two", trap="false"), Step("three")))
    assert exercise(proof).reply("ca")
    assert "letters A to C" in hint(proof, "AD")
    assert "Not B. False." in str(exercise(proof).reply("AC"))

    parts = Parts({"a": Number(1), "b": words})
    assert exercise(parts).reply((1, "halved"))
    assert exercise(parts).reply({"b": "halved", "a": 1})
    assert hint(parts, (1, "the same")) == "b: look at eta²"
    assert hint(parts, (..., "halved")) == "a is still missing"
    assert "2 answers" in hint(parts, 1)
    assert "the parts are a, b" in hint(parts, {"c": 1, "a": 2})


PROOFS = [exercise for exercise in ALL if isinstance(exercise.judge, Proof)]


@pytest.mark.parametrize("exercise", PROOFS, ids=[exercise.name for exercise in PROOFS])
def test_the_letters_of_a_proof_cannot_be_found_one_by_one(exercise):
    """Every wrong set of letters gets the same words, whatever is wrong with it."""
    letters = string.ascii_uppercase[: len(exercise.judge.steps)]
    tried = [set(chosen) for n in range(1, len(letters) + 1) for chosen in itertools.combinations(letters, n)]
    replies = {str(exercise.reply(chosen)) for chosen in tried if chosen != set(exercise.judge.letters)}
    assert len(replies) == 1
    assert exercise.reply(exercise.judge.letters)


# --- the usual mistakes -----------------------------------------------------------------------------------------------


def _case(rng):
    target = tdbook.random_target(4, 2, 4, rng=rng)
    # unswitched components, whose c is large: frozen and tied gradient are far apart
    return Parameters.two_homogeneous(rng.standard_normal((4, 3)), np.array([1.0, -1.0, 1.0]), kappa=2.0), target


def test_the_factor_of_the_order_is_recognised():
    def wanted(U, c, target):
        return vanilla_gradient(U, c, target)[0]

    def inputs(rng):
        return rng.standard_normal((4, 3)), rng.standard_normal(3), tdbook.random_target(4, 2, 3, rng=rng)

    mistakes = (usual.factor_missing(3), usual.factor_twice(3))
    judge = Function(wanted, inputs, call="gradient(U, c, target)", mistakes=mistakes)
    assert exercise(judge).reply(wanted)
    assert "factor l is missing" in hint(judge, lambda *a: wanted(*a) / 3)
    assert "factor l too many" in hint(judge, lambda *a: wanted(*a) * 3)
    assert "factor" not in hint(judge, lambda *a: wanted(*a) * 2)


@pytest.mark.parametrize("judge", [Number(9.0), Formula("n^2", {"n": (0.5, 3.0)})], ids=["number", "formula"])
def test_norm_and_squared_norm_are_told_apart(judge):
    judge = type(judge)(**{**judge.__dict__, "mistakes": (usual.norm_for_square(), usual.half_missing(), usual.sign())})
    root, square = (3.0, 9.0) if isinstance(judge, Number) else ("n", "n*n")
    assert exercise(judge).reply(square)
    assert "its square is wanted" in hint(judge, root)
    assert "1/2" in hint(judge, 18.0 if isinstance(judge, Number) else "2*n^2")
    assert "which way round" in hint(judge, -9.0 if isinstance(judge, Number) else "-n^2")
    assert "take the root" in hint(Number(3.0, mistakes=(usual.square_for_norm(),)), 9.0)


def test_frozen_and_tied_gradients_are_told_apart():
    def frozen(parameters, target):
        return frozen_gradient(parameters, target, 0.1)

    def tied(parameters, target):
        return tied_gradient(parameters, target, 0.1)

    one = Function(tied, _case, call="g(parameters, target)", mistakes=(usual.frozen_for_tied(frozen),))
    other = Function(frozen, _case, call="g(parameters, target)", mistakes=(usual.tied_for_frozen(tied),))
    assert exercise(one).reply(tied) and exercise(other).reply(frozen)
    assert "this is the frozen gradient" in hint(one, frozen)
    assert "this is the tied gradient" in hint(other, tied)
    assert "frozen" not in hint(one, lambda p, t: frozen(p, t) + 1)


def test_a_forgotten_symmetrisation_is_recognised():
    u, v = np.eye(2)
    plain = np.einsum("i,j,k->ijk", u, u, v)
    judge = Array(lambda: usual.symmetrised(plain), mistakes=(usual.Unsymmetrised(value=plain),))
    assert exercise(judge).reply(usual.symmetrised(plain))
    # whichever place the odd vector stands in
    for array in (plain, plain.transpose(2, 0, 1), plain.tolist()):
        assert "not symmetric" in hint(judge, array)
    assert "not symmetric" not in hint(judge, 3 * usual.symmetrised(plain))
    assert "not symmetric" not in hint(judge, [1, 2])


def test_a_mistake_that_is_the_right_answer_hints_at_nothing():
    judge = Number(1.0, mistakes=(Mistake("norm", change=lambda right: right**2),))
    assert exercise(judge).reply(1.0)
    assert "norm" not in hint(judge, 2.0)
    with pytest.raises(ValueError, match="either value or change"):
        Mistake("both", value=1, change=abs)
    with pytest.raises(ValueError, match="either value or change"):
        Mistake("neither")
