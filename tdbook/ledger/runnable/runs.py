"""Checks of whole runs of one column at a time, of its two theorems and of what is compared with them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import stats

from tdbook.descent import FreshEpoch, run_fresh_first
from tdbook.descent.fresh_first import fresh_first
from tdbook.descent.merging import merged
from tdbook.descent.one_column import born, training
from tdbook.ledger.claims import Evidence
from tdbook.lemmas import Guarantee, guaranteed
from tdbook.lemmas.guarantee import second_moment
from tdbook.lemmas.runnable import VARIANTS
from tdbook.tables.runnable import TARGETS, core, outcomes, pursuit, read_table, rows
from tdbook.tensors import SymmetricCP, random_unit_vectors
from tdbook.validation import Array

TABLE = Path(__file__).resolve().parents[3] / "book" / "data" / "one-column.csv"


def check_conditions(fast: bool) -> Evidence:
    sizes = [
        (d, s, l, epsilon)
        for d in (10, 1000)
        for s in (1, 2, 3)
        for l in (3, 4)
        for epsilon in (0.3, 0.1, 0.001)
    ][:: 6 if fast else 1]  # fmt: skip
    # one step size for all epochs takes 1/epsilon times as many steps: only where the recursions still run
    plans = [
        guaranteed(*size, variant)
        for size in sizes
        for variant in VARIANTS
        if variant != "one-step-size" or (size[1] > 1 and size[3] >= 0.1)
    ]
    plan = guaranteed(10, 2, 3, 0.1)
    assert plan.growth is not None
    wrong = {
        r"$10\delta$": replace(plan, init_exponent=plan.init_exponent + 1),
        r"$\Lambda/100$": replace(plan, growth=plan.growth / 100),
        r"$\theta=0.95$": replace(plan, threshold=1.9 * plan.threshold),
        "$P$ from the law Beta$(s/2,d/2)$": replace(plan, rate=_rate_of_a_wrong_law(plan)),
        "$K-1$ epochs": replace(plan, epochs=plan.epochs - 1),
        "$H-1$ steps": replace(plan, iterations=plan.iterations - 1),
    }
    return Evidence(
        "bound",
        f"every inequality of the proof, {len(plan.conditions)} of them with a switch, for the variants at {len(sizes)} sizes, {len(plans)} plans, $(d,s,l,\\varepsilon)$ with $d\\le1000$, "
        r"$s\le3$, $l=3,4$, $\varepsilon\ge0.001$",
        lambda some: all(found.holds for found in some),
        {"the plans": plans},
        {what: [found] for what, found in wrong.items()},
        rf"all met; at $d=10$, $s=2$, $l=3$, $\varepsilon=0.1$ they give $m=K={plan.epochs}$ and $H={plan.iterations}$",
        lambda some: next((c.name for found in some for c in found.conditions if not c.holds), ""),
    )


def _rate_of_a_wrong_law(plan: Guarantee) -> float:
    low, high = plan.window
    law = stats.beta(plan.span / 2, plan.dimension / 2)
    wrong = law.sf(low**2 / plan.dimension) - law.sf(min(high**2 / plan.dimension, 1.0))
    return plan.rate * float(wrong) / plan.probability


@dataclass(frozen=True)
class _Course:
    """Of runs: how many reached the accuracy, lucky draws below the proved fall, and whether the table's rows came again."""

    reached: int
    runs: int
    below: int
    kept: str


