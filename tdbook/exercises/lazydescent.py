"""Exercises on real descent at a large output scale."""

from __future__ import annotations

import numpy as np

from tdbook import lazy
from tdbook.exercises import usual
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Function, Number, Parts
from tdbook.exercises.spans import (
    fan_power,
    floors,
)

EXERCISES = (
    Exercise(
        label="ex-lazydescent-clock",
        title="How long is the plateau?",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "scale": Number(
                    lambda: 16,
                    what="the factor for four times the output scale",
                    mistakes=(
                        Mistake("slow time is ηk/α²: the scale enters by its square", value=4),
                        Mistake("that is the square of two, and the scale grows by four", value=8),
                        Mistake("a larger scale makes the plateau longer, not shorter", value=1 / 16),
                    ),
                ),
                "step": Number(
                    lambda: 32,
                    what="the factor if the step size is halved as well",
                    mistakes=(
                        Mistake("half the step size takes more steps for the same slow time", value=8),
                        Mistake("the step size enters slow time too", value=16),
                    ),
                ),
            }
        ),
        right=lambda: [(16, 32), ("16", 32.0), {"scale": 16, "step": 32}],
        wrong=lambda: [
            ((4, 32), "scale: slow time"),
            ((16, 8), "step: half the step size"),
            (16, "2 answers"),
        ],
        moral="In slow time nothing changes: four times the scale is sixteen times the steps.",
        note="Ask what the factor means for somebody who trains for a fixed number of steps.",
        minutes=10,
    ),
    Exercise(
        label="ex-lazydescent-pairs",
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
