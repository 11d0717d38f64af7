"""Checks of Lemmas 9 and 1: what a whole epoch does to the loss."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tdbook.descent import Settings, State, initialize, practical_settings
from tdbook.ledger.claims import Evidence
from tdbook.ledger.runs import count, percent, plan, random_state, rash, runs, tally
from tdbook.ledger.search import Place, largest, quotient, reached
from tdbook.lemmas import (
    Epoch,
    Inequality,
    bad_minimum,
    largest_step,
    lemma9,
    one_epoch,
)
from tdbook.lemmas import plan as theorem3_plan
from tdbook.objectives import loss
from tdbook.statistics import proportion
from tdbook.tensors import SymmetricCP, SymmetricTensor, random_target
from tdbook.validation import Array


def _epochs_from_anywhere(number: int, seed: int, times: float) -> Iterator[Inequality]:
    """Lemma 9 over epochs from random states; the step is ``times`` the largest one of Lemma 3 at the start."""
    rng = np.random.default_rng(seed)
    for k in range(number):
        order = 3 + k % 2
        target = random_target(4, int(rng.integers(1, 4)), order, rng=rng)
        lam = float(10 ** rng.uniform(-2, 0))
        loose = practical_settings(target, 5, 0.1, epochs=2, iterations=25, regularization=lam)
        state = random_state(loose, rng, size=float(rng.uniform(0.3, 1.5)))
        settings = replace(loose, step_size=times * largest_step(state.parameters, target, lam))
        yield rash(lambda x=state, t=target, c=settings, g=rng: lemma9(one_epoch(x, t, c, g), t, c))  # type: ignore[misc]


def lemma9_bound(fast: bool) -> Evidence:
    """Lemma 9, on random and adversarial states."""
    many = 16 if fast else 200
    true = count(_epochs_from_anywhere(many, 121, 0.5))
    return Evidence(
        "bound",
        rf"epochs of 25 steps, $l=3,4$, from {many} random states (seed 121), $\eta$ half the largest step of Lemma 3 at the start",
        lambda found: found.never_fails,
        {"half the largest step": true},
        {"20 times the largest step (seed 122)": count(_epochs_from_anywhere(many // 2, 122, 20.0), anywhere=True)},
        f"never violated; the hypothesis held in {true.within}",
        lambda found: found.words,
    )


def _share_of_lemma9(place: Place, x: Array) -> float:
    """Over two steps, at most a hundred times the largest of Lemma 3, all columns switched."""
    point, target, lam, t = place.decode(x)
    d, m = point.U.shape
    settings = Settings(
        dimension=d, components=m, epochs=3, iterations=2, step_size=largest_step(point, target, lam) * 10.0 ** (t - 1.0),
        init_scale=1e-6, regularization=lam, accuracy=0.1,
    )  # fmt: skip
    epoch = one_epoch(State(point, np.zeros(m, dtype=bool)), target, settings, np.random.default_rng(0))
    found = lemma9(epoch, target, settings)
    return quotient(found.left, found.right, found.hypothesis, 1e-8)


def lemma9_constants(fast: bool) -> Evidence:
    """Lemma 9's bound against a search over states, targets, lambda and step sizes."""
    places = (
        [Place(3, 2, 2, 1)] if fast else [Place(3, 2, 2, 1), Place(4, 2, 2, 1), Place(5, 2, 2, 1), Place(4, 3, 3, 2)]
    )
    ratio = largest(
        _share_of_lemma9, places, trials=40, polished=1 if fast else 3, steps=200 if fast else 400, seed=123
    )
    return reached(
        ratio,
        rf"epochs of two steps, all columns switched, $\delta=10^{{-6}}$, points, targets, $\lambda$ and $\eta$ by a search (seed 123: random trials, then "
        f"Nelder–Mead) at $(l,d,m,r)={', '.join(place.words for place in places)}$",
    )


def lemma9_run(fast: bool) -> Evidence:
    """Lemma 9, along real runs."""
    which = plan(fast)

    def paths(epoch: Epoch, target: SymmetricTensor, settings: Settings) -> Iterator[Inequality]:
        yield lemma9(epoch, target, settings)

    def too_long() -> Iterator[Inequality]:
        for target, settings, run in runs(replace(which, seeds=1)):
            hasty = replace(settings, step_size=6.0 / target.order**2)
            last = run[-1].states[-1]
            yield rash(lambda t=target, c=hasty, x=last: lemma9(one_epoch(x, t, c, 0), t, c))  # type: ignore[misc]

    found, everywhere = tally(paths, which), tally(paths, which, anywhere=True)
    return Evidence(
        "run",
        f"every epoch of {which.words}: {everywhere.total} epochs",
        lambda found: found.never_fails,
        {"epochs in which every step obeys Lemma 3's inequality": found},
        {r"an epoch with $\eta=6/l^2$ from the end of each run": count(too_long(), anywhere=True)},
        f"never violated; Lemma 3's inequality held at every step in {found.within} of the epochs, the bound in "
        f"{percent(everywhere.held, everywhere.total)}",
        lambda found: found.words,
    )


