"""Files that are truncated, damaged or forged, disks that are full or read-only, processes that are killed.

Nothing is ever unpickled, what comes is one line, and what was there before stays whole.
"""

import errno
import io
import os
import pickle
import resource
import signal
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pytest

import tdbook
from tdbook import archives
from tdbook.command_line import main
from tdbook.experiments import read_notes, read_table, searched
from tdbook.files import load, save
from tests.support.refusals import refused

SEED = 20201


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    target = tdbook.random_target(5, 2, 3, rng=0)
    save(target, "cp.npz")
    save(tdbook.DenseSymmetric(target.to_dense()), "dense.npy")
    save(tdbook.decompose(target, 3, epochs=1, iterations=5, progress=False), "run.npz")
    return tmp_path


def taken_or_refused(path):
    """Whether a file is refused, which must happen in one clear line; what is loaded must be finite."""
    try:
        found = load(path)
    except ValueError as error:
        assert "path must name a" in str(error)
        assert "\n" not in str(error)
        return True
    tensor = getattr(found, "tensor", found)
    assert np.isfinite(tensor.norm())
    return False


@pytest.mark.parametrize("name", ["cp.npz", "dense.npy", "run.npz"])
def test_truncated_files(folder, name):
    whole = (folder / name).read_bytes()
    lengths = sorted({*range(0, len(whole), max(1, len(whole) // 150)), *range(len(whole) - 30, len(whole))})
    for length in lengths:
        (folder / f"cut-{name}").write_bytes(whole[:length])
        assert taken_or_refused(folder / f"cut-{name}"), length
    assert not taken_or_refused(folder / name)


@pytest.mark.parametrize("name", ["cp.npz", "dense.npy", "run.npz"])
def test_damaged_files(folder, name):
    """Bytes changed at random: a checksum, a symmetry or a shape notices, or the numbers are others, but finite."""
    whole, rng = (folder / name).read_bytes(), np.random.default_rng(SEED)
    refused = 0
    for _ in range(200):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), rng.integers(1, 4)):
            damaged[place] = rng.integers(256)
        (folder / f"bad-{name}").write_bytes(damaged)
        refused += taken_or_refused(folder / f"bad-{name}")
    assert refused > 20  # the damage is not imaginary


class Bomb:
    """An object whose unpickling would leave a file behind."""

    def __reduce__(self):
        return os.mkdir, ("exploded",)


def raw_npy(payload, descr="|O", shape=(1,)):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": descr, "fortran_order": False, "shape": shape})
    return stream.getvalue() + payload


def archive(path, **members):
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in members.items():
            packed.writestr(f"{name}.npy", content)


def test_forged_files_are_never_unpickled(folder):
    bomb = pickle.dumps(Bomb())
    good = {}
    with zipfile.ZipFile("run.npz") as packed:
        good = {name.removesuffix(".npy"): packed.read(name) for name in packed.namelist()}
    (folder / "bare.npz").write_bytes(bomb)
    (folder / "bare.npy").write_bytes(bomb)
    (folder / "object.npy").write_bytes(raw_npy(bomb))
    (folder / "fields.npy").write_bytes(raw_npy(bomb, [("a", "|O")]))
    for member in good:
        archive(folder / f"{member}.npz", **{**good, member: raw_npy(bomb)})
        archive(folder / f"{member}-bare.npz", **{**good, member: bomb})
    for path in sorted(folder.iterdir()):
        if path.name not in ("cp.npz", "dense.npy", "run.npz"):
            assert taken_or_refused(path), path.name
            assert main(["decompose", str(path)]) == 2
    archive(folder / "more.npz", **good, extra=raw_npy(bomb))
    assert isinstance(load("more.npz"), tdbook.Run)  # a member that is not asked for is not read
    assert not (folder / "exploded").exists()
    assert pickle.loads(bomb) is None  # the bomb is live: unpickled, it goes off
    assert (folder / "exploded").exists()


@pytest.mark.parametrize(
    "arrays",
    [
        {"order": np.int64(2**40)},
        {"order": np.int64(-3)},
        {"weights": np.array([np.inf, 1.0])},
        {"factors": np.full((5, 2), 1e200)},
        {"factors": np.zeros((0, 2))},
        {"weights": np.array(["a", "b"])},
        {"run": np.array("[1, 2")},
        {"run": np.array('{"format": 1, "history": 3}')},
        {"run": np.array('{"format": 1, "history": [{"epoch": 1}], "settings": {}}')},
        {"time": np.zeros(())},
        {"loss": np.array([1.0, np.nan])},
        {"switched": np.ones(3)},
        {"norms": np.zeros((2, 0), dtype=complex)},
    ],
    ids=str,
)
def test_files_that_say_something_impossible(folder, arrays):
    with np.load("run.npz") as packed:
        content = dict(packed)
    np.savez("odd.npz", **{**content, **arrays})
    assert taken_or_refused(folder / "odd.npz")


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_where_nothing_can_be_written_one_line_says_so(folder, monkeypatch, capsys, code):
    """A read-only folder, a full disk: simulated, since root may write everywhere."""

    def fails(*_, **__):
        raise OSError(code, os.strerror(code), "out.npz")

    before = sorted(path.name for path in folder.iterdir())
    monkeypatch.setattr("tempfile.mkstemp", fails)
    assert main(["decompose", "cp.npz", "--epochs", "1", "--iterations", "5", "-o", "out.npz"]) == 2
    assert capsys.readouterr().err == f"tdbook: {os.strerror(code)}: out.npz\n"
    assert sorted(path.name for path in folder.iterdir()) == before


def in_a_process(code):
    return subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)


def test_a_disk_that_fills_up_while_writing(folder):
    """The kernel refuses to let a file grow: what was there stays, and nothing half-written is left."""
    (folder / "out.npz").write_bytes(b"precious")
    ended = in_a_process("""
        import resource, signal, sys
        from tdbook.command_line import main
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
        sys.exit(main(["decompose", "cp.npz", "--epochs", "1", "--iterations", "5", "-o", "out.npz", "--force"]))
    """)
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("tdbook: File too large")
    assert (folder / "out.npz").read_bytes() == b"precious"
    assert sorted(path.name for path in folder.iterdir()) == ["cp.npz", "dense.npy", "out.npz", "run.npz"]


def test_a_process_killed_while_writing(folder):
    """Killed when half of the file is written: the old file is whole, the new name has never existed."""
    ended = in_a_process("""
        import os, signal, numpy as np, tdbook
        from tdbook.files import save
        true = np.savez_compressed
        def half(stream, **arrays):
            stream.write(b"PK half of a file")
            stream.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        np.savez_compressed = half
        save(tdbook.load("cp.npz"), "run.npz", overwrite=True)
    """)
    assert ended.returncode == -signal.SIGKILL
    assert isinstance(load("run.npz"), tdbook.Run)


def test_memory_that_does_not_suffice(folder):
    """Sizes no machine has: a line, not a traceback, and no attempt to swap the machine to death."""
    code = """
        import resource, sys
        from tdbook.command_line import main
        resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))
        sys.exit(main(sys.argv[1:] or {arguments}))
    """
    np.savez("wide.npz", weights=np.ones(2), factors=np.ones((5, 2)), order=3)
    for arguments in (["decompose", "wide.npz", "--components", "400000", "--epochs", "1", "--iterations", "1"],):
        ended = in_a_process(code.format(arguments=arguments))
        assert ended.returncode == 2
        assert ended.stderr.splitlines()[-1].startswith("tdbook: ")
        assert "Traceback" not in ended.stderr
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != 4 * 2**30  # the limit was the process's own


TABLE = """# a note
order,dimension,rank,kind,accuracy,epochs,iterations,in_law,components,seed,error,converged,epochs_done,seconds
3,30,3,generic,0.05,30,1500,0,12,0,1.0e-02,1,3,0.5
"""


def test_damaged_tables(folder):
    path, rng = folder / "table.csv", np.random.default_rng(SEED)
    path.write_text(TABLE)
    assert len(read_table(path)) == 1
    letters = list("0123456789,.-e#\n\"'x\0é")
    for _ in range(300):
        text = list(TABLE)
        for place in rng.integers(0, len(text), rng.integers(1, 4)):
            text[place] = letters[rng.integers(len(letters))]
        path.write_text("".join(text), encoding="utf-8")
        for read in (read_table, searched, read_notes):
            try:
                read(path)
            except ValueError as error:
                assert "path must name a" in str(error)
                assert "\n" not in str(error)
    path.write_bytes(b"\xff\xfe\x00")
    with refused("path"):
        read_table(path)


WORDS = ["", "-1", "0", "1", "3", "nan", "inf", "1e400", "1e-400", "x", "-", "--", "cp.npz", "dense.npy", "no.npz",
         "é", "--order", "--jobs", "--seed", "--accuracy", "--components", "--epochs", "--iterations", "--literal",
         "--dimension", "--rank", "--seeds", "--limit", "1" * 5000, "--step-size", "--init-scale",
         "--regularization", "--list", "--json", "--kind", "vec-order"]  # fmt: skip
FIRST = [["decompose", "cp.npz", "--epochs=1", "--iterations=2"], ["verify", "--list"], ["sweep"], []]


def test_random_command_lines(folder, capsys, monkeypatch):
    """300 command lines put together from good and bad words: exit codes 0, 1 or 2, and never a traceback."""
    monkeypatch.setattr("tdbook.experiments.sweep", lambda cells, *_, **__: [])  # its runs are tried elsewhere
    monkeypatch.setattr("tdbook.experiments.smallest", lambda cells, *_, **__: [])
    rng = np.random.default_rng(SEED)
    codes = []
    for _ in range(300):
        words = [WORDS[k] for k in rng.integers(0, len(WORDS), rng.integers(0, 4))]
        command = FIRST[rng.integers(len(FIRST))] + words
        if command[:1] == ["verify"] and "--list" not in command[:2]:
            continue
        try:
            codes.append(main(command))
        except SystemExit as leaving:  # argparse leaves by itself
            codes.append(leaving.code)
        assert codes[-1] in (0, 1, 2), command
        if codes[-1] == 2:
            err = capsys.readouterr().err
            assert err.splitlines()[-1].startswith("tdbook"), command
            assert "Traceback" not in err
    assert {0, 2} <= set(codes)


def test_sizes_are_looked_at_before_anything_is_read(folder, monkeypatch):
    with np.load("cp.npz") as content:
        arrays = dict(content)
    np.savez_compressed("other.npz", **arrays, extra=np.zeros(2**17))
    np.savez_compressed("large.npz", **{**arrays, "factors": np.zeros((2**16, 2))})  # a few kilobytes of file
    monkeypatch.setattr(archives, "LARGEST", 2**20 - 1)
    assert np.array_equal(load("other.npz").factors, load("cp.npz").factors)  # what is not asked for takes nothing
    with refused("path"):
        load("large.npz")


def test_a_pipe_is_not_waited_for(folder):
    os.mkfifo("pipe.npz")
    with refused("path"):
        load("pipe.npz")


def test_settings_nested_too_deeply(folder):
    with np.load("run.npz") as content:
        arrays = dict(content)
    np.savez("deep.npz", **{**arrays, "run": np.array("[" * 100_000)})
    with refused("path"):
        load("deep.npz")


def test_a_file_keeps_its_tensor_when_writing_fails(folder, monkeypatch):
    tensor = load("cp.npz")

    def fails(*_, **__):
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez_compressed", fails)
    with pytest.raises(OSError, match="no space left"):
        save(tensor.scaled(2.0), "cp.npz", overwrite=True)
    assert np.array_equal(load("cp.npz").weights, tensor.weights)
    assert not list(folder.glob(".cp.npz*"))
