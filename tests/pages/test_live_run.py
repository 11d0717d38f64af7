"""The live figure that runs Algorithm 1 in its page: mouse, touch, keyboard, address, words, and its pace."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe

from tdbook.figures.live.intro import EPOCHS, ITERATIONS, run_in_page
from tests.pages import browsercheck
from tests.pages.test_live_engine import AWAKE, PAGE, PIXEL, STATIC

SCRIPTS = ("kernel.js", "run.js", "live-run.js", "live-escape.js", "live-draw.js", "live.js")
FIGURE = run_in_page()
BODY = FIGURE.before() + PIXEL + FIGURE.after()
FAR = "<p style='height: 3000px'>far</p>"
STEP = "+(/^Step (\\d+)/.exec(document.querySelector('#live-run-say').textContent)?.[1] ?? 0)"


@contextmanager
def opened(browser, folder, address="", body=BODY, width=1366, height=900, **options) -> Iterator[tuple]:
    """The figure on a page of its own, and what its scripts complain about."""
    for name in (*SCRIPTS, "book.css", "live.css"):
        shutil.copy(STATIC / name, folder / name)
    old = re.findall(r"<script defer .*</script>", PAGE)[0]
    new = "".join(f'<script defer src="{name}"></script>' for name in SCRIPTS)
    path = folder / "page.html"
    path.write_text(PAGE.replace(old, new).format(body), encoding="utf-8")
    said: list[str] = []
    size = {"width": width, "height": height}
    with browser.new_context(viewport=size, **{"reduced_motion": "reduce", **options}) as context:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(f"not caught: {error}"))
        page.goto(path.resolve().as_uri() + address)
        if options.get("java_script_enabled", True):
            page.evaluate(AWAKE)
        yield page, said


def sentence(page) -> str:
    return page.inner_text("#live-run-say")


def hash_of(page, settled: str) -> str:
    page.wait_for_function("end => decodeURIComponent(location.hash) === end", arg=settled, timeout=5000)
    return page.evaluate("decodeURIComponent(location.hash)")


@pytest.mark.parametrize("state", [{}, *FIGURE.tell], ids=lambda state: FIGURE.address(**state))
def test_the_page_runs_as_the_library_does(browser, tmp_path, state):
    """Settings from the address, the run, the numbers in its sentence: the library's own run says the same."""
    with opened(browser, tmp_path, FIGURE.address(**state)) as (page, said):
        assert sentence(page) == FIGURE.say(**state)
        assert said == []


def test_play_goes_to_the_end_and_shows_its_pace(browser, tmp_path):
    with opened(browser, tmp_path, reduced_motion="no-preference") as (page, said):
        page.get_by_role("button", name="Play").click()
        page.wait_for_function(f"{STEP} > 3")
        gaps = page.evaluate(
            """() => new Promise(done => { const at = [], tick = now => {
                 at.push(now);
                 if (at.length < 60) requestAnimationFrame(tick); else done(at.slice(1).map((t, k) => t - at[k]));
               }; requestAnimationFrame(tick); })"""
        )
        cost = page.evaluate(
            """() => { const data = JSON.parse(document.querySelector(".td-live__data").textContent);
                 const run = new tdRun.Run(data, {m: 6, d: 100, lambda: 0.005, size: 1e-5, draw: 1, renewal: true,
                   boost: true, switch: true, angles: [20, 90, 160]}), begun = performance.now();
                 while (!run.over) run.step();
                 return (performance.now() - begun) / run.steps; }"""
        )
        gaps.sort()
        print(f"a frame every {gaps[len(gaps) // 2]:.1f} ms (median), {gaps[-1]:.0f} ms at most; a step {cost:.3f} ms")
        page.wait_for_function(f"{STEP} === {EPOCHS * ITERATIONS}", timeout=90_000)
        assert sentence(page) == FIGURE.say(done=str(EPOCHS))
        assert page.get_by_role("button", name="Play again").is_visible()
        assert said == []


def test_out_of_view_the_run_rests(browser, tmp_path):
    with opened(browser, tmp_path, body=BODY + FAR, reduced_motion="no-preference") as (page, _):
        page.get_by_role("button", name="Play").click()
        page.wait_for_function(f"{STEP} > 3")
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.wait_for_timeout(400)
        before = page.evaluate("document.querySelector('.td-run__plots path[fill=none]').outerHTML")
        page.wait_for_timeout(600)
        assert page.evaluate("document.querySelector('.td-run__plots path[fill=none]').outerHTML") == before
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_function("old => document.querySelector('.td-run__plots path[fill=none]').outerHTML !== old",
                               arg=before)  # fmt: skip


def test_where_motion_is_not_wanted_a_press_goes_some_steps(browser, tmp_path):
    with opened(browser, tmp_path) as (page, _):
        page.get_by_role("button", name="Step").click()
        first = page.evaluate(STEP)
        page.wait_for_timeout(300)
        assert 0 < first == page.evaluate(STEP) < ITERATIONS


@pytest.mark.parametrize("name", ["renewal", "boost", "switch"])
def test_parts_of_the_algorithm_are_left_out_by_keyboard(browser, tmp_path, name):
    with opened(browser, tmp_path, "#live-run?done=6") as (page, said):
        page.focus(f"#live-run-{name}")
        page.keyboard.press(" ")
        assert hash_of(page, f"#live-run?{name}=off") == f"#live-run?{name}=off"
        for _ in range(5):
            page.get_by_role("button", name="Step").press("Enter")
        assert sentence(page) == FIGURE.say(**{name: "off", "done": "1"})
        assert said == []


