"""Live figures: what a page gets is what was computed, what does not fit is refused, and notebooks keep text alone."""

from __future__ import annotations

import base64
import json
import math
import re

import nbformat
import numpy as np
import pytest

from tdbook.figures.live import Axis, Choice, Line, Plot, Points, Rule, Series, Slider, Switch
from tdbook.figures.live.series import formatted, spelt, spoken
from tests.support.live_sample import sample
from tests.support.refusals import refused
from tools.refresh import steady


def unpacked(packed: dict) -> np.ndarray:
    """A second reading of the packed form, as live.js does it."""
    flat = [code for entry in packed["flat"] for code in ([0] * entry[0] if isinstance(entry, list) else [entry])]
    rows = np.array([math.nan if code is None else code for code in flat]).reshape(-1, (packed["shape"] or [1])[-1])
    if packed.get("delta"):
        rows = np.where(np.isnan(rows), math.nan, np.cumsum(np.nan_to_num(rows), axis=1))
    values = rows.reshape(packed["shape"])
    if "words" in packed:
        return np.array(packed["words"])[values.astype(int)]
    return 10.0 ** (values * packed["quantum"]) if packed.get("log") else values * packed["quantum"]


# --- series -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "options", "short"),
    [
        (np.linspace(0, 1, 40).reshape(2, 20), {"quantum": 0.01}, True),
        (np.repeat([[3.0], [-2.0]], 30, axis=1), {"quantum": 0.5}, True),
        (np.random.default_rng(0).normal(size=(3, 5)), {"quantum": 0.01}, False),
        (np.array([[1.0, math.nan, math.nan, 1.5, 1.5, 1.5, 1.5]]), {"quantum": 0.5}, True),
        (10.0 ** np.linspace(-9, 3, 26).reshape(2, 13), {"log": True}, True),
        (np.array([["yes", "no"], ["no", "no"]]), {}, False),
    ],
    ids=["slope", "level", "noise", "gaps", "log", "words"],
)
def test_a_page_decodes_what_was_computed(values, options, short):
    series = Series(("a", "b"), values, **options)
    packed = json.loads(json.dumps(series.packed()))
    assert bool(packed.get("delta")) == short
    decoded = unpacked(packed)
    assert np.array_equal(decoded, series.values, equal_nan=values.dtype.kind == "f")
    if options.get("log"):
        assert np.abs(np.log10(decoded / values)).max() <= 0.001 + 1e-12
    elif values.dtype.kind == "f":
        assert np.nanmax(np.abs(decoded - values)) <= options["quantum"] / 2 + 1e-12


def test_a_sentence_says_no_digit_that_was_rounded_away():
    coarse = {"rough": Series(("kind", "t"), np.full((2, 5), 0.494), log=True, quantum=0.005)}
    with refused("say"):
        sample(say="It is {rough:2}.", more=coarse)
    fine = {"exact": spelt(("kind", "t"), np.full((2, 5), 0.494), "2")}
    assert sample(say="It is {exact}.", more=fine).say() == "It is 0.49."


def test_runs_of_zeros_and_small_numbers_are_short():
    still, wild = (len(json.dumps(Series(("t",), v, 0.01).packed())) for v in (np.ones(300), np.arange(300) ** 2))
    assert still < 100 < wild


def test_a_default_quantum_keeps_three_digits_of_the_largest():
    values = np.array([0.00123456, -0.9876543])
    assert np.abs(Series(("a",), values).values - values).max() < 0.9876543 / 800
    assert Series(("a",), np.zeros(3)).values.tolist() == [0, 0, 0]


def test_no_negative_zero_reaches_a_sentence():
    assert formatted(float(Series((), -0.0001, 0.01).values), ".2f") == "0.00"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((("a",), np.ones((2, 2))), "dims"),
        ((("a", "a"), np.ones((2, 2))), "dims"),
        ((("a",), [1.0, 0.0], None, True), "values"),
        ((("a",), [1.0], -1.0), "quantum"),
    ],
)
def test_a_series_that_does_not_fit_is_refused(arguments, message):
    with refused(message):
        Series(*arguments)


@pytest.mark.parametrize(
    ("value", "spec", "said"),
    [
        (1.2345, "", "1.23"),
        (0.00123, "2", "0.0012"),
        (0.000123, "2", "1.2·10⁻⁴"),
        (-1e-8, "3", "−10⁻⁸"),
        (123456.0, "3", "1.23·10⁵"),
        (99999.0, "3", "10⁵"),
        (1500.0, "3", "1500"),
        (0.0, "3", "0"),
        (math.nan, "3", "unknown"),
        (-0.456, ".1f", "−0.5"),
        (0.125, ".2f", "0.13"),  # a tie, as a browser rounds it
        (-2.5, ".0f", "−3"),
        (0.125, "2", "0.13"),
        ("as it is", "3", "as it is"),
    ],
)
def test_numbers_in_sentences(value, spec, said):
    assert formatted(value, spec) == said


