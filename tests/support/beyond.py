"""What several tests share."""

import math

import numpy as np

from tdbook.beyond import mixture as mixtures
from tdbook.tensors import SymmetricCP, random_target
from tests.support import dense


def random_cp(d, r, order, seed):
    rng = np.random.default_rng(seed)
    return SymmetricCP(rng.standard_normal(r), rng.standard_normal((d, r)), order)


def entries(T):
    return dense.tensor(T.weights, T.factors, T.order)


def quadrature(dimension, nodes=8):
    """Points and weights that integrate polynomials of degree < 2 * nodes in each variable against a Gaussian."""
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    grids = np.meshgrid(*[x] * dimension, indexing="ij")
    weights = np.ones(1)
    for _ in range(dimension):
        weights = np.outer(weights, w / math.sqrt(2 * math.pi)).ravel()
    return np.column_stack([g.ravel() for g in grids]), weights


def mixture(squares, seed=0):
    target = random_target(5, 2, 3, rng=seed)
    return mixtures.Mixture(squares, target.weights, target.factors)
