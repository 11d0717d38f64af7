"""Tests of ``tdbook.experiments.sweeps``."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tdbook import experiments
from tdbook.experiments import ALL_KINDS, Cell, columns, grid, measure, read_table, successes, sweep, sweeps
from tests.support.beyond import entries


@pytest.mark.second_opinion("tdbook.experiments.measure")
def test_a_measured_cell_on_all_entries(monkeypatch):
    """measure: the error of the run's own tensor, formed whole."""
    kept = {}
    original = sweeps.run
    monkeypatch.setattr(
        sweeps, "run", lambda target, *rest, **more: kept.setdefault(target, original(target, *rest, **more))
    )
    outcome = experiments.measure(experiments.Cell(3, 6, 2, "generic", 0.05, 3, 300, False, 6, 4))
    ((target, run),) = kept.items()
    goal = entries(target)
    assert outcome.error == pytest.approx(np.linalg.norm(entries(run.tensor) - goal) / np.linalg.norm(goal), rel=1e-9)
    assert outcome.converged == (outcome.error <= 0.05)
    assert outcome.epochs_done == run.epochs


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


TABLES = sorted((Path(__file__).parents[2] / "book" / "data").glob("m-against-*.csv"))


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
