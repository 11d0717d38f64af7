"""Tests of ``tdbook.ledger.claims``."""

from functools import partial

import pytest

from tdbook import ledger
from tdbook.ledger.claims import (
    CITED,
    CONTROLS_NEEDED,
    ESTABLISHED,
    FAILED,
    KINDS,
    PARTIAL,
    RESTS,
    UNCHECKED,
    Evidence,
    assemble,
)
from tdbook.ledger.runner import verify_claims
from tests.support.ledger import claim, good, is_four, raises, report, wrong
from tests.support.refusals import refused


def cite(fast):
    return Evidence("cited", "a book")


def test_statuses_follow_from_the_grounds():
    claims = (
        claim("sound", good),
        claim("bad", wrong),
        claim("bare"),
        claim("cited", partial(cite), kinds=("cited",)),
        claim("on-sound", good, rests_on=("sound", "cited")),
        claim("on-bad", good, rests_on=("bad",)),
        claim("on-bare", good, rests_on=("bare",)),
        claim("far", good, rests_on=("on-bare",)),
        claim("half", good, kinds=("exact", "run")),
        claim("on-half", good, rests_on=("half",)),
    )
    found = report(*claims)
    expected = {
        "sound": ESTABLISHED, "bad": FAILED, "bare": UNCHECKED, "cited": CITED, "on-sound": ESTABLISHED,
        "on-bad": RESTS, "on-bare": RESTS, "far": RESTS, "half": PARTIAL, "on-half": RESTS,
    }  # fmt: skip
    assert {id: found.status(id) for id in expected} == expected
    assert found.shaky_ground("far") == ["bare"]
    assert found.missing("half") == ["run"]
    assert found.failed == ["bad"]


def test_a_citation_alone_establishes_nothing():
    assert report(claim("a", cite, kinds=("exact", "cited"))).status("a") == UNCHECKED


def test_asking_for_one_claim_also_checks_its_grounds():
    found = verify_claims(assemble([[claim("a", wrong), claim("b", good, rests_on=("a",)), claim("c", raises)]]), ["b"])
    assert set(found.findings) == {"a", "b"}
    assert found.asked == ("b",)
    assert (found.status("b"), found.failed, found.ok) == (RESTS, ["a"], False)


def test_the_ledger_is_put_together_consistently():
    with pytest.raises(ValueError, match="'a' twice"):
        assemble([[claim("a"), claim("a")]])
    with refused("z"):
        assemble([[claim("a", rests_on=("z",))]])
    with pytest.raises(ValueError, match="kinds of claim 'a'"):
        claim("a", kinds=("guessed",))
    with refused("kind"):
        Evidence("guessed", "2 + 2 = 4", is_four, {"2 + 2": 4})
    with refused("ids"):
        ledger.verify("nope")
    assert set(CONTROLS_NEEDED) == set(KINDS)


def test_grounds_have_no_circles():
    for id in ledger.CLAIMS:
        seen, waiting = set(), list(ledger.CLAIMS[id].rests_on)
        while waiting:
            current = waiting.pop()
            assert current != id, f"{id} rests on itself"
            if current not in seen:
                seen.add(current)
                waiting.extend(ledger.CLAIMS[current].rests_on)


def test_statements_are_balanced_latex():
    for id, entry in ledger.CLAIMS.items():
        for text in (entry.title, entry.statement, entry.note):
            assert text.count("$") % 2 == 0, id
            assert text.count("{") == text.count("}"), id


def test_every_claim_with_checks_holds_at_its_fast_sizes():
    found = ledger.verify(fast=True, jobs=2)
    assert found.failed == []
    checked = [id for id, entry in ledger.CLAIMS.items() if entry.checks]
    assert all(found.findings[id].evidence for id in checked)
    unchecked = [id for id, entry in ledger.CLAIMS.items() if not entry.checks]
    assert all(found.status(id) == UNCHECKED for id in unchecked)


def test_a_broken_library_turns_claims_red(monkeypatch):
    """The ledger's own negative control: with a wrong factor in the gradient, the claim must fail."""
    from tdbook.ledger import model as section4
    from tdbook.ledger.claims import examine

    true = section4.frozen_gradient
    monkeypatch.setattr(section4, "frozen_gradient", lambda p, T, lam: 1.0001 * true(p, T, lam))
    assert examine(ledger.CLAIMS["gradient"], fast=True).objections
    monkeypatch.undo()
    assert not examine(ledger.CLAIMS["gradient"], fast=True).objections


def test_evidence_of_a_wrong_kind_leaves_a_claim_unestablished():
    found = report(
        claim("a", good, kinds=("symbolic",)), claim("b", good, kinds=("exact", "measured"))
    )
    assert (found.status("a"), found.missing("a")) == (PARTIAL, ["symbolic"])
    assert (found.status("b"), found.missing("b")) == (PARTIAL, ["measured"])


def test_a_citation_must_be_given():
    found = report(
        claim("bare", kinds=("cited",)),
        claim("cited", cite, kinds=("cited",)),
        claim("half", good, kinds=("exact", "cited")),
    )
    wanted = {"bare": UNCHECKED, "cited": CITED, "half": PARTIAL}
    assert {id: found.status(id) for id in wanted} == wanted


def test_circles_are_refused():
    with pytest.raises(ValueError, match="must not run in a circle, got a -> a"):
        assemble([[claim("a", good, rests_on=("a",))]])
    with pytest.raises(ValueError, match="must not run in a circle"):
        assemble(
            [
                [
                    claim("a", good, rests_on=("b",)),
                    claim("b", good, rests_on=("c",)),
                    claim("c", rests_on=("a",)),
                ]
            ]
        )
