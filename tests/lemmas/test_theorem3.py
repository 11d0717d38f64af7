"""Tests of ``tdbook.lemmas.theorem3``."""

import math
from dataclasses import replace
from itertools import product

import mpmath
import pytest
from flint import arb

from tdbook import lemmas
from tdbook.lemmas import plan
from tests.support.lemmas import BALLS, F, quantities, raised, sides, smooth
from tests.support.refusals import refused


@pytest.mark.second_opinion("tdbook.lemmas.plan")
@pytest.mark.parametrize("sizes", [(10, 2, 3, 0.1), (10**6, 5, 4, 0.01), (10**4, 3, 5, 0.05), (10**4, 3, 8, 0.05)])
def test_the_plan_of_theorem_3(sizes):
    """Its conditions at 60 digits from its parameters alone: (d (m+K))^{(l-2)/2} reaches 1e100 and more."""
    found = plan(*sizes)
    d, _, l, eps = sizes
    with mpmath.workdps(60):
        m, K, H, eta, delta, lam, tau, gain = (
            mpmath.mpf(float(x))
            for x in (
                found.components, found.epochs, found.iterations, found.step_size, found.init_scale,
                found.regularization, found.threshold, found.decrease,
            )
        )  # fmt: skip
        f, share, p = mpmath.mpf(0.62), mpmath.mpf(0.2), mpmath.mpf(found.chance) * 5 / 6
        kbar = (d * (m + K)) ** (mpmath.mpf(l - 2) / 2)
        root, q, N = mpmath.sqrt(2 * f), f / (lam * m), mpmath.sqrt(mpmath.mpf(1.01) * f / lam)
        L, most = mpmath.sqrt(3 * l**2 - 6 * l + 4), max(4, l)
        G = l * (root * N + mpmath.sqrt(lam * f))
        M = L * kbar * root / 2 + (mpmath.sqrt(most) * N + L * kbar * eta * G / 2) ** 2 / 2 + lam
        B = mpmath.sqrt(m + K) * delta
        rho0 = min(mpmath.mpf(0.99) * share, mpmath.sqrt(3) / 2) ** (l - 2)
        growth = mpmath.log(f * d / lam) - 2 * mpmath.log(share * delta)
        thin = B * mpmath.sqrt(d) / (share * delta)
        turn = 2 * l**2 * (l - 1) ** 2 * kbar * N * root * B * thin / ((l - 2) * (1 - eta * l * lam))
        jump, z = 16 * kbar * (m + K) * delta**2, kbar * delta**2
        switches = m * (root * jump + m * jump**2 / 2)
        rising = root * q + q**2 / 2 + (root + q) * z + z**2 / 2 + lam * delta**2 + switches
        wanted = {
            "Lemma 3: eta l M <= 1": (eta * l * M, 1),
            "Lemma 5: eta l ||Q|| <= 2": (eta * l * (N**2 + lam), 2),
            "Lemma 8: shift": (eta * l * (l - 1) * kbar * root, 1 - eta * l * lam),
            "Lemma 7: lambda and leak": (lam + (l - 1) * kbar * N * B * thin, rho0 * tau / 2),
            "the residual lies in S": (mpmath.sqrt(l) * N * B, mpmath.mpf(0.01) * eps),
            "H steps of Lemma 8": (H * eta * turn, mpmath.mpf(0.01) * tau),
            "growth in H steps passes f/lambda": (growth, H * mpmath.log1p(eta * l * rho0 * tau)),
            "an unlucky epoch costs p Delta / 8": (rising, p * gain / 8),
            "a lucky epoch pays Delta": (
                gain + switches,
                (mpmath.mpf(0.98) * tau) ** 2 / (l * most * N**2 * eta * H),
            ),
            "an unswitched column weighs no more": (4 * kbar * (m + K) * delta**2, q),
        }
        seen = {condition.name: condition for condition in found.conditions}
        for name, (left, right) in wanted.items():
            assert (seen[name].left, seen[name].right) == pytest.approx((float(left), float(right)), rel=1e-9, abs=0)
            assert left <= right * (1 + 1e-12)  # the strength itself is a float
        assert found.rise == pytest.approx(float(rising), rel=1e-9, abs=0)
    assert math.isfinite(found.components)
    with refused("l = 16"):
        plan(10**4, 3, 16, 0.05)


