"""Tests of ``tdbook.statistics``."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest, linregress, t

import tdbook
from tdbook import statistics
from tdbook.beyond import networks
from tdbook.landscape import zero as escape
from tdbook.statistics import proportion
from tests.support.beyond import random_cp
from tests.support.refusals import refused


@pytest.mark.second_opinion("tdbook.statistics.mean_of", "tdbook.beyond.network_loss")
def test_means_and_their_intervals():
    values = np.random.default_rng(0).standard_normal(20)
    found = statistics.mean_of(values)
    half = 1.96 * np.sqrt(np.sum((values - values.sum() / 20) ** 2) / 19 / 20)
    assert (found.value, found.half_width) == pytest.approx((values.sum() / 20, half))
    student, teacher = random_cp(2, 2, 3, 0), random_cp(2, 1, 3, 1)
    X = np.random.default_rng(1).standard_normal((9, 2))
    gaps = networks.outputs(student, X) - networks.outputs(teacher, X)
    assert networks.network_loss(student, teacher, X).value == pytest.approx(np.mean(gaps**2) / 2)


@pytest.mark.second_opinion("tdbook.statistics.exponent")
def test_slopes_of_a_table_are_numpys():
    rng = np.random.default_rng(0)
    sizes, m = np.array([2.0, 3, 5, 8, 13]), rng.uniform(2, 50, 5)
    (slope, offset), covariance = np.polyfit(np.log(sizes), np.log(m), 1, cov=True)
    found = statistics.exponent(sizes, m)
    assert found == pytest.approx((slope, t.ppf(0.975, 3) * math.sqrt(covariance[0, 0])), rel=1e-9)
    assert offset != 0.0


@pytest.mark.parametrize("order", (3, 4, 5))
def test_slopes(order):
    target = tdbook.random_target(4, 2, order, rng=3)
    scales = np.array([1e-2, 1e-3, 1e-4])
    times = [[escape.escape_time(target, d, rng=s) for d in scales] for s in range(3)]
    slope = statistics.fitted_slope(np.log10(scales), np.log10(times))
    assert slope.value == pytest.approx(-(order - 2), abs=0.02)
    quick = [[escape.escape_time(target, d, "two-homogeneous", rng=s) for d in scales] for s in range(3)]
    per_decade = np.diff(quick, axis=1)
    assert per_decade.max() < 1.5 * per_decade.min()  # the same time for each decade: a logarithm
    assert np.max(quick) < np.min(times) / 3


def test_fitted_slope():
    slope = statistics.fitted_slope([0.0, 1.0, 2.0], [[1.0, 3.0, 5.0], [0.0, 4.0, 8.0]])
    assert slope.value == pytest.approx(3.0)
    assert slope.high - slope.low == pytest.approx(2 * 12.706 * 1.0, rel=1e-3)  # t(0.975; 1) = 12.706, sem 1
    assert 3.0 in slope and 20.0 not in slope
    with refused("y"):
        statistics.fitted_slope([0.0, 1.0], [[1.0, 2.0]])


def test_a_slope_and_its_interval_in_words():
    slope = statistics.fitted_slope([0.0, 2.0], [[0.0, 2.0], [1.0, 7.0]])  # slopes 1 and 3, standard error 1
    assert str(slope) == f"2.000 (95% interval {2 - 12.7062:.3f} to {2 + 12.7062:.3f}, 2 starts)"
    assert slope.low in slope and slope.high in slope
    assert slope.low - 1e-9 not in slope and slope.high + 1e-9 not in slope


@pytest.mark.second_opinion("tdbook.statistics.fitted_slope")
def test_a_fitted_slope_is_scipys():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal(6), rng.standard_normal((4, 6))
    slopes = np.array([linregress(x, row).slope for row in y])
    low, high = t.interval(0.95, 3, slopes.mean(), slopes.std(ddof=1) / 2)
    found = statistics.fitted_slope(x, y)
    assert (found.value, found.low, found.high) == pytest.approx((slopes.mean(), low, high), rel=1e-12)


def test_the_exponent_is_the_slope():
    slope, width = statistics.exponent([1, 2, 4, 8], [3, 12, 48, 192])
    assert (slope, width) == (pytest.approx(2.0), pytest.approx(0.0, abs=1e-9))
    slope, width = statistics.exponent([1, 2, 4, 8], [3, 13, 44, 200])
    assert abs(slope - 2.0) < width < 0.5
    with refused("sizes"):
        statistics.exponent([1, 2], [1, 2])


@pytest.mark.second_opinion("tdbook.statistics.proportion")
def test_clopper_pearson_intervals():
    low, high = proportion(0, 20)
    assert (low, high) == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))  # exact for no success
    low, high = proportion(20, 20)
    assert (low, high) == (pytest.approx(0.025 ** (1 / 20)), 1.0)
    for trials in (1, 2, 7, 60, 40_000):
        for successes in {0, 1, trials // 5, trials // 2, trials - 1, trials}:
            other = binomtest(successes, trials).proportion_ci(0.95, method="exact")
            assert proportion(successes, trials) == pytest.approx((other.low, other.high), rel=1e-9, abs=1e-11)
