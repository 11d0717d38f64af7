"""Exercises on the objective and what it hides."""

from __future__ import annotations

from functools import lru_cache
from itertools import count
from typing import Any

import numpy as np
from scipy.optimize import brentq, minimize_scalar

import tdbook
from tdbook.exercises import usual
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Formula, Function, Number, Parts, Witness
from tdbook.objectives import vanilla_gradient, vanilla_loss
from tdbook.tensors import SymmetricCP, SymmetricTensor, random_unit_vectors
from tdbook.validation import Array


def drift(U: Array, c: Array, target: SymmetricTensor, eta: float) -> Array:
    """The change of ||u_i||^2 - l c_i^2 in one step of gradient descent, shape (m,)."""
    in_U, in_c = vanilla_gradient(U, c, target)

    def conserved(U: Array, c: Array) -> Array:
        return np.sum(U**2, axis=0) - target.order * c**2

    return conserved(U - eta * in_U, c - eta * in_c) - conserved(U, c)


def _state(rng: np.random.Generator) -> tuple[Array, Array, SymmetricTensor, float]:
    target = tdbook.random_target(4, 2, int(rng.integers(3, 5)), rng=rng)
    return rng.standard_normal((4, 3)), rng.standard_normal(3), target, float(rng.uniform(0.1, 0.5))


def _squares(U: Array, c: Array, target: SymmetricTensor) -> tuple[Array, Array]:
    in_U, in_c = vanilla_gradient(U, c, target)
    return np.sum(in_U**2, axis=0), in_c**2


def _without_order(U: Array, c: Array, target: SymmetricTensor, eta: float) -> Array:
    a, b = _squares(U, c, target)
    return eta**2 * (a - b)


def _first_power(U: Array, c: Array, target: SymmetricTensor, eta: float) -> Array:
    return drift(U, c, target, eta) / eta


def _without_squares(U: Array, c: Array, target: SymmetricTensor, eta: float) -> Array:
    a, b = _squares(U, c, target)
    return eta**2 * (np.sqrt(a) - target.order * np.sqrt(b))


def _plus(U: Array, c: Array, target: SymmetricTensor, eta: float) -> Array:
    a, b = _squares(U, c, target)
    return eta**2 * (a + target.order * b)


def _h(x: float) -> float:
    """The tilt x pays at order 3 for a share s where s h(x) < 2."""
    return 3 / x + 3 * x + x**3


def _lowest() -> float:
    return float(minimize_scalar(_h, bounds=(0.1, 2.0), method="bounded", options={"xatol": 1e-10}).x)


def largest_paying_share() -> float:
    """The share below which some tilt pays at order 3."""
    return 2 / _h(_lowest())


def paying_tilts(share: float) -> tuple[float, float]:
    """Where the tilt begins and ceases to pay at order 3."""
    return tuple(brentq(lambda x: share * _h(x) - 2, *ends) for ends in ((1e-3, _lowest()), (_lowest(), 50.0)))


@lru_cache(maxsize=128)
def _fate(seed: int) -> str:
    """What becomes of the chapter's descent (order 3, four components): "arrives" by step 800, "leaves", "stays"."""
    target = SymmetricCP(np.ones(4), np.eye(4), 3)
    rng = np.random.default_rng(seed)
    U, c = random_unit_vectors(4, 4, rng), 0.1 * rng.choice([-1.0, 1.0], size=4)
    for steps, fate in ((800, "arrives"), (2200, "leaves")):
        for _ in range(steps):
            in_U, in_c = vanilla_gradient(U, c, target)
            U, c = U - 0.08 * in_U, c - 0.08 * in_c
        if vanilla_loss(U, c, target) <= 0.25:
            return fate
    return "stays"


def _leaves(seed: Any) -> str:
    if isinstance(seed, bool) or int(seed) != seed or not 0 <= seed < 100:
        return "a seed is wanted, a whole number from 0 to 99"
    return {
        "arrives": "this start is not stalled at step 800",
        "leaves": "",
        "stays": "this start is stalled at step 800, and still at step 3000",
    }[_fate(int(seed))]


def _leaver() -> int:
    return next(seed for seed in count() if _fate(seed) == "leaves")


