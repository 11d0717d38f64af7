"""Checks of Lemmas 4 and 2: what removing a component costs, and how much an epoch can raise the loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from tdbook.descent import Settings, State, reinitialize
from tdbook.ledger.claims import Evidence
from tdbook.ledger.runs import count, percent, plan, random_state, rash, runs, tally
from tdbook.ledger.search import Place, largest, quotient, reached
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
from tdbook.validation import Array


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


def _all_settled(point: Parameters) -> State:
    """A state in which every column has switched."""
    return State(point, np.zeros(len(point.a), dtype=bool))


def _small_start(point: Parameters, lam: float, eta: float, steps: int) -> Settings:
    """An epoch of a few steps, whose fresh component weighs nothing."""
    d, m = point.U.shape
    return Settings(
        dimension=d, components=m, epochs=3, iterations=steps, step_size=eta, init_scale=1e-6, regularization=lam,
        accuracy=0.1,
    )  # fmt: skip


def _share_of_lemma4(place: Place, x: Array) -> float:
    point, target, lam, _ = place.decode(x)
    settings, state = _small_start(point, lam, 0.01, 1), _all_settled(point)
    found = lemma4(state, reinitialize(state, settings, np.random.default_rng(0)), target, settings)
    return quotient(found.left, found.right, found.hypothesis, 1e-8 * found.scale)


def _share_of_lemma2(place: Place, x: Array) -> float:
    """Over an epoch of two steps, at most a hundred times the largest of Lemma 3."""
    point, target, lam, t = place.decode(x)
    settings, state = (
        _small_start(point, lam, largest_step(point, target, lam) * 10.0 ** (t - 1.0), 2),
        _all_settled(point),
    )
    found = lemma2(one_epoch(state, target, settings, np.random.default_rng(0)), target, settings)
    return quotient(found.left, found.right, found.hypothesis, 1e-8 * found.scale)


PLACES = (Place(3, 2, 2, 1), Place(4, 2, 2, 1), Place(3, 3, 3, 2))


def lemma4_constants(fast: bool) -> Evidence:
    """Lemma 4's printed bound against a search over states, targets and lambda."""
    places = PLACES[:1] if fast else PLACES
    ratio = largest(_share_of_lemma4, places, trials=60, polished=1 if fast else 3, steps=250 if fast else 500, seed=43)
    return reached(
        ratio,
        rf"the printed bound with all columns switched and $\delta=10^{{-6}}$, points, targets and $\lambda$ by a search (seed 43: random trials, then "
        f"Nelder–Mead) at $(l,d,m,r)={', '.join(place.words for place in places)}$",
    )


def lemma2_constants(fast: bool) -> Evidence:
    """Lemma 2's printed bound against a search over states, targets, lambda and step sizes."""
    places = PLACES[:1] if fast else PLACES
    ratio = largest(_share_of_lemma2, places, trials=40, polished=1 if fast else 3, steps=200 if fast else 400, seed=53)
    return reached(
        ratio,
        rf"the printed bound over epochs of two steps, all columns switched, $\delta=10^{{-6}}$, points, targets, $\lambda$ and $\eta$ by a search (seed 53: "
        f"random trials, then Nelder–Mead) at $(l,d,m,r)={', '.join(place.words for place in places)}$",
    )


def lemma4_bound(fast: bool) -> Evidence:
    """Lemma 4 on random states, and with the largest column removed in place of the smallest."""
    many = 80 if fast else 2000

    def printed_and_exact(which: str) -> Iterator[Inequality]:
        """``lone``: one column carries a rank-one target, the others are small; ``largest``: that one is removed."""
        for state, target, settings, rng in _stressed(many, 41):
            if which == "random":
                after = reinitialize(state, settings, rng)
                yield from (lemma4(state, after, target, settings, exact=exact) for exact in (False, True))
                continue
            lone = random_target(settings.dimension, 1, target.order, rng=rng)
            U = 0.05 * state.parameters.U / state.parameters.norms
            U[:, 0] = lone.factors[:, 0]  # of unit length; the weight of a generic rank-one target is 1
            fitted = replace(state, parameters=Parameters.two_homogeneous(U, np.ones(settings.components)))
            mild = replace(settings, regularization=0.01)
            column = 0 if which == "largest" else None
            yield lemma4(fitted, reinitialize(fitted, mild, rng, column=column), lone, mild)

    return Evidence(
        "bound",
        rf"{many} random states, $l=3,4$, $d\le7$, $m\le8$, $\lambda$ from 0.03 to 3, a quarter of them with all norms equal and a "
        rf"column that the target needs, printed and exact form; and {many} states in which one column carries the target, "
        r"$\lambda=0.01$ (seed 41)",
        lambda found: found.never_fails,
        {
            "the smallest column of random states": count(printed_and_exact("random"), anywhere=True),
            "the smallest column where another carries the target": count(printed_and_exact("lone"), anywhere=True),
        },
        {"the largest column, where it carries the target": count(printed_and_exact("largest"), anywhere=True)},
        "never violated",
        lambda found: found.words,
    )


