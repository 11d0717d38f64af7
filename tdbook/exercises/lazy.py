"""Exercises on why lazy training must pay."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import count

import numpy as np

from tdbook import lazy
from tdbook.exercises import judges, usual
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Formula, Function, Number, Parts, Witness
from tdbook.exercises.spans import (
    angle_of,
    exceptional_cases,
    expected_error,
    first_flat_dimension,
    judge_cases,
    missed,
    missed_without_binomials,
    missing_dimensions,
)
from tdbook.lazy import flatness

DIMENSION = "d*m - m*(m-1)/2"
BOUND = "(kappa*(1-rho)-t)/(1-t)"

EXERCISES = (
    Exercise(
        label="ex-lazy-exceptions",
        title="Find the exceptional case yourself",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "cases": Witness(judge_cases, "all exceptional (l, d, m), as a list or set of triples"),
                "short": Number(
                    missing_dimensions,
                    within=0,
                    what="how many dimensions are missing in each of them",
                    mistakes=(
                        Mistake("with nothing missing there would be no case to list", value=0),
                        Mistake("this is a rank; what is missing is the difference to min(dm, D)", value=34),
                    ),
                ),
            }
        ),
        right=lambda: [
            (exceptional_cases(), 1),
            ([list(case) for case in exceptional_cases()], "1"),
            {"cases": np.array(sorted(exceptional_cases())), "short": np.int64(1)},
        ],
        wrong=lambda: [
            (({(3, 5, 7)}, 1), "3 more to be found"),
            (({(5, 3, 7), (3, 4, 5), (4, 4, 9), (5, 4, 14)}, 1), "order comes first"),
            (({(3, 5, 8), (4, 3, 6), (4, 4, 10), (4, 5, 15)}, 1), "not the number that is enough"),
            (({(2, 3, 2), *exceptional_cases()}, 1), "begin with l = 3"),
            (({(3, 6, 10), *exceptional_cases()}, 1), "nothing is missing"),
            (({(3, 5)}, 1), "three numbers"),
            ((exceptional_cases(), 34), "this is a rank"),
            (exceptional_cases(), "2 answers"),
        ],
        moral="Four sizes, one dimension short each, and always at the last column.",
        note="Some loop over m = ceil(D/d) only and cannot say that nothing happens earlier. Ask what a defect modulo "
        "a prime proves, and what a full rank does.",
        minutes=10,
    ),
    Exercise(
        label="ex-lazy-matrices",
        title="The matrix case",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Formula(
            DIMENSION,
            {"d": (6, 20), "m": (1, 6)},
            mistakes=(
                Mistake(
                    "this counts the spanning matrices, and at order 2 there are relations among them", value="d*m"
                ),
                Mistake(
                    "a pair i < j gives a relation, and i = j gives none: u_i ⊗ u_i is spanned only once",
                    value="d*m - m*(m+1)/2",
                ),
                Mistake("each pair of columns gives one relation, not two", value="d*m - m*(m-1)"),
                Mistake("this is the dimension of the complement", value="(d-m)*(d-m+1)/2"),
            ),
        ),
        points=(
            "A is orthogonal to all tangents at u_i exactly when A u_i = 0;",
            "these A are the symmetric matrices on a space of dimension d - m;",
            "the formula gives D at m = d and D - 1 at m = d - 1;",
            "the relations: each pair of columns shares one tangent.",
        ),
        right=lambda: [DIMENSION, "m*(2*d - m + 1)/2", lambda d, m: d * m - m * (m - 1) // 2],
        wrong=lambda: [("d*m", "relations"), ("D - (d-m)*(d-m+1)/2", "D should not"), ("d*m - m", "small case")],
        moral="From order 3 on the shared tangents are gone, and counting is nearly always right.",
        note="The complement is the short way; those who count relations directly must show that there are no others.",
        minutes=15,
    ),
    Exercise(
        label="ex-lazy-looking",
        title="Look at the target, a little",
        level=Level.MEDIUM,
        sort=Sort.BREAK,
        judge=Parts(
            {
                "error": Function(
                    missed,
                    lambda rng: (float(rng.uniform(0.1, 1.4)), int(rng.integers(3, 7))),
                    call="error(theta, l) with theta in radians",
                    mistakes=(
                        usual.norm_for_square(value=lambda theta, l: math.sqrt(missed(theta, l))),
                        Mistake(
                            "the part with one factor w is a tangent too: the sum begins at k = 2",
                            value=lambda theta, l: 1 - math.cos(theta) ** (2 * l),
                        ),
                        Mistake(
                            "k factors w can stand in binomial(l, k) ways, and their squares add up",
                            value=missed_without_binomials,
                        ),
                        Mistake(
                            "theta comes in radians: it must not be converted again",
                            value=lambda theta, l: missed(math.radians(theta), l),
                        ),
                        Mistake(
                            "sine and cosine are exchanged: at theta = 0 nothing is missed",
                            value=lambda theta, l: missed(math.pi / 2 - theta, l),
                        ),
                    ),
                ),
                "degrees": Number(
                    lambda: angle_of(0.1),
                    within=5e-3,
                    what="the angle in degrees at which the squared error is 0.1 for l = 3",
                    mistakes=(
                        Mistake("this is in radians, and degrees are wanted", change=math.radians),
                        Mistake(
                            "here the error itself is 0.1; its square is to be 0.1", change=lambda _: angle_of(0.01)
                        ),
                        Mistake(
                            "this solves binomial(l, 2) θ⁴ = 0.1, good for small angles: three digits need the sum",
                            change=lambda _: math.degrees((0.1 / 3) ** 0.25),
                        ),
                    ),
                ),
            }
        ),
        right=lambda: [
            (missed, angle_of(0.1)),
            (lambda t, l: 1 - math.cos(t) ** (2 * l) - l * (math.cos(t) ** (l - 1) * math.sin(t)) ** 2, "26.3"),
        ],
        wrong=lambda: [
            ((missed, 0.4585), "degrees: this is in radians"),
            ((missed, 27), "degrees: very near"),
            ((lambda t, l: 1 - missed(t, l), 26.3), "error:"),
            (26.3, "2 answers"),
        ],
        moral="A rough look is enough; a random target is rarely looked at, even roughly.",
        note="Let them predict the angle first: most say 5 degrees. The error is of order θ⁴, not θ².",
        minutes=20,
    ),
    Exercise(
        label="ex-lazy-markov",
        title="From the mean to most targets",
        level=Level.EASY,
        sort=Sort.PROVE,
        judge=Parts(
            {
                "bound": Formula(
                    BOUND,
                    {"kappa": (0.8, 1.0), "rho": (0.0, 0.5), "t": (0.05, 0.3)},
                    mistakes=(
                        Mistake(
                            "this is Markov's inequality, a bound from above: use that the error is at most 1",
                            value="kappa*(1-rho)/t",
                        ),
                        Mistake(
                            "an error above t is at most 1, so the mean exceeds t by at most p(1 - t), not by p",
                            value="kappa*(1-rho)-t",
                        ),
                        Mistake(
                            "1 - κρ' bounds the mean from above; the bound from below is needed",
                            value="(1-kappa*rho-t)/(1-t)",
                        ),
                    ),
                ),
                "chance": Number(
                    lambda: (1 - Fraction(1, 4) - Fraction(1, 2)) / (1 - Fraction(1, 2)),
                    what="the chance, for κ = 1, ρ' = 1/4 and t = 1/2",
                    mistakes=(
                        Mistake("still to be divided by 1 - t", value=Fraction(1, 4)),
                        Mistake("this is the mean error, not yet a chance", value=Fraction(3, 4)),
                    ),
                ),
            }
        ),
        points=(
            "the mean is split: at most t where the error is at most t, at most 1 elsewhere;",
            "solved for the probability, this needs t < 1;",
            "the lower bound of Theorem 1 is put in for the mean.",
        ),
        right=lambda: [
            (BOUND, Fraction(1, 2)),
            ("1 - (1 - κ*(1 - ρ))/(1 - t)", "1/2"),
            [lambda kappa, rho, t: (kappa * (1 - rho) - t) / (1 - t), 0.5],
        ],
        wrong=lambda: [
            (("kappa*(1-rho)/t", 0.5), "bound: this is Markov"),
            ((BOUND, 0.25), "chance: still"),
            (("(E-t)/(1-t)", 0.5), "E should not be in it"),
        ],
        moral="A bound on the mean is a bound on most targets, because no error is above 1.",
        note="Markov's inequality for 1 - X is the same thing; praise whoever sees it.",
        minutes=10,
    ),
    Exercise(
        label="ex-lazy-rank",
        title="More than one component in the target",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Function(
            expected_error,
            lambda rng: (
                rng.standard_normal((4, int(rng.integers(1, 4)))),
                rng.standard_normal(3),
                int(rng.integers(3, 5)),
            ),
            call="expected(U, c, l)",
            mistakes=(
                Mistake(
                    "the cross terms are still in: what is the mean of a product of two independent signs?",
                    value=lambda U, c, l: lazy.lazy_error(U, l) * np.sum(c) ** 2,
                ),
                usual.norm_for_square(
                    value=lambda U, c, l: math.sqrt(expected_error(U, c, l)),
                ),
                Mistake(
                    "each term carries the square of its coefficient",
                    value=lambda U, c, l: lazy.lazy_error(U, l) * np.sum(np.abs(c)),
                ),
                Mistake(
                    "tr(PM) is the share that is reached; the error is what is left of 1",
                    value=lambda U, c, l: (1 - lazy.lazy_error(U, l)) * np.sum(c**2),
                ),
            ),
        ),
        points=(
            "the square of the sum is expanded over pairs s, t;",
            "for s ≠ t the mean of the product of signs is zero, whatever the vectors;",
            "each term with s = t is the rank-one case times the square of its coefficient.",
        ),
        right=lambda: [expected_error, lambda U, c, l: np.array([lazy.lazy_error(U, l) * c @ c])],
        wrong=lambda: [
            (lambda U, c, l: lazy.lazy_error(U, l), "not yet"),
            (lambda U, c, l: lazy.lazy_error(U, l) * c**2, "shape"),
            (0.5, "the function itself"),
        ],
        moral="A method whose cost does not fall with the rank cannot be using it.",
        note="Ask where independence of the signs is used, and whether the bound fails without it: for one sign the "
        "cross terms are powers of inner products, positive for even l.",
        minutes=15,
    ),
    Exercise(
        label="ex-lazy-kappa",
        title="How soon is $\\kappa$ near one?",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=judges.Array(
            lambda: [first_flat_dimension(3), first_flat_dimension(6)],
            what="the least dimensions, for l = 3 and for l = 6",
            mistakes=(
                Mistake(
                    "this is where the simple bound reaches one half: κ itself gets there sooner",
                    value=[3 * 2, 6 * 5],
                ),
                Mistake(
                    "one factor too many: the product over i < l ends at i = l - 1",
                    change=lambda _: [first_flat_dimension(4), first_flat_dimension(7)],
                ),
                Mistake(
                    "at least one half is asked for: exactly one half will do",
                    change=lambda _: [next(d for d in count(1) if flatness(d, l) > Fraction(1, 2)) for l in (3, 6)],
                ),
            ),
        ),
        points=(
            "each factor of κ is at least 1 - i/d;",
            "a product of numbers 1 - x with 0 ≤ x ≤ 1 is at least 1 minus the sum of the x;",
            "the sum of i/d over i < l is l(l-1)/(2d).",
        ),
        right=lambda: [[2, 17], (2, 17), np.array([2.0, 17.0]), ["2", "17"]],
        wrong=lambda: [
            ([6, 30], "simple bound"),
            ([3, 17], "exactly one half"),
            ([17, 2], "another order"),
            (2, "shape"),
        ],
        moral="The band of Theorem 1 is wide until d is of the size of l².",
        note="The simple bound is off by a factor 2 to 3 here; that is usual for a union bound.",
        minutes=10,
    ),
)