def _starts() -> list[tuple[Any, str]]:
    """One start that arrives early, one that stays."""
    early = next(seed for seed in count() if _fate(seed) == "arrives")
    stays = next(seed for seed in count() if _fate(seed) == "stays")
    return [(early, "not stalled"), (stays, "still at step 3000"), (0.5, "a seed"), ("all", "raised"), (-1, "a seed")]


STEEPNESS = "l**2/n**2 + n**(2*l)"
CENTRE = "l**(1/(2*l + 2))"

EXERCISES = (
    Exercise(
        label="ex-objective-multiple",
        title="One component against one direction",
        level=Level.MEDIUM,
        sort=Sort.COMPUTE,
        judge=Formula(
            "15/(d*(d+2)*(d+4))",
            {"d": (2, 200)},
            mistakes=(
                Mistake(
                    "the removed share is the square of T(w), so w₁ stands in the power 2l = 6", value="3/(d*(d+2))"
                ),
                Mistake("the mean of w₁³ is indeed zero; the loss falls by its square", value="0"),
                Mistake(
                    "this is Gaussian: a uniform w has length 1, and its entries are not independent", value="15/d**3"
                ),
                Mistake(
                    "the loss and T(w)² both carry the factor 1/2: in the share it cancels",
                    value="15/(2*d*(d+2)*(d+4))",
                ),
            ),
        ),
        right=lambda: [
            "15/(d*(d+2)*(d+4))",
            "15/(d^3 + 6*d^2 + 8*d)",
            lambda d: 15 / d / (d + 2) / (d + 4),
        ],
        wrong=lambda: [
            ("15/(d*(d+2))", "small case"),
            (1.4e-5, "small case"),
            ("15/(n*(n+2)*(n+4))", "n should not"),
            ("15/d(d+2)(d+4)", "two ways"),
            (lambda d: 1 / 0, "ZeroDivisionError"),
            (lambda d: 15 / d**3, "Gaussian"),
        ],
        moral="A random direction is nearly useless: the share falls like the third power of the dimension.",
        note="The moments of the sphere are Gaussian moments divided by those of the length; have them derive one.",
        minutes=15,
    ),
    Exercise(
        label="ex-objective-drift",
        title="How fast the conserved number drifts",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Function(
            drift,
            _state,
            call="drift(U, c, target, eta), one number for each component",
            mistakes=(
                usual.factor_missing(value=_without_order),
                Mistake("the terms of first order in eta cancel: only eta² is left", value=_first_power),
                usual.norm_for_square(value=_without_squares),
                Mistake("the second square comes with the sign of -l c²", value=_plus),
            ),
        ),
        points=(
            "both squares are expanded after one step;",
            "the terms of first order cancel, by the relation between the two partial derivatives;",
            "half the step size: twice as many steps, a quarter of the change in each.",
        ),
        right=lambda: [drift],
        wrong=lambda: [
            (lambda U, c, target, eta: -drift(U, c, target, eta), "sign"),
            (lambda U, c, target, eta: drift(U, c, target, eta).sum(), "shape"),
            (_without_squares, "its square is wanted"),
        ],
        moral="Halving the step size halves the drift over a fixed time.",
        note="A good place to say what a conserved quantity of a flow is worth in a discretisation.",
        minutes=15,
    ),
    Exercise(
        label="ex-objective-steepness",
        title="The steepness of the valley",
        level=Level.MEDIUM,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "steepness": Formula(
                    STEEPNESS,
                    {"l": (3, 6), "n": (0.5, 2.0)},
                    mistakes=(
                        usual.norm_for_square(),
                        Mistake("c is a coordinate as well: differentiate c n^l in both", value="l**2/n**2"),
                        Mistake("the squares of the two entries are added, not the entries", value="l/n + n**l"),
                        Mistake("½x² has the second derivative 1: no factor 2", value=f"2*({STEEPNESS})"),
                    ),
                ),
                "place": Formula(
                    CENTRE,
                    {"l": (3, 9)},
                    mistakes=(
                        Mistake("n = 1 looks like the middle; differentiate to see whether it is", value="1"),
                        Mistake("collect the powers of n again: n⁻³ against n^(2l-1)", value="l**(1/(2*l))"),
                        Mistake("this is n^(2l+2): take the root", value="l"),
                    ),
                ),
            }
        ),
        right=lambda: [
            (STEEPNESS, CENTRE),
            ("(l/n)^2 + (n^l)^2", "l^(1/(2*(l+1)))"),
            {"steepness": lambda n, l: (l / n) ** 2 + n ** (2 * l), "place": lambda l: l ** (0.5 / (l + 1))},
        ],
        wrong=lambda: [
            (STEEPNESS, "as a tuple"),
            ((STEEPNESS, ...), "place is still missing"),
            ((STEEPNESS, "l**(1/(l+1))"), "place:"),
            (("l**2/n**2 + c**2", CENTRE), "c should not be in it"),
        ],
        moral="What changes along the valley is the parametrisation, not the tensor.",
        note="Let them draw the eigenvalue over n for l = 3 first; the flat part near the minimum surprises.",
        minutes=20,
    ),
    Exercise(
        label="ex-objective-barrier",
        title="Where the barrier ends",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Parts(
            {
                "limit": Number(
                    largest_paying_share,
                    within=5e-3,
                    what="the share below which some tilt pays",
                    mistakes=(
                        Mistake(
                            "1/3 is what the estimate h > 6 proves; the exact limit needs the minimum of h", value=1 / 3
                        ),
                        Mistake(
                            "this is the tilt at which h is smallest; the share is 2/h there",
                            change=lambda _: _lowest(),
                        ),
                    ),
                ),
                "tilt": Number(
                    lambda: paying_tilts(0.1)[0],
                    within=5e-3,
                    what="the smallest tilt that pays at s = 0.1",
                    mistakes=(
                        Mistake(
                            "here the tilt ceases to pay: look for the other root",
                            change=lambda _: paying_tilts(0.1)[1],
                        ),
                        Mistake("x = s is the top of the barrier, nearly; the descent begins behind it", value=0.1),
                    ),
                ),
            }
        ),
        points=(
            "the sign of Δ(x) is that of s h(x) - 2, with h(x) = 3/x + 3x + x³;",
            "h(x) > 6 for all x > 0;",
            "the exact limit is 2/min h, a little below 1/3.",
        ),
        right=lambda: [(largest_paying_share(), paying_tilts(0.1)[0]), ("0.300", 0.154), [0.3, "0.154"]],
        wrong=lambda: [((1 / 3, 0.154), "limit: 1/3"), ((0.3, 0.2), "tilt: not yet"), (0.3, "2 answers")],
        moral="A component with less than three tenths of the post can leave it; one with more cannot, at any tilt.",
        note="AM-GM gives 1/3 in a line. Ask whether it is sharp before they minimise h.",
        minutes=25,
    ),
    Exercise(
        label="ex-objective-slow",
        title="Slow or stuck?",
        level=Level.RESEARCH,
        sort=Sort.BREAK,
        judge=Witness(_leaves, "the seed of a start that is stalled after 800 steps and not after 3000"),
        right=lambda: [_leaver(), float(_leaver()), np.int64(_leaver())],
        wrong=_starts,
        moral="A stalled loss curve alone does not tell a plateau from a minimum.",
        note="Open end: which quantity of the state at step 800 predicts who leaves? Test it on new seeds.",
        minutes=45,
    ),
    Exercise(
        label="ex-objective-matrix",
        title="The Hessian at a shared direction of order 2",
        level=Level.EASY,
        sort=Sort.PROVE,
        judge=Formula(
            "-2*s*(1-s)",
            {"s": (0.1, 0.9)},
            mistakes=(
                Mistake("this is the coefficient of x²; the second derivative is twice that", value="-s*(1-s)"),
                Mistake("the first part of Δ has a term in x² as well", value="-2*s"),
            ),
        ),
        points=(
            "Δ for l = 2 is expanded to the second order in x;",
            "the coefficient is negative for 0 < s < 1;",
            "e₁ ⟂ e_k is all that is used of orthogonality, and a critical point of order 2 gives it for free.",
        ),
        right=lambda: ["-2*s*(1-s)", "2*s^2 - 2*s", lambda s: 2 * s * s - 2 * s],
        wrong=lambda: [("2*s*(1-s)", "but for the sign"), (-0.5, "small case")],
        moral="Sharing a direction is a saddle at order 2 and a trap from order 3 on.",
        note="Tilting both components at once, by x/s and -x/(1-s), cancels the first-order terms in the tensor.",
        minutes=10,
    ),
)
