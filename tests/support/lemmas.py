"""What several tests share."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from tdbook import SymmetricCP, random_target
from tdbook.descent import State, practical_settings
from tdbook.objectives import Parameters
from tests.support import dense


def point(seed: int, order: int = 3) -> tuple[Parameters, SymmetricCP]:
    rng = np.random.default_rng(seed)
    U = 0.6 * rng.standard_normal((4, 3))
    return Parameters.two_homogeneous(U, [1.0, -1.0, 1.0], rng.uniform(0.5, 3, 3)), random_target(4, 2, order, rng=rng)


def column(size: float, kappa: float = 1.0, sign: float = 1.0, fresh: bool = False, **named) -> State:
    """One component along e_1."""
    point = Parameters.two_homogeneous([[size], [0.0]], [sign], kappa)
    return State(point, np.array([fresh]), **named)


def point_drawn(seed: int, order: int, d: int = 5, m: int = 3) -> tuple[Parameters, SymmetricCP]:
    rng = np.random.default_rng(seed)
    U = rng.standard_normal((d, m)) * 0.6
    kappa = rng.uniform(0.5, 3.0, m)
    return Parameters.two_homogeneous(U, rng.choice([-1.0, 1.0], m), kappa), random_target(d, 2, order, rng=rng)


F = 0.62  # the bound on the loss


C = 0.2  # the share of a fresh component


def quantities(plan) -> SimpleNamespace:
    """What the lemmas are about, from the numbers of a plan."""
    l, lam, eta, delta = plan.order, plan.regularization, plan.step_size, plan.init_scale
    d, m, K, H, gamma = plan.dimension, plan.components, plan.epochs, plan.iterations, plan.strength
    k = (d * (m + K)) ** ((l - 2) / 2)  # boosted kappa^{l-2}
    R = math.sqrt(2 * F)  # no residual is larger
    N = math.sqrt(1.01 * F / lam)
    tau = 0.49 * gamma * plan.accuracy
    rho = (0.99 * C) ** (l - 2)
    p = plan.chance * 5 / 6
    outside = math.sqrt(m + K) * delta  # Lemma 5
    ratio = outside * math.sqrt(d) / (C * delta)
    grow = math.log(F * d / lam / (C * delta) ** 2)
    return SimpleNamespace(
        l=l, lam=lam, eta=eta, delta=delta, d=d, m=m, K=K, H=H, k=k, R=R, N=N, tau=tau, rho=rho, p=p, grow=grow,
        outside=outside, ratio=ratio, L=math.sqrt(3 * l * l - 6 * l + 4), most=max(4, l),
        Delta=0.9 * tau**2 * lam * rho * tau / (1.01 * max(4, l) * F * grow),
        jump=k * (4 * delta) ** 2 * (m + K), q=F / (lam * m), fresh=k * delta**2,
    )  # fmt: skip


LAM, ETA = 0.07, 0.02


def point_dense(order, seed=0, d=3, m=3):
    rng = np.random.default_rng([seed, order])
    U, signs = 0.6 * rng.standard_normal((d, m)), rng.choice([-1.0, 1.0], m)
    p = Parameters.two_homogeneous(U, signs, rng.uniform(0.7, 2, m))
    target = random_target(d, 2, order, rng=rng)
    return p, target, dense.tensor(target.weights, target.factors, order)


def kbar(p, order):
    return np.array([(c * math.hypot(*u)) ** (order - 2) for c, u in zip(p.c, p.U.T, strict=True)])


def sizes(p):
    return np.array([math.hypot(*u) for u in p.U.T])


def setting(order):
    target = random_target(3, 2, order, rng=order)
    settings = practical_settings(target, 3, epochs=3, iterations=40, init_scale=0.02, regularization=LAM)
    settings = replace(settings, step_size=0.5 / settings.initial_kappa ** (order - 2))
    return target, dense.tensor(target.weights, target.factors, order), settings


def switched(a, b, goal):
    """z and the bound on the rise, for the columns that switch between two states."""
    order, z = goal.ndim, 0.0
    c = b.parameters.c.copy()
    for i in np.flatnonzero(a.fresh & ~b.fresh):
        jump = kbar(a.parameters, order)[i] - kbar(b.parameters, order)[i]
        z += jump * sizes(b.parameters)[i] ** 2
        c[i] = a.parameters.c[i] * sizes(a.parameters)[i] / sizes(b.parameters)[i]
    R = np.linalg.norm(dense.model(replace(b.parameters, c=c), order) - goal)
    return (z, R * z + z**2 / 2) if (a.fresh & ~b.fresh).any() else (0.0, 0.0)


def axis(order: int) -> SymmetricCP:
    """e_1^{(x) l} in the plane."""
    return SymmetricCP([1.0], [[1.0], [0.0]], order)


def column_at_border(x: float, y: float = 0.0, kappa: float = 1.0) -> Parameters:
    return Parameters.two_homogeneous([[x], [y]], [1.0], kappa)
