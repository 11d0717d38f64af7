"""Exercises on polynomials and samples."""

from __future__ import annotations

from fractions import Fraction

from tdbook.exercises.cubes import four_cubes, sign_cubes
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Number, Parts, Witness, Words
from tdbook.tensors import sources

FOUR = "(x+y+z)**3/24 - (x+y-z)**3/24 - (x-y+z)**3/24 + (x-y-z)**3/24"

EXERCISES = (
    Exercise(
        label="ex-sources-product",
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
        label="ex-sources-noise",
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
)
