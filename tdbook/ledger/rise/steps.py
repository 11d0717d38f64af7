"""Checks of Lemma 3: a step of the frozen gradient goes down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from tdbook.ledger.claims import Evidence
from tdbook.ledger.runs import Visit, count, percent, plan, random_points, steps, tally
from tdbook.ledger.search import Place, largest, quotient, reached
from tdbook.lemmas import (
    Inequality,
    curvature_constant,
    descent_ratio,
    largest_step,
    lemma3,
    smoothness,
)
from tdbook.objectives import Parameters, frozen_gradient, loss
from tdbook.tensors import SymmetricCP, SymmetricTensor
from tdbook.validation import Array


def _second_difference(order: int, u: Array, v: Array) -> float:
    """||D^2 phi(u)[v, v]|| by second differences of the library's tensors."""
    h = 1e-3
    sizes, directions = [], []
    for t in (-h, 0.0, h):
        x = u + t * v
        sizes.append(float(np.linalg.norm(x)))
        directions.append(x / sizes[-1])
    a, b, c = (size**2 for size in sizes)
    return SymmetricCP([a, -2 * b, c], np.stack(directions, axis=1), order).norm() / h**2


def curvature_bound(fast: bool) -> Evidence:
    """||D^2 phi [v, v]||^2 = 4|v|^4 + (L^2 - 4)|v_perp|^4, by second differences of the library's tensors."""
    rng = np.random.default_rng(31)
    pairs = []
    for order in (3, 4, 5):
        for _ in range(5 if fast else 50):
            u, v = rng.standard_normal((2, 4))
            u, v = u / np.linalg.norm(u), v / np.linalg.norm(v)
            pairs.append((order, 1.0 - float(u @ v) ** 2, _second_difference(order, u, v)))

    def agrees(formula: Callable[[int, float], float]) -> bool:
        """Of the order and ||v_perp||^2, for unit vectors."""
        return all(abs(found - formula(order, across) ** 0.5) < 1e-4 for order, across, found in pairs)

    return Evidence(
        "bound",
        r"$\|D^2\phi(u)[v,v]\|^2=4\|v\|^4+(L_\phi^2-4)\|v_\perp\|^4$ for $\phi(u)=\|u\|^{2-l}u^{\otimes l}$, $l=3,4,5$, against "
        f"second differences at {len(pairs)} random pairs (seed 31): $L_\\phi$ is the sharp constant",
        agrees,
        {"the formula": lambda order, across: 4.0 + (curvature_constant(order) ** 2 - 4.0) * across**2},
        {
            r"$\|v_\perp\|^2$ for $\|v_\perp\|^4$": lambda order, across: (
                4.0 + (curvature_constant(order) ** 2 - 4.0) * across
            ),
            r"$L_\phi$ larger by 1%": lambda order, across: (
                4.0 + (1.02 * curvature_constant(order) ** 2 - 4.0) * across**2
            ),
        },
        "equal to 4 digits",
    )


def _lemma3_at_limit(point: Parameters, target: SymmetricTensor, lam: float, times: float) -> Inequality:
    return lemma3(point, target, lam, times * largest_step(point, target, lam))


def _plain_regulariser_change(order: int, lam: float, eta: float) -> tuple[float, float]:
    """Change of F and the allowed one for one column, when the regulariser is a plain lambda ||u||^2 with gradient 2 lambda u.

    T* = e_1^{(x) l}, and ||u||^2 = 1 - lambda (1 + 2/l)/2 lies between the minimum of F and the frozen step's fixed point.
    """
    target = SymmetricCP([1.0], [[1.0], [0.0]], order)
    size = (1.0 - 0.5 * lam * (1.0 + 2.0 / order)) ** 0.5
    point = Parameters.two_homogeneous([[size], [0.0]], [1.0])
    gradient = frozen_gradient(point, target, 0.0) + 2.0 * lam * point.U
    moved = Parameters.two_homogeneous(point.U - eta * gradient, [1.0])
    change = loss(moved, target, lam) - loss(point, target, lam)
    return change, -eta / order * float(np.vdot(gradient, gradient))


def _share_of_smoothness(place: Place, x: Array) -> float:
    """(F(U - eta G) - F(U) + (2/l) eta ||G||^2) / (M eta^2 ||G||^2), for steps of any length."""
    point, target, lam, t = place.decode(x)
    eta = largest_step(point, target, lam) * 10.0**t
    found = lemma3(point, target, lam, eta)
    square = -found.right * place.order / eta
    right = smoothness(point, target, lam, eta) * eta**2 * square
    return quotient(found.left + 2.0 / place.order * eta * square, right, least=1e-8 * found.scale)


