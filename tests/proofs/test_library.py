"""The formulas that are proved are the ones the library computes: exact fractions against its floats."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from sympy import Integer, Sum, Symbol

from tdbook import SymmetricCP, objectives
from tdbook.proofs import setting as model
from tdbook.proofs.algebra import PowerSum, family, m
from tdbook.proofs.exact import Instance, evaluate

LAM = Symbol("lambda", positive=True)
CASES = [
    Instance(seed, l=order, m=columns, r=rank)
    for seed, (order, columns, rank) in enumerate([(3, 2, 1), (3, 3, 2), (4, 2, 2), (4, 4, 1), (5, 3, 2)], start=30)
]
each_case = pytest.mark.parametrize("at", CASES, ids=lambda at: "l={l},m={m},r={r}".format(**at.symbols))


def array(at: Instance, name: str, count: int) -> np.ndarray:
    return np.array([at.vector(name, n) for n in range(1, count + 1)], dtype=float).T


def numbers(at: Instance, name: str, count: int) -> np.ndarray:
    return np.array([float(at.number(name, Fraction(n))) for n in range(1, count + 1)])


def setting(at: Instance):
    """The instance's point, target and lambda, as the library takes them."""
    columns, rank = at.symbols["m"], at.symbols["r"]
    point = objectives.Parameters(
        array(at, "u", columns),
        numbers(at, "a", columns),
        numbers(at, "c", columns),
        numbers(at, "chat", columns),
    )
    target = SymmetricCP(numbers(at, "cstar", rank), array(at, "us", rank), at.symbols["l"])
    return point, target, float(at.symbol(LAM))


def tied_setting(at: Instance):
    _, target, lam = setting(at)
    columns = at.symbols["m"]
    point = objectives.Parameters.two_homogeneous(
        array(at, "u", columns), numbers(at, "a", columns), numbers(at, "kappa", columns)
    )
    return point, target, lam


def exact_columns(at: Instance, vector) -> np.ndarray:
    """The entries of vector(1), ..., vector(m) as floats, rounded once from exact fractions."""
    columns, dimension = at.symbols["m"], at.symbols["d"]
    return np.array(
        [
            [float(evaluate(vector(Integer(n)).component(Integer(k)), at)) for n in range(1, columns + 1)]
            for k in range(1, dimension + 1)
        ]
    )


def relative(ours: np.ndarray | float, exact: np.ndarray | float) -> float:
    return float(np.linalg.norm(np.asarray(ours) - exact) / np.linalg.norm(exact))


@each_case
def test_loss(at):
    point, target, lam = setting(at)
    assert relative(objectives.loss(point, target, lam), float(evaluate(model.loss(), at))) < 1e-12


@each_case
def test_frozen_gradient(at):
    exact = exact_columns(at, model.gradient)
    assert relative(objectives.frozen_gradient(*setting(at)), exact) < 1e-12


@each_case
def test_tied_gradient(at):
    exact = exact_columns(at, model.tied_gradient)
    assert relative(objectives.tied_gradient(*tied_setting(at)), exact) < 1e-12


@each_case
def test_hessian_form(at):
    point, target, lam = setting(at)
    exact = float(evaluate(model.along(model.loss, 2), at))
    direction = array(at, "v", at.symbols["m"])
    assert relative(objectives.hessian_form(point, direction, target, lam), exact) < 1e-12


@each_case
def test_vanilla_loss_and_gradient(at):
    point, target, _ = setting(at)
    weights = numbers(at, "coefficient", at.symbols["m"])
    exact = float(evaluate(model.loss(model.u, model.vanilla_weight, None), at))
    assert relative(objectives.vanilla_loss(point.U, weights, target), exact) < 1e-12
    in_u, in_c = objectives.vanilla_gradient(point.U, weights, target)
    gradient = exact_columns(at, lambda n: model.gradient(n, model.u, model.vanilla_weight, None))
    assert relative(in_u, gradient) < 1e-12
    rest = model.residual(model.u, model.vanilla_weight)
    powers = [PowerSum.power(1, model.u(Integer(n))) for n in range(1, at.symbols["m"] + 1)]
    values = [float(evaluate(rest.inner(power), at)) for power in powers]
    assert relative(in_c, np.array(values)) < 1e-12


@each_case
def test_contraction_and_inner_product(at):
    _, target, _ = setting(at)
    y = family("y")
    exact = [float(evaluate(model.target().contract(y()).component(Integer(k)), at)) for k in range(1, 5)]
    vector = np.array(at.vector("y"), dtype=float)
    assert relative(target.contract(vector[:, None])[:, 0], np.array(exact)) < 1e-12
    power = SymmetricCP([1.0], vector[:, None], at.symbols["l"])
    paired = float(evaluate(model.target().inner(PowerSum.power(1, y())), at))
    assert relative(target.inner(power), paired) < 1e-12


@each_case
def test_a_wrong_formula_is_seen(at):
    """The negative control: a wrong factor in the regulariser is off by far more than rounding."""

    def wrong(n):
        return model.gradient(n) + LAM * model.u(n)

    ours, off = objectives.frozen_gradient(*setting(at)), exact_columns(at, wrong)
    assert max(relative(ours[:, n], off[:, n]) for n in range(at.symbols["m"])) > 1e-9
    frozen = exact_columns(at, lambda n: model.gradient(n, model.u, lambda k: model.tied_weight(model.u(k), k)))
    assert relative(objectives.tied_gradient(*tied_setting(at)), frozen) > 1e-6
    assert evaluate(Sum(Integer(1), (model.i, 1, m)), at) == at.symbols["m"]
