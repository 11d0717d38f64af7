"""What several tests share."""

from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np

from tdbook import landscape
from tests.support import dense


def entries(order: int, r: int) -> dict[tuple[int, ...], Fraction]:
    """T* as a polynomial, written down from its definition: x_1^l - C(l,2) x_1^{l-2} sum_j x_j^2."""
    polynomial = {(order, *[0] * r): Fraction(1)}
    for j in range(r):
        exponents = [order - 2, *[0] * r]
        exponents[1 + j] = 2
        polynomial[tuple(exponents)] = Fraction(-comb(order, 2))
    return polynomial


def with_coefficients(order, c):
    """The plane's vanilla trap with two components of the same terms and coefficients ``c``."""
    given = landscape.vanilla_trap(order, 1, 2, 2)
    return landscape.Trap(given.target, 1, given.U * np.array(c) ** (-1.0 / order), np.array(c), "vanilla")


TRAPS = [
    landscape.vanilla_trap(3, 1, 4, 2),
    landscape.vanilla_trap(4, 1, 4, 2),
    landscape.homogeneous_trap(3, 1, 4, 2, 0.2),
    landscape.mixed_sign_trap(4, 1, 4, 3, 0.2),
]


def pair_places(order, d, pole, j):
    """S(e_pole^{l-2} e_j^2): a one for each placement of two indices j."""
    T = np.zeros((d,) * order)
    for i, k in combinations(range(order), 2):
        T[tuple(j if q in (i, k) else pole for q in range(order))] = 1.0
    return T


def goal_of(trap):
    """T* of a trap from the words of Section 3.3."""
    order, d, e = trap.order, trap.U.shape[0], np.eye(trap.U.shape[0])
    T = np.zeros((d,) * order)
    for pole, sign in enumerate((1.0, -1.0)[: trap.poles]):
        T += sign * dense.power(e[pole], order)
        T -= sign * sum(pair_places(order, d, pole, j) for j in range(trap.poles, trap.poles + trap.r))
    return T


def loss_of(trap, U, c, goal):
    """f of the trap's model on all entries."""
    lengths = np.linalg.norm(U, axis=0)
    weights = c if trap.model == "vanilla" else c / lengths ** (trap.order - 2)
    T = dense.tensor(weights, U, trap.order)
    return 0.5 * np.sum((T - goal) ** 2) + trap.regularization * np.sum(lengths**2)


def traps(order):
    yield landscape.vanilla_trap(order, 1, 2, 3)
    yield landscape.vanilla_trap(order, 2, 3, 3)
    yield landscape.homogeneous_trap(order, 1, 2, 3, 0.3, [1.0, 2.0])
    if order % 2 == 0:
        yield landscape.mixed_sign_trap(order, 1, 3, 4, 0.2, [1.0, 2.0, 3.0])


def near(trap, rng, size):
    U = trap.U + size * rng.standard_normal(trap.U.shape)
    return U, trap.c + size * rng.standard_normal(trap.c.shape) if trap.model == "vanilla" else trap.c


def slope(f, x, h=1e-3):
    """The gradient of f at x by Richardson's differences."""
    rows = []
    for e in np.eye(x.size):
        wide, narrow = ((f(x + k * h * e) - f(x - k * h * e)) / (2 * k * h) for k in (2, 1))
        rows.append((4 * narrow - wide) / 3)
    return np.array(rows)
