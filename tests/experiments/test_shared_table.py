"""Processes that write one table: nothing is lost when they meet, are killed, or find the disk full."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from tdbook import archives
from tdbook.experiments import Cell, Outcome, read_table, sweep, sweeps, table

WRITER = """
import sys
from tdbook.experiments import Cell, Outcome, sweep, sweeps
rank = int(sys.argv[1])
sweeps.measure = lambda cell: Outcome(cell, 0.25, True, 1, 0.0)
sweep([Cell(3, 10, rank, "generic", 0.05, 1, 10, False, 4, seed) for seed in range(40)], "t.csv", jobs=1)
"""
posix = pytest.mark.skipif(os.name != "posix", reason="SIGKILL and limits of a process are POSIX's")


def outcome(seed, rank=2):
    return Outcome(Cell(3, 10, rank, "generic", 0.05, 1, 10, False, 4, seed), 0.5, True, 1, 0.0)


def writer(folder, rank, code=WRITER):
    return subprocess.Popen([sys.executable, "-c", code, str(rank)], cwd=folder, stderr=subprocess.PIPE, text=True)


def test_two_writers_and_two_readers_lose_nothing(tmp_path):
    writers = [writer(tmp_path, rank) for rank in (2, 3)]
    path, seen = tmp_path / "t.csv", [[], []]

    def read(sizes):
        while any(process.poll() is None for process in writers):
            if path.exists():
                sizes.append(len(read_table(path)))  # raises if what is there is no table

    readers = [threading.Thread(target=read, args=(sizes,)) for sizes in seen]
    for thread in readers:
        thread.start()
    errors = [process.communicate(timeout=120)[1] for process in writers]
    for thread in readers:
        thread.join()
    assert errors == ["", ""]
    assert all(sizes == sorted(sizes) for sizes in seen)  # a table never becomes shorter
    assert sorted((o.cell.rank, o.cell.seed) for o in read_table(path)) == [(r, s) for r in (2, 3) for s in range(40)]


def test_a_rewrite_keeps_what_another_process_added(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"

    def measure(cell):
        table.append_outcome(path, outcome(cell.seed, rank=7))  # as another process does meanwhile
        return outcome(cell.seed)

    monkeypatch.setattr(sweeps, "measure", measure)
    sweep([outcome(seed).cell for seed in range(3)], path, jobs=1)
    assert [o.cell.rank for o in read_table(path)] == [2, 2, 2, 7, 7, 7]


def test_a_line_goes_after_what_a_killed_process_left(tmp_path, capsys):
    path = tmp_path / "t.csv"
    table.open_table(path)
    table.append_outcome(path, outcome(0))
    with path.open("ab") as stream:
        stream.write(b"3,10,2,gen")
    table.append_outcome(path, outcome(1))
    assert read_table(path) == [outcome(0), outcome(1)]
    assert "incomplete last line" in capsys.readouterr().err
    path.unlink()  # a table that someone deletes is made again
    table.append_outcome(path, outcome(2))
    assert read_table(path) == [outcome(2)]


@posix
def test_killed_at_any_moment_the_table_stays_whole(tmp_path):
    path = tmp_path / "t.csv"
    endless = WRITER.replace("range(40)", "range(100000)")
    before = set()
    for pause in (0.0, 0.02):
        process = writer(tmp_path, 2, endless)
        while not path.exists() or len(read_table(path)) <= len(before):
            assert process.poll() is None
        time.sleep(pause)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        # the lock of the dead process is free: another one goes on at once
        now = {o.cell for o in table.open_table(path).values()}
        assert before < now
        before = now


@posix
def test_a_full_disk_is_named_and_leaves_whole_lines(tmp_path):
    """The largest size of a file stands for the disk: a write beyond it takes a part, then fails."""
    limited = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n" + WRITER
    )
    error = writer(tmp_path, 2, limited).communicate(timeout=60)[1]
    assert "File too large: 't.csv'" in error
    path = tmp_path / "t.csv"
    kept = read_table(path)
    assert path.read_bytes().endswith(b"\n")
    assert 5 < len(kept) < 40
    assert writer(tmp_path, 2).communicate(timeout=60)[1] == ""
    assert len(read_table(path)) == 40


def test_who_finds_the_table_locked_waits_and_says_so(tmp_path, capsys, monkeypatch):
    path = tmp_path / "t.csv"
    holder = subprocess.Popen(
        [sys.executable, "-c", "import pathlib, sys, time\nfrom tdbook.archives import locked\n"
         "with locked(pathlib.Path('t.csv')):\n    print('held', flush=True)\n    time.sleep(2.5)"],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout.readline() == "held\n"
    monkeypatch.setattr(archives, "PATIENCE", 0.2)
    with pytest.raises(TimeoutError, match="kept locked"):
        table.open_table(path)
    assert "waiting for t.csv" in capsys.readouterr().err
    monkeypatch.setattr(archives, "PATIENCE", 30.0)
    assert table.open_table(path) == {}
    holder.communicate()
