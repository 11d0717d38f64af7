"""Tests of ``tdbook.descent.approximate``."""

import math

import pytest

from tdbook.decomposition import decompose
from tdbook.descent import Settings, run
from tdbook.tensors import SymmetricCP, random_target
from tests.support.refusals import refused

GOOD = {
    "dimension": 5, "components": 4, "epochs": 2, "iterations": 10, "step_size": 0.1, "init_scale": 0.1,
    "regularization": 0.0, "accuracy": 0.1,
}  # fmt: skip


TARGET = random_target(5, 2, 3)


REFUSED = [
    (lambda: decompose("T"), "target"),
    (lambda: decompose(SymmetricCP([0.0], [[1.0]], 3)), "target"),
    (lambda: decompose(SymmetricCP([1.0, -1.0], [[1.0, 1.0]], 3), 2), "target"),
    (lambda: decompose(TARGET, components=0), "components"),
    (lambda: decompose(TARGET, components=2.5), "components"),
    (lambda: decompose(TARGET, accuracy=0.0), "accuracy"),
    (lambda: decompose(TARGET, accuracy=math.nan), "accuracy"),
    (lambda: decompose(TARGET, epochs=0), "epochs"),
    (lambda: decompose(TARGET, iterations=-5), "iterations"),
    (lambda: decompose(TARGET, step_size=-1.0), "step_size"),
    (lambda: decompose(TARGET, init_scale=0.0), "init_scale"),
    (lambda: decompose(TARGET, regularization=-0.1), "regularization"),
    (lambda: decompose(TARGET, rng="x"), "rng"),
    (lambda: decompose(TARGET, literal=1), "literal"),
    (lambda: decompose(TARGET, progress="yes"), "progress"),
    (lambda: Settings(**{**GOOD, "boost": -1.0}), "boost"),
    (lambda: Settings(**{**GOOD, "dimension": 0}), "dimension"),
    (lambda: run(TARGET, Settings(**{**GOOD, "dimension": 6})), "settings"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_bad_input_gets_one_line_that_names_it(call, message):
    with refused(message, (ValueError, TypeError)):
        call()
