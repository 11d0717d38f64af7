"""The chapter on constants that run."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import permutations

import numpy as np

from tdbook.descent import run_fresh_first
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Formula, Number, Parts, Proof, Step
from tdbook.lazy import lazy_threshold
from tdbook.lemmas import guaranteed, sphere_moment_bounds
from tdbook.tensors import DenseSymmetric, random_target, symmetric_dimension


@cache
def crossing(order: int, entries: bool = False) -> int:
    """The first d at which the plain variant asks for no more columns than lazy training; s = 2, accuracy 0.1.

    With ``entries`` the symmetric dimension D itself stands for the lazy threshold D/d: a usual mistake.
    """
    d = 2
    while guaranteed(d, 2, order, 0.1).components > (
        symmetric_dimension(d, order) if entries else lazy_threshold(d, order)
    ):
        d += 1
    return d


@cache
def growth(variant: str) -> float:
    """K at accuracy 0.01 over K at accuracy 0.1, for d = 10, s = 2, l = 3."""
    return guaranteed(10, 2, 3, 0.01, variant).epochs / guaranteed(10, 2, 3, 0.1, variant).epochs


def pursuit_epochs(dimension: int, order: int = 3, accuracy: float = 0.1) -> int:
    """K of random pursuit with directions of R^n: ln(100 / epsilon^2) / -ln(1 - l! / (2 M_n))."""
    return math.ceil(math.log(100 / accuracy**2) / -math.log1p(-sphere_moment_bounds(dimension, order)[0] / 2))


def leak_decades(order: int = 3) -> float:
    """The powers of ten by which the bound of the leaks grows in K epochs without a switch, at d = 10, s = 2."""
    plan = guaranteed(10, 2, order, 0.1, "no-switch")
    return plan.epochs * math.log10(1.0 + plan.iterations / math.sqrt(order))


@cache
def noise_left(noise: float = 0.05, dimension: int = 6) -> tuple[float, float]:
    """Distances of a run's end from the noisy target and from the clean one, in units of the noise."""
    rng = np.random.default_rng(0)
    clean = random_target(dimension, 2, 3, rng=0).to_dense()
    N = rng.standard_normal((dimension,) * 3)
    N = sum((N.transpose(axes) for axes in permutations(range(3))), np.zeros_like(N))
    noisy = clean + noise * N / np.linalg.norm(N)
    plan = replace(guaranteed(dimension, 2, 3, 0.01), epochs=40, components=40)
    found = run_fresh_first(DenseSymmetric(noisy), plan, 0, stop=False).tensor.to_dense()
    return float(np.linalg.norm(found - noisy)) / noise, float(np.linalg.norm(found - clean)) / noise


RATE = "P*(1-t^2)*(1-x^2)*0.99^2*v/2-2*b-b^2"

