"""Every identity holds, every wrong variant of it is refused, and a broken model turns them red."""

from __future__ import annotations

import doctest
import re
from contextlib import suppress
from functools import cache
from math import prod

import pytest
from sympy import Poly, Rational, S, binomial, expand, expand_func, factorial2, symbols

from tdbook import proofs
from tdbook.proofs import setting as model
from tdbook.proofs.algebra import d
from tdbook.proofs.exact import NotRational, evaluate, instances
from tdbook.proofs.identity import Identity, certainly_nonzero, identity
from tdbook.proofs.moments import _eigenvalue

ALL = proofs.all_identities()
BY_NAME = {proof.__name__.replace("_", "-"): proof for proof in ALL}
# Every claim of the paper's list that is to be shown symbolically.
NEEDED = {
    "tensor-inner", "sym-dim", "loss-gram", "gradient", "hessian", "two-homogeneous", "c-update", "euler",
    "projection", "norm-bound", "zero-homogeneous", "zero-saddle", "initial-share", "tangent-gram", "thm2",
    "thm2-homogeneous", "thm1-spectrum", "exponents", "lemma4-exact", "lemma5", "lemma5-identity", "lemma7",
    "telescoping", "correlation-rms", "nuclear-norm", "hermite-network", "deflation",
}  # fmt: skip


def test_names_are_unique_and_claims_covered():
    assert len(BY_NAME) == len(ALL)
    assert set(proofs.claims()) >= NEEDED
    assert proofs.for_claim("no such claim") == []


@cache
def built(name: str) -> Identity:
    """Each by itself, so that one test needs one identity only."""
    return BY_NAME[name]()


@pytest.mark.parametrize("name", BY_NAME)
def test_identity_holds_and_its_mutants_are_refused(name):
    shown = built(name)
    assert shown.holds, f"left - right = {shown.residue}"
    assert shown.refused, dict(shown.mutants)
    assert len(shown.mutants) >= 2
    assert shown.free and shown.statement and shown.route and BY_NAME[name].__doc__
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", shown.name) and shown.name == name


@pytest.mark.parametrize("name", BY_NAME)
def test_both_sides_agree_in_exact_numbers(name):
    """Not through the canonical form: the two sides are evaluated as they were written down."""
    shown = built(name)
    compared = 0
    for at in instances():
        try:
            left, right = evaluate(shown.left, at), evaluate(shown.right, at)
        except NotRational:
            continue
        assert left == right
        compared += 1
    assert compared


@pytest.mark.parametrize("name", BY_NAME)
def test_no_two_wrong_variants_of_an_identity_are_one(name):
    """Two names for one mistake would count as two controls."""
    values = {}
    for what, difference in built(name).mutants.differences.items():
        with suppress(NotRational):
            values[what] = tuple(evaluate(difference, at) for at in instances())
    assert len(set(values.values())) == len(values)


@pytest.mark.parametrize(
    "claim", ["gradient", "euler", "hessian", "projection", "zero-homogeneous", "thm2", "lemma7", "deflation"]
)
def test_the_sizes_stay_symbols(claim):
    for proof in proofs.for_claim(claim):
        shown = proof()
        names = {symbol.name for symbol in shown.left.free_symbols | shown.right.free_symbols}
        # d is free because no inner product is ever spelled out: no expression needs to know it
        assert "l" in shown.free and set(shown.free) - {"d"} <= names


def test_the_example_in_the_package_runs():
    assert doctest.testmod(proofs).attempted and not doctest.testmod(proofs).failed


