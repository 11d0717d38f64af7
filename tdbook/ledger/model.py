"""Claims of the chapter on the 2-homogeneous model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from tdbook.ledger.claims import Claim, Evidence
from tdbook.ledger.evidence import proofs_of
from tdbook.ledger.exact import tensors as reference
from tdbook.objectives import Parameters, frozen_gradient, loss, tied_gradient
from tdbook.tensors import SymmetricCP, random_target, random_unit_vectors

# --- gradient ---------------------------------------------------------------------------------------------

Gradient = Callable[[Parameters, SymmetricCP, float], Any]


def _exact_gradient(
    U: list, a: list, c: list, c_hat: list, target: reference.Tensor, lam: Fraction, order: int
) -> np.ndarray:
    """Gradient of f in U with c and c_hat held constant, from values of f alone.

    Along one entry f is a polynomial of degree 2l (the regulariser is one only for even l), so its derivative
    comes out exactly from 2l + 1 values.
    """
    d = len(U[0])
    result = np.empty((d, len(U)))
    weights = [sign * coefficient ** (order - 2) for sign, coefficient in zip(a, c, strict=True)]

    def value(i: int, k: int, t: Fraction) -> Fraction:
        moved = [[x + t if (j, q) == (i, k) else x for q, x in enumerate(u)] for j, u in enumerate(U)]
        residual = reference.difference(reference.combine(weights, moved, order), target)
        regularizer = Fraction(0)
        if lam:
            regularizer = sum(
                (h ** (order - 2) * reference.dot(u, u) ** (order // 2) for h, u in zip(c_hat, moved, strict=True)),
                Fraction(0),
            )
        return reference.inner(residual, residual) / 2 + lam * regularizer

    for i in range(len(U)):
        for k in range(d):
            result[k, i] = float(reference.derivative(partial(value, i, k), 2 * order))
    return result


def _gradient_exact(fast: bool) -> Evidence:
    sizes = (
        [(2, 2, 2, 3), (3, 2, 2, 4)] if fast else [(2, 2, 2, 3), (3, 2, 2, 4), (3, 3, 2, 3), (2, 3, 2, 5), (2, 2, 2, 6)]
    )
    rng = np.random.default_rng(40)
    instances = []
    for d, m, r, order in sizes:
        U, V = reference.fractions(rng, m, d), reference.fractions(rng, r, d)
        c, c_hat = ([abs(x) for x in reference.fractions(rng, m)] for _ in range(2))
        a = [Fraction(1) if i % 2 else Fraction(-1) for i in range(m)]
        w = reference.fractions(rng, r)
        # ||u||^l is a polynomial only for even l; for odd l the regulariser is left to the symbolic proof
        lam = Fraction(0) if order % 2 else Fraction(3, 7)
        exact = _exact_gradient(U, a, c, c_hat, reference.combine(w, V, order), lam, order)
        point = Parameters(reference.floats(U).T, *(reference.floats(x) for x in (a, c, c_hat)))
        target = SymmetricCP(reference.floats(w), reference.floats(V).T, order)
        instances.append((point, target, float(lam), exact))

    def agrees(gradient: Gradient) -> bool:
        return all(
            np.abs(gradient(point, target, lam) - exact).max() <= 1e-12 * np.abs(exact).max()
            for point, target, lam, exact in instances
        )

    return Evidence(
        "exact",
        f"derivatives in every entry, in exact fractions from values of $f$ on dense tensors alone, at {len(sizes)} sizes "
        rf"$d\le3$, $m\le3$, $r=2$, $l\le{max(size[3] for size in sizes)}$ (seed 40; $\lambda=3/7$ for even $l$, 0 for odd); "
        "`frozen_gradient` against them",
        agrees,
        {"`frozen_gradient`": frozen_gradient},
        {
            "the factor $l$ left out": lambda p, T, lam: frozen_gradient(p, T, lam) / T.order,
            "the sign of the target's part": lambda p, T, lam: frozen_gradient(p, T.scaled(-1.0), lam),
            "the tied gradient instead of the frozen one": tied_gradient,
        },
        "equal to a relative 1e-12",
    )


# --- frozen and tied --------------------------------------------------------------------------------------


def _random_points(count: int, seed: int) -> Iterator[tuple[Parameters, SymmetricCP, float]]:
    """Points with norms over six decades, both signs and both values of kappa, l = 3, 4, 5."""
    rng = np.random.default_rng(seed)
    for index in range(count):
        order, d, m = 3 + index % 3, int(rng.integers(2, 12)), int(rng.integers(1, 9))
        target = random_target(d, int(rng.integers(2, 6)), order, "mixed-sign", rng)
        U = random_unit_vectors(d, m, rng) * 10.0 ** rng.uniform(-6, 0.3, size=m)
        kappa = np.where(rng.random(m) < 0.5, 1.0, 30.0)
        yield Parameters.two_homogeneous(U, rng.choice([-1.0, 1.0], m), kappa), target, 10.0 ** rng.uniform(-4, 0)


def _along(point: Parameters, target: SymmetricCP, lam: float, V: np.ndarray, t: float) -> float:
    """F(U + tV): kappa is held, so c moves with u."""
    moved = Parameters.two_homogeneous(point.U + t * V, point.a, point.kappa)
    return loss(moved, target, lam)


def _share_of_square(point: Parameters, target: SymmetricCP, lam: float) -> float:
    """<grad F, G> / ||G||^2."""
    frozen = frozen_gradient(point, target, lam)
    return float(np.vdot(tied_gradient(point, target, lam), frozen) / np.vdot(frozen, frozen))


def _projection_bound(fast: bool) -> Evidence:
    count = 60 if fast else 3000
    shares = [(target.order, _share_of_square(point, target, lam)) for point, target, lam in _random_points(count, 41)]
    for order in (3, 4, 5):  # a purely radial gradient attains 2/l: one component along the target, off its optimum
        radial = Parameters.two_homogeneous([[0.5], [0.0]], [1.0])
        shares.append((order, _share_of_square(radial, SymmetricCP([1.0], [[1.0], [0.0]], order), 0.0)))

    def encloses(bounds: tuple[float, float]) -> bool:
        """low / l <= <grad F, G> / ||G||^2 <= high at every point."""
        low, high = bounds
        return all(low / order - 1e-9 <= share <= high + 1e-9 for order, share in shares)

    return Evidence(
        "bound",
        f"{count} random points, $l=3,4,5$, norms over six decades, both signs, both values of $\\kappa$ (seed 41), and a radial "
        "gradient for each $l$",
        encloses,
        {"$2/l$ and 1": (2.0, 1.0)},
        {
            r"the sharper $\langle\nabla F,G\rangle\ge\frac{2.1}l\|G\|^2$": (2.1, 1.0),
            r"the sharper $\langle\nabla F,G\rangle\le0.99\,\|G\|^2$": (2.0, 0.99),
        },
        "no ratio outside $[2/l, 1]$; both ends are reached: the radial gradient attains $2/l$",
    )


def _tied_by_differences(fast: bool) -> Evidence:
    points = list(_random_points(60 if fast else 600, 43))

    def agrees(gradient: Gradient) -> bool:
        """Along a direction in units of each column, against central differences of F."""
        for point, target, lam in points:
            V, h = point.U * np.sign(frozen_gradient(point, target, lam)), 1e-5
            numeric = (_along(point, target, lam, V, h) - _along(point, target, lam, V, -h)) / (2 * h)
            analytic = float(np.vdot(gradient(point, target, lam), V))
            if abs(numeric - analytic) > 1e-4 * max(abs(analytic), 1e-3 * loss(point, target, lam)):
                return False
        return True

    return Evidence(
        "bound",
        f"the tied gradient against central differences of $F$ at {len(points)} random points (seed 43)",
        agrees,
        {"`tied_gradient`": tied_gradient},
        {"`frozen_gradient`": frozen_gradient},
        "differences below 1e-4",
    )


# --- along real runs --------------------------------------------------------------------------------------


# --- the share of a fresh component in S ------------------------------------------------------------------


CLAIMS = (
    Claim(
        id="gradient",
        title="The frozen gradient",
        place="Section 4",
        kinds=("symbolic", "exact"),
        checks=(proofs_of("gradient"), _gradient_exact),
        rests_on=("loss-gram",),
    ),
    Claim(
        id="hessian",
        title="The second derivative along a direction",
        place="Section 4",
        kinds=("symbolic",),
        checks=(proofs_of("hessian"),),
        rests_on=("gradient",),
    ),
    Claim(
        id="two-homogeneous",
        title="The model is 2-homogeneous",
        place="Section 4",
        kinds=("symbolic",),
        checks=(proofs_of("two-homogeneous"),),
    ),
    Claim(
        id="euler",
        title="Euler's identities",
        place="Section 4",
        kinds=("symbolic",),
        checks=(proofs_of("euler"),),
        rests_on=("gradient", "two-homogeneous"),
    ),
    Claim(
        id="projection",
        title="The frozen step is a descent direction of the tied loss",
        place="Section 4",
        kinds=("symbolic", "bound"),
        checks=(proofs_of("projection"), _projection_bound, _tied_by_differences),
        rests_on=("gradient", "two-homogeneous"),
    ),
)
