"""Checks of Lemma 5: the mass outside S never grows, and the identity that freezing the gradient leaves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from tdbook.descent import Settings
from tdbook.ledger.claims import Evidence
from tdbook.ledger.exact import tensors as reference
from tdbook.ledger.runs import count, plan, random_points, runs, tally
from tdbook.lemmas import (
    Epoch,
    Inequality,
    lemma5,
    lemma5_identity,
    lemma5_total,
    outside_matrix,
)
from tdbook.objectives import Parameters, frozen_gradient, tied_gradient
from tdbook.tensors import SymmetricCP, SymmetricTensor
from tdbook.validation import Array


def lemma5_bound(fast: bool) -> Evidence:
    """Lemma 5, on random and adversarial states."""
    many = 150 if fast else 4000

    def steps_of(times: float) -> Iterator[Inequality]:
        for point, target, lam in random_points(many, 61):
            bend = float(np.linalg.eigvalsh(outside_matrix(point, target.order, lam))[-1])
            yield lemma5(point, target, lam, times / (target.order * bend))

    def single(times: float) -> Inequality:
        """One column, for which eta l ||Q|| = 2 is exactly where growth begins."""
        target = SymmetricCP([1.0], [[1.0], [0.0]], 3)
        point = Parameters.two_homogeneous([[0.5], [0.3]], [1.0])
        bend = float(outside_matrix(point, 3, 0.1)[0, 0])
        return lemma5(point, target, 0.1, times * 2.0 / (3.0 * bend))

    return Evidence(
        "bound",
        rf"{many} random points, $l=3,4,5$ (seed 61), each with $\eta l\|Q\|=2$; and one column, $\eta l\|Q\|=2(1\pm10^{{-6}})$",
        lambda found: found.never_fails,
        {
            r"$\eta l\|Q\|=2$": count(steps_of(2.0 * (1 - 1e-9)), anywhere=True),
            r"one column, $\eta l\|Q\|=2(1-10^{-6})$": count([single(1 - 1e-6)], anywhere=True),
        },
        {
            r"one column, $\eta l\|Q\|=2(1+10^{-6})$: the condition is sharp": count([single(1 + 1e-6)], anywhere=True),
            r"$\eta l\|Q\|=10$": count(steps_of(10.0), anywhere=True),
        },
        r"$\|P_BU\|$ never grew",
        lambda found: found.words,
    )


def in_total_only(fast: bool) -> Evidence:
    """Two columns, u_1 inside S: all of its part outside S is new after a step, and the total shrinks."""
    target = SymmetricCP([1.0], [[1.0], [0.0]], 3)
    pair = Parameters.two_homogeneous([[1.0, 0.6], [0.0, 0.8]], [1.0, 1.0])
    moved = pair.U - 0.1 * frozen_gradient(pair, target, 0.1)

    def never_grows(columns: list[int]) -> bool:
        return bool(np.linalg.norm(moved[1, columns]) <= np.linalg.norm(pair.U[1, columns]))

    return Evidence(
        "bound",
        r"$\|P_BU\|$ over a step with $\eta=0.1$, $\lambda=0.1$, $l=3$, $S=\langle e_1\rangle$, $u_1=e_1$, $u_2=0.6e_1+0.8e_2$",
        never_grows,
        {"both columns together": [0, 1]},
        {"the column $u_1$ alone": [0]},
        r"the total shrinks, $\|P_Bu_1\|$ grows from 0",
        lambda columns: (
            f"grows from {np.linalg.norm(pair.U[1, columns]):.2f} to {np.linalg.norm(moved[1, columns]):.2f}"
        ),
    )


def lemma5_run(fast: bool) -> Evidence:
    """Lemma 5, along real runs."""
    which = plan(fast)

    def both(epoch: Epoch, target: SymmetricTensor, settings: Settings) -> Iterator[Inequality]:
        for state in epoch.states[:-1]:
            yield lemma5(state.parameters, target, settings.regularization, settings.step_size)
            yield lemma5_total(state, target, settings)

    found = tally(both, which)

    # the tied gradient in place of the frozen one, where it grows: large columns of the wrong sign at the start
    def from_starts(gradient: Callable[[Parameters, SymmetricTensor, float], Array]) -> Iterator[Inequality]:
        for target, settings, run in runs(replace(which, seeds=1, iterations=1)):
            start = run[0].states[0].parameters
            wrong = Parameters(start.U, -np.sign(target.evaluate(start.U)), start.c, start.c_hat)
            basis = target.span()
            moved = start.U - settings.step_size * gradient(wrong, target, settings.regularization)
            left, right = (float(np.linalg.norm(U - basis @ (basis.T @ U))) for U in (moved, start.U))
            yield Inequality(left, right, scale=right)

    signs = r"from the start, signs opposed to $T^*(u_i^{\otimes l})$"
    return Evidence(
        "run",
        rf"every step of {which.words}: $\|P_BU\|$ against its value before the step, and $\|P_BU\|^2\le(m+K)\delta^2$ "
        f"({found.total + found.outside} comparisons); and steps {signs}",
        lambda found: found.never_fails,
        {
            r"where $\eta l\|Q\|\le2$": found,
            f"a step of the frozen gradient {signs}": count(from_starts(frozen_gradient)),
        },
        {f"a step of the tied gradient {signs}": count(from_starts(tied_gradient))},
        rf"never violated; $\eta l\|Q\|\le2$ was met in {found.within}",
        lambda found: found.words,
    )


def identity_exact(fast: bool) -> Iterator[Evidence]:
    """Dense tensors in fractions; S is spanned by the first coordinates, u and c rational, u of rational length."""
    rng = np.random.default_rng(62)
    lengths = [([1, 2, 2], 3), ([2, 3, 6], 7), ([1, 4, 8], 9), ([4, 4, 7], 9)]

    def sides(order: int, ridge: int, seed: int) -> tuple[Fraction, Fraction, Fraction]:
        picks = np.random.default_rng(seed).permutation(4)[:2]
        us, ns, a, c, lam = [], [], [1, -1], [Fraction(2, 3), Fraction(1, 2)], Fraction(1, 7)
        for k in picks:
            entries, length = lengths[int(k)]
            flips = rng.choice([-1, 1], size=3)
            us.append([Fraction(int(f) * e, 2) for f, e in zip(flips, entries, strict=True)])
            ns.append(Fraction(length, 2))
        hats = [1 / n for n in ns]
        b = [ai * ci ** (order - 2) for ai, ci in zip(a, c, strict=True)]
        star = [[Fraction(2), Fraction(-1), Fraction(0)]]
        residual = reference.combine([*b, Fraction(-1)], us + star, order)
        inside = 2  # dim S: coordinates 0 and 1
        frozen = tied = Fraction(0)
        for u, n, bi, hat in zip(us, ns, b, hats, strict=True):
            contraction = [Fraction(0)] * 3
            for index, entry in residual.items():
                contraction[index[-1]] += Fraction(entry * math.prod(u[i] for i in index[:-1]))
            g = [
                order * bi * x + lam * order * hat ** (order - 2) * n ** (order - 2) * y
                for x, y in zip(contraction, u, strict=True)
            ]
            radial = sum(x * y for x, y in zip(u, g, strict=True)) / n**2
            tied_g = [x - Fraction(order - 2, order) * radial * y for x, y in zip(g, u, strict=True)]
            frozen += sum(x * y for x, y in zip(u[inside:], g[inside:], strict=True))
            tied += sum(x * y for x, y in zip(u[inside:], tied_g[inside:], strict=True))
        tensor = reference.combine(b, us, order)
        square = sum(entry**2 for index, entry in tensor.items() if index[-1] >= inside)
        shrink = sum(
            (hat * n) ** (order - 2) * sum(x**2 for x in u[inside:]) for u, n, hat in zip(us, ns, hats, strict=True)
        )
        return frozen, order * square + ridge * lam * order * shrink, tied

    cases = [(order, seed) for order in (3, 4) for seed in range(2 if fast else 6)]

    def is_equal(which: tuple[str, int]) -> bool:
        """<P_B U, P_B G> of the frozen or the tied gradient is the right side, with or without the regulariser."""
        gradient, ridge = which
        found = [sides(order, ridge, seed) for order, seed in cases]
        return all((frozen if gradient == "frozen" else tied) == right for frozen, right, tied in found)

    yield Evidence(
        "exact",
        f"dense tensors in exact fractions, $d=3$, $m=2$, $l=3,4$, {len(cases)} cases (seed 62)",
        is_equal,
        {"the frozen gradient": ("frozen", 1)},
        {"without the regulariser": ("frozen", 0), "the tied gradient": ("tied", 1)},
        "equal",
    )

    points = list(random_points(20 if fast else 400, 63))

    def agrees(factor: float) -> bool:
        for point, target, lam in points:
            left, right, _ = lemma5_identity(point, target, lam)
            size = float(np.linalg.norm(point.U) * np.linalg.norm(frozen_gradient(point, target, lam)))
            if abs(factor * left - right) > 1e-11 * size:
                return False
        return True

    yield Evidence(
        "exact",
        f"`lemma5_identity` at {len(points)} random points (seed 63)",
        agrees,
        {"both sides": 1.0},
        {"the left side larger by 1%": 1.01},
        "equal to 11 digits of the factors",
    )

    # u = (3/5, 4/5), a = -1, T* = e_1^3, lambda = 0, kappa small: the tied gradient pushes P_B u outwards
    small = Parameters.two_homogeneous([[0.03], [0.04]], [-1.0])
    frozen_sign, _, tied_sign = lemma5_identity(small, SymmetricCP([1.0], [[1.0], [0.0]], 3), 0.0)
    yield Evidence(
        "exact",
        r"the sign of $\langle P_BU,P_BG\rangle$, $l=3$, $T^*=e_1^{\otimes3}$, one column $(0.03, 0.04)$ with $a=-1$, $\lambda=0$",
        lambda value: value >= 0.0,
        {"the frozen gradient": frozen_sign},
        {"the tied gradient": tied_sign},
        "not negative",
    )
