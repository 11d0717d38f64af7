"""Parameters with which one column at a time is proved to run; :mod:`.guarantee` has the proof's conditions."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

from scipy import stats

from tdbook import validation
from tdbook.lemmas.guarantee import (
    FAILURE,
    LIGHT,
    MOST,
    TOP,
    TURN,
    Guarantee,
    alignment_after,
    blocks,
    log_leak,
    second_moment,
    steps_to_align,
    steps_to_fall,
    steps_to_switch,
    steps_to_weigh,
)

VARIANTS = ("plain", "boosted", "no-switch", "regularised", "one-step-size")
LEAST_GROWTH = 10.0  # Lambda is at least this; the proof needs no lower limit
SHARE = 0.25  # the regulariser is this times A_1 epsilon
THETA = 0.5  # A_1 is this times sigma
BELOW = (0.1, 0.2)  # P[X < X_1]: more luck or fewer steps
ABOVE = (1e-9,)  # P[X > X_2]: X_2 costs a logarithm
ABOVE_BOOSTED = (0.01, 0.03)  # with the boost, which is X_2, it costs steps


def guaranteed(
    dimension: int, span: int, order: int, accuracy: float, variant: str = "plain", *, looking: bool = False
) -> Guarantee:
    """Parameters with which one column at a time reaches the accuracy with probability 0.99, proved for every target.

    The target is any symmetric tensor of norm 1 in Sym^l(S), dim S <= s: any rank, any signs, any dependence.

    Parameters
    ----------
    dimension, span, order : int
        d >= s >= 1 and l >= 3.
    accuracy : float
        0 < epsilon < 1.
    variant : str
        "plain": c = 1/||u|| throughout. "boosted": c = 1 / (||z|| + X_2 delta / sqrt(d)) before the switch, and H does
        not grow with d. "no-switch": the initial vector is never dropped, and delta is tiny. "regularised": with the
        paper's regulariser after the switch, and K grows as epsilon^-2. "one-step-size": the same eta and delta in
        every epoch, and H grows as 1/epsilon.
    looking : bool
        The sign a is chosen so that the correlation is positive, and g doubles; not without a switch.

    Returns
    -------
    Guarantee
        A_1 = sigma / 2, of a few windows the one with the fewest steps K H, and the largest power of ten for delta.
    """
    d = validation.integer("dimension", dimension, 1)
    s = validation.integer("span", span, 1, d)
    l = validation.order(order, 3)
    epsilon = validation.real("accuracy", accuracy, 1e-150, maximum=1.0)  # its square stays in range
    validation.choice("variant", variant, VARIANTS)
    if validation.flag("looking", looking) and variant == "no-switch":
        raise ValueError('looking must be False for variant "no-switch", got True')
    base = Guarantee(
        dimension=d, components=1, epochs=1, iterations=1, step_size=1.0 / l**2, init_exponent=-1, accuracy=epsilon,
        looking=looking, scaled=variant != "one-step-size", order=l, span=s, variant=variant,
    )  # fmt: skip
    if not base.scaled:
        base = replace(base, step_size=0.99 * base.step_size)
    above = ABOVE_BOOSTED if variant == "boosted" else ABOVE
    tried = [_candidate(base, *tails) for tails in product(BELOW[:1] if variant == "no-switch" else BELOW, above)]
    found = [plan for plan in tried if plan is not None]
    if not found:
        raise ValueError(
            f"dimension, span and order must leave fewer than {MOST} steps to the switch, got {d}, {s} and {l}"
        )
    return min(found, key=lambda plan: plan.epochs * plan.iterations)


def _candidate(base: Guarantee, below: float, above: float) -> Guarantee | None:
    """The plan for the window between two tails of X; None where an epoch takes too long."""
    d, s, l = base.dimension, base.span, base.order
    A_1 = THETA * math.sqrt(second_moment(s, l))
    low = high = math.sqrt(s)
    if d > s:
        law = stats.beta(s / 2, (d - s) / 2)
        low, high = math.sqrt(d * law.ppf(below)), math.sqrt(d * law.isf(above))
    plan = replace(base, threshold=A_1, window=(low, high))
    if base.variant == "no-switch":
        return _chosen_without_switch(replace(plan, window=(low, math.inf)))
    if base.variant == "regularised":
        push = SHARE * A_1
        plan = replace(plan, regularization=push * base.accuracy, step_size=(1.0 - 1e-12) / (l * (l + push)))
    growth = max(LEAST_GROWTH, (1.0 + 1e-12) * 2.0 * l * high / (math.sqrt(d) * TURN * A_1))
    plan = replace(plan, growth=growth, boost=high if base.variant == "boosted" else None)
    light = LIGHT * A_1 * alignment_after(plan, 1.0) ** (l - 2)
    plan = replace(plan, init_exponent=-150)  # light enough for anything: the rate without its cost
    most = plan.mean_fall
    for exponent in range(-1, -150, -1):
        plan = replace(plan, init_exponent=exponent)
        K = _epochs(plan, most - plan.rise)
        spare = 0.01 / K if plan.regularization else 2.0 * math.log(TOP) / K if not plan.scaled else math.inf
        if (
            plan.rise <= min(LIGHT * (most - plan.rise), spare)
            and plan.light <= light
            and plan.weight <= (1.0 - plan.xi) * plan.pull
        ):
            return _finished(plan, steps_to_switch(plan))
    return None


def _chosen_without_switch(plan: Guarantee) -> Guarantee | None:
    l, q_0 = plan.order, plan.window[0] / math.sqrt(plan.dimension)
    n_1, leak = 0.0, 0.0
    if plan.dimension > plan.span:
        leak = 5e-4 * plan.threshold * q_0 ** (l - 1)
        n_1 = steps_to_align(plan, leak)
        leak = min(leak, 0.002 * plan.threshold * q_0 / max(n_1, 1.0)) * (1.0 - 1e-12)
    plan, exponent = replace(plan, leak=leak, init_exponent=-2), 0
    while plan.init_exponent != exponent:  # a smaller delta takes more steps, and more steps leak more
        exponent = plan.init_exponent
        found = _finished(plan, n_1)
        if found is None:
            return None
        most = min(
            0.5 * math.log(5e-4 * plan.threshold * q_0 ** (l - 2)) - n_1 * math.log1p(plan.alpha),
            0.5 * math.log(LIGHT * found.rate / 2.1),
            found.log_init_scale + math.log(plan.accuracy * leak) - log_leak(found) if leak else math.inf,
        )
        plan = replace(plan, init_exponent=min(math.floor(most / math.log(10.0)), exponent))
    return found


def _epochs(plan: Guarantee, rate: float) -> float:
    """K for a rate g: so many that Markov's inequality leaves FAILURE, or the blocks of the regularised variant."""
    if rate <= 0.0:
        return math.inf
    if plan.regularization:
        return blocks(rate, plan.accuracy)
    return math.ceil(math.log(FAILURE * plan.accuracy**2) / math.log1p(-rate))


def _finished(plan: Guarantee, n_1: float) -> Guarantee | None:
    """The plan with its rate, K and H."""
    rate = plan.mean_fall
    stages = (n_1, steps_to_weigh(plan), steps_to_fall(plan))
    K, H = _epochs(plan, rate), sum(stages)
    if math.isinf(K) or math.isinf(H):
        return None
    whole = (int(stages[0]), int(stages[1]), int(stages[2]))
    return replace(plan, rate=rate, epochs=int(K), components=int(K), iterations=int(H), stages=whole)
