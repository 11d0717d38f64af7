"""Checks of Section 3.3 and Appendix B that need no run: exact fractions, spectra, the certified region."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np

from tdbook.landscape import (
    TERMS,
    Trap,
    arrows_minimum,
    homogeneous_trap,
    lowest_within,
    mixed_sign_trap,
    perturb,
    three_arrows,
    trap_decomposition,
    vanilla_trap,
)
from tdbook.ledger.claims import Control, Evidence
from tdbook.ledger.exact import polynomials as rational
from tdbook.ledger.exact.polynomials import Polynomial

Point = tuple[list[Fraction], list[list[Fraction]]]


def _target(order: int, r: int, placements: int | None = None) -> Polynomial:
    """T* as a polynomial, from its definition: x_1^l - C(l,2) x_1^{l-2} sum_j x_j^2."""
    count = comb(order, 2) if placements is None else placements
    polynomial: Polynomial = {(order, *[0] * r): Fraction(1)}
    for j in range(r):
        exponents = [order - 2, *[0] * r]
        exponents[1 + j] = 2
        polynomial[tuple(exponents)] = Fraction(-count)
    return polynomial


def _axis(dimension: int, k: int, order: int, size: Fraction | int = 1) -> Polynomial:
    return {tuple(order * (j == k) for j in range(dimension)): Fraction(size)}


def _unit_vector(rng: np.random.Generator, dimension: int) -> list[Fraction]:
    """A rational point of the unit sphere, by stereographic projection."""
    y = [Fraction(int(rng.integers(-4, 5)), int(rng.integers(1, 4))) for _ in range(dimension - 1)]
    square = sum((t * t for t in y), Fraction(0))
    return [(1 - square) / (1 + square), *(2 * t / (1 + square) for t in y)]


def _coefficients(rng: np.random.Generator, m: int) -> list[Fraction]:
    return [Fraction(int(rng.integers(-6, 7)), int(rng.integers(1, 5))) for _ in range(m)]


def _two_routes(traps: list[Trap], fast: bool, kind: str) -> Evidence:
    """The library's loss, by inner products with rank-one terms, against its identity, by distances to the trap."""
    points = 20 if fast else 2_000
    rng = np.random.default_rng(16)

    def agree(lacking: int) -> bool:
        for trap in traps:
            U, c = rng.standard_normal((points, *trap.U.shape)), rng.standard_normal((points, len(trap.c)))
            c = c if trap.model == "vanilla" else np.sign(c)
            change = trap.loss(U, c) - trap.value
            if np.abs(change - replace(trap, r=trap.r - lacking).rise(U, c)).max() > 1e-11 * np.abs(change).max():
                return False
        return True

    return Evidence(
        kind="exact",
        what=f"{kind}: loss by inner products against the identity, {points} random points each, $r=2$",
        holds=agree(0),
        seen="relative difference below 1e-11",
        controls=(Control("the identity with one missing direction less", not agree(1)),),
    )


# --- thm2 -------------------------------------------------------------------------------------------------


def check_identity_in_fractions(fast: bool) -> Evidence:
    """Theorem 2: value, stationarity and the identity, in rational arithmetic."""
    sizes = [(3, 1), (4, 1), (5, 2)] if fast else [(order, r) for order in range(3, 8) for r in (1, 2, 3)]
    rng = np.random.default_rng(11)

    def accepts(choose: Callable[[int], int], power: int = 2, half: Fraction = Fraction(1, 2)) -> bool:
        for order, r in sizes:
            target, trap = _target(order, r), _axis(r + 1, 0, order)
            residual = rational.combine([(1, trap), (-1, target)])
            value = rational.half_square(trap, target)
            if value != Fraction(order * (order - 1) * r, 4):
                return False
            unit = [[Fraction(k == j) for k in range(r + 1)] for j in range(r + 1)]
            pulls = (rational.linear_forms([unit[0]] * (order - 1) + [e]) for e in unit)
            if any(rational.inner(residual, pull) for pull in pulls):  # R(e_1^{l-1}, .) = 0: both gradients vanish
                return False
            c = _coefficients(rng, 3)
            U = [[2 * x for x in _unit_vector(rng, r + 1)] for _ in c]
            T = rational.powers(c, U, order)
            cone = sum(ci * u[0] ** (order - power) * sum(x * x for x in u[1:]) for ci, u in zip(c, U, strict=True))
            distance = 2 * half * rational.half_square(T, trap)
            if rational.half_square(T, target) - value != choose(order) * cone + distance:
                return False
        return True

    return Evidence(
        kind="exact",
        what=f"value, zero gradient in $U$ and $C$, and the identity at rational points, {len(sizes)} pairs of $l$ and "
        f"$r$ up to $l={sizes[-1][0]}$, $r={sizes[-1][1]}$, $m=3$",
        holds=accepts(lambda order: comb(order, 2)),
        seen="equal as fractions",
        controls=(
            Control(r"$l(l-1)$ in place of $\binom l2$", not accepts(lambda order: order * (order - 1))),
            Control(
                r"$\alpha_i^{l-1}$ in place of $\alpha_i^{l-2}$", not accepts(lambda order: comb(order, 2), power=1)
            ),
            Control("without the one half", not accepts(lambda order: comb(order, 2), half=Fraction(1))),
        ),
    )


