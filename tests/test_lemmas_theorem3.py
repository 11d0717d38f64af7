"""The plan behind Theorem 3, put together again from the lemmas: every condition, and every number that is chosen."""

from __future__ import annotations

import math
from itertools import product
from types import SimpleNamespace

import mpmath
import pytest

from tdbook import lemmas
from tests.support.refusals import refused

F = 0.62  # the bound on the loss
C = 0.2  # the share of a fresh component
# Sizes at which no term of a condition is lost beside another one.
GIVEN = {
    "components": 7.0, "epochs": 5.0, "iterations": 30.0, "step_size": 0.3, "init_scale": 0.2, "regularization": 0.4,
}  # fmt: skip
SIZES = [(4, 2, 3, 0.5), (3, 3, 4, 0.9), (2, 1, 5, 0.7)]


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


def sides(plan, x) -> dict[str, tuple[float, float]]:
    gradient = x.l * (x.R * x.N + math.sqrt(x.lam * F))
    smooth = x.L * x.k * x.R / 2 + x.most * x.N**2 + x.lam + (x.L * x.k * x.eta * gradient / 2) ** 2
    keep = 1 - x.eta * x.l * x.lam
    leak = (x.l - 1) * x.k * x.N * x.outside * x.ratio
    turn = 2 * (x.l * (x.l - 1)) ** 2 * x.k * x.N * x.R * x.outside * x.ratio / (x.l - 2) / max(keep, 1e-9)
    switches = x.R * (x.m * x.jump) + (x.m * x.jump) ** 2 / 2
    rise = x.R * x.q + x.q**2 / 2 + (x.R + x.q) * x.fresh + x.fresh**2 / 2 + x.lam * x.delta**2 + switches
    assert plan.rise == pytest.approx(rise, rel=1e-12)
    luck = 0.775 * x.p * x.Delta
    return {
        "Lemma 3: eta l M <= 1": (x.eta * x.l * smooth, 1),
        "Lemma 5: eta l ||Q|| <= 2": (x.eta * x.l * (x.N**2 + x.lam), 2),
        "Lemma 8: shift": (x.eta * x.l * (x.l - 1) * x.k * x.R, keep),
        "a step changes a switched norm by 0.4%": (x.eta * x.l * (x.R + x.lam), 0.004),
        "Lemma 7: lambda and leak": (x.lam + leak, x.rho * x.tau / 2),
        "fresh components are light": (x.m * (x.m + x.K) * (4 * x.k * x.delta) ** 2, F / x.lam / 1000),
        "the residual lies in S": (math.sqrt(x.l) * x.N * x.outside, plan.accuracy / 100),
        "the re-initialisation leaves the correlation": (x.q + x.fresh, plan.strength * plan.accuracy / 100),
        "H steps of Lemma 8": (x.H * x.eta * turn, x.tau / 100),
        "switches move T little": (x.m * x.jump, x.tau / 100),
        "an unswitched column weighs no more": (x.k * (2 * x.delta) ** 2 * (x.m + x.K), x.q),
        "growth in H steps passes f/lambda": (x.grow, x.H * math.log(1 + x.eta * x.l * x.rho * x.tau)),
        "a lucky epoch pays Delta": (
            x.Delta + switches,
            (0.98 * x.tau / x.N) ** 2 / (x.l * x.most * x.eta * x.H),
        ),
        "an unlucky epoch costs p Delta / 8": (rise, x.p * x.Delta / 8),
        "K epochs suffice": (0.51 / luck, x.K),
        "the loss begins at 1/2": ((1 + x.m * x.fresh) ** 2 / 2 + x.lam * x.m * x.delta**2, 0.51),
        "the loss stays bounded": (0.51 + x.K * rise, F),
        "Chernoff: 0.9 of the expected luck": (math.exp(-x.K * x.p / 200), 0.01),
        "P[share >= c] >= 5/6": (5 / 6, lemmas.fresh_share(plan.dimension, plan.span, C)),
    }


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("changes", [{}, {"step_size": 2.0}, {"init_scale": 0.01, "regularization": 0.05}])
def test_every_condition_at_given_numbers(sizes, changes) -> None:
    given = GIVEN | changes
    plan = lemmas.plan(*sizes, strength=0.6, chance=0.5, **given)
    assert {name: getattr(plan, name) for name in given} == given
    x = quantities(plan)
    assert (plan.threshold, plan.decrease) == pytest.approx((x.tau, x.Delta), rel=1e-12)
    wanted = sides(plan, x)
    assert [condition.name for condition in plan.conditions] == list(wanted)
    for condition in plan.conditions:
        left, right = wanted[condition.name]
        assert condition.left == pytest.approx(left, rel=1e-11), condition.name
        assert condition.right == pytest.approx(right, rel=1e-11), condition.name
        assert condition.holds is (condition.left <= condition.right)
    assert plan.holds is all(left <= right for left, right in wanted.values())


def test_a_condition_at_its_edge_holds() -> None:
    assert lemmas.Condition("edge", 1.0, 1.0).holds
    assert not lemmas.Condition("edge", 1.0 + 1e-15, 1.0).holds


