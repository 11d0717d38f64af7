"""What the pictures on tensors show, compared with numbers counted, summed and multiplied out by hand."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import combinations_with_replacement

import numpy as np
import pytest

import tdbook
from tdbook.figures import tensors as pictures
from tdbook.lazy import lazy_threshold
from tdbook.tensors import SymmetricCP, symmetric_dimension
from tests.support import dense
from tests.support.drawn import curves, levels, number


def multisets(d: int, order: int) -> int:
    return sum(1 for _ in combinations_with_replacement(range(d), order))


def test_storage_draws_how_many_numbers_there_are():
    dimensions = [2, 3, 5, 8]
    counts = {
        "all": [d**4 for d in dimensions],
        "once": [symmetric_dimension(d, 4) for d in dimensions],
        "parts": [3 * (d + 1) for d in dimensions],
    }
    axes = pictures.storage(dimensions, counts, order=4).figure.axes[0]
    drawn = curves(axes)
    assert drawn["all"][:, 1].tolist() == [np.ones((d,) * 4).size for d in dimensions]
    assert drawn["once"][:, 1].tolist() == [multisets(d, 4) for d in dimensions]
    parts = [SymmetricCP(np.ones(3), np.ones((d, 3)), 4) for d in dimensions]
    assert drawn["parts"][:, 1].tolist() == [part.weights.size + part.factors.size for part in parts]
    assert levels(axes) == [16e9 / np.float64().nbytes]


def test_the_lazy_line_is_the_rank_of_explicit_tangents():
    runs, lazy = {}, {}
    for d in (3, 4):
        target = tdbook.random_target(d, 1, 3, rng=0)
        runs[d] = [tdbook.decompose(target, 2, accuracy=0.05, rng=seed, progress=False) for seed in range(2)]
        lazy[d] = lazy_threshold(d, 3)
    axes = pictures.widths(runs, lazy).figure.axes[0]
    rng = np.random.default_rng(5)
    for d, m in curves(axes)["lazy training needs at least"]:
        d, m = int(d), int(m)

        def rank(columns: int, d: int = d) -> int:
            U = rng.standard_normal((d, columns))
            tangents = [dense.moved_slot(u, e, 3).ravel() for u in U.T for e in np.eye(d)]
            return int(np.linalg.matrix_rank(np.array(tangents)))

        assert rank(m) == multisets(d, 3) > rank(m - 1)
    for line in axes.lines[2:]:
        for d, m in line.get_xydata():
            goal, *found = (
                dense.tensor(T.weights, T.factors, 3)
                for T in (tdbook.random_target(int(d), 1, 3, rng=0), *(run.tensor for run in runs[int(d)]))
            )
            errors = [np.linalg.norm(one - goal) for one in found]
            filled = line.get_markerfacecolor() != "none"
            assert filled == all(error <= 0.05 for error in errors)
            assert m == runs[int(d)][0].tensor.rank


def test_distances_are_those_of_exact_fractions():
    steps = 10.0 ** -np.arange(1.0, 15.0)
    near = [SymmetricCP([1.0], [[1.0], [t]], 3) for t in steps]
    T = SymmetricCP([1.0], [[1.0], [0.0]], 3)
    squares = [sum(n * Fraction(t) ** (2 * k) for n, k in ((3, 1), (3, 2), (1, 3))) for t in steps]
    exact = np.array([float(square) ** 0.5 for square in squares])
    blind = [np.sqrt(max(T.inner(T) - 2 * T.inner(S) + S.inner(S), 0.0)) for S in near]
    picture = pictures.distances(
        steps, exact, {"blind": np.array(blind), "core": np.array([T.distance(S) for S in near])}
    )
    drawn = curves(picture.figure.axes[0])
    assert drawn["core"][:, 1] == pytest.approx(exact, rel=1e-12)
    wrong = drawn["blind"][np.abs(drawn["blind"][:, 1] - exact) > 0.5 * exact, 0]
    said = number(re.search(r"off from about (\S+) on", picture.alt)[1])
    assert said / 3 < wrong.max() < 3 * said
    assert 1e-9 < said < 1e-6  # the root of 2.2e-16 is 1.5e-8


def test_cosines_are_those_of_the_columns():
    kinds = ("generic", "dependent", "correlated")
    targets = {kind: tdbook.random_target(9, 4, 3, kind, rng=1) for kind in kinds}
    picture = pictures.cosines(targets)
    for axes, (kind, target) in zip(picture.figure.axes, targets.items(), strict=False):
        assert axes.get_title(loc="left") == kind
        (image,) = axes.images
        largest = 0.0
        for i in range(4):
            for j in range(4):
                u, v = target.factors[:, i], target.factors[:, j]
                cosine = sum(u * v) / (sum(u * u) * sum(v * v)) ** 0.5
                assert image.get_array()[i, j] == pytest.approx(cosine, abs=1e-12)
                largest = max(largest, abs(cosine) * (i != j))
        assert image.get_clim() == (-1.0, 1.0)
        assert f"{kind} {largest:.2f}" in picture.alt


def test_more_curves_than_can_be_told_apart_are_refused():
    with pytest.raises(ValueError, match="curves must"):
        pictures.storage([2, 3], {name: [1, 2] for name in "abcd"}, order=3)
