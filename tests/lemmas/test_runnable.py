"""The constants of one column at a time: chosen, judged, and certified with outward rounding."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from flint import arb, ctx
from scipy import stats

from tdbook.lemmas import guaranteed
from tdbook.lemmas.guarantee import second_moment, window_probability
from tdbook.lemmas.runnable import VARIANTS

# (d, s, l, epsilon) -> (K, H) of the plain variant, from the theorem's statement alone.
ROWS = {
    (10, 2, 3, 0.1): (238, 388),
    (100, 2, 3, 0.1): (268, 496),
    (1000, 3, 3, 0.1): (591, 1145),
    (10, 2, 4, 0.1): (522, 886),
}
SIZES = [*ROWS, (7, 3, 5, 0.3), (5, 1, 3, 0.02), (3, 3, 3, 0.1), (40, 5, 3, 0.2)]


@pytest.mark.parametrize("size", ROWS)
def test_the_committed_rows(size):
    plan = guaranteed(*size)
    assert (plan.epochs, plan.iterations) == ROWS[size]
    assert plan.components == plan.epochs


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("size", SIZES)
def test_every_condition_holds_for_what_is_chosen(size, variant):
    plan = guaranteed(*size, variant)
    assert plan.holds, [condition for condition in plan.conditions if not condition.holds]
    assert (plan.dimension, plan.span, plan.order, plan.accuracy) == size


def test_at_a_million_dimensions_only_the_boost_spares_the_steps():
    boosted, plain = guaranteed(10**6, 2, 3, 0.1, "boosted"), guaranteed(10**6, 2, 3, 0.1)
    assert (boosted.epochs, boosted.iterations) == (246, 499)
    assert plain.iterations > 50 * boosted.iterations


@pytest.mark.parametrize("variant", [variant for variant in VARIANTS if variant != "no-switch"])
def test_looking_at_the_sign_halves_the_epochs(variant):
    fair, seen = guaranteed(10, 2, 3, 0.1, variant), guaranteed(10, 2, 3, 0.1, variant, looking=True)
    assert seen.holds
    assert fair.epochs / 2.1 < seen.epochs < fair.epochs / 1.9


def test_accuracy_enters_the_epochs_as_a_logarithm_and_the_steps_not_at_all():
    coarse, fine = guaranteed(10, 2, 3, 1e-2), guaranteed(10, 2, 3, 1e-4)
    assert fine.iterations == coarse.iterations
    logarithm = math.log(100 / 1e-4**2) / math.log(100 / 1e-2**2)
    assert fine.epochs / coarse.epochs == pytest.approx(logarithm, rel=0.01)


def test_the_regulariser_costs_the_linear_rate():
    coarse, fine = guaranteed(10, 2, 3, 0.1, "regularised"), guaranteed(10, 2, 3, 0.01, "regularised")
    assert fine.epochs / coarse.epochs == pytest.approx(100, rel=0.01)
    assert coarse.epochs > 200 * guaranteed(10, 2, 3, 0.1).epochs


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    "change",
    [
        lambda plan: {"init_exponent": plan.init_exponent + 1},
        lambda plan: {
            "stages": (plan.stages[0], plan.stages[1] - 1, plan.stages[2]),
            "iterations": plan.iterations - 1,
        },
        lambda plan: {"iterations": plan.iterations - 1},
        lambda plan: {"epochs": plan.epochs - 2, "components": plan.components - 2},
        lambda plan: {"components": plan.components - 1},
        lambda plan: {"rate": 1.01 * plan.rate},
        lambda plan: {"threshold": 1.9 * plan.threshold},  # theta near 1
        lambda plan: {"step_size": 1.02 * plan.step_size},
    ],
)
def test_a_plan_with_one_number_changed_is_refused(variant, change):
    plan = guaranteed(10, 2, 3, 0.1, variant)
    assert not replace(plan, **change(plan)).holds


def test_a_switch_that_comes_too_early_is_refused():
    plan = guaranteed(10, 2, 3, 0.1)
    assert plan.growth is not None
    assert not replace(plan, growth=plan.growth / 100).holds


def test_a_leak_that_is_too_large_is_refused():
    plan = guaranteed(10, 2, 3, 0.1, "no-switch")
    assert not replace(plan, leak=10 * plan.leak).holds
    assert not replace(plan, leak=plan.leak / 1e9).holds  # too little to hold K epochs


def test_the_window_is_the_one_of_a_beta_law():
    found = window_probability(30, 4, 1.0, 2.5)
    assert found == pytest.approx(stats.beta.cdf(2.5**2 / 30, 2, 13) - stats.beta.cdf(1 / 30, 2, 13))
    assert found != pytest.approx(stats.beta.cdf(2.5**2 / 30, 2, 15) - stats.beta.cdf(1 / 30, 2, 15), rel=0.01)
    assert window_probability(3, 3, 1.0, 2.0) == 1.0
    assert window_probability(3, 3, 2.0, 3.0) == 0.0


def test_the_least_second_moment_of_one_dimension_is_one():
    assert second_moment(1, 3) == 1.0
    assert second_moment(2, 3) == pytest.approx(6 / 48)
    assert second_moment(3, 4) == pytest.approx(24 / (3 * 5 * 7 * 9))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((0, 1, 3, 0.1), "dimension"),
        ((3, 4, 3, 0.1), "span"),
        ((3, 2, 2, 0.1), "order"),
        ((3, 2, 3, 1.0), "accuracy"),
        ((3, 2, 3, 0.1, "fast"), "variant"),
        ((10**12, 2, 5, 0.1), "dimension"),
    ],
)
def test_bad_input_is_named(arguments, word):
    with pytest.raises(ValueError, match=word):
        guaranteed(*arguments)


def test_no_look_at_the_sign_without_a_switch():
    with pytest.raises(ValueError, match="looking"):
        guaranteed(10, 2, 3, 0.1, "no-switch", looking=True)


# --- the same conditions in ball arithmetic, written again from the theorem -----------------------------------


@pytest.fixture
def precise():
    before, ctx.prec = ctx.prec, 256
    yield
    ctx.prec = before


def _tail(d: int, s: int, x: arb) -> arb:
    """P[X >= x]: the regularised incomplete beta function of the complement."""
    return (1 - x * x / d).beta_lower(arb(d - s) / 2, arb(s) / 2, regularized=True)


def _certified(plan) -> dict[str, bool]:
    """Theorem F in balls: an inequality holds if it holds for all numbers of the balls."""
    d, s, l = plan.dimension, plan.span, plan.order
    A_1, X_1, X_2, growth, delta2 = (
        arb(plan.threshold), arb(plan.window[0]), arb(plan.window[1]), arb(plan.growth), arb(100) ** plan.init_exponent,
    )  # fmt: skip
    alpha = arb(1) / l
    moment = arb(1)
    for j in range(l):
        moment *= s + 2 * j
    sigma2 = arb(1) if s == 1 else arb(math.factorial(l)) / moment
    xi = ((1 + alpha) ** 2 - 1) / ((1 + alpha) ** 2 + 1)
    probability = _tail(d, s, X_1) - _tail(d, s, X_2)
    one, most = arb(1), arb(1)
    if plan.boost is None:

        def q(r):
            return r / (r * r + d / X_1**2).sqrt()
    else:
        M = arb(plan.boost)
        most = one.max(arb(d).sqrt() / M)

        def q(r):
            return r / (r + 1 + M / X_1)

    weight = (1 + growth) ** 2 * delta2
    b = (1 + alpha * most ** (l - 2)) ** 2 * weight
    keep = arb("0.99")
    pull = keep * A_1
    g = probability / 2 * (sigma2 - A_1**2) * (1 - xi**2) * keep**2 - 2 * b - b * b
    n_1, n_2, n_3 = plan.stages
    r = one
    for _ in range(n_1):
        r *= 1 + alpha * q(r) ** (l - 2) * (1 - arb("0.001")) * A_1
    beta = growth**2 * delta2
    for _ in range(n_2):
        beta *= (1 + alpha * (pull - beta)) ** 2
    return {
        "birth": bool(most ** (2 * (l - 2)) * weight <= arb("0.001") * A_1 * q(one) ** (l - 2)),
        "rise": bool(2 * b + b * b <= arb("0.001") * g),
        "switch": bool(b <= (1 - xi) * pull),
        "boost": plan.boost is None or bool(arb(plan.boost) >= X_2),
        "turn": bool(2 * l * X_2 / (arb(d).sqrt() * growth) <= arb("0.01") * A_1),
        "n_1": bool(r >= 1 + growth * arb(d).sqrt() / X_1),
        "n_2": bool(beta >= (1 - xi) * pull),
        "n_3": bool(1 / (arb("1.9") * one.exp() * alpha * xi * pull) <= n_3),
        "logarithm": bool((1 + alpha * xi).log() >= arb("0.95") * alpha * xi),
        "margin": bool(l * l - 2 * l - 2 * (1 - 2 * alpha) ** 2 - 2 > 0),
        "K": bool((1 - g) ** plan.epochs <= arb(plan.accuracy) ** 2 / 100),
        "H": n_1 + n_2 + n_3 <= plan.iterations,
    }  # fmt: skip


CERTIFIED = (
    [(*size, "plain") for size in ROWS] + [(*size, "boosted") for size in ROWS] + [(10**6, 2, 3, 0.1, "boosted")]
)


@pytest.mark.second_opinion("tdbook.lemmas.guaranteed")
@pytest.mark.parametrize("size", CERTIFIED)
def test_the_committed_parameters_are_certified_with_outward_rounding(size, precise):
    found = _certified(guaranteed(*size))
    assert all(found.values()), [name for name, holds in found.items() if not holds]


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (lambda plan: {"init_exponent": plan.init_exponent + 1}, "rise"),
        (lambda plan: {"epochs": plan.epochs - 1}, "K"),
        (lambda plan: {"growth": plan.growth / 100}, "turn"),
        (lambda plan: {"stages": (plan.stages[0] - 1, *plan.stages[1:])}, "n_1"),
        (lambda plan: {"stages": (plan.stages[0], plan.stages[1] - 1, plan.stages[2])}, "n_2"),
        (lambda plan: {"stages": (*plan.stages[:2], plan.stages[2] - 1)}, "n_3"),
        (lambda plan: {"threshold": 1.9 * plan.threshold}, "K"),
    ],
)
def test_the_certificate_refuses_wrong_parameters(change, broken, precise):
    plan = guaranteed(10, 2, 3, 0.1)
    assert not _certified(replace(plan, **change(plan)))[broken]


def _certified_without_switch(plan) -> dict[str, bool]:
    """The theorem with nothing dropped, in balls: delta is a number here, however small."""
    d, s, l = plan.dimension, plan.span, plan.order
    A_1, X_1, nu, delta, epsilon = (
        arb(plan.threshold), arb(plan.window[0]), arb(plan.leak), arb(10) ** plan.init_exponent, arb(plan.accuracy),
    )  # fmt: skip
    alpha, q_0 = arb(1) / l, X_1 / arb(d).sqrt()
    xi = ((1 + alpha) ** 2 - 1) / ((1 + alpha) ** 2 + 1)
    sigma2 = arb(math.factorial(l)) / math.prod(s + 2 * j for j in range(l))
    keep = arb("0.99")
    pull, n_1, n_2, n_3 = keep * A_1, *plan.stages
    phi = (1 / q_0**2 - 1).sqrt()
    for _ in range(n_1):
        q = 1 / (1 + phi * phi).sqrt()
        phi = (phi + alpha * nu / q) / (1 + arb("0.994") * alpha * A_1 * q ** (l - 2))
    beta = (q_0 * delta) ** 2
    for _ in range(n_2):
        beta *= (1 + alpha * (pull - beta)) ** 2
    leaks = arb(plan.iterations) / arb(l).sqrt()
    g = _tail(d, s, X_1) / 2 * (sigma2 * (1 - nu**2) - A_1**2) * (1 - xi**2) * keep**2 - 2 * delta**2 - delta**4
    aligned = (1 + arb("0.03") ** 2) ** -l  # its root is (||P_S u|| / ||u||)^l
    return {
        "birth": bool((delta * (1 + alpha) ** n_1) ** 2 <= arb("0.0005") * A_1 * q_0 ** (l - 2)),
        "leak": bool(nu <= arb("0.0005") * A_1 * q_0 ** (l - 1)) and bool(nu <= arb("0.002") * A_1 * q_0 / n_1),
        "aligned": bool(aligned.sqrt() * arb("0.996") - nu / A_1 >= keep),
        "n_1": bool(phi <= arb("0.03")),
        "n_2": bool(beta >= (1 - xi) * pull),
        "n_3": bool(1 / (arb("1.9") * arb(1).exp() * alpha * xi * pull) <= n_3),
        "leaks": bool(arb("1.002") * arb(l).sqrt() * delta * (1 + leaks) ** plan.epochs / leaks <= epsilon * nu),
        "K": bool((1 - g) ** plan.epochs <= epsilon**2 / 100),
    }


@pytest.mark.parametrize("size", [(10, 2, 3, 0.1), (100, 2, 3, 0.1)])
def test_the_parameters_without_a_switch_are_certified_too(size, precise):
    found = _certified_without_switch(guaranteed(*size, "no-switch"))
    assert all(found.values()), [name for name, holds in found.items() if not holds]


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (lambda plan: {"init_exponent": plan.init_exponent + 2}, "leaks"),
        (lambda plan: {"leak": 3 * plan.leak}, "leak"),
        (lambda plan: {"epochs": plan.epochs - 2}, "K"),
        (lambda plan: {"stages": (plan.stages[0] - 1, *plan.stages[1:])}, "n_1"),
        (lambda plan: {"stages": (plan.stages[0], plan.stages[1] - 1, plan.stages[2])}, "n_2"),
    ],
)
def test_the_certificate_without_a_switch_refuses_wrong_parameters(change, broken, precise):
    plan = guaranteed(10, 2, 3, 0.1, "no-switch")
    assert not _certified_without_switch(replace(plan, **change(plan)))[broken]
