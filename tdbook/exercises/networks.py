"""Exercises on networks and deflation."""

from __future__ import annotations

import math
from fractions import Fraction

from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Formula, Number, Parts

TURN = {"t": (1.2, 5.0)}

EXERCISES = (
    Exercise(
        label="ex-networks-cube",
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
        label="ex-networks-odds",
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
)
