"""The ledger's machinery: nothing that is not shown can look established."""

import json
import os
import re
import threading
import time
from functools import partial

import numpy as np
import pytest
from scipy.stats import binomtest

from tdbook import ledger, statements
from tdbook.ledger import views
from tdbook.ledger.claims import (
    CITED,
    CONTROLS_NEEDED,
    ESTABLISHED,
    FAILED,
    KINDS,
    PARTIAL,
    RESTS,
    UNCHECKED,
    Claim,
    Evidence,
    assemble,
)
from tdbook.ledger.evidence import proofs_of
from tdbook.ledger.runner import verify_claims
from tdbook.statistics import proportion
from tests.support.refusals import refused


def is_four(sum_of_two):
    return sum_of_two == 4


def good(fast):
    return Evidence("exact", "2 + 2 = 4", is_four, {"2 + 2": 2 + 2}, {"2 + 3": 2 + 3})


def wrong(fast):
    return Evidence("exact", "2 + 3 = 4", is_four, {"2 + 3": 2 + 3}, {"2 + 4": 2 + 4}, tell=str)


def lets_through(fast):
    return Evidence("exact", "x = x", is_four, {"2 + 2": 4}, {"3 + 1": 4})


def uncontrolled(fast):
    return Evidence("exact", "1 = 1", is_four, {"2 + 2": 4})


def underproved(fast):
    return Evidence("symbolic", "one mutant only", is_four, {"2 + 2": 4}, {"sign": -4})


def raises(fast):
    raise ZeroDivisionError("by design")


def silent(fast):
    return None


def empty(fast):
    return []


def talks(fast):
    return ["established"]


def undecided(fast):
    return Evidence("exact", "an array for a verdict", lambda x: np.array([x, x]) == 4, {"2 + 2": 4}, {"2 + 3": 5})


def hangs(fast):
    time.sleep(60)
    return good(fast)


def dies(fast):
    os._exit(7)


def claim(id, *checks, rests_on=(), kinds=("exact",)):
    return Claim(id, id, "nowhere", kinds, checks, rests_on, statement="$x=x$")


def report(*claims, **options):
    return verify_claims(assemble([claims]), **options)


BROKEN = [
    (wrong, "does not hold: 2 \\+ 3 = 4 \\(fails for 2 \\+ 3: 5\\)"),
    (lets_through, "negative control went through: 3 \\+ 1"),
    (uncontrolled, "needs 1 negative controls, has 0"),
    (underproved, "needs 2 negative controls, has 1"),
    (raises, "raises raised ZeroDivisionError: by design"),
    (silent, "silent returned no evidence"),
    (empty, "empty returned no evidence"),
    (talks, "talks returned str instead of Evidence"),
    (undecided, "predicate must be True or False"),
    (proofs_of("no-such-claim"), "prove returned no evidence"),
]


def test_a_good_check_establishes_its_claim():
    assert report(claim("a", good)).status("a") == ESTABLISHED


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(("check", "objection"), BROKEN, ids=[str(k) for k in range(len(BROKEN))])
def test_a_broken_check_never_shows_green(check, objection, jobs):
    found = report(claim("a", good, check), jobs=jobs)
    assert found.status("a") == FAILED
    assert not found.ok
    assert any(re.search(objection, text) for text in found.findings["a"].objections)


@pytest.mark.parametrize(("check", "objection"), [(hangs, "did not end within 1 s"), (dies, "died with exit code 7")])
def test_a_check_that_hangs_or_dies_takes_only_its_own_claim_down(check, objection):
    found = report(claim("a", check), claim("b", good), jobs=2, time_limit=1.0)
    assert found.status("a") == FAILED
    assert objection in found.findings["a"].objections[0]
    assert found.status("b") == ESTABLISHED


def test_a_check_that_cannot_travel_is_an_objection():
    found = report(claim("a", lambda fast: good(fast)), claim("b", good), jobs=2)
    assert "cannot be sent to a process" in found.findings["a"].objections[0]
    assert (found.status("a"), found.status("b")) == (FAILED, ESTABLISHED)


def told_apart(fast):
    return Evidence("exact", "the process", is_four, {"2 + 2": 4}, {"2 + 3": 5}, str(os.getpid()))


def seen(found):
    return {finding.evidence[0].seen for finding in found.findings.values() if finding.evidence}


def test_a_process_serves_one_claim_at_full_sizes_and_many_at_the_fast_ones():
    claims = [claim(id, told_apart) for id in "abcdef"]
    assert len(seen(report(*claims, jobs=2))) == 6
    assert len(seen(report(*claims, jobs=2, fast=True))) <= 2
    assert str(os.getpid()) not in seen(report(*claims, jobs=2, fast=True))


def test_at_the_fast_sizes_too_a_process_that_dies_is_replaced():
    claims = [claim(f"{check.__name__}{k}", check) for k in range(3) for check in (dies, told_apart, raises)]
    found = report(*claims, jobs=2, fast=True)
    for k in range(3):
        assert found.findings[f"dies{k}"].objections == ("its process died with exit code 7",)
        assert found.status(f"told_apart{k}") == ESTABLISHED
        assert found.status(f"raises{k}") == FAILED


