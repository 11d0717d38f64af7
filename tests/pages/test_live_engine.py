"""The script of live figures, on pages made for it: every control, the address, the dark, a broken figure."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, TimeoutError

from tdbook.figures.live.series import formatted
from tests.pages import browsercheck
from tests.support.live_sample import sample

STATIC = Path(__file__).parents[2] / "book" / "_static"
PAGE = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>Live</title>
<meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="book.css"><link rel="stylesheet" href="live.css">
<style>body {{ background: var(--pst-color-background); color: var(--pst-color-text-base); margin: 0.5rem }}
article, main {{ display: block }} a {{ color: var(--pst-color-link) }}</style>
<script defer src="live-draw.js"></script><script defer src="live.js"></script></head>
<body><main class="bd-content"><article class="bd-article"><h1>Live</h1>{}</article></main></body></html>"""
PIXEL = '<img alt="A line." src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" width="300" height="200">'
SAY = "#live-{}-say"
# Figures wake in the callback of an observer, so one that begins later is called after them. Two frames let them draw.
AWAKE = """() => new Promise(settled => {
  const later = new IntersectionObserver(() => {
    later.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(settled));
  });
  later.observe(document.body);
})"""


def placed(figure, spoil=lambda text: text) -> str:
    """A figure as the build puts it on a page."""
    return figure.before() + PIXEL + spoil(figure.after())


@contextmanager
def opened(browser: Browser, folder: Path, body: str, address: str = "", **options) -> Iterator[tuple[Page, list[str]]]:
    """A page with the body, and what its scripts complain about."""
    for name in ("book.css", "live.css", "live-draw.js", "live.js"):
        shutil.copy(STATIC / name, folder / name)
    path = folder / "page.html"
    path.write_text(PAGE.format(body), encoding="utf-8")
    said: list[str] = []
    with browser.new_context(**{"viewport": browsercheck.size(1366), "reduced_motion": "reduce", **options}) as context:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(f"not caught: {error}"))
        page.goto(path.resolve().as_uri() + address)
        if options.get("java_script_enabled", True):
            page.evaluate(AWAKE)
        yield page, said


def sentence(page: Page, name: str = "sample") -> str:
    return page.inner_text(SAY.format(name))


def drawing(page: Page, name: str = "sample") -> str:
    """All that is drawn, with the pixels of the canvas."""
    return page.evaluate(
        """name => [...document.querySelectorAll(`#live-${name} .td-live__box`)].map(box => box.innerHTML
             + (box.querySelector("canvas")?.toDataURL() ?? "")).join("")""",
        name,
    )


def address(page: Page, settled: str) -> str:
    """The page's address once it ends as expected, or as it is after a second."""
    with contextlib.suppress(TimeoutError):  # the assertion that follows says what came instead
        page.wait_for_function("end => decodeURIComponent(location.hash) === end", arg=settled, timeout=1500)
    return page.evaluate("decodeURIComponent(location.hash)")


def test_the_figure_wakes_and_hides_its_picture(browser, tmp_path):
    with opened(browser, tmp_path, placed(sample())) as (page, said):
        assert sentence(page) == sample().say()
        assert not page.is_visible("#live-sample img")
        assert page.locator("#live-sample svg[role=img]").count() == 2
        assert said == []


@pytest.mark.parametrize(
    ("control", "key", "state"),
    [
        ("#live-sample-t", "ArrowRight", {"t": "1"}),
        ("#live-sample-t", "End", {"t": "4"}),
        ("#live-sample-kind-0", "ArrowRight", {"kind": "two"}),
        ("#live-sample-loud", " ", {"loud": "on"}),
        (".td-live__play", "Enter", {"t": "1"}),  # where motion is not wanted, a step at a time
    ],
)
def test_every_control_works_by_keyboard(control, key, state, browser, tmp_path):
    with opened(browser, tmp_path, placed(sample())) as (page, said):
        before = drawing(page)
        reached = set()
        for _ in range(6):  # by the tabulator alone
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
            if page.evaluate("wanted => document.activeElement.matches(wanted)", control):
                break
        else:
            pytest.fail(f"the keyboard does not reach {control}, only {reached}")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        page.keyboard.press(key)
        assert sentence(page) == sample().say(**state)
        assert drawing(page) != before
        assert address(page, sample().address(**state)) == sample().address(**state)
        page.keyboard.press("Shift+Tab")
        page.get_by_role("button", name="Start again").press("Enter")
        assert sentence(page) == sample().say()
        assert drawing(page) == before
        assert said == []


