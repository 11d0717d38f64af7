"""What several tests share."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from flint import arb

from tdbook import SymmetricCP, lemmas, random_target
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
FLOATS = SimpleNamespace(number=float, sqrt=math.sqrt, log=math.log, exp=math.exp, log1p=math.log1p)
# Balls that contain the true value: a comparison that comes out true is true. Floats are taken as the numbers they are,
# the constants of the proof as decimals.
BALLS = SimpleNamespace(
    number=arb, sqrt=lambda x: arb(x).sqrt(), log=lambda x: arb(x).log(), exp=lambda x: arb(x).exp(),
    log1p=lambda x: arb(x).log1p(),
)  # fmt: skip


def quantities(plan, calc=FLOATS) -> SimpleNamespace:
    """What the lemmas are about, from the numbers of a plan."""
    n, l = calc.number, plan.order
    lam, eta, delta = n(plan.regularization), n(plan.step_size), n(plan.init_scale)
    d, m, K, H, gamma = n(plan.dimension), n(plan.components), n(plan.epochs), n(plan.iterations), n(plan.strength)
    f, c = n("0.62"), n("0.2")
    k = calc.sqrt(d * (m + K)) ** (l - 2)  # boosted kappa^{l-2}
    R = calc.sqrt(2 * f)  # no residual is larger
    N = calc.sqrt(n("1.01") * f / lam)
    tau = n("0.49") * gamma * n(plan.accuracy)
    rho = (n("0.99") * c) ** (l - 2)
    p = n(plan.chance) * 5 / 6
    outside = calc.sqrt(m + K) * delta  # Lemma 5
    ratio = outside * calc.sqrt(d) / (c * delta)
    grow = calc.log(f * d / lam / (c * delta) ** 2)
    return SimpleNamespace(
        l=l, lam=lam, eta=eta, delta=delta, d=d, m=m, K=K, H=H, k=k, R=R, N=N, tau=tau, rho=rho, p=p, grow=grow, f=f,
        outside=outside, ratio=ratio, L=calc.sqrt(3 * l * l - 6 * l + 4), most=max(4, l), epsilon=n(plan.accuracy),
        Delta=n("0.9") * tau**2 * lam * rho * tau / (n("1.01") * max(4, l) * f * grow), gamma=gamma,
        jump=k * (4 * delta) ** 2 * (m + K), q=f / (lam * m), fresh=k * delta**2, calc=calc,
    )  # fmt: skip


def smooth(x, eta):
    """M of Lemma 3 for the largest values that its terms can have in a run."""
    gradient = x.l * (x.R * x.N + x.calc.sqrt(x.lam * x.f))
    return x.L * x.k * x.R / 2 + (x.calc.sqrt(x.most) * x.N + x.L * x.k * eta * gradient / 2) ** 2 / 2 + x.lam


def raised(plan, x):
    """What an epoch can add to the loss."""
    n = x.calc.number
    switches = x.R * (x.m * x.jump) + (x.m * x.jump) ** 2 / 2
    removal = x.R * x.q + x.q**2 / 2
    if plan.waiting:
        unswitched = x.k * (2 * x.delta) ** 2 * (x.m + x.K)
        cost = x.calc.sqrt(x.q) * n(plan.gradient) / x.l + x.q**2 / 2
        other = x.R * unswitched + unswitched**2 / 2
        removal = other if other > cost else cost
    return removal + (x.R + x.q) * x.fresh + x.fresh**2 / 2 + x.lam * x.delta**2 + switches


def sides(plan, x) -> dict[str, tuple[float, float]]:
    n, sqrt = x.calc.number, x.calc.sqrt
    keep = 1 - x.eta * x.l * x.lam
    leak = (x.l - 1) * x.k * x.N * x.outside * x.ratio
    turn = 2 * (x.l * (x.l - 1)) ** 2 * x.k * x.N * x.R * x.outside * x.ratio / (x.l - 2) / max(keep, n("1e-9"))
    switches = x.R * (x.m * x.jump) + (x.m * x.jump) ** 2 / 2
    rise = raised(plan, x)
    luck = n("0.775") * x.p * x.Delta
    return {
        "Lemma 3: eta l M <= 1": (x.eta * x.l * smooth(x, x.eta), 1),
        "Lemma 5: eta l ||Q|| <= 2": (x.eta * x.l * (x.N**2 + x.lam), 2),
        "Lemma 8: shift": (x.eta * x.l * (x.l - 1) * x.k * x.R, keep),
        "a step changes a switched norm by 0.4%": (x.eta * x.l * (x.R + x.lam), n("0.004")),
        "Lemma 7: lambda and leak": (x.lam + leak, x.rho * x.tau / 2),
        "fresh components are light": (x.m * (x.m + x.K) * (4 * x.k * x.delta) ** 2, x.f / x.lam / 1000),
        "the residual lies in S": (sqrt(x.l) * x.N * x.outside, x.epsilon / 100),
        "the re-initialisation leaves the correlation": (x.q + x.fresh, x.gamma * x.epsilon / 100),
        "H steps of Lemma 8": (x.H * x.eta * turn, x.tau / 100),
        "switches move T little": (x.m * x.jump, x.tau / 100),
        "an unswitched column weighs no more": (x.k * (2 * x.delta) ** 2 * (x.m + x.K), x.q),
        "growth in H steps passes f/lambda": (x.grow, x.H * x.calc.log1p(x.eta * x.l * x.rho * x.tau)),
        "a lucky epoch pays Delta": (
            x.Delta + switches,
            (n("0.98") * x.tau / x.N) ** 2 / (x.l * x.most * x.eta * x.H),
        ),
        "an unlucky epoch costs p Delta / 8": (rise, x.p * x.Delta / 8),
        "K epochs suffice": (n("0.51") / luck, x.K),
        "the loss begins at 1/2": ((1 + x.m * x.fresh) ** 2 / 2 + x.lam * x.m * x.delta**2, n("0.51")),
        "the loss stays bounded": (n("0.51") + x.K * rise, x.f),
        "Chernoff: 0.9 of the expected luck": (x.calc.exp(-x.K * x.p / 200), n("0.01")),
        "P[share >= c] >= 5/6": (5 / 6, lemmas.fresh_share(plan.dimension, plan.span, C)),
    }


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
