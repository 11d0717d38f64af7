"""Tests of ``tdbook.proofs.identity``."""

from sympy import Integer, Symbol, sqrt, symbols

from tdbook import proofs
from tdbook.proofs import identity as home
from tdbook.proofs.algebra import l
from tdbook.proofs.canonical import canonical
from tdbook.proofs.exact import Instance
from tdbook.proofs.identity import Identity, Remainders, certainly_nonzero, identity, shows
from tdbook.statements import CHAPTERS

x, y, z = symbols("x y z")


def test_an_identity_names_its_route():
    shown = identity("x = x", left=x, right=x, mutants={"twice": 2 * x, "a pair": (x, 3 * x)}, free=("l",))
    assert (shown.route, shown.statement, shown.free, shown.name, shown.claim) == (
        "inner products",
        "x = x",
        ("l",),
        "",
        "",
    )
    assert shown.holds and shown.refused
    assert dict(shown.mutants) == {"twice": -x, "a pair": -2 * x}


def test_claims_come_in_the_order_of_the_book():
    stems = [home.PROOFS[claim][0].__module__.rsplit(".", 1)[1] for claim in proofs.claims()]
    chapters = [stem for stem in dict.fromkeys(stems) if stem != "moments"]
    assert chapters == [stem for stem in CHAPTERS if stem in chapters] and len(chapters) >= 10
    assert {proof.__module__ for proof in proofs.for_claim("tensor-inner")} == {"tdbook.proofs.tensors"}
    assert [proof for claim in proofs.claims() for proof in home.PROOFS[claim]] == proofs.all_identities()


def test_a_proof_is_registered_under_its_claim(monkeypatch):
    monkeypatch.setattr(home, "PROOFS", {})

    def my_identity() -> Identity:
        return home.identity("x = x", left=Integer(1), right=Integer(1), mutants={}, free=("l",))

    proof = shows("my-claim")(my_identity)
    assert dict(home.PROOFS) == {"my-claim": [proof]}
    assert (proof().claim, proof().name) == ("my-claim", "my-identity")


def test_remainders_show_their_forms():
    left = Remainders({"twice": 2 * (l + 1) - 2 * l - 2, "more": Integer(3)}, canonical)
    assert repr(left) == "Remainders({'twice': 0, 'more': 3})"


def test_the_instances_given_are_the_ones_looked_at():
    assert certainly_nonzero(l - 3)
    assert not certainly_nonzero(l - 3, [Instance(l=3)])
    assert not certainly_nonzero(l - 3, [])
    assert certainly_nonzero(Integer(1)) and not certainly_nonzero(Integer(0))
    root = sqrt(Symbol("x", positive=True))  # 2 has no root among the fractions, 4 has one
    assert certainly_nonzero(root, [Instance(x=2), Instance(x=4)])
    assert not certainly_nonzero(root, [Instance(x=2)])
