"""A claim's status stands wherever the claim is stated, the same as on its card."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat

from tdbook.ledger import CLAIMS
from tests.pages import pagecheck
from tools import build

ROOT = Path(__file__).parents[2]
DIRECTIVE = re.compile(r"\{prf:(theorem|lemma|proposition|corollary)\}[^\n]*\n:label: ([\w-]+)")
# Statements that no claim of the ledger makes, each with what stands in its place.
NOT_CLAIMED: dict[str, str] = {}


def stated(root: Path) -> set[str]:
    """Labels of all statements in the chapters."""
    sources = [
        cell.source
        for path in build.chapters(root)
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "markdown"
    ]
    return {label for source in sources for _, label in DIRECTIVE.findall(source)}


def unclaimed(labels: set[str], boxes: set[str], excused: set[str]) -> list[str]:
    """Statements without a claim, claims without their statement, and excuses for what needs none."""
    return [
        *(f"{label} states no claim of the ledger and is not excused" for label in sorted(labels - boxes - excused)),
        *(f"the ledger names the box {box}, which no chapter has" for box in sorted(boxes - labels)),
        *(f"{label} is excused but claimed or gone" for label in sorted(excused & boxes | excused - labels)),
    ]


def test_every_statement_has_a_claim_or_a_reason():
    boxes = {box for claim in CLAIMS.values() for box in claim.boxes}
    assert unclaimed(stated(ROOT), boxes, set(NOT_CLAIMED)) == []


def test_a_forgotten_box_is_seen():
    assert len(unclaimed({"a", "b"}, {"a"}, set())) == 1
    assert len(unclaimed({"a"}, {"a", "c"}, set())) == 1
    assert len(unclaimed({"a"}, {"a"}, {"a", "d"})) == 2


def badges(page: Path, box: str) -> dict[str, str]:
    """Claim and status as they stand in a box: {"lemma5": "✓ established"}."""
    lines = pagecheck.soup(page).select(f"#{box} .td-box-status, #{box} .td-strip > summary")
    return {line.find("code").get_text(): " ".join(line.find("span").get_text().split()) for line in lines}


def card_status(page: Path, claim: str) -> str:
    return " ".join(pagecheck.soup(page).select_one(f"#claim-{claim} .td-claim__status").get_text().split())


def disagreements(html: Path, claims) -> list[str]:
    """Boxes without the badge of their claim, or with one that the card does not have."""
    found = []
    pages = pagecheck.chapters(html)
    for claim in claims:
        for box in claim.boxes:
            page = next((page for page in pages if pagecheck.soup(page).find(id=box)), None)
            said = badges(page, box).get(claim.id) if page else None
            card = card_status(html / "book" / f"{claim.chapter}.html", claim.id)
            if said != card:
                found.append(f"{box} says {said!r} of {claim.id}, its card {card!r}")
    return found


def test_a_box_says_what_the_card_says(html: Path):
    claims = [claim for claim in CLAIMS.values() if claim.boxes]
    assert len(claims) > 20
    assert disagreements(html, claims) == []


BOX = """<div class="proof" id="thm"><p class="td-box-status"><span><span>✓</span> {}</span><code>x</code></p></div>
<div id="claim-x"><span class="td-claim__status">✓ established</span></div>"""


def test_a_box_that_says_something_else_is_seen(tmp_path: Path):
    class Trial:
        id, chapter, boxes = "x", "page", ("thm",)

    (tmp_path / "book").mkdir()
    page = tmp_path / "book" / "page.html"
    for said, faults in (("established", 0), ("failed", 1)):
        page.write_text(BOX.format(said), encoding="utf-8")
        pagecheck.soup.cache_clear()
        assert len(disagreements(tmp_path, [Trial])) == faults


def stated_twice(html: Path, claims) -> list[str]:
    """Cards that do not stand in the one box of their page which states them, nor lead to just those that do."""
    found = []
    for claim in claims:
        page = pagecheck.soup(html / "book" / f"{claim.chapter}.html")
        wanted = [f"#{box}" for box in claim.boxes if page.find(id=box)]
        links = [link["href"] for link in page.select(f"#claim-{claim.id} .td-claim__statement a")]
        if not links and page.select(f"{wanted[0]} #claim-{claim.id}" if len(wanted) == 1 else "nothing"):
            continue  # a line at the foot of the box, which is statement enough
        if links != wanted:
            found.append(f"the card of {claim.id} leads to {links}, its boxes are {wanted}")
    return found


def test_a_page_states_a_claim_once(html: Path):
    assert stated_twice(html, [claim for claim in CLAIMS.values() if claim.chapter]) == []


def test_a_claim_that_is_stated_twice_is_seen(tmp_path: Path):
    class Trial:
        id, chapter, boxes = "x", "page", ("thm", "elsewhere")

    (tmp_path / "book").mkdir()
    page = tmp_path / "book" / "page.html"
    card = '<div id="claim-x"><section class="td-claim__statement">{}</section></div>'
    for said, faults in (
        (f"<p id='thm'></p>{card.format('<a href=#thm>Title</a>')}", 0),
        (f"<p id='thm'></p>{card.format('All of it once more.')}", 1),
        (f"<p id='thm'></p>{card.format('<a href=#elsewhere>T</a>')}", 1),
        ("<div id='thm'><details id='claim-x'></details></div>", 0),
        ("<div id='thm'></div><details id='claim-x'></details>", 1),
    ):
        page.write_text(said)
        pagecheck.soup.cache_clear()
        assert len(stated_twice(tmp_path, [Trial])) == faults