@pytest.mark.parametrize("sizes", [(10, 2, 3, 0.1), (3, 3, 4, 0.9), (100, 1, 5, 0.5)])
def test_the_numbers_that_are_chosen(sizes) -> None:
    plan = lemmas.plan(*sizes)
    x = quantities(plan)
    assert (plan.dimension, plan.span, plan.order, plan.accuracy) == sizes
    assert plan.regularization == pytest.approx(0.49 * x.rho * x.tau, rel=1e-12)
    # m: so many that removing the smallest column costs 0.12 p Delta, root of a quadratic, in fifty digits
    with mpmath.workdps(50):
        q = mpmath.sqrt(2 * mpmath.mpf(F) + mpmath.mpf(0.24) * x.p * x.Delta) - mpmath.sqrt(2 * mpmath.mpf(F))
        assert plan.components == pytest.approx(float(F / (x.lam * q)), rel=1e-6)
    assert plan.epochs == pytest.approx(0.7 / (x.p * x.Delta), rel=1e-12)
    assert plan.epochs == math.ceil(plan.epochs) and plan.components == math.ceil(plan.components)
    smooth = x.L * x.k * x.R / 2 + x.most * x.N**2 + x.lam
    steps = (1 / (2 * x.l * smooth), 0.004 / (x.l * (x.R + x.lam)))
    assert plan.step_size == pytest.approx(min(steps), rel=1e-12)
    needed = x.grow / math.log1p(plan.step_size * x.l * x.rho * x.tau)
    assert needed <= plan.iterations - 1 or needed == pytest.approx(plan.iterations - 1, rel=1e-12)
    assert plan.iterations <= needed + 2 or plan.iterations == pytest.approx(needed, rel=1e-12)
    # delta: the largest power of ten with which all conditions hold
    assert math.log10(plan.init_scale) == pytest.approx(round(math.log10(plan.init_scale)), abs=1e-9)
    assert plan.holds and not lemmas.plan(*sizes, init_scale=10 * plan.init_scale).holds


@pytest.mark.parametrize("strength", [0.5, 0.8, 1.0])
def test_no_fewer_components_would_do_where_the_decrease_is_large(strength) -> None:
    """m is the least whole number for which removing a component of weight q = f/(lambda m) costs 0.12 p Delta."""
    plan = lemmas.plan(4, 2, 3, 0.9, strength=strength, chance=0.5, regularization=0.5, init_scale=0.2)
    x = quantities(plan)

    def cost(m):
        q = F / (x.lam * m)
        return x.R * q + q**2 / 2

    allowed = 0.12 * x.p * x.Delta
    assert x.m > 3 and allowed > 1e-6  # no rounding hides in it
    assert cost(x.m) <= allowed < cost(x.m - 1)


def test_each_bound_on_a_step_is_the_smaller_one_somewhere() -> None:
    smaller = set()
    for order, m, lam in product((3, 5), (1.0, 1e6), (1e-3, 0.3, 30.0)):
        plan = lemmas.plan(4, 2, order, 0.5, components=m, epochs=1.0, regularization=lam, init_scale=1e-3)
        x = quantities(plan)
        smooth = x.L * x.k * x.R / 2 + x.most * x.N**2 + x.lam
        steps = (1 / (2 * x.l * smooth), 0.004 / (x.l * (x.R + x.lam)))
        assert plan.step_size == pytest.approx(min(steps), rel=1e-12)
        smaller.add(steps.index(min(steps)))
        # what Lemma 8 asks for is less than either, by Lemma 3's constant
        assert plan.step_size < 0.9 / (x.l * (x.l - 1) * x.k * x.R)
    assert smaller == {0, 1}


def test_strength_and_chance_by_default_and_given() -> None:
    plan = lemmas.plan(10, 2, 3, 0.1)
    assert (plan.strength, plan.chance) == lemmas.proved_pair(3, 2)
    given = lemmas.plan(10, 2, 3, 0.1, strength=plan.strength, chance=0.5)
    assert (given.strength, given.chance) == (plan.strength, 0.5)
    assert given.components < plan.components
    for name in ("strength", "chance"):
        values = {"strength": 0.5, "chance": 0.5} | {name: -1.0}
        with refused(name):
            lemmas.plan(10, 2, 3, 0.1, **values)
    with refused("chance"):
        lemmas.plan(10, 2, 3, 0.1, strength=0.5, chance=1.5)
    with refused("strength"):
        lemmas.plan(10, 2, 3, 0.1, strength=0.5)
    with refused("changes", TypeError):
        lemmas.plan(10, 2, 3, 0.1, size=3.0, rank=3.0)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((0, 1, 3, 0.1), "dimension"),
        ((5, 0, 3, 0.1), "span"),
        ((5, 6, 3, 0.1), "span"),
        ((5, 2, 2, 0.1), "order"),
        ((5, 2, 3, 0.0), "accuracy"),
        ((5, 2, 3, 1.0), "accuracy"),
    ],
)
def test_a_plan_asks_for_sizes_that_make_sense(given, words) -> None:
    with refused(words):
        lemmas.plan(*given)
