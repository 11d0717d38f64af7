"""The pictures of chapters 4 and 5: alternative texts that hold what was drawn, and figures that can be written."""

from pathlib import Path

import numpy as np
import pytest

import tdbook
from tdbook import landscape
from tdbook.figures import traps as pictures
from tdbook.figures import zero
from tdbook.landscape import algorithm_from_trap
from tdbook.tables import landscape as landscape_tables

FOLDER = Path(__file__).parents[2] / "book" / "data"


def rows(name: str) -> list:
    return landscape_tables.read(FOLDER / f"{name}.csv")


def test_added_component_is_the_loss_with_one_column_more():
    for lam in (0.0, 0.3):
        trap = landscape.homogeneous_trap(3, 1, 4, 2, lam)
        wider = landscape.homogeneous_trap(3, 1, 5, 2, lam)
        points = np.random.default_rng(0).standard_normal((2, 30))
        drawn = pictures.added_component(trap, points)
        for point, value in zip(points.T, drawn, strict=True):
            U = np.column_stack([trap.U, point])
            assert value == pytest.approx(float(wider.loss(U)) - trap.value)
        assert (drawn[points[0] >= 0] >= 0).all()


def test_plane_names_depth_and_angle():
    alt = pictures.plane().alt
    assert "two wells of depth 0.67" in alt and "plus and minus 125 degrees" in alt


def test_spectrum_counts_zeros():
    picture = pictures.spectrum(landscape.vanilla_trap(3, 1, 3, 3))
    assert "7 are zero, none is negative; the largest difference is below 10⁻⁶" in picture.alt


def test_path_values_name_their_ends():
    trap = landscape.vanilla_trap(4, 1, 3, 2)
    kept = landscape.level_path(trap, flip=False)
    alt = pictures.path_values({"out": landscape.level_path(trap), "kept": kept}).alt
    assert "out ends at 0.625" in alt
    assert f"kept ends at {kept.values[-1] / trap.value:.3f}" in alt


def test_escape_times_names_the_slopes():
    alt = zero.escape_times(rows("escape-times")).alt
    assert "order 4 rises to" in alt and "slope -2.00" in alt and "slope -3.00" in alt


def test_below_and_stuck_read_their_tables():
    assert "first lower points are seen at 1.25 radii" in pictures.below(rows("perturbations"), {(0, 3): "one"}).alt
    alt = pictures.stalled(rows("stuck")).alt
    assert "order 3, r = 4: 0.76, 0.11, 0.00, 0.00" in alt


def test_rays_and_escapes_can_be_written():
    trap = landscape.homogeneous_trap(3, 1, 6, 3, 0.05)
    run = algorithm_from_trap(trap, 1, epochs=1, iterations=100)
    shown = pictures.escapes({"a run": run}, trap.value, landscape.arrows_minimum(1, 0.05))
    assert "The trap lies at 1.549, the global minimum at 0.195" in shown.alt
    rays = zero.rays([tdbook.random_target(4, 2, order, rng=3) for order in (3, 4)], np.linspace(0, 1, 21))
    for picture in (shown, rays, pictures.plane()):
        assert picture.png(40).startswith(b"\x89PNG")
