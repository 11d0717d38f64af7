"""The formula that a statement displays is the one that the library computes: both at random numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from tdbook import landscape, lazy, statements, tensors
from tdbook.descent import Settings, State, iterate, practical_settings, reinitialize
from tdbook.lazy import moments
from tdbook.lemmas import (
    anticoncentration,
    curvature_constant,
    lemma4,
    lemma5_total,
    lemma7,
    lemma8,
    plan,
    removal_cost,
    smoothness,
)
from tdbook.lemmas.outside import split_column
from tdbook.lemmas.rise import boosts, weighted_norm
from tdbook.objectives import Parameters, frozen_gradient, loss, model
from tdbook.tensors import random_target
from tests.support.latex import evaluate
from tests.support.latex import formula as written

Sides = tuple[dict[str, Any], Any]  # values of the letters, and what the library has for the formula


def a_point(rng: np.random.Generator, order: int, kappa: float | None = None) -> tuple[Parameters, Any, float]:
    U = rng.standard_normal((4, 3)) * 10.0 ** rng.uniform(-1.0, 0.3, 3)
    boost = rng.uniform(0.5, 3.0, 3) if kappa is None else np.full(3, kappa)
    point = Parameters.two_homogeneous(U, rng.choice([-1.0, 1.0], 3), boost)
    return point, random_target(4, 2, order, rng=rng), float(rng.uniform(0.01, 0.5))


def smooth(rng: np.random.Generator, l: int) -> Sides:
    point, target, lam = a_point(rng, l)
    G, kbar, eta = frozen_gradient(point, target, lam), boosts(point, l), float(rng.uniform(0.01, 0.5))
    squares = (G**2).sum(axis=0)
    return {
        r"L_\phi": curvature_constant(l), r"\bar\kappa": kbar @ squares / squares.sum(),
        r"\|R\|": model(point, l).distance(target),
        "N": weighted_norm(point, l), r"\eta": eta, r"\|G\|": math.sqrt(squares.sum()), r"\lambda": lam, "l": l,
    }, smoothness(point, target, lam, eta)  # fmt: skip


def curvature(rng: np.random.Generator, l: int) -> Sides:
    return {"l": l}, curvature_constant(l)


def redraw(rng: np.random.Generator, l: int) -> Sides:
    point, target, lam = a_point(rng, l, kappa=1.0)
    settings = Settings(4, 3, 5, 1, step_size=0.1, init_scale=0.05, regularization=lam, accuracy=0.1)
    state = State(point, np.zeros(3, dtype=bool))
    found = lemma4(state, reinitialize(state, settings, rng), target, settings)
    f, z = loss(point, target, lam), (4 * (3 + 5)) ** ((l - 2) / 2) * 0.05**2
    return {"f": f, "p": f / (lam * 3), "z": z, r"\lambda": lam, r"\delta": 0.05}, found.right


def removal(rng: np.random.Generator, l: int) -> Sides:
    point, target, lam = a_point(rng, l)
    g = frozen_gradient(point, target, lam)[:, 0]
    return {
        "l": l, r"\langle u_j,g_j\rangle": float(point.U[:, 0] @ g), r"\bar\kappa_j": boosts(point, l)[0],
        r"\|u_j\|": point.norms[0],
    }, removal_cost(point, target, lam)[0]  # fmt: skip


def turn(rng: np.random.Generator, l: int) -> Sides:
    point, target, lam = a_point(rng, l)
    column, basis, eta = split_column(point, target, 0), target.span(), 0.3 / (l * lam + 10.0)
    outside = point.U - basis @ (basis.T @ point.U)
    found = lemma8(point, target, lam, eta, 0)
    return {
        "l": l, r"\bar\kappa": boosts(point, l)[0], "N": weighted_norm(point, l),
        r"\|P_BU\|": float(np.linalg.norm(outside)), r"\|P_Bu\|": float(np.linalg.norm(outside[:, 0])),
        r"\|R_S\|": column.residual_norm, r"\eta": eta, r"\lambda": lam,
        r"\|x\|": column.inside,
    }, (found.right - column.correlation) / eta  # fmt: skip


def symmetric(rng: np.random.Generator, l: int) -> Sides:
    d = int(rng.integers(2, 9))
    return {"d": d, "l": l}, tensors.symmetric_dimension(d, l)


def block(rng: np.random.Generator, l: int) -> Sides:
    U = rng.standard_normal((4, 2))
    u, v = U.T
    return {
        "l": l, r"\langle u_i,u_j\rangle": float(u @ v), "I": np.eye(4),
        r"u_ju_i^\top": np.outer(v, u), r"u_iu_j^\top": np.outer(u, v),
    }, lazy.tangent_gram(U, l)[:4, 4:]  # fmt: skip


def flat_share(rng: np.random.Generator, l: int) -> Sides:
    d = int(rng.integers(3, 30))
    return {"d": d, "l": l}, float(moments.flatness(d, l))


def lazy_side(which: int) -> Callable[[np.random.Generator, int], Sides]:
    def side(rng: np.random.Generator, l: int) -> Sides:
        d = int(rng.integers(3, 9))
        size = tensors.symmetric_dimension(d, l)
        rank = int(rng.integers(1, size))
        return {r"\kappa": float(moments.flatness(d, l)), r"\rho'": rank / size}, moments.error_bounds(d, l, rank)[
            which
        ]

    return side


def forced(rng: np.random.Generator, l: int) -> Sides:
    d, error = int(rng.integers(20, 200)), float(rng.uniform(0.05, 0.3))
    kappa, size = float(moments.flatness(d, l)), tensors.symmetric_dimension(d, l)
    # the library gives the next integer
    return {r"\varepsilon": error, r"\kappa": kappa, "D": size, "d": d}, moments.components_forced(d, l, error)


def chance(rng: np.random.Generator, l: int) -> Sides:
    theta = float(rng.uniform(0.1, 0.9))
    return {r"\theta": theta, "l": l}, anticoncentration(l, theta)


def trap_value(rng: np.random.Generator, l: int) -> Sides:
    r = int(rng.integers(1, 4))
    return {"l": l, "r": r}, landscape.vanilla_trap(l, r, 3, r + 1).value


def trap_rise(rng: np.random.Generator, l: int) -> Sides:
    lam, r = float(rng.uniform(0.0, 0.9)), int(rng.integers(1, 4))
    return {"l": l, "r": r, r"\lambda": lam}, landscape.homogeneous_trap(l, r, 3, r + 1, lam).value


def mixed_value(rng: np.random.Generator, l: int) -> Sides:
    lam, r, even = float(rng.uniform(0.0, 0.9)), int(rng.integers(1, 4)), 2 * l - 2
    return {"l": even, "r": r, r"\lambda": lam}, landscape.mixed_sign_trap(even, r, 4, r + 2, lam).value


def arrows(rng: np.random.Generator, l: int) -> Sides:
    lam, r = float(rng.uniform(0.0, 0.9)), int(rng.integers(1, 4))
    return {"r": r, r"\lambda": lam}, landscape.arrows_minimum(r, lam)


def arrows_gap(rng: np.random.Generator, l: int) -> Sides:
    lam, r = float(rng.uniform(0.0, 0.9)), int(rng.integers(1, 4))
    gap = landscape.homogeneous_trap(3, r, 2 * r + 1, r + 1, lam).value - landscape.arrows_minimum(r, lam)
    return {"r": r, r"\lambda": lam}, gap


def outside_in_total(rng: np.random.Generator, l: int) -> Sides:
    point, target, lam = a_point(rng, l, kappa=1.0)
    delta = float(rng.uniform(0.01, 0.1))
    settings = Settings(4, 3, 5, 1, step_size=0.1, init_scale=delta, regularization=lam, accuracy=0.1)
    found = lemma5_total(State(point, np.zeros(3, dtype=bool)), target, settings)
    return {"m": 3, "K": 5, r"\delta": delta}, found.right


def deepest(rng: np.random.Generator, l: int) -> Sides:
    """The largest slope C(l,2) alpha^{l-2} beta^2 on the circle."""
    angles = np.linspace(0.0, math.pi / 2, 200_001)
    return {"l": l}, float((math.comb(l, 2) * np.cos(angles) ** (l - 2) * np.sin(angles) ** 2).max())


def forms(rng: np.random.Generator, l: int) -> Sides:
    s = int(rng.integers(1, 7))
    return {"s": s, "l": l}, tensors.symmetric_dimension(s, l)


def kernel_chance(rng: np.random.Generator, l: int) -> Sides:
    """At s = 2, where it is the better of the two."""
    theta = float(rng.uniform(0.6, 0.9))
    return {r"\theta": theta, "N": tensors.symmetric_dimension(2, l)}, anticoncentration(l, theta, 2)


def lazy_arrival(which: str) -> Callable[[np.random.Generator, int], Sides]:
    """The constants of lazy convergence, for pairs of columns in the plane."""

    def side(rng: np.random.Generator, l: int) -> Sides:
        start, size, alpha, k = (
            lazy.paired_start(2, 9, rng),
            float(rng.uniform(0.5, 2.0)),
            50.0,
            int(rng.integers(1, 9)),
        )
        found = lazy.convergence(start, l, size)
        fastest = 4.0 / (9.0 * found.step_size)
        values = {
            "L": found.curvature, r"\|T^*\|_F": size, r"\sigma": found.least, r"\mu_{max}": fastest, "l": l, "k": k,
            r"\alpha": alpha, r"\eta": found.step_size, r"\|U_k-U_0\|_F": 1.0,
        }  # fmt: skip
        wanted = {
            "scale": found.scale, "step": found.step_size, "left": found.residual(k), "way": found.travelled(alpha),
            "curvature": found.curvature,
        }  # fmt: skip
        return values, wanted[which]

    return side


def growth_condition(rng: np.random.Generator, l: int) -> Sides:
    """The largest lambda within the condition of Lemma 7 where nothing leaks, since S is the whole space."""
    target, column = random_target(4, 4, l, rng=rng), None
    while column is None or column.correlation >= 0.0:
        point, _, _ = a_point(rng, l)
        column = split_column(point, target, 0)
    low, high = 0.0, 1e9
    for _ in range(200):
        middle = (low + high) / 2
        inside = lemma7(point, target, middle, 0.01, 0).hypothesis
        low, high = (middle, high) if inside else (low, middle)
    return {r"\rho_0": column.drive, r"\tau": -column.correlation}, low


def slowest(rng: np.random.Generator, l: int) -> Sides:
    d = int(rng.integers(2, 9))
    return {"l": l, r"d(d+2)\cdots(d+2l-4)": math.prod(range(d, d + 2 * l - 3, 2))}, float(lazy.mean_speeds(d, l)[l])


def speed(rng: np.random.Generator, l: int) -> Sides:
    d = int(rng.integers(2, 9))
    level = moments.moment_spectrum(d, l)[-1]
    return {"l": l, "d": d, "j": level.degree, r"\lambda_j": float(level.eigenvalue)}, float(
        lazy.mean_speeds(d, l)[level.degree]
    )


def enough(rng: np.random.Generator, l: int) -> Sides:
    d, p = int(rng.integers(2, 9)), float(rng.uniform(0.01, 0.5))
    logarithm = math.log(tensors.symmetric_dimension(d, l) / p)
    nu = float(lazy.mean_speeds(d, l)[l])
    return {"l": l, r"\ln(D/p)": logarithm, r"\nu": nu}, lazy.columns_enough(d, l, p)


@dataclass(frozen=True)
class Displayed:
    """A formula of a claim's text, the first after ``before``, and what it must equal."""

    claim: str
    before: str
    sides: Callable[[np.random.Generator, int], Sides]
    rounded_up: bool = False  # the library gives the next integer

    def text(self) -> str:
        whole = statements.statement(self.claim)
        assert whole.count(self.before) >= 1, f"{self.claim} has no {self.before!r}"
        return whole[whole.index(self.before) + len(self.before) :]

    def agrees(self, text: str) -> bool:
        rng = np.random.default_rng(17)
        for k in range(8):
            values, wanted = self.sides(rng, 3 + k % 3)
            found = evaluate(text, values)
            if self.rounded_up:
                found = math.ceil(found)
            if not np.allclose(found, wanted, rtol=1e-9, atol=1e-12):
                return False
        return True


