"""Exercises on tensors without their entries."""

from __future__ import annotations

import math
from itertools import count
from typing import Any

import numpy as np

import tdbook
from tdbook.exercises import usual
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Function, Number, Proof, Step, Witness
from tdbook.tensors import (
    DenseSymmetric,
    SymmetricCP,
    SymmetricTensor,
    integer_power,
    random_unit_vectors,
    symmetric_dimension,
)


def _power(degrees: float, order: int) -> SymmetricCP:
    angle = math.radians(degrees)
    return SymmetricCP([1.0], [[math.cos(angle)], [math.sin(angle)]], order)


def first_order_below(cosine: float) -> int:
    """The first l at which the powers of two unit vectors 60 degrees apart have a cosine below the given one."""
    return next(l for l in count(2) if _power(0, l).inner(_power(60, l)) < cosine)


def gradient(tensor: SymmetricTensor, x: Any) -> np.ndarray:
    """The gradient of x -> T(x, ..., x), shape of x."""
    return tensor.order * tensor.contract(x)


def _tensor_and_point(rng: np.random.Generator) -> tuple[SymmetricTensor, np.ndarray]:
    order = int(rng.integers(3, 6))
    tensor = tdbook.random_target(4, 3, order, rng=rng)
    # a symmetric array as well, so that nothing but symmetry can have been used
    given: SymmetricTensor = tensor if rng.random() < 0.5 else DenseSymmetric(tensor.to_dense())
    return given, rng.standard_normal((4, 1))


def rank_in_the_plane(m: int, order: int) -> int:
    """The rank of the l-th powers of m vectors of the plane, no two of them parallel."""
    angles = np.pi * np.arange(m) / m
    U = np.vstack([np.cos(angles), np.sin(angles)])
    return int(np.linalg.matrix_rank(integer_power(U.T @ U, order), tol=1e-9))


def _negative(pair: Any) -> str:
    T, S = pair
    if not (isinstance(T, SymmetricTensor) and isinstance(S, SymmetricTensor)):
        return "two tensors of the library are wanted, such as SymmetricCP"
    square = T.inner(T) - 2 * T.inner(S) + S.inner(S)
    if square < 0:
        return ""
    distance = T.distance(S)
    if distance == 0:
        return "these are one tensor: move it a little"
    if distance > 1e-7 * T.norm():
        return "too far apart: a relative distance above 1e-8 is seen by the inner products"
    return "near enough, but this time rounding fell on the other side: try other vectors"


def _negative_pairs() -> list[Any]:
    for seed in count():
        u, v = random_unit_vectors(50, 2, np.random.default_rng(seed)).T
        T, S = (SymmetricCP([1.0], w[:, None], order=3) for w in (u, u + 1e-12 * v))
        if T.inner(T) - 2 * T.inner(S) + S.inner(S) < 0:
            return [(T, S), [T, S]]
    raise AssertionError("unreachable")


def _apart(t: float) -> tuple[SymmetricCP, SymmetricCP]:
    return SymmetricCP([1.0], [[1.0], [0.0]], 3), SymmetricCP([1.0], [[1.0], [t]], 3)


def _weighted(rng: np.random.Generator) -> tuple[float, float, int]:
    # negative k and even l are in, or a lost sign would go unseen
    return float(rng.uniform(0.5, 2.0)), float(rng.choice([-3.0, -2.0, 2.0, 3.0])), int(rng.integers(3, 6))


# where 2^-l = 0.01
LOGARITHM = math.log(0.01) / math.log(0.5)

