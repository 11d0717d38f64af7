"""The paper's objects as arrays of all d^l entries: slow, short, and sharing nothing with tdbook."""

import math
from functools import reduce
from types import SimpleNamespace

import numpy as np


def power(u, order):
    """u^{(x) l}."""
    return reduce(np.multiply.outer, [np.asarray(u, dtype=float)] * order)


def tensor(weights, vectors, order):
    """sum_i w_i u_i^{(x) l} for the columns u_i."""
    return sum(w * power(u, order) for w, u in zip(weights, np.asarray(vectors, dtype=float).T, strict=True))


def seen(T, *vectors):
    """T(v_1, ..., v_k, .): a number when there are as many vectors as indices."""
    for v in vectors:
        T = np.tensordot(v, T, axes=(0, 0))
    return T if T.ndim else float(T)


def moved_slot(u, v, order):
    """P_sym(u^{(x) l-1} (x) v): v in each place in turn."""
    words = ([v if k == slot else u for k in range(order)] for slot in range(order))
    return sum(reduce(np.multiply.outer, word) for word in words) / order


def model(p, order):
    """T of Section 4 at a point with U, a and c."""
    return tensor(p.a * p.c ** (order - 2), p.U, order)


def loss(p, goal, lam):
    """f of Section 4; ``goal`` is T* as an array."""
    order = goal.ndim
    sizes = np.linalg.norm(p.U, axis=0)
    return 0.5 * np.sum((model(p, order) - goal) ** 2) + lam * np.sum(p.c_hat ** (order - 2) * sizes**order)


def frozen(p, goal, lam):
    """The frozen gradient, column by column."""
    order = goal.ndim
    R = model(p, order) - goal
    columns = []
    for a, c, c_hat, u in zip(p.a, p.c, p.c_hat, p.U.T, strict=True):
        size = np.linalg.norm(u)
        pull = order * a * c ** (order - 2) * seen(R, *[u] * (order - 1))
        columns.append(pull + lam * order * (c_hat * size) ** (order - 2) * u)
    return np.array(columns).T


def vanilla_gradient(U, c, goal):
    """Gradients of ||sum c u^{(x) l} - T*||^2 / 2 in U and in c."""
    order = goal.ndim
    R = tensor(c, U, order) - goal
    in_u = np.array([order * x * seen(R, *[u] * (order - 1)) for x, u in zip(c, U.T, strict=True)]).T
    return in_u, np.array([seen(R, *[u] * order) for u in U.T])


def projected(T, P):
    """T with the matrix P applied to every index."""
    for _ in range(T.ndim):
        T = np.tensordot(T, P, axes=(0, 1))
    return T


def span_projector(T):
    """Orthogonal projection onto the span of a symmetric array, from its unfolding."""
    left, singular, _ = np.linalg.svd(T.reshape(len(T), -1), full_matrices=False)
    basis = left[:, singular > 1e-10 * singular[0]]
    return basis @ basis.T


def algorithm(goal, s, rng, boost=None):
    """Algorithm 1 as printed, with c and chat as they are; yields (U, a, c, c_hat, fresh) after each step."""
    d, m = len(goal), s.components
    kappa = math.sqrt(d * (m + s.epochs)) if boost is None else boost
    bar = 2 * math.sqrt(m + s.epochs) * s.init_scale

    def sphere(count):
        g = rng.standard_normal((d, count))
        return g / np.sqrt(np.sum(g * g, axis=0))

    U = s.init_scale * sphere(m)
    a = rng.choice([-1.0, 1.0], size=m)
    c, c_hat = np.full(m, kappa / s.init_scale), np.full(m, 1 / s.init_scale)
    fresh = [True] * m
    for _ in range(s.epochs):
        lengths = [math.hypot(*u) for u in U.T]
        j = next(i for i in range(m) if lengths[i] <= min(lengths) * (1 + 1e-9))
        U[:, [j]] = s.init_scale * sphere(1)
        a[j], c[j], c_hat[j], fresh[j] = rng.choice([-1.0, 1.0]), kappa / s.init_scale, 1 / s.init_scale, True
        for _ in range(s.iterations):
            point = SimpleNamespace(U=U, a=a, c=c, c_hat=c_hat)
            G = frozen(point, goal, s.regularization)
            V = U - s.step_size * G
            for i in range(m):
                old, new = math.hypot(*U[:, i]), math.hypot(*V[:, i])
                c[i] *= old / new
                c_hat[i] *= old / new
                if fresh[i] and old <= bar < new:
                    c[i] /= kappa
                    fresh[i] = False
            U = V
            yield U.copy(), a.copy(), c.copy(), c_hat.copy(), list(fresh)
