"""Exercises on the two-homogeneous model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from tdbook.exercises import usual
from tdbook.exercises.engine import Exercise, Level, Mistake, Sort
from tdbook.exercises.judges import Formula, Function, Parts, Witness
from tdbook.objectives import Parameters, model
from tdbook.tensors import DenseSymmetric, SymmetricCP, SymmetricTensor, random_unit_vectors
from tdbook.validation import Array


def weights(parameters: Parameters, order: int) -> Array:
    """The weights of the unit tensors, shape (m,)."""
    return model(parameters, order).weights


def _point(rng: np.random.Generator) -> tuple[Parameters, int]:
    m = 3
    kappa, signs = rng.uniform(0.5, 2.0, size=m), np.array([1.0, -1.0, 1.0])
    return Parameters.two_homogeneous(rng.standard_normal((4, m)), signs, kappa), int(rng.integers(3, 6))


def largest_angle(order: int) -> float:
    """The largest angle in degrees between (x, y) and (2x/l, y), found by search."""

    def angle(t: float) -> float:
        return math.degrees(t - math.atan2(math.sin(t) * 2 / order, math.cos(t)))

    found = minimize_scalar(lambda t: -angle(t), bounds=(0.0, math.pi / 2), method="bounded", options={"xatol": 1e-9})
    return angle(float(found.x))


def quadratic_misfit(tensor: SymmetricTensor) -> float:
    """By how much T(w, ..., w) misses its nearest quadratic form on random unit vectors, relative to its size."""
    d = tensor.dimension
    w = random_unit_vectors(d, 40 * d * d, np.random.default_rng(0))
    rows, columns = np.triu_indices(d)
    values, forms = tensor.evaluate(w), (w[rows] * w[columns]).T
    fit = forms @ np.linalg.lstsq(forms, values, rcond=None)[0]
    return float(np.abs(values - fit).max() / np.abs(values).max())


def _quadratic(answer: Any) -> str:
    if not isinstance(answer, SymmetricTensor):
        array = np.asarray(answer, dtype=float)
        if array.ndim < 2 or len(set(array.shape)) != 1:
            return "a symmetric tensor is wanted: a DenseSymmetric, or its array with equal sides"
        if np.abs(array - usual.symmetrised(array)).max() > 1e-9 * np.abs(array).max():
            return usual.Unsymmetrised.hint
        answer = DenseSymmetric(array)
    if answer.order % 2 or answer.order < 4:
        return "an even order is wanted, 4 or more: for an odd one nothing but 0 will do, and order 2 is no question"
    if answer.dimension < 2:
        return "in dimension 1 the sphere has two points, and everything even is quadratic: take d >= 2"
    if answer.norm() == 0:
        return "R = 0 is a perfect fit, and R ≠ 0 is asked for"
    misfit = quadratic_misfit(answer)
    if misfit < 1e-8:
        return ""
    return f"on the sphere it misses its nearest quadratic form by up to {misfit:.2g} of its size"


def spread_form(Q: Any) -> Array:
    """The array of order 4 whose polynomial is |w|² Q(w, w)."""
    Q = np.asarray(Q, dtype=float)
    return usual.symmetrised(np.einsum("ij,kl->ijkl", np.eye(len(Q)), Q))


EXERCISES = (
    Exercise(
        label="ex-model-weights",
        title="Weights on unit tensors",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Function(
            weights,
            _point,
            call="weights(point, l), with point.norms, point.kappa and point.a of shape (m,)",
            mistakes=(
                Mistake(
                    "this holds for κ = 1 only: a young component weighs more",
                    value=lambda p, l: p.a * p.norms**2,
                ),
                Mistake(
                    "of the l powers of the length c takes l - 2 out again: two remain",
                    value=lambda p, l: p.a * p.kappa ** (l - 2) * p.norms**l,
                ),
                Mistake("weights may be negative: where is a?", value=lambda p, l: p.kappa ** (l - 2) * p.norms**2),
                Mistake(
                    "the unit tensor takes l lengths out, so c^(l-2) is joined by ‖u‖^l, not by ‖u‖²",
                    value=lambda p, l: p.a * p.c ** (l - 2) * p.norms**2,
                ),
            ),
        ),
        points=(
            "each unit tensor has norm 1, so the triangle inequality bounds the norm of T by the sum of the |ω|;",
            "equality needs all terms parallel and of one sign.",
        ),
        right=lambda: [weights, lambda p, l: p.a * p.c ** (l - 2) * p.norms**l],
        wrong=lambda: [
            (lambda p, l: -weights(p, l), "sign"),
            (lambda p, l: weights(p, l).sum(), "shape"),
            (lambda p, l: weights(p, l) + 1, "entries"),
            (np.ones(3), "the function itself"),
        ],
        moral="After the switch the regulariser is the ℓ₁ norm of these weights.",
        note="The ℓ₁ norm is the bridge to the nuclear norm in the chapter on what the paper opens; say so here.",
        minutes=10,
    ),
    Exercise(
        label="ex-model-angle",
        title="The largest angle",
        level=Level.MEDIUM,
        sort=Sort.PROVE,
        judge=Function(
            largest_angle,
            lambda rng: (int(rng.integers(3, 12)),),
            call="largest(l), in degrees",
            mistakes=(
                Mistake("these are radians", value=lambda l: math.radians(largest_angle(l))),
                Mistake(
                    "this is the angle for as much along as across, x = y; the worst direction is another",
                    value=lambda l: math.degrees(math.atan((l - 2) / (l + 2))),
                ),
                Mistake(
                    "(1-μ)/(2√μ) is the tangent of the angle, not its sine",
                    value=lambda l: math.degrees(math.asin(min(1.0, (1 - 2 / l) / (2 * math.sqrt(2 / l))))),
                ),
            ),
        ),
        points=(
            "the plane of u and g is all that matters: the gradients are (x, y) and (2x/l, y);",
            "the tangent of the angle between them is bounded by the inequality of the means;",
            "equality is attained, at y² = 2x²/l.",
        ),
        right=lambda: [largest_angle, lambda l: math.degrees(math.asin((l - 2) / (l + 2)))],
        wrong=lambda: [
            (lambda l: math.asin((l - 2) / (l + 2)), "radians"),
            (lambda l: 90 - largest_angle(l), "too large"),
            (19.47, "the function itself"),
        ],
        moral="However large the order, the frozen step is never orthogonal to the tied one.",
        note="As l grows the bound tends to 90 degrees; the inequality 2/l in the chapter says the same in squares.",
        minutes=20,
    ),
    Exercise(
        label="ex-model-step",
        title="The largest stable step",
        level=Level.MEDIUM,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "fixed": Formula(
                    "sqrt(tau-lam)",
                    {"tau": (0.5, 2.0), "lam": (0.01, 0.4)},
                    what="the fixed point n > 0, in tau and lam",
                    mistakes=(
                        usual.square_for_norm(),
                        Mistake("the regulariser shortens the component", value="sqrt(tau)"),
                        Mistake("λ and τ have come with the wrong signs: where does g vanish?", value="sqrt(tau+lam)"),
                    ),
                ),
                "limit": Formula(
                    "1/(l*(tau-lam))",
                    {"l": (3, 8), "tau": (0.5, 2.0), "lam": (0.01, 0.4)},
                    what="the step size below which it is stable, in l, tau and lam",
                    mistakes=(
                        Mistake("the slope of the map is 1 - 2ηl(τ - λ), with a 2 from n²", value="2/(l*(tau-lam))"),
                        usual.tied_for_frozen("1/(2*(tau-lam))"),
                        Mistake("a factor l of the frozen gradient is lost", value="1/(tau-lam)"),
                        Mistake(
                            "this is what the frozen Hessian suggests; c is set anew after the step",
                            value="2/(l**2*(tau-lam))",
                        ),
                    ),
                ),
            }
        ),
        right=lambda: [
            ("sqrt(tau-lam)", "1/(l*(tau-lam))"),
            ("(τ-λ)^(1/2)", "1/l/(τ-λ)"),
            {"fixed": lambda tau, lam: (tau - lam) ** 0.5, "limit": lambda l, tau, lam: 1 / l / (tau - lam)},
        ],
        wrong=lambda: [
            (("tau-lam", "1/(l*(tau-lam))"), "fixed: this is a squared norm"),
            (("sqrt(tau-lam)", "2/(l**2*(tau-lam))"), "limit: this is what the frozen Hessian"),
            (("sqrt(tau-lam)", "1/(l*tau)"), "limit: not yet"),
            ("sqrt(tau-lam)", "2 answers"),
        ],
        moral="Setting c anew after the step takes part of each move back, and allows steps that are longer by l/2.",
        note="Algorithm 1 takes its step size 1/l² from here. Let them cobweb the map at η slightly above the limit.",
        minutes=20,
    ),
    Exercise(
        label="ex-model-plain",
        title="A regulariser without the disguise",
        level=Level.MEDIUM,
        sort=Sort.BREAK,
        judge=Parts(
            {
                "low": Formula(
                    "sqrt(1-lam)",
                    {"lam": (0.05, 0.8), "l": (3, 8)},
                    what="the length at which the tied gradient vanishes",
                    mistakes=(
                        usual.square_for_norm(),
                        Mistake(
                            "F is ½(n² - 1)² + λn² here: differentiate both parts once more", value="sqrt(1-lam/2)"
                        ),
                        Mistake("the regulariser pulls inwards: n is below 1", value="sqrt(1+lam)"),
                    ),
                ),
                "high": Formula(
                    "sqrt(1-2*lam/l)",
                    {"lam": (0.05, 0.8), "l": (3, 8)},
                    what="the length at which the frozen gradient vanishes",
                    mistakes=(
                        Mistake("this is n²; take the root here as well", value="1-2*lam/l"),
                        Mistake("the derivative of λ‖u‖² is 2λu", value="sqrt(1-lam/l)"),
                        Mistake(
                            "that would be the disguised regulariser, whose frozen derivative is λlu",
                            value="sqrt(1-lam)",
                        ),
                    ),
                ),
            }
        ),
        right=lambda: [
            ("sqrt(1-lam)", "sqrt(1-2*lam/l)"),
            ("(1-λ)^0.5", lambda lam, l: math.sqrt(1 - 2 * lam / l)),
            {"low": lambda lam: (1 - lam) ** 0.5, "high": "sqrt((l-2*λ)/l)"},
        ],
        wrong=lambda: [
            (("1-lam", "sqrt(1-2*lam/l)"), "low: this is a squared norm"),
            (("sqrt(1-lam)", "sqrt(1-lam)"), "high: that would be the disguised"),
            (("sqrt(1-2*lam/l)", "sqrt(1-lam)"), "low: not yet"),
            (0.88, "2 answers"),
        ],
        moral="Between the two lengths the step goes uphill; with the disguise they are one.",
        note="People expect a tiny effect. At l = 4 and λ = 0.3 the interval is a tenth of the length.",
        minutes=15,
    ),
    Exercise(
        label="ex-model-hessian",
        title="The Hessian at a perfect fit",
        level=Level.EASY,
        sort=Sort.COMPUTE,
        judge=Parts(
            {
                "along": Formula(
                    "l**2",
                    {"l": (3, 9)},
                    what="the frozen second derivative along w",
                    mistakes=(
                        Mistake("this is the tied one, of n²; with c frozen the term is n^l", value="4"),
                        Mistake("the l(l-1) terms of the second derivative meet R, and R = 0", value="l*(l-1)"),
                        Mistake("l equal tensors add up to l times one of them: its square is asked for", value="l"),
                    ),
                ),
                "across": Formula(
                    "l",
                    {"l": (3, 9)},
                    what="the same across w",
                    mistakes=(
                        Mistake(
                            "the l tensors are orthogonal to each other here: add squares, not lengths", value="l**2"
                        ),
                        Mistake("there are l tensors, one for each place of v", value="1"),
                    ),
                ),
            }
        ),
        right=lambda: [("l**2", "l"), (lambda l: l * l, lambda l: l), {"along": "l^2", "across": "l"}],
        wrong=lambda: [
            (("4", "l"), "along: this is the tied one"),
            (("l**2", "l**2"), "across: the l tensors are orthogonal"),
            (("l**2", "l-1"), "across: not yet"),
            ((9, 3), "along: not yet"),
        ],
        moral="In the iteration direction and length settle at comparable speeds, for every order.",
        note="Follow it with the question which of the two the algorithm sees: 1 - ηl across, 1 - 2ηl along.",
        minutes=10,
    ),
    Exercise(
        label="ex-model-sphere",
        title="Quadratic on the sphere",
        level=Level.RESEARCH,
        sort=Sort.PROVE,
        judge=Witness(
            _quadratic,
            "a symmetric R ≠ 0 of even order 4 or more (a tensor or its array) that is a quadratic form on the sphere",
        ),
        points=(
            "for odd order R changes its sign from w to -w, and a quadratic form does not;",
            "a symmetric tensor whose polynomial vanishes on the sphere is zero;",
            "for even order, |w|^(l-2) times a quadratic form is a polynomial of degree l.",
        ),
        right=lambda: [
            spread_form(np.eye(2)),
            DenseSymmetric(spread_form([[1.0, 2.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, -1.0]])),
            spread_form([[1, 0], [0, 0]]).tolist(),
        ],
        wrong=lambda: [
            (np.einsum("ij,kl->ijkl", np.eye(2), np.eye(2)), "not symmetric"),
            (SymmetricCP([1.0], [[1.0], [0.0]], 4), "misses its nearest"),
            (SymmetricCP([1.0], [[1.0], [0.0]], 3), "an even order"),
            (np.eye(2), "an even order"),
            (np.zeros((2, 2, 2, 2)), "R ≠ 0"),
            (1.0, "equal sides"),
        ],
        moral="For odd order a zero column has a second derivative only at a perfect fit.",
        note="The symmetrisation of I ⊗ Q is what people forget. Hint for the open end: at U = 0 the residual is -T*, "
        "and one component then lives in a matrix problem. For two components the answer is open to us as well.",
        minutes=40,
    ),
)
