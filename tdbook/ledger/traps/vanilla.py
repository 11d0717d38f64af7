"""Checks of Theorem 2 that need no run: its identity, the Hessian at the trap, and the rank of the target."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np

from tdbook.landscape import (
    TERMS,
    Trap,
    homogeneous_trap,
    trap_decomposition,
    vanilla_trap,
)
from tdbook.ledger.claims import Evidence
from tdbook.ledger.exact import polynomials as rational
from tdbook.ledger.exact.polynomials import Polynomial
from tdbook.ledger.traps.shared import axis, certified, coefficients, target_polynomial, two_routes, unit_vector
from tdbook.tensors import fractions


def check_identity_in_fractions(fast: bool) -> Evidence:
    """Theorem 2: value, stationarity and the identity, in rational arithmetic."""
    sizes = [(3, 1), (4, 1), (5, 2)] if fast else [(order, r) for order in range(3, 8) for r in (1, 2, 3)]
    rng = np.random.default_rng(11)

    def accepts(identity: tuple[Callable[[int], int], int, Fraction]) -> bool:
        """With a factor of the cone's term, l less the power of alpha in it, and the factor of the distance."""
        choose, power, half = identity
        for order, r in sizes:
            target, trap = target_polynomial(order, r), axis(r + 1, 0, order)
            residual = rational.combine([(1, trap), (-1, target)])
            value = rational.half_square(trap, target)
            if value != Fraction(order * (order - 1) * r, 4):
                return False
            unit = [[Fraction(k == j) for k in range(r + 1)] for j in range(r + 1)]
            pulls = (rational.linear_forms([unit[0]] * (order - 1) + [e]) for e in unit)
            if any(rational.inner(residual, pull) for pull in pulls):  # R(e_1^{l-1}, .) = 0: both gradients vanish
                return False
            c = coefficients(rng, 3)
            U = [[2 * x for x in unit_vector(rng, r + 1)] for _ in c]
            T = rational.powers(c, U, order)
            cone = sum(ci * u[0] ** (order - power) * sum(x * x for x in u[1:]) for ci, u in zip(c, U, strict=True))
            distance = 2 * half * rational.half_square(T, trap)
            if rational.half_square(T, target) - value != choose(order) * cone + distance:
                return False
        return True

    return Evidence(
        "exact",
        f"value, zero gradient in $U$ and $C$, and the identity at rational points, {len(sizes)} pairs of $l$ and "
        f"$r$ up to $l={sizes[-1][0]}$, $r={sizes[-1][1]}$, $m=3$",
        accepts,
        {"the identity": (lambda order: comb(order, 2), 2, Fraction(1, 2))},
        {
            r"$l(l-1)$ in place of $\binom l2$": (lambda order: order * (order - 1), 2, Fraction(1, 2)),
            r"$\alpha_i^{l-1}$ in place of $\alpha_i^{l-2}$": (lambda order: comb(order, 2), 1, Fraction(1, 2)),
            "without the one half": (lambda order: comb(order, 2), 2, Fraction(1)),
        },
        "equal as fractions",
    )


def check_routes_vanilla(fast: bool) -> Evidence:
    return two_routes([vanilla_trap(order, 2, 4, 4) for order in (3, 4, 5, 6, 7)], fast, r"$l=3,\dots,7$, $m=4$, $d=4$")


def check_certified_vanilla(fast: bool) -> list[Evidence]:
    return certified(
        [vanilla_trap(order, 1, 4, 2) for order in (3, 4, 5)],
        fast,
        r"vanilla trap, $r=1$, $m=4$, $d=2$; certified radius $\min(\|u_i\|,c_i)$ for odd $l$, $\min c_i$ for even $l$",
    )


# --- thm2-hessian -----------------------------------------------------------------------------------------


