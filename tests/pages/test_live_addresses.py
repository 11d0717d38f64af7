"""Addresses that nobody meant: the figures stay as they are, and go on answering."""

import pytest

from tests.pages.test_live_engine import opened, placed, sentence
from tests.support.live_sample import sample

LINK = '<p><a href="#live-sample?t=2&amp;loud=on">see it</a></p>'
NAMES = """
    constructor __proto__ toString hasOwnProperty valueOf keys t%5B0%5D %F0%9F%98%80 <img>
""".split()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_object_is_no_control(browser, tmp_path, name):
    with opened(browser, tmp_path, LINK + placed(sample()), f"#live-sample?{name}=1&t=3") as (page, said):
        assert sentence(page) == sample().say(t="3")
        page.evaluate("name => (location.hash = `live-sample?${name}=2`)", name)
        page.wait_for_function("document.querySelector('#live-sample-t').value === '0'")
        page.click("text=see it")  # the page still follows its links
        page.wait_for_function("document.querySelector('#live-sample-t').value === '2'")
        assert sentence(page) == sample().say(t="2", loud="on")
        assert said == []


def test_a_broken_figure_first_in_the_address_stops_no_other(browser, tmp_path):
    body = placed(sample(), lambda text: text.replace('"flat":[', '"flat":[1,', 1)) + placed(sample(name="other"))
    with opened(browser, tmp_path, body, "#live-sample?t=3;live-other?t=2") as (page, said):
        assert sentence(page, "other") == sample().say(t="2")
        assert [text.split(":")[0] for text in said] == ["live figure sample"]


def test_a_state_that_cannot_be_drawn_stops_no_other(browser, tmp_path):
    """The figure wakes, and only the state in the address is broken: one of its values is no number."""
    body = placed(sample()) + placed(sample(name="other"))
    with opened(browser, tmp_path, body, "#live-sample") as (page, said):
        page.evaluate("Object.defineProperty(document.querySelector('#live-sample-kind-1'), 'checked',"
                      "{ set() { throw new Error('spoilt'); } })")  # fmt: skip
        page.evaluate("location.hash = 'live-sample?kind=two;live-other?t=2'")
        page.wait_for_function("document.querySelector('#live-other-t')?.value === '2'", timeout=5000)
        assert sentence(page, "other") == sample().say(t="2")
        assert said == ["live figure sample: spoilt"]
