"""The moment matrix of a random rank-one tensor, and its part in Theorem 1 (Section 3.1 of the paper).

Symmetric tensors of order l in dimension d form a space of dimension D = C(d+l-1, l). It is used here in the
orthonormal basis of scaled monomials: the coordinate of T at an exponent vector alpha, |alpha| = l, is
sqrt(l!/alpha!) T[alpha], so that coordinates and tensors have the same inner products and v^{(x) l} has the
coordinates sqrt(l!/alpha!) v^alpha.

For u* uniform on the unit sphere, M = E vec(u*^{(x) l}) vec(u*^{(x) l})^T commutes with every rotation and is
therefore a number on each space |x|^{l-j} H_j (H_j: harmonic polynomials of degree j). The least of these
numbers, lambda_l, is all that Theorem 1 needs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy import sparse

from tdbook import validation
from tdbook.tensors import monomials, multinomials, symmetric_dimension

# Coordinates beyond which a D x D matrix of float64 would pass 800 MB.
DENSE_LIMIT = 10_000


def odd_factorial(k: int) -> int:
    """k!! = k (k-2) (k-4) ... down to 1 or 2; 1 for k = 0 and k = -1."""
    return math.prod(range(k, 0, -2))


def gaussian_to_sphere(dimension: int, degree: int) -> int:
    """M = d(d+2)...(d+2 degree-2): a Gaussian moment of degree 2 degree over M is the sphere's."""
    return math.prod(dimension + 2 * i for i in range(degree))


def moment_matrix(dimension: int, order: int) -> sparse.csr_array:
    """M = E vec(u*^{(x) l}) vec(u*^{(x) l})^T in scaled monomials, sparse of shape (D, D).

    The entry at (alpha, beta) is sqrt(l!/alpha! l!/beta!) E u^{alpha+beta}, and E u^gamma is
    prod_k (gamma_k - 1)!! / (d(d+2)...(d+2l-2)) when all gamma_k are even, else 0: so alpha only meets those
    beta whose exponents have the same parities.
    """
    d = validation.integer("dimension", dimension, 1)
    order = validation.order(order, 1)
    exponents = monomials(d, order)
    roots = np.sqrt(multinomials(exponents))
    wick = np.array([float(odd_factorial(k - 1)) if k % 2 == 0 else 0.0 for k in range(2 * order + 1)])
    classes = np.unique(exponents % 2, axis=0, return_inverse=True)[1].ravel()
    rows, columns, values = [], [], []
    by_class = np.argsort(classes, kind="stable")
    for members in np.split(by_class, np.flatnonzero(np.diff(classes[by_class])) + 1):
        together = exponents[members, None, :] + exponents[None, members, :]
        block = wick[together].prod(axis=2) * roots[members, None] * roots[None, members]
        rows.append(np.repeat(members, len(members)))
        columns.append(np.tile(members, len(members)))
        values.append(block.ravel())
    entries = np.concatenate(values) / gaussian_to_sphere(d, order)
    where = (np.concatenate(rows), np.concatenate(columns))
    return sparse.csr_array((entries, where), shape=(len(exponents), len(exponents)))


@dataclass(frozen=True)
class Level:
    """An eigenspace of the moment matrix: |x|^{l-j} times the harmonic polynomials of degree j.

    Attributes
    ----------
    degree : int
        j, of the same parity as l.
    eigenvalue : Fraction
        lambda_j.
    multiplicity : int
        dim H_j.

    The claim stands at :func:`moment_spectrum`.
    """

    degree: int
    eigenvalue: Fraction
    multiplicity: int


def moment_spectrum(dimension: int, order: int) -> list[Level]:
    r"""The eigenvalues of M from the smallest, lambda_l, to the largest, in exact fractions.

    Claim: thm1-spectrum

    For $u_*$ uniform on the unit sphere of $\mathbb R^d$ let
    $M=\mathbb E\,\mathrm{vec}(u_*^{\otimes l})\,\mathrm{vec}(u_*^{\otimes l})^\top$, and let $H_j$ be the harmonic
    polynomials of degree $j$. On the symmetric tensors that belong to $|x|^{l-j}H_j$, $j=l,l-2,\dots\ge0$, the matrix
    $M$ is the number

    $$
    \lambda_j=\frac{l!}{(l-j)!!\;d(d+2)\cdots(d+l+j-2)},
    $$

    where $k!!=k(k-2)\cdots2$ for even $k$ and $0!!=1$, with multiplicity $\binom{d+j-1}{j}-\binom{d+j-3}{j-2}$. The
    smallest is $\lambda_l=l!/\big(d(d+2)\cdots(d+2l-2)\big)$.
    """
    d = validation.integer("dimension", dimension, 1)
    order = validation.order(order, 1)
    levels = []
    for degree in range(order, -1, -2):
        below = gaussian_to_sphere(d, (order + degree) // 2) * odd_factorial(order - degree)
        harmonics = math.comb(d + degree - 1, degree)
        if degree >= 2:
            harmonics -= math.comb(d + degree - 3, degree - 2)
        levels.append(Level(degree, Fraction(math.factorial(order), below), harmonics))
    return levels


def flatness(dimension: int, order: int) -> Fraction:
    """kappa = lambda_l D = prod_{i<l} (d+i)/(d+2i): how near M is to the multiple I/D of the identity.

    1 - l(l-1)/(2d) to first order in 1/d; for d < l^2 it is small and Theorem 1's lower bound is weak.
    """
    return moment_spectrum(dimension, order)[0].eigenvalue * symmetric_dimension(dimension, order)


def error_bounds(dimension: int, order: int, rank: int) -> tuple[float, float]:
    r"""The two sides of Theorem 1, for ``rank`` = dim S_U from 0 to D.

    Claim: thm1

    Let $T^*=u_*^{\otimes l}$ with $u_*$ uniform on the unit sphere and independent of $U$, let $D$ be the dimension of
    the symmetric tensors, $\rho'=\dim S_U/D$ the share of them that the lazy span fills, and
    $\kappa=\lambda_lD=\prod_{i<l}\frac{d+i}{d+2i}$, where $\lambda_l=l!/\prod_{i<l}(d+2i)$. Then

    $$
    \kappa\,(1-\rho')\ \le\ \mathbb E\,\|T^*-P_{S_U}T^*\|_F^2\ \le\ 1-\kappa\,\rho' .
    $$

    An expected squared error of at most $\varepsilon\le\kappa$ therefore needs
    $m\ge(1-\varepsilon/\kappa)\,D/d\ge(1-\varepsilon/\kappa)\,d^{l-1}/l!$ components.
    """
    size = symmetric_dimension(dimension, order)
    share = Fraction(validation.integer("rank", rank, 0, size), size)
    kappa = flatness(dimension, order)
    return float(kappa * (1 - share)), float(1 - kappa * share)


def components_forced(dimension: int, order: int, error: float) -> int:
    """The least m that Theorem 1 allows: fewer components cannot reach this expected squared error.

    The claim stands at :func:`error_bounds`.
    """
    size = symmetric_dimension(dimension, order)
    share = 1 - Fraction(validation.real("error", error, strict=False)) / flatness(dimension, order)
    return max(0, math.ceil(share * size / dimension))
