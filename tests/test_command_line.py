"""The command line as a user meets it: what it prints, its exit codes, and what it leaves on the disk."""

import json
import os
import signal
import stat
import subprocess
import sys
import time

import numpy as np
import pytest

import tdbook
from tdbook.command_line import main
from tdbook.experiments import read_notes
from tdbook.files import save
from tdbook.tensors import random_target
from tests.support.refusals import refused


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(tdbook.random_target(20, 2, 3, rng=0), "cp.npz")
    save(tdbook.DenseSymmetric(5.0 * tdbook.random_target(6, 2, 4, "mixed-sign", rng=0).to_dense()), "dense.npy")
    return tmp_path


@pytest.mark.parametrize("name", ["cp.npz", "dense.npy"])
def test_decompose_prints_what_it_found_and_writes_it(folder, capsys, name):
    assert main(["decompose", name, "--accuracy", "0.05"]) == 0
    out = capsys.readouterr().out
    for word in ("components  8", "error ", "epochs ", "seconds ", "written to", "Reached relative error"):
        assert word in out
    result = tdbook.load(name.split(".")[0] + "-decomposed.npz")
    target = tdbook.load(name)
    assert result.tensor.distance(target) <= 0.05 * target.norm()


def test_an_existing_result_is_kept_unless_forced(folder, capsys):
    (folder / "cp-decomposed.npz").write_text("precious")
    assert main(["decompose", "cp.npz"]) == 2
    assert (folder / "cp-decomposed.npz").read_text() == "precious"
    assert "must not exist unless overwriting" in capsys.readouterr().err
    assert main(["decompose", "cp.npz", "--force"]) == 0
    assert isinstance(tdbook.load("cp-decomposed.npz"), tdbook.Run)


def test_not_converged_exits_with_1_and_still_writes(folder, capsys):
    assert (
        main(["decompose", "cp.npz", "--components", "1", "--epochs", "2", "--iterations", "50", "-o", "one.npz"]) == 1
    )
    assert "Try more components" in capsys.readouterr().out
    assert tdbook.load("one.npz").tensor.rank == 1


BAD = {
    "missing.npz": "existing .npz or .npy file",
    "text.npz": "not in NumPy's format",
    "half.npz": "readable .npz",
    "half.npy": "readable .npy",
    "objects.npy": "Python objects, which are never loaded",
    "objects.npz": "Python objects, which are never loaded",
    "lacking.npz": "weights, factors and order, got weights",
    "order.npz": "order must ",
    "nan.npz": "weights must ",
    "forged.npz": "file that holds a tensor",
    "forged2.npz": "file that holds a tensor",
    "forged3.npz": "file that holds a tensor",
    "npy.npz": "of the other kind",
    "asymmetric.npy": "array must ",
    "zero.npy": "target must not be zero",
    "flat.npy": "array must have shape",
    "folder.npz": "readable .npz",
    "huge.npy": "readable .npy",
    "cp.txt": "must end in .npz or .npy",
}


def truncated(path, source, keep):
    path.write_bytes(source.read_bytes()[:keep])


def bad_files(folder):
    (folder / "text.npz").write_text("hello")
    truncated(folder / "half.npz", folder / "cp.npz", 300)
    truncated(folder / "half.npy", folder / "dense.npy", 500)
    np.save(folder / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.savez(folder / "objects.npz", weights=np.array([{}], dtype=object), factors=np.eye(2), order=3)
    np.savez(folder / "lacking.npz", weights=np.ones(2))
    np.savez(folder / "order.npz", weights=np.ones(2), factors=np.eye(2), order=2.5)
    np.savez(folder / "nan.npz", weights=np.array([1.0, np.nan]), factors=np.eye(2), order=3)
    np.savez(folder / "forged.npz", weights=np.ones(2), factors=np.eye(2), order=3, run=np.array("{not json"))
    np.savez(folder / "forged2.npz", weights=np.ones(2), factors=np.eye(2), order=3, run=np.array('{"format": 1}'))
    np.savez(folder / "forged3.npz", weights=np.ones(2), factors=np.eye(2), order=3, run=np.array("[]"))
    (folder / "npy.npz").write_bytes((folder / "dense.npy").read_bytes())
    np.save(folder / "asymmetric.npy", np.arange(8.0).reshape(2, 2, 2))
    np.save(folder / "zero.npy", np.zeros((2, 2, 2)))
    np.save(folder / "flat.npy", np.zeros(4))
    (folder / "folder.npz").mkdir()
    header = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (9999999, 9999999), }"
    (folder / "huge.npy").write_bytes(header.ljust(127) + b"\n")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", BAD)