def lemma4_run(fast: bool) -> Evidence:
    """Lemma 4 at every re-initialisation of the runs, printed and exact."""
    which = plan(fast)

    def redraws(which_column: str) -> Iterator[Inequality]:
        for target, settings, run in runs(which):
            if which_column == "smallest":
                for epoch in run:
                    yield lemma4(epoch.before, epoch.states[0], target, settings)
                    yield lemma4(epoch.before, epoch.states[0], target, settings, exact=True)
                continue
            last, rng = run[-1].states[-1], np.random.default_rng(42)
            marked = reinitialize(last, settings, rng, column=int(np.argmax(last.parameters.norms)))
            # the exact bound of the smallest column, tried on the largest
            smallest = lemma4(last, reinitialize(last, settings, rng), target, settings, exact=True)
            yield replace(lemma4(last, marked, target, settings, exact=True), right=smallest.right)

    true = count(redraws("smallest"))
    printed = [
        lemma4(epoch.before, epoch.states[0], target, settings).right
        for target, settings, run in runs(which)
        for epoch in run
    ]
    vacuous = sum(right > 0.5 for right in printed)
    return Evidence(
        "run",
        f"every re-initialisation of {which.words}: {len(printed)} of them; the printed bound, and the exact cost with the fresh "
        "component's terms",
        lambda found: found.never_fails,
        {"the smallest column": true},
        {"the largest column, at the end of each run": count(redraws("largest"), anywhere=True)},
        rf"never violated; the printed bound exceeds $\frac12$, the loss of $T=0$, in {percent(vacuous, len(printed))} of them",
        lambda found: found.words,
    )


Cost = Callable[[Parameters, SymmetricTensor, float], Array]


def _cost_with(share: Callable[[int], float]) -> Cost:
    """-share <u, g> + kbar^2 ||u||^4 / 2."""

    def cost(point: Parameters, target: SymmetricTensor, lam: float) -> Array:
        gradient = frozen_gradient(point, target, lam)
        weight = point.kappa ** (target.order - 2) * point.norms**2
        return np.asarray(-share(target.order) * np.einsum("ij,ij->j", point.U, gradient) + 0.5 * weight**2)

    return cost


def removal_run(fast: bool) -> Evidence:
    """What removing a column adds to the loss, against the loss without it."""
    which = replace(plan(fast), seeds=1 if fast else 3)
    points = [
        (state.parameters, target, settings.regularization)
        for target, settings, run in runs(which)
        for epoch in run
        for state in epoch.states[::20]
    ]

    def is_the_change(cost: Cost) -> bool:
        for point, target, lam in points:
            base, costs = loss(point, target, lam), cost(point, target, lam)
            for j in range(point.U.shape[1]):
                keep = np.arange(point.U.shape[1]) != j
                rest = Parameters(point.U[:, keep], point.a[keep], point.c[keep], point.c_hat[keep])
                if abs(loss(rest, target, lam) - base - costs[j]) >= 1e-12:
                    return False
        return True

    return Evidence(
        "run",
        f"every column at every 20th step of {which.words}: {len(points)} points",
        is_the_change,
        {
            r"$-\frac1l\langle u,g\rangle+\frac12\bar\kappa^2\|u\|^4$": _cost_with(lambda order: 1.0 / order),
            "`removal_cost`": removal_cost,
        },
        {r"$\frac12$ for $\frac1l$": _cost_with(lambda order: 0.5)},
        "equal to 12 digits",
    )


# --- Lemma 2 -----------------------------------------------------------------------------------------------------


