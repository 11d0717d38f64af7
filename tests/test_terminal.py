"""The command in a process of its own: any terminal, any moment of Ctrl-C, any number, and never a traceback."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tdbook import random_target
from tdbook.command_line import main
from tdbook.experiments import grid
from tdbook.files import save
from tests.support.refusals import refused

COMMAND = [sys.executable, "-m", "tdbook"]
posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no signals between processes")


def ended(arguments, **options):
    return subprocess.run([*COMMAND, *arguments], capture_output=True, timeout=120, **options)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--dimension", "inf"], "dimension"),
        (["--dimension", "1e400"], "dimension"),
        (["--dimension", "nan"], "dimension"),
        (["--dimension", "2.5"], "dimension"),
        (["--dimension", "1" * 5000], "dimension"),
        (["--dimension", "1e300"], "dimension"),
        (["--dimension", "1e12"], "dimension"),
        (["--rank", "1" * 400], "rank"),
        (["--seeds", "1" * 30], "cells"),
        (["--jobs", "9" * 20], "jobs"),
        (["--jobs", "0"], "jobs"),
    ],
)
def test_numbers_of_any_size_get_one_line(tmp_path, monkeypatch, capsys, arguments, word):
    monkeypatch.chdir(tmp_path)
    try:
        code = main(["sweep", "t.csv", "--epochs", "1", "--iterations", "1", "--jobs", "1", *arguments])
    except SystemExit as leaving:
        code = leaving.code
    assert code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("tdbook")
    assert word in last


def test_a_grid_too_large_to_list_is_refused():
    with refused("the number of cells"):
        grid(seed=range(10**15))


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii", "utf-8"])
def test_marks_are_shown_in_any_encoding(encoding):
    found = ended(["verify", "--fast", "--jobs", "1", "vec-order"], env=os.environ | {"PYTHONIOENCODING": encoding})
    assert (found.returncode, found.stderr) == (0, b"")
    mark = "✓" if encoding == "utf-8" else "+"
    assert found.stdout.decode(encoding).startswith(f"{mark} vec-order")


@posix
def test_output_that_cannot_be_written_gets_one_line(tmp_path):
    with Path("/dev/full").open("wb") as full:
        found = subprocess.run([*COMMAND, "verify", "--list"], stdout=full, stderr=subprocess.PIPE)
    assert (found.returncode, found.stderr) == (2, b"tdbook: No space left on device\n")


@posix
def test_a_table_is_an_ordinary_file_with_any_name(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.csv")
    Path("folder.csv").mkdir()
    sizes = ["--dimension", "5", "--rank", "1", "--seeds", "1", "--epochs", "1", "--iterations", "2", "--jobs", "1"]
    for name in ("pipe.csv", "folder.csv", "/dev/full"):
        assert main(["sweep", name, *sizes]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and name in said
    monkeypatch.setattr(sys, "argv", ["tdbook", "sweep", "two\nlines.csv"])
    for _ in range(2):  # the command is noted in the table, which must still be one
        assert main(["sweep", "two\nlines.csv", *sizes]) == 0
        assert "must" not in capsys.readouterr().err


@posix
def test_a_deleted_folder_gets_one_line(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    code = "import os, sys; os.rmdir(os.getcwd()); from tdbook.command_line import main; sys.exit(main(sys.argv[1:]))"
    save(random_target(3, 1, 3, rng=0), tmp_path / "cp.npz")
    for arguments in (["sweep", "t.csv"], ["decompose", str(tmp_path / "cp.npz"), "-o", "out.npz"]):
        gone.mkdir(exist_ok=True)
        found = subprocess.run([sys.executable, "-c", code, *arguments], cwd=gone, capture_output=True, text=True)
        assert found.returncode == 2
        assert found.stderr.startswith("tdbook: ")
        assert "None" not in found.stderr
        assert found.stderr.count("\n") == 1


@posix
@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "--fast", "--jobs", "1"],
        ["verify", "--fast", "--jobs", "2"],
        ["sweep", "t.csv", "--jobs", "2", "--dimension", "10", "--seeds", "900"],
        ["decompose", "cp.npz", "--accuracy", "1e-9", "--epochs", "100000", "--literal", "--force"],
    ],
    ids=lambda arguments: "-".join(arguments[:1] + arguments[-1:]),
)
def test_ctrl_c_at_any_moment_gets_one_line(tmp_path, arguments):
    """The terminal sends the signal to the whole group, the processes of the command included."""
    save(random_target(20, 4, 3, rng=0), tmp_path / "cp.npz")
    for pause in (0.05, 0.15, 0.4, 1.5, 4.0):
        process = subprocess.Popen(
            [*COMMAND, *arguments], cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        _wait_for_python(process)
        time.sleep(pause)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in err, (pause, err)
        assert "Exception ignored" not in err, (pause, err)
        assert process.returncode in (130, -signal.SIGINT), (pause, err)  # a shell shows 130 for both
        assert "nterrupted" in out + err, pause


def _wait_for_python(process):
    """Until our first line runs: before it, the interpreter itself answers Ctrl-C."""
    deadline = time.monotonic() + 30
    state = Path(f"/proc/{process.pid}")
    while time.monotonic() < deadline and process.poll() is None:
        caught = re.search(r"SigCgt:\s*(\w+)", (state / "status").read_text())
        if caught and int(caught[1], 16) >> (signal.SIGINT - 1) & 1 and "numpy" in (state / "maps").read_text():
            return
        time.sleep(0.005)
