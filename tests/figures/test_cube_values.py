"""The drawn entries of a tensor and its terms against products of entries."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from tdbook import SymmetricCP
from tdbook.figures import tensors
from tdbook.figures.style import BLUE, ORANGE


def test_every_entry_has_its_sign_and_its_strength():
    weights, U = np.array([1.0, -0.8]), np.array([[0.9, -0.3], [0.4, 0.8], [0.2, 0.6]])
    parts = [
        {(i, j, k): w * u[i] * u[j] * u[k] for i, j, k in itertools.product(range(3), repeat=3)}
        for w, u in zip(weights, U.T, strict=True)
    ]
    cubes = [{place: parts[0][place] + parts[1][place] for place in parts[0]}, *parts]
    top = max(abs(value) for cube in cubes for value in cube.values())
    (axes,) = tensors.cube(SymmetricCP(weights, U, 3)).figure.axes
    drawn = iter(axes.patches)
    for cube in cubes:
        for k, i, j in itertools.product(range(3), repeat=3):
            patch, value = next(drawn), cube[i, j, k]
            assert patch.get_facecolor()[:3] == to_rgb(ORANGE if value > 0 else BLUE)
            assert patch.get_alpha() == pytest.approx(0.06 + 0.94 * abs(value) / top)
    assert next(drawn, None) is None


def test_another_order_is_refused():
    with pytest.raises(ValueError, match="tensor must have order 3, got 4"):
        tensors.cube(SymmetricCP([1.0], [[1.0], [0.0]], 4))
