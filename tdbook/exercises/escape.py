"""Exercises on how a fresh component escapes."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

from scipy.stats import nbinom

from tdbook import lemmas
from tdbook.descent import practical_settings
from tdbook.exercises import usual
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Formula, Number, Parts


@cache
def gentle_epochs(shrink: float = 20.0, iterations: int = 1500) -> tuple[tuple[bool, bool], ...]:
    """For ten epochs from the bad minimum: was the first correlation positive, and did the loss fall by over 0.01?"""
    regularization = 0.03 * 2**-1.5
    target, start = lemmas.bad_minimum(10, 3, 8, regularization)
    usual_step = practical_settings(target, 8, accuracy=0.1, regularization=regularization)
    settings = replace(usual_step, step_size=1 / (9 * shrink), iterations=iterations)
    epochs = [lemmas.lemma1(lemmas.one_epoch(start, target, settings, seed), target, settings) for seed in range(10)]
    return tuple((epoch.correlation > 0, epoch.decrease > 0.01) for epoch in epochs)


def successes() -> int:
    """How many of the gentle epochs that begin with a positive correlation lower the loss."""
    return sum(fell for positive, fell in gentle_epochs() if positive)


def epochs_for(p: float, wanted: int = 20, sure: float = 0.99) -> int:
    """The fewest epochs that hold ``wanted`` successes of probability ``p`` with probability ``sure``."""
    return wanted + int(nbinom.ppf(sure, wanted, p))


def proved_chance() -> float:
    """What Lemma 6 proves at order 3 and θ = 3/4, times the 5/6 of Lemma 1."""
    return 5 / 6 * lemmas.anticoncentration(3, 0.75)


EXERCISES = (
    Exercise(
        label="ex-esc-full",
        title="Why not the full space?",
        level=Level.MEDIUM,
        sort=Sort.BREAK,
        judge=Parts(
            {
                "epochs": Formula(
                    "2*l",
                    {"l": (3, 9)},
                    mistakes=(
                        Mistake("γ alone is d^(-l/2); in the promised decrease it stands more than once", value="l/2"),
                        Mistake("τ² alone brings two factors γ; λ and 1/(ηH) bring one each", value="l"),
                        Mistake("three of the four factors are there", value="3*l/2"),
                    ),
                ),
                "components": Formula(
                    "5*l/2",
                    {"l": (3, 9)},
                    mistakes=(
                        Mistake("m is 1/(λΔ): λ is proportional to γ as well", value="2*l"),
                        Mistake("one factor γ from λ, four from Δ", value="3*l"),
                    ),
                ),
            }
        ),
        right=lambda: [("2*l", "5*l/2"), ("l + l", "2.5*l"), {"epochs": lambda l: 2 * l, "components": "l*5/2"}],
        wrong=lambda: [
            (("l/2", "5*l/2"), "epochs: γ alone"),
            (("2*l", "l-1"), "components: not yet"),
            (("2*l", "2*l"), "components: m is"),
            ("2*l", "as a tuple"),
        ],
        moral="More than lazy training. The subspace is not a technicality: it is the result.",
        note="Have them predict before they trace γ through the chapter on Theorem 3; most expect d^(l/2).",
        minutes=15,
    ),
    Exercise(
        label="ex-esc-threshold",
        title="The threshold of the switch",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Formula(
            "sqrt(1 - 1/theta**2)",
            {"theta": (1.2, 5.0)},
            mistakes=(
                usual.square_for_norm(value="1 - 1/theta**2"),
                Mistake("the two parts are orthogonal: their squares add up, not their lengths", value="1 - 1/theta"),
                Mistake("this is the largest share outside S; the share inside is wanted", value="1/theta"),
            ),
        ),
        points=(
            "at the switch ‖P_B u‖ ≤ √(m+K) δ < ‖u‖/θ, by Lemma 5 and by the threshold itself;",
            "‖P_S u‖² = ‖u‖² - ‖P_B u‖², which gives the bound on ρ after the switch;",
            "before the switch the bound on κρ does not contain θ;",
            "at θ = 1 the bound is empty: a component of that length might lie in B altogether.",
        ),
        right=lambda: ["sqrt(1 - 1/theta**2)", "sqrt(theta^2 - 1)/theta", lambda theta: math.sqrt(1 - theta**-2)],
        wrong=lambda: [
            ("1/theta", "inside is wanted"),
            ("1 - 1/theta", "squares add up"),
            ("sqrt(1 - 1/t**2)", "t should not"),
            (0.866, "small case"),
        ],
        moral="Every θ above 1 would do; the price of a larger one is a larger jump of T at the switch.",
        note="The printed 2 is a choice, not a constant of nature. Let them find what else depends on it.",
        minutes=20,
    ),
    Exercise(
        label="ex-esc-sign",
        title="Does the sign of the correlation decide?",
        level=Level.RESEARCH,
        sort=Sort.BREAK,
        judge=Number(
            lambda: successes(),
            what="how many of the ten epochs begin with a positive correlation and still lower the loss",
            mistakes=(
                Mistake(
                    "Lemma 1 promises nothing for a positive correlation, and forbids nothing either: run them", value=0
                ),
                Mistake(
                    "this is how many begin so; not every one lowers the loss",
                    change=lambda _: sum(sign for sign, _ in gentle_epochs()),
                ),
            ),
        ),
        right=lambda: [successes(), float(successes()), str(successes())],
        wrong=lambda: [
            (0, "run them"),
            (sum(sign for sign, _ in gentle_epochs()), "not every one lowers"),
            (0.5, "not yet"),
        ],
        moral="While such a component shrinks it turns, and for odd l it reaches directions of negative correlation.",
        note="Open end: how does the share depend on the order, on s and on λ? Lemma 1 counts none of these epochs.",
        minutes=45,
    ),
    Exercise(
        label="ex-esc-epochs",
        title="Probability and epochs",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "one_sixth": Number(
                    lambda: epochs_for(1 / 6),
                    what="the smallest number of epochs at p = 1/6",
                    mistakes=(
                        Mistake("this is the mean: half of the time it is not enough", value=120),
                        Mistake(
                            "these are the failures before the twentieth success: count the successes too",
                            change=lambda right: right - 20,
                        ),
                        Mistake(
                            "one epoch more than needed: 20 successes are 'more than 19'",
                            change=lambda right: right + 1,
                        ),
                    ),
                ),
                "proved": Number(
                    lambda: epochs_for(proved_chance()),
                    within=0.02,
                    what="the same for the proved probability, to two per cent",
                    mistakes=(
                        Mistake("this is the mean, 20/p", change=lambda _: 20 / proved_chance()),
                        Mistake(
                            "the factor 5/6 of Lemma 1 is missing",
                            change=lambda _: epochs_for(proved_chance() * 6 / 5),
                        ),
                    ),
                ),
            }
        ),
        right=lambda: [
            (epochs_for(1 / 6), epochs_for(proved_chance())),
            (str(epochs_for(1 / 6)), 1.01 * epochs_for(proved_chance())),
        ],
        wrong=lambda: [
            ((120, epochs_for(proved_chance())), "one_sixth: this is the mean"),
            ((epochs_for(1 / 6), 20 / proved_chance()), "proved: this is the mean"),
            (epochs_for(1 / 6), "2 answers"),
        ],
        moral="The proved probability asks for more than a thousand times as many epochs as the paper's one sixth.",
        note="The successes are not independent; an exercise of the chapter on Theorem 3 asks why the binomial law may "
        "be used all the same.",
        minutes=15,
    ),
)
