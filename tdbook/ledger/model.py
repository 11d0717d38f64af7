"""Claims of the chapter on the 2-homogeneous model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from tdbook.descent import iterate, practical_settings
from tdbook.ledger.claims import Claim, Control, Evidence
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
        kind="exact",
        what=f"derivatives in every entry, in exact fractions from values of $f$ on dense tensors alone, at {len(sizes)} sizes "
        rf"$d\le3$, $m\le3$, $r=2$, $l\le{max(size[3] for size in sizes)}$ (seed 40; $\lambda=3/7$ for even $l$, 0 for odd); "
        "`frozen_gradient` against them",
        holds=agrees(frozen_gradient),
        seen="equal to a relative 1e-12",
        controls=(
            Control("the factor $l$ left out", not agrees(lambda p, T, lam: frozen_gradient(p, T, lam) / T.order)),
            Control(
                "the sign of the target's part", not agrees(lambda p, T, lam: frozen_gradient(p, T.scaled(-1.0), lam))
            ),
            Control("the tied gradient instead of the frozen one", not agrees(tied_gradient)),
        ),
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


def _projection_bound(fast: bool) -> Evidence:
    count = 60 if fast else 3000
    ratios, slopes = [], []
    for point, target, lam in _random_points(count, 41):
        frozen = frozen_gradient(point, target, lam)
        size = float(np.vdot(frozen, frozen))
        ratios.append(float(np.vdot(tied_gradient(point, target, lam), frozen)) / size * target.order / 2)
        # the tied gradient itself, by central differences of F column by column, in units of the column
        V = point.U * np.sign(frozen)
        h = 1e-5
        numeric = (_along(point, target, lam, V, h) - _along(point, target, lam, V, -h)) / (2 * h)
        analytic = float(np.vdot(tied_gradient(point, target, lam), V))
        scale = max(abs(analytic), 1e-3 * loss(point, target, lam))
        slopes.append(abs(numeric - analytic) / scale)
    orders = np.array([3 + index % 3 for index in range(count)])
    # a purely radial gradient attains 2/l: one component along the target, norm off its optimum
    radial = Parameters.two_homogeneous([[0.5], [0.0]], [1.0])
    aligned = SymmetricCP([1.0], [[1.0], [0.0]], 3)
    g = frozen_gradient(radial, aligned, 0.0)
    extreme = float(np.vdot(tied_gradient(radial, aligned, 0.0), g) / np.vdot(g, g))
    in_bounds = bool((np.array(ratios) >= 1 - 1e-9).all() and (np.array(ratios) <= orders / 2 + 1e-9).all())
    return Evidence(
        kind="bound",
        what=f"{count} random points, $l=3,4,5$, norms over six decades, both signs, both values of $\\kappa$ (seed 41); the tied "
        "gradient against central differences of $F$ at each",
        holds=in_bounds and max(slopes) < 1e-4 and abs(extreme - 2 / 3) < 1e-12,
        seen="no ratio outside $[2/l, 1]$; differences below 1e-4; $2/l$ is attained by a radial gradient",
        controls=(
            Control(r"the sharper $\langle\nabla F,G\rangle\ge\frac{2.1}l\|G\|^2$", extreme < 2.1 / 3),
            Control(
                r"the tied gradient taken for the frozen one: $\langle\nabla F,G\rangle=\|G\|^2$",
                bool((np.array(ratios) < orders / 2 - 1e-3).any()),
            ),
        ),
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
        return all(max(found) <= 3.0 * found[0] for found in (quotients(order, degree) for order in (3, 4, 5)))

    yield Evidence(
        kind="bound",
        what=rf"$\|\nabla F(x)-\nabla F(y)\|/\|x-y\|$ of one column at {30 if fast else 300} random pairs on each of four scales from 1 to $10^{{-6}}$, $l=3,4,5$ "
        "(seeds 44, 45)",
        holds=bounded(2),
        seen="the same on all scales",
        controls=(Control(r"$\|u\|^{1-l}u^{\otimes l}$, of degree 1", not bounded(1)),),
    )

    def twice(values: np.ndarray, directions: np.ndarray) -> bool:
        """Whether numbers on the sphere are those of a quadratic form."""
        d = len(directions)
        columns = [directions[i] * directions[j] for i in range(d) for j in range(i, d)]
        fit = np.linalg.lstsq(np.stack(columns, axis=1), values, rcond=None)[0]
        return bool(np.abs(np.stack(columns, axis=1) @ fit - values).max() <= 1e-9 * np.abs(values).max())

    w = random_unit_vectors(3, 40, rng)
    general = [random_target(3, 2, order, rng=46).evaluate(w) for order in (3, 4, 5)]
    plane = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0], [1.0, 0.0, 1.0]])
    special = ((plane @ w) ** 2).sum(axis=0)  # (x^T A x)(x^T x) on the sphere: a residual of order 4
    yield Evidence(
        kind="bound",
        what="whether $R(w^{\\otimes l})$ at 40 directions is a quadratic form, for random residuals of order 3, 4 and 5 (seed 46)",
        holds=not any(twice(values, w) for values in general),
        seen="none is: not twice differentiable",
        controls=(Control(r"$R=\mathrm{Sym}(A\otimes I)$ of order 4, where it is", twice(special, w)),),
    )


def _units_run(fast: bool) -> Evidence:
    """Two runs with the same draws, one in other units, state by state."""
    t = 3.7

    def equal(step: float, regularizer: float) -> bool:
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
        kind="run",
        what=f"runs of two epochs, $l=3,4$, $d=5$, $r=2$ (seeds 47, 48), for $T^*$ and for ${t}\\,T^*$: every column of every state, to six digits",
        holds=equal(-1.0, 1.0),
        seen="equal up to the factor",
        controls=(
            Control(r"$\eta$ for $\eta/t$", not equal(0.0, 1.0)),
            Control(r"$\lambda$ for $t\lambda$", not equal(-1.0, 0.0)),
        ),
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
        checks=(proofs_of("projection"), _projection_bound),
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
        kinds=("run",),
        checks=(_units_run,),
        rests_on=("gradient", "two-homogeneous"),
        note="The paper assumes unit norm without loss of generality, and does not say how its parameters scale.",
    ),
)
