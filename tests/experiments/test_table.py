"""Tests of ``tdbook.experiments.table``."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tdbook import experiments
from tdbook.command_line import main
from tdbook.experiments import grid, read_notes, read_table, searched, sweep, sweeps, write_table
from tests.support.refusals import refused


@pytest.mark.second_opinion("tdbook.experiments.successes", "tdbook.experiments.columns")
def test_successes_counted_by_hand_and_columns_row_by_row():
    cells = experiments.grid(3, (10, 20), 2, 4, seed=range(5))
    outcomes = [experiments.Outcome(cell, 0.01 * k, k % 3 > 0, k, 1.0) for k, cell in enumerate(cells)]
    counts = experiments.successes(outcomes)
    for key, (good, runs) in counts.items():
        mine = [o for o in outcomes if o.cell.dimension == key[1]]
        assert (good, runs) == (sum(o.error % 0.03 > 1e-9 for o in mine), 5)
    table = experiments.columns(outcomes)
    assert [tuple(table[name][7] for name in ("dimension", "seed", "error"))] == [(20, 2, 0.07)]


SMALL = grid(3, (8, 12), 2, (4, 6), seed=range(3), epochs=2, iterations=200)


def test_a_table_that_is_none_is_refused_and_kept(tmp_path):
    path = tmp_path / "t.csv"
    for content in ("a,b\n1,2\n", ",".join(experiments.HEADER) + "\n3,x\n"):
        path.write_text(content)
        with refused("path"):
            sweep(SMALL[:1], path, jobs=1, progress=False)
        assert path.read_text() == content


def test_notes_say_how_a_table_was_made(tmp_path):
    write_table(tmp_path / "t.csv", [], experiments.notes("tdbook sweep t.csv"))
    head = read_notes(tmp_path / "t.csv")
    assert head[0] == "made by: tdbook sweep t.csv"
    assert f"NumPy {np.__version__}" in head[1]


TABLES = sorted((Path(__file__).parents[2] / "book" / "data").glob("m-against-*.csv"))


@pytest.mark.parametrize("table", TABLES, ids=[table.stem for table in TABLES])
def test_a_table_is_what_its_command_makes(table, tmp_path, monkeypatch, capsys):
    """The command in its head asks for no run that the table lacks, and for every m that it holds."""
    command = read_notes(table)[0].removeprefix("made by: tdbook ").split()
    shutil.copy(table, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sweeps, "measure", lambda cell: pytest.fail(f"not in the table: {cell}"))
    assert main([*command, "--jobs", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    found = searched(table)
    assert len(lines) == len(found)
    assert sorted(int(line.split()[-1]) for line in lines) == sorted(search.components for search in found)
    tried = {replace(search.cell, components=m) for search in found for m, _, _ in search.tried}
    assert {replace(outcome.cell, seed=0) for outcome in read_table(table)} == tried