def _rational_hessian(order: int, r: int, m: int, d: int) -> list[list[Fraction]]:
    """Hessian of f_v in (U, C) at u_i = e_1, c_i = 1/m, from the second-order terms of T along pairs of directions."""
    c, pole = Fraction(1, m), [Fraction(k == 0) for k in range(d)]
    residual = rational.combine([(1, axis(d, 0, order))])
    for exponents, coefficient in target_polynomial(order, r).items():
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
        if size - fractions.rank(shifted) != multiplicity:
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
        "exact",
        "Hessian in $(U,C)$ at $u_i=e_1$, $c_i=1/m$, for $(l,r,m,d)$ in "
        + ", ".join(str(size) for size in sizes)
        + ": rank of $H-\\mu I$ for every $\\mu$ of the formula",
        accepts,
        {"$l^2/m$": lambda order: order},
        {r"$l(l+1)/m$ in place of $l^2/m$": lambda order: order + 1},
        "all multiplicities as stated, no negative eigenvalue, nullity $(2m-1)+(d-r-1)(m-1)$",
    )


Spectrum = Callable[[Trap, bool], Iterable[tuple[float, int, str]]]


def check_spectra_by_differences(fast: bool) -> Evidence:
    """Spectra in closed form against finite differences of the library's gradients."""
    orders = (3, 4) if fast else (3, 4, 5, 6)
    cases: list[tuple[Trap, bool]] = []
    for order in orders:
        cases.append((vanilla_trap(order, 2, 3, 4), True))
        for lam in (0.0, 0.4):
            trap = homogeneous_trap(order, 2, 3, 4, lam, [1.0, 2.0, 3.0])
            cases += [(trap, True), (trap, False)]

    def worst(spectrum: Spectrum) -> float:
        errors = []
        for trap, tied in cases:
            claimed = [[value] * count for value, count, _ in spectrum(trap, tied)]
            errors.append(np.abs(np.linalg.eigvalsh(trap.hessian(tied=tied)) - np.sort(np.concatenate(claimed))).max())
        return float(max(errors))

    return Evidence(
        "exact",
        f"closed forms against fourth-order differences, $l={orders[0]},\\dots,{orders[-1]}$, $r=2$, $m=3$, $d=4$: "
        r"vanilla, and 2-homogeneous with $\lambda=0$ and $0.4$, tied and frozen",
        lambda spectrum: worst(spectrum) < 1e-6,
        {"the spectra": lambda trap, tied: trap.spectrum(tied=tied)},
        {"the tied spectrum taken for the frozen one": lambda trap, tied: trap.spectrum(tied=not tied)},
        "largest difference below 1e-6",
    )


# --- thm2-rank --------------------------------------------------------------------------------------------


def check_decompositions(fast: bool) -> Evidence:
    """Explicit real rank-one decompositions of the target, coefficient by coefficient."""
    sizes = [(order, r) for order in ((3, 4, 5) if fast else range(3, 8)) for r in (1, 2, 3)]

    def accepts(lengths: tuple[dict[str, int], Fraction]) -> bool:
        """Terms per missing direction beyond l, and what is added to the first weight."""
        count, shift = lengths
        for order, r in sizes:
            for terms in TERMS:
                weights, vectors = trap_decomposition(order, r, terms)
                weights = [weights[0] + shift, *weights[1:]]
                distinct = {tuple(vector) for vector in vectors}
                if len(distinct) != r * (order + count[terms]) + 1 or len(weights) != len(distinct) or not all(weights):
                    return False
                if rational.powers(weights, vectors, order) != target_polynomial(order, r):
                    return False
        return True

    right = {"paper": 1, "short": -1}
    return Evidence(
        "exact",
        f"weights and vectors in fractions for $l=3,\\dots,{sizes[-1][0]}$, $r=1,2,3$, both lengths",
        accepts,
        {"both lengths": (right, Fraction(0))},
        {
            "one weight changed by 1/1000": (right, Fraction(1, 1000)),
            "one term less per missing direction": ({"paper": 0, "short": -2}, Fraction(0)),
        },
        "every coefficient of the polynomial $T^*(x,\\dots,x)$ agrees",
    )