def test_the_script_says_what_python_says_in_every_state(browser, tmp_path):
    figure = sample()
    with opened(browser, tmp_path, placed(figure)) as (page, _):
        for state in figure.states():
            page.evaluate("hash => location.hash = hash", figure.address(**state))
            expected = figure.say(**state)
            page.wait_for_function(
                "([id, text]) => document.querySelector(id).textContent === text", arg=[SAY.format("sample"), expected]
            )


def test_the_script_rounds_as_python_does(browser, tmp_path):
    rng = np.random.default_rng(0)
    values = [
        *(k / 8 for k in range(-40, 41)),
        *rng.normal(size=200),
        *10.0 ** rng.uniform(-9, 9, 200),
        99950.0,
        0.0009995,
    ]
    cases = [[float(value), spec] for value in values for spec in ("", "1", "2", "4", ".0f", ".2f")]
    with opened(browser, tmp_path, placed(sample())) as (page, _):
        said = page.evaluate("cases => cases.map(([value, spec]) => liveDraw.formatted(value, spec))", cases)
    different = [(case, text) for case, text in zip(cases, said, strict=True) if formatted(*case) != text]
    assert different == []


def test_an_address_opens_its_state_and_scrolls_there(browser, tmp_path):
    figure, far = sample(), "<p style='height: 3000px'>far</p>"
    with opened(browser, tmp_path, far + placed(figure) + far, figure.address(t="3", kind="two")) as (page, said):
        assert sentence(page) == figure.say(t="3", kind="two")
        assert page.input_value("#live-sample-t") == "3"
        assert page.is_checked("#live-sample-kind-1")
        top = page.evaluate("document.querySelector('#live-sample').getBoundingClientRect().top")
        assert 0 <= top < 200
        link = page.get_attribute("#live-sample .td-live__link", "href")
        assert link == figure.address(t="3", kind="two")
        assert said == []


def test_a_figure_far_below_waits_until_it_comes_near(browser, tmp_path):
    with opened(browser, tmp_path, "<p style='height: 3000px'>far</p>" + placed(sample())) as (page, _):
        assert page.locator("#live-sample svg").count() == 0
        page.evaluate("scrollTo(0, 2500)")
        page.wait_for_selector("#live-sample svg[role=img]")


def test_an_address_that_names_nothing_is_harmless(browser, tmp_path):
    for odd in ("#live-nowhere?t=3", "#live-sample?t=99&nothing=1", "#live-sample?%", "#live-"):
        with opened(browser, tmp_path, placed(sample()), odd) as (page, said):
            assert sentence(page) == sample().say()
            assert said == []


def test_a_link_in_the_text_moves_the_figure(browser, tmp_path):
    link = '<p><a href="#live-sample?t=2&amp;loud=on">see it</a></p>'
    with opened(browser, tmp_path, link + placed(sample())) as (page, _):
        page.click("text=see it")
        page.wait_for_function("document.querySelector('#live-sample-t').value === '2'")
        assert sentence(page) == sample().say(t="2", loud="on")


def test_two_figures_do_not_disturb_each_other(browser, tmp_path):
    one, two = sample(), sample(name="other", factor=3.0)
    with opened(browser, tmp_path, placed(one) + placed(two)) as (page, said):
        still = drawing(page, "other")
        page.focus("#live-sample-t")
        page.keyboard.press("End")
        assert drawing(page, "other") == still
        assert sentence(page, "other") == two.say()
        page.focus("#live-other-t")
        page.keyboard.press("ArrowRight")
        page.check("#live-other-kind-1")
        assert sentence(page) == one.say(t="4")
        assert sentence(page, "other") == two.say(t="1", kind="two")
        both = f"{two.address(t='1', kind='two')};{one.address(t='4')[1:]}"
        assert address(page, both) == both
        page.reload()
        assert sentence(page) == one.say(t="4")
        assert sentence(page, "other") == two.say(t="1", kind="two")
        assert said == []


def test_a_press_on_the_plane_takes_the_nearest_point(browser, tmp_path):
    """By touch: t = 2 of kind two lies at 0.9 (cos 2, sin 2)."""
    with opened(browser, tmp_path, placed(sample()), has_touch=True) as (page, _):
        plane = page.locator(".td-live__panel--plane svg[role=img]")
        plane.scroll_into_view_if_needed()
        box = plane.bounding_box()
        x, y = 0.9 * -0.416, 0.9 * 0.909
        page.touchscreen.tap(box["x"] + (1 + x) / 2 * box["width"], box["y"] + (1 - y) / 2 * box["height"])
        page.wait_for_function("document.querySelector('#live-sample-t').value === '2'")
        assert sentence(page) == sample().say(t="2", kind="two")


