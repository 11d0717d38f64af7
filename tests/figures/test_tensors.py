"""The pictures of the opening chapters: their alternative texts say what the data say, and they render."""

import numpy as np
import pytest

import tdbook
from tdbook import SymmetricCP
from tdbook.figures import objective as pictures
from tdbook.figures import tensors

PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def run():
    target = tdbook.random_target(dimension=8, rank=1, order=3, rng=0)
    return tdbook.decompose(target, components=4, accuracy=0.05, rng=0, progress=False)


def test_widths_counts_the_dimensions_at_which_every_run_converged(run):
    target = tdbook.random_target(dimension=9, rank=2, order=3, rng=0)
    short = tdbook.decompose(target, components=4, accuracy=1e-9, rng=0, epochs=1, iterations=3, progress=False)
    assert run.converged and not short.converged
    picture = tensors.widths({8: [run], 9: [run, short]}, {8: 15, 9: 19})
    assert "from 15 at d = 8 to 19 at d = 9" in picture.alt
    assert "every run reached the accuracy at 1 of 2 dimensions" in picture.alt
    assert picture.png(50).startswith(PNG)


def test_storage_names_the_last_counts():
    picture = tensors.storage([10, 100], {"entries, $d^l$": [1000, 10**6], "$D$": [220, 171700]}, order=3)
    assert "At d = 100 — entries, d^l: 10⁶; D: 1.7·10⁵." in picture.alt
    assert picture.png(50).startswith(PNG)


def test_distances_says_from_where_on_a_route_is_wrong():
    steps = 10.0 ** -np.arange(1.0, 6.0)
    blind = np.where(steps > 5e-4, steps, 0.0)
    picture = tensors.distances(steps, steps, {"blind": blind, "sighted": 1.01 * steps})
    assert "blind: more than half off from about 10⁻⁴ on" in picture.alt
    assert "sighted: never half off" in picture.alt
    assert picture.png(50).startswith(PNG)


def test_cosines_gives_the_largest_one_off_the_diagonal():
    half = SymmetricCP([1.0, 1.0], [[1.0, -0.5], [0.0, np.sqrt(0.75)]], order=3)
    picture = tensors.cosines({"half": half, "none": SymmetricCP([1.0, 1.0], np.eye(2), order=3)})
    assert "half 0.50; none 0.00" in picture.alt
    assert picture.png(50).startswith(PNG)


def test_slices_finds_the_minima():
    pair = {f"order {order}": SymmetricCP([1.0, 1.0], np.eye(2), order) for order in (2, 3, 4)}
    picture = pictures.slices(pair)
    assert "order 2: a ring of minima of value 0.50" in picture.alt
    assert "order 3: 2 minima of value 0.50; order 4: 4 minima" in picture.alt
    assert picture.png(50).startswith(PNG)


def test_rescaling_says_where_the_paths_end():
    picture = pictures.rescaling(3, [np.array([[0.5, 0.5], [1.0, 1.0]]), [(1.5, 0.1), (1.2, 0.25)]])
    assert "(n, c) = (1.00, 1.00), (1.20, 0.25)" in picture.alt
    assert picture.png(50).startswith(PNG)


def test_descents_counts_the_stuck():
    curves = [np.linspace(2.0, 0.0, 9), np.linspace(2.0, 0.5, 9)]
    picture = pictures.descents({"order 3, $m=4$": curves, "order 2": curves[:1]}, every=5, stuck_above=0.25)
    assert "order 3, m=4: 1 of 2 stuck; order 2: 0 of 1 stuck" in picture.alt
    assert picture.png(50).startswith(PNG)


def test_receding_gives_both_ends():
    picture = pictures.receding([1.0, 0.1], [0.5, 5e-5], [0.5, 5.0])
    assert "the loss falls from 0.5 to 5·10⁻⁵ while the largest coefficient rises from 0.5 to 5" in picture.alt
    assert picture.png(50).startswith(PNG)


def test_barrier_tells_falling_from_rising_first():
    x = np.linspace(0.0, 1.0, 101)
    picture = pictures.barrier(x, {"saddle": -(x**2), "barrier": 0.3 * x**2 - x**3, "wall": x**2})
    assert (
        "saddle falls from the start; barrier rises to 0.004 at 0.20 before it falls; wall rises throughout"
        in picture.alt
    )
    assert picture.png(50).startswith(PNG)


def test_barrier_without_a_barrier_still_draws():
    x = np.linspace(0.0, 1.0, 11)
    assert pictures.barrier(x, {"saddle": -(x**2)}).png(50).startswith(PNG)
