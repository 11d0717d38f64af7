"""Exercises on bad local minima."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from tdbook.exercises import usual
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Formula, Function, Number, Parts, Witness, Words
from tdbook.landscape import arrows_minimum, descend, vanilla_trap
from tdbook.objectives import vanilla_loss, vanilla_model
from tdbook.tensors import SymmetricCP
from tdbook.validation import Array

NEAR = 1.15  # certified radii within which a lower point is asked for


def well_angle(order: int) -> float:
    """The angle in degrees, from e_1, of the wells of one component added to the trap, odd order."""
    return math.degrees(math.acos(-math.sqrt((order - 2) / order)))


def matrix_rise(U: Array, c: Array) -> float:
    """f' - f at order 2 in R^4, for the target e_1 e_1^T - e_2 e_2^T - e_3 e_3^T and the trap e_1 e_1^T."""
    target = SymmetricCP([1.0, -1.0, -1.0], np.eye(4)[:, :3], 2)
    trap = vanilla_loss(np.eye(4)[:, :1], [1.0], target)
    return vanilla_loss(U, c, target) - trap


def _matrix_parts(U: Array, c: Array) -> tuple[float, float, float]:
    """sum c ||P w||^2, the same with the whole of w, and ||T' - T||^2 / 2."""
    squares = c * U**2
    pole = SymmetricCP([1.0], np.eye(4)[:, :1], 2)
    return squares[1:3].sum(), squares[1:].sum(), 0.5 * vanilla_model(U, c, 2).distance(pole) ** 2


def _without_price(U: Array, c: Array) -> float:
    return _matrix_parts(U, c)[0]


def _unused_too(U: Array, c: Array) -> float:
    _, whole, price = _matrix_parts(U, c)
    return whole + price


def _whole_price(U: Array, c: Array) -> float:
    linear, _, price = _matrix_parts(U, c)
    return linear + 2 * price


def _lower(U: Any) -> str:
    trap = vanilla_trap(order=3, r=1, components=200, dimension=2)
    U = np.asarray(U, dtype=float)
    if U.shape != trap.U.shape:
        return f"U has the shape {trap.U.shape}: all columns, those that stay as well"
    if not np.isfinite(U).all():
        return "some entries are not finite"
    radii = float(np.linalg.norm(U - trap.U)) / trap.certified_radius
    if float(trap.loss(U)) - trap.value >= -1e-9:
        if trap.in_cone(U):
            return "all components are in the cone, and there nothing is lower: one has to cross u₁ = 0"
        return "outside the cone, but not lower: what is gained is less than the price of the change of T"
    return "" if radii <= NEAR else f"lower, but at {radii:.2f} certified radii: {NEAR} are wanted"


def moved(back: float, up: float, grow: bool = False) -> Array:
    """The trap of 200 components with the first one moved to (-back, up); with ``grow`` the others take over."""
    trap = vanilla_trap(order=3, r=1, components=200, dimension=2)
    U = trap.U.copy()
    if grow:
        U[0, 1:] = 199 ** (-1 / 3)
    U[:, 0] = -back, up
    return U


@cache
def after_kicks(seed: int, share: float, kicks: int = 3) -> float:
    """The loss after kicks of ``share`` certified radii on a vanilla trap (l = 3, m = 4), 400 steps after each."""
    trap, rng = vanilla_trap(3, 1, 4, 2), np.random.default_rng(seed)
    U, c = trap.U, trap.c
    value = trap.value
    for _ in range(kicks):
        move = rng.standard_normal(U.shape)
        move *= share * trap.certified_radius / np.linalg.norm(move)
        run = descend(trap, U + move, c, steps=400)
        U, c, value = run.U, run.c, float(run.losses[-1])
    return value


def _escapes(seed: Any) -> str:
    if isinstance(seed, bool) or int(seed) != seed or not 0 <= seed < 100:
        return "a seed is wanted, a whole number from 0 to 99"
    value = after_kicks(int(seed), 1.5)
    return "" if value < 1.4 else f"with this seed the loss is {value:.2f} after three kicks: still the trap's"


SLOPE = "4*n*(lam + n**2)"
DEPTH = "(l-1)**2/2*((l-2)/l)**(l-2)"

