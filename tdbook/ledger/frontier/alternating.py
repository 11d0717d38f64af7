"""Checks of alternating least squares on a weak term: a Fourier point, runs modulo a prime, in decimals and in doubles."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from itertools import islice

import numpy as np

from tdbook.decomposition.als import als, deflated
from tdbook.experiments import weak_target
from tdbook.ledger.claims import Evidence
from tdbook.ledger.exact.alternating import (
    DECIMAL,
    MODULAR,
    PRIME,
    Numbers,
    Singular,
    decimals,
    integers,
    root_of_unity,
    solved,
    updates,
)
from tdbook.statistics import proportion
from tdbook.tensors import SymmetricCP

Factors = tuple[np.ndarray, np.ndarray, np.ndarray]


# --- a Fourier decomposition --------------------------------------------------------------------------------


def _prime_for(s: int) -> int:
    """The first prime above 1000 that is 1 modulo s: it has roots of unity of order s."""
    p = 1000 // s * s + 1
    while p <= 1000 or any(p % q == 0 for q in range(2, int(p**0.5) + 1)):
        p += s
    return p


def fourier_factors(s: int, prime: int, sign: int = 1, scale: int = 1) -> Factors:
    """The s^2 columns of the Fourier decomposition modulo a prime; ``sign`` and ``scale`` spoil the third factor."""
    w = root_of_unity(s, prime)
    pairs = [(p, q) for p in range(s) for q in range(s)]
    inverse = scale * pow(s * s, -1, prime)
    a = [[pow(w, p * j, prime) for p, _ in pairs] for j in range(s)]
    b = [[pow(w, q * j, prime) for _, q in pairs] for j in range(s)]
    c = [[inverse * pow(w, -(p + sign * q) * j, prime) % prime for p, q in pairs] for j in range(s)]
    A, B, C = (np.array(rows, dtype=object) for rows in (a, b, c))
    return A, B, C


def fourier_complex(s: int) -> Factors:
    """The same decomposition in complex numbers."""
    p, q = (index.ravel() for index in np.meshgrid(np.arange(s), np.arange(s), indexing="ij"))
    w = np.exp(2j * np.pi * np.arange(s) / s)[:, None]
    return w**p, w**q, w ** -(p + q) / s**2


def khatri_rao_of(P: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """The column-wise Kronecker product of two factors, shape (s^2, m)."""
    return (P[:, None] * Q[None, :]).reshape(-1, P.shape[1])


def _is_exact_and_regular(case: tuple[int, int, Factors]) -> bool:
    """The factors decompose the sum of cubes of the axes, and no Khatri-Rao matrix of two of them is singular."""
    s, prime, factors = case
    A, B, C = factors
    cubes = np.zeros((s, s, s), dtype=object)
    cubes[np.arange(s), np.arange(s), np.arange(s)] = 1
    if (np.einsum("im,jm,km->ijk", A, B, C) % prime != cubes).any():
        return False
    field = Numbers(lambda x: x % prime, lambda x: pow(int(x), -1, prime), lambda x: x != 0)
    try:
        for P, Q in ((A, B), (B, C), (C, A)):
            K = khatri_rao_of(P, Q) % prime
            solved(K, np.ones((s * s, 1), dtype=object), field)
    except Singular:
        return False
    return True


def fourier_point(fast: bool) -> Evidence:
    """The decomposition that shows the determinants not to vanish identically, modulo a prime with roots of unity."""
    sizes = range(2, 4 if fast else 7)
    true = {f"$s={s}$": (s, p := _prime_for(s), fourier_factors(s, p)) for s in sizes}
    p = _prime_for(3)
    _A, _B, _C = fourier_factors(3, p)
    return Evidence(
        "exact",
        f"the Fourier decomposition with $s^2$ columns, $s={sizes[0]}$ to {sizes[-1]}, modulo a prime $p\\equiv1$ mod $s$: it is exact, and "
        "all three Khatri–Rao matrices are invertible",
        _is_exact_and_regular,
        true,
        {
            "the third factor with $p-q$ for $p+q$": (3, p, fourier_factors(3, p, sign=-1)),
            "the third factor twice as large": (3, p, fourier_factors(3, p, scale=2)),
            "the axes themselves, each nine times in thirds": (3, p, _repeated_axes(p)),
        },
    )


def _repeated_axes(prime: int) -> Factors:
    """e_j three times with weight 1/3: an exact decomposition with nine columns, and as singular as can be."""
    eye = np.repeat(np.eye(3, dtype=int), 3, axis=1).astype(object)
    return eye, eye, eye * pow(3, -1, prime) % prime


# --- runs at tau = 0, modulo a prime ------------------------------------------------------------------------


def _fits_for_ever(case: tuple[int, int, int]) -> bool:
    """No determinant vanishes, S is fitted after one sweep, and then nothing moves any more."""
    s, m, n = case
    rng = np.random.default_rng([s, m, n])
    try:
        course = list(islice(updates(integers((n, m), rng), integers((n, m), rng), [1] * s, MODULAR), 9))
    except Singular:
        return False
    A, B, C = course[2]
    cubes = np.zeros((n, n, n), dtype=object)
    cubes[np.arange(s), np.arange(s), np.arange(s)] = 1
    exact = not (np.einsum("im,jm,km->ijk", A, B, C) % PRIME != cubes).any()
    return exact and all(bool((old == new).all()) for old, new in zip(course[2], course[8], strict=True))


def determinants_modulo_a_prime(fast: bool) -> Evidence:
    """From a start of integers, three sweeps without the weak term."""
    sizes = range(2, 4 if fast else 6)
    true = {f"$s={s}$, $n={n}$": (s, s * s, n) for s in sizes for n in (s + 1, s + s * s)}
    return Evidence(
        "exact",
        f"three sweeps at $\\tau=0$ from a start of integers, modulo $2^{{61}}-1$, $s={sizes[0]}$ to {sizes[-1]}, $m=s^2$, $n=s+1$ and $s+s^2$: "
        "no determinant vanishes, the strong terms are fitted after one sweep, and nothing moves from then on",
        _fits_for_ever,
        true,
        {
            "one component more: the determinant is zero": (3, 10, 4),
            "one component fewer: no exact fit after one sweep": (3, 8, 4),
        },
    )


def finite_runs_modulo_a_prime(fast: bool) -> Evidence:
    """Fewer components: no determinant vanishes during the sweeps made."""
    cases = ((4, 6, 6), (4, 4, 6)) if fast else ((4, 4, 20), (4, 6, 20), (4, 8, 20), (5, 6, 8), (5, 11, 8), (5, 15, 8))

    def regular(case: tuple[int, int, int]) -> bool:
        r, m, sweeps = case
        rng = np.random.default_rng(case)
        B, C = integers((r, m), rng), integers((r, m), rng)
        try:
            for _ in islice(updates(B, C, [1] * (r - 1), MODULAR), 3 * sweeps):
                pass
        except Singular:
            return False
        return True

    return Evidence(
        "exact",
        "runs at $\\tau=0$ from integers, modulo $2^{61}-1$, $n=r$: no determinant vanishes for $(r,m)$, sweeps: "
        + ", ".join(f"({r}, {m}), {sweeps}" for r, m, sweeps in cases),
        regular,
        {f"$r={r}$, $m={m}$": (r, m, sweeps) for r, m, sweeps in cases},
        {"one component more than $(r-1)^2$": (4, 10, 2), "$m=r^2$": (4, 16, 2)},
    )


# --- runs in decimals ---------------------------------------------------------------------------------------


def weak_levels(rank: int, ratio: int, components: int, count: int, digits: int = 120, seed: int = 0) -> list[float]:
    """-log(largest weak coordinate) / log(kappa) of the factor just updated, for the first ``count`` updates."""
    rng = np.random.default_rng(seed)
    n = 2 * rank
    with localcontext() as context:
        context.prec = digits
        B, C = (decimals(rng.standard_normal((n, components))) for _ in range(2))
        weights = [Decimal(1)] * (rank - 1) + [1 / Decimal(ratio)]
        levels = []
        for k, factors in enumerate(islice(updates(B, C, weights, DECIMAL), count)):
            largest = max(abs(x) for x in factors[k % 3][rank - 1])
            levels.append(float(-largest.log10() / Decimal(ratio).log10()))
    return levels


def doubly_exponential(count: int) -> list[int]:
    """1, 2, 4, 7, 12, ...: a_n = 1 + a_{n-1} + a_{n-2} from a_0 = a_{-1} = 0."""
    levels = [0, 0]
    while len(levels) < count + 2:
        levels.append(1 + levels[-1] + levels[-2])
    return levels[2:]


def weak_coordinates_in_decimals(fast: bool) -> Evidence:
    """Coordinates far below the range of doubles."""
    ranks = (3,) if fast else (3, 4)
    ratio, count = 10**30, 10
    wanted = np.array(doubly_exponential(count))

    def falls_so(levels: Sequence[float]) -> bool:
        return bool((np.abs(np.array(levels) / wanted - 1) < 0.07).all())

    true = {f"$r={r}$": weak_levels(r, ratio, (r - 1) ** 2, count) for r in ranks}
    return Evidence(
        "run",
        rf"ten updates in 120 digits, $r={ranks[0]}$ to {ranks[-1]}, $m=(r-1)^2$, $\kappa=10^{{30}}$: the largest coordinate along the weak term is $\tau^a$ with "
        "$a=1,2,4,7,12,20,33,54,88,143$ to 7%",
        falls_so,
        true,
        {
            "one component more": weak_levels(3, ratio, 5, count),
            "the recursion without its 1": [1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 55.0, 89.0],
        },
        seen="last exponent " + ", ".join(f"{levels[-1]:.0f}" for levels in true.values()),
    )


# --- runs in doubles ----------------------------------------------------------------------------------------


def _weak_terms(rank: int, strong: int, ratio: float) -> SymmetricCP:
    return SymmetricCP(np.where(np.arange(rank) < strong, 1.0, 1 / ratio), np.eye(rank), 3)


def error_tends_to_the_weak_terms(fast: bool) -> Evidence:
    """The error of long runs in units of tau sqrt(r - s)."""
    starts, sweeps = (3, 60) if fast else (8, 300)
    cases = ((4, 2), (4, 3)) if fast else ((4, 2), (5, 2), (4, 3), (5, 3), (6, 3))
    ratio = 1e4

    def misses_them(case: tuple[int, int, int]) -> bool:
        r, s, m = case
        run = als(_weak_terms(r, s, ratio), m, sweeps, starts=starts, rng=1)
        return bool(np.abs(run.errors[-1] * ratio / np.sqrt(r - s) - 1).max() < 1e-6)

    return Evidence(
        "run",
        f"{sweeps} sweeps with $\\kappa=10^4$, $m=s^2$, {len(cases)} pairs $(r,s)$, starts: {starts} each: error over $\\tau\\sqrt{{r-s}}$ within $10^{{-6}}$ of 1",
        misses_them,
        {f"$r={r}$, $s={s}$": (r, s, s * s) for r, s in cases},
        {"$m=r(r-1)+1$": (4, 3, 13), "$m=r^2$": (4, 3, 16)},
    )


# --- four bands ---------------------------------------------------------------------------------------------

_SWEEPS = 300


def _sweeps(rank: int, ratio: float, components: int, starts: int, cap: int = _SWEEPS) -> list[float]:
    """Sweeps until every term is found (error at most half the weak term), infinite beyond the cap; sorted."""
    target = weak_target(rank, ratio=ratio)
    run = als(target, components, cap, starts=starts, rng=0, stop_below=0.5 / ratio)
    return sorted(np.inf if found is None else float(found) for found in run.sweeps_until(0.5 / ratio))


def bands(fast: bool) -> Evidence:
    """Where a random start ends, at kappa = 10 and 10^6, in each band."""
    ranks, starts = ((3,), 12) if fast else ((3, 4, 5), 20)
    strong, mild = 1e6, 10.0

    def as_stated(edges: tuple[int, int, int, int]) -> bool:
        r, stuck, jump, exact = edges
        dies = all(map(np.isinf, _sweeps(r, strong, stuck, starts, 60)))
        swamp = _sweeps(r, mild, stuck + 1, starts)[starts // 2] < _sweeps(r, strong, stuck + 1, starts)[starts // 2]
        jumps = _sweeps(r, strong, jump, starts)[-1] <= 30
        one_sweep = als(weak_target(r, ratio=mild), exact, 1, starts=starts, rng=0).errors[-1].max() < 1e-7
        return dies and swamp and jumps and bool(one_sweep)

    found = {r: sum(np.isfinite(_sweeps(r, strong, (r - 1) ** 2, starts, 60))) for r in ranks}
    high = max(proportion(int(x), starts)[1] for x in found.values())
    true = {f"$r={r}$": (r, (r - 1) ** 2, r * (r - 1) + 1, r * r) for r in ranks}
    return Evidence(
        "measured",
        rf"$r={ranks[0]}$ to {ranks[-1]}, $\kappa=10$ and $10^6$, starts: {starts} each, at most {_SWEEPS} sweeps: at $\kappa=10^6$ none finds the weak term at $m=(r-1)^2$; at "
        r"one component more the median at $\kappa=10^6$ is larger than at 10; at $m=r(r-1)+1$ and $\kappa=10^6$ all find it within 30 sweeps; at $m=r^2$ the error is below 1e-7 after one",
        as_stated,
        true,
        {
            "the first band as long as $r(r-1)+1$": (3, 7, 7, 9),
            r"the jump one component earlier, at $r(r-1)$": (3, 4, 6, 9),
            "exact one component earlier": (3, 4, 7, 8),
        },
        seen=f"found at $(r-1)^2$: none of {starts} for each $r$, 95% interval of the chance up to {high:.2f}",
    )


def weak_against_equal(fast: bool) -> Evidence:
    """With equal weights as many components find all terms: it is the weakness that stops the runs."""
    starts = 12 if fast else 40

    def mostly_missed(ratio: float) -> bool:
        found = sum(np.isfinite(_sweeps(4, ratio, 9, starts, 100)))
        return proportion(int(found), starts)[1] < 0.5

    return Evidence(
        "measured",
        f"$r=4$, $m=9$, starts: {starts}, 100 sweeps: the chance that all terms are found is below one half (95% interval)",
        mostly_missed,
        {f"$\\kappa={ratio:g}$": ratio for ratio in (50.0, 1e3, 1e6)},
        {"equal weights": 1.0, r"$\kappa=2$": 2.0},
    )


# --- deflation and redraws ----------------------------------------------------------------------------------


def deflation_cures(fast: bool) -> Evidence:
    """The lightest column left out and one column added to the residual, where the others have fitted the strong terms."""
    cases = ((4, 5, 1e3),) if fast else ((4, 5, 1e3), (4, 8, 1e6), (5, 6, 1e3))

    def cured(case: tuple[int, int, float, bool]) -> bool:
        r, m, ratio, deflate = case
        target = weak_target(r, ratio=ratio)
        run = als(target, m, 150, starts=6 if fast else 12, rng=2)
        if not deflate:
            return bool((run.errors[-1] * ratio < 0.05).all())
        after = deflated(run.factors, target, 300, 5, rng=3)
        fitted = after.errors[1] * ratio < 1.001  # only the weak term is left
        return bool(fitted.any() and (after.errors[2][fitted] * ratio < 0.05).all())

    return Evidence(
        "run",
        f"{len(cases)} cases $(r,m,\\kappa)$ = "
        + ", ".join(f"({r}, {m}, {ratio:g})" for r, m, ratio in cases)
        + ": wherever the other columns leave 1.001 weak terms or less, a new column on the residual finds the weak one",
        cured,
        {f"({r}, {m}, {ratio:g})": (r, m, ratio, True) for r, m, ratio in cases},
        {"without it: (4, 5, 1000)": (4, 5, 1e3, False)},
    )


def redraws(fast: bool) -> Evidence:
    """The lightest column re-initialised every 15 sweeps, as Algorithm 1 does between epochs."""
    starts = 12 if fast else 40

    def share(ratio: float, m: int, times: int) -> tuple[int, int]:
        every = 15 if times else None
        target = weak_target(4, ratio=ratio)
        run = als(target, m, 15 * (times + 1), starts=starts, rng=5, redraw_every=every, stop_below=0.5 / ratio)
        return sum(x is not None for x in run.sweeps_until(0.5 / ratio)), starts

    def helps(case: tuple[float, int, int]) -> bool:
        return proportion(*share(*case))[0] > 0.3

    found = {case: share(*case) for case in ((20.0, 6, 1), (20.0, 6, 20), (1e6, 6, 1), (1e6, 6, 20))}
    return Evidence(
        "measured",
        rf"$r=4$, $m=6$, starts: {starts}: with 20 redraws at $\kappa=20$ the chance of finding all terms is above 0.3 (95% interval)",
        helps,
        {r"$\kappa=20$, 20 redraws": (20.0, 6, 20)},
        {r"$\kappa=20$, no redraw": (20.0, 6, 0), r"$\kappa=10^6$, one redraw": (1e6, 6, 1)},
        seen=", ".join(f"$\\kappa={k:g}$, {n} redraws: {a} of {b}" for (k, _, n), (a, b) in found.items()),
    )
