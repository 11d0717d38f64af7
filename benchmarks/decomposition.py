"""``tdbook.waring`` against the subspace power method in plain NumPy (spm_reference.py) followed by the same polish.

    python -m benchmarks.decomposition [--seeds 5]

Both take the same targets in turn, so that both see the same machine; what counts is the median of the ratios of
their times. A target by its components is written out, in its span, for the reference, which takes entries only;
``waring`` is made to find them: it is given a sum with eight more components that cancel. ``error`` is the largest
relative distance to the truth that either ends with.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from benchmarks.spm_reference import spm
from tdbook.decomposition import polish, waring
from tdbook.tensors import DenseSymmetric, SymmetricCP, random_target, random_unit_vectors

# order, dimension, rank, kind, whether the target is given by its entries
ROWS = [
    (3, 30, 20, "generic", True),
    (3, 30, 30, "generic", True),
    (3, 100, 50, "generic", True),
    (4, 20, 20, "generic", True),
    (4, 20, 40, "generic", True),
    (4, 20, 60, "generic", True),
    (4, 20, 100, "generic", True),
    (4, 1000, 30, "generic", False),
    (3, 30, 20, "cosines 0.98", False),
]


def instance(order: int, dimension: int, rank: int, kind: str, seed: int) -> SymmetricCP:
    """A random target; the kind "cosines 0.98" has equal pairwise cosines."""
    if kind != "cosines 0.98":
        return random_target(dimension, rank, order, kind, seed)
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((dimension, rank)))[0]
    factors = basis @ np.linalg.cholesky(0.02 * np.eye(rank) + 0.98).T
    target = SymmetricCP(rng.uniform(0.5, 1.5, rank), factors, order)
    return target.scaled(1.0 / target.norm())


def redundant(target: SymmetricCP, seed: int) -> SymmetricCP:
    """The same tensor with eight more components of its span, which cancel."""
    rng = np.random.default_rng(seed)
    X = target.factors @ random_unit_vectors(target.rank, 4, rng)
    w = rng.standard_normal(4)
    return SymmetricCP(np.concatenate([target.weights, w, -w]), np.hstack([target.factors, X, X]), target.order)


def reference(target: DenseSymmetric | SymmetricCP, seed: int) -> SymmetricCP:
    """The subspace power method on the entries, of the core for a target by its components, and the polish."""
    if isinstance(target, DenseSymmetric):
        weights, directions = spm(target.array, np.random.default_rng(seed))
    else:
        basis = target.span()
        core = SymmetricCP(target.weights, basis.T @ target.factors, target.order)
        weights, directions = spm(core.to_dense(), np.random.default_rng(seed))
        directions = basis @ directions
    return polish(SymmetricCP(weights, directions, target.order), target)


def measure(row: tuple[int, int, int, str, bool], seeds: int) -> tuple[float, float, float, float]:
    """Median seconds of ``waring`` and of the reference, median ratio, and the largest distance to the truth."""
    order, dimension, rank, kind, dense = row
    ours, theirs, errors = [], [], []
    for seed in range(seeds):
        truth = instance(order, dimension, rank, kind, seed)
        target = DenseSymmetric(truth.to_dense()) if dense else redundant(truth, seed)
        started = time.process_time()
        found = waring(target, rng=seed).tensor
        between = time.process_time()
        other = reference(target, seed)
        ours.append(between - started)
        theirs.append(time.process_time() - between)
        errors += [found.distance(truth), other.distance(truth)]
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    return statistics.median(ours), statistics.median(theirs), statistics.median(ratios), max(errors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="targets of each kind (5)")
    seeds = parser.parse_args().seeds
    print(f"NumPy {np.__version__}; medians of {seeds} in milliseconds, the ratio of the same runs")
    print(f"{'l':>3} {'d':>5} {'r':>4} {'kind':>13} {'given':>11} {'waring':>8} {'reference':>10} {'ratio':>6} error")
    for row in ROWS:
        order, dimension, rank, kind, dense = row
        ours, theirs, ratio, error = measure(row, seeds)
        given = "entries" if dense else "components"
        print(
            f"{order:>3} {dimension:>5} {rank:>4} {kind:>13} {given:>11} {1e3 * ours:>8.1f} {1e3 * theirs:>10.1f} "
            f"{ratio:>6.1f} {error:.0e}",
            flush=True,
        )


if __name__ == "__main__":
    main()
