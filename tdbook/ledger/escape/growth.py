"""Checks of Lemmas 7 and 8 and of the display before Lemma 9: how a fresh component grows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from tdbook.descent import Settings, State
from tdbook.ledger.claims import Evidence
from tdbook.ledger.runs import count, percent, plan, random_points, steps, tally
from tdbook.ledger.search import Place, largest, quotient, reached
from tdbook.lemmas import (
    Epoch,
    Inequality,
    lemma7,
    lemma7_decomposition,
    lemma8,
    shift_step,
    telescoping,
)
from tdbook.lemmas.outside import split_column
from tdbook.objectives import Parameters
from tdbook.tensors import SymmetricCP, SymmetricTensor
from tdbook.validation import Array


def lemma7_bound(fast: bool) -> Evidence:
    """Lemma 7, on random and adversarial states."""
    many = 80 if fast else 2000

    def growths() -> Iterator[Inequality]:
        for point, target, lam in random_points(many, 101):
            yield from (lemma7(point, target, lam, eta, 0) for eta in (1e-3, 0.1, 1.0))

    def too_heavy() -> Iterator[Inequality]:
        """lambda above rho_0 tau, at points where the column would grow without it."""
        for point, target, _ in random_points(many, 102):
            alone = lemma7(point, target, 0.0, 1e-3, 0)
            growth = (alone.left / float(np.linalg.norm(_inside(point, target)) ** 2) - 1.0) / (1e-3 * target.order)
            if growth > 0:
                yield lemma7(point, target, 1.5 * growth, 1e-3, 0)

    true = count(growths())
    return Evidence(
        "bound",
        rf"{many} random points, $l=3,4,5$, $\eta=0.001, 0.1, 1$ (seed 101): the growth, at the {true.total} that meet the hypothesis",
        lambda found: found.never_fails,
        {"the growth": true},
        {r"$\lambda=\frac32\rho_0\tau$ (seed 102)": count(too_heavy(), anywhere=True)},
        "never violated",
        lambda found: found.words,
    )


def leak_bound(fast: bool) -> Evidence:
    """The two parts of <P_S u, P_S g>: the main one and the leak, and the bound on the leak."""
    parts = [
        lemma7_decomposition(point, target, lam, 0) for point, target, lam in random_points(80 if fast else 2000, 101)
    ]

    def decomposes(factors: tuple[float, float]) -> bool:
        """With a factor of the main part, and one of the leak's bound."""
        main, bound = factors
        for part in parts:
            size = abs(part.total) + abs(part.main) + 1e-30
            if abs(part.total - main * part.main - part.leak) > 1e-9 * size:
                return False
            if abs(part.leak) > bound * part.leak_bound + 1e-12 * size:
                return False
        return True

    return Evidence(
        "bound",
        rf"{len(parts)} random points, $l=3,4,5$ (seed 101): main part plus leak, and the bound on the leak",
        decomposes,
        {"the decomposition and the bound": (1.0, 1.0)},
        {"half the bound": (1.0, 0.5), "the main part larger by 1%": (1.01, 1.0)},
        "equal to 9 digits, the bound never violated",
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
    everywhere = tally(growth(lambda settings: settings.regularization), which, anywhere=True)
    return Evidence(
        "run",
        f"the re-initialised component at every step of {which.words}: {everywhere.total} points",
        lambda found: found.never_fails,
        {"where the hypothesis is met": found},
        {r"$\lambda=1$": tally(growth(lambda settings: 1.0), replace(which, seeds=1), anywhere=True)},
        f"never violated; the hypothesis held at {found.within} of the points, the growth at {percent(everywhere.held, everywhere.total)}",
        lambda found: found.words,
    )


# --- Lemma 8, the display before it, Lemma 9 ---------------------------------------------------------------------------


def _share_of_lemma8(place: Place, x: Array) -> float:
    """By how much the correlation deteriorates in a step within the condition, over eta Lambda."""
    point, target, lam, t = place.decode(x)
    before = split_column(point, target, 0).correlation
    found = lemma8(point, target, lam, shift_step(point, target, lam, 0) * (1 - 1e-12) * 10.0 ** min(t - 1.0, 0.0), 0)
    return quotient(found.left - before, found.right - before, found.hypothesis, 1e-8 * found.scale)


def lemma8_constants(fast: bool) -> Evidence:
    """Lemma 8's bound against a search over points, targets, lambda and step sizes."""
    places = [Place(3, 3, 1, 1)] if fast else [Place(3, 3, 1, 1), Place(3, 2, 2, 1), Place(4, 2, 2, 1)]
    trials, polished, longest = (40, 2, 250) if fast else (200, 3, 500)
    ratio = largest(_share_of_lemma8, places, trials=trials, polished=polished, steps=longest, seed=113)
    return reached(
        ratio,
        r"the deterioration against $\eta\Lambda$, points, targets, $\lambda$ and $\eta$ within the condition by a search (seed 113: random trials, then "
        f"Nelder–Mead) at $(l,d,m,r)={', '.join(place.words for place in places)}$",
        share=0.05,
    )


def lemma8_bound(fast: bool) -> Evidence:
    """Lemma 8, on random and adversarial states."""
    many = 50 if fast else 2500

    def steps_of(*shares: float) -> Iterator[Inequality]:
        for point, target, lam in random_points(many, 111, orders=(3, 4)):
            limit = shift_step(point, target, lam, 0) * (1 - 1e-12)
            yield from (lemma8(point, target, lam, share * limit, 0) for share in shares)

    return Evidence(
        "bound",
        rf"{many} random points, $l=3,4$ (seed 111), each with the largest $\eta$ of its hypothesis, and 0.3 and 0.01 of it",
        lambda found: found.never_fails,
        {r"$\eta$ within the hypothesis": count(steps_of(0.01, 0.3, 1.0), anywhere=True)},
        {r"50 times the largest $\eta$": count(steps_of(50.0), anywhere=True)},
        "never violated",
        lambda found: found.words,
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
    past = tally(visit(30.0), replace(which, orders=(4,), ranks=(1, 2, 3), seeds=2, iterations=20), anywhere=True)
    return Evidence(
        "run",
        f"the re-initialised component at every step of {which.words}: {found.total + found.outside} points",
        lambda found: found.never_fails,
        {"where the step condition is met": found},
        {r"$30\,\eta$ at $l=4$, the first 20 steps of each epoch": past},
        f"never violated; the step condition held at {found.within} of the points",
        lambda found: found.words,
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
    return Evidence(
        "run",
        f"every epoch of {which.words}, from its re-initialisation to its end: {found.total} epochs; and $T^*=e_1^{{\\otimes3}}$ with a light "
        "component with $a=-1$ that turns towards $e_1$",
        lambda found: found.never_fails,
        {"the runs": found, "the component that turns": count([telescoping(walk, plane, 0)])},
        {"the component that turns, as printed, without $a$": count([telescoping(walk, plane, 0, printed=True)])},
        f"never violated; as printed, without the sign, it fails in {percent(without.total - without.held, without.total)} of {without.total} epochs",
        lambda found: found.words,
    )
