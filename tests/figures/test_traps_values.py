"""What the pictures of traps show, compared with arrays of all entries, closed forms and the raw tables."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.optimize import minimize

from tdbook import landscape
from tdbook.figures import traps as pictures
from tdbook.tables import landscape as tables
from tests.support import dense
from tests.support.drawn import DATA, contours, curves, layers, levels, marks, raw, texts


def loss(trap, U, c):
    """The loss of a point of the trap's model from all entries."""
    goal = dense.tensor(trap.target.weights, trap.target.factors, trap.order)
    sizes = np.linalg.norm(U, axis=0)
    if trap.model == "vanilla":
        return 0.5 * np.sum((dense.tensor(c, U, trap.order) - goal) ** 2)
    T = dense.tensor(c * sizes**2, U / np.where(sizes > 0, sizes, 1.0), trap.order)
    return 0.5 * np.sum((T - goal) ** 2) + trap.regularization * np.sum(sizes**2)


def test_plane_shows_re_z_cubed_and_its_wells():
    """On the right -r^2 R + r^4 / 2 with R = Re w^3 - cos^3: least -R^2 / 2 = -2/3, where cos = -1/sqrt(3)."""
    picture = pictures.plane()
    left, right = picture.figure.axes
    for low, high, corners in layers(contours(left)):
        z = corners[:, 0] + 1j * corners[:, 1]
        heights = np.real(z**3)[np.abs(z) <= 1]
        assert low - 0.02 <= heights.min() and heights.max() <= high + 0.02
    trap = landscape.homogeneous_trap(3, 1, 4, 2)
    for low, high, corners in layers(contours(right)):
        inner = corners[np.linalg.norm(corners, axis=1) < 1.3][::40]
        gains = [loss(trap, np.column_stack([trap.U, p]), np.append(trap.c, 1.0)) - trap.value for p in inner]
        if gains and high < 0.6:  # what is higher is clipped to the top colour
            assert low - 0.02 <= min(gains) and max(gains) <= high + 0.02
        if high <= 0:
            assert (corners[:, 0] < 0.01).all()  # no way down on the right
    wells = marks(right, "o")
    expected = np.sqrt(2 / np.sqrt(3)) * np.array([-1 / np.sqrt(3), np.sqrt(2 / 3)])
    assert np.abs(np.abs(wells) - np.abs(expected)).max() < 0.01 and (wells[:, 0] < 0).all()
    assert wells[0, 1] == -wells[1, 1]
    angle = float(np.degrees(np.arctan2(expected[1], expected[0])))
    assert f"depth {2 / 3:.2f}" in picture.alt and f"minus {angle:.0f} degrees" in picture.alt
    tips = [arrow.xy for arrow in left.texts if not arrow.get_text()]
    assert np.abs(np.array([complex(*tip) for tip in tips]) ** 3 / 0.95**3 - 1).max() < 1e-12


@pytest.mark.parametrize(
    "trap", [landscape.vanilla_trap(3, 1, 2, 2), landscape.homogeneous_trap(3, 1, 2, 2, 0.1)], ids=["vanilla", "tied"]
)
def test_spectrum_is_that_of_differences_of_losses(trap):
    free = [*trap.U.ravel(), *trap.c] if trap.model == "vanilla" else trap.U.ravel()
    start, step, size = np.array(free), 1e-3, len(free)

    def at(point):
        U = point[: trap.U.size].reshape(trap.U.shape)
        return loss(trap, U, point[trap.U.size :] if trap.model == "vanilla" else trap.c)

    table = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            a, b = step * np.eye(size)[i], step * np.eye(size)[j]
            four = at(start + a + b) - at(start + a - b) - at(start - a + b) + at(start - a - b)
            table[i, j] = four / (4 * step**2)
    expected = np.linalg.eigvalsh(table)
    picture = pictures.spectrum(trap)
    (axes,) = picture.figure.axes
    for marker in (".", "o"):
        drawn = marks(axes, marker)
        assert sorted(drawn[:, 0]) == list(range(1, size + 1))
        assert drawn[np.argsort(drawn[:, 0]), 1] == pytest.approx(expected, abs=1e-4)
    assert f"The {size} eigenvalues" in picture.alt
    assert f"{int((np.abs(expected) < 1e-4).sum())} are zero, none is negative" in picture.alt
    counts = [int(n) for n in re.findall(r"\((\d+)\)", picture.alt)]
    assert sum(counts) == size


