"""The same instances for every method, in one run: CPU time, relative error, success, memory.

    python -m benchmarks.peers [--seeds 10] [--rank 3] [--table peers.csv]

Methods: Algorithm 1 and its refinement, the pencil, the subspace power method and ``waring`` (this library); SciPy's
L-BFGS-B on the inner-product loss with m = r and with m = 4r, polished by Levenberg-Marquardt; TensorLy's
``parafac`` and ``symmetric_parafac_power_iteration``; pyttb's ``cp_als`` and ``gcp_opt``. TensorLy and pyttb are
left out, and named, where they are not installed: ``pip install tensorly pyttb``.

Each method gets the rank r, except where its m is written. The pencil, the subspace power method and ``waring`` are
not told it: they get the target with eight more components that cancel, so that they have something to find. The dense
ones are given d^l entries, and are left out beyond 2 000 000 of them. A method succeeds when its relative error is at
most 1e-4. Memory is the peak of Python allocations during one run. Errors of dense methods are measured on the
entries, in float64.
"""

from __future__ import annotations

import argparse
import csv
import logging
import statistics
import time
import tracemalloc
import warnings
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.decomposition import redundant
from tdbook.decomposition import decompose, local_search, waring
from tdbook.tensors import SymmetricCP, random_target

SUCCESS = 1e-4
DENSE_LIMIT = 2_000_000
# (order, dimension, kind)
INSTANCES = [
    (3, 10, "orthogonal"),
    (3, 10, "correlated"),
    (4, 10, "mixed-sign"),
    (3, 30, "generic"),
    (4, 30, "generic"),
    (3, 100, "correlated"),
    (3, 1000, "generic"),
    (4, 1000, "generic"),
]
Method = Callable[[SymmetricCP, int, int], float]


def refined(target: SymmetricCP, r: int, seed: int) -> float:
    return decompose(target, 4 * r, rng=seed, refine=True, progress=False).tensor.distance(target)


def shortest(method: str) -> Method:
    def solve(target: SymmetricCP, r: int, seed: int) -> float:
        return waring(redundant(target, seed), method=method, rng=seed).tensor.distance(target)

    return solve


def lbfgs(share: int) -> Method:
    def solve(target: SymmetricCP, r: int, seed: int) -> float:
        return local_search(target, share * r, seed, patient=True).distance(target)

    return solve


def _distance(target: SymmetricCP, weights: np.ndarray, factors: list[np.ndarray]) -> float:
    """Distance of a CP tensor whose factors need not be the same, on the entries."""
    letters = "abcdef"[: target.order]
    spec = "z," + ",".join(f"{letter}z" for letter in letters) + "->" + letters
    return float(np.linalg.norm(np.einsum(spec, weights, *factors, optimize=True) - target.to_dense()))


def tensorly_parafac(target: SymmetricCP, r: int, seed: int) -> float:
    from tensorly.decomposition import parafac

    found = parafac(target.to_dense(), rank=r, init="random", random_state=seed, n_iter_max=1000, tol=1e-12)
    return _distance(target, np.asarray(found.weights), [np.asarray(factor) for factor in found.factors])


def tensorly_power(target: SymmetricCP, r: int, seed: int) -> float:
    from tensorly.decomposition import symmetric_parafac_power_iteration

    # it draws its starts from NumPy's global state and takes no seed
    np.random.seed(seed)  # noqa: NPY002
    weights, factor = symmetric_parafac_power_iteration(target.to_dense(), rank=r, n_repeat=10, n_iteration=50)
    return _distance(target, np.asarray(weights), [np.asarray(factor)] * target.order)


def pyttb_als(target: SymmetricCP, r: int, seed: int) -> float:
    import pyttb

    np.random.seed(seed)  # noqa: NPY002 - as above
    found, *_ = pyttb.cp_als(pyttb.tensor(target.to_dense()), r, maxiters=1000, stoptol=1e-12, printitn=0)
    return _distance(target, found.weights, list(found.factor_matrices))


