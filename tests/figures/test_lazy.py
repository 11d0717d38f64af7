"""The pictures of lazy training: their alternative texts say what the data say, and they render."""

import dataclasses

import numpy as np
import pytest

from tdbook import lazy
from tdbook.figures import lazy as pictures
from tdbook.tables import prefixes as lazy_table
from tdbook.tensors import random_unit_vectors

PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def prefixes():
    return [lazy_table.random_prefixes(4, 3), lazy_table.random_prefixes(3, 4)]


def test_error_against_share_counts_points_outside_the_bounds(prefixes):
    picture = pictures.error_against_share(prefixes)
    assert "order 3, d = 4; order 4, d = 3" in picture.alt
    assert "none of the points lie outside" in picture.alt
    wrong = dataclasses.replace(prefixes[0], errors=prefixes[0].errors + 0.5)
    assert f"{len(wrong.errors)} of the points lie outside" in pictures.error_against_share([wrong]).alt
    assert picture.png(50).startswith(PNG)


def test_error_against_components_names_the_thresholds(prefixes):
    picture = pictures.error_against_components(prefixes)
    # thresholds 5 of 4^2 at order 3, and 6 of 3^3 at the exceptional order 4
    assert "order 3: 0.31 at d = 4, limit 0.167; order 4: 0.22 at d = 3, limit 0.042" in picture.alt
    assert picture.png(50).startswith(PNG)


def test_error_on_sphere_tells_the_exceptional_case_from_the_full_one():
    columns = random_unit_vectors(3, 6, np.random.default_rng(753))
    picture = pictures.error_on_sphere([(4, columns[:, :5]), (4, columns)], resolution=41)
    error = lazy.lazy_error(columns[:, :5], 4)
    assert error > 0.01
    assert f"order 4, 5 columns: mean squared error {error:.3f}" in picture.alt
    assert "order 4, 6 columns: mean squared error 0.000, largest distance 0.00" in picture.alt
    assert picture.png(50).startswith(PNG)


def test_displacements_finds_the_peak():
    picture = pictures.displacements({4: np.array([1.0, 4.0, 9.0, 16.0, 2500.0, 4.0])}, order=3)
    assert "d = 4: 1.00 for one column, about 50 at m = 5 (threshold 5), 2.00 for 6" in picture.alt
    assert picture.png(50).startswith(PNG)
