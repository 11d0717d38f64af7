"""The same numbers in another form, at every public function that takes an array: the same answer."""

import inspect
from types import GeneratorType

import numpy as np
import pytest

from tests.support.hostile import Example, fresh, leaves, same_numbers
from tests.support.hostile_examples import EXAMPLES

TAKE_ARRAYS = [example for example in EXAMPLES if any(type(x) is np.ndarray for x in example.arguments.values())]


def answer(example: Example, arguments: dict) -> list:
    found = example.call(**arguments)
    if isinstance(found, GeneratorType):
        found = [item for _, item in zip(range(3), found)]
    return [np.asarray(value) for _, value in leaves(found, "")]


@pytest.mark.parametrize("example", TAKE_ARRAYS, ids=lambda example: example.name)
def test_another_form_of_an_array_gives_the_same_answer(example):
    expected = answer(example, fresh(example.arguments))
    for name, good in example.arguments.items():
        if type(good) is not np.ndarray or name in example.kept:
            continue
        before = good.copy()
        for form in same_numbers(good):
            found = answer(example, {**fresh(example.arguments), name: form})
            assert len(found) == len(expected)
            for one, other in zip(found, expected, strict=True):
                # another order of summation may change the last digits
                assert np.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True), (name, type(form))
        assert np.array_equal(good, before), f"{name} was changed"


def test_many_functions_take_arrays():
    assert len(TAKE_ARRAYS) > 40
    assert all(callable(example.call) and inspect.signature(example.call) for example in TAKE_ARRAYS)
