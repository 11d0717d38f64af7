"""Formulas of chapters and slides that no statement holds: evaluated at random numbers, against another computation."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import sympy
from scipy import integrate, stats

from tdbook import lemmas
from tdbook.descent import Settings, practical_settings
from tdbook.lazy import moments
from tdbook.lemmas.outside import split_column
from tdbook.lemmas.rise import boosts
from tdbook.objectives import frozen_gradient, tied_gradient
from tdbook.tensors import random_target, symmetric_dimension
from tests.book.test_formulas import Displayed, Sides, a_point, chance, changed, lazy_side, smooth
from tests.support.latex import formula as written

ROOT = Path(__file__).parents[2]


def source(place: str) -> str:
    """The text of a chapter or of a deck, by its stem."""
    if place.startswith("lecture"):
        return (ROOT / "slides" / f"{place}.md").read_text(encoding="utf-8")
    cells = nbformat.read(ROOT / "book" / f"{place}.ipynb", as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


@dataclass(frozen=True)
class OnPage(Displayed):
    """A formula of a chapter or a deck, the first after ``before``."""

    def text(self) -> str:
        whole = source(self.claim)
        assert whole.count(self.before) >= 1, f"{self.claim} has no {self.before!r}"
        return whole[whole.index(self.before) + len(self.before) :]


def initial_size(rng: np.random.Generator, l: int) -> Sides:
    m, K, d, accuracy = int(rng.integers(2, 9)), int(rng.integers(5, 30)), 6, float(rng.uniform(0.01, 0.2))
    found = practical_settings(random_target(d, 2, l, rng=rng), m, accuracy, epochs=K)
    return {
        r"\varepsilon": accuracy, "m": m, "K": K, r"\kappa_0": math.sqrt(d * (m + K)), "l": l, r"\eta": found.step_size,
    }, found.init_scale  # fmt: skip


def second_derivative(rng: np.random.Generator, l: int) -> Sides:
    """||D^2 phi[v, v]||^2 at e_1, phi(u) = ||u||^{2-l} u^{(x) l}, from inner products of two points phi(u + tv)."""
    one, two = (sympy.Rational(int(x), 7) for x in rng.integers(1, 9, 2))
    t, s = sympy.symbols("t s")
    first, second = ((1 + x * one, x * two) for x in (t, s))
    lengths = [sum(x**2 for x in u) ** sympy.Rational(2 - l, 2) for u in (first, second)]
    product = lengths[0] * lengths[1] * sum(x * y for x, y in zip(first, second, strict=True)) ** l
    value = sympy.diff(product, t, 2, s, 2).subs({t: 0, s: 0})
    return {"l": l, "v_1": float(one), "v_2": float(two), "L_\\phi": math.sqrt(3 * l * l - 6 * l + 4)}, float(value)


def laplacian(rng: np.random.Generator, l: int) -> Sides:
    """Delta(|x|^2k h) for the harmonic h = x_1 ... x_j, at a point of length 3/2."""
    d, j, k = int(rng.integers(3, 6)), int(rng.integers(0, 4)), int(rng.integers(1, 4))
    x = sympy.symbols(f"x:{d}")
    h = sympy.Mul(*x[:j])
    p = sum(value**2 for value in x) ** k * h
    point = dict(zip(x, [sympy.Rational(1, 2), 1, 1, 0, 0], strict=False))
    value = sum(sympy.diff(p, coordinate, 2) for coordinate in x).subs(point)
    return {"k": k, "d": d, "j": j, "|x|": 1.5, "h": float(h.subs(point))}, float(value)


def gradient_column(rng: np.random.Generator, l: int) -> Sides:
    point, target, lam = a_point(rng, l)
    pull = (target.scaled(-1.0).contract(point.U) + model_pull(point, l))[:, 0]
    return {
        "l": l, "a_i": point.a[0], "c_i": point.c[0], r"R(u_i^{\otimes l-1},\cdot)": pull, r"\lambda": lam,
        "u_i": point.U[:, 0],
    }, frozen_gradient(point, target, lam)[:, 0]  # fmt: skip


def model_pull(point: Any, l: int) -> np.ndarray:
    weights = point.a * point.c ** (l - 2)
    return point.U @ (weights[:, None] * (point.U.T @ point.U) ** (l - 1))


def along_the_column(rng: np.random.Generator, l: int) -> Sides:
    """The component of the tied gradient along the column, against that of the frozen one."""
    point, target, lam = a_point(rng, l)
    u = point.U[:, 0] / point.norms[0]
    frozen, tied = (gradient(point, target, lam)[:, 0] @ u for gradient in (frozen_gradient, tied_gradient))
    return {"I": 1.0, "l": l, r"\hat u_i\hat u_i^\T": 1.0, "g_i": frozen}, tied


def slide_smoothness(rng: np.random.Generator, l: int) -> Sides:
    values, wanted = smooth(rng, l)
    return {r"\norm R": values[r"\|R\|"], r"\norm G": values[r"\|G\|"], **values}, wanted


def grown(rng: np.random.Generator, l: int) -> Sides:
    """The promised growth of the part in S."""
    point, target, lam = a_point(rng, l)
    column, eta = split_column(point, target, 0), 0.01
    return {
        r"\eta": eta, "l": l, r"\rho_0": boosts(point, l)[0] * column.rho ** (l - 2), r"\tau": -column.correlation,
        r"\norm x": column.inside,
    }, lemmas.lemma7(point, target, lam, eta, 0).left  # fmt: skip


def waiting(degree_two: bool) -> Any:
    def sides(rng: np.random.Generator, l: int) -> Sides:
        start, end = sorted(rng.uniform(0.05, 0.5, 2))
        tau, lam = float(rng.uniform(0.5, 1.0)), float(rng.uniform(0.0, 0.3)) if degree_two else 0.0
        power = 1 if degree_two else l - 1
        took = integrate.quad(lambda n: 1.0 / (l * (tau - lam) * n**power), start, end)[0]
        return {r"\delta": start, "n": end, r"\log(n/\delta)": math.log(end / start), "l": l, r"\tau": tau,
                r"\lambda": lam}, took  # fmt: skip

    return sides


def boost(rng: np.random.Generator, l: int) -> Sides:
    d, m, K = (int(x) for x in rng.integers(2, 20, 3))
    settings = Settings(d, m, K, 1, step_size=0.1, init_scale=0.05, regularization=0.1, accuracy=0.1)
    return {"d": d, "m": m, "K": K, r"\norm{u_i}": 1.0}, settings.initial_kappa


def switch(rng: np.random.Generator, l: int) -> Sides:
    d, m, K = (int(x) for x in rng.integers(2, 20, 3))
    settings = Settings(d, m, K, 1, step_size=0.1, init_scale=0.05, regularization=0.1, accuracy=0.1)
    return {"m": m, "K": K, r"\delta": 0.05}, settings.switch_norm


def dimension(rng: np.random.Generator, l: int) -> Sides:
    d = int(rng.integers(2, 9))
    return {"d": d, "l": l}, symmetric_dimension(d, l)


def flat(rng: np.random.Generator, l: int) -> Sides:
    d = int(rng.integers(3, 30))
    return {"d": d, "l": l}, float(moments.flatness(d, l))


FORMULAS = [
    OnPage("lazy", r"\Delta\big(|x|^{2k}h\big)=", laplacian),
    OnPage("lazy", "D=", dimension),
    OnPage("lazy", r"\kappa=\lambda_l\,D=", flat),
    OnPage("algorithm", "   $c_i=", boost),
    OnPage("algorithm", r"\delta=", initial_size),
    OnPage("algorithm", r"if $\norm{u_i}\le", switch),
    OnPage("rise", r"\norm{D^2\phi[v,v]}^2&=", second_derivative),
    OnPage("rise", "2l(l-1)v_2^4\\\\\n&=", second_derivative),
    OnPage("lecture-1", "Then\n\n$$\n", lazy_side(0)),
    OnPage("lecture-2", "\ng_i=", gradient_column),
    OnPage("lecture-2", r"\nabla_iF=", along_the_column),
    OnPage("lecture-2", "$$\\dot n=l\\,\\tau\\,n^{\\,l-1}$$\n\n::::{container} fragment\n$$t=", waiting(False)),
    OnPage("lecture-2", "\\dot n=l\\,(\\tau-\\lambda)\\,n$$\n\n::::{container} fragment\n$$t=", waiting(True)),
    OnPage("lecture-3", "random, $c_i=", boost),
    OnPage("lecture-3", r"if $\norm{u_i}\le", switch),
    OnPage("lecture-3", "\n$M=", slide_smoothness),
    OnPage("lecture-4", r"\norm{R_S}\Big]\ \ge\ ", chance),
    OnPage("lecture-4", r"$$\norm{x'}^2\ge", grown),
]
IDS = [f"{formula.claim}-{k}" for k, formula in enumerate(FORMULAS)]


@pytest.mark.parametrize("formula", FORMULAS, ids=IDS)
def test_a_formula_of_a_page_is_the_computed_one(formula: OnPage):
    assert formula.agrees(formula.text())


@pytest.mark.parametrize("formula", FORMULAS, ids=IDS)
def test_a_wrong_digit_on_a_page_is_noticed(formula: OnPage):
    def seen(text: str) -> bool:
        try:
            return not formula.agrees(text)
        except (ValueError, ArithmeticError, RuntimeWarning):
            return True

    values, _ = formula.sides(np.random.default_rng(17), 3)
    assert [text for text in changed(written(formula.text(), values)) if not seen(text)] == []


# ------------------------------------------------------------------------------------ the walk of Theorem 3
WALK = re.compile(r"e\^\{-Kp'/(\d+)\}|E=Kp'/(\d+)")


def walks(text: str) -> set[int]:
    return {int(first or second) for first, second in WALK.findall(text)}


def test_the_exponent_of_the_walk_is_one_number_and_a_bound():
    """P(Bin(K, p') <= 0.9 K p') <= exp(-K p' / 200), and with 190 it is false somewhere."""
    (number,) = walks(source("theorem3"))
    assert walks("up to $e^{-Kp'/20}$ and $e^{-Kp'/200}$") == {20, 200}  # negative control

    def holds(divisor: float) -> bool:
        cases = [(K, p) for K in (100, 10_000, 1_000_000) for p in (1e-3, 0.03, 0.2)]
        return all(stats.binom.logcdf(math.floor(0.9 * K * p), K, p) <= -K * p / divisor for K, p in cases)

    assert holds(number)
    assert not holds(number / 2)


@pytest.mark.parametrize("place", ["algorithm", "lecture-3"])
def test_the_switch_divides_the_coefficient_alone(place: str):
    """c and not c-hat, in the line of Algorithm 1 that switches."""
    text = source(place)
    at = text.index(r"\norm{u_i}\le2\sqrt{m+K}\,\delta<")
    line = text[at : text.index(r"\sqrt{d(m+K)}", at)]
    assert "divide" in line and "$c_i$" in line and r"\hat c" not in line
