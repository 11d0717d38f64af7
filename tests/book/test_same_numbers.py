"""Same seed, same numbers: across runs, processes and thread counts, and after a save and load."""

import json
import os
import subprocess
import sys

import nbformat
import numpy as np
import pytest

import tdbook

# To rounding: two threads of a BLAS may add the parts of a product in another order, and a run of some thousand steps
# amplifies that. Chapters print at most five digits.
ROUNDING = 1e-9

CODE = """
import json, sys
import numpy as np
import tdbook
from tdbook.lazy import lazy_error
from tdbook.tensors import from_samples
rng = np.random.default_rng(3)
target = tdbook.random_target(60, 3, 3, rng=1)
run = tdbook.decompose(target, 8, rng=5, epochs=4, iterations=400, progress=False)
dense = tdbook.DenseSymmetric(tdbook.random_target(8, 2, 4, rng=2).to_dense())
other = tdbook.decompose(dense, 6, rng=5, epochs=2, iterations=300, progress=False)
wide = rng.standard_normal((300, 400))
numbers = [run.error, other.error, *run.history.loss[-5:], *run.tensor.weights, from_samples(wide, 3).norm()]
numbers += [lazy_error(rng.standard_normal((6, 9)), 3), float(np.linalg.norm(wide @ wide.T))]
print(json.dumps([float(x).hex() for x in numbers]))
"""


def numbers(threads, **environment):
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    env = {**os.environ, **dict.fromkeys(names, str(threads)), **environment}
    ended = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, env=env, check=True)
    return [float.fromhex(x) for x in json.loads(ended.stdout)]


@pytest.fixture(scope="module")
def one_thread():
    return numbers(1)


def test_another_process_gives_the_same_bits(one_thread):
    assert numbers(1, PYTHONHASHSEED="7") == one_thread


def test_two_threads_give_the_same_to_rounding(one_thread):
    assert numbers(2) == pytest.approx(one_thread, rel=ROUNDING)


def test_another_seed_gives_other_numbers():
    """Negative control: what is compared above does depend on what is computed."""
    target = tdbook.random_target(20, 2, 3, rng=1)
    first, again, other = (
        tdbook.decompose(target, 5, rng=seed, epochs=2, iterations=50, progress=False).error for seed in (5, 5, 6)
    )
    assert first == again
    assert other != pytest.approx(first, rel=1e-6)


def test_saved_and_loaded_numbers_are_the_same_bits(tmp_path):
    target = tdbook.random_target(20, 2, 3, rng=1)
    run = tdbook.decompose(target, 5, rng=5, epochs=2, iterations=50, progress=False)
    run.save(tmp_path / "run.npz")
    again = tdbook.load(tmp_path / "run.npz")
    assert np.array_equal(again.tensor.weights, run.tensor.weights)
    assert np.array_equal(again.tensor.factors, run.tensor.factors)
    assert (again.error, again.history.loss, again.settings) == (run.error, run.history.loss, run.settings)
    assert again.history.epochs == run.history.epochs
    tdbook.save(target, tmp_path / "target.npz")
    same = tdbook.load(tmp_path / "target.npz")
    assert tdbook.decompose(same, 5, rng=5, epochs=2, iterations=50, progress=False).error == run.error


def test_global_random_state_is_neither_used_nor_touched():
    np.random.seed(1)  # noqa: NPY002 - the state that must not matter
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = tdbook.decompose(tdbook.random_target(10, 2, 3, rng=1), 4, epochs=1, iterations=20, progress=False).error
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.random.seed(2)  # noqa: NPY002
    second = tdbook.decompose(tdbook.random_target(10, 2, 3, rng=1), 4, epochs=1, iterations=20, progress=False).error
    assert first == second


CHAPTER = """
import json, sys
import nbformat
notebook = nbformat.read(sys.argv[1], 4)
import matplotlib
matplotlib.use("Agg")
import io, contextlib
out = io.StringIO()
space = {"__name__": "__main__"}
with contextlib.redirect_stdout(out):
    for cell in notebook.cells:
        unsteady = "nbval-ignore-output" in cell.metadata.get("tags", [])
        if cell.cell_type == "code" and "ledger.card" not in cell.source and not unsteady:
            exec(compile(cell.source, "cell", "exec"), space)
print(json.dumps(out.getvalue()))
"""


def test_a_chapter_prints_with_two_threads_what_it_keeps_from_one(root):
    """The code of the chapter on tensors, all that it prints, digit by digit; cards print nothing here."""
    chapter = root / "book" / "tensors.ipynb"
    kept = "".join(
        output.text
        for cell in nbformat.read(chapter, 4).cells
        if cell.cell_type == "code" and "nbval-ignore-output" not in cell.metadata.get("tags", [])
        for output in cell.outputs
        if output.output_type == "stream"
    )
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    env = {**os.environ, **dict.fromkeys(names, "2"), "PYTHONPATH": str(root)}
    command = [sys.executable, "-c", CHAPTER, str(chapter)]
    ended = subprocess.run(command, capture_output=True, text=True, env=env, check=True, cwd=root / "book")
    assert len(kept) > 300
    assert json.loads(ended.stdout) == kept
