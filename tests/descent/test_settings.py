"""Tests of ``tdbook.descent.settings``."""

import math
import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from tdbook.decomposition import decompose
from tdbook.descent import practical_settings, run, running
from tdbook.tensors import SymmetricCP, random_target
from tests.support.refusals import refused

TARGET = random_target(12, 2, 3, rng=1)


SETTINGS = replace(practical_settings(TARGET, 3, epochs=2, iterations=60), literal=True)


def test_the_boost_is_the_papers_unless_given():
    assert SETTINGS.initial_kappa == pytest.approx((12 * (3 + 2)) ** 0.5)
    assert replace(SETTINGS, boost=1.5).initial_kappa == 1.5


def test_defaults_of_decompose():
    result = decompose(TARGET, accuracy=0.9, progress=False)
    assert result.settings == practical_settings(TARGET, 8, 0.9, epochs=30, iterations=1500)
    assert not result.settings.literal
    assert result.history.refinement == []
    again = decompose(TARGET, 8, 0.9, 0, epochs=30, iterations=1500, refine=False, progress=False)
    assert again.history.loss == result.history.loss
    assert decompose(TARGET, 2, iterations=5, epochs=1, progress=False).settings.accuracy == 0.05
    for name in ("literal", "refine", "progress"):
        with refused(name, TypeError):
            decompose(TARGET, **{name: 1})


def test_defaults_of_the_practical_settings():
    assert practical_settings(TARGET) == practical_settings(TARGET, 8, 0.05, epochs=30, iterations=1500, literal=False)


def test_components_are_counted_and_not_their_span():
    plane = SymmetricCP([1.0, 1.0, 1.0], [[1.0, 0.0, 0.6], [0.0, 1.0, 0.8], [0.0, 0.0, 0.0]], 3)
    assert plane.span().shape[1] == 2
    assert practical_settings(plane).components == 12


def test_the_dimension_may_be_larger_than_that_of_the_coordinates():
    assert practical_settings(TARGET).dimension == 12
    assert practical_settings(TARGET, dimension=100).dimension == 100
    with refused("dimension"):
        practical_settings(TARGET, dimension=11)


def test_a_target_without_components_is_refused():
    with refused("target"):
        practical_settings(SymmetricCP([0.0], [[1.0], [0.0]], 3))


def test_a_trace_has_its_points_at_whole_multiples_and_at_the_end(monkeypatch):
    monkeypatch.setattr(running, "_TRACE_POINTS", 4)
    settings = replace(practical_settings(TARGET, 3, epochs=2, iterations=11), literal=True)
    assert list(run(TARGET, settings, 0).history.time) == [0, 2, 4, 6, 8, 10, 11, 11, 13, 15, 17, 19, 21, 22]


def test_seconds_are_those_of_the_run():
    started = time.perf_counter()
    found = run(TARGET, practical_settings(TARGET, 3, epochs=1, iterations=20), 0)
    assert 0.0 < found.seconds <= time.perf_counter() - started


@pytest.mark.second_opinion("tdbook.descent.Settings", "tdbook.descent.practical_settings")
def test_settings_by_hand():
    """d = 16, m = 5, K = 4: S = 12; the two bounds on delta as fractions of roots."""
    target = SymmetricCP([1.0, 1.0], np.eye(16)[:, :2], 4)
    s = practical_settings(target, 5, 0.09, epochs=4)
    assert s.initial_kappa == pytest.approx(12.0, rel=1e-15)
    assert s.switch_norm == pytest.approx(6.0 * s.init_scale, rel=1e-15, abs=0)
    assert (s.step_size, s.regularization) == pytest.approx((1 / 16, 0.3 * 0.09 / 4))
    light, gentle = 0.1 * 0.3 / (math.sqrt(45) * 12), 0.05 / (math.sqrt(45 / 4) * 144)
    assert s.init_scale == pytest.approx(0.1 * min(light, gentle), rel=1e-14, abs=0)
    assert practical_settings(target).components == 8
    # for order 3 and a small accuracy the other bound is the smaller one
    fine = practical_settings(SymmetricCP([1.0], np.eye(16)[:, :1], 3), 5, 1e-6, epochs=4)
    assert fine.init_scale == pytest.approx(0.1 * 0.1 * 1e-3 / (math.sqrt(45) * math.sqrt(12)), rel=1e-14, abs=0)


def test_memory_is_a_basis_and_a_few_draws():
    d, m, r = 200_000, 6, 2
    target = random_target(d, r, 3)
    settings = replace(practical_settings(target, m, 0.05, epochs=2, iterations=20), literal=True)
    tracemalloc.start()
    run(target, settings, 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * d * 6 * (m + r)
