"""The look of figures: a layout for a telephone that holds the same drawing, and colours that can be told apart."""

from __future__ import annotations

import io
import re
import sys
from base64 import b64decode
from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from tdbook.figures import new, style
from tdbook.figures.narrow import WIDTH, narrowed, smallest_letters

look = sys.modules["tdbook.figures.style"]  # the module; its name in the package is the function
PHONE = 345  # pixels that a figure has on a telephone of 375


def two_panels(panels: int = 2, beside: bool = False) -> Figure:
    with style():
        figure = new(7.4, 3.4)
        drawn = figure.subplots(1, panels, sharey=True, squeeze=False)[0]
        for number, axes in enumerate(drawn):
            axes.plot([0, 1, 2], [number, 2, 1], label="a curve")
            axes.set_title(f"panel {number}")
        drawn[0].set_ylabel("height")
        if beside:
            drawn[-1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def boxes(figure: Figure) -> list:
    with style():
        figure.savefig(io.BytesIO(), format="png")
    return [axes.get_position() for axes in figure.axes]


def test_panels_beside_one_another_come_below_one_another():
    figure = two_panels()
    narrow = narrowed(figure)
    first, second = boxes(narrow)
    assert narrow.get_figwidth() == WIDTH
    assert second.y1 < first.y0
    assert first.x0 == pytest.approx(second.x0, abs=0.02)
    # The negative control: the figure itself, which must also have been left as it was.
    first, second = boxes(figure)
    assert second.y1 > first.y0
    assert second.x0 > first.x1
    assert tuple(figure.get_size_inches()) == (7.4, 3.4)


def test_the_narrow_layout_draws_the_same_lines():
    figure = two_panels()
    for wide, narrow in zip(figure.axes, narrowed(figure).axes, strict=True):
        assert np.array_equal(wide.lines[0].get_xydata(), narrow.lines[0].get_xydata())
        assert wide.get_xlim() == narrow.get_xlim()


def test_a_shared_axis_is_labelled_in_every_panel():
    figure, narrow = two_panels(), narrowed(two_panels())
    assert [axes.get_ylabel() for axes in figure.axes] == ["height", ""]
    assert [axes.get_ylabel() for axes in narrow.axes] == ["height", "height"]
    boxes(narrow)
    assert all(any(label.get_visible() for label in axes.get_yticklabels()) for axes in narrow.axes)


def test_a_legend_beside_the_plot_moves_below_it():
    narrow = narrowed(two_panels(1, beside=True))
    (box,) = boxes(narrow)
    (legend,) = narrow.legends
    assert narrow.axes[0].get_legend() is None
    assert [text.get_text() for text in legend.get_texts()] == ["a curve"]
    assert legend.get_window_extent().y1 <= box.y0 * narrow.bbox.height
    assert box.x1 > 0.95  # and the plot has the whole width


def test_many_panels_stand_two_in_a_row():
    placed = boxes(narrowed(two_panels(5)))
    assert len({round(box.x0, 1) for box in placed}) == 2


def test_a_long_title_is_broken_outside_its_formula():
    figure = two_panels(1)
    title = r"mass outside the span of the target, $\|P_B U\|^2$, in units of its bound"
    with style():
        figure.axes[0].set_title(title)
    label = narrowed(figure).axes[0].get_title(loc="left")
    assert label.replace("\n", " ") == title
    assert "\n" in label
    assert r"$\|P_B U\|^2$" in label


def test_a_narrow_figure_stays_as_it_is():
    with style():
        figure = new(4.0, 3.0)
        figure.subplots()
    assert tuple(narrowed(figure).get_size_inches()) == (4.0, 3.0)


@pytest.mark.parametrize("panels", [1, 2, 3])
def test_letters_can_be_read_on_a_telephone(panels: int):
    figure = two_panels(panels)

    def pixels(drawn: Figure) -> float:
        return smallest_letters(drawn) / 72 * PHONE / drawn.get_figwidth()

    assert pixels(narrowed(figure)) >= 11
    assert pixels(figure) < 8  # what a telephone showed before


def test_a_picture_brings_both_layouts():
    picture = look.Picture(two_panels(), "two panels")
    data, metadata = picture._repr_mimebundle_()
    narrow = metadata["image/png"]["forms"]["light narrow"]
    tall, broad = imread(io.BytesIO(b64decode(narrow))).shape[:2]
    assert tall > broad
    wide = imread(io.BytesIO(data["image/png"])).shape
    assert wide[1] > wide[0]
    assert picture._repr_mimebundle_()[1] == metadata  # the same bytes every time


# --- colours ----------------------------------------------------------------------------------------------

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
EYES = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def closest(colours: tuple[str, ...], eye: np.ndarray) -> float:
    seen = [lab(eye @ linear(colour)) for colour in colours]
    return min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2))


def contrast(colour: str, ground: str) -> float:
    luminances = sorted((TO_XYZ[1] @ linear(colour), TO_XYZ[1] @ linear(ground)))
    return float((luminances[1] + 0.05) / (luminances[0] + 0.05))


ON_DARK = tuple(look.DARK[colour.lower()] for colour in look.COLOURS)


@pytest.mark.parametrize("colours", [look.COLOURS, ON_DARK], ids=["light", "dark"])
@pytest.mark.parametrize("eye", EYES)
def test_every_eye_can_tell_the_colours_of_a_figure_apart(eye: str, colours: tuple[str, ...]):
    # A difference of 10 is seen at a glance.
    assert closest(colours, EYES[eye]) > 15


def test_red_and_green_would_be_refused():
    traffic = ("#d62728", "#7f6a00")
    assert closest(traffic, EYES["usual"]) > 15
    assert closest(traffic, EYES["deuteranopia"]) < 15


def grounds(css: str) -> dict[str, str]:
    """The page's colour in each theme."""
    return dict(re.findall(r'html\[data-theme="(\w+)"\] \{\s*--pst-color-background: (#\w+)', css))


def test_lines_and_words_stand_out_from_both_pages(root):
    ground = grounds((root / "book" / "_static" / "book.css").read_text(encoding="utf-8"))
    assert set(ground) == {"light", "dark"}
    for colour in look.COLOURS:
        assert contrast(colour, ground["light"]) >= 3
        assert contrast(look.DARK[colour.lower()], ground["dark"]) >= 4.5
    assert contrast(look.GREY, ground["light"]) >= 6
    assert contrast(look.DARK[look.GREY], ground["dark"]) >= 6
    assert contrast("#E69F00", ground["light"]) < 3  # the amber that had to go
    assert contrast(look.BLUE, ground["dark"]) < 4.5  # why there is a dark form at all


def test_neighbours_in_a_figure_differ_in_dash_as_well():
    assert len(look.DASHES) == len(look.COLOURS)
    assert len({str(dash) for dash in look.DASHES}) == len(look.DASHES)
