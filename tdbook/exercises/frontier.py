"""Which over-parametrisation, and for whom."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from tdbook.exercises import usual
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Formula, Number, Parts, Proof, Step, Witness, Words
from tdbook.landscape.orthogonal import three_cubes


def _difference_of_cubes(answer: Any) -> str:
    """Why (weights, nodes) do not write x^3 - y^3 as three cubes (t x + y)^3; empty when they do."""
    weights, nodes = answer
    if len(weights) != 3 or len(nodes) != 3:
        return "three weights and three nodes are wanted"
    if any(isinstance(x, float) and not x.is_integer() for x in (*weights, *nodes)):
        return "hand in fractions, not decimals"
    c, t = [Fraction(x) for x in weights], [Fraction(x) for x in nodes]
    if len(set(t)) < 3:
        return "two of the nodes coincide: then these are two cubes only"
    powers = [sum(a * b**k for a, b in zip(c, t, strict=True)) for k in range(4)]
    if powers[1] or powers[2]:
        return "the mixed terms x²y and xy² have to cancel: sums of c t² and of c t"
    if powers == [1, 0, 0, 1]:
        return "this is x³ + y³: where does the minus enter?"
    return "" if powers == [-1, 0, 0, 1] else "the mixed terms cancel, but x³ and y³ have other weights"


def _pairs(pairs: Sequence[tuple[Fraction, Fraction]]) -> tuple[list[Fraction], list[Fraction]]:
    return [c for c, _ in pairs], [t for _, t in pairs]


RUBRIC = (
    Step("The question is one sentence, and the quantity measured is defined before any run is made."),
    Step(
        "Runs that have not arrived by the cap are counted as stuck.",
        "slow is not stuck: report them apart, or double the cap and see what changes",
    ),
    Step("Sizes, seeds, caps and the accuracy that counts as found are stated beside every number."),
    Step("Every share comes with an interval, and every exponent with its own."),
    Step(
        "Three ranks are enough for an exponent.",
        "with three points any curve looks straight: say what the fit would be with one of them left out",
    ),
    Step("A control in which the effect must vanish is run with the same code: equal weights, or a large m."),
    Step(
        "The hypothesis is chosen after the runs, so that it fits.",
        "write the prediction down first; a prediction that failed is a result",
    ),
    Step("The report ends with what it does not show, and with the cheapest run that could refute it."),
)

EXERCISES = (
    Exercise(
        label="ex-frontier-cubes",
        title="A difference of two cubes",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Witness(_difference_of_cubes, "(weights, nodes): three weights c and three nodes t, as fractions"),
        right=lambda: [
            _pairs(three_cubes(Fraction(1), Fraction(-1))),
            ([Fraction(-2, 3), Fraction(1, 5), Fraction(-8, 15)], [1, 2, Fraction(-1, 2)]),
        ],
        wrong=lambda: [
            (_pairs(three_cubes(Fraction(1), Fraction(1))), "where does the minus enter"),
            (([1, 1, 1], [1, 1, -1]), "coincide"),
            (([1, 1, 1], [1, 2, 3]), "mixed terms x²y"),
            (([0.1, 1, 1], [1, 2, 3]), "fractions"),
        ],
        moral="Any two distinct nodes will do, as long as the third, fixed by the product, is neither of them.",
        note="Let them check by expanding; then ask why one of the three nodes has to be negative.",
        minutes=10,
    ),
    Exercise(
        label="ex-frontier-radius",
        title="How far the bound reaches",
        level=Level.EASY,
        sort=Sort.PROVE,
        judge=Formula(
            "3*sigma/(2*tau)",
            {"sigma": (0.1, 0.9), "tau": (0.5, 2.0)},
            mistakes=(
                Mistake("the bound is lowest there; where has it come back to its value at 0?", value="sigma/tau"),
                Mistake(
                    "turn the quotient round: a stronger last term makes the radius smaller", value="2*tau/(3*sigma)"
                ),
                Mistake("the squares have the factor 3/2, not 3", value="3*sigma/tau"),
            ),
            what="the radius, as a formula in sigma and tau",
        ),
        points=(
            "the four terms of the loss are never negative, and two of them are dropped;",
            "the sum of the cubes of x is at most |x|³, because |x_i| ≤ |x|;",
            "the square of that sum is dropped as well, and what is left is compared with τ²/2.",
        ),
        right=lambda: ["3*sigma/(2*tau)", "1.5*sigma/tau", lambda sigma, tau: 1.5 * sigma / tau],
        wrong=lambda: [("sigma/tau", "lowest"), ("3*sigma/tau", "3/2"), ("2*tau/(3*sigma)", "turn the quotient")],
        moral="The radius is tiny, because σ is: at r = 4 and m = 6 it is 0.04.",
        note="Ask what σ is for columns that are nearly parallel; of random starts the radius says nothing.",
        minutes=15,
    ),
    Exercise(
        label="ex-frontier-exponents",
        title="Doubly exponential",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "eighth": Number(
                    54,
                    within=0,
                    what="the exponent after eight updates",
                    mistakes=(
                        Mistake("the recursion has a 1: every update multiplies by τ once more", value=34),
                        Mistake("that is the seventh", value=33),
                        Mistake("that is the ninth", value=88),
                    ),
                ),
                "ratio": Number(
                    (1 + math.sqrt(5)) / 2,
                    within=2e-3,
                    what="the limit of a quotient of two neighbours",
                    mistakes=(
                        Mistake("not twice as fast: two earlier exponents are added, not one doubled", value=2),
                        Mistake("this is the quotient the other way round", change=lambda right: 1 / right),
                    ),
                ),
            }
        ),
        right=lambda: [(54, (1 + math.sqrt(5)) / 2), (54, "(1+sqrt(5))/2"), {"eighth": 54, "ratio": 1.618}],
        wrong=lambda: [
            ((34, 1.618), "eighth: the recursion"),
            ((54, 2), "ratio: not twice"),
            ((54, 0.618), "ratio: this is the quotient"),
        ],
        moral="With 1 added to each these are 2, 3, 5, 8, 13, …: the Fibonacci numbers.",
        note="At κ = 10⁶ the tenth update has a coordinate of 10^-800: let them say what a double does with it.",
        minutes=10,
    ),
    Exercise(
        label="ex-frontier-order",
        title="At another order",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Formula(
            "(r-1)**(l-1)",
            {"r": (3, 7), "l": (3, 6)},
            mistakes=(
                Mistake("that is order 3: how many factors does an update hold fixed at order l?", value="(r-1)**2"),
                Mistake("the weak term is not among those that the other columns fit", value="r**(l-1)"),
                Mistake("one factor is the unknown: it does not enter K", value="(r-1)**l"),
            ),
            what="the number of components, as a formula in r and l",
        ),
        points=(
            "an update at order l holds l - 1 factors fixed, and K is their Khatri-Rao product;",
            "without the weak rows K has (r-1)^(l-1) rows, one for each choice of strong rows;",
            "K is square at this number of components, and then the strong part is fitted exactly.",
        ),
        right=lambda: ["(r-1)**(l-1)", "(r-1)^(l-1)", lambda r, l: (r - 1) ** (l - 1)],
        wrong=lambda: [("(r-1)**2", "that is order 3"), ("r**(l-1)", "not among those"), ("(r-1)**l", "the unknown")],
        moral="The count is that of the rows of K without the weak ones; at order 4 and r = 3 it is 8.",
        note="The proof of genericity needs a Fourier point for l - 1 indices: ask for it from the quick ones.",
        minutes=20,
    ),
    Exercise(
        label="ex-frontier-bottleneck",
        title="Where deflation fails",
        level=Level.MEDIUM,
        sort=Sort.BREAK,
        judge=Words(
            "the others",
            {
                "the new column": "on a residual of one term one sweep is enough for it, whatever κ is",
                "rounding": "the errors are of the size of the weak term and far above rounding: print both",
                "the choice of the lightest": "leave another column out: does that change the share?",
            },
        ),
        right=lambda: ["the others", "The others"],
        wrong=lambda: [
            ("the new column", "one sweep is enough"),
            ("rounding", "far above"),
            ("nobody", "hand in one of"),
        ],
        moral="Deflation shifts the question: how many sweeps, and components, do the strong terms need?",
        note="Ask for the share with 2000 sweeps in place of 150: at equal weights ALS is slow, not stuck.",
        minutes=15,
    ),
    Exercise(
        label="ex-frontier-coupons",
        title="Two coupons",
        level=Level.MEDIUM,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "even": Formula(
                    "1 - 2**(1-m)",
                    {"m": (2, 9)},
                    mistakes=(
                        Mistake("the columns may all agree on either of the two terms", value="1 - 2**(-m)"),
                        Mistake("that is the chance that they all agree", value="2**(1-m)"),
                    ),
                    what="the chance at l = 4, as a formula in m",
                ),
                "odd": Formula(
                    "1 - 2*(5/8)**m + (1/4)**m",
                    {"m": (2, 9)},
                    mistakes=(
                        Mistake(
                            "a column with two negative coordinates wins nothing: its chance is not one half",
                            value="1 - 2**(1-m)",
                        ),
                        Mistake(
                            "columns that win nothing were taken away twice: add that case again",
                            value="1 - 2*(5/8)**m",
                        ),
                        Mistake(
                            "a column wins a given term with chance 3/8, not 1/4", value="1 - 2*(3/4)**m + (1/2)**m"
                        ),
                    ),
                    what="the chance at l = 3, as a formula in m",
                ),
            }
        ),
        right=lambda: [
            ("1 - 2**(1-m)", "1 - 2*(5/8)**m + (1/4)**m"),
            (lambda m: 1 - 2.0 ** (1 - m), lambda m: 1 - 2 * 0.625**m + 0.25**m),
        ],
        wrong=lambda: [
            (("1 - 2**(-m)", "1 - 2*(5/8)**m + (1/4)**m"), "even: the columns"),
            (("1 - 2**(1-m)", "1 - 2**(1-m)"), "odd: a column with"),
            ("1 - 2**(1-m)", "as a tuple"),
        ],
        moral="At an odd order a quarter of the columns is lost, and more columns are needed for the same chance.",
        note="Then ask for r terms: m of the size of r log r, the coupon collector's number.",
        minutes=20,
    ),
    Exercise(
        label="ex-frontier-mass",
        title="Two vectors that nearly agree",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Parts(
            {
                "mass": Formula(
                    "2*sin(l*phi/2)",
                    {"l": (3, 6), "phi": (0.05, 0.5)},
                    mistakes=(
                        Mistake(
                            "half the angle: the modulus of e^{iα} - 1 is twice the sine of α/2", value="2*sin(l*phi)"
                        ),
                        usual.square_for_norm(value="4*sin(l*phi/2)**2"),
                        Mistake("that is the mass of the two given vectors", value="2"),
                    ),
                    what="the least mass for a = b = 1 below π/l, as a formula in l and phi",
                ),
                "limit": Formula(
                    "l",
                    {"l": (3, 6)},
                    mistakes=(
                        Mistake("for a small angle the sine is its argument: keep the factor l", value="1"),
                        Mistake("twice the half is the whole", value="l/2"),
                    ),
                    what="the limit of the mass over the angle, as a formula in l",
                ),
            }
        ),
        points=(
            "a = b makes the least mass the modulus of the difference of two points of the unit circle;",
            "(v₁^l - v₂^l)/φ tends to a multiple of the symmetric part of x^{l-1}y, so the limit is a mass of that;",
            "the atoms do not come together: they stay π/l apart.",
        ),
        right=lambda: [
            ("2*sin(l*phi/2)", "l"),
            (lambda l, phi: 2 * math.sin(l * phi / 2), lambda l: l),
        ],
        wrong=lambda: [
            (("2*sin(l*phi)", "l"), "mass: half the angle"),
            (("2*sin(l*phi/2)", "l/2"), "limit: twice"),
            ("l", "as a tuple"),
        ],
        moral="The limit has rank l over the reals as well, a classical fact; for the mass nothing is lost on the way.",
        note="Ask where the atoms are in the limit: at the zeros of cos lθ, with x at the middle of two of them.",
        minutes=20,
    ),
    Exercise(
        label="ex-frontier-kept",
        title="What order 3 keeps",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Formula(
            "x*exp(-y/x)",
            {"x": (0.5, 2.0), "y": (0.1, 2.0)},
            mistakes=(
                Mistake("the quotient in the exponent is y/x", value="x*exp(-x/y)"),
                Mistake("x falls: the exponent is negative", value="x*exp(y/x)"),
                Mistake("the logarithm is taken of x over its start: a factor is missing", value="exp(-y/x)"),
            ),
            what="the limit of x, as a formula in its start x and that of y",
        ),
        points=(
            "dy/dx = 1 + y/x along the flow: divide the two equations;",
            "with q = y/x this is x q' = 1, so that q - log x is constant;",
            "y tends to 0, hence q does, because x stays above a positive number.",
        ),
        right=lambda: ["x*exp(-y/x)", lambda x, y: x * math.exp(-y / x)],
        wrong=lambda: [("x*exp(-x/y)", "quotient"), ("x*exp(y/x)", "negative"), ("exp(-y/x)", "factor is missing")],
        moral="The end is always exponential, at a rate exponentially small in y/x: for large y/x it looks like 1/t.",
        note="Ask for the time at which a run with y/x = 16 would show its exponential end.",
        minutes=20,
    ),
    Exercise(
        label="ex-frontier-project",
        title="A small research project",
        level=Level.RESEARCH,
        sort=Sort.BREAK,
        judge=Proof(RUBRIC, "the letters of what a report on it has to contain"),
        right=lambda: ["ACDFH", ["a", "c", "d", "f", "h"]],
        wrong=lambda: [
            ("ABCDFH", "lacking"),
            ("ACDEFH", "lacking"),
            ("ACF", "lacking"),
            ("AZ", "letters A"),
        ],
        moral="Now write it: two pages, one figure, and a table that somebody else can make again.",
        note="The time is for the plan; the project takes two people a week. Grade it by the rubric.",
        minutes=45,
    ),
)
