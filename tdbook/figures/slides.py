"""The book's figures at the size of a slide: the same picture, letters that the last row can read."""

from __future__ import annotations

from typing import Any

from matplotlib.colors import to_hex
from matplotlib.text import Text

from tdbook import validation
from tdbook.figures.style import GREY, Picture

INK = "#1b2226"  # a beamer washes mid-grey out; slides are always on white
_POINT = 1.0 / 72.0  # inches


class SlidePicture(Picture):
    """A picture to be shown ``width`` pixels wide on a canvas of 1280 by 720."""

    def __init__(self, picture: Picture, width: int) -> None:
        super().__init__(picture.figure, picture.alt)
        self.width = width

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        dots = 2.0 * self.width / self.figure.get_figwidth()  # two dots a pixel, for a sharp beamer
        return (
            {"image/png": self.png(dots), "text/plain": repr(self)},
            {"image/png": {"alt": self.alt, "width": self.width}},
        )


def smallest_letters(picture: SlidePicture) -> float:
    """The size of the smallest visible text, in pixels of the slide's canvas."""
    inches = [
        float(text.get_fontsize()) * _POINT
        for text in picture.figure.findobj(Text)
        if text.get_visible() and text.get_text().strip()
    ]
    return min(inches, default=0.0) * picture.width / picture.figure.get_figwidth()


def slide(picture: Picture, width: int = 1000, letters: float = 22.0, aspect: float | None = None) -> SlidePicture:
    """A picture of the book for a slide.

    The canvas shrinks under the letters until the smallest of them are ``letters`` pixels high when the picture is
    ``width`` pixels wide; the layout then makes room for them. Texts in the book's mid-grey turn to ink. The picture
    is changed in place, since a matplotlib figure cannot be copied.

    Parameters
    ----------
    picture : Picture
        What a function of ``tdbook.figures`` returned.
    width : int
        Width on a slide of 1280 pixels.
    letters : float
        Height of the smallest letters' font, in the same pixels.
    aspect : float, optional
        Height over width; that of the picture by default.
    """
    width = validation.integer("width", width, 100)
    letters = validation.real("letters", letters)
    figure = picture.figure
    own = figure.get_figheight() / figure.get_figwidth()
    shape = own if aspect is None else validation.real("aspect", aspect)
    for artist in figure.findobj():
        recolour(artist)
    figure.draw_without_rendering()  # ticks have no text before
    shown = SlidePicture(picture, width)
    inches = figure.get_figwidth() * smallest_letters(shown) / letters
    figure.set_size_inches(inches, inches * shape)
    return shown


def recolour(artist: Any) -> None:
    """Mid-grey letters and axes become ink; everything else keeps its colour."""
    if isinstance(artist, Text) and to_hex(artist.get_color()) == GREY:
        artist.set_color(INK)
    if hasattr(artist, "tick_params"):
        artist.tick_params(colors=INK, which="both")
