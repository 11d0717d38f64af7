"""Checks of three statements: a grid proves a bound, what makes a fresh component grow, and spectral decompositions."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np

from tdbook.ledger.claims import Evidence
from tdbook.ledger.runs import random_points
from tdbook.objectives import frozen_gradient, model
from tdbook.tensors import SymmetricCP, random_target
from tdbook.validation import Array


def grid_bound(fast: bool) -> Evidence:
    """The largest value on the circle against that of a grid, for random forms and for the one with equality."""
    rng = np.random.default_rng(151)
    fine: Array = np.linspace(0.0, math.pi, 20_001)
    ratios: dict[int, list[float]] = {}
    for order in (3, 4, 5):
        for k in range(5 if fast else 200):
            waves = rng.standard_normal(order // 2 + 1) if k else np.eye(order // 2 + 1)[-1]
            shifts = rng.uniform(0.0, 2.0 * math.pi, len(waves))

            def form(t: Any, waves: Array = waves, shifts: Array = shifts, order: int = order) -> Array:
                # a form of degree l on the circle: waves of the frequencies l, l-2, ...
                first = order % 2
                return np.asarray(
                    sum(a * np.cos((first + 2 * i) * t + b) for i, (a, b) in enumerate(zip(waves, shifts, strict=True)))
                )

            most = float(np.abs(form(fine)).max())
            peak = float(fine[np.abs(form(fine)).argmax()])
            tau = math.pi / (2 * order) * rng.uniform(0.2, 0.95)
            steps = np.arange(-math.ceil(math.pi / (2 * tau)), math.ceil(math.pi / (2 * tau)) + 1)
            grid = peak + tau + 2.0 * tau * steps
            if not k:  # one wave: equality, with a grid point at tau on both sides of each of its peaks
                tau = math.pi / (2 * order) * rng.uniform(0.5, 0.95)
                peaks = peak + math.pi / order * np.arange(order)
                grid = np.concatenate([peaks - tau, peaks + tau]).astype(float)
            ratios.setdefault(order, []).append(most * math.cos(order * tau) / float(np.abs(form(grid)).max()))

    def holds(times: float) -> bool:
        return all(ratio * times <= 1.0 + 1e-6 for found in ratios.values() for ratio in found)

    largest = max(max(found) for found in ratios.values())
    return Evidence(
        "bound",
        rf"forms of degree $l=3,4,5$ on the circle, {5 if fast else 200} each (seed 151), with the grid's points as far from the peak as the grid allows",
        holds,
        {r"$\cos l\theta$": 1.0},
        {r"$1.01\cos l\theta$": 1.01},
        f"the largest ratio of the two sides is {largest:.4f}",
    )


def growth_exact(fast: bool) -> Evidence:
    """The identity at random points, to the rounding of floats."""
    count, eta = 100 if fast else 3000, 0.05

    def holds(formula: tuple[float, float]) -> bool:
        """How much of lambda and how much of eta^2 ||g||^2 is in the formula."""
        for point, target, lam in random_points(count, 152):
            l = target.order
            u, g = point.U[:, 0], frozen_gradient(point, target, lam)[:, 0]
            w = u / np.linalg.norm(u)
            R = float(model(point, l).evaluate(w[:, None])[0] - target.evaluate(w[:, None])[0])
            pull = float(point.a[0]) * float(point.kappa[0]) ** (l - 2) * R
            square = eta**2 * float(g @ g)
            after, size = float(np.sum((u - eta * g) ** 2)), float(u @ u)
            right = size * (1 - 2 * eta * l * (pull + formula[0] * lam)) + formula[1] * square
            if abs(after - right) > 1e-10 * (size + square + after):
                return False
        return True

    return Evidence(
        "exact",
        rf"both sides at {count} random points, $l=3,4,5$, $\eta={eta}$ (seed 152), to $10^{{-10}}$ of their terms",
        holds,
        {"the formula": (1.0, 1.0)},
        {r"without $\lambda$": (0.0, 1.0), r"without $\eta^2\|g\|^2$": (1.0, 0.0)},
        "equal",
    )


def mixture_quadrature(fast: bool) -> Evidence:
    """Both sides for activations of several orders: the mean by Gauss-Hermite quadrature, exact for polynomials."""
    rng = np.random.default_rng(154)
    nodes, masses = np.polynomial.hermite_e.hermegauss(12)
    masses = masses / masses.sum()
    cases = [
        (rng.standard_normal(4), random_target(3, 3, 3, rng=rng), random_target(3, 2, 3, rng=rng))
        for _ in range(3 if fast else 20)
    ]

    def activation(sigma: Array, y: Array) -> Array:
        scaled = [s / math.sqrt(math.factorial(k)) for k, s in enumerate(sigma, start=1)]
        return np.asarray(np.polynomial.hermite_e.hermeval(y, [0.0, *scaled]))

    def holds(power: int) -> bool:
        """With sigma_k to this power as the weight of order k."""
        for sigma, student, teacher in cases:
            (c, w), (b, v) = student.components(), teacher.components()
            weights, vectors = np.concatenate([c, -b]), np.concatenate([w, v], axis=1)
            x = np.stack(np.meshgrid(nodes, nodes, nodes, indexing="ij")).reshape(3, -1)
            mass = np.einsum("i,j,k->ijk", masses, masses, masses).ravel()
            mean = 0.5 * float(mass @ (weights @ activation(sigma, vectors.T @ x)) ** 2)
            gram = vectors.T @ vectors
            mixed = sum(
                0.5 * abs(s) ** power * float(weights @ gram**k @ weights) for k, s in enumerate(sigma, start=1)
            )
            if abs(mean - mixed) > 1e-10 * (mean + mixed):
                return False
        return True

    return Evidence(
        "exact",
        f"{len(cases)} students and teachers with activations of orders 1 to 4, $d=3$, by Gauss-Hermite quadrature that is exact for them (seed 154)",
        holds,
        {r"$\sigma_k^2$": 2},
        {r"$|\sigma_k|$ for $\sigma_k^2$": 1},
        "equal to ten digits",
    )


def spectral(target: SymmetricCP) -> SymmetricCP:
    """A decomposition by the eigenvectors of the slices, and polarisation: at most 2^{l-1} s^{l-1} terms."""
    basis, order = target.span(), target.order
    core = target.in_basis(basis).to_dense()
    s = basis.shape[1]
    weights, vectors = [], []
    for index in product(range(s), repeat=order - 2):
        values, columns = np.linalg.eigh(core[index])
        for value, v in zip(values, columns.T, strict=True):
            forms = [np.eye(s)[k] for k in index] + [v, v]
            for signs in product((1.0, -1.0), repeat=order - 1):
                weights.append(value * math.prod(signs) / (2 ** (order - 1) * math.factorial(order)))
                vectors.append(forms[0] + sum(sign * form for sign, form in zip(signs, forms[1:], strict=True)))
    return SymmetricCP(weights, basis @ np.array(vectors).T, order)


def spectral_run(fast: bool) -> Evidence:
    """The construction at random targets: exact, and as short as it is said to be."""
    found = []
    for order, s in ((3, 2), (3, 4), (4, 2)) if fast else ((3, 2), (3, 4), (3, 8), (4, 2), (4, 4), (5, 3)):
        target = (
            random_target(s + 3, 2 * s, order, kind="dependent", rng=153)
            if s < 3
            else random_target(s + 3, s, order, rng=153)
        )
        result = spectral(target)
        found.append((order, target.span().shape[1], result.rank, target.distance(result) / target.norm()))

    def short(power: int) -> bool:
        """Exact, with at most 2^{l-1} s^{l-power} terms."""
        return all(
            error < 1e-9 and count <= 2 ** (order - 1) * s ** (order - power) for order, s, count, error in found
        )

    return Evidence(
        "run",
        f"the construction at {len(found)} random targets, $3\\le l\\le5$ (seed 153): exact to 9 digits, and how many powers it has",
        short,
        {"at most $2^{l-1}s^{l-1}$": 1},
        {"at most $2^{l-1}s^{l-2}$": 2},
    )
