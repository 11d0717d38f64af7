"""Exercises on Algorithm 1, line by line."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.stats import binom

from tdbook.exercises import usual
from tdbook.exercises.arrays import as_array
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Formula, Function, Number, Parts, Proof, Step, Witness, Words
from tdbook.exercises.redraws import ACCURACY, COMPONENTS, EPOCHS, RANK, as_designed, random_redraws


def constant_boost(eta: float, lam: float, delta: float, kappa: float, l: int) -> tuple[float, float, float]:
    """Step size, regularisation and initial size with kappa = 1 that make the run with this constant kappa."""
    beta = kappa ** (l - 2)
    return eta * beta, lam / beta, delta * math.sqrt(beta)


def _with_kappa(rng: np.random.Generator) -> tuple[float, float, float, float, int]:
    eta, lam, delta = rng.uniform(0.5, 2.0, 3)  # of one size, or the smallest of them would not be seen
    return float(eta), float(lam), float(delta), float(rng.uniform(1.5, 3.0)), int(rng.integers(3, 6))


GROWTH = "1 - eta*l*(a*(kappa*rho)^(l-2)*R + lam)"


def not_enough(missing: int, tosses: int) -> float:
    """The chance that fair tosses bring fewer successes than components are missing."""
    return float(binom.cdf(missing - 1, tosses, 0.5))


def _damage(errors: Any) -> str:
    table = as_array(errors)
    if table.ndim != 2 or table.shape[1] != EPOCHS:
        turned = table.ndim == 2 and table.shape[0] == EPOCHS
        return "one row for each run, one column for each epoch" + (": transposed?" if turned else "")
    if len(table) < 10:
        return f"ten runs are wanted, and this is {len(table)}: with fewer one sees too little"
    if not np.isfinite(table).all() or table.min() <= 0:
        return "relative errors are positive numbers, and some of these are not"
    if table.min() < 1e-5:  # the regulariser keeps every error above that, and not its square
        return "some are too small for relative errors: the distance is wanted, and not the loss"
    good = table <= ACCURACY
    before, lost = int(good[:, :-1].sum()), int((good[:, :-1] & ~good[:, 1:]).sum())
    if before < 1.5 * len(table):
        return "hardly an epoch ends well: does each one throw away a column that is needed?"
    if lost < 2:
        return "after a good epoch hardly anything gets worse here: does your rule look at the lengths after all?"
    return ""


EXERCISES = (
    Exercise(
        label="ex-alg-switches",
        title="Counting switches",
        level=Level.EASY,
        sort=Sort.PROVE,
        judge=Formula(
            "m + K - 1",
            {"m": (2, 9), "K": (2, 9)},
            mistakes=(
                Mistake("true, and one more than can happen: what becomes of the column of the first redraw?", "m + K"),
                Mistake("a column has to become fresh before it can switch, and an epoch draws only one", "m*K"),
                Mistake("that is the bound for an epoch: columns that are drawn again can switch again", "m"),
                Mistake("these are the redraws; the columns of the start can switch as well", "K"),
            ),
        ),
        points=(
            "a column can switch only while it is fresh, and only a draw makes it fresh;",
            "within an epoch nothing is drawn after its start, so each of the m columns switches at most once;",
            "in the whole run there is at most one switch for each of the m + K draws;",
            "one of these draws is thrown away before any step.",
        ),
        right=lambda: ["m + K - 1", "K - 1 + m", lambda m, K: m + K - 1, lambda K, m: m - 1.0 + K],
        wrong=lambda: [
            ("m + K", "first redraw"),
            ("K*m", "only one"),
            (13, "small case"),
            ("m + k - 1", "k should not"),
        ],
        moral="The bound m K would need every column to become fresh in every epoch, and an epoch draws only one.",
        note="Ask for a run that attains the bound: m = 2 and K = 3 is small enough to search the seeds.",
        minutes=10,
    ),
    Exercise(
        label="ex-alg-first",
        title="The first redraw",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Proof(
            (
                Step("Before any step the pairs (u_i, a_i) are independent, and all have the same law."),
                Step(
                    "The first redraw removes the column that the draw made shortest.",
                    "at that moment all lengths are δ: it is a tie, and a rule has to break it",
                ),
                Step(
                    "All lengths are equal, and the rule for ties looks at lengths only: j says nothing about the rest."
                ),
                Step("Given j, the new pair is independent of the others and has the law that the old one had."),
                Step(
                    "Whatever breaks the ties, the fresh column has the old one's law, and so the joint law stays.",
                    "take j as the column with the largest first entry: what happens to the mean of the first entries?",
                ),
                Step(
                    "Hence with the same seed the run is the same, with this redraw and without it.",
                    "only the law is: the redraw uses up random numbers, and the columns are others",
                ),
                Step(
                    "The same argument applies to every later redraw.",
                    "by then the columns have moved, and the lengths say which of them are useful",
                ),
            )
        ),
        right=lambda: ["ACD", "a, c, d", ["A", "C", "D"], {"D", "C", "A"}],
        wrong=lambda: [("AD", "lacking"), ("ACDE", "lacking"), ("ABCD", "lacking"), (3, "letters")],
        moral="The first redraw changes the run and not its law: of K epochs, K - 1 are new tosses.",
        note="Step C is what is left out. The rule by the largest entry, measured, makes people believe it.",
        minutes=15,
    ),
    Exercise(
        label="ex-alg-rescale",
        title="Keeping the boost for ever",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Function(
            constant_boost,
            _with_kappa,
            call="translated(eta, lam, delta, kappa, l), three numbers: step size, regularisation, initial size",
            mistakes=(
                Mistake(
                    "the initial size is a length, and the model goes with squares of lengths: take a root there",
                    value=lambda eta, lam, delta, kappa, l: (
                        eta * kappa ** (l - 2),
                        lam / kappa ** (l - 2),
                        delta * kappa ** (l - 2),
                    ),
                ),
                Mistake(
                    "one root of the factor comes with the gradient, another with the new variable: "
                    "the step size takes both",
                    value=lambda eta, lam, delta, kappa, l: (
                        eta * kappa ** ((l - 2) / 2),
                        lam / kappa ** (l - 2),
                        delta * kappa ** ((l - 2) / 2),
                    ),
                ),
                Mistake(
                    "the columns have become longer, and the penalty is to be the same: which way does λ go?",
                    value=lambda eta, lam, delta, kappa, l: (
                        eta * kappa ** (l - 2),
                        lam * kappa ** (l - 2),
                        delta * kappa ** ((l - 2) / 2),
                    ),
                ),
                Mistake(
                    "the new step size is still missing: write the step in the new variable",
                    value=lambda eta, lam, delta, kappa, l: (
                        eta,
                        lam / kappa ** (l - 2),
                        delta * kappa ** ((l - 2) / 2),
                    ),
                ),
                Mistake(
                    "the other way round: here κ is turned into 1, and not 1 into κ",
                    value=lambda eta, lam, delta, kappa, l: constant_boost(eta, lam, delta, 1 / kappa, l),
                ),
                Mistake(
                    "the coefficient c stands in the power l - 2 in the model, not l",
                    value=lambda eta, lam, delta, kappa, l: constant_boost(eta, lam, delta, kappa, l + 2),
                ),
            ),
        ),
        points=(
            "the model and the regulariser are written in the new variable, with λ changed;",
            "the frozen gradients in the two variables differ by the root of κ^(l-2), by the chain rule;",
            "a step in the one variable is a step in the other, so by induction all states agree;",
            "directions are not touched, and κ is kept by every step.",
        ),
        right=lambda: [
            constant_boost,
            lambda eta, lam, delta, kappa, l: np.array(
                [eta * kappa ** (l - 2), lam * kappa ** (2 - l), delta * kappa ** (l / 2 - 1)]
            ),
        ],
        wrong=lambda: [
            (lambda eta, lam, delta, kappa, l: eta, "shape"),
            (lambda eta, lam, delta, kappa, l: (eta, lam, delta), "3 of 3"),
            (lambda eta, lam, delta, kappa, l: (eta * kappa ** (l - 2), lam / kappa ** (l - 2), delta), "index [2]"),
            ((1.0, 1.0, 1.0), "the function itself"),
        ],
        moral="A boost that is never taken back is a longer step: the switch is what makes it more than that.",
        note="Dimensions give two of the three; the step size needs the chain rule once and the variable once.",
        minutes=20,
    ),
    Exercise(
        label="ex-alg-rate",
        title="The rate of a young component",
        level=Level.MEDIUM,
        sort=Sort.COMPUTE,
        judge=Formula(
            GROWTH,
            {
                "a": (-1, 1),
                "kappa": (1.0, 5.0),
                "rho": (0.1, 0.9),
                "R": (-1.0, 1.0),
                "eta": (0.05, 0.2),
                "l": (3, 6),
                "lam": (0.01, 0.5),
            },
            mistakes=(
                usual.sign(value="1 + eta*l*(a*(kappa*rho)^(l-2)*R + lam)"),
                usual.factor_missing(value="1 - eta*(a*(kappa*rho)^(l-2)*R + lam)"),
                usual.tied_for_frozen(value="1 - 2*eta*(a*(kappa*rho)^(l-2)*R + lam)"),
                Mistake(
                    "the factor l stands before the regulariser's part as well",
                    value="1 - eta*(l*a*(kappa*rho)^(l-2)*R + lam)",
                ),
                Mistake(
                    "here the regulariser's part is that of λ‖u‖²; the frozen gradient keeps ĉ, and gives l for 2",
                    value="1 - eta*(l*a*(kappa*rho)^(l-2)*R + 2*lam)",
                ),
                Mistake(
                    "the gradient has l - 1 factors ‖P_S u‖, and one of them is what the step multiplies",
                    value="1 - eta*l*(a*(kappa*rho)^(l-1)*R + lam)",
                ),
                Mistake(
                    "R sees P_S u only, not u: a share ρ comes in as often as κ does",
                    value="1 - eta*l*(a*kappa^(l-2)*R + lam)",
                ),
                Mistake("the sign a of the component is missing", value="1 - eta*l*((kappa*rho)^(l-2)*R + lam)"),
                Mistake(
                    "this is what is added: the factor that multiplies has the column itself in it",
                    value="-eta*l*(a*(kappa*rho)^(l-2)*R + lam)",
                ),
            ),
        ),
        right=lambda: [
            GROWTH,
            lambda a, kappa, rho, R, eta, l, lam: 1 - eta * l * (a * (kappa * rho) ** (l - 2) * R + lam),
            "1 - l*η*λ - a*l*η*R*κ^(l-2)*ρ^(l-2)",
        ],
        wrong=lambda: [
            ("1 - eta*l*(a*(kappa*rho)^(l-2)*R - lam)", "small case"),
            ("1 - eta*l*(a*c^(l-2)*R + lam)", "c should not"),
            (lambda a, kappa: 1, "small case"),
        ],
        moral="With κρ of order one the factor does not know the dimension; with κ = 1 it forgets the target.",
        note="Many lose the λ l of the frozen regulariser. Ask first what the factor is for a target that is zero.",
        minutes=20,
    ),
    Exercise(
        label="ex-alg-sign",
        title="Half a redraw",
        level=Level.MEDIUM,
        sort=Sort.BREAK,
        judge=Parts(
            {
                "three": Words(
                    "as many",
                    {
                        "fewer": "at odd order a sign can be moved into the vector: which law has a_j u_j then?",
                        "more": "what could be gained at odd order? Look at the law of a_j u_j",
                    },
                ),
                "four": Words(
                    "fewer",
                    {
                        "as many": "print the signs of the columns that are thrown away from the second epoch on",
                        "more": "at even order, what can a column with a = -1 do for a target of positive weights?",
                    },
                ),
            }
        ),
        right=lambda: [("as many", "fewer"), ["As many", "FEWER"], {"four": "fewer", "three": " as  many"}],
        wrong=lambda: [
            (("fewer", "fewer"), "three: at odd order a sign"),
            (("as many", "as many"), "four: print the signs"),
            ("fewer", "2 answers"),
            (("as many", 2), "one of"),
        ],
        moral="At even order the shortest column is short because its sign is wrong: keep the sign and it stays so.",
        note="Let them say why the shortest column has the wrong sign before they print it. And with negative weights?",
        minutes=25,
    ),
    Exercise(
        label="ex-alg-random",
        title="A random column instead",
        level=Level.RESEARCH,
        sort=Sort.BREAK,
        judge=Parts(
            {
                "chance": Number(
                    RANK / COMPONENTS,
                    what="the chance that a redraw hits a column that is needed",
                    mistakes=(
                        Mistake("that is the chance of one given column: several are needed", value=1 / COMPONENTS),
                        Mistake(
                            "a redraw hits one of the columns, whatever the rank: how many columns are there?",
                            value=1 / RANK,
                        ),
                        Mistake("for how many epochs is this? One is meant", value=1 - 0.5**EPOCHS),
                    ),
                ),
                "errors": Witness(_damage, "relative errors at the ends of the epochs, shape (10, 8)"),
            }
        ),
        right=lambda: [(0.5, random_redraws()), ("3/6", random_redraws().tolist())],
        wrong=lambda: [
            ((0.5, as_designed()), "look at the lengths after all"),
            ((0.5, np.full((10, 8), 0.4)), "hardly an epoch ends well"),
            ((0.5, random_redraws().T), "transposed"),
            ((0.5, random_redraws() ** 2 / 2), "not the loss"),
            ((0.5, random_redraws()[:3]), "ten runs"),
            ((1 / 6, random_redraws()), "one given column"),
            (0.5, "2 answers"),
        ],
        moral="A random column is right often enough to find the target, and wrong too often to keep it.",
        note="Open end: a rule that beats the shortest column, and how many runs it takes to be sure that it does.",
        minutes=60,
    ),
    Exercise(
        label="ex-alg-epochs",
        title="How many epochs?",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "one": Number(
                    lambda: not_enough(1, EPOCHS - 1),
                    within=5e-3,
                    what="the chance that eight epochs are not enough if one component is missing after the first",
                    mistakes=(
                        Mistake(
                            "the first epoch has been used: how many tosses are left?",
                            change=lambda _: not_enough(1, EPOCHS),
                        ),
                        Mistake(
                            "this is the chance that they are enough", change=lambda _: 1 - not_enough(1, EPOCHS - 1)
                        ),
                        Mistake("eight epochs are not enough if all tosses fail, not if one does", value=0.5),
                    ),
                ),
                "two": Number(
                    lambda: not_enough(2, EPOCHS - 1),
                    within=5e-3,
                    what="the same if two are missing",
                    mistakes=(
                        Mistake(
                            "a single success is not enough for two components: add that case",
                            change=lambda _: not_enough(1, EPOCHS - 1),
                        ),
                        Mistake(
                            "exactly one success: no success at all is a failure as well",
                            change=lambda _: not_enough(2, EPOCHS - 1) - not_enough(1, EPOCHS - 1),
                        ),
                        Mistake("the tosses are seven, as in the first part", change=lambda _: not_enough(2, EPOCHS)),
                        Mistake(
                            "that would ask each of two components for its own seven tosses; an epoch has one",
                            change=lambda _: 1 - (1 - not_enough(1, EPOCHS - 1)) ** 2,
                        ),
                    ),
                ),
            }
        ),
        right=lambda: [
            (2**-7, 1 / 16),
            ("1/128", "1/16"),
            {"two": 0.0625, "one": 0.0078125},
            np.array([0.00781, 0.0625]),
        ],
        wrong=lambda: [
            ((2**-8, 1 / 16), "one: the first epoch"),
            ((2**-7, 2**-7), "two: a single success"),
            ((0.78, 6.25), "too large"),
            (2**-7, "2 answers"),
        ],
        moral="One failure in twenty runs is what fair tosses give; more epochs are the remedy, not longer ones.",
        note="Compare with the epochs that the runs of the table needed: is the coin fair? Some ten runs do not tell.",
        minutes=10,
    ),
)
