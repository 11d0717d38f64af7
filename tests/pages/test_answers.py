"""Exercises answered in a page: the judge of `check`, the three degrees, what the browser keeps, the receipt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tdbook.exercises import catalogue, check, find, sheet
from tests.pages import browsercheck
from tests.pages.test_prove import SECONDS, pack  # noqa: F401

LABEL = find("tensors-1").label


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(viewport=browsercheck.size(1366), reduced_motion="reduce", accept_downloads=True) as made:
        yield made


@pytest.fixture(scope="module")
def opened(pack: Path, html: Path, context: BrowserContext) -> tuple[Page, list[str]]:  # noqa: F811
    """The first chapter, and what went wrong on it."""
    found: list[str] = []
    page = browsercheck.open_page(context, html / "book" / "tensors.html", found)
    page.set_default_timeout(SECONDS)
    expect.set_options(timeout=SECONDS)
    return page, found


def answer(page: Page, name: str, text: str) -> None:
    form = page.locator(f"#{find(name).label} form.td-try")
    form.get_by_role("textbox").fill(text)
    form.get_by_role("button", name=f"Check {name}").click()


def said(page: Page, name: str):
    return page.locator(f"#{find(name).label} form.td-try [role=status]")


def test_the_exercises_that_a_page_can_judge_have_a_field(opened):
    page, _ = opened
    asked = page.evaluate("() => tdPack.exercises")
    names = {exercise.label: exercise.name for exercise in catalogue()}
    assert {names[label] for label in asked} == {known["name"] for known in asked.values()}
    assert len(asked) >= 60
    here = {label for label in asked if asked[label]["name"].startswith("tensors-")}
    shown = page.locator("form.td-try:not(.td-receipt)").evaluate_all("all => all.map(e => e.parentElement.id)")
    assert set(shown) == here and LABEL in here


@pytest.mark.parametrize("text", ["", "6", "8", "x + 1", "7"])
def test_an_answer_gets_the_reply_of_check(opened, text: str):
    page, found = opened
    answer(page, "tensors-1", text)
    wanted = check("tensors-1", text)
    expect(said(page, "tensors-1")).to_have_attribute("data-degree", str(wanted.degree))
    assert " ".join(said(page, "tensors-1").inner_text().split()) == " ".join(
        f"{wanted.degree}: {wanted.message}".split()
    )
    assert found == []


def test_what_was_answered_is_there_when_the_page_is_opened_again(opened, html: Path, context: BrowserContext):
    page, _ = opened
    answer(page, "tensors-1", "7")
    expect(said(page, "tensors-1")).to_have_attribute("data-degree", "right")
    again = context.new_page()
    again.goto((html / "book" / "tensors.html").as_uri())
    expect(again.locator(f"#{LABEL} form.td-try").get_by_role("textbox")).to_have_value("7")
    expect(said(again, "tensors-1")).to_have_attribute("data-degree", "right")
    again.close()


def test_the_steps_of_a_proof_are_chosen(opened):
    page, _ = opened
    proof = find("tensors-3")
    form = page.locator(f"#{proof.label} form.td-try")
    assert form.get_by_role("checkbox").count() == len(proof.judge.steps)
    form.get_by_role("checkbox").first.check()
    form.get_by_role("button", name="Check tensors-3").click()
    expect(said(page, "tensors-3")).to_have_attribute("data-degree", str(check("tensors-3", "A").degree))
    for box in form.get_by_role("checkbox").all():
        box.set_checked(box.get_attribute("value") in proof.judge.letters)
    form.get_by_role("button", name="Check tensors-3").click()
    expect(said(page, "tensors-3")).to_have_attribute("data-degree", "right")


def test_a_receipt_holds_the_answers_and_the_hints(opened, tmp_path: Path):
    page, found = opened
    answer(page, "tensors-1", "6")
    expect(said(page, "tensors-1")).to_have_attribute("data-degree", "keep working")
    answer(page, "tensors-1", "7")
    expect(said(page, "tensors-1")).to_have_attribute("data-degree", "right")
    page.locator("#receipt-name").fill("Ada Løv")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save a receipt").click()
    assert waiting.value.suggested_filename == "Ada-Løv-tensors.receipt.json"
    waiting.value.save_as(tmp_path / "one.receipt.json")
    made = sheet.read_receipt((tmp_path / "one.receipt.json").read_text(encoding="utf-8"))
    assert made.student == "Ada Løv" and made.answers["tensors-1"] == ["7"]
    assert check("tensors-1", "6").message in made.hints["tensors-1"]
    assert found == []


def test_the_fields_are_accessible(opened):
    page, _ = opened
    page.evaluate(browsercheck.THIN_OUT)  # and back below: another test may count the formulas
    for mode in ("light", "dark"):
        browsercheck.colours(page, mode)
        found = Axe().run(page, context="form.td-try", options=browsercheck.AXE_WHOLE).response["violations"]
        assert [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in found] == []
    browsercheck.colours(page, "light")
    page.evaluate(browsercheck.MAKE_WHOLE)


def test_without_scripts_an_exercise_is_as_it_was(html: Path, browser: Browser):
    text = (html / "book" / "tensors.html").read_text(encoding="utf-8")
    assert "td-try" not in text and json.dumps(LABEL)[1:-1] in text
