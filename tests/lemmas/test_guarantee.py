"""Tests of ``tdbook.lemmas.guarantee``."""

import math

import pytest

from tdbook import lemmas
from tests.support.lemmas import C, F, quantities

# Sizes at which no term of a condition is lost beside another one.
GIVEN = {
    "components": 7.0, "epochs": 5.0, "iterations": 30.0, "step_size": 0.3, "init_scale": 0.2, "regularization": 0.4,
}  # fmt: skip


SIZES = [(4, 2, 3, 0.5), (3, 3, 4, 0.9), (2, 1, 5, 0.7)]


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