def _certified(traps: Iterable[Trap], fast: bool, kind: str) -> Evidence:
    """No perturbation within the certified radius lowers the loss; further out some do, all outside the cone."""
    traps = list(traps)
    samples, starts = (2_000, 1) if fast else (200_000, 3)
    shares = (0.5, 0.999) if fast else (0.25, 0.5, 0.75, 0.999)

    def none_below(trap: Trap, share: float) -> bool:
        radius = share * trap.certified_radius
        found = perturb(trap, radius, samples, rng=5)
        hunted = lowest_within(trap, radius, starts, 60 if fast else 400, rng=5)
        return found.below == 0 and hunted > -1e-9 * trap.target.norm() ** 2

    far = [perturb(trap, 2.5 * trap.certified_radius, 3 * samples if fast else samples, rng=6) for trap in traps]
    shown = "; ".join(
        f"$l={trap.order}$, radius {trap.certified_radius:.3f}: 0 below inside, {found.below} of {found.samples} at 2.5 radii"
        for trap, found in zip(traps, far, strict=True)
    )
    return Evidence(
        kind="bound",
        what=f"{kind}: {samples} random perturbations at each of {len(shares)} radii up to the certified one, and descent "
        f"kept inside that ball; further out, every lower point lies outside the cone",
        holds=all(none_below(trap, share) for trap in traps for share in shares)
        and all(found.below_in_cone == 0 for found in far),
        seen=shown,
        controls=(
            Control(
                "2.5 times the certified radius",
                not any(found.below == 0 for found in far),
                f"lowest $f-f_0$: {min(found.lowest for found in far):.2f}",
            ),
        ),
    )


def check_routes_vanilla(fast: bool) -> Evidence:
    return _two_routes(
        [vanilla_trap(order, 2, 4, 4) for order in (3, 4, 5, 6, 7)], fast, r"$l=3,\dots,7$, $m=4$, $d=4$"
    )


def check_certified_vanilla(fast: bool) -> Evidence:
    return _certified(
        [vanilla_trap(order, 1, 4, 2) for order in (3, 4, 5)],
        fast,
        r"vanilla trap, $r=1$, $m=4$, $d=2$; certified radius $\min(\|u_i\|,c_i)$ for odd $l$, $\min c_i$ for even $l$",
    )


# --- thm2-hessian -----------------------------------------------------------------------------------------


def _rational_hessian(order: int, r: int, m: int, d: int) -> list[list[Fraction]]:
    """Hessian of f_v in (U, C) at u_i = e_1, c_i = 1/m, from the second-order terms of T along pairs of directions."""
    c, pole = Fraction(1, m), [Fraction(k == 0) for k in range(d)]
    residual = rational.combine([(1, _axis(d, 0, order))])
    for exponents, coefficient in _target(order, r).items():
        key = exponents + (0,) * (d - len(exponents))
        residual[key] = residual.get(key, Fraction(0)) - coefficient
    size = m * (d + 1)

    def parts(direction: dict[int, Fraction]) -> tuple[Polynomial, Polynomial]:
        """First derivative of T and half its second one; parameter k*m + i is u_i's k-th entry, the last m are C."""
        first, second = [], []
        for i in range(m):
            v = [direction.get(k * m + i, Fraction(0)) for k in range(d)]
            gamma = direction.get(d * m + i, Fraction(0))
            one = rational.linear_forms([pole] * (order - 1) + [v])
            first += [(order * c, one), (gamma, rational.linear_forms([pole] * order))]
            second += [
                (comb(order, 2) * c, rational.linear_forms([pole] * (order - 2) + [v, v])),
                (order * gamma, one),
            ]
        return rational.combine(first), rational.combine(second)

    def form(direction: dict[int, Fraction]) -> Fraction:
        velocity, bend = parts(direction)
        return rational.inner(velocity, velocity) + 2 * rational.inner(residual, bend)

    diagonal = [form({k: Fraction(1)}) for k in range(size)]
    H = [[Fraction(0)] * size for _ in range(size)]
    for k in range(size):
        H[k][k] = diagonal[k]
    for k, n in combinations(range(size), 2):
        H[k][n] = H[n][k] = (form({k: Fraction(1), n: Fraction(1)}) - diagonal[k] - diagonal[n]) / 2
    return H


