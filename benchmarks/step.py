"""A step of Algorithm 1 against the matrix products that it cannot avoid.

    python -m benchmarks.step [--seconds 2]

The floor of a step at (d, m, r, l) is its four products and nothing else: W^T W (m x m), W P (d x m), and the
two with the target's factors. Step and floor are timed alternately, in blocks, so that both see the same machine;
the ratio of their medians is what counts.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tdbook.descent import _Epoch, initialize, practical_settings
from tdbook.descent import step as readable_step
from tdbook.tensors import random_target

SIZES = [(100, 500, 5, 4), (100, 500, 5, 3), (500, 500, 5, 3), (500, 500, 5, 4), (100, 100, 3, 3), (30, 12, 3, 3)]


def floor(d: int, m: int, r: int) -> Callable[[], None]:
    """The bare products of a step, into buffers."""
    rng = np.random.default_rng(0)
    W, weighted, pull, target_pull = (rng.standard_normal((d, m)) for _ in range(4))
    gram = np.empty((m, m))
    factors, factors_t, cosines = (
        rng.standard_normal((d, r)),
        rng.standard_normal((r, d)),
        rng.standard_normal((r, m)),
    )
    powers = rng.standard_normal((m, m))

    def products() -> None:
        np.matmul(W.T, W, out=gram)
        np.matmul(weighted, powers, out=pull)
        np.matmul(factors_t, W, out=cosines)
        np.matmul(factors, cosines, out=target_pull)

    return products


def medians(functions: list[Callable[[], None]], seconds: float) -> list[float]:
    """Median time of each function, called alternately in blocks of about 2 ms."""
    blocks = []
    for function in functions:
        function()
        started = time.perf_counter()
        function()
        blocks.append(max(1, int(2e-3 / max(time.perf_counter() - started, 1e-7))))
    samples: list[list[float]] = [[] for _ in functions]
    deadline = time.perf_counter() + seconds
    while time.perf_counter() < deadline or len(samples[0]) < 5:
        for function, block, times in zip(functions, blocks, samples, strict=True):
            started = time.perf_counter()
            for _ in range(block):
                function()
            times.append((time.perf_counter() - started) / block)
    return [statistics.median(times) for times in samples]


def measure(d: int, m: int, r: int, order: int, seconds: float) -> tuple[float, float, float]:
    """Median seconds of (floor, step, readable step) at one size."""
    target = random_target(d, r, order, rng=0)
    # a step size of zero in effect: the arithmetic is the same, and a long timing stays at the same point
    settings = replace(practical_settings(target, m, 0.05), step_size=1e-12, init_scale=0.1, boost=1.0)
    state = initialize(settings, np.random.default_rng(0))
    loop = _Epoch(target, settings)
    loop.load(state)

    def readable() -> None:
        readable_step(state, target, settings)

    bare, fast, slow = medians([floor(d, m, r), loop.step, readable], seconds)
    return bare, fast, slow


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each size (2)")
    seconds = parser.parse_args().seconds
    print(f"NumPy {np.__version__}; medians in microseconds, step/floor from the same run")
    print(f"{'d':>6} {'m':>5} {'r':>3} {'l':>3} {'floor':>10} {'step':>10} {'step/floor':>11} {'readable step':>14}")
    for d, m, r, order in SIZES:
        bare, fast, readable = (1e6 * x for x in measure(d, m, r, order, seconds))
        print(f"{d:>6} {m:>5} {r:>3} {order:>3} {bare:>10.0f} {fast:>10.0f} {fast / bare:>11.2f} {readable:>14.0f}")


if __name__ == "__main__":
    main()
