"""Claims of the chapter on the 2-homogeneous model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from tdbook.descent import iterate, practical_settings
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


# --- at a zero column, and in other units -----------------------------------------------------------------


def _smooth_bound(fast: bool) -> Iterator[Evidence]:
    """Near a zero column: the gradient's Lipschitz quotient on all scales, and the second derivative by directions."""
    rng = np.random.default_rng(44)

    def quotients(order: int, degree: int) -> list[float]:
        """The largest |grad(x) - grad(y)| / |x - y| over pairs of size 10^-k, for u -> ||u||^{degree-l} u^{(x) l}."""
        target, found = random_target(3, 2, order, rng=45), []
        for k in range(0, 7, 2):
            worst = 0.0
            for _ in range(30 if fast else 300):
                x, y = 10.0**-k * rng.standard_normal((2, 3, 1))
                slopes = []
                for u in (x, y):
                    size = float(np.linalg.norm(u))
                    w = u[:, 0] / size
                    pull, value = order * target.contract(u / size)[:, 0], float(target.evaluate(u / size)[0])
                    slopes.append(size ** (degree - 1) * (pull + (degree - order) * value * w))
                worst = max(worst, float(np.linalg.norm(slopes[0] - slopes[1]) / np.linalg.norm(x - y)))
            found.append(worst)
        return found

    def bounded(degree: int) -> bool:
        """Whether the quotient of the map of this degree is as large on small scales as on scale 1."""
        return all(max(found) <= 3.0 * found[0] for found in (quotients(order, degree) for order in (3, 4, 5)))

    yield Evidence(
        "bound",
        rf"$\|\nabla F(x)-\nabla F(y)\|/\|x-y\|$ of one column at {30 if fast else 300} random pairs on each of four scales from 1 to $10^{{-6}}$, $l=3,4,5$ "
        "(seeds 44, 45)",
        bounded,
        {r"$\|u\|^{2-l}u^{\otimes l}$, of degree 2": 2},
        {r"$\|u\|^{1-l}u^{\otimes l}$, of degree 1": 1},
        "the same on all scales",
    )

    w = random_unit_vectors(3, 40, rng)
    columns = np.stack([w[i] * w[j] for i in range(3) for j in range(i, 3)], axis=1)

    def no_quadratic_form(values: np.ndarray) -> bool:
        """Whether numbers at the directions w are not those of a quadratic form."""
        fit = np.linalg.lstsq(columns, values, rcond=None)[0]
        return bool(np.abs(columns @ fit - values).max() > 1e-9 * np.abs(values).max())

    plane = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0], [1.0, 0.0, 1.0]])
    yield Evidence(
        "bound",
        "$R(w^{\\otimes l})$ at 40 directions is no quadratic form, for random residuals of order 3, 4 and 5 (seed 46)",
        no_quadratic_form,
        {f"order {order}": random_target(3, 2, order, rng=46).evaluate(w) for order in (3, 4, 5)},
        {r"$R=\mathrm{Sym}(A\otimes I)$ of order 4, where it is one": ((plane @ w) ** 2).sum(axis=0)},
        "so it is not twice differentiable",
    )


def _units_run(fast: bool) -> Evidence:
    """Two runs with the same draws, one in other units, state by state."""
    t = 3.7

    def equal(powers: tuple[float, float]) -> bool:
        """Whether the run with eta and lambda times these powers of t is the run in other units."""
        step, regularizer = powers
        for order in (3, 4):
            target = random_target(5, 2, order, rng=47)
            one = practical_settings(target, 5, 0.1, epochs=2, iterations=30 if fast else 200)
            other = replace(
                one,
                step_size=one.step_size * t**step,
                init_scale=one.init_scale * t**0.5,
                regularization=one.regularization * t**regularizer,
            )
            for a, b in zip(iterate(target, one, 48), iterate(target.scaled(t), other, 48), strict=True):
                if not np.allclose(t**0.5 * a.parameters.U, b.parameters.U, rtol=1e-6, atol=1e-9):
                    return False
        return True

    return Evidence(
        "run",
        f"runs of two epochs, $l=3,4$, $d=5$, $r=2$ (seeds 47, 48), for $T^*$ and for ${t}\\,T^*$: every column of every state, to six digits",
        equal,
        {r"$\eta/t$, $t\lambda$": (-1.0, 1.0)},
        {r"$\eta$ for $\eta/t$": (0.0, 1.0), r"$\lambda$ for $t\lambda$": (-1.0, 0.0)},
        "equal up to the factor",
    )


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
    Claim(
        id="once-smooth",
        title="Once differentiable, not twice",
        place="Section 4",
        kinds=("bound",),
        checks=(_smooth_bound,),
        rests_on=("two-homogeneous",),
    ),
    Claim(
        id="normalise",
        title="The norm of the target is no restriction",
        place="Section 3",
        kinds=("symbolic", "run"),
        checks=(proofs_of("normalise"), _units_run),
        rests_on=("gradient", "two-homogeneous"),
        note="The paper assumes unit norm without loss of generality, and does not say how its parameters scale.",
    ),
)
