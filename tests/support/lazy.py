"""What several tests share."""

import math
from itertools import product

import numpy as np
from scipy.special import gamma

from tdbook.tensors import random_unit_vectors
from tests.support import dense


def start(dimension, components, seed=0):
    return random_unit_vectors(dimension, components, np.random.default_rng(seed))


def sphere_mean(d, order):
    """Points of the sphere with weights that integrate polynomials of degree 2l: a Gaussian grid, by lengths."""
    x, w = np.polynomial.hermite_e.hermegauss(order + 1)
    w = w / math.sqrt(2 * math.pi)
    points, weights = np.array(list(product(x, repeat=d))).T, np.prod(list(product(w, repeat=d)), axis=1)
    # E |g|^{2l} is what a Gaussian has more than the sphere, for forms of degree 2l
    return points, weights * 2.0**-order * gamma(d / 2) / gamma(d / 2 + order)


def full_moments(d, order):
    """E vec(u^{(x) l}) vec(u^{(x) l})^T on all d^l entries."""
    points, weights = sphere_mean(d, order)
    powers = np.array([dense.power(u, order).ravel() for u in points.T])
    return powers.T @ (weights[:, None] * powers)