def pyttb_gcp(target: SymmetricCP, r: int, seed: int) -> float:
    import pyttb
    from pyttb.gcp.optimizers import LBFGSB

    np.random.seed(seed)  # noqa: NPY002 - as above
    entries, gaussian = pyttb.tensor(target.to_dense()), pyttb.gcp.handles.Objectives.GAUSSIAN
    patient = LBFGSB(maxiter=2000, maxfun=10_000, factr=10.0, pgtol=1e-10)
    found, *_ = pyttb.gcp_opt(entries, r, gaussian, patient, printitn=0)
    return _distance(target, found.weights, list(found.factor_matrices))


# name, function, package it needs, whether it is given all entries
METHODS: list[tuple[str, Method, str, bool]] = [
    ("Algorithm 1, refined", refined, "tdbook", False),
    ("pencil", shortest("pencil"), "tdbook", False),
    ("subspace power method", shortest("subspace"), "tdbook", False),
    ("waring", shortest("auto"), "tdbook", False),
    ("L-BFGS, m = r", lbfgs(1), "scipy", False),
    ("L-BFGS, m = 4r", lbfgs(4), "scipy", False),
    ("TensorLy parafac", tensorly_parafac, "tensorly", True),
    ("TensorLy power iteration", tensorly_power, "tensorly", True),
    ("pyttb cp_als", pyttb_als, "pyttb", True),
    ("pyttb gcp_opt", pyttb_gcp, "pyttb", True),
]


def peak_memory(method: Method, target: SymmetricCP, r: int) -> float:
    """Peak megabytes of Python's allocations during one more run, which is not timed."""
    tracemalloc.start()
    try:
        method(target, r, 0)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def compare(r: int, seeds: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for order, d, kind in INSTANCES:
        targets = [random_target(d, r, order, kind, rng=seed) for seed in range(seeds)]
        for name, method, package, dense in METHODS:
            row: dict[str, object] = {"order": order, "dimension": d, "kind": kind, "method": name}
            if not find_spec(package):
                row["note"] = f"{package} is not installed"
            elif dense and d**order > DENSE_LIMIT:
                row["note"] = f"needs {d**order:.0e} entries"
            else:
                errors, times = [], []
                for seed, target in enumerate(targets):
                    started = time.process_time()
                    try:
                        errors.append(method(target, r, seed + 100))
                    except Exception as failure:  # what a peer raises is a result about it
                        errors.append(float("inf"))
                        row["note"] = type(failure).__name__
                    times.append(time.process_time() - started)
                row["reached"] = f"{sum(error <= SUCCESS for error in errors)}/{seeds}"
                row["median error"] = f"{statistics.median(errors):.0e}"
                row["median seconds"] = f"{statistics.median(times):.3f}"
                if "note" not in row:
                    row["peak MB"] = f"{peak_memory(method, targets[0], r):.1f}"
            rows.append(row)
            print("  ".join(str(value) for value in row.values()), flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, help="instances of each kind (10)")
    parser.add_argument("--rank", type=int, default=3, help="r (3)")
    parser.add_argument("--table", type=Path, help="write a CSV as well")
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # pyttb logs a line for each copy it makes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peers warn of their own deprecations
        rows = compare(options.rank, options.seeds)
    if options.table:
        heads = ("order", "dimension", "kind", "method", "reached", "median error", "median seconds", "peak MB", "note")
        with options.table.open("w", newline="", encoding="utf-8") as stream:
            versions = {name: version(name) for name in ("numpy", "scipy", "tensorly", "pyttb") if find_spec(name)}
            about = ", ".join(f"{name} {number}" for name, number in versions.items())
            stream.write(f"# python -m benchmarks.peers --seeds {options.seeds} --rank {options.rank}; {about}\n")
            writer = csv.DictWriter(stream, heads, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
