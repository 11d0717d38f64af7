"""Numbers with 60 digits: what the library gives is compared with them at the ends of the floating-point range."""

import mpmath
import numpy as np

from tdbook.objectives import Parameters
from tdbook.tensors import random_target


def exact(array):
    """The floating-point numbers of an array as exact ones."""
    return [[mpmath.mpf(float(x)) for x in row] for row in np.atleast_2d(array)]


def column(U, j):
    return [row[j] for row in U]


def dot(x, y):
    return mpmath.fsum(a * b for a, b in zip(x, y))


class Exact:
    """The model as Section 4 displays it, sum a c^{l-2} u^{(x) l}, in powers of the small norms themselves."""

    def __init__(self, p, target):
        self.l = target.order
        self.U, self.V = exact(p.U), exact(target.factors)
        m, r = len(p.a), target.rank
        self.u = [column(self.U, j) for j in range(m)]
        self.v = [column(self.V, k) for k in range(r)]
        self.a, self.c, self.c_hat = exact(p.a)[0], exact(p.c)[0], exact(p.c_hat)[0]
        self.b = [a * c ** (self.l - 2) for a, c in zip(self.a, self.c)]
        self.w = exact(target.weights)[0]

    def loss(self, lam):
        terms = [(b, u) for b, u in zip(self.b, self.u)] + [(-w, v) for w, v in zip(self.w, self.v)]
        square = mpmath.fsum(x * y * dot(u, v) ** self.l for x, u in terms for y, v in terms)
        return square / 2 + lam * self.regularizer()

    def regularizer(self):
        return mpmath.fsum(c ** (self.l - 2) * mpmath.sqrt(dot(u, u)) ** self.l for c, u in zip(self.c_hat, self.u))

    def gradient(self, lam, j):
        l, u = self.l, self.u[j]
        terms = [(b, v) for b, v in zip(self.b, self.u)] + [(-w, v) for w, v in zip(self.w, self.v)]
        pull = [mpmath.fsum(x * dot(v, u) ** (l - 1) * v[i] for x, v in terms) for i in range(len(u))]
        shrink = lam * l * self.c_hat[j] ** (l - 2) * mpmath.sqrt(dot(u, u)) ** (l - 2)
        return [l * self.b[j] * pull[i] + shrink * u[i] for i in range(len(u))]


def fresh_beside_grown(order, kappa, size=1e-12, d=4):
    """Two columns that were just drawn, with norm delta and kappa large, beside two that have switched."""
    rng = np.random.default_rng([order, 7])
    U = rng.standard_normal((d, 4)) * np.array([size, 0.5, size, 0.8]) / 2
    return Parameters.two_homogeneous(U, [1.0, 1.0, -1.0, 1.0], [kappa, 1.0, kappa, 1.0]), random_target(
        d, 2, order, rng=1
    )
