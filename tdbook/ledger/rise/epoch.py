"""Checks of Lemmas 4 and 2: what removing a component costs, and how much an epoch can raise the loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tdbook.descent import Settings, State, reinitialize
from tdbook.ledger.claims import Control, Evidence
from tdbook.ledger.runs import breaks, percent, plan, random_state, runs, tally
from tdbook.lemmas import (
    Epoch,
    Inequality,
    largest_step,
    lemma2,
    lemma4,
    one_epoch,
    removal_cost,
)
from tdbook.objectives import Parameters, frozen_gradient, loss
from tdbook.tensors import SymmetricCP, SymmetricTensor, random_target


def _stress_settings(rng: np.random.Generator) -> Settings:
    m, d = int(rng.integers(2, 9)), int(rng.integers(2, 8))
    return Settings(
        dimension=d,
        components=m,
        epochs=3,
        iterations=20,
        step_size=0.02,
        init_scale=1e-4,
        regularization=float(10.0 ** rng.uniform(-1.5, 0.5)),
        accuracy=0.1,
    )


def _stressed(count: int, seed: int) -> Iterator[tuple[State, SymmetricCP, Settings, np.random.Generator]]:
    rng = np.random.default_rng(seed)
    for k in range(count):
        order = 3 + k % 2
        settings = _stress_settings(rng)
        target = random_target(settings.dimension, int(rng.integers(1, 4)), order, rng=rng)
        state = random_state(settings, rng, size=float(rng.uniform(0.3, 1.5)))
        if k % 4 == 3:  # adversarial: equal norms, and the first column points where the loss needs it most
            point = state.parameters
            U = point.U / point.norms
            U[:, 0] = target.factors[:, 0] / np.linalg.norm(target.factors[:, 0])
            state = replace(
                state, parameters=Parameters.two_homogeneous(U / np.sqrt(settings.components), np.ones_like(point.a))
            )
        yield state, target, settings, rng


def lemma4_bound(fast: bool) -> Evidence:
    """Lemma 4 on random states, and with the largest column removed in place of the smallest."""
    count = 80 if fast else 2000
    held = wrong = 0
    for state, target, settings, rng in _stressed(count, 41):
        after = reinitialize(state, settings, rng)
        held += all(lemma4(state, after, target, settings, exact=exact).holds for exact in (False, True))
        # the control's regime: one column carries a rank-one target, the others are small
        lone = random_target(settings.dimension, 1, target.order, rng=rng)
        U = 0.05 * state.parameters.U / state.parameters.norms
        U[:, 0] = lone.factors[:, 0]  # of unit length; the weight of a generic rank-one target is 1
        fitted = replace(state, parameters=Parameters.two_homogeneous(U, np.ones(settings.components)))
        mild = replace(settings, regularization=0.01)
        held += lemma4(fitted, reinitialize(fitted, mild, rng), lone, mild).holds
        wrong += not lemma4(fitted, reinitialize(fitted, mild, rng, column=0), lone, mild).holds
    return Evidence(
        kind="bound",
        what=rf"{count} random states, $l=3,4$, $d\le7$, $m\le8$, $\lambda$ from 0.03 to 3, a quarter of them with all norms equal and a "
        rf"column that the target needs, printed and exact form; and {count} states in which one column carries the target, "
        r"$\lambda=0.01$ (seed 41)",
        holds=held == 2 * count,
        seen="never violated",
        controls=(
            Control(
                "the largest column removed instead of the smallest, where one column carries the target",
                wrong > 0,
                f"the bound fails in {percent(wrong, count)}",
            ),
        ),
    )


def lemma4_run(fast: bool) -> Evidence:
    """Lemma 4 at every re-initialisation of the runs, printed and exact."""
    which = plan(fast)
    vacuous = total = 0
    held = exact_held = True
    wrong = 0
    for target, settings, run in runs(which):
        rng = np.random.default_rng(42)
        for epoch in run:
            before, after = epoch.before, epoch.states[0]
            printed = lemma4(before, after, target, settings)
            held = held and not printed.violated
            exact_held = exact_held and lemma4(before, after, target, settings, exact=True).holds
            vacuous += printed.right > 0.5
            total += 1
        largest = int(np.argmax(epoch.states[-1].parameters.norms))
        marked = reinitialize(epoch.states[-1], settings, rng, column=largest)
        # the exact bound of the smallest column, tried on the largest
        smallest = lemma4(epoch.states[-1], reinitialize(epoch.states[-1], settings, rng), target, settings, exact=True)
        wrong += not replace(lemma4(epoch.states[-1], marked, target, settings, exact=True), right=smallest.right).holds
    return Evidence(
        kind="run",
        what=f"every re-initialisation of {which.words}: {total} of them; the printed bound, and the exact cost with the fresh "
        "component's terms",
        holds=held and exact_held,
        seen=rf"never violated; the printed bound exceeds $\frac12$, the loss of $T=0$, in {percent(vacuous, total)} of them",
        controls=(
            Control(
                "the largest column removed, at the end of each run",
                wrong > 0,
                f"the exact bound fails in {wrong} runs",
            ),
        ),
    )


def removal_run(fast: bool) -> Evidence:
    """What removing a column adds to the loss, against the loss without it."""

    def gap(point: Parameters, target: SymmetricTensor, lam: float, share: float) -> float:
        """Largest difference between the loss without a column and -share <u, g> + ||u||^4/2, switched columns only."""
        gradient = frozen_gradient(point, target, lam)
        base, worst = loss(point, target, lam), 0.0
        for j in range(point.U.shape[1]):
            if abs(point.kappa[j] - 1.0) > 1e-9:
                continue
            keep = np.arange(point.U.shape[1]) != j
            rest = Parameters(point.U[:, keep], point.a[keep], point.c[keep], point.c_hat[keep])
            formula = -share * float(point.U[:, j] @ gradient[:, j]) + 0.5 * point.norms[j] ** 4
            worst = max(worst, abs(loss(rest, target, lam) - base - formula))
        return worst

    which = replace(plan(fast), seeds=1 if fast else 3)
    worst, wrong, count, library = 0.0, 0.0, 0, 0.0
    for target, settings, run in runs(which):
        for epoch in run:
            for state in epoch.states[::20]:
                lam, point = settings.regularization, state.parameters
                worst = max(worst, gap(point, target, lam, 1.0 / target.order))
                wrong = max(wrong, gap(point, target, lam, 0.5))
                gradient = frozen_gradient(point, target, lam)
                weight = point.kappa ** (target.order - 2) * point.norms**2
                formula = -np.einsum("ij,ij->j", point.U, gradient) / target.order + 0.5 * weight**2
                library = max(library, float(np.abs(removal_cost(point, target, lam) - formula).max()))
                count += 1
    return Evidence(
        kind="run",
        what=f"every switched column at every 20th step of {which.words}: {count} points; and `removal_cost` for all columns",
        holds=worst < 1e-12 and library < 1e-12,
        seen="equal to 12 digits",
        controls=(Control(r"$\frac12$ for $\frac1l$", wrong > 1e-6),),
    )


# --- Lemma 2 -----------------------------------------------------------------------------------------------------


def lemma2_bound(fast: bool) -> Evidence:
    """Lemma 2 on epochs of random states, and with steps that are too long for it."""
    count = 16 if fast else 300
    met = violated = fails = 0
    for state, target, loose, rng in _stressed(count, 51):
        eta = 0.5 * largest_step(state.parameters, target, loose.regularization)
        settings = replace(loose, step_size=eta)
        epoch = one_epoch(state, target, settings, rng)
        printed, exact = lemma2(epoch, target, settings), lemma2(epoch, target, settings, exact=True)
        met += exact.hypothesis
        violated += printed.violated + exact.violated
    large = count // 4
    for state, target, settings, rng in _stressed(large, 52):
        rash = replace(settings, step_size=8.0 / target.order**2, iterations=3)
        fails += breaks(
            lambda s=state, t=target, r=rash, g=rng: lemma2(one_epoch(s, t, r, g), t, r, exact=True)  # type: ignore[misc]
        )
    return Evidence(
        kind="bound",
        what=rf"epochs of 20 steps from {count} random states as for Lemma 4 (seed 51), $\eta$ half the largest step of Lemma 3 at the start; "
        "printed and exact form",
        holds=met > 0.5 * count and violated == 0,
        seen=f"never violated; the hypothesis held in {percent(met, count)}",
        controls=(
            Control(
                r"$\eta=8/l^2$, 3 steps (seed 52)",
                fails > 0,
                f"the exact form fails in {percent(fails, large)} of {large} epochs",
            ),
        ),
    )


def lemma2_run(fast: bool) -> Evidence:
    """Lemma 2 on every epoch of the runs."""
    which = plan(fast)

    def both(epoch: Epoch, target: SymmetricTensor, settings: Settings) -> Iterator[Inequality]:
        yield lemma2(epoch, target, settings, exact=True)
        yield lemma2(epoch, target, settings)

    found = tally(both, which)
    fails = total = 0
    for target, settings, run in runs(replace(which, seeds=1)):
        rash = replace(settings, step_size=6.0 / target.order**2, iterations=60)
        last = run[-1].states[-1]
        for seed in range(2):
            fails += breaks(
                lambda t=target, r=rash, k=seed, x=last: lemma2(one_epoch(x, t, r, k), t, r, exact=True)  # type: ignore[misc]
            )
            total += 1
    return Evidence(
        kind="run",
        what=f"every epoch of {which.words}: {found.total // 2} epochs, printed and exact form",
        holds=found.sound,
        seen=f"never violated; Lemma 3's inequality held at every step in {percent(found.met, found.total)} of the epochs, and Lemma 2's in "
        f"{percent(found.held, found.total)}",
        controls=(
            Control(
                r"$\eta=6/l^2$, 60 steps from the end of each run",
                fails > 0,
                f"the exact form fails in {percent(fails, total)} of {total} epochs",
            ),
        ),
    )
