"""Pictures of how many components are enough: their alternative texts are computed from what they show."""

import pytest

pytest.importorskip("matplotlib")

import tdbook
from tdbook.experiments import Cell, Search
from tdbook.figures import scaling


def search(order, dimension, epochs, components, in_law=False):
    return Search(Cell(order, dimension, 3, "generic", 0.05, epochs, 1500, in_law, 1, 0), components, ())


def test_against_dimension_tells_both_ends():
    searches = [search(3, 10, 1, 7), search(3, 100, 1, 9), search(3, 10, 30, 3), search(3, 10**6, 30, 4, True)]
    lazy = {3: {d: tdbook.lazy_threshold(d, 3) for d in (10, 1000)}}
    picture = scaling.against_dimension(searches, lazy)
    assert "l = 3, K = 1: m from 7 to 9; l = 3, K = 30: m from 3 to 4" in picture.alt
    assert "l = 3: 22 at d = 10, 1.7·10⁵ at d = 1000" in picture.alt
    assert len(picture.figure.axes) == 1
    marks = [line for line in picture.figure.axes[0].lines if line.get_marker() in "so" and len(line.get_xdata())]
    assert len(marks) == 4
    assert sum(line.get_markerfacecolor() == "none" for line in marks) == 1  # the run in law


def test_against_rank_draws_every_group():
    groups = {name: {1: 1, 2: k + 2, 4: 4 + k} for k, name in enumerate("abcdef")}
    picture = scaling.against_rank(groups, order=3)
    drawn = {line.get_label() for line in picture.figure.axes[0].lines}
    assert drawn >= set(groups)
    assert "f: 1 at r = 1, 9 at r = 4" in picture.alt
    assert "r^7.5" in picture.alt


def test_refinement_shows_both_stages():
    result = tdbook.decompose(tdbook.random_target(20, 3, 3, rng=0), rng=0, refine=True, progress=False)
    picture = scaling.refinement(result)
    assert "with 12 components; the refinement ends below 10⁻¹³ with 3" in picture.alt
    labels = [label.get_text() for label in picture.figure.axes[0].get_xticklabels()]
    assert labels[0] == "epoch 1"
    assert labels[-1] == "polished,\n3 left"


def test_shares_lists_every_count():
    picture = scaling.shares([10, 100], {"one": [8, 2], "two": [8, 8]}, 8)
    assert "one: 8 at d = 10, 2 at d = 100; two: 8 at d = 10, 8 at d = 100" in picture.alt
