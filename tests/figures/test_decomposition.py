"""The pictures of the chapter on decompositions: what their words say is what their data say."""

import numpy as np

from tdbook.figures import decomposition as pictures


def test_the_cliff_is_told():
    picture = pictures.singular_values({"exact": np.array([1.0, 0.5, 1e-16]), "noise": np.array([1.0, 0.5, 0.1, 0.08])})
    assert "exact: 2 of 3" in picture.alt and "10¹⁵ after number 2" in picture.alt
    assert "noise: 4 of 4" in picture.alt and "10 after number 2" in picture.alt


def test_every_block_row_of_koszul_young_holds_p_plus_one_blocks():
    picture = pictures.koszul_blocks((1, 2))
    for axes, p, rows in zip(picture.figure.axes, (1, 2), (3, 10), strict=False):
        assert len(axes.patches) == len(axes.texts) == rows * (p + 1)
        # in each row and column another direction: a block row J holds each j of J once
        for row in range(rows):
            names = [text.get_text()[1:] for text in axes.texts if int(text.get_position()[1]) == row]
            assert len(set(names)) == len(names) == p + 1
    assert "1.50 for p = 1" in picture.alt


def test_found_longer_and_nothing_are_told_apart():
    table = {"one": {2: pictures.FOUND, 3: pictures.LONGER}, "two": {2: pictures.NOTHING, 3: pictures.NOTHING}}
    picture = pictures.who_finds_it(table, 2)
    assert "one: found at 2, longer at 3; two: found at none, longer at none" in picture.alt
    marks = [line.get_marker() for line in picture.figure.axes[0].lines if len(line.get_xdata()) == 1]
    assert sorted(marks) == ["o", "o", "x", "x"]


def test_the_chosen_number_is_ringed():
    picture = pictures.errors_by_rank({"noise": {1: 0.5, 2: 0.1, 3: 0.09}}, {"noise": 2})
    assert "0.5, 0.1, 0.09; BIC chooses 2" in picture.alt
    (ring,) = [line for line in picture.figure.axes[0].lines if line.get_markersize() == 16]
    assert list(ring.get_xdata()) == [2] and list(ring.get_ydata()) == [0.1]