def test_settings_are_kept_in_the_address(browser, tmp_path):
    with opened(browser, tmp_path) as (page, _):
        wanted = "#live-run?targets=3&m=5&d=1000&lambda=0.1&size=0.0001&draw=4"
        keys = {control["name"]: control["keys"] for control in FIGURE.packed()["controls"]}
        for name, key in re.findall(r"(\w+)=([\w.]+)", wanted):
            page.select_option(f"#live-run-{name}", index=keys[name].index(key))
        assert hash_of(page, wanted) == wanted
        page.reload()
        page.evaluate(AWAKE)
        assert page.input_value("#live-run-m") == "4"
        assert "5 columns of length 10⁻⁴ in dimension 1000" in sentence(page)


def test_targets_turn_by_arrow_keys_and_by_mouse(browser, tmp_path):
    with opened(browser, tmp_path) as (page, said):
        first = page.get_by_role("slider", name="direction of target 1")
        first.press("ArrowLeft")
        assert first.get_attribute("aria-valuetext") == "25 degrees"
        assert hash_of(page, "#live-run?angles=25-110") == "#live-run?angles=25-110"
        box, disc = first.bounding_box(), page.locator(".td-run__disc").bounding_box()
        middle = disc["x"] + disc["width"] / 2, disc["y"] + disc["height"] / 2
        page.mouse.move(box["x"] + 15, box["y"] + 15)
        page.mouse.down()
        page.mouse.move(middle[0] + 90, middle[1] + 90)
        page.mouse.up()
        assert hash_of(page, "#live-run?angles=315-110") == "#live-run?angles=315-110"
        page.reload()
        page.evaluate(AWAKE)
        assert first.get_attribute("aria-valuenow") == "315"
        assert said == []


def test_two_targets_are_never_on_one_line(browser, tmp_path):
    """Then there would be one target, or none: odd powers of opposite directions cancel."""
    with opened(browser, tmp_path) as (page, _):
        first = page.get_by_role("slider", name="direction of target 1")
        for _ in range(40):
            first.press("ArrowLeft")
            turn = (110 - int(first.get_attribute("aria-valuenow"))) % 180
            assert 15 <= turn <= 165


def test_a_fresh_column_points_where_the_reader_wants(browser, tmp_path):
    """Without re-initialisation target 1 stays missing; one drawn by hand towards it finds it."""
    with opened(browser, tmp_path, "#live-run?renewal=off&done=2") as (page, said):
        assert "Target 1 is still missing" in sentence(page)
        fresh = page.get_by_role("slider", name="direction of the next fresh column")
        for _ in range(72):
            if fresh.get_attribute("aria-valuenow") == "20":
                break
            fresh.press("ArrowLeft")
        fresh.press("Enter")
        for _ in range(5):
            page.get_by_role("button", name="Step").press("Enter")
        assert "No target is missing" in sentence(page)
        assert said == []


def test_a_touch_in_the_disc_starts_a_fresh_column_there(browser, tmp_path):
    options = {"has_touch": True, "width": 375, "height": 800}
    with opened(browser, tmp_path, "#live-run?renewal=off&done=2", **options) as (page, said):
        disc = page.locator(".td-run__disc")
        disc.scroll_into_view_if_needed()
        box = disc.bounding_box()
        page.touchscreen.tap(box["x"] + 0.7 * box["width"], box["y"] + 0.43 * box["height"])  # 20 degrees
        for _ in range(5):
            page.get_by_role("button", name="Step").tap()
        assert "No target is missing" in sentence(page)
        assert said == []


@pytest.mark.parametrize(
    "odd",
    ["?m=99&d=-1", "?angles=20-20", "?angles=20-200", "?angles=1e3-7", "?angles=", "?targets=3&angles=20-110",
     "?constructor=1&__proto__=2", "?size=NaN&lambda=Infinity&done=7", "?%", "?angles=" + "5-" * 5000],
)  # fmt: skip
def test_any_address_leaves_a_figure_that_works(browser, tmp_path, odd):
    with opened(browser, tmp_path, f"#live-run{odd}") as (page, said):
        targets = "3" if "targets" in odd else "2"
        assert sentence(page) == FIGURE.say(targets=targets)
        page.get_by_role("button", name="Step").click()
        assert page.evaluate(STEP) > 0
        assert said == []


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (375, 800)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_and_fits_a_screen(browser, tmp_path, theme, width, height):
    with opened(browser, tmp_path, "#live-run?switch=off&done=1", width=width, height=height) as (page, said):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        page.wait_for_timeout(200)
        assert page.evaluate("document.querySelector('.td-live__stage').offsetHeight") <= 0.8 * height
        assert browsercheck.layout_faults(page, "here") == []
        axe = Axe().run(page, context="figure.td-live", options=browsercheck.AXE_WHOLE).response
        assert [(found["id"], [node["html"] for node in found["nodes"]]) for found in axe["violations"]] == []
        small = page.evaluate(
            """[...document.querySelectorAll(".td-live :is(button, select, label[class], a, summary, [role=slider])")]
                 .filter(e => e.checkVisibility() && Math.min(e.offsetHeight, e.offsetWidth) < 24)
                 .map(e => e.outerHTML)"""
        )
        assert small == []
        drawn = page.evaluate("document.querySelector('.td-run__panels').innerHTML")
        assert "NaN" not in drawn and "Infinity" not in drawn
        assert said == []


def test_without_its_kernel_the_picture_stays(browser, tmp_path):
    with opened(browser, tmp_path) as (page, _):
        (tmp_path / "run.js").write_text("")
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.reload()
        page.wait_for_timeout(300)
        assert page.is_visible("#live-run img")
        assert said == ["live figure run: run.js is not there"]


def test_without_scripts_the_picture_is_there(browser, tmp_path):
    with opened(browser, tmp_path, java_script_enabled=False) as (page, _):
        assert page.is_visible("#live-run img")
        assert page.locator("#live-run :is(button, input, svg)").count() == 0