FORMULAS = [
    Displayed("lemma3", "$$\nM=", smooth),
    Displayed("lemma3", r"L_\phi=", curvature),
    Displayed("lemma4", "$$\n", redraw),
    Displayed("lemma4-exact", "$$\n", removal),
    Displayed("lemma7", r"{l\|x\|^2}\le", growth_condition),
    Displayed("lemma8", r"\Lambda=", turn),
    Displayed("lemma6", r"\ \ge\ ", chance),
    Displayed("lemma5", r"\|P_BU\|_F^2\le", outside_in_total),
    Displayed("lemma6-explicit", "$N=", forms),
    Displayed("lemma6-explicit", r"\ \ge\ ", kernel_chance),
    Displayed("thm2-not-strict", "$k=", deepest),
    Displayed("sym-dim", "D=", symmetric),
    Displayed("tangent-gram", "G_{ij}=", block),
    Displayed("thm1", r"\kappa=\lambda_lD=", flat_share),
    Displayed("thm1", "$$\n", lazy_side(0)),
    Displayed("thm1", r"T^*\|_F^2\ \le\ ", lazy_side(1)),
    Displayed("thm1", r"$m\ge", forced, rounded_up=True),
    Displayed("lazy-convergence", "$L=", lazy_arrival("curvature")),
    Displayed("lazy-convergence", "\\alpha>", lazy_arrival("scale")),
    Displayed("lazy-convergence", "0<\\eta\\le", lazy_arrival("step")),
    Displayed("lazy-convergence", r"\|T_k-T^*\|_F\le", lazy_arrival("left")),
    Displayed("lazy-convergence", r"\|U_k-U_0\|_F\le", lazy_arrival("way")),
    Displayed("lazy-convergence", r"\nu=", slowest),
    Displayed("lazy-convergence", "mean eigenvalues\n$", speed),
    Displayed("lazy-convergence", "$m\\ge", enough, rounded_up=True),
    Displayed("thm2", "of value $f=", trap_value),
    Displayed("thm2-homogeneous", "where $f_0=", trap_rise),
    Displayed("thm2-mixed-signs", r"f\ge f_0=", mixed_value),
    Displayed("re-z3", "\nf-", arrows),
    Displayed("re-z3", "then lies\n$", arrows_gap),
]
IDS = [f"{formula.claim}-{k}" for k, formula in enumerate(FORMULAS)]


