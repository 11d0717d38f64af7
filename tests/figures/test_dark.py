"""The form of a figure for dark pages: the same drawing in lighter colours, and maps as they are."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from tdbook.figures import new, style
from tdbook.figures.dark import is_map, recoloured
from tdbook.figures.style import BLUE, DARK, GREY, ORANGE, Picture
from tests.support.live_sample import sample


def lines() -> Picture:
    with style():
        figure = new(7.2, 3.4)
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], "o-", color=BLUE, label="a line")
        axes.fill_between([0, 1], [0, 0.5], [0.2, 0.8], color=ORANGE, alpha=0.2)
        axes.annotate("here", (0.5, 0.5), xytext=(0.2, 0.8), arrowprops={"arrowstyle": "->", "color": GREY})
        axes.set_xlabel("across")
        axes.legend()
    return Picture(figure, "a line that rises")


def field() -> Picture:
    with style():
        figure = new(5.0, 4.0)
        axes = figure.add_subplot()
        image = axes.pcolormesh(np.arange(9.0).reshape(3, 3), cmap="cividis")
        axes.plot([0, 3], [0, 3], color=BLUE)
        axes.text(1, 1, "on the map", color=GREY)
        axes.set_title("a map")
        figure.colorbar(image)
    return Picture(figure, "a map")


def holds(png: bytes, colour: str) -> bool:
    """Whether opaque points have that colour, but for what 256 colours lose."""
    rgba = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")).astype(int)
    aim = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return bool(np.abs(rgba[rgba[..., 3] > 200][:, :3] - aim).max(axis=1).min() <= 6)


def test_a_picture_has_four_forms_of_two_sizes():
    forms = lines().forms()
    assert list(forms) == ["light", "dark", "light narrow", "dark narrow"]
    assert len(set(forms.values())) == 4
    size = {name: Image.open(io.BytesIO(png)).size for name, png in forms.items()}
    assert size["light"] == size["dark"] != size["light narrow"] == size["dark narrow"]


@pytest.mark.parametrize("layout", ["", " narrow"])
def test_lines_and_letters_change_their_colours(layout: str):
    forms = lines().forms()
    for colour in (BLUE.lower(), GREY):
        assert holds(forms["light" + layout], colour) and not holds(forms["light" + layout], DARK[colour])
        assert holds(forms["dark" + layout], DARK[colour]) and not holds(forms["dark" + layout], colour)


def test_both_forms_are_the_same_drawing():
    """What is covered in one is covered in the other, point for point."""
    forms = lines().forms()
    light, dark = (
        np.asarray(Image.open(io.BytesIO(forms[name])).convert("RGBA"))[..., 3] for name in ("light", "dark")
    )
    gap = np.abs(light.astype(int) - dark.astype(int))
    assert np.percentile(gap, 99.9) < 40 and gap.mean() < 1


def test_a_map_and_what_stands_on_it_stay_and_what_stands_around_it_changes():
    picture = field()
    (axes, bar) = picture.figure.axes
    assert is_map(axes) and is_map(bar)
    picture.png(50)
    before = axes.collections[0].get_facecolor().copy()
    with recoloured(picture.figure, DARK):
        assert np.array_equal(axes.collections[0].get_facecolor(), before)
        assert axes.lines[0].get_color() == BLUE
        assert axes.texts[0].get_color() == GREY
        assert to_hex(axes.xaxis.get_ticklabels()[0].get_color()) == DARK[GREY]
        assert to_hex(bar.yaxis.get_ticklabels()[0].get_color()) == DARK[GREY]
        assert to_hex(axes.spines["left"].get_edgecolor()) == DARK[GREY]
    assert not is_map(lines().figure.axes[0])


def test_the_figure_is_left_as_it_was():
    picture = lines()
    engine = picture.figure.get_layout_engine()
    first = picture.forms(dpi=50)
    assert to_hex(picture.figure.axes[0].lines[0].get_color()) == BLUE.lower()
    assert picture.figure.get_layout_engine() is engine
    assert picture.png(50) == first["light"]


def test_opacities_stay():
    figure = lines().figure
    with recoloured(figure, DARK):
        (band,) = figure.axes[0].collections
        assert to_hex(band.get_facecolor()[0], keep_alpha=True) == f"{DARK[ORANGE.lower()]}33"
        assert to_hex(figure.axes[0].texts[0].arrow_patch.get_edgecolor()) == DARK[GREY]


def test_a_live_figure_brings_light_forms_alone():
    _, metadata = sample()._repr_mimebundle_()
    assert list(metadata["image/png"]["forms"]) == ["light narrow"]