EXERCISES = (
    Exercise(
        label="ex-run-rate",
        title="Where $g$ comes from",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Formula(
            RATE,
            {"P": (0.5, 1), "t": (0.1, 0.9), "x": (0.1, 0.3), "v": (0.05, 0.2), "b": (0.001, 0.01)},
            mistakes=(
                Mistake(
                    "the sign of a column is a fair coin: half of the directions are good", value=f"2*({RATE})+2*b+b^2"
                ),
                Mistake(
                    "an unlucky epoch costs something: F may rise at the switch",
                    value="P*(1-t^2)*(1-x^2)*0.99^2*v/2",
                ),
                Mistake(
                    "θ enters by its square: a lucky draw has A₀ ≥ θσ",
                    value="P*(1-t)*(1-x^2)*0.99^2*v/2-2*b-b^2",
                ),
                Mistake(
                    "the second moment of all draws is σ²; those below A₁ take at most A₁² of it away, and not "
                    "everything but A₁²",
                    value="P*t^2*(1-x^2)*0.99^2*v/2-2*b-b^2",
                ),
            ),
        ),
        points=(
            "sign and direction of a draw are independent of X and of the past;",
            "the draws with A₀ < A₁ contribute at most A₁² to the mean of A₀²;",
            "the least second moment σ² holds for every residual of Sym^l(S).",
        ),
        right=lambda: [RATE, "0.5*P*(1-t^2)*(1-x^2)*0.9801*v-b*(2+b)"],
        wrong=lambda: [
            ("P*(1-t^2)*(1-x^2)*0.99^2*v-2*b-b^2", "fair coin"),
            ("P*(1-t^2)*(1-x^2)*0.99^2*v/2", "unlucky"),
            ("P*(1-t)*(1-x^2)*0.99^2*v/2-2*b-b^2", "square"),
        ],
        moral="No probability of a good direction is needed, only its mean square: the tail of Lemma 6 never enters.",
        note="Ask what changes if the sign is chosen by looking. (The half; nothing else.)",
        minutes=25,
    ),
    Exercise(
        label="ex-run-lambda",
        title="What the regulariser costs",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "without": Number(
                    lambda: growth("plain"),
                    within=5e-3,
                    what="the factor on K without a regulariser",
                    mistakes=(
                        Mistake("ε enters as ln(100/ε²): the 100 does not go away", value=2),
                        Mistake("that is what the regularised variant pays", value=100),
                    ),
                ),
                "with": Number(
                    lambda: growth("regularised"),
                    within=5e-3,
                    what="the factor on K with one",
                    mistakes=(
                        Mistake("the loss must fall by a fixed amount, and that amount is of order ε²", value=10),
                        Mistake("that is the linear rate, and it is gone", value=1.5),
                    ),
                ),
            }
        ),
        right=lambda: [(growth("plain"), growth("regularised")), (1.5, 100), {"without": 1.5, "with": 100.0}],
        wrong=lambda: [((2, 100), "without: ε enters"), ((1.5, 10), "with: the loss"), (1.5, "2 answers")],
        moral="While λ > 0 an epoch must win a fixed amount; without it, it wins a share.",
        note="The regularised loss does not tend to zero, so no epoch can take a share of it: that is all.",
        minutes=10,
    ),
    Exercise(
        label="ex-run-crossing",
        title="Where the proof beats lazy training",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "three": Number(
                    lambda: crossing(3),
                    within=0,
                    what="the first d at order 3",
                    mistakes=(
                        Mistake("there the proof still asks for more at order 3", change=lambda right: right - 1),
                        Mistake(
                            "each component brings d numbers: divide the dimension of Sym³ by d",
                            change=lambda _: crossing(3, entries=True),
                        ),
                    ),
                ),
                "four": Number(
                    lambda: crossing(4),
                    within=0,
                    what="the first d at order 4",
                    mistakes=(
                        Mistake("there the proof still asks for more at order 4", change=lambda right: right - 1),
                        Mistake(
                            "each component brings d numbers: divide the dimension of Sym⁴ by d",
                            change=lambda _: crossing(4, entries=True),
                        ),
                    ),
                ),
            }
        ),
        right=lambda: [(crossing(3), crossing(4)), {"three": crossing(3), "four": crossing(4)}],
        wrong=lambda: [
            ((crossing(3) - 1, crossing(4)), "three: there"),
            ((crossing(3), crossing(4, True)), "four: each"),
            (crossing(3), "2 answers"),
        ],
        moral="A few tens, where the measured crossing of the practical algorithm lies as well.",
        note="The exact place is an accident of how window and θ are chosen; that it is a few tens is not.",
        minutes=10,
    ),
    Exercise(
        label="ex-run-step",
        title="How long a step may be",
        level=Level.EASY,
        sort=Sort.BREAK,
        judge=Parts(
            {
                "largest": Number(
                    Fraction(1, 2),
                    within=1e-3,
                    what="the largest α",
                    mistakes=(
                        Mistake("there t = 1 is still fine, but a smaller t is thrown beyond 1", value=1),
                        Mistake("that is what the theorem uses at l = 3; there is room", value=Fraction(1, 3)),
                    ),
                ),
                "thrown": Number(
                    4 * math.sqrt(6) / 9,
                    within=2e-3,
                    what="the largest norm after one step with α = 1",
                    mistakes=(
                        Mistake("this is the squared norm", value=Fraction(32, 27)),
                        Mistake("that is the norm t from which it is thrown farthest", value=math.sqrt(2 / 3)),
                        Mistake("t = 1 is not the worst: differentiate", value=1),
                    ),
                ),
            }
        ),
        right=lambda: [("1/2", 4 * math.sqrt(6) / 9), (0.5, 1.0887), {"largest": 0.5, "thrown": 1.0887}],
        wrong=lambda: [((1, 1.0887), "largest: there"), ((0.5, 32 / 27), "thrown: this is the squared"), (0.5, "2")],
        moral="The step size 1/l² leaves room exactly where order 2 has none: α = 1/l is at most 1/3.",
        note="At l = 2 the bound α = 1/2 is met with equality, and the margin of the turn is negative.",
        minutes=15,
    ),
    Exercise(
        label="ex-run-merge",
        title="As few columns as the space allows",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "plane": Number(
                    5,
                    within=0,
                    what="m at s = 2, l = 3",
                    mistakes=(
                        Mistake("one more than the dimension: the fresh column needs a place", value=4),
                        Mistake("count symmetric tensors, not all of them", value=9),
                    ),
                ),
                "space": Number(
                    11,
                    within=0,
                    what="m at s = 3, l = 3",
                    mistakes=(
                        Mistake("one more than the dimension of Sym³: the fresh column needs a place", value=10),
                        Mistake("count symmetric tensors of three dimensions, not all of them", value=28),
                    ),
                ),
                "left": Number(
                    1,
                    within=1e-9,
                    what="the mass that is left",
                    mistakes=(
                        Mistake("with opposite signs the same direction cancels: 3 - 2", value=5),
                        Mistake("that is what vanishes", value=2),
                    ),
                ),
            }
        ),
        right=lambda: [(5, 11, 1), {"plane": 5, "space": 11, "left": 1.0}],
        wrong=lambda: [((4, 11, 1), "plane: one more"), ((5, 28, 1), "space: count"), ((5, 11, 5), "left: with")],
        moral="m depends on the space alone: neither on the accuracy nor on the dimension around it.",
        note="This is Carathéodory's argument with signs; the orientation of v keeps the mass from growing.",
        minutes=15,
    ),
    Exercise(
        label="ex-run-last",
        title="The last epoch, not the best one",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Proof(
            (
                Step("Given the past, the mean of ‖R'‖² is at most (1-g)‖R‖², also where ‖R‖ ≤ ε already."),
                Step(
                    "A run that stops at the first ‖R‖ ≤ ε satisfies E‖R_k‖² ≤ (1-g)^k for all k.",
                    "once stopped it stays where it is, near ε²",
                ),
                Step("By induction E‖R_K‖² ≤ (1-g)^K ≤ ε²/100."),
                Step("By Markov's inequality ‖R_K‖² > ε² has probability at most 1/100."),
                Step(
                    "‖R_k‖ falls in every epoch, so the last one is the best.",
                    "an unlucky epoch may raise it by a factor 1 + 2b + b²",
                ),
                Step(
                    "The epochs are independent, so that the means can be multiplied.",
                    "each meets the residual that the earlier ones left: take conditional means instead",
                ),
                Step("A run that stops at the first ‖R‖ ≤ ε is the same run cut short: it is within ε if it stops."),
            )
        ),
        right=lambda: ["ACDG", "a, c, d, g", list("GDCA"), set("ACDG")],
        wrong=lambda: [
            ("ACD", "lacking"),
            ("ABCDG", "lacking"),
            ("ACDEG", "lacking"),
            ("ACDFG", "lacking"),
            ("Z", "letters"),
        ],
        moral="A share of the loss in the mean, Markov's inequality, and nothing else.",
        note="Theorem 3 speaks of the best epoch since its proof counts amounts, and its algorithm removes columns.",
        minutes=20,
    ),
    Exercise(
        label="ex-run-pursuit",
        title="The trivial algorithm proves more",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "span": Number(
                    lambda: pursuit_epochs(2),
                    within=0,
                    what="K with directions of S",
                    mistakes=(
                        Mistake(
                            "the fair sign halves the rate",
                            change=lambda _: math.ceil(math.log(1e4) / -math.log1p(-1 / 8)),
                        ),
                        Mistake("that is the theorem's own K", value=238),
                    ),
                ),
                "whole": Number(
                    lambda: pursuit_epochs(10),
                    within=1e-3,
                    what="K with directions of the whole space",
                    mistakes=(
                        Mistake("there σ² becomes l!/M_d with d = 10", change=lambda _: pursuit_epochs(2)),
                        Mistake(
                            "the fair sign halves the rate, here too",
                            change=lambda _: math.ceil(math.log(1e4) / -math.log1p(-6 / 1680)),
                        ),
                    ),
                ),
            }
        ),
        right=lambda: [
            (pursuit_epochs(2), pursuit_epochs(10)),
            {"span": pursuit_epochs(2), "whole": pursuit_epochs(10)},
        ],
        wrong=lambda: [((238, pursuit_epochs(10)), "span: that is"), ((pursuit_epochs(2), 143), "whole: there")],
        moral="What descent provably adds is the span; what it really adds is not proved.",
        note="And even the span comes from s gradients, for R(g, ..., g, ·) lies in S for every g. Let them find that.",
        minutes=15,
    ),
    Exercise(
        label="ex-run-gain",
        title="What the rise of the correlation wins",
        level=Level.RESEARCH,
        sort=Sort.COMPUTE,
        judge=Number(
            Fraction(3, 4),
            within=5e-3,
            what="the factor on ‖R‖² of an epoch that climbs to the top",
            mistakes=(
                Mistake("the norm of Re z³ as a tensor is 2, and A is relative to it", value=0),
                Mistake("the residual loses A² of its squared norm, and not A", value=0.5),
                Mistake("this is the loss; hand in what is left", value=0.25),
                Mistake("that is what a direction without a climb keeps in the mean", value=Fraction(15, 16)),
            ),
        ),
        right=lambda: ["3/4", 0.75, Fraction(3, 4), [0.75]],
        wrong=lambda: [(0.5, "A² of"), (0.25, "what is left"), (Fraction(15, 16), "without a climb"), (0.9, "large")],
        moral="Search found no worse residual at s = 2, l = 3. A proof that none is worse would divide K by seven.",
        note="The open end: prove any factor below 1 - σ²/2 for all residuals. For harmonic ones of any order it is "
        "an integral; traces spoil the sign.",
        minutes=60,
    ),
    Exercise(
        label="ex-run-tiny",
        title="Why $\\delta$ is so small",
        level=Level.MEDIUM,
        sort=Sort.COMPUTE,
        judge=Number(
            leak_decades,
            within=2e-3,
            what="the number of decades",
            mistakes=(
                Mistake("one epoch only: K of them follow each other", change=lambda right: right / 238),
                Mistake("natural logarithms: decades are wanted", change=lambda right: right * math.log(10)),
                Mistake(
                    "the factor of an epoch is 1 + H/√l: the root of l is missing",
                    change=lambda _: 238 * math.log10(1 + guaranteed(10, 2, 3, 0.1, "no-switch").iterations),
                ),
            ),
        ),
        right=lambda: [leak_decades(), f"{leak_decades():.1f}", [leak_decades()]],
        wrong=lambda: [(leak_decades() / 238, "one epoch"), (leak_decades() * math.log(10), "decades"), (1, "small")],
        moral="Each epoch is allowed to multiply a leak by H: that is the whole reason, and it is not what runs do.",
        note="Open: to first order a finished column maps a leak to one that is no larger. The lag of a turning column "
        "spoils the induction. Is a polynomial delta enough?",
        minutes=15,
    ),
    Exercise(
        label="ex-run-noise",
        title="Noise",
        level=Level.RESEARCH,
        sort=Sort.BREAK,
        judge=Parts(
            {
                "fitted": Number(
                    lambda: noise_left()[0],
                    within=0.2,
                    what="the distance from the noisy target, in units of the noise",
                    mistakes=(
                        Mistake("the run fits what it is given, and that holds the noise", value=1),
                        Mistake("in units of the noise", change=lambda right: right * 0.05),
                    ),
                ),
                "true": Number(
                    lambda: noise_left()[1],
                    within=0.02,
                    what="the distance from the clean target, in units of the noise",
                    mistakes=(
                        Mistake("nothing told the run which part is noise", value=0),
                        Mistake("divide by the size of the noise", value=0.05),
                    ),
                ),
            }
        ),
        right=lambda: [noise_left(), {"fitted": noise_left()[0], "true": 1.0}],
        wrong=lambda: [((1, 1), "fitted: the run"), ((noise_left()[0], 0), "true: nothing"), (1, "2 answers")],
        moral="Harmless in practice, and unproved: with dense noise the span is everything, and K is huge.",
        note="The lemma on one step gives at least this much: no epoch is worse than its start, for any target at all.",
        minutes=45,
    ),
)
