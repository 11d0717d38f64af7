"""Exercises on the proof of Theorem 3."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from itertools import count

from tdbook import lemmas
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Formula, Number, Parts, Proof, Step
from tdbook.tensors import symmetric_dimension


@cache
def printed_plan() -> lemmas.Plan:
    """The plan of the chapter's tables: d = 10, s = 2, l = 3, accuracy 0.1, with the measured strength."""
    return lemmas.plan(10, 2, 3, 0.1, strength=lemmas.measured_strength(3, 2), chance=0.2)


def certainty() -> float:
    """E such that Chernoff bounds the failure probability by exp(-E), with the chance 5/6 p of a lucky epoch."""
    plan = printed_plan()
    return plan.epochs * (5 / 6 * plan.chance) * 0.1**2 / 2


@cache
def components(span: int) -> float:
    """The components of the proved plan in dimension 20, for a target of this span."""
    return lemmas.plan(20, span, 3, 0.1).components


@cache
def crossing(order: int, strength: float, entries: bool = False) -> int:
    """The first k such that, in dimension 10^k, Theorem 3 asks for no more components than lazy training.

    With ``entries`` the symmetric dimension D itself stands for the lazy threshold D/d: a usual mistake.
    """

    def lazy(d: int) -> int:
        return symmetric_dimension(d, order) // (1 if entries else d)

    plans = ((k, lemmas.plan(10**k, 2, order, 0.1, strength=strength, chance=0.2)) for k in count(1))
    return next(k for k, plan in plans if plan.components <= lazy(10**k))


def crossing_number(order: int, strength: float) -> Number:
    """The judge of one crossing."""
    return Number(
        lambda: crossing(order, strength),
        within=0,
        what=f"the exponent k of the first 10^k at order {order}",
        mistakes=(
            Mistake(
                f"at this dimension the theorem still asks for more at order {order}", change=lambda right: right - 1
            ),
            Mistake(
                f"you counted the entries of a symmetric tensor of order {order}: each component brings d numbers, so "
                "divide by d",
                change=lambda _: crossing(order, strength, entries=True),
            ),
            Mistake(f"hand in the exponent of ten at order {order}, not the dimension", change=lambda right: 10**right),
        ),
    )


