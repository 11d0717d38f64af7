"""Hostile input to every public function: an answer in finite numbers, or one clear line.

Each argument of a good call is replaced by each hostile value of its kind (tests/support/hostile.py), one at a time.
Here every third of these calls is made; TDBOOK_EVERY_INPUT=1 makes them all, some 21 000.
"""

import inspect
import os
import time
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tdbook import descent, lazy, objectives
from tdbook.objectives import Parameters
from tdbook.tensors import DenseSymmetric, SymmetricCP
from tests.support import hostile
from tests.support.hostile import Example, judge, outcome, tries
from tests.support.hostile_examples import EXAMPLES, LEFT_OUT, tried
from tests.support.public import functions

STRIDE = 1 if os.environ.get("TDBOOK_EVERY_INPUT") == "1" else 3


@pytest.mark.parametrize("position", range(len(EXAMPLES)), ids=lambda k: EXAMPLES[k].name)
def test_an_answer_or_one_clear_line(position):
    example = EXAMPLES[position]
    faults = []
    for k, (what, arguments) in enumerate(tries(example)):
        if k == 0:
            assert not judge(example, arguments), "the call must work as it should be"
            example.call(**arguments)  # and not by being refused
        elif (k + position) % STRIDE == 0:
            fault, _ = outcome(example, arguments)
            if fault:
                faults.append(f"{what}: {fault}")
    assert not faults, "\n".join(faults)


def test_every_public_function_is_tried_or_left_out_for_a_reason():
    untried = {name for name, function in functions().items() if inspect.unwrap(function) not in tried()}
    assert untried == set(LEFT_OUT), "give these an Example in tests/support/hostile_examples.py"


# --- the judge is shown able to fail ----------------------------------------------------------------------------


def silent_nan(x):
    return {"deep": [np.array([1.0, np.nan])]}


def from_the_depths(x):
    return np.linalg.inv(np.zeros((2, 2)))


def wrong_kind_of_error(x):
    return {}[x]


def says_nothing(x):
    objectives.Parameters.__post_init__(x)


def warns(x):
    warnings.warn("overflow", RuntimeWarning, stacklevel=1)


def sleeps(x):
    time.sleep(60)


def hangs(x):
    while True:
        pass


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (silent_nan, "holds nan"),
        (from_the_depths, "from the depths: Singular matrix"),
        (wrong_kind_of_error, "raised KeyError"),
        (says_nothing, "raised AttributeError"),
        (warns, "raised RuntimeWarning"),
        (sleeps, "no answer in time"),
        (hangs, "no answer in time"),
    ],
)
def test_the_judge_sees_what_is_wrong(call, fault, monkeypatch):
    monkeypatch.setattr(hostile, "SECONDS", 0.5)
    monkeypatch.setattr(hostile, "WAITING", 3)
    assert fault in judge(Example(call, {"x": 1}), {"x": 1})


def test_a_good_answer_and_a_good_refusal_pass():
    good = Example(SymmetricCP, {"weights": np.ones(1), "factors": np.ones((2, 1)), "order": 3})
    assert judge(good, good.arguments) == ""
    assert judge(good, {**good.arguments, "order": 1}) == ""
    assert "holds inf" in judge(Example(lambda x: np.inf, {}), {"x": 1})
    assert judge(Example(lambda x: np.inf, {}, infinite=True), {"x": 1}) == ""


# --- numbers of any size, drawn by hypothesis ---------------------------------------------------------------------

# sizes from 1e-330 (which is 0) to 1e308, and numbers of ordinary size
anything = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, width=64),
    st.floats(-2.0, 2.0),
    st.builds(lambda digits, power: digits * 10.0**power, st.floats(-1, 1), st.integers(-320, 308)),
)


def refused_or_finite(call):
    """Whether a call refused; its answer must be finite, and its refusal one line that says what was wanted."""
    try:
        found = call()
    except (ValueError, TypeError) as error:
        assert " must " in str(error), error
        assert "\n" not in str(error)
        return True
    for where, value in hostile.leaves(found, "answer"):
        assert np.isfinite(value).all(), where
    return False


@settings(max_examples=60)
@given(
    arrays(float, (2,), elements=anything), arrays(float, (3, 2), elements=anything),
    arrays(float, (3, 2), elements=anything), st.integers(2, 8),
)  # fmt: skip
def test_tensors_of_any_size(weights, factors, U, order):
    try:
        tensor = SymmetricCP(weights, factors, order)
    except ValueError as error:
        assert "must " in str(error)
        return
    for call in (
        tensor.norm, tensor.span, tensor.to_dense, lambda: tensor.contract(U), lambda: tensor.evaluate(U),
        lambda: tensor.curvature(U, factors), lambda: tensor.inner(tensor), lambda: tensor.distance(tensor),
        lambda: descent.practical_settings(tensor), lambda: DenseSymmetric(tensor.to_dense()).norm(),
    ):  # fmt: skip
        refused_or_finite(call)


@settings(max_examples=60)
@given(
    arrays(float, (3, 2), elements=anything), arrays(float, (2,), elements=anything.map(abs)),
    arrays(float, (2,), elements=anything.map(abs)), st.integers(2, 8), anything.map(abs),
)  # fmt: skip
def test_objectives_at_points_of_any_size(U, c, c_hat, order, lam):
    try:
        point = Parameters(U, [1.0, -1.0], c, c_hat)
    except ValueError as error:
        assert " must " in str(error)
        return
    target = SymmetricCP([1.0, 0.5], np.eye(3)[:, :2], order)
    refused_or_finite(lambda: objectives.model(point, order))
    for function in (objectives.loss, objectives.frozen_gradient, objectives.tied_gradient):
        refused_or_finite(lambda function=function: function(point, target, lam))
    refused_or_finite(lambda: objectives.hessian_form(point, U, target, lam))


@settings(max_examples=40)
@given(arrays(float, (3, 3), elements=anything), st.integers(2, 5))
def test_the_lazy_span_of_columns_of_any_size(U, order):
    refused_or_finite(lambda: lazy.lazy_error(U, order))
    refused_or_finite(lambda: lazy.lazy_error(U, order, "gram"))


def test_hypothesis_would_see_a_silent_nan():
    with pytest.raises(AssertionError):
        refused_or_finite(lambda: np.nan)
    assert refused_or_finite(lambda: SymmetricCP([np.nan], [[1.0]], 3))