EXERCISES = (
    Exercise(
        label="ex-trap-depth",
        title="Two arrows short",
        level=Level.MEDIUM,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "angle": Function(
                    well_angle,
                    lambda rng: (int(rng.choice([3, 5, 7, 9])),),
                    call="angle(l), in degrees, for odd l",
                    within=1e-4,
                    mistakes=(
                        Mistake("these are radians", value=lambda l: math.radians(well_angle(l))),
                        Mistake(
                            "this is in the right half plane, where nothing is to be gained: α is negative",
                            value=lambda l: 180 - well_angle(l),
                        ),
                        Mistake(
                            "α² and β² are exchanged: it is β that stands in the square",
                            value=lambda l: math.degrees(math.acos(-math.sqrt(2 / l))),
                        ),
                        Mistake(
                            "the arrows of l = 3 are there; the well of one component is not", value=lambda l: 120.0
                        ),
                    ),
                ),
                "depth": Formula(
                    DEPTH,
                    {"l": (3, 9)},
                    what="the depth as a positive formula in l",
                    mistakes=(
                        Mistake(
                            "this is k, the slope in n²; the depth is what is left after the best length",
                            value="(l-1)*((l-2)/l)**((l-2)/2)",
                        ),
                        usual.half_missing(),
                        Mistake(
                            "binomial(l, 2) β² with β² = 2/l is l - 1: one factor is lost",
                            value="((l-2)/l)**(l-2)/2",
                        ),
                    ),
                ),
            }
        ),
        right=lambda: [
            (well_angle, DEPTH),
            (lambda l: 180 - math.degrees(math.atan(math.sqrt(2 / (l - 2)))), "((l-1)*((l-2)/l)^(l/2-1))^2/2"),
            {"angle": lambda l: np.degrees(np.arccos(-np.sqrt(1 - 2 / l))), "depth": "0.5*(l-1)^2*(1-2/l)^(l-2)"},
        ],
        wrong=lambda: [
            ((lambda l: 180 - well_angle(l), DEPTH), "angle: this is in the right half plane"),
            ((well_angle, f"-{DEPTH}"), "depth: right but for the sign"),
            ((well_angle, "2/3"), "depth: not yet"),
            ((125.3, DEPTH), "angle: hand in the function itself"),
        ],
        moral="The wells show what one component can gain alone; the arrows are where all of them end together.",
        note="The angle surprises everyone. Ask what a second added component would do to the wells.",
        minutes=20,
    ),
    Exercise(
        label="ex-trap-matrix",
        title="The matrix case",
        level=Level.EASY,
        sort=Sort.PROVE,
        judge=Function(
            matrix_rise,
            lambda rng: (rng.standard_normal((4, 3)), rng.standard_normal(3)),
            call="rise(U, c), for d = 4 and r = 2",
            mistakes=(
                Mistake("the square of T' - T is missing: it is the price of leaving the trap", value=_without_price),
                Mistake("e₄ is not missing from anything: only e₂ and e₃ count in the first sum", value=_unused_too),
                usual.half_missing(value=_whole_price),
            ),
        ),
        points=(
            "the identity of the lemma holds for l = 2 as it stands, with α_i⁰ = 1 and binomial(2, 2) = 1;",
            "for coefficients that stay non-negative the point is a global minimum, the best semidefinite fit;",
            "near the point all coefficients are positive, so it is a local minimum even if they may move.",
        ),
        right=lambda: [matrix_rise, lambda U, c: _matrix_parts(U, c)[0] + _matrix_parts(U, c)[2]],
        wrong=lambda: [
            (lambda U, c: -matrix_rise(U, c), "sign"),
            (_unused_too, "e₄"),
            (1.0, "the function itself"),
        ],
        moral="“No bad minima” speaks of models whose signs fit the target.",
        note="The usual answer is that matrices have no bad minima, so there must be a mistake. There is none.",
        minutes=15,
    ),
    Exercise(
        label="ex-trap-sharp",
        title="How sharp is the radius?",
        level=Level.RESEARCH,
        sort=Sort.BREAK,
        judge=Witness(_lower, f"an array U of shape (2, 200), lower than the trap and within {NEAR} certified radii"),
        right=lambda: [moved(0.02, 0.02), moved(0.001, 0.001, grow=True), moved(0.02, 0.02).tolist()],
        wrong=lambda: [
            (moved(-0.1, 0.05), "in the cone"),
            (moved(0.01, 0.01), "not lower"),
            (moved(0.05, 0.05), "1.33 certified radii"),
            (moved(0.02, 0.02).T, "shape"),
            (1.12, "shape"),
        ],
        moral="Let the others take over what the moved one gives up, and 1.01 radii are enough.",
        note="First step: one component only, 1.12 radii. The better answer moves all: then the price is of order "
        "ε^(2l), and ε may be as small as one likes. Ask for the limit at m = 2, where it is not 1.",
        minutes=40,
    ),
    Exercise(
        label="ex-trap-noise",
        title="Noise instead of re-initialisation",
        level=Level.MEDIUM,
        sort=Sort.BREAK,
        judge=Parts(
            {
                "value": Number(
                    lambda: vanilla_trap(3, 1, 4, 2).value,
                    within=1e-2,
                    what="the loss after three kicks of half a radius",
                    mistakes=(
                        Mistake("that is the global minimum; such a kick does not leave the cone", value=0),
                        usual.half_missing(),
                        Mistake("near this value a run lands that has left; half a radius does not", value=0.5),
                    ),
                ),
                "seed": Witness(_escapes, "a seed for which three kicks of 1.5 radii escape"),
            }
        ),
        right=lambda: [(1.5, 5), ("3/2", 5.0), {"value": 1.5, "seed": np.int64(5)}],
        wrong=lambda: [
            ((0, 5), "value: that is the global minimum"),
            ((1.5, 3), "seed: with this seed"),
            ((1.5, 0.5), "seed: a seed is wanted"),
            (1.5, "2 answers"),
        ],
        moral="Noise must be as large as the trap; drawing one component anew need not know how large that is.",
        note="The certificate is for one kick from the trap itself; after it the point has moved along the level set, "
        "and its own radius may be smaller. In the long run the walk can find the cliff.",
        minutes=15,
    ),
    Exercise(
        label="ex-trap-sign",
        title="The sign matters",
        level=Level.MEDIUM,
        sort=Sort.BREAK,
        judge=Parts(
            {
                "slope": Formula(
                    SLOPE,
                    {"n": (0.1, 0.6), "lam": (0.05, 0.5)},
                    what="the derivative of F in the length of the flipped component, a formula in n and lam",
                    mistakes=(
                        usual.frozen_for_tied(value="8*n*(lam + n**2)"),
                        Mistake("the tensor has changed, and with it the residual: by how much?", value="0"),
                        Mistake(
                            "the residual along e₁ was -λ, and the flip has moved it further: by -2n²", value="4*n*lam"
                        ),
                        Mistake(
                            "the flip takes n² away twice: once gone, once with the other sign", value="4*n*lam+2*n**3"
                        ),
                        Mistake("the regulariser is left out: it still pulls on the length", value="2*n*(lam+2*n**2)"),
                    ),
                ),
                "fate": Words(
                    "leaves",
                    {
                        "returns": "compare the losses: the nudged run ends far below the trap's value",
                        "stays": "it cannot stay: the point is not stationary",
                    },
                ),
            }
        ),
        right=lambda: [
            (SLOPE, "leaves"),
            ("4*n*λ + 4*n^3", "Leaves"),
            {"slope": lambda n, lam: 4 * n * (lam + n * n), "fate": "leaves"},
        ],
        wrong=lambda: [
            (("8*n*(lam+n**2)", "leaves"), "slope: this is the frozen gradient"),
            ((SLOPE, "returns"), "fate: compare"),
            ((SLOPE, "explodes"), "fate: hand in"),
            (("4*n*(l+n**2)", "leaves"), "l should not be in it"),
        ],
        moral="Algorithm 1 draws direction and sign anew, which is both at once.",
        note="On the axis exactly, symmetry keeps all components there: the flipped one dies and the others fill up. A "
        "nudge of 0.001 is enough. With λ = 3(√2 - 1) or more no direction would pay, but λ is below 1.",
        minutes=20,
    ),
    Exercise(
        label="ex-trap-bound",
        title="A lower bound",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Parts(
            {
                "minimum": Formula(
                    "(1+3*r)*(lam - lam**2/2)",
                    {"r": (1, 6), "lam": (0.05, 0.9)},
                    mistakes=(
                        Mistake("‖T*‖² is 1 + 3r here", value="lam - lam**2/2"),
                        Mistake(
                            "½λ² comes with the plus sign of a square, and λ(1 - λ) with the rest: collect again",
                            value="(1+3*r)*(lam - lam**2)",
                        ),
                        Mistake("the fit is not perfect at the minimum: λ costs twice", value="(1+3*r)*lam"),
                    ),
                ),
                "pole": Formula(
                    "(1-lam)*(1+r/3)",
                    {"r": (1, 6), "lam": (0.05, 0.9)},
                    what="the sum of n² over the components on e₁",
                    mistakes=(
                        Mistake("the minimiser is (1 - λ)T*, not T*", value="1+r/3"),
                        Mistake("the other arrows have a part along e₁ of their own, a negative one", value="1-lam"),
                    ),
                ),
            }
        ),
        points=(
            "½‖T - T*‖² is expanded around (1 - λ)T*;",
            "the regulariser and the inner product with T* join to Σ n² (1 - a T*(û, û, û)), which is non-negative;",
            "equality needs T = (1 - λ)T* and every component at a maximum of a T*;",
            "the maxima are e₁ and the unit vectors -½e₁ + ½√3 v, with v in the span of the missing directions.",
        ),
        right=lambda: [
            ("(1+3*r)*(lam - lam**2/2)", "(1-lam)*(1+r/3)"),
            (arrows_minimum, "(1-λ)*(3+r)/3"),
            {"minimum": "(1+3*r)*λ*(2-λ)/2", "pole": lambda r, lam: (1 - lam) * (1 + r / 3)},
        ],
        wrong=lambda: [
            (("(1+3*r)*lam", "(1-lam)*(1+r/3)"), "minimum: the fit"),
            ((arrows_minimum, "1-lam"), "pole: the other arrows"),
            (("(1+3*r)*(lam - lam**2/2)", "4*(1-lam)/3"), "pole: not yet"),
        ],
        moral="For r = 1 the minimiser is unique up to splitting; from r = 2 on the arrows may turn about e₁.",
        note="Many find the arrows only. T* sees of the missing directions no more than a length, so its maxima "
        "form a sphere from r = 2 on: ask what a rotation of e₂ and e₃ does to T*.",
        minutes=25,
    ),
)