def lemma2_bound(fast: bool) -> Evidence:
    """Lemma 2 on epochs of random states, and with steps that are too long for it."""
    many = 16 if fast else 300

    def epochs_of(seed: int, number: int, times: float) -> Iterator[Inequality]:
        """Steps of half the largest one of Lemma 3 at the start, or of ``times``/l^2."""
        for state, target, loose, rng in _stressed(number, seed):
            eta = (
                times / target.order**2 if times else 0.5 * largest_step(state.parameters, target, loose.regularization)
            )
            settings = replace(loose, step_size=eta, iterations=3 if times else loose.iterations)

            def both(
                s: State = state, t: SymmetricCP = target, c: Settings = settings, g: np.random.Generator = rng
            ) -> Epoch:
                return one_epoch(s, t, c, g)

            if times:
                yield rash(lambda t=target, c=settings, e=both: lemma2(e(), t, c, exact=True))  # type: ignore[misc]
            else:
                epoch = both()
                yield lemma2(epoch, target, settings)
                yield lemma2(epoch, target, settings, exact=True)

    true = count(epochs_of(51, many, 0.0))
    return Evidence(
        "bound",
        rf"epochs of 20 steps from {many} random states as for Lemma 4 (seed 51), $\eta$ half the largest step of Lemma 3 at the start; "
        "printed and exact form",
        lambda found: found.never_fails,
        {"half the largest step": true},
        {r"$\eta=8/l^2$, 3 steps, exact form (seed 52)": count(epochs_of(52, many // 4, 8.0), anywhere=True)},
        f"never violated; the hypothesis held in {true.within}",
        lambda found: found.words,
    )


def _cancelling_rise(lam: float) -> float:
    """lambda m times the rise at the start of an epoch, f = 1: two opposite columns on one axis, T = 0, T* = e_1^(x) 3."""
    U = np.zeros((2, 2))
    U[0] = 0.5 / np.sqrt(lam)
    settings = replace(_small_start(Parameters.two_homogeneous(U, [1.0, -1.0]), lam, 0.01, 1), init_scale=1e-9)
    target, before = SymmetricCP([1.0], [[1.0], [0.0]], 3), _all_settled(Parameters.two_homogeneous(U, [1.0, -1.0]))
    found = lemma4(before, reinitialize(before, settings, np.random.default_rng(0), column=0), target, settings)
    return 2.0 * lam * found.left


def lemma2_order(fast: bool) -> Evidence:
    """The order 1/(lambda m) needs lambda m bounded from below."""
    return Evidence(
        "bound",
        r"two opposite columns on the axis of the target, $T=0$, $f=1$, $\delta=10^{-9}$: the rise times $\lambda m$ is at most "
        r"$\sqrt2+\frac12$, as Lemma 4's bound is for $f=1$ and $\lambda m\ge1$",
        lambda lam: _cancelling_rise(lam) <= np.sqrt(2.0) + 0.5,
        {rf"$\lambda m={2 * lam:g}$": lam for lam in (0.5, 0.6, 0.75)},
        {rf"$\lambda m={2 * lam:g}$": lam for lam in (0.02, 0.002)},
        f"the rise times $\\lambda m$ is {_cancelling_rise(0.5):.2f} at $\\lambda m=1$ and "
        f"{_cancelling_rise(0.002):.1f} at $\\lambda m=0.004$",
        lambda lam: f"{_cancelling_rise(lam):.1f}",
    )


def lemma2_run(fast: bool) -> Evidence:
    """Lemma 2 on every epoch of the runs."""
    which = plan(fast)

    def both(epoch: Epoch, target: SymmetricTensor, settings: Settings) -> Iterator[Inequality]:
        yield lemma2(epoch, target, settings, exact=True)
        yield lemma2(epoch, target, settings)

    def too_long() -> Iterator[Inequality]:
        for target, settings, run in runs(replace(which, seeds=1)):
            hasty = replace(settings, step_size=6.0 / target.order**2, iterations=60)
            last = run[-1].states[-1]
            for seed in range(2):
                yield rash(
                    lambda t=target, c=hasty, k=seed, x=last: lemma2(one_epoch(x, t, c, k), t, c, exact=True)  # type: ignore[misc]
                )

    found, everywhere = tally(both, which), tally(both, which, anywhere=True)
    return Evidence(
        "run",
        f"every epoch of {which.words}: {everywhere.total // 2} epochs, printed and exact form",
        lambda found: found.never_fails,
        {"epochs in which every step obeys Lemma 3's inequality": found},
        {r"$\eta=6/l^2$, 60 steps from the end of each run, exact form": count(too_long(), anywhere=True)},
        f"never violated; Lemma 3's inequality held at every step in {found.within} of the epochs, and Lemma 2's in "
        f"{percent(everywhere.held, everywhere.total)}",
        lambda found: found.words,
    )