@pytest.mark.parametrize("step_size", [0.3, 0.03, 0.003])
def test_one_iteration_to_spare(step_size: float) -> None:
    """H - 1 is the least whole number of steps in which a lucky component grows as far as it must."""
    plan = lemmas.plan(4, 2, 3, 0.9, strength=1.0, chance=0.5, step_size=step_size)
    growth = next(c for c in plan.conditions if c.name == "growth in H steps passes f/lambda")
    rate = growth.right / plan.iterations
    assert 3 < plan.iterations < 1e6
    assert (plan.iterations - 2) * rate < growth.left <= (plan.iterations - 1) * rate


def test_a_plan_beyond_floating_point_range_is_refused() -> None:
    with refused("l = 60"):
        lemmas.plan(10, 2, 60, 0.1)


@pytest.mark.parametrize("sizes", [(10, 2, 3, 0.1), (5, 1, 3, 0.5), (10**6, 5, 4, 0.01), (3, 3, 5, 0.2)])
def test_the_plan_meets_every_condition(sizes: tuple[int, int, int, float]) -> None:
    found = lemmas.plan(*sizes)
    assert found.holds, [c for c in found.conditions if not c.holds]
    assert found.components > 1e6 and found.epochs > 1e6


@pytest.mark.parametrize(
    ("name", "factor", "broken"),
    [
        ("components", 0.5, "an unlucky epoch"),
        ("epochs", 0.5, "K epochs suffice"),
        ("iterations", 0.5, "growth in H steps"),
        ("step_size", 3.0, "Lemma 3"),
        ("init_scale", 1e4, "H steps of Lemma 8"),
        ("regularization", 2.0, "Lemma 7"),
    ],
)
def test_each_parameter_is_needed(name: str, factor: float, broken: str) -> None:
    found = lemmas.plan(10, 2, 3, 0.1)
    changed = lemmas.plan(10, 2, 3, 0.1, **{name: factor * getattr(found, name)})
    assert any(c.name.startswith(broken) for c in changed.conditions if not c.holds)


def test_the_orders_of_theorem_3() -> None:
    def slope(attribute: str, order: int) -> float:
        coarse, fine = (getattr(lemmas.plan(10, 2, order, eps), attribute) for eps in (1e-2, 1e-4))
        return math.log(fine / coarse) / math.log(100.0)

    for order in (3, 4):
        assert slope("components", order) == pytest.approx(5.0, abs=0.3)
        assert slope("epochs", order) == pytest.approx(4.0, abs=0.3)
        assert slope("regularization", order) == pytest.approx(-1.0, abs=1e-6)
    near, far = (lemmas.plan(d, 2, 3, 0.1).components for d in (10, 10**9))
    assert near < far < 2 * near  # logarithmic in d


def test_plan_asks_for_sense() -> None:
    with refused("chance"):
        lemmas.plan(10, 2, 3, 0.1, chance=0.2)
    with refused("changes", TypeError):
        lemmas.plan(10, 2, 3, 0.1, rank=3.0)
    with refused("span"):
        lemmas.plan(3, 4, 3, 0.1)
    with refused("accuracy"):
        lemmas.plan(10, 2, 3, 1.5)
    assert not replace(lemmas.plan(10, 2, 3, 0.1), conditions=(lemmas.Condition("x", 2.0, 1.0),)).holds


# Sizes at which no term of a condition is lost beside another one.
GIVEN = {
    "components": 7.0, "epochs": 5.0, "iterations": 30.0, "step_size": 0.3, "init_scale": 0.2, "regularization": 0.4,
}  # fmt: skip
SIZES = [(4, 2, 3, 0.5), (3, 3, 4, 0.9), (2, 1, 5, 0.7)]


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
    assert plan.rise == pytest.approx(raised(plan, x), rel=1e-12)
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
    steps = (1 / (2 * x.l * smooth(x, 0)), 0.004 / (x.l * (x.R + x.lam)))
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
        steps = (1 / (2 * x.l * smooth(x, 0)), 0.004 / (x.l * (x.R + x.lam)))
        assert plan.step_size == pytest.approx(min(steps), rel=1e-12)
        smaller.add(steps.index(min(steps)))
        # what Lemma 8 asks for is less than either, by Lemma 3's constant
        assert plan.step_size < 0.9 / (x.l * (x.l - 1) * x.k * x.R)
    assert smaller == {0, 1}


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


