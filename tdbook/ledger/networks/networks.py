"""Checks of the networks whose loss is a sum of tensor losses."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.stats import linregress, t

from tdbook.beyond import (
    SampleGradient,
    network_loss,
    network_settings,
    neurons,
    path,
    separation,
)
from tdbook.descent import exact_gradient
from tdbook.ledger.claims import Evidence
from tdbook.objectives import Parameters, frozen_gradient
from tdbook.statistics import mean_of
from tdbook.tensors import SymmetricCP, random_target, unit_columns

REGULARIZATION = 0.05


def _nodes(dimension: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights that integrate polynomials of degree < 2 * count in each variable against a Gaussian."""
    x, w = np.polynomial.hermite_e.hermegauss(count)
    points = np.stack([axis.ravel() for axis in np.meshgrid(*[x] * dimension, indexing="ij")], axis=1)
    weights = np.prod(np.stack(np.meshgrid(*[w] * dimension, indexing="ij")), axis=0).ravel()
    return points, weights / (2 * math.pi) ** (dimension / 2)


def by_quadrature(fast: bool) -> Iterator[Evidence]:
    """All products of neurons and the population gradient, without any sampling error."""
    points, weights = _nodes(2, 8)
    rng = np.random.default_rng(63)
    U, W = rng.standard_normal((2, 4)), rng.standard_normal((2, 3))
    top = 5 if fast else 7
    orders = range(2, top + 1)

    def are_powers(neuron: tuple[str, str]) -> bool:
        """Products of neurons of two orders are <u,w>^l or 0; of vectors of any length, or of their directions."""
        activation, lengths = neuron
        for k in orders:
            for l in orders:
                left, right = neurons(U, points, k, activation), neurons(W, points, l, activation)
                wanted = (U.T @ W) ** l if k == l else np.zeros((4, 3))
                if lengths == "unit":
                    wanted = (unit_columns(U)[1].T @ unit_columns(W)[1]) ** l if k == l else wanted
                size = np.linalg.norm(U, axis=0)[:, None] ** k * np.linalg.norm(W, axis=0) ** l
                if (np.abs(left.T @ (weights[:, None] * right) - wanted) > 1e-10 * size).any():
                    return False
        return True

    teacher = random_target(2, 2, 3, "generic", 64)
    point = Parameters.two_homogeneous(W, [1.0, -1.0, 1.0], 1.5)
    exact = frozen_gradient(point, teacher, REGULARIZATION)

    def is_exact(network: tuple[str, float]) -> bool:
        activation, factor = network
        pieces = [
            w * SampleGradient(teacher, x[None, :], REGULARIZATION, activation)(point)
            for x, w in zip(points, weights, strict=True)
        ]
        return bool(np.abs(factor * np.sum(pieces, axis=0) - exact).max() < 1e-9)

    nodes = "Gauss-Hermite quadrature in the plane with 8 nodes an axis, exact for these polynomials"
    yield Evidence(
        "exact",
        f"{nodes}: all pairs of orders 2 to {top}, "
        r"vectors of any length as $\|u\|^lh_l(\langle u,x\rangle/\|u\|)$ (seed 63)",
        are_powers,
        {"Hermite polynomials": ("hermite", "any")},
        {"the raw power": ("power", "any"), "vectors of any length taken for unit vectors": ("hermite", "unit")},
        "products equal to a relative 1e-10",
    )
    yield Evidence(
        "exact",
        f"{nodes}: the mean of the network's gradient against the frozen gradient of the tensor objective, $l=3$ (seeds 63, 64)",
        is_exact,
        {"Hermite polynomials": ("hermite", 1.0)},
        {"the raw power": ("power", 1.0), "a gradient larger by 1%": ("hermite", 1.01)},
        "gradients equal to 1e-9",
    )


def products_of_neurons(fast: bool) -> Evidence:
    """E[h_k(<u,x>) h_l(<w,x>)] against delta_kl <u,w>^l, with 95% intervals."""
    samples = 40_000 if fast else 1_000_000
    rng = np.random.default_rng(60)
    cosine = 0.6
    U = np.array([[1.0], [0.0], [0.0]])
    W = np.array([[cosine], [math.sqrt(1 - cosine**2)], [0.0]])
    orders = (2, 3, 4)
    chunks = [rng.standard_normal((min(50_000, samples - k), 3)) for k in range(0, samples, 50_000)]

    def all_inside(activation: str) -> bool:
        for k in orders:
            for l in orders:
                products = np.concatenate(
                    [neurons(U, X, k, activation)[:, 0] * neurons(W, X, l, activation)[:, 0] for X in chunks]
                )
                # nine intervals: 1.5 half-widths each (2.94 standard errors) make 95% or more for all at once
                if not mean_of(products).covers(cosine**l if k == l else 0.0, 1.5):
                    return False
        return True

    return Evidence(
        "measured",
        f"{samples} Gaussian samples (seed 60), $\\langle u,w\\rangle={cosine}$, all pairs of orders 2, 3, 4, joint 95% intervals",
        all_inside,
        {"Hermite polynomials": "hermite"},
        {r"the raw power $\langle u,x\rangle^l/\sqrt{l!}$": "power"},
        "all nine products inside",
        lambda activation: (
            ""
            if activation == "hermite"
            else f"at order 3 its product is $(9\\cdot{cosine}+6\\cdot{cosine}^3)/6={(9 * cosine + 6 * cosine**3) / 6:.2f}$, not "
            f"${cosine}^3={cosine**3:.2f}$"
        ),
    )


