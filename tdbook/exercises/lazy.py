"""Chapter 3: why lazy training must pay."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from itertools import count
from typing import Any

import numpy as np
from scipy.optimize import brentq

from tdbook import lazy
from tdbook.exercises import judges, usual
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Formula, Function, Number, Parts, Witness
from tdbook.lazy import descent as lazy_descent
from tdbook.lazy import flatness
from tdbook.lazy import rank as lazy_rank
from tdbook.tensors import SymmetricCP, random_unit_vectors, symmetric_dimension
from tdbook.validation import Array


def exceptional_cases() -> set[tuple[int, int, int]]:
    """(l, d, m) with orders above 2 at which m generic columns have a smaller span than counting says."""
    return {(order, d, -(-symmetric_dimension(d, order) // d)) for order, d in lazy_rank.EXCEPTIONS}


def _short() -> int:
    order, d, m = min(exceptional_cases())
    return lazy_rank.expected_rank(d, order, m) - int(lazy_rank.tangent_ranks(d, order, m)[-1])


def _cases(answer: Iterable[Any]) -> str:
    rows = {tuple(int(x) for x in row) for row in answer}
    if any(len(row) != 3 for row in rows):
        return "each case is three numbers (l, d, m)"
    wanted = exceptional_cases()
    if rows == {(d, order, m) for order, d, m in wanted}:
        return "the right cases with d and l exchanged: the order comes first"
    if rows == {(order, d, m + 1) for order, d, m in wanted}:
        return "the number of columns that fall short is asked for, not the number that is enough"
    if any(row[0] == 2 for row in rows):
        return "matrices fall short at almost every size: begin with l = 3"
    if rows - wanted:
        order, d, m = min(rows - wanted)
        return f"at l = {order}, d = {d}, m = {m} nothing is missing: the rank is min(dm, D) there, or the size is out"
    lacking = len(wanted - rows)
    return f"true so far, and {lacking} more to be found" if lacking else ""


def missed(theta: float, order: int) -> float:
    """The squared error at a target that makes the angle theta with the only column."""
    target = np.array([[math.cos(theta)], [math.sin(theta)]])
    return float(lazy.squared_errors(np.eye(2)[:, :1], order, target)[0])


def _without_binomials(theta: float, order: int) -> float:
    c, s = math.cos(theta) ** 2, math.sin(theta) ** 2
    return sum(c ** (order - k) * s**k for k in range(2, order + 1))


def angle_of(error: float) -> float:
    """The angle, in degrees, at which one column has this squared error at order 3."""
    return math.degrees(brentq(lambda theta: missed(theta, 3) - error, 0.01, 1.5))


def expected_error(U: Array, c: Array, order: int) -> float:
    """E ||T* - P T*||^2 for T* = sum_s c_s u_s^{(x) l} with independent uniform u_s and independent signs."""
    return float(lazy.lazy_error(U, order) * np.sum(np.square(c)))


def _first_flat(order: int) -> int:
    """The least dimension with kappa >= 1/2."""
    return next(d for d in count(1) if flatness(d, order) >= Fraction(1, 2))


def floors(U: Array, order: int) -> tuple[float, float]:
    """Expected errors of m components as m/2 pairs and as m distinct columns."""
    return lazy.lazy_error(U[:, : U.shape[1] // 2], order), lazy.lazy_error(U, order)


def fan(vectors: int, fans: int = 2, dimension: int = 6) -> lazy_descent.Start:
    """Columns in the plane at k pi/n with the signs (-1)^k, in several random planes: T_0 = 0 for odd l < n."""
    rng = np.random.default_rng(1)
    angles = np.pi * np.arange(vectors) / vectors
    plane = np.vstack([np.cos(angles), np.sin(angles)])
    columns = [np.linalg.qr(rng.standard_normal((dimension, 2)))[0] @ plane for _ in range(fans)]
    return lazy_descent.Start(np.hstack(columns), np.tile((-1.0) ** np.arange(vectors), fans))


@cache
def fan_power(vectors: int) -> float:
    """The power of alpha with which the gap to the linearised model changes from alpha = 100 to 300."""
    target = SymmetricCP([1.0], random_unit_vectors(6, 1, np.random.default_rng(3)), order=3)
    gaps = [lazy_descent.lazy_descent(fan(vectors), target, a, [30, 100, 300]).gaps.max() for a in (100.0, 300.0)]
    return math.log(gaps[1] / gaps[0]) / math.log(3.0)


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
                "cases": Witness(_cases, "all exceptional (l, d, m), as a list or set of triples"),
                "short": Number(
                    _short,
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
                            value=_without_binomials,
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
            lambda: [_first_flat(3), _first_flat(6)],
            what="the least dimensions, for l = 3 and for l = 6",
            mistakes=(
                Mistake(
                    "this is where the simple bound reaches one half: κ itself gets there sooner",
                    value=[3 * 2, 6 * 5],
                ),
                Mistake(
                    "one factor too many: the product over i < l ends at i = l - 1",
                    change=lambda _: [_first_flat(4), _first_flat(7)],
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
    Exercise(
        label="ex-lazy-pairs",
        title="What pairs cost",
        level=Level.RESEARCH,
        sort=Sort.BREAK,
        judge=Parts(
            {
                "floors": Function(
                    floors,
                    lambda rng: (rng.standard_normal((5, 2 * int(rng.integers(1, 4)))), int(rng.integers(3, 5))),
                    call="floors(U, l), which returns two numbers",
                    mistakes=(
                        Mistake(
                            "with m components there are only m/2 pairs, and the second of a pair spans nothing new",
                            value=lambda U, l: (lazy.lazy_error(U, l), lazy.lazy_error(U, l)),
                        ),
                        Mistake("paired first, unpaired second", value=lambda U, l: floors(U, l)[::-1]),
                        usual.half_missing(value=lambda U, l: 2 * np.array(floors(U, l))),
                    ),
                ),
                "power": Number(
                    lambda: round(fan_power(5)),
                    within=0.1,
                    what="the power of α in the gap of the fans, as in -3",
                    mistakes=(
                        Mistake("that is what pairs do: here the columns are distinct, and no two cancel", value=-2),
                        Mistake("that is what T₀ ≠ 0 does: check that the fan's signs make T₀ = 0", value=1),
                        Mistake("0 would be a gap that does not fall: which scales were compared?", value=0),
                    ),
                ),
            }
        ),
        right=lambda: [(floors, -1), (lambda U, l: np.array(floors(U, l)), fan_power(5)), (floors, "-1.0")],
        wrong=lambda: [
            ((floors, -2), "that is what pairs do"),
            ((floors, 1), "T₀ = 0"),
            ((lambda U, l: lazy.lazy_error(U, l), -1), "floors: the shape"),
            (-1, "2 answers"),
        ],
        moral="Starting at zero is one thing, cancelling the second order another: pairs buy both with half the span.",
        note="The open end has an answer in the plane, seven vectors (see the solution), and none is known to us that "
        "wastes less than pairs. A good place for a bet before the run.",
        minutes=45,
    ),
)