def check_whole_runs(fast: bool) -> Iterator[Evidence]:
    """All K epochs again, and the same rows as in the table."""
    kept = read_table(TABLE)
    for size in ((10, 2, 3, 0.1), (100, 2, 3, 0.1))[: 1 if fast else 2]:
        plan, seeds = guaranteed(*size), 20
        if fast:
            cores = [core(kind, plan.span, plan.order, seed) for kind in TARGETS for seed in range(3)]
            again = outcomes(plan, cores, [1000 + seed for _ in TARGETS for seed in range(3)], epochs=40)
            reached, below, same = int((again.reached > 0).sum()), int(again.below.sum()), True
            runs, epochs = len(cores), 40
        else:
            made = list(rows(size, "plain", seeds))
            same = made == [
                row
                for row in kept
                if (row["variant"], int(row["dimension"]), int(row["order"])) == ("plain", size[0], size[2])
            ]
            reached = sum(int(row["reached"]) for row in made)
            below = sum(int(row["below"]) for row in made)
            runs, epochs = seeds * len(TARGETS), plan.epochs
        short = replace(plan, iterations=plan.iterations // 10)
        few = [core(kind, plan.span, plan.order, seed) for kind in TARGETS for seed in range(3)]
        none = outcomes(short, few, range(18), epochs=60)

        def reach(course: _Course) -> bool:
            return course.reached == course.runs and course.below == 0 and course.kept == "as kept"

        yield Evidence(
            "run",
            rf"{epochs} epochs of the plain variant at $(d,s,l,\varepsilon)={size}$, $m=K={plan.epochs}$, $H={plan.iterations}$: six kinds of targets, "
            f"{runs // len(TARGETS)} seeds each; no lucky draw below the proved fall"
            + ("" if fast else "; the same rows as in the table"),
            reach,
            {"$H$ steps": _Course(reached, runs, below, "as kept" if same else "other rows")},
            {
                "$H/10$ steps, 60 epochs": _Course(
                    int((none.reached > 0).sum()), len(few), int(none.below.sum()), "as kept"
                )
            },
            f"{reached} of {runs} reach $\\varepsilon$",
            lambda course: f"{course.reached} of {course.runs} reach it",
        )


def check_table_in_sum(fast: bool) -> Evidence:
    kept = read_table(TABLE)
    runs, reached, last = (sum(int(row[name]) for row in kept) for name in ("runs", "reached", "kept"))
    lucky, below = (sum(int(row[name]) for row in kept) for name in ("lucky", "below"))
    ratio = min(float(row["least"]) for row in kept)
    most = max(int(row["most"]) for row in kept)

    def kept_the_promise(epochs_allowed: float) -> bool:
        return (
            reached == last == runs
            and below == 0
            and all(int(row["most"]) <= epochs_allowed * int(row["epochs"]) for row in kept)
        )

    return Evidence(
        "run",
        f"the table of all $K$ epochs, {len(kept)} rows of {kept[0]['runs']} runs: plain and boosted variant, four and five sizes, six kinds of targets",
        kept_the_promise,
        {"$K$ epochs": 1.0},
        {"$K/100$ epochs": 0.01},
        f"{reached} of {runs} runs reach $\\varepsilon$, after {most} epochs at most, and {last} end within it; {lucky} lucky draws, {below} below the proved fall, the least {ratio:.2f} times it",
    )


def check_law_of_a_draw(fast: bool) -> Evidence:
    count, (d, s, l) = (4000 if fast else 40000), (10, 2, 3)
    rng = np.random.default_rng(60)
    u = random_unit_vectors(d, count, rng)
    X2, w = (u[:s] ** 2).sum(axis=0), u[:s] / np.linalg.norm(u[:s], axis=0)
    R2 = core("dependent", s, l, 1).evaluate(w) ** 2

    def agrees(law: tuple[float, Array]) -> bool:
        """X^2/d has the law Beta(s/2, b), and the second is not correlated with the squared correlation."""
        b, other = law
        near = float(stats.kstest(X2, stats.beta(s / 2, b).cdf).pvalue) > 0.05
        return near and abs(float(np.corrcoef(R2, other)[0, 1])) * math.sqrt(count) <= 1.96

    return Evidence(
        "measured",
        rf"{count} draws at $d={d}$, $s={s}$ (seed 60): $X^2/d$ against Beta$(\frac s2,\frac{{d-s}}2)$ (Kolmogorov–Smirnov at 5%), and its correlation with "
        r"$\langle R,w_0^{\otimes l}\rangle^2$ against that of independent numbers, at 95%",
        agrees,
        {"the law, and $X^2$": ((d - s) / 2, X2)},
        {
            r"Beta$(\frac s2,\frac d2)$": (d / 2, X2),
            "an entry of $w_0$ for $X^2$ in the correlation": ((d - s) / 2, w[0] ** 2),
        },
        "both as claimed",
    )  # fmt: skip


def check_looking(fast: bool) -> Iterator[Evidence]:
    size, count = (10, 2, 3, 0.1), 6 if fast else 20
    fair, seen = guaranteed(*size), guaranteed(*size, looking=True)
    cores = [core(kind, 2, 3, seed) for kind in TARGETS for seed in range(count)]
    epochs = [outcomes(plan, cores, range(len(cores)), epochs=40).reached for plan in (fair, seen)]
    negative = [SymmetricCP([-1.0], [[1.0], [0.0]], 4)] * 50
    plan = guaranteed(10, 2, 4, 0.1, looking=True)
    joined = [outcomes(replace(plan, looking=look), negative, range(50), epochs=1).last < 1.0 for look in (True, False)]
    rng = np.random.default_rng(61)
    births = rng.standard_normal((5 if fast else 50, 3)) * (1.0, 1.0, 0.0) + (0.0, 0.0, 2.8)
    wrong = [_joins(plan, birth / np.linalg.norm(birth), sign=1.0) for birth in births]
    # R = e_1^4 has one sign everywhere: a fair coin is wrong half of the time
    means = [float(found.mean()) for found in epochs]
    yield Evidence(
        "run",
        f"the sign by looking against a fair coin, six kinds of targets at $d=10$, $s=2$, $l=3$, {count} seeds each: every run reaches $\\varepsilon$, "
        "in fewer epochs in the mean and with about half of $K$",
        lambda course: bool(course[0].min() > 0 and course[0].mean() < means[0] and course[1] <= 0.51 * fair.epochs),
        {"by looking": (epochs[1], seen.epochs)},
        {"a fair coin": (epochs[0], fair.epochs)},
        f"$K={seen.epochs}$ instead of {fair.epochs}; {means[1]:.1f} epochs instead of {means[0]:.1f} in the mean",
    )
    yield Evidence(
        "run",
        f"50 first epochs on $-e_1^{{\\otimes4}}$: more than 70% of the columns join; and {len(births)} births beside $+e_1^{{\\otimes4}}$",
        lambda some: float(np.mean(some)) > 0.7,
        {"by looking": joined[0]},
        {r"a fair coin": joined[1], "$a=+1$ always": wrong},
        f"{joined[0].sum()} of 50",
        lambda some: f"{int(np.sum(some))} of {len(some)} join",
    )


def _joins(plan: Guarantee, birth: Array, sign: float) -> bool:
    """Whether a column switches beside R = e_1^4, in two coordinates of S and one outside."""
    *_, last = training(born(birth, sign, plan, 1.0), lambda w: np.array([w[0] ** 3, 0.0, 0.0]), plan)
    return last.switched


def check_other_variants(fast: bool) -> Iterator[Evidence]:
    kinds, count = (TARGETS[:3], 1) if fast else (TARGETS, 5)
    for variant in ("regularised", "one-step-size"):
        plan = guaranteed(10, 2, 3, 0.1, variant)
        found = [
            run_fresh_first(_embedded(core(kind, 2, 3, seed), 10, seed), plan, seed)
            for kind in kinds
            for seed in range(count)
        ]
        # a regulariser twenty times as strong holds every column down
        strong = (
            replace(plan, regularization=20 * plan.regularization, epochs=10)
            if plan.regularization
            else replace(plan, iterations=plan.iterations // 10, epochs=10)
        )
        held = [run_fresh_first(_embedded(core(kind, 2, 3, 0), 10, 0), strong, 0) for kind in kinds]
        reach = [run.converged for run in found]
        yield Evidence(
            "run",
            rf"the {variant} variant at $(10,2,3,0.1)$, $K={plan.epochs}$, $H={plan.iterations}$, {len(kinds)} kinds of targets, {count} seeds each",
            all,
            {"every run": reach},
            {
                r"$20\lambda$, ten epochs" if plan.regularization else "$H/10$ steps, ten epochs": [
                    run.converged for run in held
                ]
            },
            f"{sum(reach)} of {len(reach)} reach $\\varepsilon$, after {max(run.epochs for run in found)} epochs at most",
            lambda some: f"{sum(some)} of {len(some)}",
        )


def _embedded(tensor: SymmetricCP, dimension: int, seed: int) -> SymmetricCP:
    """The tensor in a random subspace of R^d."""
    basis = np.linalg.qr(np.random.default_rng(seed).standard_normal((dimension, tensor.dimension)))[0]
    return SymmetricCP(tensor.weights, basis @ tensor.factors, tensor.order)


# --- without a switch ----------------------------------------------------------------------------------------


def check_no_switch_runs(fast: bool) -> Evidence:
    plan = guaranteed(10, 2, 3, 0.1, "no-switch")
    kinds = ("correlated",) if fast else TARGETS
    epochs: list[FreshEpoch] = []
    errors = []
    for kind in kinds:
        errors.append(run_fresh_first(_embedded(core(kind, 2, 3, 1), 10, 1), plan, 0, observe=epochs.append).error)
    brief: list[FreshEpoch] = []
    still = run_fresh_first(
        _embedded(core("generic", 2, 3, 1), 10, 1), replace(plan, iterations=1000, epochs=2), 0, observe=brief.append
    )

    def falls(some: list[FreshEpoch]) -> list[float]:
        """Of the lucky epochs, in units of what is proved."""
        return [
            (1.0 - (e.after / e.before) ** 2) / plan.proved_fall(e.correlation)
            for e in some
            if e.correlation >= plan.threshold and e.share >= plan.window[0]
        ]

    def as_proved(course: tuple[list[float], list[FreshEpoch]]) -> bool:
        """Every run reaches the accuracy, no lucky draw falls by less than is proved, and nothing rises."""
        ends, some = course
        rise = max((e.after / e.before) ** 2 - 1.0 for e in some)
        return max(ends) <= plan.accuracy and min(falls(some), default=0.0) >= 1.0 and rise <= 1e-12

    return Evidence(
        "run",
        rf"runs with exactly these parameters at $(10,2,3,0.1)$, $H={plan.iterations}$, $\delta=10^{{{plan.init_exponent}}}$ (norms by their logarithms), {len(kinds)} targets",
        as_proved,
        {"$H$ steps": (errors, epochs)},
        {"$H=1000$ steps, two epochs": ([still.error], brief)},
        f"{len(errors)} of {len(kinds)} reach $\\varepsilon$; {len(falls(epochs))} lucky draws, none below the proved fall; directions are floats, so leaks below $10^{{-16}}$ are not seen",
        lambda course: f"an error of {max(course[0]):.2f}",
    )


def check_no_switch_leak(fast: bool) -> Evidence:
    """At a delta that floats can see: the leak of T after each epoch against its recursion."""
    plan = replace(guaranteed(10, 2, 3, 0.1, "no-switch"), init_exponent=-9, iterations=300)
    target = _embedded(core("harmonic", 2, 3, 0), 10, 3)
    basis, l = target.span(), 3
    leaks, residuals = [], []
    for epoch, tensor in fresh_first(target, replace(plan, epochs=4 if fast else 8), 4, stop=False):
        inside = SymmetricCP(tensor.weights, basis @ (basis.T @ tensor.factors), l)
        leaks.append(inside.distance(tensor))
        residuals.append(epoch.before)

    def stays_below(birth: float) -> bool:
        """Each epoch's leak against the recursion with ``birth`` delta ||R|| added in each."""
        bound, growth = 0.0, 1.0 + plan.iterations / math.sqrt(l)
        for leak, residual in zip(leaks, residuals, strict=True):
            bound = growth * bound + birth * plan.init_scale * residual
            if leak > bound:
                return False
        return True

    return Evidence(
        "bound",
        rf"the part of $T$ outside $\mathrm{{Sym}}^l(S)$ after each of {len(leaks)} epochs against $e\leftarrow(1+H/\sqrt l)e+\sqrt l\,\delta\|R\|$, $d=10$, $s=2$, $l=3$, $\delta=10^{{-9}}$, $H=300$",
        stays_below,
        {"the recursion": math.sqrt(l)},
        {"the recursion without a birth": 0.0},
        "below the bound in every epoch",
    )


# --- beside the theorem --------------------------------------------------------------------------------------


def check_pursuit_means(fast: bool) -> Evidence:
    count, K = (300, 200) if fast else (3000, 200)
    s, l = 2, 3
    R = core("harmonic", s, l, 0)
    rng = np.random.default_rng(70)
    values = R.evaluate(random_unit_vectors(s, 20 * count, rng)) * rng.choice([-1.0, 1.0], 20 * count)
    falls = np.maximum(values, 0.0) ** 2
    half = second_moment(s, l) / 2
    error = 1.96 * float(falls.std()) / math.sqrt(len(falls))
    epochs = pursuit(R, 0.1, 30 if fast else 200, 71, K * 3)
    proved = math.ceil(math.log(1e4) / -math.log1p(-half))

    def agrees(value: float) -> bool:
        """The mean fall has the value in its interval, and the mean number of epochs is at most what follows from it."""
        most = math.ceil(math.log(1e4) / -math.log1p(-value))
        return abs(float(falls.mean()) - value) <= error and 0 < float(np.mean(epochs)) <= most

    return Evidence(
        "measured",
        f"random pursuit in $S$ at $s={s}$, $l={l}$: the mean fall of {len(falls)} first epochs on a harmonic residual (seed 70, normal interval at 95%), and the epochs of "
        f"{len(epochs)} runs to $\\varepsilon=0.1$",
        agrees,
        {r"$\frac12\sigma^2$": half},
        {
            r"$\sigma^2$ without the fair sign's half": 2 * half,
            r"directions of $\mathbb R^{10}$ instead of $S$": second_moment(10, l) / 2,
        },
        rf"$\frac12\sigma^2={half:.4f}$ lies in the interval; {np.mean(epochs):.0f} epochs in the mean, {proved} proved",
    )


def check_merging(fast: bool) -> Evidence:
    rng = np.random.default_rng(80)
    sizes = [(2, 3), (2, 4)] if fast else [(2, 3), (3, 3), (2, 4), (3, 4), (2, 5)]
    tensors = []
    for s, l in sizes:
        basis = np.linalg.qr(rng.standard_normal((6, s)))[0]
        count = math.comb(s + l - 1, l) + 4
        tensors.append(
            (
                math.comb(s + l - 1, l),
                SymmetricCP(rng.standard_normal(count), basis @ random_unit_vectors(s, count, rng), l),
            )
        )

    def merges(how: tuple[float, int]) -> bool:
        """Down to N less ``fewer`` columns with the same tensor and no more mass, the null combination oriented ``towards``."""
        towards, fewer = how
        for most, many in tensors:
            found = merged(many, towards=towards)
            if found.rank > most - fewer or found.distance(many) > 1e-10 * many.norm():
                return False
            if _mass(found) > (1.0 + 1e-12) * _mass(many):
                return False
        return True

    return Evidence(
        "run",
        f"$N+4$ random columns of both signs in random subspaces, $(s,l)={', '.join(map(str, sizes))}$ (seed 80): down to $N$ with the same tensor and no more mass",
        merges,
        {r"the orientation $\sum_iv_i\ge0$": (1.0, 0)},
        {r"the orientation $\sum_iv_i\le0$": (-1.0, 0), "$N-1$ columns": (1.0, 1)},
        "the tensor is kept to 10 digits and the mass never grows",
    )


def _mass(tensor: SymmetricCP) -> float:
    return float(np.abs(tensor.components()[0]).sum())
