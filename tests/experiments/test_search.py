"""Tests of ``tdbook.experiments.search``."""

from dataclasses import replace
from pathlib import Path

import pytest

from tdbook.experiments import Cell, Outcome, ladder, read_table, searched, smallest, sweeps, write_table
from tests.support.refusals import refused


@pytest.mark.second_opinion("tdbook.experiments.ladder")
def test_the_ladder():
    assert ladder(1, 30) == [*range(1, 17), 18, 20, 22, 24, 26, 29]
    assert ladder(5, 5) == [5]


def pretend(monkeypatch, rule):
    """Outcomes by a rule instead of runs; returns the list of cells asked for."""
    asked = []

    def invent(cell):
        asked.append(cell)
        return Outcome(cell, 0.0, rule(cell.components, cell.seed), 1, 0.0)

    monkeypatch.setattr(sweeps, "measure", invent)
    return asked


@pytest.mark.second_opinion("tdbook.experiments.smallest")
@pytest.mark.parametrize(
    ("rule", "answer"),
    [
        (lambda m, seed: m >= 7, 7),
        (lambda m, seed: m >= 9 or seed < 17, 9),
        (lambda m, seed: seed < 18, 1),
        (lambda m, seed: seed >= 2, 1),
        (lambda m, seed: seed % 7 > 0 or m >= 3, 3),
        (lambda m, seed: False, None),
    ],
)
def test_the_smallest_m_is_that_of_all_seeds(monkeypatch, rule, answer):
    asked = pretend(monkeypatch, rule)
    found = smallest([Cell(3, 10, 2, "generic", 0.05, 1, 10, False, 1, 0)], limit=12, jobs=1, progress=False)[0]
    assert found.components == answer
    by_all = [m for m in range(1, 13) if sum(rule(m, seed) for seed in range(20)) >= 18]
    assert (by_all or [None])[0] == answer
    assert len(asked) == len(set(asked))
    for m, good, runs in found.tried:
        assert good == sum(rule(m, seed) for seed in range(runs))
        assert good >= 18 or runs - good == 3


def test_a_search_answers_from_its_table(tmp_path, monkeypatch):
    asked = pretend(monkeypatch, lambda m, seed: m >= 4 + seed % 2)
    cells = [Cell(3, d, 2, "generic", 0.05, 1, 10, False, 1, 0) for d in (10, 20)]
    path = tmp_path / "t.csv"
    first = smallest(cells, path, jobs=1, progress=False)
    count = len(asked)
    assert smallest(cells, path, only_known=True) == first
    assert len(asked) == count
    with refused("path"):
        smallest([replace(cells[0], rank=3)], path, only_known=True)


def test_searches_are_read_back_from_a_table(tmp_path, monkeypatch):
    pretend(monkeypatch, lambda m, seed: m >= 4 + seed % 2)
    cells = [Cell(3, d, 2, "generic", 0.05, 1, 10, False, 1, 0) for d in (10, 20)]
    path = tmp_path / "t.csv"
    first = smallest(cells, path, jobs=1, progress=False)
    assert searched(path) == first
    # with one run of the last m missing the search is not whole
    outcomes = read_table(path)
    write_table(path, outcomes[:-1])
    with refused("path"):
        searched(path)


TABLES = sorted((Path(__file__).parents[2] / "book" / "data").glob("m-against-*.csv"))


def test_the_numbers_that_the_chapter_states():
    by_stem = {table.stem: searched(table) for table in TABLES}
    against_d = by_stem["m-against-d-vectors"] + by_stem["m-against-d-in-law"]
    assert {s.components for s in against_d if s.cell.epochs == 30} == {3}
    once = {order: [s.components for s in against_d if (s.cell.order, s.cell.epochs) == (order, 1)] for order in (3, 4)}
    assert (min(once[3]), max(once[3]), max(once[4])) == (7, 11, 22)
    assert {s.cell.dimension for s in against_d} >= {10, 10**3, 10**6, 10**12}
    generic = by_stem["m-against-r"]
    assert all(s.components == s.cell.rank for s in generic)
    trap = {s.cell.rank: s.components for s in by_stem["m-against-r-hard"] if s.cell.kind == "trap"}
    assert all(2 * r + 1 <= m <= 2 * r + 4 for r, m in trap.items())