# --- ball arithmetic ------------------------------------------------------------------------------------------------


def refuted(plan) -> list[str]:
    """The conditions that balls around their two sides do not prove."""
    wanted = sides(plan, quantities(plan, BALLS))
    assert [condition.name for condition in plan.conditions] == list(wanted)
    return [name for name, (left, right) in wanted.items() if not bool(arb(left) <= arb(right))]


@pytest.mark.parametrize("settled", [False, True])
def test_every_condition_of_the_chapter_holds_in_ball_arithmetic(settled) -> None:
    pair = {"strength": lemmas.measured_strength(3, 2), "chance": 0.2}
    for sizes, given in (
        *(((d, 2, 3, 0.1), pair) for d in (10, 10**2, 10**3, 10**4, 10**6, 10**9)),
        *(((10, 2, 3, epsilon), {}) for epsilon in (0.1, 1e-2, 1e-4)),
        *(((20, s, 3, 0.1), {}) for s in (2, 5)),
    ):
        plan = lemmas.plan(*sizes, settled=settled, **given)
        assert plan.holds and refuted(plan) == [], sizes
        # half the step of the last condition, and a number of components that is too small, are refused
        assert "growth in H steps passes f/lambda" in refuted(
            lemmas.plan(*sizes, settled=settled, **given, iterations=plan.iterations / 2)
        )
        assert refuted(lemmas.plan(*sizes, settled=settled, **given, components=plan.components / 2))


def test_the_sufficient_scale_is_proved_by_balls_too() -> None:
    for sizes in ((10, 2, 3, 0.1), (3, 3, 4, 0.9), (100, 1, 5, 0.5), (1, 1, 3, 0.999)):
        gamma, p = lemmas.proved_pair(sizes[2], sizes[1])
        scale = lemmas.sufficient_scale(sizes[0], sizes[2], sizes[3], gamma, p)
        for settled in (False, True):
            assert refuted(lemmas.plan(*sizes, init_scale=scale, settled=settled)) == []


# --- small gradients ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(10, 2, 3, 0.1), (3, 3, 4, 0.9), (100, 1, 5, 0.5)])
def test_the_variant_of_small_gradients(sizes) -> None:
    plan, plain = lemmas.plan(*sizes, settled=True), lemmas.plan(*sizes)
    x = quantities(plan)
    assert plan.holds and plan.components < plain.components / 100
    assert plan.rise == pytest.approx(raised(plan, x), rel=1e-9)
    # both halves of the price are 0.06 p Delta
    assert x.q**2 / 2 == pytest.approx(0.06 * x.p * x.Delta, rel=1e-3)
    assert math.sqrt(x.q) * plan.gradient / x.l == pytest.approx(0.06 * x.p * x.Delta, rel=1e-3)
    # were all gradients larger for so long, the loss would become negative
    assert plan.waiting * x.eta * plan.gradient**2 / x.l == pytest.approx(F, rel=1e-9)
    assert (plain.gradient, plain.waiting) == (0.0, 0.0)


def test_the_variant_saves_two_powers_of_the_accuracy() -> None:
    for settled, power in ((False, 5), (True, 3)):
        coarse, fine = (lemmas.plan(10, 2, 3, eps, settled=settled).components for eps in (1e-2, 1e-4))
        assert math.log(fine / coarse) / math.log(100) == pytest.approx(power, abs=0.15)


def test_the_largest_shares_are_below_one_from_the_constant_on() -> None:
    assert all(max(lemmas.largest_shares(order)) <= 0 for order in range(3, 400))
    assert max(lemmas.largest_shares(3, 10.0)) > 0
