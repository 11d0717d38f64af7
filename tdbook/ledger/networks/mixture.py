"""Check that the loss of a network is a mixture of orders."""

from __future__ import annotations

import math

import numpy as np

from tdbook.ledger.claims import Evidence
from tdbook.tensors import random_target
from tdbook.validation import Array


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
