"""Tests of ``tdbook.ledger.views``."""

import json
import re

from tdbook import ledger, statements
from tdbook.ledger import views
from tests.support.ledger import claim, good, report, wrong


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