def _has_spectrum(H: list[list[Fraction]], spectrum: dict[Fraction, int]) -> bool:
    """Whether each value is an eigenvalue of that multiplicity, and they are all: by exact ranks."""
    size = len(H)
    for value, multiplicity in spectrum.items():
        shifted = [[H[k][n] - value * (k == n) for n in range(size)] for k in range(size)]
        if size - rational.rank(shifted) != multiplicity:
            return False
    return sum(spectrum.values()) == size


def check_hessian_in_fractions(fast: bool) -> Evidence:
    """The spectrum of the vanilla Hessian, by ranks of H - mu I over the rationals."""
    sizes = (
        [(3, 1, 2, 3), (4, 1, 2, 2)] if fast else [(3, 1, 2, 3), (3, 2, 3, 4), (4, 1, 3, 3), (5, 2, 2, 4), (6, 1, 2, 3)]
    )

    def accepts(factor: Callable[[int], int]) -> bool:
        for order, r, m, d in sizes:
            trap = vanilla_trap(order, r, m, d)
            U = np.zeros((d, m))
            U[0] = 1.0
            trap = Trap(trap.target, r, U, np.full(m, 1.0 / m), "vanilla")
            spectrum: dict[Fraction, int] = {}
            for value, count, where in trap.spectrum():
                exact = Fraction(value).limit_denominator(1000)
                if where.startswith("missing direction, together"):
                    exact = exact * factor(order) / order
                spectrum[exact] = spectrum.get(exact, 0) + count
            if not _has_spectrum(_rational_hessian(order, r, m, d), spectrum) or min(spectrum) < 0:
                return False
        return True

    return Evidence(
        kind="exact",
        what="Hessian in $(U,C)$ at $u_i=e_1$, $c_i=1/m$, for $(l,r,m,d)$ in "
        + ", ".join(str(size) for size in sizes)
        + ": rank of $H-\\mu I$ for every $\\mu$ of the formula",
        holds=accepts(lambda order: order),
        seen="all multiplicities as stated, no negative eigenvalue, nullity $(2m-1)+(d-r-1)(m-1)$",
        controls=(Control(r"$l(l+1)/m$ in place of $l^2/m$", not accepts(lambda order: order + 1)),),
    )


def check_spectra_by_differences(fast: bool) -> Evidence:
    """Spectra in closed form against finite differences of the library's gradients."""
    orders = (3, 4) if fast else (3, 4, 5, 6)
    cases: list[tuple[Trap, bool]] = []
    for order in orders:
        cases.append((vanilla_trap(order, 2, 3, 4), True))
        for lam in (0.0, 0.4):
            trap = homogeneous_trap(order, 2, 3, 4, lam, [1.0, 2.0, 3.0])
            cases += [(trap, True), (trap, False)]

    def worst(confuse: bool) -> float:
        errors = []
        for trap, tied in cases:
            claimed = [[value] * count for value, count, _ in trap.spectrum(tied=tied != confuse)]
            errors.append(np.abs(np.linalg.eigvalsh(trap.hessian(tied=tied)) - np.sort(np.concatenate(claimed))).max())
        return float(max(errors))

    return Evidence(
        kind="exact",
        what=f"closed forms against fourth-order differences, $l={orders[0]},\\dots,{orders[-1]}$, $r=2$, $m=3$, $d=4$: "
        r"vanilla, and 2-homogeneous with $\lambda=0$ and $0.4$, tied and frozen",
        holds=worst(False) < 1e-6,
        seen="largest difference below 1e-6",
        controls=(Control("the tied spectrum taken for the frozen one", not worst(True) < 1e-6),),
    )


