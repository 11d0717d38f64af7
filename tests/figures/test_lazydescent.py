"""The pictures of real descent: their alternative texts say what the data say, and they render."""

import dataclasses

import numpy as np
import pytest

from tdbook.figures import lazydescent as pictures
from tdbook.lazy import descent as lazy_descent
from tdbook.tensors import random_target

PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def runs():
    target, start = random_target(5, 1, 3, rng=1), lazy_descent.paired_start(5, 2, rng=1)
    return [lazy_descent.lazy_descent(start, target, scale, [1, 10, 100]) for scale in (2.0, 20.0)]


def test_descent_beside_line_measures_the_slopes(runs):
    scales = [1.0, 10.0]
    picture = pictures.descent_beside_line(runs, {"steep": (scales, [1.0, 0.01]), "flat": (scales, [2.0, 2.0])})
    assert "steep with slope -2.0; flat with slope" in picture.alt
    assert f"{runs[0].losses[-1]:.2f} at scale 2" in picture.alt
    assert picture.png(50).startswith(PNG)


def test_plateau_gives_the_time_at_half_the_floor(runs):
    steps, slow = np.array([0, 10, 20]), np.array([0.5, 0.2, 0.0])
    run = dataclasses.replace(runs[0], scale=2.0, step_size=0.1, steps=steps, losses=slow)
    picture = pictures.plateau([run], floor=0.4)
    assert "half of it after about 10 steps at scale 2" in picture.alt
    assert "between 0.25 and 0.25" in picture.alt
    assert picture.png(50).startswith(PNG)


def test_rich_to_lazy_names_both_ends(runs):
    picture = pictures.rich_to_lazy(runs, floor=0.3)
    assert picture.alt.startswith("After 100 steps: the loss rises from")
    assert f"at scale 2 to {runs[1].losses[-1]:.2f}, the lazy floor, at scale 20" in picture.alt
    assert picture.png(50).startswith(PNG)
