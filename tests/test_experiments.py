"""Sweeps: grids, tables that survive a kill, the search for the smallest m, and the command."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tdbook import experiments, statistics
from tdbook.command_line import main
from tdbook.experiments import (
    ALL_KINDS,
    Cell,
    Outcome,
    columns,
    grid,
    hard_target,
    ladder,
    measure,
    read_notes,
    read_table,
    searched,
    smallest,
    successes,
    sweep,
    sweeps,
    write_table,
)
from tests.support.refusals import refused

SMALL = grid(3, (8, 12), 2, (4, 6), seed=range(3), epochs=2, iterations=200)


def same(one, two):
    """Outcomes that agree but for the time they took; tables keep seven digits of an error."""
    return len(one) == len(two) and all(
        a.cell == b.cell
        and a.converged == b.converged
        and a.epochs_done == b.epochs_done
        and abs(a.error - b.error) <= 1e-6 * b.error
        for a, b in zip(one, two, strict=True)
    )


def test_a_grid_is_all_combinations():
    cells = grid((3, 4), 10, (1, 2), range(3, 6), (0.1, 0.05), "generic", range(2))
    assert len(cells) == len(set(cells)) == 2 * 2 * 3 * 2 * 2
    assert grid() == [Cell(3, 30, 3, "generic", 0.05, 30, 1500, False, 12, seed) for seed in range(20)]


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("in_law", [False, True])
def test_every_kind_runs_in_space_and_in_law(kind, in_law):
    cell = Cell(3, 40, 4, kind, 0.3, 6, 600, in_law, 16, 1)
    outcome = measure(cell)
    assert outcome == replace(measure(cell), seconds=outcome.seconds)
    assert outcome.converged == (outcome.error <= 0.3)
    assert outcome.error < 0.9


@pytest.mark.second_opinion("tdbook.experiments.hard_target")
@pytest.mark.parametrize("order", [3, 4, 5])
def test_hard_targets_are_what_they_say(order):
    strong = hard_target(4, order, "strongly-correlated", 0)
    unit = strong.factors / np.linalg.norm(strong.factors, axis=0)
    assert np.allclose(unit.T @ unit, 0.1 * np.eye(4) + 0.9)
    close = hard_target(4, order, "close-pairs", 0)
    unit = close.factors / np.linalg.norm(close.factors, axis=0)
    assert np.allclose((unit.T @ unit)[:2], [[1, 0.98, 0, 0], [0.98, 1, 0, 0]])
    border = hard_target(2, order, "border", 0).to_dense()
    wanted = np.zeros_like(border)
    for axis in range(order):  # S(x^{l-1} y): one index is 1, the others 0
        wanted[tuple(int(i == axis) for i in range(order))] = order**-0.5
    assert np.allclose(border, wanted)
    trap = hard_target(2, order, "trap")
    assert (trap.dimension, trap.rank) == (3, 2 * (order - 1) + 1)
    for target in (strong, close, trap):
        assert target.norm() == pytest.approx(1.0)


def test_parallel_and_sequential_sweeps_agree(tmp_path):
    alone = sweep(SMALL, jobs=1, progress=False)
    together = sweep(SMALL, tmp_path / "t.csv", jobs=2, progress=False)
    assert same(together, alone)
    assert same(read_table(tmp_path / "t.csv"), sorted(alone, key=lambda outcome: outcome.cell))
    table = columns(alone)
    assert set(table["dimension"]) == {8, 12}
    assert table["error"].shape == (len(SMALL),)
    counts = successes(alone)
    assert len(counts) == 4
    assert all(runs == 3 for _, runs in counts.values())


@pytest.mark.filterwarnings("ignore")  # the cluster's own
def test_the_same_call_runs_on_a_dask_cluster(tmp_path):
    """Needs the optional package ``distributed``."""
    distributed = pytest.importorskip("distributed")
    import joblib

    cells = SMALL[:4]
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        with joblib.parallel_config(backend="dask"):
            there = sweep(cells, tmp_path / "t.csv", progress=False)
        done = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.transition_log))
    assert done > 0  # the workers of the cluster had something to do
    assert same(there, sweep(cells, jobs=1, progress=False))
    assert len(read_table(tmp_path / "t.csv")) == 4


def test_nothing_is_computed_twice(tmp_path, monkeypatch):
    calls = []
    original = experiments.measure
    monkeypatch.setattr(sweeps, "measure", lambda cell: calls.append(cell) or original(cell))
    path = tmp_path / "t.csv"
    sweep(SMALL[:5], path, jobs=1, progress=False)
    assert len(calls) == 5
    sweep([*SMALL[3:7], *SMALL[3:7]], path, jobs=1, progress=False)
    assert calls == SMALL[:7]
    before = path.read_bytes()
    sweep(SMALL[:7], path, jobs=1, progress=False)
    assert len(calls) == 7
    assert path.read_bytes() == before


@pytest.mark.parametrize("keep", range(1, 40, 6))
def test_a_torn_last_line_is_recovered(tmp_path, capsys, keep):
    path = tmp_path / "t.csv"
    whole = sweep(SMALL[:4], path, jobs=1, progress=False)
    content = path.read_bytes()
    last = content.rstrip(b"\n").rfind(b"\n") + 1
    path.write_bytes(content[: last + keep])
    assert same(read_table(path), whole[:3])
    again = sweep(SMALL[:4], path, jobs=1, progress=False)
    assert same(again, whole)
    assert same(read_table(path), whole)
    assert "cut an incomplete last line off t.csv" in capsys.readouterr().err


def test_a_header_torn_off_is_written_again(tmp_path):
    path = tmp_path / "t.csv"
    for content in ("", "# made by: x\norder,dimen"):
        path.write_text(content)
        assert same(sweep(SMALL[:2], path, jobs=1, progress=False), sweep(SMALL[:2], jobs=1, progress=False))
        assert len(read_table(path)) == 2


def test_a_killed_sweep_goes_on_where_it_was(tmp_path):
    command = [
        sys.executable, "-m", "tdbook", "sweep", "t.csv", "--dimension", "10", "--rank", "2", "--components", "5", "6",
        "--seeds", "40", "--epochs", "3", "--iterations", "1500", "--accuracy", "1e-9", "--jobs", "1",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    path = tmp_path / "t.csv"
    deadline = time.monotonic() + 60
    while not path.exists() or path.read_text().count("\n") < 9:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    kept = read_table(path)
    assert 4 <= len(kept) < 80
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    finished = read_table(path)
    assert len(finished) == 80
    by_cell = {outcome.cell: outcome for outcome in finished}
    assert all(by_cell[outcome.cell] == outcome for outcome in kept)  # seconds included: not run again
    assert "0/40" in done.stdout
    assert {file.name for file in tmp_path.iterdir()} == {"t.csv", ".t.csv.lock"}


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


# --- the smallest m ---------------------------------------------------------------------------------------


def pretend(monkeypatch, rule):
    """Outcomes by a rule instead of runs; returns the list of cells asked for."""
    asked = []

    def invent(cell):
        asked.append(cell)
        return Outcome(cell, 0.0, rule(cell.components, cell.seed), 1, 0.0)

    monkeypatch.setattr(sweeps, "measure", invent)
    return asked


@pytest.mark.second_opinion("tdbook.experiments.ladder")
def test_the_ladder():
    assert ladder(1, 30) == [*range(1, 17), 18, 20, 22, 24, 26, 29]
    assert ladder(5, 5) == [5]


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


def test_the_exponent_is_the_slope():
    slope, width = statistics.exponent([1, 2, 4, 8], [3, 12, 48, 192])
    assert (slope, width) == (pytest.approx(2.0), pytest.approx(0.0, abs=1e-9))
    slope, width = statistics.exponent([1, 2, 4, 8], [3, 13, 44, 200])
    assert abs(slope - 2.0) < width < 0.5
    with refused("sizes"):
        statistics.exponent([1, 2], [1, 2])


# --- the committed tables ---------------------------------------------------------------------------------

TABLES = sorted((Path(__file__).parent.parent / "book" / "data").glob("m-against-*.csv"))


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


@pytest.mark.parametrize("in_law", [False, True])
def test_lines_of_the_tables_can_be_run_again(in_law):
    name = "m-against-d-in-law" if in_law else "m-against-d-vectors"
    outcomes = [o for o in read_table(TABLES[0].with_name(f"{name}.csv")) if o.cell.epochs == 1][
        :: 150 if in_law else 200
    ]
    assert len(outcomes) >= 4
    for outcome in outcomes:
        again = measure(outcome.cell)
        assert again.converged == outcome.converged
        assert again.error == pytest.approx(outcome.error, rel=1e-3)


# --- the command ------------------------------------------------------------------------------------------


def test_sweep_from_the_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = ["sweep", "t.csv", "--dimension", "10", "1e3", "--rank", "2", "--seeds", "2", "--jobs", "1", "--in-law"]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "          1000    2 generic                  0.05   30     8       2/2" in out
    assert read_notes("t.csv")[0].startswith("made by: tdbook sweep t.csv --order 3 --dimension 10 1000 --rank 2")
    assert main(arguments) == 0
    assert capsys.readouterr().out == out


def test_smallest_from_the_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", "t.csv", "--dimension", "10", "--rank", "1", "--smallest", "--jobs", "1"]) == 0
    last = capsys.readouterr().out.splitlines()[-1].split()
    assert last[:3] == ["3", "10", "1"]
    assert 1 <= int(last[-1]) <= 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "round"], "kind must be one of generic, orthogonal"),
        (["--rank", "0"], "rank must be an integer >= 1, got 0"),
        (["--rank", "3", "--kind", "border"], "rank must be even for kind 'border', got 3"),
        (["--rank", "5", "--kind", "orthogonal", "--dimension", "4"], "rank must be at most the dimension 4"),
        (["--smallest", "--components", "3"], "components must not be given with --smallest"),
        (["--seeds", "0"], "seeds must be an integer >= 1"),
        (["--accuracy", "-1"], "accuracy must be a finite number > 0"),
    ],
)
def test_bad_input_gets_one_line(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", "t.csv", "--jobs", "1", *arguments]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.startswith("tdbook: ")
    assert err.count("\n") == 1


@pytest.mark.second_opinion("tdbook.experiments.weak_target", "tdbook.experiments.power_law_target")
def test_unequal_orthogonal_terms_by_their_diagonals():
    for target, weights in (
        (experiments.weak_target(4, 3), [1.0, 1.0, 1.0, 0.25]),
        (experiments.weak_target(2, 4, ratio=10.0), [1.0, 0.1]),
        (experiments.power_law_target(3, 3, exponent=2.0), [1.0, 1 / 4, 1 / 9]),
        (experiments.power_law_target(2, 2), [1.0, 0.5]),
    ):
        entries = target.to_dense()
        diagonal = (np.arange(len(weights)),) * entries.ndim
        assert entries[diagonal] == pytest.approx(weights)
        assert np.count_nonzero(entries) == len(weights)