def test_bad_files_get_one_line_and_exit_code_2(folder, capsys, name):
    bad_files(folder)
    if name == "cp.txt":
        (folder / name).write_text("")
    before = names(folder)
    assert main(["decompose", name]) == 2
    err = capsys.readouterr().err
    assert BAD[name] in err
    assert err.startswith("tdbook: ")
    assert err.count("\n") == 1
    assert names(folder) == before


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--accuracy", "-1"], "accuracy must "),
        (["--components", "0"], "components must "),
        (["--seed", "-3"], "rng must "),
        (["-o", "elsewhere/out.npz"], "path must "),
        (["-o", "out.npy"], "path must "),
    ],
)
def test_bad_options_get_one_line_and_exit_code_2(folder, capsys, option, message):
    assert main(["decompose", "cp.npz", *option]) == 2
    assert message in capsys.readouterr().err


def test_a_failed_write_leaves_what_was_there(folder, monkeypatch):
    result = tdbook.decompose(tdbook.load("cp.npz"), 4, epochs=1, iterations=10, progress=False)
    (folder / "old.npz").write_text("precious")

    def full_disk(*arguments, **options):
        raise OSError(28, "No space left on device", "old.npz")

    monkeypatch.setattr(np, "savez_compressed", full_disk)
    with pytest.raises(OSError, match="No space left"):
        result.save("old.npz", overwrite=True)
    assert (folder / "old.npz").read_text() == "precious"
    assert names(folder) == ["cp.npz", "dense.npy", "old.npz"]


def test_written_files_have_the_usual_permissions(folder):
    mask = os.umask(0o022)
    os.umask(mask)
    assert stat.S_IMODE((folder / "cp.npz").stat().st_mode) == 0o666 & ~mask


def test_round_trip_of_tensors(folder):
    target = tdbook.random_target(5, 2, 3, rng=1)
    save(target, "t.npz")
    again = tdbook.load("t.npz")
    assert isinstance(again, tdbook.SymmetricCP)
    assert np.array_equal(again.factors, target.factors)
    assert again.order == 3
    with pytest.raises(FileExistsError):
        save(target, "t.npz")
    with refused("result", TypeError):
        save([1.0], "u.npz")
    with refused("path", TypeError):
        tdbook.load(3)


def test_ctrl_c_keeps_the_best_result(folder):
    """A real process, a real SIGINT: the result so far is written and said to be partial."""
    code = "import sys; from tdbook.command_line import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-u", "-c", code, "decompose", "cp.npz", "--accuracy", "1e-9", "--components", "2"]
    process = subprocess.Popen(
        [*command, "--epochs", "100000", "--iterations", "100", "--patience", "100000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout.readline().startswith("target")
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Interrupted; the best epoch so far" in out
    assert tdbook.load("cp-decomposed.npz").reason.startswith("Interrupted")


def test_a_closed_pipe_ends_it_without_a_word():
    code = "import sys; from tdbook.command_line import main; sys.exit(main(['verify', '--list']))"
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run([sys.executable, "-u", "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, "")


def test_verify_prints_a_line_a_claim(capsys):
    assert main(["verify", "--fast", "--jobs", "1", "vec-order", "np-hard"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].startswith("✓ vec-order")
    assert "2 claims: 1 established, 1 cited" in out


def test_verify_as_json_and_list_and_details(capsys):
    assert main(["verify", "--fast", "--jobs", "1", "--json", "vec-order"]) == 0
    assert json.loads(capsys.readouterr().out)["claims"][0]["status"] == "established"
    assert main(["verify", "--list"]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == set(tdbook.ledger.CLAIMS)
    assert main(["verify", "--fast", "--jobs", "1", "--details", "vec-order"]) == 0
    assert "refused: first index fastest" in capsys.readouterr().out


def test_verify_exits_with_1_when_a_claim_fails_and_2_for_an_unknown_one(capsys, monkeypatch):
    assert main(["verify", "no-such-claim"]) == 2
    assert "no-such-claim" in capsys.readouterr().err
    from tdbook.ledger import tensors as section2

    monkeypatch.setattr(section2, "vec_index", lambda index, dimension: 1)
    monkeypatch.setattr("tdbook.ledger.runner._known", {})
    assert main(["verify", "--fast", "--jobs", "1", "vec-order"]) == 1
    assert "✗ vec-order" in capsys.readouterr().out


def test_refine_from_the_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    target = random_target(15, 2, 3, rng=0)
    tdbook.save(target, "t.npz")
    assert main(["decompose", "t.npz", "--refine"]) == 0
    out = capsys.readouterr().out
    assert "components  2" in out
    assert "Refined to 2 components" in out
    assert tdbook.load("t-decomposed.npz").tensor.distance(target) <= 1e-10


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
        (["--kind", "round"], "kind must "),
        (["--rank", "0"], "rank must "),
        (["--rank", "3", "--kind", "border"], "rank must "),
        (["--rank", "5", "--kind", "orthogonal", "--dimension", "4"], "rank must "),
        (["--smallest", "--components", "3"], "components must "),
        (["--seeds", "0"], "seeds must "),
        (["--accuracy", "-1"], "accuracy must "),
    ],
)
def test_bad_input_gets_one_line(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", "t.csv", "--jobs", "1", *arguments]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.startswith("tdbook: ")
    assert err.count("\n") == 1
