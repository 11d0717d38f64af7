"""Exercises on the saddle at zero."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
from scipy.integrate import quad

import tdbook
from tdbook.exercises import usual
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Array, Formula, Function, Number, Parts
from tdbook.landscape import MODELS, escape_time
from tdbook.statistics import fitted_slope
from tdbook.tables import landscape as landscape_tables
from tdbook.tensors import SymmetricCP

TABLE = Path(tdbook.__file__).parents[1] / "book" / "data" / "escape-times.csv"


def time_of_one(delta: float, n: float, order: int, own: float = 1.0) -> float:
    """Time from the length delta to n under n' = l n^{l-1} (1 - own n^l); own = 0 leaves the model out."""
    return float(quad(lambda x: 1 / (order * x ** (order - 1) * (1 - own * x**order)), delta, n, epsabs=0.0)[0])


def _lengths(rng: np.random.Generator) -> tuple[float, float, int]:
    return float(rng.uniform(0.05, 0.3)), float(rng.uniform(0.5, 0.9)), int(rng.integers(3, 6))


@cache
def log_slopes() -> tuple[float, float]:
    """Slopes of the 2-homogeneous escape times of order 3 in log-log axes, first and last two decades of the table."""
    if TABLE.is_file():
        rows = landscape_tables.read(TABLE)
    else:
        rows = [
            landscape_tables.escape_row(MODELS[1], 3, seed, scale)
            for seed in range(10)
            for scale in landscape_tables.SCALES
        ]
    scales, times = landscape_tables.escape_table(rows, MODELS[1], 3)
    first, last = (fitted_slope(np.log10(scales[p]), np.log10(times[:, p])) for p in (slice(0, 5), slice(6, 11)))
    return first.value, last.value


@cache
def gap_growth(model: str) -> float:
    """The factor by which the gap between two starts' escape times grows as delta falls from 1e-2 to 1e-4, l = 3."""
    axis = SymmetricCP([1.0], np.eye(3)[:, :1], 3)

    def gap(delta: float) -> float:
        times = [escape_time(axis, delta, model, rng=seed, signs=np.ones(6)) for seed in (0, 1)]
        return abs(times[0] - times[1])

    return gap(1e-4) / gap(1e-2)


CONSERVED = "n**2 - l*c**2"
STEPS = "log(n/delta)/log(1+eta*l*tau)"