# --- thm2-rank --------------------------------------------------------------------------------------------


def check_decompositions(fast: bool) -> Evidence:
    """Explicit real rank-one decompositions of the target, coefficient by coefficient."""
    sizes = [(order, r) for order in ((3, 4, 5) if fast else range(3, 8)) for r in (1, 2, 3)]

    def accepts(count: dict[str, int], shift: Fraction = Fraction(0)) -> bool:
        for order, r in sizes:
            for terms in TERMS:
                weights, vectors = trap_decomposition(order, r, terms)
                weights = [weights[0] + shift, *weights[1:]]
                distinct = {tuple(vector) for vector in vectors}
                if len(distinct) != r * (order + count[terms]) + 1 or len(weights) != len(distinct) or not all(weights):
                    return False
                if rational.powers(weights, vectors, order) != _target(order, r):
                    return False
        return True

    right = {"paper": 1, "short": -1}
    return Evidence(
        kind="exact",
        what=f"weights and vectors in fractions for $l=3,\\dots,{sizes[-1][0]}$, $r=1,2,3$, both lengths",
        holds=accepts(right),
        seen="every coefficient of the polynomial $T^*(x,\\dots,x)$ agrees",
        controls=(
            Control("one weight changed by 1/1000", not accepts(right, Fraction(1, 1000))),
            Control("one term less per missing direction", not accepts({"paper": 0, "short": -2})),
        ),
    )


# --- thm2-homogeneous -------------------------------------------------------------------------------------


def check_homogeneous_in_fractions(fast: bool) -> Evidence:
    """The identity of Appendix B at points with rational norms."""
    orders = (3, 4) if fast else (3, 4, 5, 6, 7)
    rng = np.random.default_rng(12)
    lams = (Fraction(0), Fraction(1, 5), Fraction(9, 10))

    def accepts(weigh: int = 1, square: Fraction = Fraction(1, 2)) -> bool:
        for order in orders:
            for r in (1, 2):
                for lam in lams:
                    target = _target(order, r)
                    norms = [Fraction(int(rng.integers(1, 6)), 3) for _ in range(3)]
                    U = [[n * x for x in _unit_vector(rng, r + 1)] for n in norms]
                    T = rational.powers([n ** (2 - order) for n in norms], U, order)
                    f = rational.half_square(T, target) + lam * sum(n * n for n in norms)
                    f_0 = Fraction(order * (order - 1) * r, 4) + lam - square * lam**2
                    right = rational.half_square(T, _axis(r + 1, 0, order, 1 - lam)) + sum(
                        n ** (2 - order)
                        * (
                            lam * (n**order - u[0] ** order)
                            + weigh * comb(order, 2) * u[0] ** (order - 2) * sum(x * x for x in u[1:])
                        )
                        for n, u in zip(norms, U, strict=True)
                    )
                    if f - f_0 != right:
                        return False
        return True

    return Evidence(
        kind="exact",
        what=f"identity at rational points, $l=3,\\dots,{orders[-1]}$, $r=1,2$, $m=3$, $\\lambda=0,1/5,9/10$",
        holds=accepts(),
        seen="equal as fractions",
        controls=(
            Control(r"$l(l-1)$ in place of $\binom l2$", not accepts(weigh=2)),
            Control(r"$f_0$ with $\lambda^2$ in place of $\lambda^2/2$", not accepts(square=Fraction(1))),
        ),
    )


def check_stationary(fast: bool) -> Evidence:
    """Frozen and tied gradient vanish in the trap, its value is the formula's."""
    orders = (3, 4) if fast else (3, 4, 5, 6, 7)

    def worst(total: float) -> float:
        largest = 0.0
        for order in orders:
            for lam in (0.0, 0.2, 0.9):
                trap = homogeneous_trap(order, 2, 4, 5, lam, [1.0, 2.0, 3.0, 4.0])
                U = np.sqrt(total) * trap.U
                fixed = Trap(trap.target, 2, U, trap.c, trap.model, lam)
                largest = max(largest, *(float(np.abs(fixed.gradient(tied=tied)).max()) for tied in (True, False)))
                largest = max(largest, abs(float(trap.loss(U)) - trap.value))
        return largest

    return Evidence(
        kind="exact",
        what=f"both gradients and the value, $l=3,\\dots,{orders[-1]}$, $r=2$, $m=4$ unequal components, $d=5$, "
        r"$\lambda=0,0.2,0.9$",
        holds=worst(1.0) < 1e-9,
        seen="below 1e-9",
        controls=(Control(r"$\sum s_i^2=1.01(1-\lambda)$", not worst(1.01) < 1e-9),),
    )