def test_paths_are_level_twice_and_end_where_the_loss_says():
    traps = {"three": landscape.vanilla_trap(3, 1, 3, 2), "four": landscape.vanilla_trap(4, 1, 3, 2)}
    paths = {name: landscape.level_path(trap) for name, trap in traps.items()}
    picture = pictures.path_values(paths)
    drawn = curves(picture.figure.axes[0])
    for name, trap in traps.items():
        path, start = paths[name], loss(trap, trap.U, trap.c)
        values = [loss(trap, U, c) / start for U, c in zip(path.U, path.c, strict=True)]
        assert drawn[name][:, 1] == pytest.approx(values, abs=1e-12)
        level = path.stage < 2
        assert drawn[name][level, 0].max() == drawn[name][~level, 0].min() == 2
        assert np.ptp(drawn[name][level, 1]) < 1e-9 < np.ptp(drawn[name][~level, 1])
        assert f"{name} ends at {values[-1]:.3f}" in picture.alt


def test_below_shows_the_raw_table():
    names = {(0, 3): "vanilla", (1, 3): "tied"}
    picture = pictures.below(tables.read(DATA / "perturbations.csv"), names)
    (axes,) = picture.figure.axes
    first = []
    for (kind, order), points in zip(names, curves(axes).values(), strict=True):
        rows = [row for row in raw("perturbations.csv") if (row["kind"], row["order"]) == (str(kind), str(order))]
        expected = [[float(row["share"]), 1000 * int(row["below"]) / int(row["samples"])] for row in rows]
        assert points == pytest.approx(np.array(expected))
        first.append(min(share for share, part in expected if part > 0))
        assert f"{names[kind, order]} {expected[-1][1]:.1f}" in picture.alt
    assert f"first lower points are seen at {min(first):g} radii" in picture.alt and min(first) > 1
    assert f"At {points[-1, 0]:g} radii" in picture.alt
    # of other rows nothing is said
    other = [
        row | {"share": 0.5 * row["share"]} if row["order"] == 5 else row
        for row in tables.read(DATA / "perturbations.csv")
    ]
    assert pictures.below(other, names).alt == picture.alt


def test_stalled_shows_the_raw_table():
    picture = pictures.stalled(tables.read(DATA / "stuck.csv"))
    (axes,) = picture.figure.axes
    table = axes.images[0].get_array()
    rows = raw("stuck.csv")
    groups = sorted({(int(row["order"]), int(row["rank"])) for row in rows})
    factors = sorted({int(row["factor"]) for row in rows})
    for row in rows:
        y, x = groups.index((int(row["order"]), int(row["rank"]))), factors.index(int(row["factor"]))
        share = int(row["stalled"]) / int(row["starts"])
        assert table[y, x] == pytest.approx(share)
        label = axes.texts[y * len(factors) + x]
        assert label.get_position() == (x, y) and label.get_text().startswith(f"{share:.2f}")
        assert ("slow" in label.get_text()) == (int(row["unfinished"]) > 0)
        assert axes.get_yticklabels()[y].get_text() == f"$l={row['order']}$, $r={row['rank']}$"
    assert axes.images[0].get_clim() == (0, 1)


def test_escapes_draws_losses_between_the_minimum_and_the_trap():
    trap = landscape.homogeneous_trap(3, 1, 4, 2, 0.05)
    runs = {
        name: landscape.algorithm_from_trap(trap, 1, epochs=2, iterations=800, reinitialize_component=again)
        for name, again in (("kept", False), ("renewed", True))
    }
    minimum = landscape.arrows_minimum(1, 0.05)
    picture = pictures.escapes(runs, trap.value, minimum)
    (axes,) = picture.figure.axes
    high, low = levels(axes)
    assert high == pytest.approx(loss(trap, trap.U, trap.c))
    start = landscape.three_arrows(1, 2).factors
    least = minimize(lambda U: loss(trap, U.reshape(start.shape), np.ones(start.shape[1])), start.ravel(), tol=1e-10)
    assert low == pytest.approx(least.fun, abs=1e-6)
    for name, points in curves(axes).items():
        assert (points[:, 1] >= low - 1e-9).all()
        assert f"{name} ends at {points[-1, 1]:.3f}" in picture.alt
    assert "the trap" in texts(axes)