@pytest.mark.parametrize("formula", FORMULAS, ids=IDS)
def test_the_displayed_formula_is_the_computed_one(formula: Displayed):
    assert formula.agrees(formula.text())


def test_the_units_of_the_statement_are_those_of_a_run():
    """t lambda, sqrt(t) delta and eta / t, as they are written, in a run for t T*."""
    text, t = statements.statement("normalise"), 3.0
    written = re.search(r"with \$(.*?)\$, \$(.*?)\$, \$(.*?)\$ and the same draws", text)
    target = random_target(5, 2, 3, rng=1)
    one = practical_settings(target, 4, 0.1, epochs=1, iterations=20)
    values = {
        "t": t,
        r"\sqrt t": math.sqrt(t),
        r"\lambda": one.regularization,
        r"\delta": one.init_scale,
        r"\eta": one.step_size,
    }
    strength, size, step = (float(evaluate(part, values)) for part in written.groups())
    other = replace(one, regularization=strength, init_scale=size, step_size=step)
    for a, b in zip(iterate(target, one, 2), iterate(target.scaled(t), other, 2), strict=True):
        assert np.allclose(math.sqrt(t) * a.parameters.U, b.parameters.U, rtol=1e-9)


def changed(text: str) -> list[str]:
    """A formula with one of its digits raised by one."""
    spots = [m.start() for m in re.finditer(r"\d", text)]
    return [text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :] for at in spots]


