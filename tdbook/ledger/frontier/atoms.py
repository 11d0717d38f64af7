"""Checks of how many atoms the least mass takes: opposite powers in a plane, and the ring."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from tdbook.beyond.atoms import (
    dual_form,
    few_or_many,
    least_atoms,
    least_mass,
    least_mass_on,
    mass,
    on_circle,
    opposite_powers,
    other_ring_atoms,
    ring_form,
    ring_points,
    shrunk_atoms,
)
from tdbook.beyond.certificate import certify, sphere_grid
from tdbook.ledger.claims import Evidence
from tdbook.ledger.exact.alternating import root_of_unity
from tdbook.ledger.exact.polynomials import Polynomial, combine, linear_forms
from tdbook.tensors import SymmetricCP
from tdbook.tensors.fractions import rank

# --- opposite powers ----------------------------------------------------------------------------------------

Case = tuple[int, float, float, float, SymmetricCP]


def _proved_least(case: Case) -> bool:
    """The atoms give the tensor, the form is at most 1 on a fine grid, and mass and certificate agree."""
    l, angle, a, b, atoms = case
    target = opposite_powers(l, angle, a, b)
    largest = np.abs(dual_form(l, angle, np.linspace(0, math.pi, 1001), a, b)).max()
    at = dual_form(l, angle, np.array([0.0, angle]), a, b)
    certified = a * at[0] - b * at[1]
    scale = a + b
    return bool(
        atoms.distance(target) < 1e-9 * scale
        and largest < 1 + 1e-12
        and abs(mass(atoms) - certified) < 1e-9 * scale
        and abs(least_mass(l, angle, a, b) - certified) < 1e-9 * scale
    )


def certificates_at_random(fast: bool) -> Evidence:
    """Random orders, weights and angles on both sides of pi / l."""
    count = 60 if fast else 1200
    rng = np.random.default_rng(0)
    true: dict[str, Case] = {}
    for k in range(count):
        l = int(rng.integers(2, 10))
        angle = rng.uniform(0.05, math.pi if l % 2 else math.pi / 2)
        a, b = (float(x) for x in np.exp(rng.uniform(-2, 2, 2)))
        true[f"case {k}"] = (l, angle, a, b, least_atoms(l, angle, a, b))
    many = sum(few_or_many(case[0], case[1]) for case in true.values())
    wide = least_atoms(3, 1.0, 1.0, 1.5)
    return Evidence(
        "bound",
        rf"{count} random cases with $l=2$ to 9, {many} of them below $\pi/l$: the atoms add up to $T$, $|Y|\le1$ on the circle, and the mass is $\langle Y,T\rangle$",
        _proved_least,
        true,
        {
            r"the two given vectors below $\pi/l$": (3, 0.9, 1.0, 1.5, opposite_powers(3, 0.9, 1.0, 1.5)),
            "another angle's atoms": (3, 0.9, 1.0, 1.5, wide),
            "one atom left out": (4, 0.6, 1.0, 1.0, _without_one(least_atoms(4, 0.6))),
        },
        seen="never violated",
    )


def _without_one(tensor: SymmetricCP) -> SymmetricCP:
    return SymmetricCP(tensor.weights[1:], tensor.factors[:, 1:], tensor.order)


def _pair_count(case: tuple[int, float, int]) -> bool:
    """Linear programming on a grid that contains the l atoms uses exactly the expected number of atoms, at the least mass."""
    l, angle, expected = case
    atoms = least_atoms(l, angle)
    grid = np.hstack([on_circle(np.linspace(0, math.pi, 720, endpoint=False) + 1e-3), atoms.factors])
    found = least_mass_on(opposite_powers(l, angle), grid)
    return found.rank == expected and abs(mass(found) - least_mass(l, angle)) < 1e-6


def atoms_by_linear_programming(fast: bool) -> Evidence:
    """A route that knows nothing of the certificate."""
    orders = (3, 4) if fast else (3, 4, 5, 6, 7)
    below = {f"$l={l}$, below": (l, 0.7 * math.pi / l, l) for l in orders}
    above = {f"$l={l}$, above": (l, 1.2 * math.pi / l, 2) for l in orders}
    return Evidence(
        "bound",
        rf"linear programming over 720 directions and the predicted atoms, $l={orders[0]}$ to {orders[-1]}, at 0.7 and 1.2 times $\pi/l$: $l$ atoms and 2 atoms",
        _pair_count,
        below | above,
        {
            "$l-1$ atoms below": (4, 0.7 * math.pi / 4, 3),
            r"$l$ atoms above $\pi/l$": (4, 1.2 * math.pi / 4, 4),
        },
    )


REGULARIZATION = 0.005  # small enough to leave every atom up to l = 6


def _certified(case: tuple[int, float, SymmetricCP]) -> bool:
    """The certificate of the nuclear norm holds for these atoms, on a grid with a proved margin."""
    l, angle, atoms = case
    return certify(atoms, opposite_powers(l, angle, 1.0, 1.3), REGULARIZATION).holds(1e-3)


def shrunk_atoms_are_certified(fast: bool) -> Evidence:
    """With a regulariser the same atoms, each lighter by 2^(l-1) lambda / l."""
    orders = (3, 4) if fast else (3, 4, 5, 6)
    true = {}
    for l in orders:
        angle = 0.6 * math.pi / l
        true[f"$l={l}$"] = (l, angle, shrunk_atoms(l, angle, REGULARIZATION, 1.0, 1.3))
    target = opposite_powers(3, 0.6, 1.0, 1.3)
    atoms = least_atoms(3, 0.6, 1.0, 1.3)
    signs = np.sign(atoms.weights)
    return Evidence(
        "bound",
        rf"$\lambda={REGULARIZATION}$, $a=1$, $b=1.3$, $l={orders[0]}$ to {orders[-1]}, angle $0.6\,\pi/l$: the atoms lighter by $2^{{l-1}}\lambda/l$ satisfy the "
        "certificate to 0.1%",
        _certified,
        true,
        {
            r"lighter by $\lambda$": (3, 0.6, SymmetricCP(atoms.weights - REGULARIZATION * signs, atoms.factors, 3)),
            "the atoms of least mass, not lighter": (3, 0.6, atoms),
            r"the two given vectors, lighter by $\lambda$": (
                3,
                0.6,
                SymmetricCP(target.weights - REGULARIZATION * np.sign(target.weights), target.factors, 3),
            ),
        },
    )


def _sums_to_opposite_powers(case: tuple[int, int, Sequence[int]]) -> bool:
    """All Fourier coefficients of sum_j m_j w_j^l and of a v_1^l - b v_2^l agree modulo a prime.

    A unit vector at the angle t has v^l with the coefficients E^k, E = e^{it}, k = l, l - 2, ..., -l. Angles are taken from
    the phase c, so that h(t) = cos l t; a = 1 / h(t_1) and b = 1 / h(t_2).
    """
    l, spoiled, (first, second) = case
    p = next(q for q in range(4 * l * 10**5 + 1, 4 * l * 10**6, 4 * l) if _is_prime(q))

    def inverse(x: int) -> int:
        return pow(x, -1, p)

    z = root_of_unity(4 * l, p)  # e^{i pi / 2l}
    i = pow(z, l, p)
    E1, E2 = pow(first, 1, p), pow(second, 1, p)

    def cosine(E: int, times: int) -> int:
        return (pow(E, times, p) + inverse(pow(E, times, p))) * inverse(2) % p

    def sine(E: int) -> int:
        return (E - inverse(E)) * inverse(2 * i) % p

    a, b = inverse(cosine(E1, l)), inverse(cosine(E2, l))
    between = sine(E2 * inverse(E1) % p)
    atoms = [pow(z, 1 + 2 * j, p) for j in range(l)]  # at (pi/2 + j pi) / l
    weights = []
    for j, E in enumerate(atoms):
        low = l * sine(E * inverse(E1) % p) * sine(E * inverse(E2) % p)
        weights.append(-((-1) ** (j + spoiled * j)) * between * inverse(low) % p)
    return all(
        (
            a * pow(E1, k % (p - 1), p)
            - b * pow(E2, k % (p - 1), p)
            - sum(m * pow(E, k % (p - 1), p) for m, E in zip(weights, atoms))
        )
        % p
        == 0
        for k in range(-l, l + 1, 2)
    )


def _is_prime(q: int) -> bool:
    return all(q % k for k in range(2, math.isqrt(q) + 1))


def weights_modulo_a_prime(fast: bool) -> Evidence:
    """The formula of the weights, without rounding."""
    orders = range(3, 6 if fast else 12)
    points = ((5, 7), (11, 3), (17, 23))
    true = {f"$l={l}$ at {point}": (l, 0, point) for l in orders for point in points}
    return Evidence(
        "exact",
        f"$\\sum_jm_jw_j^{{\\otimes l}}=a\\,v_1^{{\\otimes l}}-b\\,v_2^{{\\otimes l}}$ with the weights of the proof, $l={orders[0]}$ to {orders[-1]}, modulo primes "
        "$p\\equiv1$ mod $4l$, at three pairs of points each",
        _sums_to_opposite_powers,
        true,
        {"weights without their alternating sign, $l=3$": (3, 1, points[0]), "the same, $l=4$": (4, 1, points[0])},
    )


def orthogonal_pairs(fast: bool) -> Evidence:
    """Two pairs in orthogonal planes: off both planes the sum of their forms is below 1 on the sphere of R^4."""
    orders = (3, 4) if fast else (3, 4, 5, 6)
    turns = np.linspace(0, math.pi, 60 if fast else 240, endpoint=False)
    tilts = np.linspace(0.05, math.pi / 2 - 0.05, 31)

    def touches_in_the_planes_only(case: tuple[int, float]) -> bool:
        l, angle = case
        # the atoms are the worst directions, so they are on the grid
        at = np.append(turns, np.arctan2(*least_atoms(l, angle).factors[::-1]))
        height = float(np.abs(dual_form(l, angle, at)).max())
        return bool((height * (np.cos(tilts) ** l + np.sin(tilts) ** l) < 1 - 1e-3).all())

    return Evidence(
        "bound",
        rf"$|Y_1(P_1x)|+|Y_2(P_2x)|<1$ for $x$ tilted by 0.05 to $\frac\pi2-0.05$ between two planes of $\mathbb R^4$, $l={orders[0]}$ to {orders[-1]}",
        touches_in_the_planes_only,
        {f"$l={l}$": (l, 0.7 * math.pi / l) for l in orders},
        {"$l=2$, where the sum is 1 on a whole torus": (2, 0.7 * math.pi / 2)},
    )


# --- the ring -----------------------------------------------------------------------------------------------

Point = tuple[Fraction, Fraction, Fraction]
_CIRCLE: tuple[tuple[Fraction, Fraction], ...] = (
    (Fraction(3, 5), Fraction(4, 5)),
    (Fraction(-5, 13), Fraction(12, 13)),
    (Fraction(-8, 17), Fraction(-15, 17)),
    (Fraction(20, 29), Fraction(-21, 29)),
)


def _tangents(count: int, pole: bool, turn: bool, lift: bool) -> list[Polynomial]:
    """Directions in which a combination of cubes of ring points can move: weights, angles, turns of the axis, height.

    Without the pole c = 3/5. With it c = 1/2 and the first two coordinates are divided by the root of 3, which makes all
    entries rational and changes no rank; the turns are then given up to that factor.
    """
    z = Fraction(-1, 2) if pole else Fraction(-3, 5)
    radius = Fraction(1, 2) if pole else Fraction(4, 5)
    points: list[Point] = [(radius * x, radius * y, z) for x, y in _CIRCLE[:count]]
    moves = [[p, p, p] for p in points] + [[p, p, (-p[1], p[0], Fraction(0))] for p in points]
    found = [linear_forms(move) for move in moves]
    everything = [*points, (Fraction(0), Fraction(0), Fraction(1))] if pole else points
    stretch = 3 if pole else 1
    if turn:
        for a, _b in ((0, 1), (1, 0)):  # the axis tilts along the first or the second coordinate
            turned = [
                tuple(-p[2] if k == a else stretch * p[a] if k == 2 else Fraction(0) for k in range(3))
                for p in everything
            ]
            found.append(combine((1, linear_forms([p, p, q])) for p, q in zip(everything, turned, strict=True)))
    if lift:  # dc: z = -c, radius = root(1 - c^2)
        slope = Fraction(-3, 4) / radius
        lifted = [(slope * p[0], slope * p[1], Fraction(-1)) for p in points]
        found.append(combine((1, linear_forms([p, p, q])) for p, q in zip(points, lifted, strict=True)))
    if pole:
        found.append(linear_forms([everything[-1]] * 3))
    return found


def _fills_the_cubics(tangents: Sequence[Polynomial]) -> bool:
    """The directions span all ten dimensions of ternary cubics."""
    monomials = sorted({exponents for form in tangents for exponents in form})
    return rank([[form.get(e, Fraction(0)) for e in monomials] for form in tangents]) == 10


def ring_is_open(fast: bool) -> Evidence:
    """The rank of the map from rings and weights to cubics, in fractions."""
    return Evidence(
        "exact",
        "the derivative of the map from four points of a ring, their weights, the axis and the height to the ten coefficients of a "
        "cubic, at $c=\\frac35$; and with the pole at $c=\\frac12$, where the height is fixed: rank 10, in fractions",
        _fills_the_cubics,
        {"four points": _tangents(4, False, True, True), "four points and the pole": _tangents(4, True, True, False)},
        {
            "three points": _tangents(3, False, True, True),
            "a fixed axis": _tangents(4, False, False, True),
            "a fixed height without the pole": _tangents(4, False, True, False),
        },
    )


def _touches_at_most_one(height: float) -> bool:
    points, _ = sphere_grid(3, 60)
    return bool(np.abs(ring_form(height, points)).max() <= 1 + 1e-12)


def ring_form_on_the_sphere(fast: bool) -> Evidence:
    """The form that proves the least mass, on a grid of the sphere."""
    return Evidence(
        "bound",
        r"$|Y_c|\le1$ on a grid of the sphere for $c=0.5$ to $0.95$",
        _touches_at_most_one,
        {f"$c={c:.2f}$": float(c) for c in np.linspace(0.5, 0.95, 10)},
        {"$c=0.4$": 0.4, "$c=0.45$": 0.45},
    )


def many_decompositions(fast: bool) -> Evidence:
    """Four points for every first point, all of the same mass."""
    count = 4 if fast else 24
    angles, weights = np.array([0.1, 1.5, 3.3, 4.9]), np.array([1.0, 0.7, 0.5, 0.9])
    target = SymmetricCP(weights, ring_points(0.6, angles), 3)

    def another(case: tuple[float, float]) -> bool:
        height, first = case
        at, masses = other_ring_atoms(angles, weights, first)
        other = SymmetricCP(masses, ring_points(height, at), 3)
        return other.distance(target) < 1e-9 and bool((masses > 0).all()) and abs(mass(other) - weights.sum()) < 1e-9

    return Evidence(
        "bound",
        f"one target on the ring $c=0.6$: for {count} choices of a first point three others complete it to a decomposition of the same mass",
        another,
        {f"first point at {t:.2f}": (0.6, float(t)) for t in np.linspace(0.3, 6.0, count)},
        {"points of the ring $c=0.7$": (0.7, 0.3)},
    )