EXERCISES = (
    Exercise(
        label="ex-zero-exact",
        title="One component",
        level=Level.MEDIUM,
        sort=Sort.COMPUTE,
        judge=Function(
            time_of_one,
            _lengths,
            call="time(delta, n, l)",
            within=1e-5,
            mistakes=(
                Mistake(
                    "this neglects the model: the factor 1 - n^l is to stay",
                    value=lambda delta, n, l: time_of_one(delta, n, l, own=0.0),
                ),
                Mistake(
                    "the model slows the growth down: look at the sign of n^l",
                    value=lambda delta, n, l: time_of_one(delta, n, l, own=-1.0),
                ),
                usual.factor_missing(value=lambda delta, n, l: l * time_of_one(delta, n, l)),
                Mistake(
                    "this is the time of u' with the whole power l: the gradient has one factor less",
                    value=lambda delta, n, l: float(quad(lambda x: 1 / (l * x**l * (1 - x**l)), delta, n)[0]),
                ),
            ),
        ),
        right=lambda: [time_of_one, lambda delta, n, l: np.array([time_of_one(delta, n, l)])],
        wrong=lambda: [
            (lambda delta, n, l: -time_of_one(delta, n, l), "sign"),
            (lambda delta, n, l: time_of_one(delta, n, l) + 0.01, "too large"),
            (0.3, "the function itself"),
        ],
        moral="What the model adds is a constant, and beside a power of 1/δ a constant is nothing.",
        note="Partial fractions work for l = 3 only and are a swamp; the geometric series is three lines.",
        minutes=15,
    ),
    Exercise(
        label="ex-zero-joint",
        title="Everything small",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Parts(
            {
                "conserved": Formula(
                    CONSERVED,
                    {"n": (0.5, 2.0), "c": (0.5, 2.0), "l": (3, 9)},
                    what="the conserved quantity in n, c and l, written so that n² has the coefficient 1",
                    mistakes=(
                        Mistake("compare n n' with c c': one of them has a factor l", value="n**2 - c**2"),
                        Mistake(
                            "both squares grow while the fit is poor: their sum cannot stay", value="n**2 + l*c**2"
                        ),
                        Mistake("the factor l has come to the wrong side, or squared", value="n**2 - c**2/l"),
                    ),
                ),
                "exponent": Formula(
                    "l-1",
                    {"l": (3, 9)},
                    what="the exponent p, as a formula in l, with which the time grows like δ^-p",
                    mistakes=(
                        Mistake("this is the exponent for a fixed c; here c is small as well", value="l-2"),
                        Mistake("n' grows like n^l: integrate it once more", value="l"),
                        Mistake("this is the order of the saddle, two more than the exponent", value="l+1"),
                    ),
                ),
            }
        ),
        points=(
            "the flow of n and of c are written down; n n' and c c' differ by a factor l;",
            "once n has grown, the conserved difference is small beside n², so c is about n/√l;",
            "put in, this gives n' ≈ √l τ n^l, and integration gives the exponent.",
        ),
        right=lambda: [
            (CONSERVED, "l-1"),
            ("n^2 - c^2*l", lambda l: l - 1),
            {"conserved": lambda n, c, l: n * n - l * c * c, "exponent": "l - 1"},
        ],
        wrong=lambda: [
            (("n**2 - c**2", "l-1"), "conserved: compare"),
            ((CONSERVED, "l-2"), "exponent: this is the exponent for a fixed c"),
            ((CONSERVED, 2), "exponent:"),
            (CONSERVED, "2 answers"),
        ],
        moral="One power worse, as the order l + 1 of the joint saddle suggests.",
        note="Gradient flow conserves this quantity; whoever remembers it needs five minutes. The exponent holds "
        "for every ratio of the two starting sizes, and the constant does not.",
        minutes=15,
    ),
    Exercise(
        label="ex-zero-matrix",
        title="The matrix case",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Formula(
            "log(n/delta)/(2*tau)",
            {"n": (0.5, 1.5), "delta": (0.01, 0.1), "tau": (0.5, 2.0)},
            mistakes=(
                usual.factor_missing(order=None, value="log(n/delta)/tau"),
                Mistake("the logarithm of the flow is the natural one", value="log(n/delta)/(2*tau*log(10))"),
                Mistake("n stands on the right of n' = 2τn as well: separate the variables", value="(n-delta)/(2*tau)"),
                Mistake("this is the time to length 1; the length n is asked for", value="log(1/delta)/(2*tau)"),
            ),
        ),
        right=lambda: [
            "log(n/delta)/(2*tau)",
            "(ln(n) - ln(δ))/(2*τ)",
            lambda n, delta, tau: math.log(n / delta) / 2 / tau,
        ],
        wrong=lambda: [
            ("log(delta/n)/(2*tau)", "but for the sign"),
            ("log(n/delta)/(l*tau)", "l should not be in it"),
            ("log(n/delta)/2/tau + 1", "small case"),
        ],
        moral="Small starts cost nothing much in matrix problems; the 2-homogeneous model brings tensors back to them.",
        note="The formula of the proposition is 0/0 at l = 2: a good moment for the limit, which gives the same.",
        minutes=10,
    ),
    Exercise(
        label="ex-zero-clock",
        title="A step size that follows the length",
        level=Level.RESEARCH,
        sort=Sort.PROVE,
        judge=Formula(
            STEPS,
            {"n": (0.2, 0.9), "delta": (0.001, 0.1), "eta": (0.01, 0.2), "tau": (0.5, 2.0), "l": (3, 6)},
            mistakes=(
                Mistake(
                    "this is the time of the flow over η; a step multiplies the length by a factor: which one?",
                    value="log(n/delta)/(eta*l*tau)",
                ),
                Mistake("the growth has a factor l: n' = l τ n^(l-1)", value="log(n/delta)/log(1+eta*tau)"),
                Mistake(
                    "this is the count for a fixed step size: put in the step that shrinks with the length",
                    value="(delta**(2-l) - n**(2-l))/(eta*l*(l-2)*tau)",
                ),
            ),
        ),
        points=(
            "with this step the longest component grows by the same factor in every step, whatever its length;",
            "so the number of steps is a ratio of two logarithms, O(log(1/δ)) for every order;",
            "the clock is set by the longest component: one that is still small waits as before.",
        ),
        right=lambda: [
            STEPS,
            "ln(n/δ)/ln(1+η*l*τ)",
            lambda n, delta, eta, tau, l: math.log(n / delta, 1 + eta * l * tau),
        ],
        wrong=lambda: [
            ("log(n/delta)/(eta*l*tau)", "time of the flow"),
            ("log(delta/n)/log(1+eta*l*tau)", "but for the sign"),
            (12, "small case"),
        ],
        moral="One clock for all is not enough: the model needs one for each component, and that is what it has.",
        note="The open end is the point: a step size for each component is a preconditioner, and the 2-homogeneous "
        "model is vanilla descent with that preconditioner as long as the model is small.",
        minutes=30,
    ),
    Exercise(
        label="ex-zero-slope",
        title="Wrong slope",
        level=Level.EASY,
        sort=Sort.BREAK,
        judge=Array(
            log_slopes,
            within=5e-3,
            what="the two slopes, first decades and last decades",
            mistakes=(
                Mistake("these are slopes against 1/δ: against δ the times fall", change=lambda right: -right),
                Mistake(
                    "two different logarithms are mixed: take the same one for both axes",
                    change=lambda right: right / math.log(10),
                ),
                Mistake(
                    "the natural logarithm of the times stands against the common one of δ",
                    change=lambda right: right * math.log(10),
                ),
                Mistake("zero is the limit for δ → 0; what is measured is still on its way", value=[0.0, 0.0]),
            ),
        ),
        right=lambda: [list(log_slopes()), np.array(log_slopes()), ("-0.338", "-0.095"), tuple(log_slopes())],
        wrong=lambda: [
            (log_slopes()[::-1], "another order"),
            ([0.338, 0.095], "against 1/δ"),
            ([-0.338, -0.338], "1 of 2"),
            (-0.338, "shape"),
        ],
        moral="A slope is a power law only if it does not depend on where one looks.",
        note="Ask for the prediction in writing: those who expect one exponent for both ranges learn most.",
        minutes=10,
    ),
    Exercise(
        label="ex-zero-race",
        title="How far apart starts end",
        level=Level.MEDIUM,
        sort=Sort.BREAK,
        judge=Parts(
            {
                "vanilla": Number(
                    lambda: gap_growth(MODELS[0]),
                    within=0.01,
                    what="the factor by which the gap grows in the vanilla model",
                    mistakes=(
                        Mistake("δ falls by a hundred, and at order 3 the exponent is l - 2 = 1", value=10_000),
                        Mistake("the ratio of two times stays; the gap is their difference", value=1),
                        Mistake("this would be one decade, and there are two", value=10),
                    ),
                ),
                "homogeneous": Number(
                    lambda: gap_growth(MODELS[1]),
                    within=0.01,
                    what="the same factor in the 2-homogeneous model",
                    mistakes=(
                        Mistake("log(1/δ) doubles for both starts, and cancels in the gap", value=2),
                        Mistake("δ enters these times only through its logarithm", value=100),
                    ),
                ),
            }
        ),
        right=lambda: [(100, 1), ("100", "1"), (gap_growth(MODELS[0]), gap_growth(MODELS[1])), [99.99, 0.9998]],
        wrong=lambda: [
            ((1, 1), "vanilla: the ratio"),
            ((100, 2), "homogeneous: log(1/δ) doubles"),
            ((100, ...), "homogeneous is still missing"),
            (100, "2 answers"),
        ],
        moral="In the one model the start decides a factor, in the other a constant.",
        note="On a target with several peaks the starts climb different ones, and then the 2-homogeneous gap grows as "
        "well, like log(1/δ): let them find that out on the table.",
        minutes=15,
    ),
)
