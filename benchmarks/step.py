"""A step of Algorithm 1 against the matrix products that it cannot avoid, and against other ways to make it.

    python -m benchmarks.step [--seconds 2]

The floor of a step at (d, m, r, l) is its four products and nothing else: W^T W (m x m), W P (d x m), and the
two with the target's factors. Step and floor are timed alternately, in blocks, so that both see the same machine;
the ratio of their medians is what counts.

Beside them: the readable step; a step through the dense residual with ``einsum``, where d^l entries fit; and the
gradient of the loss by PyTorch's or JAX's automatic differentiation, where one of these is installed. A second
table times an iteration in lossless coordinates at growing d.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec

import numpy as np

from tdbook.descent import BufferedLoop, Lossless, exact_gradient, initialize, practical_settings
from tdbook.descent import step as readable_step
from tdbook.descent.steps import initial_state
from tdbook.tensors import SymmetricCP, random_target

SIZES = [
    (100, 500, 5, 4),
    (100, 500, 5, 3),
    (500, 500, 5, 3),
    (500, 500, 5, 4),
    (100, 100, 3, 3),
    (100, 100, 3, 5),
    (100, 100, 3, 6),
    (30, 12, 3, 3),
    (30, 12, 3, 4),
]
DENSE_LIMIT = 2_000_000  # entries of the residual beyond which the einsum step is left out


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


def einsum_step(U: np.ndarray, target: SymmetricCP) -> Callable[[], None] | None:
    """The frozen gradient through the dense residual: build T - T*, contract it with every component."""
    d, order = target.dimension, target.order
    if d**order > DENSE_LIMIT:
        return None
    dense = target.to_dense()
    letters = "abcdefgh"[:order]
    build = ",".join(f"{letter}m" for letter in letters) + "->" + letters
    pull = letters + "," + ",".join(f"{letter}m" for letter in letters[1:]) + f"->{letters[0]}m"
    building = np.einsum_path(build, *[U] * order, optimize="optimal")[0]
    pulling = np.einsum_path(pull, dense, *[U] * (order - 1), optimize="optimal")[0]

    def step() -> None:
        residual = np.einsum(build, *[U] * order, optimize=building) - dense
        np.einsum(pull, residual, *[U] * (order - 1), optimize=pulling)

    return step


def autodiff_step(U: np.ndarray, target: SymmetricCP) -> tuple[str, Callable[[], None]] | None:
    """The gradient of the inner-product loss by automatic differentiation, in float64 on one thread."""
    weights, factors = target.components()
    order = target.order
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)
        at, F, w = (torch.tensor(x, dtype=torch.float64) for x in (U, factors, weights))
        at.requires_grad_(True)

        def torch_step() -> None:
            loss = ((at.T @ at) ** order).sum() / 2 - (w @ (F.T @ at) ** order).sum()
            at.grad = None
            loss.backward()

        return "PyTorch", torch_step
    if find_spec("jax"):
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)
        F, w = jnp.array(factors), jnp.array(weights)
        gradient = jax.jit(jax.grad(lambda V: ((V.T @ V) ** order).sum() / 2 - (w @ (F.T @ V) ** order).sum()))
        return "JAX", lambda: gradient(U).block_until_ready()
    return None


def measure(d: int, m: int, r: int, order: int, seconds: float) -> list[float | None]:
    """Median seconds of floor, step, readable step, einsum step and autodiff step at one size."""
    target = random_target(d, r, order, rng=0)
    # a step size of zero in effect: the arithmetic is the same, and a long timing stays at the same point
    settings = replace(practical_settings(target, m, 0.05), step_size=1e-12, init_scale=0.1, boost=1.0)
    state = initialize(settings, np.random.default_rng(0))
    loop = BufferedLoop(target, settings)
    loop.load(state)

    gradient = exact_gradient(target, settings.regularization)

    def readable() -> None:
        readable_step(state, gradient, settings)

    differentiated = autodiff_step(state.parameters.U, target)
    others = [einsum_step(state.parameters.U, target), differentiated and differentiated[1]]
    # timed apart: an einsum step of half a second would leave the others too few turns
    apart = [None if other is None else medians([other], seconds / 4)[0] for other in others]
    return [*medians([floor(d, m, r), loop.step, readable], seconds), *apart]


def iteration_times(dimensions: list[int], m: int, r: int, seconds: float) -> list[float]:
    """Median seconds of an iteration in lossless coordinates at each dimension, called alternately."""
    steps = []
    for d in dimensions:
        target = random_target(d, r, 3, rng=0)
        settings = replace(practical_settings(target, m, 0.05), step_size=1e-12, init_scale=0.1, boost=1.0)
        rng = np.random.default_rng(0)
        space = Lossless(target, m, rng)
        loop = BufferedLoop(space.target, settings)
        loop.load(initial_state(space.components, settings, rng))
        steps.append(loop.step)
    return medians(steps, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each size (2)")
    seconds = parser.parse_args().seconds
    autodiff = "PyTorch" if find_spec("torch") else "JAX" if find_spec("jax") else "autodiff (none installed)"
    print(f"NumPy {np.__version__}; medians in microseconds, step/floor from the same run; autodiff: {autodiff}")
    heads = ("floor", "step", "step/floor", "readable", "einsum", "autodiff")
    print(f"{'d':>6} {'m':>5} {'r':>3} {'l':>3} " + " ".join(f"{head:>10}" for head in heads))
    for d, m, r, order in SIZES:
        bare, fast, *others = (value and 1e6 * value for value in measure(d, m, r, order, seconds))
        shown = [
            f"{bare:.0f}",
            f"{fast:.0f}",
            f"{fast / bare:.2f}",
            *("-" if x is None else f"{x:.0f}" for x in others),
        ]
        print(f"{d:>6} {m:>5} {r:>3} {order:>3} " + " ".join(f"{text:>10}" for text in shown))
    dimensions = [1000, 10_000, 100_000, 1_000_000]
    times = iteration_times(dimensions, 12, 3, seconds)
    print("\nAn iteration in lossless coordinates, m = 12, r = 3, l = 3")
    print(f"{'d':>8} {'microseconds':>13} {'of d = 1000':>12}")
    for d, value in zip(dimensions, times, strict=True):
        print(f"{d:>8} {1e6 * value:>13.1f} {value / times[0]:>12.2f}")


if __name__ == "__main__":
    main()