# --- Lemma 1 -----------------------------------------------------------------------------------------------------------


def lemma1_bound(fast: bool) -> Evidence:
    """Lemma 1, on random and adversarial states."""
    cases = [(10, 2, 3, 0.1), (50, 3, 4, 0.1)] if fast else [
        (d, s, order, epsilon) for d in (10, 1000, 10**6) for s in (1, 2, 5) for order in (3, 4) for epsilon in (0.3, 0.1, 0.01)
    ]  # fmt: skip
    plans = [theorem3_plan(*case) for case in cases]
    first = plans[0]
    broken = [
        theorem3_plan(*cases[0], **{name: factor * getattr(first, name)})
        for name, factor in (
            ("regularization", 2.0),
            ("iterations", 0.5),
            ("components", 0.5),
            ("init_scale", 1e4),
            ("step_size", 3.0),
        )
    ]
    return Evidence(
        "bound",
        f"the chapter's proof as {len(first.conditions)} inequalities between explicit constants, at {len(cases)} sizes $(d,s,l,\\varepsilon)$",
        lambda some: all(found.holds for found in some),
        {"the plans": plans},
        {
            what: [found]
            for what, found in zip(
                (r"$2\lambda$", r"$H/2$", r"$m/2$", r"$10^4\delta$", r"$3\eta$"), broken, strict=True
            )
        },
        "all met",
        lambda some: next((c.name for found in some for c in found.conditions if not c.holds), "nothing"),
    )


def _decreases(starts: Iterator[tuple[SymmetricCP, State, Settings, int]], need: float) -> tuple[int, int]:
    """In how many epochs f falls by ``need`` or more."""
    hits = total = 0
    for target, state, settings, seed in starts:
        epoch = one_epoch(state, target, settings, np.random.default_rng(seed))
        lam = settings.regularization
        hits += loss(state.parameters, target, lam) - loss(epoch.states[-1].parameters, target, lam) >= need
        total += 1
    return hits, total


def lemma1_measured(fast: bool) -> Iterator[Evidence]:
    """Lemma 1, as frequencies."""
    epsilon, d = 0.1, 10
    for order, trials, iterations in ((3, 8, 150),) if fast else ((3, 60, 500), (4, 60, 500)):
        lam = 0.3 * epsilon * 2.0 ** (-order / 2)
        need = epsilon**4 / (2.0 ** (2 * order) * math.log(d / epsilon))
        target, state = bad_minimum(d, order, 8, lam)
        settings = practical_settings(target, 8, epsilon, iterations=iterations, regularization=lam)
        stuck = _decreases(((target, state, settings, seed) for seed in range(trials)), need)
        still = replace(settings, reinitialize=False)
        frozen = _decreases(iter([(target, state, still, 0)]), need)[0]  # nothing in it is random: all trials are alike

        def beginnings(order: int = order, count: int = trials, lam: float = lam, H: int = iterations) -> Iterator:
            for seed in range(count):
                generic = random_target(d, 2, order, rng=seed)
                begin = practical_settings(generic, 8, epsilon, iterations=H, regularization=lam)
                yield generic, initialize(begin, np.random.default_rng(1000 + seed)), begin, seed

        fresh = _decreases(beginnings(), need)
        low, high = proportion(*stuck)
        yield Evidence(
            "measured",
            rf"epochs with practical settings, $l={order}$, $d={d}$, $s=2$, $m=8$, $H={iterations}$: {trials} from a bad local minimum, {trials} from "
            r"the start with generic targets; how often $f$ falls by $\varepsilon^4/(s^{2l}\log(d/\varepsilon))$, $\varepsilon=0.1$, against $\frac16$",
            lambda found: proportion(*found)[0] >= 1 / 6,
            {"from the minimum": stuck, "from the start": fresh},
            {"no re-initialisation, from the minimum": (frozen * trials, trials)},
            f"{stuck[0]} of {trials} from the minimum, interval [{low:.2f}, {high:.2f}]; {fresh[0]} of {trials} from the start",
            lambda found: f"{found[0]} of {found[1]}",
        )
