"""Checks of Lemmas 7 and 8 and of the display before Lemma 9: how a fresh component grows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from tdbook.descent import Settings, State
from tdbook.ledger.claims import Control, Evidence
from tdbook.ledger.runs import percent, plan, random_points, steps, tally
from tdbook.lemmas import (
    Epoch,
    Inequality,
    lemma7,
    lemma7_decomposition,
    lemma8,
    shift_step,
    telescoping,
)
from tdbook.objectives import Parameters
from tdbook.tensors import SymmetricCP, SymmetricTensor


def lemma7_bound(fast: bool) -> Evidence:
    """Lemma 7, on random and adversarial states."""
    count = 80 if fast else 2000
    met = violated = fails = 0
    equal = bounded = True
    for point, target, lam in random_points(count, 101):
        parts = lemma7_decomposition(point, target, lam, 0)
        size = abs(parts.total) + abs(parts.main) + 1e-30
        equal = equal and abs(parts.total - parts.main - parts.leak) <= 1e-9 * size
        bounded = bounded and abs(parts.leak) <= parts.leak_bound + 1e-12 * size
        for eta in (1e-3, 0.1, 1.0):
            inequality = lemma7(point, target, lam, eta, 0)
            met += inequality.hypothesis
            violated += inequality.violated
    for point, target, _ in random_points(count, 102):  # lambda above rho_0 tau
        alone = lemma7(point, target, 0.0, 1e-3, 0)
        growth = (alone.left / float(np.linalg.norm(_inside(point, target)) ** 2) - 1.0) / (1e-3 * target.order)
        fails += growth > 0 and not lemma7(point, target, 1.5 * growth, 1e-3, 0).holds
    return Evidence(
        kind="bound",
        what=rf"{count} random points, $l=3,4,5$, $\eta=0.001, 0.1, 1$ (seed 101): decomposition, bound on the leak, growth ({met} points meet the hypothesis)",
        holds=equal and bounded and violated == 0 and met > 0.05 * count,
        seen="the decomposition to 9 digits, the bounds never violated",
        controls=(
            Control(
                r"$\lambda=\frac32\rho_0\tau$ (seed 102)",
                fails > 0.2 * count,
                f"the growth fails at {percent(fails, count)} of the points",
            ),
        ),
    )


def _inside(point: Parameters, target: SymmetricTensor) -> np.ndarray:
    return target.span().T @ point.U[:, 0]


def _fresh(epoch: Epoch) -> int:
    j = epoch.states[0].reinitialized
    assert j is not None
    return j


def lemma7_run(fast: bool) -> Evidence:
    """Lemma 7, along real runs."""
    which = plan(fast)

    def growth(lam: Callable[[Settings], float]) -> Callable[[Epoch, SymmetricTensor, Settings], Iterator[Inequality]]:
        def visit(epoch: Epoch, target: SymmetricTensor, settings: Settings) -> Iterator[Inequality]:
            for point in steps(epoch):
                yield lemma7(point, target, lam(settings), settings.step_size, _fresh(epoch))

        return visit

    found = tally(growth(lambda settings: settings.regularization), which)
    heavy = tally(growth(lambda settings: 1.0), replace(which, seeds=1))
    return Evidence(
        kind="run",
        what=f"the re-initialised component at every step of {which.words}: {found.total} points",
        holds=found.sound,
        seen=f"never violated; the hypothesis held at {percent(found.met, found.total)} of the points, the growth at {percent(found.held, found.total)}",
        controls=(
            Control(
                r"$\lambda=1$",
                heavy.held < 0.5 * heavy.total,
                f"the growth fails at {percent(heavy.total - heavy.held, heavy.total)}",
            ),
        ),
    )


# --- Lemma 8, the display before it, Lemma 9 ---------------------------------------------------------------------------


def lemma8_bound(fast: bool) -> Evidence:
    """Lemma 8, on random and adversarial states."""
    count = 50 if fast else 2500
    held = fails = 0
    for point, target, lam in random_points(count, 111, orders=(3, 4)):
        limit = shift_step(point, target, lam, 0) * (1 - 1e-12)
        held += all(lemma8(point, target, lam, share * limit, 0).holds for share in (0.01, 0.3, 1.0))
        fails += not lemma8(point, target, lam, 50.0 * limit, 0).holds
    return Evidence(
        kind="bound",
        what=rf"{count} random points, $l=3,4$ (seed 111), each with the largest $\eta$ of its hypothesis, and 0.3 and 0.01 of it",
        holds=held == count,
        seen="never violated",
        controls=(
            Control(
                r"50 times that $\eta$",
                fails > 0.02 * count,
                f"the correlation deteriorates at {percent(fails, count)} of the points",
            ),
        ),
    )


def lemma8_run(fast: bool) -> Evidence:
    """Lemma 8, along real runs."""
    which = plan(fast)

    def visit(times: float) -> Callable[[Epoch, SymmetricTensor, Settings], Iterator[Inequality]]:
        def each(epoch: Epoch, target: SymmetricTensor, settings: Settings) -> Iterator[Inequality]:
            for point in steps(epoch):
                yield lemma8(point, target, settings.regularization, times * settings.step_size, _fresh(epoch))

        return each

    found = tally(visit(1.0), which)
    past = tally(visit(30.0), replace(which, orders=(4,), ranks=(1, 2, 3), seeds=2, iterations=20))
    return Evidence(
        kind="run",
        what=f"the re-initialised component at every step of {which.words}: {found.total} points",
        holds=found.sound,
        seen=f"never violated; the step condition held at {percent(found.met, found.total)} of the points",
        controls=(
            Control(
                r"$30\,\eta$ at $l=4$, the first 20 steps of each epoch",
                past.held < past.total,
                f"the correlation deteriorates at {percent(past.total - past.held, past.total)}",
            ),
        ),
    )


def telescoping_run(fast: bool) -> Evidence:
    """The telescoping inequality, along real runs."""
    which = plan(fast)

    def display(printed: bool) -> Callable[[Epoch, SymmetricTensor, Settings], Iterator[Inequality]]:
        def visit(epoch: Epoch, target: SymmetricTensor, settings: Settings) -> Iterator[Inequality]:
            yield telescoping(epoch.states, target, _fresh(epoch), printed=printed)

        return visit

    found, without = tally(display(False), which), tally(display(True), replace(which, seeds=min(2, which.seeds)))

    # a residual that stays while the component turns: one light column with a = -1 that walks towards e_1; the tiny
    # second weight makes the span of the target the plane in which it walks
    plane = SymmetricCP([1.0, 1e-9], np.eye(2), 3)
    walk = [
        State(
            Parameters.two_homogeneous(1e-6 * np.array([[math.cos(t)], [math.sin(t)]]), [-1.0]), np.zeros(1, dtype=bool)
        )
        for t in (1.2, 0.9, 0.6)
    ]
    refused = telescoping(walk, plane, 0).holds and not telescoping(walk, plane, 0, printed=True).holds
    return Evidence(
        kind="run",
        what=f"every epoch of {which.words}, from its re-initialisation to its end: {found.total} epochs",
        holds=found.sound,
        seen=f"never violated; as printed, without the sign, it fails in {percent(without.total - without.held, without.total)} of {without.total}",
        controls=(
            Control(
                r"as printed, without $a$: $T^*=e_1^{\otimes3}$, a light component with $a=-1$ that turns towards $e_1$",
                refused,
                "the printed right side is negative, the left positive",
            ),
        ),
    )