def check_routes_homogeneous(fast: bool) -> Evidence:
    traps = [homogeneous_trap(order, 2, 4, 4, lam) for order in (3, 4, 5, 6, 7) for lam in (0.0, 0.4)]
    return _two_routes(traps, fast, r"$l=3,\dots,7$, $\lambda=0,0.4$, $m=4$, $d=4$")


def check_certified_homogeneous(fast: bool) -> Evidence:
    return _certified(
        [homogeneous_trap(order, 1, 4, 2, lam) for order, lam in ((3, 0.0), (3, 0.2), (5, 0.2))],
        fast,
        r"2-homogeneous trap, odd $l$, $r=1$, $m=4$, $d=2$, $\lambda=0$ and $0.2$; certified radius $\min\|u_i\|$",
    )


def check_even_order_is_global(fast: bool) -> Evidence:
    """For even l and signs +1 the trap is the global minimum over U; one negative sign undoes that."""
    samples = 4_000 if fast else 200_000
    rng = np.random.default_rng(13)
    lowest = {1.0: np.inf, -1.0: np.inf}
    for order in (4, 6):
        trap = homogeneous_trap(order, 1, 4, 2, 0.2)
        for sign in lowest:
            U = trap.U + rng.standard_normal((samples, 2, 4)) * rng.choice([0.1, 1.0], (samples, 1, 1))
            U[: samples // 2, :, 0] *= 0.7
            signs = np.array([sign, 1.0, 1.0, 1.0])
            lowest[sign] = min(lowest[sign], float((trap.loss(U, signs) - trap.value).min()))
    return Evidence(
        kind="bound",
        what=f"$l=4,6$, $\\lambda=0.2$, signs $+1$: {samples} random $U$ at distances up to several times the trap's size",
        holds=lowest[1.0] >= -1e-9,
        seen="no lower value at any distance",
        controls=(Control("one sign $-1$", not lowest[-1.0] >= -1e-9, f"lowest $f-f_0$: {lowest[-1.0]:.1f}"),),
    )


# --- thm2-mixed-signs -------------------------------------------------------------------------------------


def check_mixed_in_fractions(fast: bool) -> Evidence:
    """Both signs: the identity at rational points."""
    rng = np.random.default_rng(14)
    sizes = [(4, 1), (6, 1)] if fast else [(4, 1), (4, 2), (6, 1), (6, 2), (8, 1)]

    def accepts(sign: int = -1, share: Fraction = Fraction(1)) -> bool:
        for order, r in sizes:
            for lam in (Fraction(0), Fraction(1, 4)):
                d = r + 2
                target = rational.combine(
                    [(1, _axis(d, 0, order)), (-1, _axis(d, 1, order))]
                    + [
                        (
                            -side * comb(order, 2),
                            {tuple((order - 2) * (k == pole) + 2 * (k == j) for k in range(d)): Fraction(1)},
                        )
                        for pole, side in ((0, 1), (1, -1))
                        for j in range(2, d)
                    ]
                )
                trap = rational.combine([(1 - lam, _axis(d, 0, order)), (lam - 1, _axis(d, 1, order))])
                norms = [Fraction(int(rng.integers(1, 6)), 3) for _ in range(4)]
                a = [1, -1, 1, -1]
                U = [[n * x for x in _unit_vector(rng, d)] for n in norms]
                T = rational.powers([s * n ** (2 - order) for s, n in zip(a, norms, strict=True)], U, order)
                f = rational.half_square(T, target) + lam * sum(n * n for n in norms)
                f_0 = share * (Fraction(order * (order - 1) * r, 2) + 2 * lam - lam**2)
                right = rational.half_square(T, trap) + sum(
                    n ** (2 - order)
                    * (
                        lam * (n**order - s * (u[0] ** order - u[1] ** order))
                        + comb(order, 2)
                        * s
                        * (u[0] ** (order - 2) + sign * u[1] ** (order - 2))
                        * sum(x * x for x in u[2:])
                    )
                    for s, n, u in zip(a, norms, U, strict=True)
                )
                if f - f_0 != right:
                    return False
        return True

    return Evidence(
        kind="exact",
        what="identity for signs $+,-,+,-$ at rational points, $(l,r)$ in "
        + ", ".join(str(size) for size in sizes)
        + r", $\lambda=0,1/4$",
        holds=accepts(),
        seen="equal as fractions",
        controls=(
            Control(r"$\alpha^{l-2}+\beta^{l-2}$ in place of the difference", not accepts(sign=1)),
            Control("half the value", not accepts(share=Fraction(1, 2))),
        ),
    )


def check_routes_mixed(fast: bool) -> Evidence:
    traps = [mixed_sign_trap(order, 2, 4, 5, lam) for order in (4, 6) for lam in (0.0, 0.4)]
    return _two_routes(traps, fast, r"$l=4,6$, $\lambda=0,0.4$, $m=4$, $d=5$")


def check_certified_mixed(fast: bool) -> Evidence:
    return _certified(
        [mixed_sign_trap(order, 1, 4, 3, lam) for order, lam in ((4, 0.0), (4, 0.2), (6, 0.2))],
        fast,
        r"two poles, both signs, $r=1$, $m=4$, $d=3$; certified radius $\min\|u_i\|/\sqrt2$",
    )


# --- re-z3 ------------------------------------------------------------------------------------------------


def check_arrows_in_fractions(fast: bool) -> Iterator[Evidence]:
    """The arrows make T*, in the variables x, sqrt(3) y, where their entries are -1/2 and +-1/2."""

    def accepts(weight: Fraction) -> bool:
        for r in (1, 2, 3):
            half = Fraction(1, 2)
            weights, vectors = [1 + Fraction(r, 3)], [[Fraction(1)] + [Fraction(0)] * r]
            for j in range(1, r + 1):
                for side in (half, -half):
                    vectors.append([-half] + [side * (k == j) for k in range(1, r + 1)])
                    weights.append(weight)
            wanted = _target(3, r)
            wanted = {e: q / (3 if e[0] == 1 else 1) for e, q in wanted.items()}  # y^2 = (sqrt(3) y)^2 / 3
            if rational.powers(weights, vectors, 3) != wanted:
                return False
            if sum(weights) != 1 + 3 * r:  # = ||T*||^2, as T* is 1 on each arrow
                return False
        return True

    yield Evidence(
        kind="exact",
        what=r"$T^*$ from its arrows in fractions, $r=1,2,3$; their weights add to $\|T^*\|_F^2=1+3r$",
        holds=accepts(Fraction(4, 3)),
        seen="every coefficient agrees",
        controls=(Control("weight $1$ in place of $4/3$", not accepts(Fraction(1))),),
    )

    samples = 4_000 if fast else 100_000
    rng = np.random.default_rng(15)

    def undercut(r: int, lam: float, minimum: float) -> bool:
        target = three_arrows(r, r + 1)
        trap = homogeneous_trap(3, r, 2 * r + 1, r + 1, lam)
        best = target.factors * np.sqrt((1 - lam) * target.weights)
        U = best + rng.standard_normal((samples, *best.shape)) * rng.choice([0.01, 0.3], (samples, 1, 1))
        T = trap.loss(U)
        reached = abs(float(trap.loss(best)) - minimum) < 1e-9
        gap = abs(trap.value - minimum - 1.5 * r * (1 - lam) ** 2) < 1e-9
        return not (reached and gap and float(T.min()) > minimum - 1e-9)

    cases = [(r, lam) for r in (1, 2) for lam in (0.0, 0.1, 0.5)]
    yield Evidence(
        kind="exact",
        what=f"value at the arrows, gap to the trap, and {samples} points around them, $r=1,2$, $\\lambda=0,0.1,0.5$",
        holds=not any(undercut(r, lam, arrows_minimum(r, lam)) for r, lam in cases),
        seen="value and gap within 1e-9, nothing below",
        controls=(
            Control(
                r"$(1+2r)(\lambda-\lambda^2/2)$",
                all(undercut(r, lam, (1 + 2 * r) * (lam - lam**2 / 2)) for r, lam in cases if lam),
            ),
        ),
    )