EXERCISES = (
    Exercise(
        label="ex-proof-exact",
        title="Two powers of $\\varepsilon$ less",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Parts(
            {
                "m": Formula(
                    "2*f/(lam*sqrt(p*D))",
                    {"f": (0.5, 0.7), "lam": (0.1, 0.9), "p": (0.1, 0.9), "D": (0.1, 0.9)},
                    mistakes=(
                        Mistake(
                            "the cost is of second order: half the square of the squared norm",
                            value="4*f/(lam*p*D)",
                        ),
                        Mistake("the factor 1/2 of the cost is missing", value="sqrt(8)*f/(lam*sqrt(p*D))"),
                        Mistake(
                            "q is the squared norm already: the cost is q²/2 and not q⁴/2",
                            value="f/(lam*(p*D/4)**(1/4))",
                        ),
                        Mistake("this is q: m follows from q = f/(λm)", value="sqrt(p*D)/2"),
                    ),
                ),
                "power": Number(
                    3,
                    within=0,
                    what="the power of 1/ε in m",
                    mistakes=(
                        Mistake("that is the bound of the theorem: what becomes of Δ under the root?", value=5),
                        Mistake("the root takes half of the four powers in Δ, and not one of them", value=4),
                        Mistake("λ stands in the denominator as well", value=2),
                    ),
                ),
            }
        ),
        points=(
            "where the frozen gradient vanishes, removing a switched column raises f by half the fourth power of its "
            "norm, and the shortest column has a squared norm of at most f/(λm);",
            "only line 5 of the proof changes: the cost must stay below p'Δ/8;",
            "λ and Δ are as before, so that the powers of ε can be counted.",
        ),
        right=lambda: [
            ("2*f/(lam*sqrt(p*D))", 3),
            {"m": "2*f/lambda/sqrt(p*D)", "power": "3"},
            (lambda f, lam, p, D: 2 * f / lam / math.sqrt(p * D), 3.0),
        ],
        wrong=lambda: [
            (("4*f/(lam*p*D)", 3), "m: the cost is of second order"),
            (("2*f/(lam*sqrt(p*D))", 4), "power: the root"),
            (("2*f/(lam*sqrt(p*x))", 3), "x should not be in it"),
            (3, "2 answers"),
        ],
        moral="Four of the five powers came from the escape; with a second-order cost only half of them are paid.",
        note="The hypothesis is not proved: an epoch stops near a stationary point, not at one. Ask how near it must "
        "stop (the gradient term of the exact cost has to be below the same p'Δ/8).",
        minutes=20,
    ),
    Exercise(
        label="ex-proof-chernoff",
        title="The price of certainty",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Number(
            certainty,
            within=5e-3,
            what="the number E such that the failure probability is at most exp(-E)",
            mistakes=(
                Mistake(
                    "an epoch is lucky with the probability of Lemma 1, not with that of Lemma 6: a factor is missing",
                    change=lambda right: right * 6 / 5,
                ),
                Mistake("the deviation of a tenth enters with its square", change=lambda right: right * 10),
                Mistake("Chernoff's exponent for a lower tail has a factor 1/2", change=lambda right: right * 2),
                Mistake("this is the exponent of ten; that of e is wanted", change=lambda right: right / math.log(10)),
            ),
        ),
        right=lambda: [certainty(), 1.002 * certainty(), f"{certainty():.3e}", [certainty()]],
        wrong=lambda: [
            (certainty() * 6 / 5, "Lemma 1"),
            (certainty() * 10, "with its square"),
            (-certainty(), "sign"),
            (math.exp(-certainty()), "too small"),
        ],
        moral="K must be of the order 1/Δ anyway, and then the law of large numbers leaves nothing to chance.",
        note="Many hand in exp(-E), which is 0 in floating point: a good occasion to speak of logarithms.",
        minutes=10,
    ),
    Exercise(
        label="ex-proof-dependent",
        title="Dependent components",
        level=Level.EASY,
        sort=Sort.BREAK,
        judge=Number(
            lambda: components(5) / components(2),
            within=0.01,
            what="the factor by which m falls",
            mistakes=(
                Mistake("the proof knows the span of the components, and it has changed: run the plan", value=1),
                Mistake(
                    "s^(2.5l) is what γ^5 does for large s; at small s it is no pure power yet, and p changes too",
                    value=2.5**7.5,
                ),
                Mistake("the other way round: how many times fewer?", change=lambda right: 1 / right),
                Mistake("m grows like s^(2.5l), and l is 3 here: this has no l in it", value=2.5**2.5),
            ),
        ),
        right=lambda: [ratio := components(5) / components(2), f"{ratio:.1f}", round(ratio), [math.floor(ratio)]],
        wrong=lambda: [(1, "run the plan"), (2000, "too large"), (2.5**7.5, "γ^5 does"), (1300, "very near")],
        moral="The rank does not enter the proof, only s does.",
        note="Collect the predictions first. The law in s is asymptotic: take the factor apart into γ⁵, p and the "
        "logarithm.",
        minutes=10,
    ),
    Exercise(
        label="ex-proof-lambda",
        title="Why not a larger $\\lambda$?",
        level=Level.MEDIUM,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "y": Number(
                    Fraction(2, 3),
                    within=5e-3,
                    what="the best y",
                    mistakes=(
                        Mistake("there Δ is largest; but m is proportional to 1/(λΔ)", value=0.5),
                        Mistake("there nothing grows any more: ηH would be infinite", value=1),
                        Mistake("the growth rate enters once, through ηH, and λ twice", value=Fraction(1, 3)),
                    ),
                ),
                "gain": Number(
                    Fraction(27, 32),
                    within=5e-3,
                    what="the factor on m",
                    mistakes=(
                        Mistake("the other way round: m becomes smaller", value=Fraction(32, 27)),
                        Mistake("this is y²(1-y) at its maximum: compare it with y = 1/2", value=Fraction(4, 27)),
                        Mistake("this compares Δ; m is proportional to 1/(λΔ)", value=Fraction(9, 8)),
                    ),
                ),
            }
        ),
        right=lambda: [("2/3", "27/32"), (2 / 3, 27 / 32), (0.667, 0.844), {"y": "2/3", "gain": 0.84375}],
        wrong=lambda: [
            ((0.5, 1), "y: there Δ is largest"),
            (("2/3", "32/27"), "gain: the other way round"),
            (("2/3", 0.16), "gain: not yet"),
            ("2/3", "2 answers"),
        ],
        moral="A sixth fewer components, and an uglier lemma: the half is good enough.",
        note="The logarithm in ηH contains λ too; ask why it may be left out here.",
        minutes=15,
    ),
    Exercise(
        label="ex-proof-dimension",
        title="Does the dimension matter?",
        level=Level.RESEARCH,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "three": crossing_number(3, lemmas.measured_strength(3, 2)),
                "four": crossing_number(4, lemmas.measured_strength(4, 2)),
                "power": Formula(
                    "5/(l-1)",
                    {"l": (3, 9)},
                    mistakes=(
                        Mistake("the lazy threshold grows like d^(l-1): one power of d is divided away", value="5/l"),
                        Mistake("this is how m grows: solve for d", value="5"),
                        Mistake("four powers belong to K; m has one more", value="4/(l-1)"),
                    ),
                ),
            }
        ),
        right=lambda: [
            (9, 8, "5/(l-1)"),
            ("9", 8.0, lambda l: 5 / (l - 1)),
            {"three": 9, "four": 8, "power": "5/(l-1)"},
        ],
        wrong=lambda: [
            ((8, 8, "5/(l-1)"), "three: at this dimension"),
            ((9, 5, "5/(l-1)"), "four: not yet"),
            ((9, 8, "5/l"), "power: the lazy threshold"),
            ((9, 8), "3 answers"),
        ],
        moral="Astronomical, as it must be with such constants; the measured crossing is at a few tens.",
        note="Open end: which single constant, if sharp, would bring the crossing down most? Each group tries one.",
        minutes=40,
    ),
    Exercise(
        label="ex-proof-streak",
        title="An unlucky streak",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Proof(
            (
                Step("Draw for each epoch a uniform variable, independent of the others and of the past."),
                Step(
                    "The epochs are independent, since the fresh vectors are drawn independently.",
                    "the residual that a fresh vector meets depends on all the epochs before",
                ),
                Step(
                    "Calling an epoch lucky when its variable is below the conditional probability given the past "
                    "leaves the law of the whole sequence as it was."
                ),
                Step("An epoch whose variable is below p' is lucky, and the events of this kind are independent."),
                Step(
                    "The expected number of lucky epochs is at least Kp', so Chernoff's bound applies to it.",
                    "a mean says nothing about a tail: with probability p' all epochs might be lucky at once, "
                    "else none",
                ),
                Step("So the number of lucky epochs is never below a binomial variable, and Chernoff bounds that one."),
                Step(
                    "The conditional probability of luck is p' in every epoch.",
                    "it is bounded from below by p', and depends on the residual",
                ),
                Step("Lemma 6 holds for every fixed residual, and the fresh vector is independent of the past."),
            )
        ),
        right=lambda: ["ACDFH", "a, c, d, f, h", list("HFDCA"), set("ACDFH")],
        wrong=lambda: [("ACDF", "lacking"), ("ABCDFH", "lacking"), ("ACDEFH", "lacking"), ("Z", "letters")],
        moral="Nothing has to be independent, if the bound holds whatever happened before.",
        note="Step C is the one that is left out: the coupling must reproduce the law, or it bounds another process.",
        minutes=20,
    ),
)
