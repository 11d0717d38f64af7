"""Figures at the size of a slide."""

from __future__ import annotations

import pytest
from matplotlib.colors import to_hex

from tdbook.figures.slides import INK, slide, smallest_letters
from tdbook.figures.style import BLUE, GREY, Picture, new, style


def picture() -> Picture:
    with style():
        figure = new(7.2, 3.6)
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=BLUE, label="a line")
        axes.set_xlabel("iterations")
        axes.text(0.5, 0.5, "note", color=GREY, fontsize=9)
        axes.legend()
    return Picture(figure, "A line that rises.")


@pytest.mark.parametrize(("width", "letters"), [(1000, 22.0), (640, 20.0), (1200, 26.0)])
def test_the_smallest_letters_have_the_size_asked_for(width: int, letters: float):
    shown = slide(picture(), width=width, letters=letters)
    assert smallest_letters(shown) == pytest.approx(letters)
    data, metadata = shown._repr_mimebundle_()
    assert metadata["image/png"] == {"alt": "A line that rises.", "width": width}
    pixels = int.from_bytes(data["image/png"][16:20], "big")  # the width in the PNG's header
    assert pixels == pytest.approx(2 * width, abs=2)


def test_without_it_they_would_be_smaller():
    """Negative control: the picture of a page, at the same width, has letters that the last row cannot read."""
    plain = picture()
    assert 9 / 72 / plain.figure.get_figwidth() * 1000 < 18


def test_the_shape_can_be_chosen():
    figure = slide(picture(), aspect=0.3).figure
    assert figure.get_figheight() / figure.get_figwidth() == pytest.approx(0.3)


def test_grey_letters_become_ink_and_colours_stay():
    shown = slide(picture())
    axes = shown.figure.axes[0]
    assert to_hex(axes.texts[0].get_color()) == INK
    assert to_hex(axes.get_xticklabels()[0].get_color()) == INK
    assert to_hex(axes.lines[0].get_color()) == BLUE.lower()


@pytest.mark.parametrize(("argument", "value"), [("width", 10), ("letters", 0.0), ("aspect", -1.0)])
def test_bad_input_is_named(argument: str, value: float):
    with pytest.raises(ValueError, match=argument):
        slide(picture(), **{argument: value})
