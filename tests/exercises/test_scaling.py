"""Tests of ``tdbook.exercises.scaling``."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize

import tdbook
from tdbook.descent import practical_settings
from tdbook.exercises import scaling as chapter08
from tdbook.tensors import random_target


def test_how_often_a_candidate_passes_counted_by_binomials():
    for chance in (0.8, 0.95):
        wanted = sum(math.comb(20, k) * chance**k * (1 - chance) ** (20 - k) for k in (18, 19, 20))
        assert chapter08.passes(chance) == pytest.approx(wanted, rel=1e-12)


def test_the_reflection_frees_the_last_coordinate():
    X = np.random.default_rng(0).standard_normal((5, 4))
    X[-1] *= 1e-3
    H = chapter08.reflection(X)
    assert np.abs(H @ H.T - np.eye(5)).max() < 1e-14 and np.abs(H - H.T).max() < 1e-15
    assert np.abs((H @ X)[-1]).max() < 1e-14
    assert np.abs((H @ X).T @ (H @ X) - X.T @ X).max() < 1e-13


@pytest.mark.parametrize("accuracy", [0.2, 0.05])
def test_the_smallest_m_by_vectors_instead_of_in_law(accuracy):
    """d = 60 and vectors of R^60: the same counts within the scatter of ten seeds, m by m."""

    def good(m):
        runs = 0
        for seed in range(10):
            target = random_target(60, 2, 3, rng=seed)
            settings = practical_settings(target, m, accuracy, epochs=1, iterations=400)
            runs += tdbook.descent.run(target, settings, 100 + seed, trace=False).converged
        return runs

    found = chapter08.smallest_components(60, 2, accuracy, "generic")
    assert abs(next(m for m in range(1, 40) if good(m) >= 9) - found) <= chapter08._SCATTER


def test_searches_of_order_three_on_the_entries_of_a_core():
    """The same searches by SciPy on the inner products written here, in the span of start and target."""
    reached = 0
    for seed in range(8):
        T = random_target(1000, 3, 3, rng=seed)
        rng = np.random.default_rng(seed)
        W = rng.standard_normal((1000, 12))
        W /= np.linalg.norm(W, axis=0)
        signs = rng.choice([-1.0, 1.0], size=12)  # at odd order they go into the vectors
        Q = np.linalg.qr(np.hstack([T.factors, W]))[0]
        F, X = Q.T @ T.factors, (Q.T @ W) * signs

        def misfit(x, F=F, w=T.weights):
            X = x.reshape(15, 12)
            G, C = X.T @ X, F.T @ X
            gradient = 3 * (X @ G**2 - F @ (w[:, None] * C**2))
            return 0.5 * (np.sum(G**3) - 2 * np.sum(w @ C**3) + 1), gradient.ravel()

        end = minimize(misfit, X.ravel(), jac=True, method="L-BFGS-B").x
        reached += math.sqrt(max(0.0, 2 * misfit(end)[0])) <= 0.05
    assert reached == chapter08.reached_at_order_three()