def test_play_runs_to_the_end_and_can_be_stopped(browser, tmp_path):
    with opened(browser, tmp_path, placed(sample()), reduced_motion="no-preference") as (page, _):
        button = page.locator(".td-live__play")
        assert button.inner_text() == "Play"
        button.click()
        page.wait_for_function("document.querySelector('#live-sample-t').value === '4'")
        page.wait_for_function("document.querySelector('.td-live__play').textContent === 'Play'")
        assert sentence(page) == sample().say(t="4")
        # within one task of the page, for the run takes 0.4 s and a busy machine may not come back in time
        pressed = page.evaluate(
            """() => { const play = document.querySelector(".td-live__play");
                 const say = document.querySelector(".td-live__say");
                 const seen = () => [play.textContent, say.getAttribute("aria-live")];
                 play.click(); const during = seen(); play.click(); return [during, seen()]; }"""
        )
        assert pressed == [["Pause", "off"], ["Play", None]]


def test_without_scripts_the_picture_is_there(browser, tmp_path):
    with opened(browser, tmp_path, placed(sample()), java_script_enabled=False) as (page, _):
        assert page.is_visible("#live-sample img")
        assert page.locator("#live-sample input").count() == 0
        assert "Move" in page.inner_text("#live-sample figcaption")


def test_on_paper_the_picture_is_there(browser, tmp_path):
    with opened(browser, tmp_path, placed(sample())) as (page, _):
        page.emulate_media(media="print")
        assert page.is_visible("#live-sample img")
        assert not page.is_visible("#live-sample .td-live__stage")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('{"title"', '{"title'),
        lambda text: text.replace('"flat":[', '"flat":[7,', 1),
        lambda text: text.replace('"kind":"line"', '"kind":"curl"'),
        lambda text: re.sub(r"<script.*</script>", "", text),
    ],
    ids=["no JSON", "wrong length", "unknown mark", "no data"],
)
def test_a_broken_figure_leaves_its_picture_and_says_so_once(spoil, browser, tmp_path):
    body = placed(sample(), spoil) + placed(sample(name="other"))
    with opened(browser, tmp_path, body) as (page, said):
        assert sentence(page, "other") == sample().say()
        assert page.is_visible("#live-sample img")
        assert page.locator("#live-sample .td-live__stage").count() == 0
        assert len(said) == 1
        assert said[0].startswith("live figure sample: ")


def test_colours_follow_the_page(browser, tmp_path):
    with opened(browser, tmp_path, placed(sample())) as (page, _):
        ink = "getComputedStyle(document.querySelector('#live-sample .td-live__c-blue')).stroke"
        light, painted = page.evaluate(ink), drawing(page)
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.wait_for_timeout(100)
        assert page.evaluate(ink) != light
        assert drawing(page) != painted  # the canvas is painted anew


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", (1366, 375))
def test_the_figure_is_accessible_and_fits(theme, width, browser, tmp_path):
    with opened(browser, tmp_path, placed(sample()), sample().address(t="2", loud="on")) as (page, _):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        browsercheck.resize(page, width)
        assert browsercheck.layout_faults(page, f"{width} px") == []
        assert browsercheck.accessibility_faults(page, f"{theme} at {width} px", theme) == []
        assert page.evaluate("document.querySelector('#live-sample .td-live__panels').scrollWidth") <= width


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_check_of_accessibility_can_fail(theme, browser, tmp_path):
    pale = "<style>.td-live__say { color: #888 !important; background: #999 !important }</style>"
    with opened(browser, tmp_path, pale + placed(sample())) as (page, _):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        found = browsercheck.accessibility_faults(page, "here", theme)
        assert any("color-contrast" in fault for fault in found)


def test_everything_to_press_is_large_enough(browser, tmp_path):
    with opened(browser, tmp_path, placed(sample())) as (page, _):
        sizes = page.evaluate(
            """[...document.querySelectorAll(".td-live :is(button, select, input[type=range], .td-live__option, a)")]
                 .map(e => [e.className || e.id, Math.min(e.offsetHeight, e.offsetWidth)])"""
        )
        assert len(sizes) >= 6
        assert [entry for entry in sizes if entry[1] < 24] == []


def test_the_drawing_answers_a_new_width(browser, tmp_path):
    with opened(browser, tmp_path, placed(sample())) as (page, _):
        browsercheck.resize(page, 375)
        widths = page.evaluate(
            "[...document.querySelectorAll('#live-sample svg[role=img]')].map(e => +e.getAttribute('width'))"
        )
        assert all(250 < width < 375 for width in widths)
