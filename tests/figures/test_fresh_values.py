"""Sampled correlations against moments of the sphere, and against vectors of the whole space."""

import re

import numpy as np
import pytest

from tdbook import SymmetricCP
from tdbook.figures import fresh


@pytest.mark.parametrize("d", [3, 10, 200])
def test_sampled_correlations_have_the_moments_of_the_sphere(d):
    """For R = e_1^l the mean square is (2l-1)!! / (n (n+2) ... (n+2l-2)) on the sphere of R^n."""
    residual = SymmetricCP([2.0], np.eye(3)[:, :1], 3)
    whole, inside = fresh.sampled(residual, d, 200_000, np.random.default_rng(1))
    for values, n in ((whole, d), (inside, 3)):
        expected = 15 / (n * (n + 2) * (n + 4))
        assert np.mean(values**2) == pytest.approx(expected, abs=5 * np.std(values**2) / np.sqrt(values.size))


def test_sampled_correlations_are_those_of_vectors_of_the_whole_space():
    rng = np.random.default_rng(0)
    residual = SymmetricCP([1.0, -0.5], rng.standard_normal((2, 2)), 3)
    whole = fresh.sampled(residual, 7, 100_000, rng)[0]
    vectors = rng.standard_normal((7, 100_000))
    direct = np.abs(residual.padded(7).evaluate(vectors / np.linalg.norm(vectors, axis=0))) / residual.norm()
    quantiles = np.linspace(0.1, 0.9, 9)
    np.testing.assert_allclose(np.quantile(whole, quantiles), np.quantile(direct, quantiles), rtol=0.05)


def test_a_space_larger_than_the_dimension_is_refused():
    with pytest.raises(ValueError, match="dimension must be an integer >= 3, got 2"):
        fresh.correlations(SymmetricCP(np.ones(3), np.eye(3), 3), (2,))


def number(text):
    return float(text.replace("·10", "e").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))


def test_the_picture_says_the_means():
    alt = fresh.correlations(SymmetricCP([1.0], np.eye(2)[:, :1], 3), (10, 1000)).alt
    said = [number(text) for text in re.findall(r"(\S+) at d = ", alt)]
    for value, d in zip(said, (10, 1000), strict=True):
        assert value == pytest.approx(np.sqrt(15 / (d * (d + 2) * (d + 4))), rel=0.1)
