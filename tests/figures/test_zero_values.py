"""What the pictures at the saddle show, compared with closed forms of one component and with the raw table."""

from __future__ import annotations

import math
import re
from statistics import linear_regression, mean, median

import numpy as np
import pytest

import tdbook
from tdbook.figures import zero as pictures
from tdbook.figures.style import readable
from tdbook.tables import landscape as tables
from tests.support import dense
from tests.support.drawn import DATA, curves, raw


def test_rays_are_the_losses_of_one_component_in_the_best_direction():
    targets = [tdbook.random_target(2, 2, order, rng=3) for order in (3, 4, 5)]
    picture = pictures.rays(targets, np.linspace(0, 1.2, 25), regularization=0.1)
    vanilla, tied = (curves(axes) for axes in picture.figure.axes)
    for target in targets:
        l = target.order
        goal = dense.tensor(target.weights, target.factors, l)
        square = float(np.sum(goal**2))
        turn = np.linspace(0, math.pi, 4001)
        best = max(abs(dense.seen(goal, *[np.array([math.cos(x), math.sin(x)])] * l)) for x in turn)
        for s, value in vanilla[f"$l={l}$"]:
            assert value == pytest.approx(1 - (2 * s**l * best - s ** (2 * l)) / square, abs=1e-5)
        for s, value in tied[f"$l={l}$"]:
            assert value == pytest.approx(1 - (2 * s**2 * best - s**4 - 0.2 * s**2) / square, abs=1e-5)
        told = re.search(rf"order {l}: ([\d.]+) and ([\d.]+\d)", picture.alt)
        at = [1 - (2 * 0.3**p * best - 0.3 ** (2 * p) - lam * 0.3**2) / square for p, lam in ((l, 0.0), (2, 0.2))]
        assert [float(told[1]), float(told[2])] == pytest.approx(at, abs=6e-4)
    flat = [1 - float(curve[4, 1]) for curve in (vanilla["$l=3$"], vanilla["$l=4$"], vanilla["$l=5$"])]
    assert flat[0] > 2 * flat[1] > 4 * flat[2] > 0  # the flatter, the higher the order
    assert min(1 - float(curve[4, 1]) for curve in tied.values()) > 2 * flat[0]


def test_escape_times_are_medians_ranges_and_slopes_of_the_raw_table():
    rows = raw("escape-times.csv")
    picture = pictures.escape_times(tables.read(DATA / "escape-times.csv"))
    (axes,) = picture.figure.axes
    drawn = {}
    for line, band in zip(axes.lines, axes.collections, strict=True):
        points = line.get_xydata()
        order, model = 3 + len(drawn) // 2, len(drawn) % 2
        drawn[order, model] = points
        corners = band.get_paths()[0].vertices
        for scale, value in points:
            times = [
                float(row["time"])
                for row in rows
                if (int(row["order"]), int(row["model"])) == (order, model)
                and math.isclose(float(row["scale"]), scale, rel_tol=1e-6)
            ]
            assert len(times) == 10
            assert value == pytest.approx(median(times))
            here = corners[np.isclose(corners[:, 0], scale, rtol=1e-9), 1]
            assert [here.min(), here.max()] == pytest.approx([min(times), max(times)])
    for order in (3, 4, 5):
        slopes = []
        for seed in {row["seed"] for row in rows}:
            chosen = [row for row in rows if (row["order"], row["model"], row["seed"]) == (str(order), "0", seed)]
            x, y = ([math.log(float(row[name])) for row in chosen] for name in ("scale", "time"))
            slopes.append(linear_regression(x, y).slope)
        assert f"slope {mean(slopes):.2f}" in picture.alt
        assert any(f"$l={order}$, slope {mean(slopes):.2f}" == text.get_text() for text in axes.texts)
        assert readable(f"order {order} rises to {drawn[order, 0][-1, 1]:.0e}") in picture.alt
    bound = float(re.search(r"stay below ([\d.]+\d|\d+)", picture.alt)[1])
    highest = max(drawn[order, 1][:, 1].max() for order in (3, 4, 5))
    assert highest <= bound < 1.1 * highest
    assert (np.diff(np.abs(drawn[3, 1][:, 0])) < 0).all()  # smaller starts last
