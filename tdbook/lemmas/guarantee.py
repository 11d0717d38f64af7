r"""Constants that run: one column at a time, a greedy relative of Algorithm 1 (no part of the paper).

Before anything else moves, the re-initialised column is trained alone against the residual R of all others, in units
in which ||R|| = 1. Write w for its direction in S, A = -a <R, w^{(x) l}> for its correlation and beta = ||u||^2.

* Before the *switch* the column is its birth vector u_0, of norm delta, plus what it has learned, z in S. A never
  falls.
* At the switch, ||z|| >= Lambda delta, the birth vector is dropped. From there on the loss never rises.
* After H steps the loss has fallen by (1 - xi^2) (0.99 A_0)^2 / 2 or more if the draw was *lucky*: A_0 >= A_1 at birth
  and X_1 <= X <= X_2, where X = sqrt(d) ||P_S u_0|| / ||u_0||.

So the mean of ||R||^2 falls by a factor 1 - g an epoch, and K epochs do. ``Guarantee.conditions``
judges any numbers; :mod:`.runnable` chooses some.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from scipy import stats

from tdbook import validation
from tdbook.descent.one_column import FreshFirst
from tdbook.lemmas.chance import sphere_moment_bounds
from tdbook.lemmas.theorem3 import Condition

FAILURE = 0.01  # what the theorem leaves to bad luck
LIGHT = 1e-3  # what the birth may weigh beside the correlation, and an unlucky epoch beside g
TURN = 0.01  # the share of its correlation that a column may lose before its norm has grown
ALIGNED = 0.03  # without a switch: the ratio ||P_B u|| / ||P_S u|| below which u counts as one of S
TOP = 1.0051  # one step size: ||R|| stays below this
BLOCKS = 5  # the regularised variant: so many blocks of epochs, each failing with probability 100^(-1/5) at most
MOST = 400_000  # steps of a recursion that are tried
FAINT = math.log(1e-18)  # below it beta does not slow its own growth


@dataclass(frozen=True)
class Guarantee(FreshFirst):
    """Parameters of one column at a time, with what the proof says of them.

    Attributes
    ----------
    span : int
        An s >= dim S.
    variant : str
    rate : float
        g: E ||R||^2 falls by the factor 1 - g an epoch.
    threshold : float
        A_1.
    window : tuple of float
        X_1 and X_2; X_2 is infinite without a switch.
    stages : tuple of int
        n_1, n_2 and n_3 with H = n_1 + n_2 + n_3: steps to the switch, to ||u||^2 = (1 - xi) 0.99 A_1, and to the fall.
    leak : float
        nu_*: without a switch, the share of the residual outside Sym^l(S) that the proof tolerates; otherwise 0.
    """

    span: int = 1
    variant: str = "plain"
    rate: float = 0.0
    threshold: float = 0.0
    window: tuple[float, float] = (0.0, math.inf)
    stages: tuple[int, int, int] = (0, 0, 0)
    leak: float = 0.0

    @property
    def holds(self) -> bool:
        """Every condition of the proof is met."""
        return all(condition.holds for condition in self.conditions)

    @property
    def merged_components(self) -> int:
        """dim Sym^l(S) + 1: as many columns are enough if each epoch ends with a merge."""
        return math.comb(self.span + self.order - 1, self.order) + 1

    @property
    def alpha(self) -> float:
        """l eta ||R||, the largest that occurs: a step is alpha times the column's own norm at most."""
        return self.order * self.step_size * (1.0 if self.scaled else TOP)

    @property
    def slow(self) -> float:
        """l eta ||R||, the least that occurs before the accuracy is reached."""
        return self.order * self.step_size * (1.0 if self.scaled else self.accuracy)

    @property
    def xi(self) -> float:
        """(1 + alpha)^2 = (1 + xi) / (1 - xi): one step is that coarse around the best norm."""
        square = (1.0 + self.alpha) ** 2
        return (square - 1.0) / (square + 1.0)

    @property
    def keep(self) -> float:
        """A lucky epoch ends with a correlation, less the regulariser, of at least ``keep`` A_0."""
        return 1.0 - TURN - self.regularization / (self.accuracy * self.threshold)

    @property
    def probability(self) -> float:
        """P[X_1 <= X <= X_2]."""
        return window_probability(self.dimension, self.span, *self.window)

    @property
    def pull(self) -> float:
        """What a lucky column's norm grows with, and its squared norm tends to, at the least: ``keep`` A_1."""
        return self.keep * self.threshold

    @property
    def birth(self) -> float:
        """ln of delta^2, the largest that occurs in units of the residual."""
        return 2.0 * self.log_init_scale - (0.0 if self.scaled else math.log(self.accuracy))

    @property
    def light(self) -> float:
        """The largest (c ||u||)^{2(l-2)} ||u||^2 before the switch, or delta^2 without one."""
        if self.growth is None:
            return math.exp(self.birth)
        return (self.boosted ** (self.order - 2) * (self.growth + 1.0)) ** 2 * math.exp(self.birth)

    @property
    def boosted(self) -> float:
        """The largest c ||u||: 1 for c = 1/||u||."""
        return 1.0 if self.boost is None else max(1.0, math.sqrt(self.dimension) / self.boost)

    @property
    def weight(self) -> float:
        """A bound b of ||u||^2 at the switch; without one, at birth."""
        if self.growth is None:
            return self.light
        jump = 1.0 + self.alpha * self.boosted ** (self.order - 2)
        return jump * (self.growth + 1.0) * jump * (self.growth + 1.0) * math.exp(self.birth)

    @property
    def rise(self) -> float:
        """The most that an unlucky epoch adds to ||R||^2 (or to twice the regularised loss), relative to ||R||^2."""
        b = self.weight
        return 2.0 * b + b * b + 2.0 * b * self.regularization / self.accuracy

    @property
    def mean_fall(self) -> float:
        """The largest g that the proof gives: what lucky draws take off ||R||^2, less what the others may add."""
        correlation = second_moment(self.span, self.order) * (1.0 - self.leak**2) - self.threshold**2
        sign = 1.0 if self.looking else 0.5
        return sign * self.probability * self.proved_fall(1.0) * correlation - self.rise

    def lucky(self, correlation: Any, share: Any) -> Any:
        """Whether a draw has A_0 >= A_1 and X in the window, for numbers or arrays A_0 and X."""
        low, high = self.window
        return (self.threshold <= correlation) & (low <= share) & (share <= high)

    def proved_fall(self, correlation: float) -> float:
        """The least relative fall of ||R||^2 in an epoch whose lucky draw has the correlation A_0."""
        return (1.0 - self.xi**2) * (self.keep * correlation) ** 2

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Every inequality that the proof uses."""
        first = _alignment(self) if self.growth is None else _switch(self)
        return (*_one_step(self), *first, *_growth(self), *_in_sum(self))


def window_probability(dimension: int, span: int, low: float, high: float) -> float:
    """P[X_1 <= X <= X_2] for X = sqrt(d) ||P_S u|| / ||u||: X^2/d is Beta(s/2, (d-s)/2), and X = sqrt(s) if d = s."""
    d = validation.integer("dimension", dimension, 1)
    s = validation.integer("span", span, 1, d)
    if d == s:
        return 1.0 if low <= math.sqrt(s) <= high else 0.0
    law = stats.beta(s / 2, (d - s) / 2)
    return float(law.sf(low**2 / d) - law.sf(min(high**2 / d, 1.0)))


def second_moment(span: int, order: int) -> float:
    """sigma^2: the least mean of <R, w^{(x) l}>^2 over R of norm 1 in Sym^l(S), for w uniform on the sphere of S."""
    return 1.0 if span == 1 else sphere_moment_bounds(span, order)[0]


# --- how many steps until something has grown ----------------------------------------------------------------


def _steps(value: float, goal: float, grown: Callable[[float], float]) -> float:
    """How often ``grown``, an increasing map, is applied until the value reaches its goal; infinite beyond MOST."""
    count = 0
    while value < goal:
        if count == MOST:
            return math.inf
        value = grown(value)
        count += 1
    return count


def alignment_after(plan: Guarantee, r: float) -> float:
    """The least q = c ||P_S u|| when ||P_S u|| has grown by the factor r since birth, for X = X_1."""
    if plan.boost is not None:
        return r / (r + 1.0 + plan.boost / plan.window[0])
    return r / math.sqrt(r * r + (0.0 if plan.dimension == plan.span else plan.dimension / plan.window[0] ** 2))


def steps_to_switch(plan: Guarantee) -> float:
    """n_1: ||P_S u|| grows from X_1 delta / sqrt(d) until it exceeds that by Lambda delta."""
    assert plan.growth is not None
    rate = plan.slow * (1.0 - LIGHT) * plan.threshold
    goal = 1.0 + plan.growth * math.sqrt(plan.dimension) / plan.window[0]
    return _steps(1.0, goal, lambda r: r * (1.0 + rate * alignment_after(plan, r) ** (plan.order - 2)))


def steps_to_align(plan: Guarantee, leak: float) -> float:
    """n_1 without a switch: ||P_S u|| / ||P_B u|| grows from birth to 1 / ALIGNED."""
    if plan.dimension == plan.span:
        return 0
    alpha, l = plan.slow, plan.order

    def grown(ratio: float) -> float:
        q = ratio / math.hypot(1.0, ratio)
        return (1.0 + alpha * q ** (l - 2) * 0.994 * plan.threshold) / (1.0 / ratio + alpha * leak / q)

    return _steps(1.0 / math.sqrt(plan.dimension / plan.window[0] ** 2 - 1.0), 1.0 / ALIGNED, grown)


def steps_to_weigh(plan: Guarantee) -> float:
    """n_2: beta <- beta (1 + alpha (A - beta))^2 reaches (1 - xi) A, for the least correlation A = ``pull``."""
    alpha, pull = plan.slow, plan.pull
    start = 2.0 * plan.log_init_scale - (0.0 if plan.scaled else math.log(TOP))
    start += 2.0 * math.log(plan.growth or plan.window[0] / math.sqrt(plan.dimension))
    sure = 2.0 * math.log1p(alpha * (pull - math.exp(FAINT)))  # a step's part while beta is faint
    skipped = math.floor(max(FAINT - start, 0.0) / sure)
    return skipped + _steps(
        start + skipped * sure,
        math.log((1.0 - plan.xi) * pull),
        lambda log_beta: log_beta + 2.0 * math.log1p(alpha * (pull - math.exp(log_beta))),
    )


def steps_to_fall(plan: Guarantee) -> float:
    """n_3: from (1 - xi) times ``pull`` to (1 - xi) times the correlation, whatever that is."""
    return math.ceil(1.0 / (1.9 * math.e * plan.slow * plan.xi * plan.pull))


# --- the conditions of the proof -----------------------------------------------------------------------------


def _one_step(plan: Guarantee) -> list[Condition]:
    """What the lemma on one step of one column needs."""
    l, alpha, push = plan.order, plan.alpha, plan.regularization / plan.accuracy
    return [
        Condition("Step 1: the shift is at least l - 1", alpha * (l - 1 + max(1.0 + push, plan.light)), 1.0 + 1e-12),
        Condition("a norm of at most 1 stays so", 3.0 * alpha, 1.0 + 1e-12),
        Condition("a step along the column passes no mirror point", alpha * (1.0 + alpha / 2), 1.0),
        Condition(
            "turning never raises the loss",
            l * (2.0 + push) + 2.0 * (1.0 - 2.0 * alpha) ** 2 + 2.0 * (1.0 + push),
            l / alpha,
        ),
        Condition("ln(1 + t) >= 0.95 t up to alpha xi", 0.95 * alpha * plan.xi, math.log1p(alpha * plan.xi)),
    ]


def _switch(plan: Guarantee) -> list[Condition]:
    """The column up to the switch."""
    assert plan.growth is not None
    q_0 = alignment_after(plan, 1.0)
    turned = 2.0 * plan.order * plan.window[1] / (math.sqrt(plan.dimension) * plan.growth)
    return [
        Condition("the birth is light", plan.light, LIGHT * plan.threshold * q_0 ** (plan.order - 2)),
        Condition("c ||P_S u|| is at most 1 in the window", plan.window[1], plan.boost or math.inf),
        Condition("the switch turns the column little", turned, TURN * plan.threshold),
        Condition("the switch comes before the best norm", plan.weight, (1.0 - plan.xi) * plan.pull),
        Condition("n_1 steps reach the switch", steps_to_switch(plan), plan.stages[0]),
    ]


def _alignment(plan: Guarantee) -> list[Condition]:
    """The column until it counts as one of S, without a switch."""
    l, A_1, n_1, leak = plan.order, plan.threshold, plan.stages[0], plan.leak
    q_0 = plan.window[0] / math.sqrt(plan.dimension)
    kept = (1.0 + ALIGNED**2) ** (-l / 2)  # (||P_S u|| / ||u||)^l
    heavy = plan.log_init_scale + n_1 * math.log1p(plan.alpha)  # ln of the largest ||u|| after n_1 steps
    return [
        Condition("the birth is light", 2.0 * heavy, math.log(5e-4 * A_1 * q_0 ** (l - 2))),
        Condition("the leak hardly slows the growth", leak, 5e-4 * A_1 * q_0 ** (l - 1)),
        Condition("the leak hardly turns the column", 2.0 * leak * n_1 / q_0, 0.004 * A_1),
        Condition("an aligned column keeps its correlation", 1.0 - TURN + leak / A_1, 0.996 * kept),
        Condition("n_1 steps align the column", steps_to_align(plan, leak), n_1),
        Condition("K epochs leak little", log_leak(plan), math.log(plan.accuracy * leak) if leak else math.inf),
    ]


def log_leak(plan: Guarantee) -> float:
    """ln of a bound of all leaks: e <- (1 + H / sqrt(l)) e + sqrt(l) delta, K times from 0, with ||R|| <= 1.001."""
    if plan.dimension == plan.span:
        return -math.inf
    ratio = plan.iterations / math.sqrt(plan.order)
    return plan.log_init_scale + 0.5 * math.log(plan.order) + 0.001 + plan.epochs * math.log1p(ratio) - math.log(ratio)


def _growth(plan: Guarantee) -> list[Condition]:
    """From the switch, or from birth, to the proved fall."""
    return [
        Condition("n_2 steps reach the least norm", steps_to_weigh(plan), plan.stages[1]),
        Condition("n_3 steps reach the fall", steps_to_fall(plan), plan.stages[2]),
        Condition("H steps are n_1 + n_2 + n_3", sum(plan.stages), plan.iterations),
    ]


def _in_sum(plan: Guarantee) -> list[Condition]:
    """The epochs put together."""
    found = [
        Condition("an unlucky epoch costs little", plan.rise, LIGHT * plan.rate),
        Condition("the mean fall", plan.rate, plan.mean_fall),
        Condition("a column for each epoch", plan.epochs, plan.components),
    ]
    if plan.regularization:
        found.append(Condition("all unlucky epochs together", plan.epochs * plan.rise, 0.01))
        found.append(Condition("K epochs suffice", blocks(plan.rate, plan.accuracy), plan.epochs))
    else:
        needed = math.log(FAILURE * plan.accuracy**2)
        found.append(Condition("K epochs suffice", plan.epochs * math.log1p(-plan.rate), needed))
    if not plan.scaled:
        found.append(Condition("the residual stays below TOP", plan.epochs * plan.rise / 2, math.log(TOP)))
    return found


def blocks(rate: float, accuracy: float) -> float:
    """K of the regularised variant: each block is so long that it fails with probability 100^(-1/5) at most."""
    return BLOCKS * math.ceil(1.011 * FAILURE ** (-1.0 / BLOCKS) / (rate * accuracy**2))
