"""Checks of the traps of the 2-homogeneous model that need no run: one sign, mixed signs, Re z^3."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import comb

import numpy as np

from tdbook.landscape import (
    Trap,
    arrows_minimum,
    homogeneous_trap,
    mixed_sign_trap,
    three_arrows,
)
from tdbook.ledger.claims import Evidence
from tdbook.ledger.exact import polynomials as rational
from tdbook.ledger.traps.shared import axis, certified, target_polynomial, two_routes, unit_vector


def check_homogeneous_in_fractions(fast: bool) -> Evidence:
    """The identity of Appendix B at points with rational norms."""
    orders = (3, 4) if fast else (3, 4, 5, 6, 7)
    rng = np.random.default_rng(12)
    lams = (Fraction(0), Fraction(1, 5), Fraction(9, 10))

    def accepts(factors: tuple[int, Fraction]) -> bool:
        """With a factor of the cone's term, and that of lambda^2 in f_0."""
        weigh, square = factors
        for order in orders:
            for r in (1, 2):
                for lam in lams:
                    target = target_polynomial(order, r)
                    norms = [Fraction(int(rng.integers(1, 6)), 3) for _ in range(3)]
                    U = [[n * x for x in unit_vector(rng, r + 1)] for n in norms]
                    T = rational.powers([n ** (2 - order) for n in norms], U, order)
                    f = rational.half_square(T, target) + lam * sum(n * n for n in norms)
                    f_0 = Fraction(order * (order - 1) * r, 4) + lam - square * lam**2
                    right = rational.half_square(T, axis(r + 1, 0, order, 1 - lam)) + sum(
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
        "exact",
        f"identity at rational points, $l=3,\\dots,{orders[-1]}$, $r=1,2$, $m=3$, $\\lambda=0,1/5,9/10$",
        accepts,
        {"the identity": (1, Fraction(1, 2))},
        {
            r"$l(l-1)$ in place of $\binom l2$": (2, Fraction(1, 2)),
            r"$f_0$ with $\lambda^2$ in place of $\lambda^2/2$": (1, Fraction(1)),
        },
        "equal as fractions",
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
        "exact",
        f"both gradients and the value, $l=3,\\dots,{orders[-1]}$, $r=2$, $m=4$ unequal components, $d=5$, "
        r"$\lambda=0,0.2,0.9$",
        lambda total: worst(total) < 1e-9,
        {r"$\sum s_i^2=1-\lambda$": 1.0},
        {r"$\sum s_i^2=1.01(1-\lambda)$": 1.01},
        "below 1e-9",
    )


def check_routes_homogeneous(fast: bool) -> Evidence:
    traps = [homogeneous_trap(order, 2, 4, 4, lam) for order in (3, 4, 5, 6, 7) for lam in (0.0, 0.4)]
    return two_routes(traps, fast, r"$l=3,\dots,7$, $\lambda=0,0.4$, $m=4$, $d=4$")


def check_certified_homogeneous(fast: bool) -> list[Evidence]:
    return certified(
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
        "bound",
        f"$l=4,6$, $\\lambda=0.2$, signs $+1$: {samples} random $U$ at distances up to several times the trap's size",
        lambda sign: lowest[sign] >= -1e-9,
        {"all signs $+1$": 1.0},
        {"one sign $-1$": -1.0},
        "no lower value at any distance",
        lambda sign: f"lowest $f-f_0$: {lowest[sign]:.1f}",
    )


# --- thm2-mixed-signs -------------------------------------------------------------------------------------


