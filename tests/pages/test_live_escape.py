"""The live figure of the escape, in its page: words, handle, address, accessibility, height."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tdbook.figures.live.escape import escape
from tests.pages import browsercheck
from tests.pages.test_live_engine import AWAKE, PIXEL
from tests.pages.test_live_run import hash_of, opened

FIGURE = escape()
BODY = FIGURE.before() + PIXEL + FIGURE.after()


def sentence(page) -> str:
    return page.inner_text("#live-leaving-say")


@pytest.mark.parametrize("state", [{}, *FIGURE.tell], ids=lambda state: FIGURE.address(**state))
def test_the_page_runs_as_the_library_does(browser, tmp_path, state):
    with opened(browser, tmp_path, FIGURE.address(**state), BODY) as (page, said):
        assert sentence(page) == FIGURE.say(**state)
        assert said == []


def test_the_handle_turns_the_start(browser, tmp_path):
    with opened(browser, tmp_path, body=BODY) as (page, said):
        handle = page.get_by_role("slider", name="direction of the fresh column")
        handle.press("ArrowRight")
        assert sentence(page) == FIGURE.say(angle="115")
        assert hash_of(page, "#live-leaving?angle=115") == "#live-leaving?angle=115"
        box, disc = handle.bounding_box(), page.locator(".td-run__disc").bounding_box()
        page.mouse.move(box["x"] + 15, box["y"] + 15)
        page.mouse.down()
        page.mouse.move(disc["x"] + disc["width"], disc["y"] + disc["height"] * 100 / 160)  # along the first axis
        page.mouse.up()
        assert sentence(page) == FIGURE.say(angle="0")
        page.wait_for_timeout(300)
        page.reload()
        page.evaluate(AWAKE)
        assert sentence(page) == FIGURE.say(angle="0")
        assert said == []


def test_the_lemmas_light_up_as_they_come_true(browser, tmp_path):
    with opened(browser, tmp_path, body=BODY) as (page, said):
        lit = lambda: page.locator(".td-run__lemma--on").count()  # noqa: E731
        assert lit() == 2  # nothing outside has grown, and the start is lucky
        for _ in range(10):
            page.get_by_role("button", name="Step").press("Enter")
        assert lit() == 5
        assert sentence(page) == FIGURE.say(done="1")
        assert said == []


@pytest.mark.parametrize("odd", ["?angle=7", "?angle=-5&d=5", "?d=%F0%9F%98%80&done=9", "?angle=" + "1" * 5000])
def test_any_address_leaves_a_figure_that_works(browser, tmp_path, odd):
    with opened(browser, tmp_path, f"#live-leaving{odd}", BODY) as (page, said):
        assert sentence(page) == FIGURE.say()
        page.get_by_role("button", name="Step").click()
        assert re.search("After \\d+ steps", sentence(page))
        assert said == []


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (375, 800)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_and_fits_a_screen(browser, tmp_path, theme, width, height):
    with opened(browser, tmp_path, "#live-leaving?angle=60&done=1", BODY, width, height) as (page, said):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        page.wait_for_timeout(200)
        assert page.evaluate("document.querySelector('.td-live__stage').offsetHeight") <= 0.8 * height
        assert browsercheck.layout_faults(page, "here") == []
        axe = Axe().run(page, context="figure.td-live", options=browsercheck.AXE_WHOLE).response
        assert [(found["id"], [node["html"] for node in found["nodes"]]) for found in axe["violations"]] == []
        drawn = page.evaluate("document.querySelector('.td-run__panels').innerHTML")
        assert "NaN" not in drawn and "Infinity" not in drawn
        assert said == []
