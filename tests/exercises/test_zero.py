"""Tests of ``tdbook.exercises.zero``."""

import math

import numpy as np
import pytest

from tdbook.exercises import zero as chapter04
from tdbook.landscape import MODELS
from tdbook.objectives import vanilla_gradient
from tdbook.tensors import SymmetricCP
from tests.support.exercises import value


def test_the_conserved_quantity_is_conserved_by_small_steps():
    l, target = 4, SymmetricCP([1.0], [[1.0]], 4)
    n, c = np.array([[0.3]]), np.array([0.2])
    rows = []
    for _ in range(4000):
        rows.append((n[0, 0], c[0]))
        in_n, in_c = vanilla_gradient(n, c, target)
        n, c = n - 2e-3 * in_n, c - 2e-3 * in_c
    first, last = ({"n": row[0], "c": row[1], "l": l} for row in (rows[0], rows[-1]))
    moved = last["n"] ** 2 - first["n"] ** 2
    assert moved > 0.05
    assert abs(value(chapter04.CONSERVED, **last) - value(chapter04.CONSERVED, **first)) < 0.01 * moved
    assert abs(value("n**2 - c**2", **last) - value("n**2 - c**2", **first)) > 0.1 * moved


def test_the_clock_counts_steps():
    target, n, taken = SymmetricCP([0.8], [[1.0]], 5), np.array([[1e-4]]), 0
    while n[0, 0] < 0.05:
        n, taken = n - 0.07 / n**3 * vanilla_gradient(n, [1.0], target)[0], taken + 1
    counted = value(chapter04.STEPS, n=0.05, delta=1e-4, eta=0.07, tau=0.8, l=5)
    assert taken == math.ceil(counted)
    assert taken != math.ceil(math.log(0.05 / 1e-4) / (0.07 * 5 * 0.8))


def test_the_gap_grows_in_one_model_only():
    assert chapter04.gap_growth(MODELS[0]) == pytest.approx(100, rel=1e-3)
    assert chapter04.gap_growth(MODELS[1]) == pytest.approx(1, rel=1e-3)


def test_the_slopes_of_the_table_are_those_of_fresh_runs(monkeypatch, tmp_path):
    kept = chapter04.log_slopes()
    monkeypatch.setattr(chapter04, "TABLE", tmp_path / "none.csv")
    chapter04.log_slopes.cache_clear()
    assert chapter04.log_slopes() == pytest.approx(kept, rel=1e-3)
    chapter04.log_slopes.cache_clear()