def test_spoken_numbers_come_back():
    superscripts = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
    for value in 10.0 ** np.random.default_rng(1).uniform(-12, 12, 200):
        text = re.sub(r"^10(?=[⁻⁰-⁹¹²³])", "1·10", spoken(value))
        number = float(re.sub(r"·10", "e", text).translate(superscripts))
        assert abs(number / value - 1) < 0.006


# --- figures ----------------------------------------------------------------------------------------------


def test_the_sentence_of_a_state():
    figure = sample()
    assert figure.say() == "At 0 for one the value is 0.00, square 0, even."
    assert figure.say(t="3", kind="two", loud="on") == "At 3 for two the value is −6.00, square 36, odd."
    assert figure.address(t="3", loud="on") == "#live-sample?t=3&loud=on"
    assert figure.address() == "#live-sample"
    assert sum(1 for _ in figure.states()) == 5 * 2 * 2
    assert figure.at("line", kind="two").shape == (3,)


def test_data_cannot_end_their_script_element():
    figure = sample(title="</script><script>alert(1)</script>")
    assert "</script" not in figure.data
    assert json.loads(figure.data)["title"] == "</script><script>alert(1)</script>"
    assert "<script>alert" not in figure.before() + figure.after()


def test_axes_without_bounds_hold_all_states():
    plot = sample().panels[0]
    assert (plot.x.low, plot.x.high) == (0, 4)
    assert plot.y.low < -8
    assert plot.y.high > 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Not a name"}, "name"),
        ({"say": "There is {nothing}"}, "say"),
        ({"say": "All of {line}"}, "line"),
        ({"tell": [{"t": "17"}]}, "state"),
        ({"tell": [{"speed": "1"}]}, "state"),
        ({"marks": [Line(x="t_", y="nowhere", along="t")]}, "nowhere"),
        ({"marks": [Points(x=1.0, y="line")]}, "along"),
        ({"marks": [Line(x="m", y="line", along="m", cut="faint")]}, "cut"),
        ({"marks": [Rule(y=1.0, when={"kind": ("three",)})]}, "when"),
        ({"more": {"value": Series(("t",), [1.0, 2.0])}}, "t"),
        ({"more": {"t": Series((), 1.0)}}, "t"),
        ({"marks": []}, "bounds"),
    ],
)
def test_a_figure_that_does_not_fit_is_refused(change, message):
    with refused(message):
        sample(**change)


def test_a_heavy_figure_is_refused():
    noise = np.random.default_rng(0).normal(size=80_000)
    with refused("noise"):
        sample(more={"noise": Series(("n",), noise)})
    assert sample(more={"noise": Series(("n",), noise[:1000])}).size < 10_000


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: Choice("kind", "kind", ["one"]), "values"),
        (lambda: Choice("kind", "kind", [1, 1.0]), "values"),
        (lambda: Slider("two words", "x", [1, 2]), "name"),
        (lambda: Slider("t", "t", [1, 2], start=2), "start"),
        (lambda: Slider("t", "t", [1, 2], labels=["one"]), "labels"),
        (lambda: Rule(), "x"),
        (lambda: Rule(x=1.0, y=1.0), "x"),
        (lambda: Points(x=1.0, y=1.0, shape="star"), "shape"),
        (lambda: Points(x=1.0, y=1.0, colour="mauve"), "colour"),
        (lambda: Axis("x", scale="cubic"), "scale"),
    ],
)
def test_a_part_that_does_not_fit_is_refused(made, message):
    with refused(message):
        made()


# --- notebooks --------------------------------------------------------------------------------------------


def test_a_notebook_keeps_the_text_alone():
    data, metadata = sample()._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert "#live-sample?t=3" in data["text/plain"]
    assert metadata["image/png"]["live"]["before"].startswith("<figure")
    cell = nbformat.v4.new_code_cell("sample()", execution_count=1)
    data["image/png"] = base64.b64encode(data["image/png"]).decode()  # as a kernel sends it
    cell.outputs = [nbformat.v4.new_output("execute_result", data, execution_count=1, metadata=metadata)]
    kept = steady(nbformat.v4.new_notebook(cells=[cell]), "one").cells[0].outputs[0]
    assert kept.data == {"text/plain": data["text/plain"]}
    assert kept.metadata == {}


def test_the_kept_text_depends_on_the_states():
    """Negative control: what nbval compares changes when a state does."""
    assert repr(sample()) != repr(sample(factor=-2.1))


def test_panels_and_switches_are_packed():
    packed = sample().packed()
    assert [panel["kind"] for panel in packed["panels"]] == ["plot", "plane"]
    assert [control["kind"] for control in packed["controls"]] == ["slider", "choice", "switch"]
    assert isinstance(sample().controls["loud"], Switch)
    assert isinstance(sample().panels[0], Plot)
