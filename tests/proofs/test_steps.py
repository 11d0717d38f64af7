"""The claims proved step by step, and changed by a reader."""

from __future__ import annotations

import doctest
import subprocess
import sys

import pytest

from tdbook import proofs
from tdbook.proofs import steps

SOME = ("tensor-inner", "gradient", "thm2", "two-homogeneous", "sym-dim", "hermite-network")


@pytest.mark.parametrize("claim", SOME)
def test_every_identity_and_every_variant_comes_in_order(claim):
    shown = list(steps.steps(claim))
    wanted = []
    for proof in proofs.for_claim(claim):
        found = proof()
        wanted += [("identity", found.name), *(("variant", what) for what in found.mutants)]
    assert [(step.kind, step.what) for step in shown] == wanted
    assert all(step.agrees for step in shown)
    assert all((step.left_over == "0") == (step.kind == "identity") for step in shown)


def test_they_come_one_by_one(monkeypatch):
    """The first is there before the second identity is looked at."""
    asked = []

    def watched(claim):
        for proof in proofs.for_claim(claim):
            yield lambda proof=proof: asked.append(proof) or proof()

    monkeypatch.setattr(steps, "for_claim", watched)
    next(steps.steps("thm2"))
    assert len(asked) == 1


def test_a_broken_identity_is_seen(monkeypatch):
    """Negative control: both sides' difference is not empty, and what is left is shown."""
    found = proofs.for_claim("gradient")[0]()
    broken = type(found)(**{**vars(found), "residue": found.right})
    monkeypatch.setattr(steps, "for_claim", lambda claim: [lambda: broken])
    first = next(steps.steps("gradient"))
    assert not first.agrees and first.left_over != "0"


@pytest.mark.parametrize("claim", SOME)
def test_every_change_of_every_term_is_refused(claim):
    for name in (proof().name for proof in proofs.for_claim(claim)):
        for term in range(len(steps.terms(claim, name))):
            assert steps.change(claim, name, term, "factor", "2").verdict == "refused"
            assert steps.change(claim, name, term, "sign").verdict == "refused"


def test_what_changes_nothing_holds():
    for kind, amount in (("factor", "1"), ("factor", "3/3"), ("exponent", "0")):
        found = steps.change("thm2", "thm2-identity", 1, kind, amount)
        assert (found.verdict, found.left_over, found.before) == ("holds", "0", found.after)


def test_an_exponent_is_changed_where_it_is_seen():
    name = "thm2-placements"
    (before,) = steps.terms("thm2", name)
    found = steps.change("thm2", name, 0, "exponent", "1")
    assert "^{l - 2}" in before and "^{l - 1}" in found.after and found.verdict == "refused"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("thm2", "no-such", 0, "sign"), "name must be one of the identities of 'thm2'"),
        (("thm2", "thm2-value", 5, "sign"), "term must be one of the 1 terms"),
        (("thm2", "thm2-value", 0, "square"), "kind must be one of factor, sign, exponent"),
        (("thm2", "thm2-value", 0, "factor", "1/0"), "amount must be a number or fraction"),
        (("thm2", "thm2-value", 0, "factor", "10**9"), "amount must be a number or fraction"),
        (("thm2", "thm2-value", 0, "factor", "1e999999999"), "amount must be a number or fraction of at most 1000"),
        (("thm2", "thm2-value", 0, "exponent", "99"), "amount must be a whole number from -9 to 9"),
        (("thm2", "thm2-identity", 0, "exponent", "1"), "this term has no exponent to change: 1/2"),
    ],
)
def test_bad_input_is_answered_in_one_line(call, said):
    with pytest.raises(ValueError) as raised:
        steps.change(*call)
    assert str(raised.value).startswith(said) and "\n" not in str(raised.value)


def test_bound_indices_are_told_apart():
    text = steps.typeset(proofs.for_claim("loss-gram")[0]().right)
    assert r"\operatorname" not in text and r"\left(i" not in text
    assert "c_{i} c_{j}" in text and r"\langle u_{i},u_{j}\rangle" in text


def test_neither_numpy_nor_scipy_is_loaded():
    """Of these a page has no copy: what proves, and what judges numbers, formulas and choices."""
    program = (
        "import sys, tdbook.proofs.steps, tdbook.proofs.formulas, tdbook.exercises.formula, tdbook.exercises.choices\n"
        "from tdbook.exercises.formula import Formula\n"
        "from tdbook.exercises.values import Number\n"
        "assert Formula('l*(l-1)/2', {'l': (2, 9)}).verdict('binomial(l, 2)').right\n"
        "assert Number(0.5).verdict('1/2').right and not Number(2).verdict(['3']).right\n"
        "assert next(tdbook.proofs.steps.steps('euler')).agrees\n"
        "print([name for name in ('numpy', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr


def test_the_example_runs():
    assert doctest.testmod(steps).attempted and not doctest.testmod(steps).failed