@pytest.mark.parametrize("formula", FORMULAS, ids=IDS)
def test_a_wrong_digit_is_noticed(formula: Displayed):
    """The negative control: no digit of the formula can be another one."""

    def seen(text: str) -> bool:
        try:
            return not formula.agrees(text)
        except (ValueError, ArithmeticError, RuntimeWarning):
            return True

    values, _ = formula.sides(np.random.default_rng(17), 3)
    assert [text for text in changed(written(formula.text(), values)) if not seen(text)] == []


def order_of(letter: str, text: str) -> float:
    """The exponent of a letter in an O(...) that is a product of powers."""
    (value,) = re.findall(rf"{re.escape(letter)}\^(?:\{{([^}}]*)\}}|(\d))", text)
    written = value[0] or value[1]
    return float(evaluate(written, {"l": 3}))


def test_the_exponents_of_theorem_3_are_those_of_the_plan():
    """m and K against 1/epsilon, 1/p and s at fixed order 3, far enough out for logarithms to be small."""
    text = statements.statement("thm3")
    # first in gamma and epsilon, which stand for one another, then with gamma = Omega(s^{-l/2})
    first = [re.search(rf"\${letter}=O\\big\(\\frac L\{{p\\,(.*?)\}}\\big\)\$", text)[1] for letter in ("m", "K")]
    for of, name in zip(first, ("components", "epochs"), strict=True):
        sizes = [getattr(plan(10, 2, 3, 0.1, strength=gamma, chance=0.2), name) for gamma in (0.2, 0.002)]
        slope = math.log(sizes[1] / sizes[0]) / math.log(100.0)
        assert order_of(r"\gamma", of) == order_of(r"\varepsilon", of)
        assert abs(slope - order_of(r"\gamma", of)) < 0.5
    m, K = (re.search(rf"\${letter}=O\\big\((.*?)\\big\)\$", text)[1] for letter in ("m", "K"))
    far, near = (plan(10, 2, 3, 1e-3), plan(10, 2, 3, 1e-1))
    for text_of, name in ((m, "components"), (K, "epochs")):
        slope = math.log(getattr(far, name) / getattr(near, name)) / math.log(100.0)
        assert abs(slope + order_of(r"\varepsilon", text_of)) < 0.5
    wide = [plan(1000, s, 3, 0.1, strength=s**-1.5, chance=0.2) for s in (10, 100)]
    for text_of, name in ((m, "components"), (K, "epochs")):
        slope = math.log10(getattr(wide[1], name) / getattr(wide[0], name))
        assert abs(slope - order_of("s", text_of)) < 0.3
        likely, rare = (plan(10, 2, 3, 0.1, strength=0.2, chance=chance) for chance in (0.2, 0.02))
        assert text_of.endswith("/p")
        assert abs(math.log10(getattr(rare, name) / getattr(likely, name)) - 1.0) < 0.1
