"""The claim that a run of Algorithm 1 lives in a small space, with its checks."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from tdbook.descent import Ambient, BufferedLoop, Lossless, Run, Space, iterate, practical_settings, run
from tdbook.ledger.claims import Evidence
from tdbook.objectives import model
from tdbook.tensors import SymmetricCP, random_target


def _rational(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Random fractions k/4 with |k| <= 4."""
    return np.array([Fraction(int(k), 4) for k in rng.integers(-4, 5, size=int(np.prod(shape)))]).reshape(shape)


def _rational_rotation(rng: np.random.Generator, d: int) -> np.ndarray:
    """An orthogonal matrix of fractions: the Cayley transform (I - A)^{-1} (I + A) of a skew matrix A."""
    A = _rational(rng, d, d)
    A = (A - A.T) / 2
    one = np.array([[Fraction(int(i == j)) for j in range(d)] for i in range(d)])
    left, right = one - A, one + A
    for i in range(d):  # Gauss-Jordan: a row with a non-zero pivot is always there, I - A is never singular
        pivot = next(k for k in range(i, d) if left[k, i] != 0)
        left[[i, pivot]], right[[i, pivot]] = left[[pivot, i]].copy(), right[[pivot, i]].copy()
        right[i], left[i] = right[i] / left[i, i], left[i] / left[i, i]
        for k in range(d):
            if k != i:
                right[k], left[k] = right[k] - left[k, i] * right[i], left[k] - left[k, i] * left[i]
    return right


def _exact_steps(U: np.ndarray, b: np.ndarray, F: np.ndarray, w: np.ndarray, order: int, steps: int) -> np.ndarray:
    """A few steps along the frozen gradient in fractions, with the regulariser where ||u||^{l-2} is rational."""
    eta, lam = Fraction(1, 20), Fraction(0) if order % 2 else Fraction(3, 7)
    for _ in range(steps):
        model = (U * b) @ (U.T @ U) ** (order - 1)
        gradient = order * b * (model - (F * w) @ (F.T @ U) ** (order - 1))
        if lam:
            gradient = gradient + lam * order * U * (U * U).sum(axis=0) ** ((order - 2) // 2)
        U = U - eta * gradient
    return U


def check_exact(fast: bool) -> Evidence:
    """Lossless steps in exact fractions."""
    d, p, m, r = 7, 4, 2, 2
    orders, steps = ((3, 4), 2) if fast else ((3, 4, 5, 6), 3)
    rng = np.random.default_rng(60)

    def same(change: str) -> bool:
        found = []
        for order in orders:
            rotation = _rational_rotation(rng, d)
            Q, X, Y = rotation[:, :p], _rational(rng, p, m), _rational(rng, p, r)
            b, w = _rational(rng, m), np.array([Fraction(1), Fraction(-3, 4)])
            F = Q @ Y
            if change == "outside":
                F[:, 0] = F[:, 0] + rotation[:, p]
            if change == "longer":
                Q = Q * np.array([Fraction(2)] + [Fraction(1)] * (p - 1))
                F = Q @ Y
            direct = _exact_steps(Q @ X, b, F, w, order, steps)
            found.append(bool((direct == Q @ _exact_steps(X, b, Y, w, order, steps)).all()))
        return all(found)

    return Evidence(
        "exact",
        f"{steps} steps of the frozen gradient in fractions, $d={d}$, $m={m}$, $r={r}$, in a rational orthonormal basis of "
        f"{p} vectors, $l={','.join(map(str, orders))}$ ($\\lambda=3/7$ for even $l$, 0 for odd; seed 60)",
        same,
        {"the basis": "none"},
        {
            "one vector of the target partly outside the basis": "outside",
            "a basis with one vector of length 2": "longer",
        },
        "the lifted coordinates equal the components",
    )


def _gap(one: Run, two: Run) -> float:
    """Largest difference between two runs: norms and losses of their histories, and the tensors they end with."""
    first, second = one.history, two.history
    if [e.reinitialized for e in first.epochs] != [e.reinitialized for e in second.epochs]:
        return np.inf
    return max(
        float(np.abs(np.array(first.norms) - np.array(second.norms)).max()),
        float(np.abs(np.array(first.loss) - np.array(second.loss)).max()),
        one.tensor.distance(two.tensor),
    )


def check_step_for_step(fast: bool) -> Evidence:
    """Lossless runs, step for step, in exact fractions."""
    d, m = 60, 9
    K, H = (3, 100) if fast else (5, 300)
    cells = [(3, "generic"), (4, "mixed-sign")]
    if not fast:
        cells = [(order, kind) for order in (3, 4, 5) for kind in ("generic", "orthogonal", "dependent", "mixed-sign")]
    pairs: dict[str, list[tuple[Run, Run]]] = {"lossless": [], "shorter": []}
    for order, kind in cells:
        target = random_target(d, 3, order, kind, rng=order)
        settings = replace(practical_settings(target, m, 0.05, epochs=K, iterations=H), literal=True)
        direct = run(target, settings, 7, space=Ambient)
        shorter = SymmetricCP(target.weights[:2], target.factors[:, :2], order)
        pairs["lossless"].append((run(target, settings, 7), direct))
        pairs["shorter"].append((run(shorter, settings, 7), direct))

    def agree(runs: list[tuple[Run, Run]]) -> bool:
        """Both runs alike, and their end that of the readable algorithm, which shares no loop with them."""
        for (one, two), (order, kind) in zip(runs, cells, strict=True):
            target = random_target(d, 3, order, kind, rng=order)
            settings = replace(practical_settings(target, m, 0.05, epochs=K, iterations=H), literal=True)
            *_, last = iterate(target, settings, 7)
            if max(_gap(one, two), one.tensor.distance(model(last.parameters, order))) >= 1e-10:
                return False
        return True

    return Evidence(
        "run",
        f"{len(cells)} runs in coordinates against the same runs in $\\mathbb R^{{{d}}}$, by the fast loop and by the readable steps: {K} re-initialisations, {K * H} "
        f"iterations, $m={m}$, $r=3$, $l={','.join(str(l) for l in sorted({order for order, _ in cells}))}$ (seed 7)",
        agree,
        {"coordinates": pairs["lossless"]},
        {"a basis made without the third vector of the target": pairs["shorter"]},
        "norms, losses and final tensors agree to 1e-10",
    )


def _numbers(space: Space, m: int, d: int) -> int:
    """Numbers that the loop of an epoch holds: every step touches some of these and nothing else."""
    target = random_target(d, 3, 3, rng=0)
    loop = BufferedLoop(space.target, practical_settings(target, m))
    return sum(value.size for value in vars(loop).values() if isinstance(value, np.ndarray) and value.base is None)


def check_sizes(fast: bool) -> Evidence:
    """Sizes of lossless arrays in exact fractions."""
    m, dimensions = 12, (100, 3000) if fast else (100, 100_000)

    def same(kind: type[Ambient] | type[Lossless]) -> bool:
        found = {_numbers(kind(random_target(d, 3, 3, rng=0), m, np.random.default_rng(0)), m, d) for d in dimensions}
        return len(found) == 1

    return Evidence(
        "run",
        f"numbers held by the loop over iterations at $d={dimensions[0]}$ and $d={dimensions[1]}$, $m={m}$, $r=3$",
        same,
        {"lossless coordinates": Lossless},
        {"the same loop on vectors of $\\mathbb R^d$": Ambient},
        "as many at one as at the other",
    )