EXERCISES = (
    Exercise(
        label="ex-tensors-angle",
        title="How quickly powers become orthogonal",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Number(
            lambda: first_order_below(0.01),
            within=0,
            what="the first order, a whole number",
            mistakes=(
                Mistake("look again at l = 6: 1/64 is still above 0.01", value=6),
                Mistake("60 was taken for radians: convert it first", value=1),
                Mistake("the logarithm is right; the order is the first whole number from there on", value=LOGARITHM),
            ),
        ),
        right=lambda: [7, 7.0, np.int64(7), "7", np.array([7])],
        wrong=lambda: [
            (6, "1/64"),
            (8, "too large"),
            ("seven", "symbols"),
            (LOGARITHM, "whole number"),
            (True, "True"),
        ],
        moral="In high order all tensors of few components look orthogonal, and so does every poor guess.",
        note="Many say that nearly orthogonal components make the problem easy. Ask what the power does to a guess.",
        minutes=5,
    ),
    Exercise(
        label="ex-tensors-gradient",
        title="The gradient of the polynomial",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Function(
            gradient,
            _tensor_and_point,
            call="gradient(T, x) with a symmetric tensor T and x of shape (d, 1)",
            mistakes=(
                usual.factor_missing(value=lambda T, x: T.contract(x)),
                Mistake(
                    "the power of x left over is l - 1, and the factor is l: it is not the other way round",
                    value=lambda T, x: (T.order - 1) * T.contract(x),
                ),
                Mistake(
                    "this is T(x, …, x) times x: the open place of the contraction has been filled with x",
                    value=lambda T, x: T.order * T.evaluate(x) * x,
                ),
            ),
        ),
        points=(
            "T(x + tv, …, x + tv) is expanded by linearity in each place;",
            "the terms of first order in t are counted: one for each place in which v can stand;",
            "symmetry makes these terms equal, and this is the only place where it is used.",
        ),
        right=lambda: [gradient, lambda T, x: T.order * T.contract(x)],
        wrong=lambda: [
            (lambda T, x: T.contract(x), "factor l is missing"),
            (lambda T, x: -gradient(T, x), "sign"),
            (lambda T: T, "TypeError"),
            (lambda T, x: None, "return"),
            (lambda T, x: gradient(T, x).T, "transposed"),
            (np.ones((4, 1)), "the function itself"),
        ],
        moral="Without symmetry the gradient is a sum of l different contractions.",
        note="The proof by components of powers is often handed in; it proves less, until the next exercise is done.",
        minutes=15,
    ),
    Exercise(
        label="ex-tensors-powers",
        title="Powers are enough",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Proof(
            (
                Step("A subspace is the whole space if no vector but 0 is orthogonal to it."),
                Step(
                    "The powers of an orthonormal basis span the symmetric tensors.",
                    "there are d of them, and the space has more dimensions from d = l = 2 on",
                ),
                Step("If S is orthogonal to all powers, the polynomial S(x, …, x) vanishes for every x."),
                Step(
                    "A polynomial that vanishes on an orthonormal basis is zero.",
                    "x₁x₂ vanishes on e₁ and e₂",
                ),
                Step("A polynomial that vanishes everywhere has only zero coefficients."),
                Step(
                    "Every symmetric tensor has an orthogonal decomposition, like a symmetric matrix.",
                    "from order 3 on hardly any does: d orthogonal components have too few parameters",
                ),
                Step("A coefficient of S(x, …, x) is an entry of S times the number of its rearrangements."),
            )
        ),
        right=lambda: ["ACEG", "a, c, e, g", ["A", "C", "E", "G"], {"G", "E", "C", "A"}],
        wrong=lambda: [("ACE", "lacking"), ("ABCEG", "lacking"), ("XY", "letters"), (17, "letters")],
        moral="D powers suffice for every symmetric tensor; most need far fewer.",
        note="Step G is the one that is forgotten: it fails over a field in which l! = 0.",
        minutes=20,
    ),
    Exercise(
        label="ex-tensors-independent",
        title="When powers are independent",
        level=Level.RESEARCH,
        sort=Sort.PROVE,
        judge=Function(
            rank_in_the_plane,
            lambda rng: (int(rng.integers(2, 8)), int(rng.integers(1, 8))),
            call="rank(m, l)",
            trials=12,
            mistakes=(
                Mistake("what does D become for d = 2? It is not l", value=lambda m, l: min(m, l)),
                Mistake("for small l the space has no room for m independent tensors", value=lambda m, l: m),
                Mistake("m tensors have at most rank m", value=lambda m, l: symmetric_dimension(2, l)),
            ),
        ),
        points=(
            "for each k there is a tensor that is orthogonal to all powers but the k-th;",
            "it is built from one vector for each j ≠ k, so that l ≥ m - 1 places are enough;",
            "in the plane D = l + 1 bounds the rank from above.",
        ),
        right=lambda: [rank_in_the_plane, lambda m, l: min(m, l + 1), lambda m, l: np.minimum(m, l + 1.0)],
        wrong=lambda: [(lambda m, l: min(m, l), "D become"), (lambda m, l: min(m, l + 2), "too large")],
        moral="In the plane the powers are as independent as there is room for, whatever the vectors.",
        note="Let them find the rule from the table of ranks before they prove it. Ask next: what for d = 3?",
        minutes=40,
    ),
    Exercise(
        label="ex-tensors-negative",
        title="A negative squared distance",
        level=Level.MEDIUM,
        sort=Sort.BREAK,
        judge=Witness(_negative, "a pair (T, S) of tensors whose squared distance comes out negative"),
        right=_negative_pairs,
        wrong=lambda: [(_apart(0.1), "too far"), (_apart(0.0), "one tensor"), (3, "raised"), ((1, 2), "library")],
        moral="What is computed there is rounding, and rounding has no sign.",
        note="Clipping at zero is the usual proposal. It hides the problem: the optimiser then sees a perfect fit.",
        minutes=10,
    ),
    Exercise(
        label="ex-tensors-scaling",
        title="The same name for different tensors",
        level=Level.EASY,
        sort=Sort.BREAK,
        judge=Function(
            lambda w, k, l: w * k**-l,
            _weighted,
            call="weight(w, k, l)",
            mistakes=(
                Mistake("the length goes up, so the weight has to go down", value=lambda w, k, l: w * k**l),
                Mistake("the vector stands l times in its power", value=lambda w, k, l: w / k),
                Mistake("a sign is lost: try k = -1 and l = 3", value=lambda w, k, l: w * abs(k) ** -l),
            ),
        ),
        right=lambda: [lambda w, k, l: w / k**l, lambda w, k, l: np.array([w]) * float(k) ** (-l)],
        wrong=lambda: [(lambda w, k, l: w, "not"), (0.125, "the function itself")],
        moral="One tensor, many names: the chapter on the objective shows what gradient descent makes of that.",
        note="With integers, k**-l is a float in Python and an error in NumPy: let them meet it.",
        minutes=5,
    ),
)