def check_mixed_in_fractions(fast: bool) -> Evidence:
    """Both signs: the identity at rational points."""
    rng = np.random.default_rng(14)
    sizes = [(4, 1), (6, 1)] if fast else [(4, 1), (4, 2), (6, 1), (6, 2), (8, 1)]

    def accepts(factors: tuple[int, Fraction]) -> bool:
        """With the sign between the two powers, and the share of the value."""
        sign, share = factors
        for order, r in sizes:
            for lam in (Fraction(0), Fraction(1, 4)):
                d = r + 2
                target = rational.combine(
                    [(1, axis(d, 0, order)), (-1, axis(d, 1, order))]
                    + [
                        (
                            -side * comb(order, 2),
                            {tuple((order - 2) * (k == pole) + 2 * (k == j) for k in range(d)): Fraction(1)},
                        )
                        for pole, side in ((0, 1), (1, -1))
                        for j in range(2, d)
                    ]
                )
                trap = rational.combine([(1 - lam, axis(d, 0, order)), (lam - 1, axis(d, 1, order))])
                norms = [Fraction(int(rng.integers(1, 6)), 3) for _ in range(4)]
                a = [1, -1, 1, -1]
                U = [[n * x for x in unit_vector(rng, d)] for n in norms]
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
        "exact",
        "identity for signs $+,-,+,-$ at rational points, $(l,r)$ in "
        + ", ".join(str(size) for size in sizes)
        + r", $\lambda=0,1/4$",
        accepts,
        {"the identity": (-1, Fraction(1))},
        {
            r"$\alpha^{l-2}+\beta^{l-2}$ in place of the difference": (1, Fraction(1)),
            "half the value": (-1, Fraction(1, 2)),
        },
        "equal as fractions",
    )


def check_routes_mixed(fast: bool) -> Evidence:
    traps = [mixed_sign_trap(order, 2, 4, 5, lam) for order in (4, 6) for lam in (0.0, 0.4)]
    return two_routes(traps, fast, r"$l=4,6$, $\lambda=0,0.4$, $m=4$, $d=5$")


def check_certified_mixed(fast: bool) -> list[Evidence]:
    return certified(
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
            wanted = target_polynomial(3, r)
            wanted = {e: q / (3 if e[0] == 1 else 1) for e, q in wanted.items()}  # y^2 = (sqrt(3) y)^2 / 3
            if rational.powers(weights, vectors, 3) != wanted:
                return False
            if sum(weights) != 1 + 3 * r:  # = ||T*||^2, as T* is 1 on each arrow
                return False
        return True

    yield Evidence(
        "exact",
        r"$T^*$ from its arrows in fractions, $r=1,2,3$; their weights add to $\|T^*\|_F^2=1+3r$",
        accepts,
        {"weight $4/3$": Fraction(4, 3)},
        {"weight $1$": Fraction(1)},
        "every coefficient agrees",
    )

    samples = 4_000 if fast else 100_000
    rng = np.random.default_rng(15)

    def is_minimum(r: int, lam: float, minimum: float) -> bool:
        target = three_arrows(r, r + 1)
        trap = homogeneous_trap(3, r, 2 * r + 1, r + 1, lam)
        best = target.factors * np.sqrt((1 - lam) * target.weights)
        U = best + rng.standard_normal((samples, *best.shape)) * rng.choice([0.01, 0.3], (samples, 1, 1))
        T = trap.loss(U)
        reached = abs(float(trap.loss(best)) - minimum) < 1e-9
        gap = abs(trap.value - minimum - 1.5 * r * (1 - lam) ** 2) < 1e-9
        return reached and gap and float(T.min()) > minimum - 1e-9

    cases = [(r, lam) for r in (1, 2) for lam in (0.0, 0.1, 0.5)]
    yield Evidence(
        "exact",
        f"value at the arrows, gap to the trap, and {samples} points around them, $r=1,2$, $\\lambda=0,0.1,0.5$",
        lambda formula: all(is_minimum(r, lam, formula(r, lam)) for r, lam in cases),
        {r"$(1+3r)(\lambda-\lambda^2/2)$": arrows_minimum},
        {
            r"$(1+2r)(\lambda-\lambda^2/2)$": lambda r, lam: (1 + 2 * r) * (lam - lam**2 / 2),
            r"$(1+3r)\lambda$": lambda r, lam: (1 + 3 * r) * lam,
        },
        "value and gap within 1e-9, nothing below",
    )
