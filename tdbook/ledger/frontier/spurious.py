"""Checks of the local minima of the orthogonal cube sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
from scipy.optimize import minimize

from tdbook.landscape.orthogonal import (
    cube_chain,
    cubes_loss,
    missed_term_bound,
    orthogonal_minimum,
    product_form,
    weakest_square,
)
from tdbook.ledger.claims import Evidence
from tdbook.ledger.exact.polynomials import powers
from tdbook.tensors.fractions import rank
from tdbook.validation import Array

Chain = tuple[int, Sequence[Fraction], Sequence[Sequence[Fraction]]]


def _fits_with_independent_squares(chain: Chain) -> bool:
    """The weighted cubes add up to the cubes of the axes, and the squares of the vectors are independent: in fractions."""
    s, weights, vectors = chain
    axes = [[Fraction(k == j) for k in range(s)] for j in range(s)]
    exact = powers(weights, vectors, 3) == powers([1] * s, axes, 3)
    return exact and rank([product_form(v, v) for v in vectors]) == len(vectors)


def chain_in_fractions(fast: bool) -> Evidence:
    """The whole chain, every m from r to r (r - 1) / 2."""
    ranks = range(3, 5 if fast else 7)
    true = {f"$r={r}$, $m={m}$": (r - 1, *cube_chain(r - 1, m)) for r in ranks for m in range(r, r * (r - 1) // 2 + 1)}
    weights, vectors = cube_chain(3, 6)
    return Evidence(
        "exact",
        f"the chain for $r={ranks[0]}$ to {ranks[-1]} and all $m$ from $r$ to $r(r-1)/2$, in fractions: the cubes add up to those of "
        "the axes, and their squares are independent",
        _fits_with_independent_squares,
        true,
        {
            "one component more than $r(r-1)/2$, $r=4$": (3, *cube_chain(3, 7)),
            "one weight larger by 1/1000": (3, [weights[0] + Fraction(1, 1000), *weights[1:]], vectors),
            "one entry of one vector larger by 1/1000": (
                3,
                weights,
                [(vectors[0][0] + Fraction(1, 1000), *vectors[0][1:]), *vectors[1:]],
            ),
        },
        seen=f"{len(true)} decompositions",
    )


# Half the side of the cube around the minimum in which lower points are looked for, and the last term's weight.
_REACH, _LAST = 0.02, 1.0


def _lowest_near(U: Array, seeds: Sequence[int], reach: float) -> float:
    """The least loss that bounded descent finds from random points with every entry within ``reach`` of those of U."""

    def loss_and_gradient(flat: Array) -> tuple[float, Array]:
        V = flat.reshape(U.shape)
        weights = np.append(np.ones(len(U) - 1), _LAST)
        pull = V @ (V.T @ V) ** 2 - weights[:, None] * V**2
        return cubes_loss(V, _LAST), 3 * pull.ravel()

    box = [(x - reach, x + reach) for x in U.ravel()]
    lowest = np.inf
    for seed in seeds:
        start = U.ravel() + np.random.default_rng(seed).uniform(-reach, reach, U.size)
        found = minimize(loss_and_gradient, start, jac=True, method="L-BFGS-B", bounds=box, options={"maxiter": 500})
        lowest = min(lowest, float(found.fun))
    return lowest


def nothing_lower_nearby(fast: bool) -> Evidence:
    """Bounded descent in a small cube around the point, which has to stay at tau^2 / 2 and no lower."""
    seeds = range(2 if fast else 12)
    true = {f"$r={r}$, $m={m}$": orthogonal_minimum(r, m) for r, m in ((3, 3), (4, 4), (4, 5), (4, 6))}

    def minimal(U: Array) -> bool:
        return _lowest_near(U, seeds, _REACH) >= _LAST**2 / 2 - 1e-9

    return Evidence(
        "bound",
        rf"descent within a cube of half-side {_REACH} around the points with $r=3,4$, $\tau=1$, starts: {len(seeds)} each",
        minimal,
        true,
        {
            "one component more: $r=3$, $m=4$": orthogonal_minimum(3, 4),
            "one component more: $r=4$, $m=7$": orthogonal_minimum(4, 7),
        },
        seen=r"nothing below $\tau^2/2$; with one component more descent leaves",
    )


def _quotients(U: Array, samples: int, sigma: float) -> Iterator[float]:
    """Bound over loss at random points around U, with ``sigma`` times the sigma of the bound.

    The rows above the last move by 10^-6 to 0.3 at random, the last row does so along the weakest square or at random.
    """
    rng = np.random.default_rng(0)
    weakest = np.linalg.eigh((U[:-1].T @ U[:-1]) ** 2)[1][:, 0]
    for k in range(samples):
        V = U.copy()
        V[:-1] += rng.standard_normal(V[:-1].shape) * 10 ** rng.uniform(-6, -0.5)
        V[-1] = (weakest if k % 2 else rng.standard_normal(len(weakest))) * 10 ** rng.uniform(-4, -0.5)
        value, bound = missed_term_bound(V, _LAST)
        yield (bound + 1.5 * (sigma - 1) * weakest_square(V[:-1]) * float(V[-1] @ V[-1])) / value


def bound_at_random_points(fast: bool) -> Evidence:
    """The lower bound, whose sigma is that of the moved columns, at distances over several powers of ten."""
    samples = 500 if fast else 5000
    true = {f"$r={r}$, $m={m}$": (orthogonal_minimum(r, m), 1.0) for r, m in ((3, 3), (4, 6), (5, 10))}

    def largest(case: tuple[Array, float]) -> float:
        return max(_quotients(case[0], samples, case[1]))

    def never_violated(case: tuple[Array, float]) -> bool:
        return largest(case) <= 1 + 1e-10

    return Evidence(
        "bound",
        rf"$\frac12\tau^2+\frac32\sigma|x|^2-\tau|x|^3$ over the loss at {samples} random points around each of three minima",
        never_violated,
        true,
        {r"twice $\sigma$": (orthogonal_minimum(3, 3), 2.0)},
        seen="largest quotient " + f"{max(map(largest, true.values())):.6f}",
    )
