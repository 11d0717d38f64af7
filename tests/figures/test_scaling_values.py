"""What the pictures of how many components are enough show, compared with the raw tables and with binomials."""

from __future__ import annotations

import math
import re
from collections import defaultdict

import numpy as np
import pytest

import tdbook
from tdbook.experiments import searched
from tdbook.figures import scaling as pictures
from tdbook.lazy import lazy_threshold
from tests.support import dense
from tests.support.drawn import DATA, curves, raw


def smallest(file: str, **wanted: str) -> dict[tuple[str, ...], int]:
    """For each (order, dimension, rank, epochs, in_law) the first m of which 18 runs succeeded, from the raw rows."""
    good = defaultdict(lambda: defaultdict(int))
    for row in raw(file):
        if all(row[name] == value for name, value in wanted.items()):
            key = tuple(row[name] for name in ("order", "dimension", "rank", "epochs", "in_law"))
            good[key][int(row["components"])] += int(row["converged"])
    return {key: min(m for m, count in found.items() if count >= 18) for key, found in good.items()}


def test_points_against_the_dimension_are_those_of_the_raw_tables():
    files = ("m-against-d-vectors.csv", "m-against-d-in-law.csv")
    searches = [search for name in files for search in searched(DATA / name)]
    lazy = {l: {10**k: lazy_threshold(10**k, l) for k in range(1, 7)} for l in (3, 4)}
    picture = pictures.against_dimension(searches, lazy, proved={3: {10: 240, 1000: 246}, 4: {10: 500, 1000: 543}})
    expected = {key: m for name in files for key, m in smallest(name).items()}
    for axes, order in zip(picture.figure.axes, (3, 4), strict=True):
        for d, m in curves(axes)["lazy training"]:
            assert m == pytest.approx(math.ceil(math.comb(round(d) + order - 1, order) / round(d)), rel=1e-12)
        drawn = {}
        for line in axes.lines:
            if line.get_marker() in "so" and len(line.get_xdata()) == 1:
                epochs = {"s": "1", "o": "30"}[line.get_marker()]
                law = str(int(line.get_markerfacecolor() == "none"))
                drawn[str(order), str(int(line.get_xdata()[0])), "3", epochs, law] = int(line.get_ydata()[0])
        assert drawn == {key: m for key, m in expected.items() if key[0] == str(order)}
        for epochs in ("1", "30"):
            found = [m for key, m in drawn.items() if key[3] == epochs]
            assert f"l = {order}, K = {epochs}: m from {min(found)} to {max(found)}" in picture.alt


def test_points_against_the_rank_are_those_of_the_raw_table():
    kinds = ("trap", "border", "close-pairs")
    found = searched(DATA / "m-against-r-hard.csv")
    groups = {kind: {s.cell.rank: s.components for s in found if s.cell.kind == kind} for kind in kinds}
    picture = pictures.against_rank(groups, order=3)
    drawn = curves(picture.figure.axes[0])
    for kind in kinds:
        expected = {int(key[2]): m for key, m in smallest("m-against-r-hard.csv", kind=kind).items()}
        assert {int(r): int(m) for r, m in drawn[kind]} == expected
        first, last = min(expected), max(expected)
        assert f"{kind}: {expected[first]} at r = {first}, {expected[last]} at r = {last}" in picture.alt
    power = next(points for label, points in drawn.items() if "2.5l" in label)
    assert power[:, 1] == pytest.approx(power[:, 0] ** 3 * power[:, 0] ** 4 * np.sqrt(power[:, 0]))
    assert power[-1, 1] > picture.figure.axes[0].get_ylim()[1]


def test_a_refinement_ends_at_the_error_of_its_own_tensor():
    target = tdbook.random_target(6, 2, 3, rng=0)
    result = tdbook.decompose(target, rng=0, refine=True, progress=False)
    picture = pictures.refinement(result)
    (axes,) = picture.figure.axes
    goal = dense.tensor(target.weights, target.factors, 3)
    gap = dense.tensor(result.tensor.weights, result.tensor.factors, 3) - goal
    end = next(line.get_xydata() for line in axes.lines if line.get_marker() == "s")[-1]
    assert end[1] < 1e-13 and np.linalg.norm(gap) < 1e-13 * np.linalg.norm(goal) * 10
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert len(labels) == end[0] + 1
    assert labels[0] == "epoch 1" and labels[-1].endswith(f"{result.tensor.rank} left")
    assert f"with {result.tensor.rank}." in picture.alt
    circles = next(line.get_xydata() for line in axes.lines if line.get_marker() == "o")
    assert circles[:, 1].tolist() == [record.error for record in result.history.epochs]
    assert f"ends at {circles[-1, 1]:.1g} after {len(circles)} epoch" in picture.alt


def test_shares_are_counts_of_runs():
    dimensions, runs = [5, 8], 3
    counts = {"seen": [], "short": []}
    for d in dimensions:
        for name, iterations in (("seen", 1500), ("short", 20)):
            good = 0
            for seed in range(runs):
                T = tdbook.random_target(d, 2, 3, rng=seed)
                S = tdbook.decompose(T, 6, 0.05, seed, iterations=iterations, epochs=4, progress=False).tensor
                good += S.distance(T) <= 0.05
            counts[name].append(int(good))
    picture = pictures.shares(dimensions, counts, runs)
    drawn = curves(picture.figure.axes[0])
    for name, iterations in (("seen", 1500), ("short", 20)):
        for d, value in drawn[name]:
            errors = []
            for seed in range(runs):
                T = tdbook.random_target(int(d), 2, 3, rng=seed)
                S = tdbook.decompose(T, 6, 0.05, seed, iterations=iterations, epochs=4, progress=False).tensor
                entries = [dense.tensor(X.weights, X.factors, 3) for X in (S, T)]
                errors.append(np.linalg.norm(entries[0] - entries[1]))
            assert value == sum(error <= 0.05 for error in errors)
            assert 0 <= value <= runs and re.search(rf"{name}: .*{int(value)} at d = {int(d)}", picture.alt)