def leaves_a_bomb(fast):
    threading.Timer(0.3, os._exit, [9]).start()
    return told_apart(fast)


def waits(fast):
    time.sleep(1.0)
    return told_apart(fast)


def test_what_a_check_leaves_behind_shows_no_green_elsewhere():
    """It ended well, and its process dies in the next claim, which is red; the other process goes on."""
    claims = (claim("a", leaves_a_bomb), claim("b", told_apart), claim("c", waits), claim("d", waits))
    found = report(*claims, jobs=2, fast=True)
    assert sorted(found.status(id) for id in "cd") == sorted([ESTABLISHED, FAILED])
    (red,) = (id for id in "cd" if found.status(id) == FAILED)
    assert found.findings[red].objections == ("its process died with exit code 9",)


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


def cite(fast):
    return Evidence("cited", "a book")


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


def test_views_show_the_status_in_words_and_link_to_the_cards():
    found = ledger.verify(["vec-order", "np-hard"], fast=True)
    text = views.text(found)
    assert "✓ vec-order" in text
    assert "2 claims: 1 established, 1 cited" in text
    table = views.table(found).html
    assert 'href="tensors.html#claim-vec-order"' in table
    card = ledger.card("vec-order")
    data, metadata = card._repr_mimebundle_()
    html = data["text/html"]
    for kind in ("text/html", "text/latex"):
        assert (metadata[kind]["claim"], metadata[kind]["status"]) == ("vec-order", "established")
    assert 'id="claim-vec-order"' in html
    assert "established" in html
    assert "$" not in html
    assert "refused" in repr(card)
    assert data["text/plain"] == repr(card)
    data = json.loads(json.dumps(views.as_json(found)))
    assert data["ok"] is True
    assert [entry["status"] for entry in data["claims"]] == ["established", "cited"]
    assert data["claims"][0]["evidence"][0]["controls"][0]["refused"] is True


def test_views_show_failures_and_gaps():
    found = report(
        claim("bad", wrong), claim("half", good, kinds=("exact", "run")), claim("on", good, rests_on=("bad",))
    )
    text = views.text(found)
    assert "✗ bad" in text
    assert "does not hold" in text
    assert "still to come: run" in text
    assert "rests on bad" in text
    html = views.card(found, "bad").html
    assert "td-claim--failed" in html
    assert "Objection" in html
    assert "Still to come: run" in views.card(found, "half").html


def test_the_graph_has_a_node_for_each_claim_and_an_arrow_for_each_ground():
    found = ledger.verify(["vec-order"], fast=True)
    graph = ledger.graph(found)
    grounds = sum(len(entry.rests_on) for entry in ledger.CLAIMS.values())
    for id in ledger.CLAIMS:
        assert f">{id}: " in graph.html
    assert graph.html.count("td-graph__edge") == graph.latex.count(r"\draw[bookedge]") == grounds
    assert graph.latex.count(r"\draw[draw=td-") == len(ledger.CLAIMS)
    assert all(title in graph.html for chapters in statements.PARTS.values() for title in chapters.values())


def test_every_view_is_balanced_latex_and_links_to_the_cards():
    found = ledger.Report(ledger.CLAIMS, {}, tuple(ledger.CLAIMS), fast=True)
    shown = [views.card(found, id) for id in ledger.CLAIMS]
    shown += [views.table(found), views.statements(ledger.CLAIMS.values()), views.legend(), ledger.graph(found)]
    for view in shown:
        tex = view.latex
        assert tex.count("{") - tex.count(r"\{") == tex.count("}") - tex.count(r"\}")
        assert tex.count(r"\begin{") == tex.count(r"\end{")
        assert "$" not in tex
        assert set(re.findall(r"\\hyperref\[claim:([\w-]+)\]", tex)) <= {
            id for id in ledger.CLAIMS if ledger.CLAIMS[id].chapter
        }
    for id, view in zip(ledger.CLAIMS, shown, strict=False):
        assert f"{{claim:{id}}}" in view.latex


def test_a_card_in_latex_has_the_evidence_and_the_controls():
    tex = views.card(report(claim("a_b", good)), "a_b").latex
    assert r"\begin{bookcard}{td-established}{claim:a_b}" in tex
    assert r"\bookevidence{exact}{2 + 2 = 4}{}" in tex
    assert r"\bookcontrol{2 + 3 \textbf{refused}}" in tex
    assert r"\textbf{a\_b}" in tex


@pytest.mark.second_opinion("tdbook.statistics.proportion")
def test_clopper_pearson_intervals():
    low, high = proportion(0, 20)
    assert (low, high) == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))  # exact for no success
    low, high = proportion(20, 20)
    assert (low, high) == (pytest.approx(0.025 ** (1 / 20)), 1.0)
    for trials in (1, 2, 7, 60, 40_000):
        for successes in {0, 1, trials // 5, trials // 2, trials - 1, trials}:
            other = binomtest(successes, trials).proportion_ci(0.95, method="exact")
            assert proportion(successes, trials) == pytest.approx((other.low, other.high), rel=1e-9, abs=1e-11)