def lemma3_constants(fast: bool) -> Evidence:
    """M against the change of F, by a search over points, targets, lambda and step sizes."""
    places = [Place(3, 2, 1, 1, flat=False), Place(4, 2, 1, 1, flat=False)]
    if not fast:
        places += [Place(3, 2, 2, 1), Place(4, 2, 2, 1), Place(5, 3, 2, 2, flat=False)]
    trials, polished, longest = (60, 2, 250) if fast else (200, 3, 500)
    ratio = largest(_share_of_smoothness, places, trials=trials, polished=polished, steps=longest, seed=33)
    return reached(
        ratio,
        r"$F(U-\eta G)-F(U)\le-\frac2l\eta\|G\|^2+M\eta^2\|G\|^2$, points, targets, $\lambda$ and $\eta$ by a search (seed 33: random trials, then "
        f"Nelder–Mead from the {polished} best) at $(l,d,m,r)={', '.join(place.words for place in places)}$",
    )


def lemma3_bound(fast: bool) -> Evidence:
    """Lemma 3 at random points, with the largest step that it allows."""
    many = 80 if fast else 4000

    def steps_of(times: float) -> Iterator[Inequality]:
        for point, target, lam in random_points(many, 32):
            yield _lemma3_at_limit(point, target, lam, times)

    plain = (Inequality(*_plain_regulariser_change(order, 0.1, 1e-3)) for order in (3, 4, 5))
    return Evidence(
        "bound",
        rf"{many} random points, $l=3,4,5$, $d\le6$, $m\le4$, $\kappa$ from 0.3 to 10, norms from 0.01 to 3 (seed 32), each with "
        r"its own largest step $\eta lM=1$",
        lambda found: found.never_fails,
        {"the largest step": count(steps_of(1.0 - 1e-9), anywhere=True)},
        {
            "eight times the largest step": count(steps_of(8.0), anywhere=True),
            r"a plain regulariser $\lambda\|u\|^2$, gradient $2\lambda u$, for $l=3,4,5$": count(plain, anywhere=True),
        },
        "never violated",
        lambda found: found.words,
    )


def radial_bound(fast: bool) -> Evidence:
    """As eta -> 0 the fall over eta ||G||^2 is 2/l where the gradient is radial: no better constant holds."""

    def falls_by(constant: Callable[[int], float]) -> bool:
        for order in (3, 4, 5):
            point = Parameters.two_homogeneous([[0.8], [0.0]], [1.0])
            fall = descent_ratio(point, SymmetricCP([1.0], [[1.0], [0.0]], order), 0.01, 1e-6)
            if not np.isclose(fall, constant(order), rtol=1e-4):
                return False
        return True

    return Evidence(
        "bound",
        r"one column along its target, where all of the gradient is radial, $\eta=10^{-6}$, $l=3,4,5$",
        falls_by,
        {"$2/l$": lambda order: 2.0 / order},
        {"$2.1/l$": lambda order: 2.1 / order, "$1/l$": lambda order: 1.0 / order},
        "$2/l$ to 4 digits",
    )


def lemma3_run(fast: bool) -> Evidence:
    """Lemma 3 at every step of the runs."""
    which = plan(fast)
    if not fast:
        which = replace(which, iterations=60)
    at_limit = tally(
        lambda epoch, target, settings: (
            _lemma3_at_limit(p, target, settings.regularization, 1.0 - 1e-9) for p in steps(epoch)
        ),
        which,
    )

    def own(times: float) -> Visit:
        return lambda epoch, target, settings: (
            lemma3(p, target, settings.regularization, times * settings.step_size) for p in list(steps(epoch))[::5]
        )

    some = replace(which, seeds=min(2, which.seeds))
    within, everywhere = tally(own(1.0), some), tally(own(1.0), some, anywhere=True)
    return Evidence(
        "run",
        f"every step of {which.words}: {at_limit.total} points, each with its largest step $\\eta lM=1$; every fifth with the run's own "
        rf"$\eta=1/l^2$ ({everywhere.total} points)",
        lambda found: found.never_fails,
        {"the largest step": at_limit}
        | ({r"$\eta=1/l^2$, where it meets the condition": within} if within.total else {}),
        {r"$\eta=6/l^2$": tally(own(6.0), replace(which, seeds=1), anywhere=True)},
        rf"never violated; the run's own $\eta$ meets the condition at {within.within} of the points, "
        f"and the inequality holds at {percent(everywhere.held, everywhere.total)}",
        lambda found: found.words,
    )
