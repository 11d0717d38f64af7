"""Exercises on how many components are enough."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.stats import binom

import tdbook
from tdbook.decomposition import local_search
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Formula, Function, Number, Parts, Proof, Step, Witness
from tdbook.experiments import grid, smallest
from tdbook.validation import Array


@lru_cache(maxsize=8)
def smallest_components(dimension: int, rank: int, accuracy: float, kind: str) -> int:
    """The smallest m with which 9 of 10 runs of order 3, one epoch of 400 iterations in law, reach the accuracy."""
    cells = grid(3, dimension, rank, 1, accuracy, kind, seed=0, epochs=1, iterations=400, in_law=True)
    return int(smallest(cells, limit=40, seeds=10, needed=9, jobs=1, progress=False)[0].components or 0)


def passes(chance: float, needed: int = 18, seeds: int = 20) -> float:
    """How often at least ``needed`` of the seeds succeed when each does with this chance."""
    return float(binom.sf(needed - 1, seeds, chance))


def _householder(X: Array, normal: Callable[[Array], Array]) -> Array:
    v = normal(np.linalg.qr(X, mode="complete")[0][:, -1])
    return np.eye(len(v)) - 2.0 * np.outer(v, v)


def _towards(z: Array, sign: float) -> Array:
    v = z.copy()
    v[-1] += sign * np.copysign(1.0, z[-1])
    return v


def _unit(v: Array) -> Array:
    return v / np.linalg.norm(v)


def reflection(X: Array) -> Array:
    """I - 2 v v^T, shape (m + 1, m + 1): it frees the last coordinate of the columns of X, shape (m + 1, m)."""
    return _householder(X, lambda z: _unit(_towards(z, 1.0)))


def _columns(rng: np.random.Generator) -> tuple[Array]:
    m = int(rng.integers(2, 6))
    X = rng.standard_normal((m + 1, m))
    X[-1] *= rng.choice([1.0, 1e-2])  # columns that hardly use the last axis: z is near it
    return (X,)


KINDS = ("generic", "orthogonal", "correlated", "close-pairs")
_ALIKE = ("correlated", "close-pairs")
# Counts from ten seeds scatter by this much.
_SCATTER = 3


def _ranking(answer: Any) -> str:
    parts = answer.split(",") if isinstance(answer, str) else list(answer)
    names = [str(part).strip().casefold().replace(" ", "-") for part in parts]
    if sorted(names) != sorted(KINDS):
        return f"each of the four kinds once, by its name: {', '.join(KINDS)}"
    counts = [smallest_components(1000, 4, 0.05, name) for name in names]
    if all(counts[i] <= counts[j] + _SCATTER for i in range(4) for j in range(i + 1, 4)):
        return ""
    if names[0] not in _ALIKE:
        return (
            f"{names[0]} components are easily told apart, but each has to be hit by itself: "
            "is that easy for a single epoch?"
        )
    return "what can one component do for two that are alike, when an error of 0.05 is allowed?"


@lru_cache(maxsize=1)
def reached_at_order_three() -> int:
    """How many of 8 local searches from random directions reach 0.05, at order 3, d = 1000, r = 3, m = 12."""
    targets = [tdbook.random_target(1000, 3, 3, rng=seed) for seed in range(8)]
    return sum(local_search(T, 12, seed).distance(T) <= 0.05 for seed, T in enumerate(targets))


EXERCISES = (
    Exercise(
        label="ex-enough-accuracy",
        title="Four times as accurate",
        level=Level.MEDIUM,
        sort=Sort.BREAK,
        judge=Parts(
            {
                "coarse": Number(
                    lambda: smallest_components(10**4, 2, 0.2, "generic"),
                    within=0,
                    what="the smallest m at accuracy 0.2",
                    mistakes=(
                        Mistake("that is the rank, enough with restarts; one epoch must hit both at once", value=2),
                        Mistake("one component cannot come within 0.2 of two directions", value=1),
                    ),
                ),
                "fine": Number(
                    lambda: smallest_components(10**4, 2, 0.05, "generic"),
                    within=0,
                    what="the smallest m at accuracy 0.05",
                    mistakes=(
                        Mistake("this is what ε⁻⁵ would predict: now run it", change=lambda right: right * 4**5),
                        Mistake("four times as accurate, four times as many? Run it", change=lambda right: right * 4),
                        Mistake("is this a count of K = 30 epochs? A single one is asked for", value=2),
                    ),
                ),
            }
        ),
        right=lambda: [
            tuple(smallest_components(10**4, 2, accuracy, "generic") for accuracy in (0.2, 0.05)),
            [float(smallest_components(10**4, 2, accuracy, "generic")) for accuracy in (0.2, 0.05)],
        ],
        wrong=lambda: [
            ((2, 2), "coarse: that is the rank"),
            ((smallest_components(10**4, 2, 0.2, "generic"), 6144), "fine: this is what"),
            ((30, 30), "too large"),
            (6, "2 answers"),
        ],
        moral="Accuracy is not what takes components: finding the directions is.",
        note="Ask for the prediction in writing first. Those who trust the theorem say a thousand times as many.",
        minutes=20,
    ),
    Exercise(
        label="ex-enough-sure",
        title="How sure is 18 of 20?",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "weak": Number(
                    lambda: passes(0.8),
                    within=5e-3,
                    what="how often an m with success probability 0.8 passes",
                    mistakes=(
                        Mistake("more than 18 are too many to ask: 18 is enough", change=lambda _: passes(0.8, 19)),
                        Mistake(
                            "exactly 18: with 19 or 20 an m passes as well",
                            change=lambda _: passes(0.8) - passes(0.8, 19),
                        ),
                        Mistake("this is how often it is given up", change=lambda _: 1 - passes(0.8)),
                        Mistake("all twenty succeed: two failures are allowed", change=lambda _: passes(0.8, 20)),
                    ),
                ),
                "strong": Number(
                    lambda: passes(0.95),
                    within=5e-3,
                    what="the same for 0.95",
                    mistakes=(
                        Mistake("off by one: are 18 successes counted here?", change=lambda _: passes(0.95, 19)),
                        Mistake("the other side: how often is this m given up?", change=lambda _: 1 - passes(0.95)),
                        Mistake(
                            "that is one way to have 18 successes; count the places of the failures",
                            change=lambda _: 0.95**18,
                        ),
                    ),
                ),
            }
        ),
        right=lambda: [(passes(0.8), passes(0.95)), ("0.206", 0.925), {"strong": 0.9245, "weak": 0.2061}],
        wrong=lambda: [
            ((passes(0.8, 19), 0.92), "weak: more than 18"),
            ((0.206, 0.95), "strong: very near"),
            ((20.6, 92.5), "too large"),
            (0.206, "2 answers"),
        ],
        moral="The rule draws its line near 0.9, and not sharply: the smallest m is a little too small on average.",
        note="Let them compute how often one of three candidates of 0.8 passes: nearly half of the time.",
        minutes=10,
    ),
    Exercise(
        label="ex-enough-free",
        title="The free direction",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Function(
            reflection,
            _columns,
            call="reflection(X) with the m columns of X in m + 1 coordinates",
            trials=8,
            mistakes=(
                Mistake(
                    "right in exact arithmetic, but here two nearly equal vectors may be subtracted: which sign adds?",
                    value=lambda X: _householder(X, lambda z: _unit(_towards(z, -1.0))),
                ),
                Mistake(
                    "v is not of unit length, so this is no reflection: test it on the product with its transpose",
                    value=lambda X: _householder(X, lambda z: _towards(z, 1.0)),
                ),
                Mistake(
                    "this takes z to -z and leaves the columns as they are", value=lambda X: _householder(X, _unit)
                ),
            ),
        ),
        points=(
            "m vectors do not span m + 1 dimensions, so z exists;",
            "the reflection takes z to the last axis, up to the sign;",
            "it is symmetric and keeps inner products, so the last coordinate of a column is its product with z: zero;",
            "with the plus sign the length of z + sgn(z) e is at least √2.",
        ),
        right=lambda: [
            reflection,
            lambda X: reflection(2.0 * X),
            lambda X: reflection(X).tolist(),
        ],
        wrong=lambda: [
            (lambda X: -reflection(X), "sign"),
            (lambda X: reflection(X) @ X, "shape"),
            (lambda X: np.eye(len(X)), "entries"),
            (np.eye(3), "the function itself"),
        ],
        moral="A reflection costs no more than a product with one vector, and loses no digits.",
        note="Ask what happens when the columns have rank below m: z is not unique, and any will do.",
        minutes=20,
    ),
    Exercise(
        label="ex-enough-chi",
        title="A Gaussian in a basis",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Proof(
            (
                Step("Q is completed to an orthogonal matrix O; the law of g is that of O^T g, for every fixed O."),
                Step(
                    "Each entry of Q^T g is a sum of d independent numbers, hence normal for large d.",
                    "the claim is exact for every d, and no limit is needed",
                ),
                Step("The first p entries of O^T g are Q^T g, and the length of the others is that of g - Q Q^T g."),
                Step(
                    "The entries of Q^T g are uncorrelated, and numbers that are uncorrelated are independent.",
                    "x and x² - 1 are uncorrelated for a normal x: more than that has to be known",
                ),
                Step("The other d - p entries are standard normal and independent of the first p: their length is χ."),
                Step(
                    "Q may depend on g, as long as its columns stay orthonormal.",
                    "take p = 1 and Q = g/‖g‖: what is left of g?",
                ),
                Step("A fresh column is independent of the target, the start and the earlier redraws that make Q."),
            )
        ),
        right=lambda: ["ACEG", "a c e g", ["A", "C", "E", "G"], {"G", "C", "A", "E"}],
        wrong=lambda: [("ACE", "lacking"), ("ABCEG", "lacking"), ("ACDE", "lacking"), (4, "letters")],
        moral="So a run in law needs p normal numbers and one length for a fresh column, whatever d is.",
        note="The last step is forgotten most, and it is what makes the whole run, not one draw, exact in law.",
        minutes=15,
    ),
    Exercise(
        label="ex-enough-harder",
        title="Which is harder?",
        level=Level.MEDIUM,
        sort=Sort.BREAK,
        judge=Witness(_ranking, "the four kinds from the easiest to the hardest, as a list of their names"),
        right=lambda: [
            ["close-pairs", "correlated", "orthogonal", "generic"],
            ("correlated", "close pairs", "generic", "orthogonal"),
            "close-pairs, correlated, orthogonal, generic",
        ],
        wrong=lambda: [
            (["orthogonal", "generic", "correlated", "close-pairs"], "hit by itself"),
            (["correlated", "generic", "orthogonal", "close-pairs"], "two that are alike"),
            (["generic", "orthogonal"], "each of the four"),
            (13, "raised"),
        ],
        moral="What makes components alike makes the task smaller, at a given accuracy.",
        note="Most put close pairs last: they are hard to tell apart, but nobody asks for that at an error of 0.05.",
        minutes=20,
    ),
    Exercise(
        label="ex-enough-local",
        title="Order three is kinder",
        level=Level.RESEARCH,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "exponent": Formula(
                    "l - 1",
                    {"l": (3, 9)},
                    mistakes=(
                        Mistake("that is how the loss leaves its value at zero; the gradient is its derivative", "l"),
                        Mistake("the 2-homogeneous model has this power; here there is no coefficient 1/‖u‖", "1"),
                        Mistake("this is the Hessian: one derivative too many", "l - 2"),
                    ),
                ),
                "reached": Number(
                    reached_at_order_three,
                    within=0,
                    what="how many of the 8 searches of order 3 reach 0.05",
                    mistakes=(
                        Mistake("this is the count of order 4 in the picture: change the order", value=2),
                        Mistake("with SciPy's tolerances, and at order 3?", value=7),
                    ),
                ),
            }
        ),
        right=lambda: [
            ("l - 1", reached_at_order_three()),
            (lambda l: l - 1, float(reached_at_order_three())),
            {"reached": str(reached_at_order_three()), "exponent": "-1 + l"},
        ],
        wrong=lambda: [
            (("l", 8), "exponent: that is how the loss"),
            (("l - 1", 2), "order 4"),
            (("l - 1", 100), "too large"),
            (8, "2 answers"),
        ],
        moral="Near zero a tolerance still sees the gradients of order 3; with 2-homogeneity it does at any order.",
        note="Open end: at order 4, which tolerance is enough at d = 1000, and how does it have to fall with d?",
        minutes=45,
    ),
)
