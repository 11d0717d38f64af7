"""The map of the proof of Theorem 3: it says what the ledger's grounds say, and it can be read."""

from __future__ import annotations

import re
from itertools import combinations, pairwise

import pytest

from tdbook import ledger, statements
from tdbook.ledger import CLAIMS, proofmap

STEMS = tuple(statements.PARTS["The proof"])
DRAWN = proofmap.grounds(CLAIMS, "thm3", STEMS)
PLACED = proofmap.layout(DRAWN)


def reached(below: dict[str, tuple[str, ...]], id: str) -> set[str]:
    """All that can be reached from a claim, its grounds taken step by step."""
    found: set[str] = set()
    waiting = [id]
    while waiting:
        for ground in below[waiting.pop()]:
            if ground not in found:
                found.add(ground)
                waiting.append(ground)
    return found


def faults(drawn: dict[str, tuple[str, ...]]) -> list[str]:
    """Where the arrows of a map say something else than the ledger."""
    full = {id: claim.rests_on if claim.chapter in STEMS else () for id, claim in CLAIMS.items()}
    found = [f"{id} is missing" for id in reached(full, "thm3") - set(drawn)]
    for id in drawn:
        if reached(drawn, id) != reached(full, id):
            found.append(f"{id} rests on something else")
        shorter = drawn | {id: ()}
        found += [
            f"{id} -> {g} is implied" for g in drawn[id] if any(g in reached(shorter, o) for o in drawn[id] if o != g)
        ]
    return found


def test_the_arrows_say_what_rests_on_what_and_none_says_it_twice():
    assert faults(DRAWN) == []
    without = DRAWN | {"lemma1": tuple(g for g in DRAWN["lemma1"] if g != "lemma9")}
    assert "lemma1 rests on something else" in faults(without)
    twice = DRAWN | {"lemma7": (*DRAWN["lemma7"], "gradient")}
    assert faults(twice) == ["lemma7 -> gradient is implied"]


def test_arrows_lead_to_the_right_and_boxes_lie_apart():
    for (ground, id), points in PLACED.arrows.items():
        assert PLACED.boxes[ground][0] < PLACED.boxes[id][0]
        assert all(x <= nx for (x, _), (nx, _) in pairwise(points))
    for (x, y), (other_x, other_y) in combinations(PLACED.boxes.values(), 2):
        assert x != other_x or abs(y - other_y) >= proofmap._HEIGHT
    width, height = PLACED.size
    assert all(0 <= x <= width and 0 <= y <= height for points in PLACED.arrows.values() for x, y in points)


def test_no_title_is_cut():
    for id in DRAWN:
        shown = proofmap.words(CLAIMS[id])
        assert " ".join(shown) == re.sub(r":", "", CLAIMS[id].title)
        assert len(shown) <= 3 and max(map(len, shown)) <= proofmap._LETTERS


def test_each_box_is_a_link_with_the_claims_title_as_its_name():
    shown = ledger.proof_map()
    links = dict(re.findall(r'<a href="([^"]+)" aria-label="([^"]+)">', shown.html))
    assert links == {f"{CLAIMS[id].chapter}.html#claim-{id}": CLAIMS[id].title for id in DRAWN}
    arrows = sum(map(len, DRAWN.values()))
    assert shown.html.count("td-map__edge") == shown.latex.count(r"\draw[bookedge]") == arrows
    assert all(rf"\hyperref[claim:{id}]" in shown.latex for id in DRAWN)


@pytest.mark.parametrize("id", ["lemma5", "lemma3", "thm3"])
def test_a_claims_place_is_told_from_both_sides(id: str):
    grounds, users = ledger.place_in_proof(id)
    assert all(id in DRAWN[user] for user in users) and tuple(grounds) == DRAWN[id]
    assert bool(users) == (id != "thm3")


def test_what_is_no_part_of_the_proof_has_no_place_in_it():
    assert ledger.place_in_proof("gradient") is None  # of an earlier part
    assert ledger.place_in_proof("one-column") is None  # of this part, but Theorem 3 does not rest on it
