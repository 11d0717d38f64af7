"""Exercises on the certificate of a decomposition."""

from __future__ import annotations

import math

from tdbook.exercises import usual
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Formula, Number, Parts

BEYOND = {"psi": (1.1, 1.5)}  # radians, from 60 to 90 degrees

EXERCISES = (
    Exercise(
        label="ex-certificate-shrink",
        title="An orthogonal target",
        level=Level.EASY,
        sort=Sort.PROVE,
        judge=Parts(
            {
                "weight": Formula(
                    "tau - lam",
                    {"tau": (0.6, 2.0), "lam": (0.1, 0.5)},
                    mistakes=(
                        Mistake(
                            "that is the penalty on the squared mass: here λ multiplies the mass itself",
                            value="tau/(1 + lam)",
                        ),
                        Mistake("differentiate ½(τ-x)² + λx once more: no half is left", value="tau - lam/2"),
                        Mistake("no factor 2 is left: the square carries a ½", value="tau - 2*lam"),
                    ),
                ),
                "error": Formula(
                    "lam*sqrt(r)",
                    {"lam": (0.1, 0.5), "r": (2, 9)},
                    mistakes=(
                        usual.square_for_norm(value="lam**2*r"),
                        Mistake("orthogonal parts: their squares add up, not their lengths", value="lam*r"),
                        Mistake("each of the r components is off by λ, and not only one of them", value="lam"),
                    ),
                ),
            }
        ),
        points=(
            "with every weight lowered by λ the residual is -λ at every e_k: equality at the atoms;",
            "for a unit w the sum of |w_k|^l is at most the sum of w_k², because l ≥ 2;",
            "that sum is at most 1, also when w lies partly outside the span: the bound holds on the whole sphere.",
        ),
        right=lambda: [
            ("tau - lam", "lam*sqrt(r)"),
            {"weight": "τ - λ", "error": "λ*sqrt(r)"},
            (lambda tau, lam: tau - lam, lambda lam, r: lam * math.sqrt(r)),
        ],
        wrong=lambda: [
            (("tau/(1+lam)", "lam*sqrt(r)"), "weight: that is the penalty"),
            (("tau - lam", "lam*r"), "error: orthogonal parts"),
            ("tau - lam", "as a tuple"),
        ],
        moral="Soft thresholding, as in every LASSO; a weight below λ would vanish.",
        note="Ask what happens to a component with τ < λ: the certificate holds without its atom.",
        minutes=15,
    ),
    Exercise(
        label="ex-certificate-angle",
        title="Why 120 degrees",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Formula(
            "(1 - 3*c**2)/(2*c**3)",
            {"c": (0.1, 0.9)},
            mistakes=(
                Mistake("the derivative of cos 3θ is -3 sin 3θ: a factor is missing", value="(1 - 2*c**2)/c"),
                Mistake("this is A alone", value="3*(4*c**2 - 1)/(8*c**3)"),
                Mistake("this is B alone", value="-1/(8*c**3)"),
                Mistake(
                    "θ is measured from the bisector: the vectors stand at φ/2, not at φ",
                    value="(1 - 3*(2*c**2 - 1)**2)/(2*(2*c**2 - 1)**3)",
                ),
            ),
            what="Y opposite the bisector, as a formula in c = cos(φ/2)",
        ),
        points=(
            "both vectors are maxima of Y on the circle, so that the derivative vanishes there too: four conditions;",
            "a binary cubic with two double zeros is zero, hence there is at most one candidate, and it is symmetric;",
            "all critical points of Y on the circle are known, and only one pair of values can exceed 1;",
            "the inequality for that value is solved, from both sides.",
        ),
        right=lambda: ["(1 - 3*c**2)/(2*c**3)", "1/(2*c^3) - 3/(2*c)", lambda c: (1 - 3 * c * c) / (2 * c**3)],
        wrong=lambda: [
            ("(3*c**2 - 1)/(2*c**3)", "sign"),
            ("(1 - 2*c**2)/c", "factor is missing"),
            ("cos(3*theta)", "theta should not"),
            (1, "small case"),
        ],
        moral="2c³ + 3c² - 1 = (c + 1)²(2c - 1): the border is at c = 1/2, which is 120 degrees.",
        note="Numbers at six angles are no proof: insist on the critical points and on the factorised inequality.",
        minutes=30,
    ),
    Exercise(
        label="ex-certificate-first",
        title="The chance of the first redraw",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Number(
            lambda: math.acos(0.1 ** (1 / 3)) / math.pi,
            within=2e-3,
            what="the share of fresh components that grow, to three digits",
            mistakes=(
                Mistake("the sign is a toss, and only one of its sides helps", change=lambda right: 2 * right),
                Mistake("|cos³ θ| > λ: the root is missing", change=lambda _: math.acos(0.1) / math.pi),
                Mistake("this is an angle in radians, and a share is wanted", change=lambda right: math.pi * right),
                Mistake("this is an angle in degrees, and a share is wanted", change=lambda right: 180 * right),
                Mistake("this is the share that shrinks", change=lambda right: 1 - right),
            ),
        ),
        right=lambda: [math.acos(0.1 ** (1 / 3)) / math.pi, "acos(0.1^(1/3))/pi", 0.346, "0.346"],
        wrong=lambda: [(0.6926, "a toss"), (0.468, "root is missing"), (0.35, "very near"), (34.6, "too large")],
        moral="In the plane a third of all fresh components would do, without any search.",
        note="Let them draw cos³ θ and the two lines ±λ; then ask how the share falls with s.",
        minutes=10,
    ),
    Exercise(
        label="ex-certificate-mass",
        title="What the third atom saves",
        level=Level.RESEARCH,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "mass": Formula(
                    "-2*cos(3*psi)",
                    BEYOND,
                    mistakes=(
                        Mistake(
                            "that is the mass of the two cubes; beyond 120 degrees there is a cheaper way", value="2"
                        ),
                        Mistake("both cubes count: this is the value of Y at one of them", value="-cos(3*psi)"),
                        Mistake("ψ is half of the angle between the vectors", value="-2*cos(3*psi/2)"),
                    ),
                ),
                "opposite": Formula(
                    "-2*(2*cos(psi) + cos(3*psi))/3",
                    BEYOND,
                    mistakes=(
                        Mistake("this is the weight of each of the other two", value="2*(cos(psi) - cos(3*psi))/3"),
                        Mistake(
                            "cos³ = (3 cos + cos 3·)/4: compare the two frequencies again, each with its own factor",
                            value="-2*(2*cos(psi) + 3*cos(3*psi))/3",
                        ),
                        Mistake("three equal weights do only at ψ = 90 degrees", value="-2*cos(3*psi)/3"),
                    ),
                ),
            }
        ),
        right=lambda: [
            ("-2*cos(3*psi)", "-2*(2*cos(psi) + cos(3*psi))/3"),
            ("6*cos(psi) - 8*cos(psi)**3", "2*cos(psi)*(1 - 4*cos(psi)**2)/3"),
            (lambda psi: -2 * math.cos(3 * psi), lambda psi: -2 / 3 * (2 * math.cos(psi) + math.cos(3 * psi))),
        ],
        wrong=lambda: [
            (("2", "-2*(2*cos(psi) + cos(3*psi))/3"), "mass: that is the mass"),
            (("2*cos(3*psi)", "0"), "mass: right but for the sign"),
            (("-2*cos(3*psi)", "2*(cos(psi) - cos(3*psi))/3"), "opposite: this is the weight"),
            (("-2*cos(3*psi)", "0"), "opposite: not yet"),
        ],
        moral="The form that proves the bound is the same for all angles beyond 120 degrees; only the weights change.",
        note="Open end: three cubes in space. certify proves or refuses every guess, so the search can be a game.",
        minutes=60,
    ),
)
