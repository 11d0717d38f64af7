"""Exercises on what the paper opens."""

from __future__ import annotations

import math
from fractions import Fraction

from tdbook.exercises import usual
from tdbook.exercises.cubes import four_cubes, sign_cubes
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Formula, Number, Parts, Witness, Words
from tdbook.tensors import sources

FOUR = "(x+y+z)**3/24 - (x+y-z)**3/24 - (x-y+z)**3/24 + (x-y-z)**3/24"
TURN = {"t": (1.2, 5.0)}
BEYOND = {"psi": (1.1, 1.5)}  # radians, from 60 to 90 degrees

EXERCISES = (
    Exercise(
        label="ex-beyond-shrink",
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
        label="ex-beyond-angle",
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
        label="ex-beyond-first",
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
        label="ex-beyond-cube",
        title="What the raw cube computes",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Parts(
            {
                "one": Number(
                    Fraction(3, 2),
                    within=1e-3,
                    what="the weight of order 1",
                    mistakes=(
                        Mistake("that belongs to the activation y³: divide by 3!", value=9),
                        Mistake("the coefficient 3 enters with its square", value=Fraction(1, 2)),
                        Mistake("this is σ₁: the loss has its square", change=lambda right: math.sqrt(right)),
                    ),
                ),
                "three": Number(
                    1,
                    within=1e-3,
                    what="the weight of order 3",
                    mistakes=(
                        Mistake("that is the weight for y³ without the root of 3!", value=6),
                        Mistake(
                            "the mean square of He₃ is 3!, and the root in the activation takes just that out",
                            value=Fraction(1, 6),
                        ),
                    ),
                ),
                "fourth": Formula(
                    "24*rho**4 + 72*rho**2 + 9",
                    {"rho": (0.1, 0.9)},
                    mistakes=(
                        Mistake("y⁴ has lower orders as well", value="24*rho**4"),
                        Mistake("the mean square of He₂ is 2!", value="24*rho**4 + 36*rho**2 + 9"),
                        Mistake(
                            "order 0 is missing: what is left for orthogonal vectors?", value="24*rho**4 + 72*rho**2"
                        ),
                        Mistake("the coefficients of y⁴ enter with their squares", value="24*rho**4 + 12*rho**2 + 3"),
                    ),
                ),
            }
        ),
        points=(
            "the power is written in Hermite polynomials: y³ = He₃ + 3 He₁ and y⁴ = He₄ + 6 He₂ + 3;",
            "the mean of a product of different orders is zero;",
            "He_k has the mean square k!, so a coefficient b of He_k contributes b² k! times the k-th power of ⟨u, w⟩.",
        ),
        right=lambda: [
            ("3/2", 1, "24*rho**4 + 72*rho**2 + 9"),
            (1.5, 1.0, lambda rho: 9 + 72 * rho**2 + 24 * rho**4),
            {"one": Fraction(3, 2), "three": 1, "fourth": "24*ρ^4 + 72*ρ^2 + 9"},
        ],
        wrong=lambda: [
            ((9, 6, "24*rho**4 + 72*rho**2 + 9"), "one: that belongs"),
            ((1.5, 1, "24*rho**4 + 72*rho**2"), "fourth: order 0"),
            ((1.5, 1), "3 answers"),
        ],
        moral="A raw power is a mixture of orders of one parity; at ⟨u, w⟩ = 1 the sums are 15 and 105.",
        note="The check at ⟨u, w⟩ = 1 (moments of a Gaussian) finds nearly every slip; let them find it.",
        minutes=20,
    ),
    Exercise(
        label="ex-beyond-odds",
        title="The odds of the race",
        level=Level.MEDIUM,
        sort=Sort.BREAK,
        judge=Parts(
            {
                "first": Formula(
                    "1/4 + atan(t)/(2*pi)",
                    TURN,
                    mistakes=(
                        Mistake(
                            "one quadrant only: where else is the first rate the larger one?", value="atan(t)/(2*pi)"
                        ),
                        Mistake("tan θ is below τ₁/τ₂, not below τ₂/τ₁", value="1/4 + atan(1/t)/(2*pi)"),
                        Mistake("a share of the whole circle, not of the half", value="1/2 + atan(t)/pi"),
                    ),
                ),
                "second": Formula(
                    "1/2 - atan(t)/(2*pi)",
                    TURN,
                    mistakes=(
                        Mistake("the second quadrant is missing: there only e₂ can win", value="1/4 - atan(t)/(2*pi)"),
                        Mistake("this leaves nothing for the columns that end nowhere", value="3/4 - atan(t)/(2*pi)"),
                    ),
                ),
                "nowhere": Number(
                    Fraction(1, 4),
                    within=1e-3,
                    what="the chance of ending nowhere",
                    mistakes=(
                        Mistake("at l = 3 a rate has the sign of its coordinate: can both be negative?", value=0),
                        Mistake("one negative rate is not enough: the other may be positive", value=Fraction(3, 4)),
                    ),
                ),
                "fourth": Formula(
                    "2*atan(sqrt(t))/pi",
                    TURN,
                    mistakes=(
                        Mistake(
                            "at l = 4 the sign of a coordinate does not matter", value="1/4 + atan(sqrt(t))/(2*pi)"
                        ),
                        Mistake("cos² stands against sin²: the tangent enters with its square", value="2*atan(t)/pi"),
                        Mistake("nothing has changed? The rates are τ w² now", value="1/4 + atan(t)/(2*pi)"),
                    ),
                ),
            }
        ),
        right=lambda: [
            ("1/4 + atan(t)/(2*pi)", "1/2 - atan(t)/(2*pi)", "1/4", "2*atan(sqrt(t))/pi"),
            ("(pi/2 + arctan(t))/(2*pi)", "(pi - arctan(t))/(2*pi)", 0.25, lambda t: 2 * math.atan(t**0.5) / math.pi),
        ],
        wrong=lambda: [
            (("atan(t)/(2*pi)", "1/2 - atan(t)/(2*pi)", 0.25, "2*atan(sqrt(t))/pi"), "first: one quadrant"),
            (("1/4 + atan(t)/(2*pi)", "1/2 - atan(t)/(2*pi)", 0, "2*atan(sqrt(t))/pi"), "nowhere: at l = 3"),
            (("1/4 + atan(t)/(2*pi)", "1/2 - atan(t)/(2*pi)", 0.25, "2*atan(t)/pi"), "fourth: cos²"),
            ("1/4", "as a tuple"),
        ],
        moral="At an even order nobody loses, and at an odd one a quarter does, until a redraw.",
        note="Most often missed: at l = 4 the chance of ending nowhere is zero for a = +1, and one for a = -1.",
        minutes=20,
    ),
    Exercise(
        label="ex-beyond-product",
        title="A product of three variables",
        level=Level.MEDIUM,
        sort=Sort.COMPUTE,
        judge=Witness(four_cubes, "four cubes as (weights, forms), or their sum as a formula in x, y, z"),
        right=lambda: [
            sign_cubes(),
            FOUR,
            [[Fraction(-w) for w in sign_cubes()[0]], [[-f for f in form] for form in sign_cubes()[1]]],
        ],
        wrong=lambda: [
            (sources.polarized({(1, 1, 1): 1})[:2], "7 cubes: four are enough"),
            (sign_cubes(4), "a multiple of xyz"),
            (sign_cubes(alike=True), "other monomials"),
            (([float(w) for w in sign_cubes()[0]], sign_cubes()[1]), "not decimals"),
            ("x*y*z", "times a cube"),
            ("a*b*c", "in x, y and z"),
            ((1, 2), "raised"),
        ],
        moral="Four is the least number: xyz is no sum of three cubes.",
        note="The four directions are not unique: stretch the axes, and there is a family of answers.",
        minutes=15,
    ),
    Exercise(
        label="ex-beyond-noise",
        title="Forget the noise",
        level=Level.MEDIUM,
        sort=Sort.BREAK,
        judge=Parts(
            {
                "worst": Words(
                    "probabilities",
                    {
                        "directions": "compare the cosines of the three centres with 1",
                        "lengths": "they are off by less than a tenth: what is off by a third?",
                    },
                ),
                "span": Number(
                    2,
                    within=0,
                    what="the dimension that the centred centres span",
                    mistakes=(
                        Mistake("after centring they satisfy a linear equation: which one?", value=3),
                        Mistake("three points lie on a line only by accident", value=1),
                        Mistake("that is where the samples live, not the centres", value=20),
                    ),
                ),
            }
        ),
        right=lambda: [("probabilities", 2), ("Probabilities", "2"), {"worst": "probabilities", "span": 2.0}],
        wrong=lambda: [
            (("directions", 2), "worst: compare the cosines"),
            (("probabilities", 3), "span: after centring"),
            (("everything", 2), "worst: hand in one of"),
            ("probabilities", "as a tuple"),
        ],
        moral="A probability is a quotient of powers of two moments: it feels the error of both.",
        note="Have them write down the prediction first. Directions look safe, but the fourth atom has one as well.",
        minutes=20,
    ),
    Exercise(
        label="ex-beyond-mass",
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
