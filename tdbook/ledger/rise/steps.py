"""Checks of Lemma 3: a step of the frozen gradient goes down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tdbook.ledger.claims import Control, Evidence
from tdbook.ledger.runs import percent, plan, random_points, steps, tally
from tdbook.lemmas import (
    Inequality,
    curvature_constant,
    descent_ratio,
    largest_step,
    lemma3,
)
from tdbook.objectives import Parameters, frozen_gradient, loss
from tdbook.tensors import SymmetricCP, SymmetricTensor


def curvature_bound(fast: bool) -> Evidence:
    """||D^2 phi [v, v]||^2 = 4|v|^4 + (L^2 - 4)|v_perp|^4, by second differences of the library's tensors."""
    rng = np.random.default_rng(31)
    worst, wrong = 0.0, 0.0
    for order in (3, 4, 5):
        for _ in range(5 if fast else 50):
            u, v = rng.standard_normal((2, 4))
            u, v, h = u / np.linalg.norm(u), v / np.linalg.norm(v), 1e-3

            def phi(t: float, u: np.ndarray = u, v: np.ndarray = v) -> tuple[float, np.ndarray]:
                x = u + t * v
                size = float(np.linalg.norm(x))
                return size**2, x / size

            (a, p), (b, q), (c, r) = phi(-h), phi(0.0), phi(h)
            second = SymmetricCP([a, -2 * b, c], np.stack([p, q, r], axis=1), order).norm() / h**2
            across = 1.0 - float(u @ v) ** 2
            exact = (4.0 + (curvature_constant(order) ** 2 - 4.0) * across**2) ** 0.5
            worst = max(worst, abs(second - exact))
            wrong = max(wrong, abs(second - (4.0 + (3.0 * order**2 - 6.0 * order) * across) ** 0.5))
    return Evidence(
        kind="bound",
        what=r"$\|D^2\phi(u)[v,v]\|^2=4\|v\|^4+(L_\phi^2-4)\|v_\perp\|^4$ for $\phi(u)=\|u\|^{2-l}u^{\otimes l}$, $l=3,4,5$, against "
        f"second differences at {15 if fast else 150} random pairs (seed 31): $L_\\phi$ is the sharp constant",
        holds=worst < 1e-4,
        seen="equal to 4 digits",
        controls=(Control(r"$\|v_\perp\|^2$ for $\|v_\perp\|^4$", wrong > 1e-2),),
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


def lemma3_bound(fast: bool) -> Evidence:
    """Lemma 3 at random points, with the largest step that it allows."""
    count = 80 if fast else 4000
    held = past = 0
    least = np.inf
    for point, target, lam in random_points(count, 32):
        inequality = _lemma3_at_limit(point, target, lam, 1.0 - 1e-9)
        held += inequality.hypothesis and inequality.holds
        past += not _lemma3_at_limit(point, target, lam, 8.0).holds
        least = min(least, descent_ratio(point, target, lam, largest_step(point, target, lam)) * target.order)
    # the sharp constant 2/l: one column along its target, all of the gradient is radial
    radial = [
        descent_ratio(
            Parameters.two_homogeneous([[0.8], [0.0]], [1.0]), SymmetricCP([1.0], [[1.0], [0.0]], order), 0.01, 1e-6
        )
        for order in (3, 4, 5)
    ]
    rises = [_plain_regulariser_change(order, 0.1, 1e-3) for order in (3, 4, 5)]
    return Evidence(
        kind="bound",
        what=rf"{count} random points, $l=3,4,5$, $d\le6$, $m\le4$, $\kappa$ from 0.3 to 10, norms from 0.01 to 3 (seed 32), each with "
        r"its own largest step $\eta lM=1$; and a purely radial gradient for the constant $2/l$",
        holds=held == count and bool(np.allclose(radial, [2 / 3, 2 / 4, 2 / 5], rtol=1e-4)),
        seen=rf"the least fall was {least:.1f} $\cdot\frac\eta l\|G\|^2$; radial: $2/l$ to 4 digits",
        controls=(
            Control(
                "eight times the largest step",
                past > 0.3 * count,
                f"the inequality fails at {percent(past, count)} of the points",
            ),
            Control(
                r"a plain regulariser $\lambda\|u\|^2$, gradient $2\lambda u$, for $l=3,4,5$",
                all(change > bound for change, bound in rises),
                "$F$ rises" if all(change > 0 for change, _ in rises) else "",
            ),
        ),
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
    own = tally(
        lambda epoch, target, settings: (
            lemma3(p, target, settings.regularization, settings.step_size) for p in steps(epoch)
        ),
        replace(which, seeds=min(2, which.seeds)),
    )
    past = tally(
        lambda epoch, target, settings: (
            lemma3(p, target, settings.regularization, 6.0 * settings.step_size) for p in list(steps(epoch))[::5]
        ),
        replace(which, seeds=1),
    )
    return Evidence(
        kind="run",
        what=f"every step of {which.words}: {at_limit.total} points, each with its largest step $\\eta lM=1$; and with the "
        rf"run's own $\eta=1/l^2$ ({own.total} points)",
        holds=at_limit.sound and own.violated == 0,
        seen=rf"never violated; the run's own $\eta$ meets the condition at {percent(own.met, own.total)} of the points, "
        f"and the inequality holds at {percent(own.held, own.total)}",
        controls=(
            Control(
                r"$\eta=6/l^2$",
                past.held < past.total,
                f"fails at {percent(past.total - past.held, past.total)} of the points",
            ),
        ),
    )
