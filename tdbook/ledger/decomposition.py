"""Claims of the chapter on decompositions: lower bounds of the number of components."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import comb, prod

import numpy as np

from tdbook.decomposition.core import core_of
from tdbook.decomposition.flattening import flattening
from tdbook.decomposition.koszul_young import wedge
from tdbook.decomposition.noise import best_fit
from tdbook.ledger.claims import Claim, Evidence
from tdbook.tensors import DenseSymmetric, random_target
from tdbook.tensors.fractions import rank
from tdbook.tensors.symmetric_power import symmetric_power
from tdbook.validation import Array

# --- flattening-bound -------------------------------------------------------------------------------------


def _tail(singular: Array, m: int) -> float:
    """The root of the sum of the squared singular values after the m-th."""
    return float(np.linalg.norm(singular[m:]))


def _flattening_bound(fast: bool) -> Evidence:
    seeds = 2 if fast else 10
    cases = []
    for order, dimension, kind in ((3, 4, "generic"), (4, 3, "mixed-sign"), (5, 3, "generic"), (3, 4, "orthogonal")):
        for seed in range(seeds):
            target = random_target(dimension, 4 if kind != "orthogonal" else 3, order, kind, seed)
            core = core_of(DenseSymmetric(target.to_dense()))
            singular = flattening(core.tensor, 0.0).singular
            for m in (1, 2):
                cases.append((best_fit(core, m, np.random.default_rng(seed)).fit.error, singular, m))

    def largest(tail: Callable[[Array, int], float]) -> float:
        return max(tail(singular, m) / error for error, singular, m in cases)

    ratio = largest(_tail)
    return Evidence(
        "bound",
        f"the best fits with 1 and 2 components to {len(cases) // 2} targets of order 3 to 5, $d=3$ and $4$ (seeds 0 to "
        f"{seeds - 1}), each the best of a search from several starts: their errors against the singular values left out",
        lambda tail: largest(tail) <= 1 + 1e-9,
        {"the singular values left out": _tail},
        {
            "the $m$-th singular value counted as well": lambda s, m: _tail(s, m - 1),
            "a bound a hundredth larger": lambda s, m: 1.01 * _tail(s, m),
        },
        f"largest ratio of the bound to the error {ratio:.3f}, attained where components are orthogonal",
    )


# --- koszul-young -----------------------------------------------------------------------------------------


def _integer_slices(vectors: list[list[int]], order: int) -> Array:
    """T_1, ..., T_c of a sum of powers of integer vectors, on monomials of degree k: shape (N, N, c), small integers."""
    k, d = order // 2, len(vectors[0])
    index = symmetric_power(d, k).index
    powers = np.array([[prod(x[i] for i in row) for row in index] for x in vectors], dtype=float)
    return np.einsum("ra,rb,rj->abj", powers, powers, np.array(vectors, dtype=float))


def _koszul_exact(fast: bool) -> Evidence:
    rng = np.random.default_rng(7)
    cases = []
    for order, p, most in ((3, 1, 3), (3, 2, 3 if fast else 6), (5, 1, 3 if fast else 6)):
        c = 2 * p + 1
        for r in range(1, most + 1):
            vectors = [[int(x) for x in rng.integers(1, 6, size=c)] for _ in range(r)]
            cases.append((_integer_slices(vectors, order), p, r))

    def agrees(build: Callable[[Array, int], Array], each: Callable[[int], int]) -> bool:
        for stack, p, r in cases:
            found = rank([[Fraction(int(x)) for x in row] for row in build(stack, p)])
            if found > r * each(p) or (r == 1 and found != each(p)):
                return False
        return True

    def one(p: int) -> int:
        return comb(2 * p, p)

    return Evidence(
        "exact",
        f"ranks of $K_p$ in exact arithmetic for {len(cases)} sums of powers of random integer vectors (seed 7), $l=3$ with "
        f"$p=1,2$ and $l=5$ with $p=1$, $d=c=2p+1$: one power, and sums of up to {max(r for _, _, r in cases)}",
        lambda law: agrees(*law),
        {r"$\binom{2p}p$ for one power": (wedge, one)},
        {
            "all signs plus": (lambda stack, p: np.abs(wedge(stack, p)), one),
            r"$\binom{2p}p-1$ for one power": (wedge, lambda p: one(p) - 1),
            r"$\binom{2p+1}p$ for one power": (wedge, lambda p: comb(2 * p + 1, p)),
        },
        r"$\binom{2p}p$ for one power, and never more than $r\binom{2p}p$",
    )


CLAIMS = (
    Claim(
        id="flattening-bound",
        title="No fewer components than a flattening's singular values allow",
        place="beyond the paper",
        kinds=("bound",),
        checks=(_flattening_bound,),
        rests_on=("sym-dim",),
        note="An unfolding's rank as a bound is classical; at a tolerance it is the theorem of Eckart and Young.",
    ),
    Claim(
        id="koszul-young",
        title="Koszul-Young flattenings show more rank than any unfolding",
        place="beyond the paper",
        kinds=("exact",),
        checks=(_koszul_exact,),
        note="Landsberg and Ottaviani's flattenings for symmetric tensors of odd order.",
    ),
)
