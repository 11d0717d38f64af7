"""Exercises on a fresh component: Lemmas 5 and 6."""

from __future__ import annotations

import math

from tdbook.exercises import usual
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Formula, Number, Parts

EXERCISES = (
    Exercise(
        label="ex-fresh-two",
        title="The sharp step for two columns",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "same": Formula(
                    "1/(l*n**2)",
                    {"l": (3, 9), "n": (0.5, 2.0)},
                    mistakes=(
                        usual.factor_missing(value="1/n**2"),
                        Mistake("this is one column alone: the other one adds to the norm of Q", value="2/(l*n**2)"),
                        Mistake("a factor 1 - ηl‖Q‖ may go down to -1, so ηl‖Q‖ may be 2", value="1/(2*l*n**2)"),
                        Mistake(
                            "switched columns have c = 1/n: the powers of n in b and in the inner product "
                            "leave n² in Q",
                            value="1/(l*n**(2*l-2))",
                        ),
                    ),
                ),
                "opposite": Formula(
                    "1/(l*n**2)",
                    {"l": (3, 9), "n": (0.5, 2.0)},
                    mistakes=(
                        Mistake(
                            "the off-diagonal entries change their sign; the largest eigenvalue does not change",
                            value="2/(l*n**2)",
                        ),
                        Mistake("a factor 1 - ηl‖Q‖ may be as low as -1", value="1/(2*l*n**2)"),
                    ),
                ),
            }
        ),
        right=lambda: [
            ("1/(l*n**2)", "1/(l*n**2)"),
            ("1/l/n^2", lambda l, n: 1 / (l * n * n)),
            {"same": "n**(-2)/l", "opposite": "1/(l*n*n)"},
        ],
        wrong=lambda: [
            (("1/(l*n**2)", "2/(l*n**2)"), "opposite:"),
            (("1/(l*n)", "1/(l*n**2)"), "same:"),
            (("1/(l*n**2)", ...), "still missing"),
            ("1/(l*n**2)", "as a tuple"),
        ],
        moral="Two columns that share a direction must take half the step of one.",
        note="Ask what happens for k equal columns before they compute two. The case of opposite signs is a good trap: "
        "Q has the same norm, and yet equal columns do not move.",
        minutes=10,
    ),
    Exercise(
        label="ex-fresh-circle",
        title="The hardest residual on the circle",
        level=Level.MEDIUM,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "rank_one": Number(
                    lambda: math.acos(0.3 ** (1 / 3)) / math.pi,
                    within=5e-3,
                    what="the chance for the cube",
                    mistakes=(
                        Mistake("solve cos³ = 0.3 for the cosine first", change=lambda _: math.acos(0.3) / math.pi),
                        Mistake(
                            "only one sign of the correlation helps: half of this",
                            change=lambda right: 2 * right,
                        ),
                        Mistake("the angle is counted on both sides of the axis", change=lambda right: right / 2),
                    ),
                ),
                "harmonic": Number(
                    lambda: math.acos(0.6) / math.pi,
                    within=5e-3,
                    what="the chance for Re z³",
                    mistakes=(
                        Mistake(
                            "the tensor of Re z³ has norm 2: divide by it", change=lambda _: math.acos(0.3) / math.pi
                        ),
                        Mistake(
                            "cos 3φ takes each value three times as often, on a third of the angle: no factor 3",
                            change=lambda right: right / 3,
                        ),
                        Mistake("its squared norm is 4: divide by the norm", change=lambda _: 0.0),
                    ),
                ),
            }
        ),
        right=lambda: [
            (math.acos(0.3 ** (1 / 3)) / math.pi, math.acos(0.6) / math.pi),
            ("0.2665", 0.2952),
            {"rank_one": 0.2665, "harmonic": "0.2952"},
        ],
        wrong=lambda: [
            ((0.4030, 0.2952), "rank_one: solve"),
            ((0.2665, 0.4030), "harmonic: the tensor"),
            ((0.5, 0.5), "not yet"),
            (0.2665, "2 answers"),
        ],
        moral="Near each other at 0.3; the order changes with the threshold.",
        note="Plot both laws. The zero of cos³ is flat, so small correlations are common for the cube.",
        minutes=20,
    ),
)
