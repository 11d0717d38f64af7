"""The fixed reference of the benchmark: the subspace power method (Kileel and Pereira) in plain NumPy.

Entries only, one start at a time, orders 3 and 4. It is kept as it is: a faster one would change what is measured.
"""

from __future__ import annotations

import numpy as np


def column_space(T: np.ndarray, tolerance: float = 1e-8) -> tuple[np.ndarray, np.ndarray, int]:
    """Basis A (d^n, r) of the column space of the squarest unfolding, what inverts the unfolding on it, and n."""
    d, l = T.shape[0], T.ndim
    n = (l + 1) // 2  # x^{(x) n} must lie in the column space
    M = T.reshape(d**n, -1)
    if M.shape[0] == M.shape[1]:
        w, V = np.linalg.eigh((M + M.T) / 2)
        keep = np.abs(w) > tolerance * np.abs(w).max()
        return V[:, keep], np.diag(1 / w[keep]), n
    U, s, Vt = np.linalg.svd(M, full_matrices=False)
    keep = s > tolerance * s.max()
    return U[:, keep], (Vt[keep].T / s[keep]).T, n


def outer_power(x: np.ndarray, n: int) -> np.ndarray:
    """x^{(x) n} as a vector."""
    power = x
    for _ in range(n - 1):
        power = np.multiply.outer(power, x)
    return power.ravel()


def power(
    A: np.ndarray,
    d: int,
    n: int,
    rng: np.random.Generator,
    tries: int = 20,
    steps: int = 5000,
    tolerance: float = 1e-14,
) -> np.ndarray:
    """A unit x with ||A^T x^{(x) n}|| = 1, for A with orthonormal columns; the best of the starts."""
    gamma = np.sqrt((n - 1) / n) if n > 1 else 0.0
    best: tuple[float, np.ndarray] = (-1.0, np.zeros(d))
    for _ in range(tries):
        x = rng.standard_normal(d)
        x /= np.linalg.norm(x)
        for _ in range(steps):
            c = A.T @ outer_power(x, n)
            f = c @ c
            g = (A @ c).reshape((d,) * n)
            for _ in range(n - 1):
                g = g @ x
            y = g + gamma * x
            y /= np.linalg.norm(y)
            there = f > 1 - 1e-13 or np.linalg.norm(y - x) < tolerance
            x = y
            if there:
                break
        if f > best[0]:
            best = (f, x)
        if f > 1 - 1e-9:
            break
    return best[1]


def spm(T: np.ndarray, rng: np.random.Generator, tries: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Weights (r,) and unit directions (d, r) of a symmetric array, found one after another and taken out."""
    d, l = T.shape[0], T.ndim
    A, D, n = column_space(T)
    weights, directions = [], []
    if l % 2 == 0:
        C = np.linalg.inv(D)  # T = A C A^T
    else:
        B = A.T @ T.reshape(d**n, -1)  # T = A B
    while A.shape[1]:
        x = power(A, d, n, rng, tries)
        a = A.T @ outer_power(x, n)
        if l % 2 == 0:
            z = np.linalg.solve(C, a)  # C - weight a a^T has rank one less; its null vector is z
            weight = 1 / (a @ z)
            Q = np.linalg.svd((z / np.linalg.norm(z))[:, None], full_matrices=True)[0][:, 1:]
            C = Q.T @ (C - weight * np.outer(a, a)) @ Q
        else:
            b = outer_power(x, l - n)
            inverse = np.linalg.pinv(B)
            weight = 1 / (b @ inverse @ a)
            z = inverse.T @ b  # the left null vector of B - weight a b^T
            Q = np.linalg.svd((z / np.linalg.norm(z))[:, None], full_matrices=True)[0][:, 1:]
            B = Q.T @ (B - weight * np.outer(a, b))
        A = A @ Q
        weights.append(weight)
        directions.append(x)
    return np.array(weights), np.array(directions).T
