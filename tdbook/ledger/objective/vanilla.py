"""Checks of what the chapter proves of the vanilla loss: its gradient, what a flow conserves, and its bad points."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import numpy as np
from scipy.optimize import minimize

from tdbook.ledger.claims import Evidence
from tdbook.ledger.exact import tensors as reference
from tdbook.objectives import vanilla_gradient, vanilla_loss
from tdbook.tensors import SymmetricCP, random_target
from tdbook.tensors.fractions import rank


def _loss(c: list[Fraction], U: list[list[Fraction]], target: reference.Tensor, order: int) -> Fraction:
    residual = reference.difference(reference.combine(c, U, order), target)
    return reference.inner(residual, residual) / 2


def _contracted(residual: reference.Tensor, u: list[Fraction], v: list[Fraction]) -> Fraction:
    """R(u^{(x) l-1}, v)."""
    return sum(
        (entry * math.prod(u[i] for i in index[:-1]) * v[index[-1]] for index, entry in residual.items()), Fraction(0)
    )


def gradient_exact(fast: bool) -> Evidence:
    """The derivative of the loss along a line, exactly, against the two formulas."""
    rng = np.random.default_rng(33)
    cases = []
    for order, d in product((3, 4), (2,) if fast else (2, 3)):
        c, U = reference.fractions(rng, 2), reference.fractions(rng, 2, d)
        target = reference.combine(reference.fractions(rng, 2), reference.fractions(rng, 2, d), order)
        v, g = reference.fractions(rng, d), reference.fractions(rng, 1)[0]

        def along(
            t: Fraction, c: list = c, U: list = U, v: list = v, T: reference.Tensor = target, l: int = order
        ) -> Fraction:
            return _loss(c, [[x + t * y for x, y in zip(U[0], v, strict=True)], U[1]], T, l)

        def beside(
            t: Fraction, c: list = c, U: list = U, g: Fraction = g, T: reference.Tensor = target, l: int = order
        ) -> Fraction:
            return _loss([c[0] + t * g, c[1]], U, T, l)

        residual = reference.difference(reference.combine(c, U, order), target)
        cases.append(
            (
                reference.derivative(along, 2 * order), c[0] * _contracted(residual, U[0], v), order,
                reference.derivative(beside, 2), g * _contracted(residual, U[0], U[0]),
            )
        )  # fmt: skip

    columns, weights = np.random.default_rng(35).standard_normal((5, 3)), np.array([1.0, -0.5, 2.0])
    GU, Gc = vanilla_gradient(columns, weights, random_target(5, 3, 4, rng=34))

    def holds(formulas: tuple[int, bool]) -> bool:
        """The gradient with l less this number, and the derivative in c by its own formula or by the other one."""
        less, own = formulas
        euler = np.einsum("ij,ij->j", columns, GU) - (4 - less) * weights * Gc
        if np.abs(euler).max() > 1e-10 * np.abs(GU).max():
            return False
        return all(
            du == (order - less) * pull and dc == (value if own else pull) for du, pull, order, dc, value in cases
        )

    return Evidence(
        "exact",
        f"both derivatives along lines in exact fractions at {len(cases)} sizes, $l=3,4$ (seed 33), and the last formula for the library's gradient",
        holds,
        {"the formulas": (0, True)},
        {"$l-1$ for $l$": (1, True), "the other formula for the derivative in $c_i$": (0, False)},
        "equal",
    )


def conserved_run(fast: bool) -> Evidence:
    """How far ||u||^2 - l c^2 drifts in steps of size eta: to first order in eta, so not at all along the flow."""
    order, time = 3, 2.0

    def drift(eta: float, factor: float) -> float:
        target, rng = random_target(4, 2, order, rng=36), np.random.default_rng(37)
        U, c = 0.5 * rng.standard_normal((4, 3)), rng.standard_normal(3)
        first = (U**2).sum(axis=0) - factor * c**2
        for _ in range(round(time / eta)):
            GU, Gc = vanilla_gradient(U, c, target)
            U, c = U - eta * GU, c - eta * Gc
        return float(np.abs((U**2).sum(axis=0) - factor * c**2 - first).max())

    coarse, fine = (2e-2, 2e-3) if fast else (1e-2, 2e-4)

    def vanishes(factor: float) -> bool:
        """Whether the drift of ||u||^2 - factor c^2 falls like the step."""
        return drift(fine, factor) <= 1.5 * fine / coarse * drift(coarse, factor)

    return Evidence(
        "run",
        rf"gradient descent for a time of {time:g}, $l={order}$, $d=4$, $m=3$ (seeds 36, 37), with steps {coarse:g} and {fine:g}: the drift falls with the step",
        vanishes,
        {r"$\|u_i\|^2-l\,c_i^2$": float(order)},
        {r"$\|u_i\|^2-c_i^2$": 1.0},
        f"drift {drift(coarse, 3.0):.0e} and {drift(fine, 3.0):.0e}",
        lambda factor: f"drift {drift(fine, factor):.0e} at the smaller step",
    )


def barrier_exact(fast: bool) -> Evidence:
    """The change of the loss in exact fractions."""
    values = [Fraction(1, 3), Fraction(-1, 2), Fraction(3, 2)]
    changes, one, none = {}, Fraction(1), Fraction(0)
    for order, s, x in product((2, 3, 4, 5), (Fraction(1, 2), Fraction(2, 3)), values):
        origin = reference.combine(
            [s, Fraction(1)], [[one, none], [none, one]], order
        )  # T* = s e_1^l + e_k^l: R = -e_k^l
        changes[order, s, x] = _loss([s], [[Fraction(1), x]], origin, order) - _loss(
            [s], [[Fraction(1), Fraction(0)]], origin, order
        )

    def holds(formula: tuple[int, Fraction]) -> bool:
        """The sign of the gain, and the factor of the cost."""
        sign, half = formula
        return all(
            half * s**2 * ((1 + x**2) ** order - 1) - sign * s * x**order == found
            for (order, s, x), found in changes.items()
        )

    return Evidence(
        "exact",
        f"the change of the loss from all entries in fractions, $l=2,3,4,5$, {len(changes)} cases",
        holds,
        {"the formula": (1, Fraction(1, 2))},
        {"the gain with the other sign": (-1, Fraction(1, 2)), "without the half": (1, Fraction(1))},
        "equal",
    )


def signs_bound(fast: bool) -> Evidence:
    """The least loss that a search finds with q positive coefficients."""
    least = {}
    rng = np.random.default_rng(38)
    for r, q in ((2, 0), (2, 1), (3, 1)) if fast else ((2, 0), (2, 1), (3, 0), (3, 1), (3, 2), (4, 2)):
        signs = np.array([1.0] * q + [-1.0] * (r + 1 - q))
        goal = SymmetricCP(np.ones(r), np.eye(r + 1)[:, :r], 2)

        def value(flat: np.ndarray, signs: np.ndarray = signs, goal: SymmetricCP = goal, d: int = r + 1) -> float:
            return vanilla_loss(flat.reshape(d, -1), signs, goal)

        least[r, q] = min(
            float(minimize(value, 0.5 * rng.standard_normal((r + 1) * (r + 1)), method="BFGS").fun)
            for _ in range(2 if fast else 6)
        )

    def holds(times: float) -> bool:
        return all(found >= times * (r - q) / 2 - 1e-6 for (r, q), found in least.items())

    return Evidence(
        "bound",
        f"the least $f_v$ that quasi-Newton searches find at {len(least)} pairs $(r,q)$, $m=r+1$ components in dimension $r+1$ (seed 38)",
        holds,
        {r"$\frac{r-q}2$": 1.0},
        {r"$1.1\,\frac{r-q}2$": 1.1},
        f"the largest ratio of the bound to it is {max((r - q) / 2 / found for (r, q), found in least.items()):.3f}",
    )


def no_traps_run(fast: bool) -> Evidence:
    """Where searches end: at order 2 from random starts, at order 3 also from the trap that two equal columns make."""
    rng = np.random.default_rng(39)
    d, starts = 4, 8 if fast else 60

    def largest(order: int) -> float:
        """The largest loss at the end of a search with m = r = 3 columns and coefficients 1."""
        goal, ends = random_target(d, 3, order, kind="orthogonal", rng=40), []
        goal = SymmetricCP(np.ones(3), goal.components()[1], order)

        def both(flat: np.ndarray) -> tuple[float, np.ndarray]:
            U = flat.reshape(d, 3)
            return vanilla_loss(U, np.ones(3), goal), vanilla_gradient(U, np.ones(3), goal)[0].ravel()

        for _ in range(starts):
            found = minimize(both, rng.standard_normal(3 * d), jac=True, method="BFGS", options={"gtol": 1e-9})
            ends.append(float(found.fun))
        return max(ends)

    ends = {order: largest(order) for order in (2, 3)}
    return Evidence(
        "run",
        f"quasi-Newton searches for three orthonormal components in dimension {d} with three columns, {starts} random starts (seeds 39, 40): all end at a loss below "
        "$10^{-8}$",
        lambda order: ends[order] < 1e-8,
        {"order 2": 2},
        {"order 3": 3},
        "all do",
        lambda order: f"the largest is {ends[order]:.2f}",
    )


def border_exact(fast: bool) -> Iterator[Evidence]:
    """W is a limit of two cubes, and no sum of two: the apolar quadratic form has a double zero."""

    def loss(n: int) -> Fraction:
        goal = {index: Fraction(int(sum(index) == 1)) for index in reference.indices(2, 3)}
        return _loss([Fraction(n), Fraction(-n)], [[Fraction(1), Fraction(1, n)], [Fraction(1), Fraction(0)]], goal, 3)

    sizes = (10, 100, 1000)

    def falls(power: int) -> bool:
        return all(loss(10 * n) * 10**power <= Fraction(11, 10) * loss(n) for n in sizes)

    yield Evidence(
        "exact",
        r"the loss of $n\,(e_1+\frac1ne_2)^{\otimes3}-n\,e_1^{\otimes3}$ for $T^*=W$ falls like a power of $\frac1n$, in fractions, $n=10$ to $10^4$",
        falls,
        {"$n^{-2}$": 2},
        {"$n^{-3}$": 3},
        "so its infimum is 0",
    )

    def no_two_cubes(entries: tuple[int, int, int, int]) -> bool:
        """Whether the binary cubic with entries T_111, T_112, T_122, T_222 is no real sum of two cubes (Sylvester).

        It is one if a quadratic form with two different real zeros is apolar to it.
        """
        a, b, c, d = entries
        rows = [[Fraction(a), Fraction(b), Fraction(c)], [Fraction(b), Fraction(c), Fraction(d)]]
        if rank(rows) < 2:
            return False  # a cube, or zero
        x, y, z = b * d - c * c, b * c - a * d, a * c - b * b  # the only quadratic form in the kernel
        return y * y - 4 * x * z <= 0

    yield Evidence(
        "exact",
        "the quadratic form that is apolar to a binary cubic has no two different real zeros, so the cubic is no sum of two real cubes",
        no_two_cubes,
        {"$W$": (0, 1, 0, 0)},
        {r"$e_1^{\otimes3}+e_2^{\otimes3}$": (1, 0, 0, 1)},
        "for $W$ it has a double zero",
    )