def losses_agree(fast: bool) -> Evidence:
    """The network's loss on samples against half the squared distance of the tensors."""
    samples, trials = (10_000, 20) if fast else (100_000, 100)
    rng = np.random.default_rng(61)
    counts = {"hermite": 0, "power": 0, "doubled": 0}
    for trial in range(trials):
        order = 2 + trial % 2
        teacher = random_target(4, 2, order, "generic", rng)
        student = SymmetricCP(rng.uniform(-1, 1, 4), rng.standard_normal((4, 4)) / 2, order)
        exact = 0.5 * student.distance(teacher) ** 2
        X = rng.standard_normal((samples, 4))
        hermite = network_loss(student, teacher, X)
        counts["hermite"] += hermite.covers(exact)
        counts["doubled"] += hermite.covers(2 * exact)
        counts["power"] += network_loss(student, teacher, X, "power").covers(exact)
    return Evidence(
        "measured",
        f"{trials} random students and teachers, $d=4$, $l=2,3$, {samples} samples each (seed 61): 95% intervals of the mean "
        r"square against $\frac12\|T-T^*\|_F^2$; at least 85% of them must hold it (tails are heavy)",
        lambda which: counts[which] >= 0.85 * trials,
        {"half the squared distance": "hermite"},
        {"the raw power": "power", "twice the value": "doubled"},
        f"{counts['hermite']} of {trials} intervals hold it",
        lambda which: f"{counts[which]} of {trials}",
    )


def network_follows_tensor(fast: bool) -> Evidence:
    """Training on n samples against the tensor run from the same start: the distance falls like n^(-1/2)."""
    sizes, sets, steps = ((1000, 6000), 4, 60) if fast else ((1000, 4000, 16_000), 8, 120)
    teacher = random_target(4, 2, 3, "orthogonal", 62)
    settings = network_settings(teacher, 6, steps, REGULARIZATION)
    exact = list(path(exact_gradient(teacher, settings.regularization), settings, 0))

    def follow(activation: str) -> tuple[float, float, float]:
        """Slope in log n with its 95% half-width, and the largest root mean square distance times sqrt(n)."""
        logs, scaled = [], []
        for n in sizes:
            ends = []
            for k in range(sets):
                X = np.random.default_rng([62, n, k]).standard_normal((n, teacher.dimension))
                gradient = SampleGradient(teacher, X, settings.regularization, activation)
                ends.append(separation([exact[-1]], [list(path(gradient, settings, 0))[-1]], teacher.order)[0])
                logs.append((math.log(n), math.log(ends[-1])))
            scaled.append(math.sqrt(n * float(np.square(ends).mean())))
        fit = linregress(*np.array(logs).T)
        return float(fit.slope), float(t.ppf(0.975, len(logs) - 2) * fit.stderr), max(scaled)

    found = {activation: follow(activation) for activation in ("hermite", "power")}
    value, width, _ = found["hermite"]

    def falls(activation: str) -> bool:
        """Like n^{-1/2}, with an interval that can tell, and the distance itself at most 1.5 / sqrt(n)."""
        slope, half, size = found[activation]
        return abs(slope + 0.5) <= half and half < 0.35 and size < 1.5

    return Evidence(
        "measured",
        f"a teacher with 2 and a student with 6 neurons, $d=4$, $l=3$, $\\lambda={REGULARIZATION}$, {steps} steps from one start; {sets} data "
        f"sets of each of {', '.join(map(str, sizes))} samples: slope of $\\log\\|T_{{net}}-T\\|_F$ against $\\log n$ at the last step",
        falls,
        {"Hermite polynomials": "hermite"},
        {"the raw power": "power"},
        rf"slope ${value:.1f}$ with 95% half-width {width:.1f}; root mean square distance at most $1.5/\sqrt n$",
        lambda activation: f"slope {found[activation][0]:.1f}",
    )
