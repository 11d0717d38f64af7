"""``tdbook waring`` and what it writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tdbook
from tdbook.command_line import main
from tdbook.tensors import DenseSymmetric, SymmetricCP, random_target


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_exact_components_in_both_formats(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = random_target(5, 3, 3, rng=0)
    np.save("t.npy", truth.to_dense())
    assert main(["waring", "t.npy", "--csv", "t.csv"]) == 0
    out = capsys.readouterr().out
    assert "components  3, at least 3" in out and "as few as possible, unique" in out
    found = tdbook.load("t-waring.npz")
    assert isinstance(found, SymmetricCP) and found.distance(truth) < 1e-12
    head, *rows = Path("t.csv").read_text(encoding="utf-8").splitlines()
    assert head == "weight,x1,x2,x3,x4,x5"
    table = np.array([[float(number) for number in row.split(",")] for row in rows])
    assert SymmetricCP(table[:, 0], table[:, 1:].T, 3).distance(truth) < 1e-12
    assert main(["waring", "t.npy"]) == 2  # what is there is kept
    assert "must not exist" in capsys.readouterr().err


def test_noise_with_a_rank_or_a_tolerance(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = random_target(5, 2, 3, rng=1)
    noise = DenseSymmetric(np.random.default_rng(0).standard_normal((5, 5, 5)), symmetrize=True)
    np.save("n.npy", truth.to_dense() + 0.02 * noise.array / noise.norm())
    for more in (["--rank", "2"], ["--rank", "bic"], ["--tolerance", "0.1"]):
        assert main(["waring", "n.npy", *more, "--force"]) == 0
        out = capsys.readouterr().out
        assert "components  2" in out and "±" in out
    assert main(["waring", "n.npy", "--rank", "many", "--force"]) == 2
    assert "rank must be" in capsys.readouterr().err


def test_an_array_that_is_not_symmetric(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    array = random_target(3, 2, 3, rng=2).to_dense()
    array[0, 0, 1] += 1e-3
    np.save("a.npy", array)
    for command in ("waring", "decompose"):
        assert main([command, "a.npy"]) == 2
        assert "symmetrize" in capsys.readouterr().err
        assert main([command, "a.npy", "--symmetrize"]) in (0, 1)
        capsys.readouterr()


def test_a_goal_for_algorithm_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = random_target(5, 2, 3, rng=3)
    noise = DenseSymmetric(np.random.default_rng(1).standard_normal((5, 5, 5)), symmetrize=True)
    np.save("n.npy", truth.to_dense() + 0.05 * noise.array / noise.norm())
    assert main(["decompose", "n.npy", "--refine", "--goal", "0.1"]) == 0
    assert "components  2\n" in capsys.readouterr().out
