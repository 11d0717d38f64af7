"""Exercises on how little the loss rises."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

import tdbook
from tdbook.descent import practical_settings
from tdbook.exercises import usual
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Array as ArrayJudge
from tdbook.exercises.judges import Formula, Function, Number, Parts, Witness
from tdbook.lemmas import curvature_constant, epochs, lemma3
from tdbook.lemmas.rise import boosts, weighted_norm
from tdbook.objectives import Parameters, frozen_gradient, loss, model, tied_gradient
from tdbook.tensors import SymmetricCP, SymmetricTensor, random_unit_vectors
from tdbook.validation import Array


def _across(pair: Any) -> str:
    point, target = pair
    if not (isinstance(point, Parameters) and isinstance(target, SymmetricTensor)):
        return "a pair is wanted: Parameters, and a tensor of the library"
    if target.order < 3:
        return "at order 2 there is one gradient only: take l = 3 or more"
    G = frozen_gradient(point, target, 0.0)
    square = float(np.vdot(G, G))
    if square < 1e-18:
        return "G vanishes here, so both sides are zero and nothing is shown"
    ratio = float(np.vdot(tied_gradient(point, target, 0.0), G)) / square
    if abs(ratio - 1) < 1e-9:
        return ""
    if abs(ratio - 2 / target.order) < 1e-9:
        return "here G is radial: that is the end 2/l, and the other one is wanted"
    return f"the quotient of the two sides is {ratio:.3f} here: a part of some g_i is along u_i"


def _direction(order: int = 3) -> tuple[SymmetricCP, Array]:
    """A target and a unit column, in general position."""
    rng = np.random.default_rng(0)
    return tdbook.random_target(4, 2, order, rng=rng), random_unit_vectors(4, 1, rng)


def _with_only_the_length_right(order: int) -> tuple[Parameters, SymmetricCP]:
    # T*(u, ..., u) = 1 is what makes a unit column of weight 1 keep its length
    target, u = _direction(order)
    return Parameters.two_homogeneous(u, [1.0]), target.scaled(1.0 / float(target.evaluate(u)[0]))


def _alone(length: float) -> tuple[Parameters, SymmetricCP]:
    return Parameters.two_homogeneous([[length], [0.0]], [1.0]), SymmetricCP([1.0], [[1.0], [0.0]], 3)


def terms(point: Parameters, target: SymmetricTensor, lam: float, eta: float) -> Array:
    """The three terms of M in Lemma 3, in their order, shape (3,)."""
    G = frozen_gradient(point, target, lam)
    return _terms(point, target, lam, eta, _mean(point, target, lam), float(np.vdot(G, G)))


def _mean(point: Parameters, target: SymmetricTensor, lam: float) -> float:
    squares = np.sum(frozen_gradient(point, target, lam) ** 2, axis=0)
    return float(boosts(point, target.order) @ squares / squares.sum())


def _terms(point: Parameters, target: SymmetricTensor, lam: float, eta: float, boost: float, square: float) -> Array:
    order, bend = target.order, curvature_constant(target.order) * boost
    distance = model(point, order).distance(target)
    length = math.sqrt(max(4, order)) * weighted_norm(point, order) + bend * eta * math.sqrt(square) / 2
    return np.array([bend * distance / 2, length**2 / 2, lam])


def _largest(point: Parameters, target: SymmetricTensor, lam: float, eta: float) -> Array:
    G = frozen_gradient(point, target, lam)
    return _terms(point, target, lam, eta, float(boosts(point, target.order).max()), float(np.vdot(G, G)))


def _plain_mean(point: Parameters, target: SymmetricTensor, lam: float, eta: float) -> Array:
    G = frozen_gradient(point, target, lam)
    return _terms(point, target, lam, eta, float(boosts(point, target.order).mean()), float(np.vdot(G, G)))


def _flat(point: Parameters, target: SymmetricTensor, lam: float, eta: float) -> Array:
    found = terms(point, target, lam, eta)
    found[1] = max(4, target.order) * weighted_norm(point, target.order) ** 2 / 2
    return found


def _unboosted(point: Parameters, target: SymmetricTensor, lam: float, eta: float) -> Array:
    found = terms(point, target, lam, eta)
    length = math.sqrt(2 * found[1]) - math.sqrt(max(4, target.order)) * weighted_norm(point, target.order)
    found[1] = (math.sqrt(max(4, target.order) * float(np.sum(point.norms**2))) + length) ** 2 / 2
    return found


def _whole(point: Parameters, target: SymmetricTensor, lam: float, eta: float) -> Array:
    return terms(point, target, lam, eta) * np.array([2.0, 1.0, 1.0])


def _point(rng: np.random.Generator) -> tuple[Parameters, SymmetricTensor, float, float]:
    target = tdbook.random_target(5, 2, int(rng.integers(3, 6)), rng=rng)
    U = random_unit_vectors(5, 4, rng) * rng.uniform(0.2, 0.6, 4)
    point = Parameters.two_homogeneous(U, rng.choice([-1.0, 1.0], 4), rng.uniform(1.0, 2.0, 4))
    return point, target, float(rng.uniform(0.2, 0.5)), float(rng.uniform(0.2, 0.5))


def _below(answer: Any) -> str:
    point, target, lam, eps = answer
    if not (isinstance(point, Parameters) and isinstance(target, SymmetricTensor)):
        return "first the point, Parameters, then the target, then λ and ε"
    if not (lam > 0 and eps > 0):
        return "λ and ε are positive"
    distance, value = model(point, target.order).distance(target), loss(point, target, lam)
    if distance < eps:
        return "here the residual is below ε already: the run would have ended"
    if distance**2 / 2 >= eps**2:
        return "half of ‖R‖² alone is above ε² here: how large may ‖R‖ be, at most?"
    if value >= eps**2:
        return "without the regulariser f would be below ε² here: make its part smaller"
    return ""


def _counterexample(eps: float, length: float = 1e-3, lam: float = 0.01) -> tuple[Any, ...]:
    return (*_alone(length), lam, eps)


@lru_cache(maxsize=1)
def _quartic_steps() -> tuple[tuple[int, int, bool, bool], ...]:
    """(epoch, iteration, whether Lemma 3's inequality holds, whether its hypothesis does) in the run of order 4."""
    target = tdbook.random_target(dimension=6, rank=3, order=4, rng=0)
    settings = practical_settings(target, components=12, accuracy=0.1, epochs=2, iterations=100)
    found = []
    for epoch in epochs(target, settings, rng=0):
        for state in epoch.states[:-1]:
            check = lemma3(state.parameters, target, settings.regularization, settings.step_size)
            found.append((state.epoch, state.iteration, check.holds, check.hypothesis))
    return tuple(found)


def violations() -> Array:
    """Epoch and iteration of the states whose step violates the inequality, shape (k, 2)."""
    return np.array([(epoch, iteration) for epoch, iteration, holds, _ in _quartic_steps() if not holds])


def _outside_the_lemma() -> Array:
    return np.array([(epoch, iteration) for epoch, iteration, _, small in _quartic_steps() if not small])


M_OF_MATRICES = "R + (2*U + eta*G)^2/2 + lam"
CHEAPER = "r^(3*l/2)*sqrt(L)/eps^3"

EXERCISES = (
    Exercise(
        label="ex-rise-sharp",
        title="The constant two over l",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Witness(_across, "a pair (point, T), Parameters and a target, at which the two sides agree for λ = 0"),
        points=(
            "by the projection identity the two sides agree if and only if no g_i has a part along u_i;",
            "for one column with κ = 1 and λ = 0 this says T*(u, …, u) = ‖u‖^(l+2) (and 1 for a unit vector);",
            "the target is not a multiple of the power of u, or G would vanish;",
            "small steps then lose η‖G‖², which is l times what the lemma promises.",
        ),
        right=lambda: [_with_only_the_length_right(3), list(_with_only_the_length_right(4))],
        wrong=lambda: [
            (_alone(0.8), "radial"),
            (_alone(1.0), "vanishes"),
            ((_with_only_the_length_right(3)[0], _direction()[0]), "along u_i"),
            ((_alone(0.8)[0], SymmetricCP([1.0], [[1.0], [1.0]], 2)), "order 2"),
            (_with_only_the_length_right(3)[0], "raised"),
        ],
        moral="Where only directions are wrong a step loses l times what the lemma says; where lengths are, twice.",
        note="Let them first say in words what a column wants there: to turn, and to keep its length.",
        minutes=20,
    ),
    Exercise(
        label="ex-rise-matrix",
        title="Order two",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "bend": Number(
                    lambda: curvature_constant(2),
                    what="the constant L_φ at l = 2",
                    mistakes=(
                        usual.square_for_norm(),
                        Mistake("u uᵀ has the second derivative 2 v vᵀ, and the 2 counts", value=1),
                    ),
                ),
                "M": Formula(
                    M_OF_MATRICES,
                    {"R": (0.1, 2.0), "U": (0.1, 2.0), "G": (0.1, 2.0), "eta": (0.05, 0.5), "lam": (0.05, 0.5)},
                    mistakes=(
                        Mistake("max(4, l) is not l at l = 2", value="R + (sqrt(2)*U + eta*G)^2/2 + lam"),
                        Mistake(
                            "the first term of M has a factor 1/2 before L_φ", value="2*R + (2*U + eta*G)^2/2 + lam"
                        ),
                        Mistake("the second term of M has a factor 1/2", value="R + (2*U + eta*G)^2 + lam"),
                        Mistake("the square is that of a sum", value="R + 2*U^2 + eta^2*G^2/2 + lam"),
                        Mistake("L_φ has a factor 1/2 inside the square", value="R + (2*U + 2*eta*G)^2/2 + lam"),
                    ),
                ),
            }
        ),
        right=lambda: [
            (2, M_OF_MATRICES),
            ("sqrt(4)", "lam + R + 2*U^2 + 2*eta*U*G + (eta*G)^2/2"),
            {"M": M_OF_MATRICES, "bend": 2.0},
        ],
        wrong=lambda: [
            ((4, M_OF_MATRICES), "take the root"),
            ((2, "R + (sqrt(2)*U + eta*G)^2/2 + lam"), "M: max(4, l)"),
            ((2, "R + (2*N + eta*G)^2/2 + lam"), "N should not"),
            (2, "2 answers"),
        ],
        moral="κ drops out, frozen and tied gradient agree, and what is left is the usual estimate for matrices.",
        note="The four is not sharp for matrices of one column; ask what it could be.",
        minutes=10,
    ),
    Exercise(
        label="ex-rise-terms",
        title="Which term of M is large?",
        level=Level.MEDIUM,
        sort=Sort.COMPUTE,
        judge=Function(
            terms,
            _point,
            call="terms(point, T, lam, eta), the three terms in the order of the lemma",
            mistakes=(
                Mistake("this has the largest of the κ̄_i: take their mean with weights ‖g_i‖²", value=_largest),
                Mistake(
                    "the mean of the κ̄_i has weights: a column that does not move must not count", value=_plain_mean
                ),
                Mistake("the step's own curvature, ½L_φκ̄η‖G‖, belongs into the square", value=_flat),
                Mistake("the κ̄_i belong into N² as well, as squares", value=_unboosted),
                Mistake("a factor 1/2 is missing in the first term", value=_whole),
            ),
        ),
        right=lambda: [terms, lambda point, T, lam, eta: terms(point, T, lam, eta).tolist()],
        wrong=lambda: [
            (_largest, "weights ‖g_i‖²"),
            (lambda point, T, lam, eta: terms(point, T, lam, eta).sum(), "shape"),
            (lambda point, T, lam, eta: terms(point, T, lam, eta)[::-1], "another order"),
            (7.18, "the function itself"),
        ],
        moral="At the start the residual decides, at the end the columns do: 2N² is near 3.6.",
        note="Ask when the largest κ̄ would do harm: while one column is fresh and the residual is still large.",
        minutes=20,
    ),
    Exercise(
        label="ex-rise-cheaper",
        title="A cheaper theorem",
        level=Level.RESEARCH,
        sort=Sort.PROVE,
        judge=Formula(
            CHEAPER,
            {"r": (2, 9), "l": (3, 6), "eps": (0.05, 0.5), "L": (1.0, 20.0)},
            mistakes=(
                Mistake("that is the number of the theorem: the cost is now a square", value="r^(5*l/2)*L/eps^5"),
                Mistake(
                    "1/(λm) still has its square: take a root on both sides", value="r^(5*l/2)*L/eps^5/(r^(l/2)/eps)"
                ),
                Mistake("m is also under λ: put λ = ε/r^(l/2) in", value="r^l*sqrt(L)/eps^2"),
                Mistake("λ divides: a small λ asks for more components", value="r^(l/2)*sqrt(L)/eps"),
                Mistake("L is under the root as well", value="r^(3*l/2)*L/eps^3"),
            ),
        ),
        points=(
            "the rise of an epoch is of the order q², with q = f/(λm) and f of order one;",
            "it is set equal to the fall of a good epoch over the epochs that one waits for it, ε⁴/(r^(2l) L);",
            "λ = ε/r^(l/2) is put in;",
            "what is missing for a theorem: a bound on ⟨u_j, g_j⟩ at the end of an epoch.",
        ),
        right=lambda: [
            CHEAPER,
            "r^(1.5*l)*L^0.5/eps^3",
            lambda r, l, eps, L: (r**l / eps**2) ** 1.5 * L**0.5,
        ],
        wrong=lambda: [
            ("r^(5*l/2)*L/eps^5", "of the theorem"),
            ("r^l*sqrt(L)/(eps^2*lam)", "lam should not"),
            ("r^l*sqrt(L)/eps^2", "put λ"),
        ],
        moral="A proof that follows the gradient to the end of an epoch would ask for fewer by a factor r^l √L/ε².",
        note="Open end: Lemma 3 makes some gradient of a long epoch small. What would make it the last one?",
        minutes=45,
    ),
    Exercise(
        label="ex-rise-hypothesis",
        title="The hypothesis on f",
        level=Level.EASY,
        sort=Sort.PROVE,
        judge=Witness(_below, "a counterexample (point, T, lam, eps): ‖T(point) - T‖ ≥ ε, and yet f < ε²"),
        points=(
            "‖R‖ ≥ ε gives f ≥ ε²/2 and no more, since the regulariser can be as small as one likes;",
            "only the order of f is used, to hide terms in δ behind f/(λm): half of it will do, with a smaller δ;",
            "with the terms in δ written out no lower bound on f is needed.",
        ),
        right=lambda: [_counterexample(0.9), list(_counterexample(0.75)), _counterexample(0.999, length=0.01)],
        wrong=lambda: [
            (_counterexample(1.1), "would have ended"),
            (_counterexample(0.5), "how large may"),
            (_counterexample(0.75, lam=1e6), "make its part smaller"),
            (_counterexample(0.9, lam=0.0), "positive"),
            ((0.9, 0.5), "raised"),
        ],
        moral="The start is a counterexample: the residual is the target, and the regulariser is nearly nothing.",
        note="A first look at reading a paper: is a hypothesis used, and if so, how much of it?",
        minutes=15,
    ),
    Exercise(
        label="ex-rise-four",
        title="Where the loss does rise",
        level=Level.MEDIUM,
        sort=Sort.BREAK,
        judge=ArrayJudge(
            violations,
            within=0,
            what="pairs (epoch, iteration) of the states whose step violates the inequality",
            mistakes=(
                Mistake(
                    "these are the states after the steps: give the ones before",
                    change=lambda right: np.add(right, [0, 1]),
                ),
                Mistake(
                    "at these the hypothesis η ≤ 1/(lM) fails; the inequality may hold all the same",
                    change=lambda _: _outside_the_lemma(),
                ),
            ),
        ),
        right=lambda: [violations(), violations().tolist(), [tuple(pair) for pair in violations()]],
        wrong=lambda: [
            (np.add(violations(), [0, 1]), "after the steps"),
            (_outside_the_lemma(), "may hold all the same"),
            (violations()[:, 1], "shape"),
            (violations()[:, ::-1], "not right yet"),
        ],
        moral="While columns are fresh their curvature is multiplied by d(m + K): a practical step overshoots there.",
        note="The rise is of the size of the columns, which is nothing. Ask what happens with a larger δ.",
        minutes=20,
    ),
)
