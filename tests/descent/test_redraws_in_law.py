"""A component that is re-initialised in law is uniform on the sphere of R^d: the first time and every time after."""

import numpy as np
import pytest

from tdbook.descent import InLaw, coordinates
from tdbook.tensors import SymmetricCP

Q, M, REDRAWS = 2, 3, 2000


def deviations(dimension):
    """For each redraw in a long row: mean square of a coordinate and of a product with another column, less 1/d.

    In units of the standard error. Both are exactly 1/d for a unit vector without a preferred direction, whatever
    the other columns are.
    """
    target = SymmetricCP(np.ones(Q), np.eye(Q), 3)
    space = InLaw(target, M, np.random.default_rng(5), dimension=dimension)
    rng, U = np.random.default_rng(6), space.components
    inside, beside = [], []
    for k in range(REDRAWS):
        j = k % M
        U = space.redraw(U, j, 1.0, rng)
        assert np.linalg.norm(U, axis=0) == pytest.approx(1.0)
        inside.append(np.mean(U[:Q, j] ** 2))
        beside.append((U[:, j] @ U[:, (j + 1) % M]) ** 2)
    first, later = slice(0, REDRAWS // 2), slice(REDRAWS // 2, None)
    return [
        (np.mean(x[part]) - 1 / dimension) / (np.std(x[part]) / np.sqrt(len(x[part])))
        for x in map(np.array, (inside, beside))
        for part in (first, later)
    ]


@pytest.mark.parametrize("dimension", [Q + M, Q + M + 1, Q + M + 2, 30])
def test_every_redraw_is_uniform(dimension):
    assert max(map(abs, deviations(dimension))) < 4.5


@pytest.mark.parametrize("fault", [1, 2])
def test_a_wrong_number_of_degrees_of_freedom_would_be_seen(fault, monkeypatch):
    right = coordinates._chi
    monkeypatch.setattr(coordinates, "_chi", lambda freedom, rng: right(freedom + fault, rng))
    assert max(map(abs, deviations(Q + M + 1))) > 6
