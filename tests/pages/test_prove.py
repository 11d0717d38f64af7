"""Claims proved in a page: Python in a worker, wrong variants and wrong changes refused, nothing asked of anybody.

They need the pack that `make browser` makes. Continuous integration makes it; elsewhere they are skipped without it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tdbook import proofs
from tdbook.proofs import steps
from tests.pages import browsercheck

SECONDS = 120_000  # milliseconds, on a machine that does other things, too
MOST = 15_000_000
ALL = """claims => Promise.all(claims.map(async claim => {
  const said = [];
  await tdPythonPage.ask({ask: "verdicts", claim}, {said: line => said.push(line)});
  return said;
}))"""


@pytest.fixture(scope="module")
def pack(html: Path) -> Path:
    folder = html / "_static" / "python"
    if not (folder / "manifest.js").is_file():
        reason = "the pages have no Python: `make browser`, then `make book`"
        if os.environ.get("TDBOOK_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="module")
def opened(pack: Path, html: Path, browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """The chapter on traps, with Python started once, and what went wrong on it."""
    found: list[str] = []
    with browser.new_context(viewport=browsercheck.size(1366), reduced_motion="reduce") as context:
        page = browsercheck.open_page(context, html / "book" / "traps.html", found)
        page.set_default_timeout(SECONDS)
        page.get_by_role("button", name="Prove thm2 here").click()
        page.wait_for_selector("section[data-claim=thm2][data-state=done]")
        yield page, found


def test_each_claim_that_has_identities_has_a_button_on_its_page(opened, pack: Path, html: Path):
    page, _ = opened
    claims = json.loads((pack / "manifest.js").read_text().partition("=")[2].rstrip(";\n"))["claims"]
    assert claims == {claim: len(proofs.for_claim(claim)) for claim in proofs.claims()}
    places = r'<(?:details class="td-strip"|div class="td-claim [^"]*") id="claim-([^"]+)"'
    shown = {path: re.findall(places, path.read_text(encoding="utf-8")) for path in (html / "book").glob("*.html")}
    assert {claim for found in shown.values() for claim in found} >= set(claims)
    buttons = page.locator("section.td-prove").evaluate_all("all => all.map(e => e.dataset.claim)")
    assert sorted(buttons) == sorted(set(shown[html / "book" / "traps.html"]) & set(claims))


def test_nothing_of_it_is_loaded_before_the_click_and_little_after(pack: Path, html: Path, browser: Browser):
    loaded: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("request", lambda asked: loaded.append(asked.url))
        page.goto((html / "book" / "traps.html").as_uri())
        page.wait_for_load_state()
        assert [Path(url).name for url in loaded if "/python/" in url] == ["manifest.js"]
    assert sum(path.stat().st_size for path in pack.glob("*.js")) <= MOST


def test_a_claim_is_proved_and_its_variants_are_refused(opened):
    page, found = opened
    box = page.locator("section[data-claim=thm2]")
    shown = list(steps.steps("thm2"))
    words = box.locator("strong").all_inner_texts()
    assert words == ["✓ holds" if step.kind == "identity" else "✓ refused" for step in shown]
    for step in shown:
        if step.kind == "variant":
            assert step.left_over != "0"
            expect(box.get_by_text(step.what, exact=False).first).to_be_visible()
    refused = sum(step.kind == "variant" for step in shown)
    expect(box.get_by_role("status").first).to_contain_text(f"3 identities hold, {refused} false variants are refused")
    assert box.locator("mjx-container").count() == len(shown) + 3  # of an identity also its statement
    assert found == []


@pytest.mark.parametrize(("kind", "amount"), [("factor", "1/2"), ("sign", ""), ("exponent", "1")])
def test_a_change_of_the_claim_is_refused(opened, kind: str, amount: str):
    page, found = opened
    item = page.locator("section[data-claim=thm2] li[data-name=thm2-value]")
    if not item.locator("form").count():
        item.locator("summary").click()
    form = item.locator("form")
    form.locator("select").select_option(kind)
    if amount:
        form.get_by_role("textbox").fill(amount)
    form.get_by_role("button", name="Decide").click()
    wanted = steps.change("thm2", "thm2-value", 0, kind, amount)
    assert wanted.verdict == "refused"
    expect(item.get_by_role("status")).to_contain_text("✗ refused" if wanted.verdict != "refused" else "✓ refused")
    assert found == []


def test_a_change_that_changes_nothing_is_told_from_one_that_is_wrong(opened):
    page, _ = opened
    item = page.locator("section[data-claim=thm2] li[data-name=thm2-value]")
    if not item.locator("form").count():
        item.locator("summary").click()
    form = item.locator("form")
    form.locator("select").select_option("factor")
    for amount, said in (("2/2", "says the same"), ("x", "amount must be a number or fraction")):
        form.get_by_role("textbox").fill(amount)
        form.get_by_role("button", name="Decide").click()
        expect(item.get_by_role("status")).to_contain_text(said)


def test_what_it_shows_is_accessible(opened):
    page, _ = opened
    page.evaluate(browsercheck.THIN_OUT)  # and back below: another test may count the formulas
    for mode in ("light", "dark"):
        browsercheck.colours(page, mode)
        found = Axe().run(page, context=".td-prove-line", options=browsercheck.AXE_WHOLE).response["violations"]
        assert [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in found] == []
    browsercheck.colours(page, "light")
    page.evaluate(browsercheck.MAKE_WHOLE)


def test_the_page_answers_while_python_works_and_stop_ends_it(pack: Path, html: Path, browser: Browser):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((html / "book" / "traps.html").as_uri())
        page.get_by_role("button", name="Prove thm2 here").click()
        box = page.locator("section[data-claim=thm2]")
        expect(box.get_by_role("status").first).to_contain_text("Starting Python", timeout=SECONDS)
        slow = page.evaluate("() => new Promise(done => { const t = performance.now(); "
                             "setTimeout(() => done(performance.now() - t), 0); })")  # fmt: skip
        assert slow < 1000
        (worker,) = page.workers
        with worker.expect_event("close"):
            box.get_by_role("button", name="Stop").click()
        expect(box.get_by_role("status").first).to_contain_text("Stopped")
        assert box.get_attribute("data-state") == "stopped"
        # and again from the start
        page.get_by_role("button", name="Prove thm2 here").click()
        page.wait_for_selector("section[data-claim=thm2][data-state=done]", timeout=SECONDS)


def test_the_verdicts_are_those_of_this_machine(opened):
    """A second opinion: another Python, another word size, the same verdict on every identity and every variant."""
    page, _ = opened
    claims = proofs.claims()
    there = page.evaluate(ALL, claims)
    here = [[asdict(verdict) for verdict in steps.verdicts(claim)] for claim in claims]
    assert there == here
    assert all(verdict["holds"] and all(verdict["refused"].values()) for one in here for verdict in one)