@pytest.mark.parametrize("order, degree", [(2, 0), (2, 2), (3, 1), (3, 3), (4, 0), (4, 2), (4, 4), (5, 1), (5, 5)])
def test_eigenvalues_of_the_moment_operator_by_brute_force(order, degree):
    """E[p(w) <w, x>^l] = lambda_j p(x) for p = |x|^(l-j) Re (x_1 + i x_2)^j, w on the sphere of R^3."""
    x, w = symbols("x_1:4"), symbols("w_1:4")
    signs = [(n, (-1) ** (n // 2) * binomial(degree, n)) for n in range(0, degree + 1, 2)]
    harmonic = sum(sign * w[0] ** (degree - n) * w[1] ** n for n, sign in signs)
    polynomial = sum(t**2 for t in w) ** ((order - degree) // 2) * harmonic
    kernel = sum(s * t for s, t in zip(x, w, strict=True)) ** order
    image = S.Zero
    for powers, coefficient in Poly(expand(polynomial * kernel), *w).terms():
        if all(n % 2 == 0 for n in powers):  # Wick: a Gaussian moment, divided by that of the length
            image += coefficient * prod(factorial2(n - 1) for n in powers) / prod(3 + 2 * n for n in range(order))
    eigenvalue = expand_func(_eigenvalue(S(degree), S((order - degree) // 2)).subs(d, 3))
    assert expand(image - eigenvalue * polynomial.subs(dict(zip(w, x, strict=True)))) == 0


# ------------------------------------------------------------------------------------------------------------
# Break the model: the identities that rest on it must fail
# ------------------------------------------------------------------------------------------------------------
def fails(name: str) -> bool:
    return not BY_NAME[name]().holds


def test_a_wrong_factor_in_the_loss_turns_identities_red(monkeypatch):
    right = model.loss
    monkeypatch.setattr(model, "loss", lambda *args, **kwargs: Rational(3, 2) * right(*args, **kwargs))
    for name in (
        "gradient-along",
        "gradient-components",
        "hessian-along",
        "projection-along",
        "norm-bound",
        "zero-saddle",
        "zero-homogeneous",
        "loss-gram-vanilla",
        "nuclear-norm-form",
    ):
        assert fails(name), name


def test_a_wrong_exponent_in_the_regulariser_turns_identities_red(monkeypatch):
    def plain(columns=model.u, weight=model.frozen_weight, penalty=model.chat):
        squares = model.residual(columns, weight).norm2() / 2
        if penalty is None:
            return squares
        return squares + model.lam * model.Sum(columns(model.i).norm() ** 2, (model.i, 1, model.m))

    monkeypatch.setattr(model, "loss", plain)
    assert fails("gradient-along") and fails("gradient-components") and fails("hessian-along")
    # with c-hat = 1/||u|| the two regularisers have the same value: what rests on the value alone still holds
    assert not fails("norm-bound") and not fails("zero-homogeneous")


def test_a_wrong_gradient_turns_identities_red(monkeypatch):
    right = model.gradient
    monkeypatch.setattr(model, "gradient", lambda *args: 2 * right(*args))
    for name in (
        "gradient-along",
        "gradient-components",
        "euler-frozen",
        "projection-along",
        "lemma5-step",
        "lemma5-correlation",
        "lemma7-decomposition",
        "nuclear-norm-components",
    ):
        assert fails(name), name


def test_a_model_that_is_not_two_homogeneous_turns_identities_red(monkeypatch):
    monkeypatch.setattr(model, "tied_weight", lambda column, index: model.a(index) * model.kappa(index) / column.norm())
    for name in (
        "two-homogeneous",
        "two-homogeneous-negative",
        "zero-homogeneous",
        "euler-tied",
        "projection-along",
    ):
        assert fails(name), name


def test_a_sign_error_in_the_residual_turns_identities_red(monkeypatch):
    def total(columns=model.u, weight=model.frozen_weight):
        return model.tensor(columns, weight) + model.target()

    monkeypatch.setattr(model, "residual", total)
    for name in (
        "loss-gram-vanilla",
        "loss-gram-homogeneous",
        "zero-saddle",
        "zero-homogeneous",
        "euler-tied",
    ):
        assert fails(name), name


def test_refusal_needs_two_mutants_that_are_really_nonzero():
    shown = BY_NAME["gradient-along"]()
    kept = dict(list(shown.mutants.items())[:1])
    assert not Identity("n", "c", "s", "r", ("l",), S.Zero, kept).refused
    assert not Identity("n", "c", "s", "r", ("l",), S.Zero, {**kept, "equal": S.Zero}).refused


@pytest.mark.parametrize("name", ("gradient-along", "euler-tied", "tensor-inner-step", "lemma5-step"))
def test_a_mutant_is_refused_as_it_was_written_as_in_its_canonical_form(name):
    shown = built(name)
    for what, remainder in shown.mutants.items():
        assert shown.refuses(what) is certainly_nonzero(remainder) is True
        assert not certainly_nonzero(shown.mutants.differences[what] - remainder)


def test_a_mutant_that_is_the_truth_is_not_refused():
    shown = built("gradient-along")
    same = identity("", left=shown.left, right=shown.right, free=("l",), mutants={"as it is": shown.right})
    assert same.holds
    assert not same.refuses("as it is")
