"""One look for every figure, and the way a figure reaches a page.

Figures are drawn without a background, in colours for light pages; ``DARK`` says what stands in their place on dark
ones. The first four colours are those of Okabe and Ito, which the colour-blind can tell apart; their amber and sky
blue are too pale for a line on white and only stand on dark surfaces. Lines that matter also differ in dash or marker.
"""

from __future__ import annotations

import io
import re
import sys
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from types import FrameType
from typing import TypeVar

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from tdbook.figures.dark import recoloured
from tdbook.figures.narrow import narrowed

Item = TypeVar("Item")

GREY = "#565f68"  # letters, axes and grids; the pages' own colour for what stands back
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#7339E6", "#804020")
BLUE, ORANGE, GREEN, PINK, VIOLET, BROWN = COLOURS
AMBER, SKY = "#E69F00", "#56B4E9"  # on dark surfaces only
DARK = {GREY: "#a3adb3"} | dict(
    zip(map(str.lower, COLOURS), ("#69d2ff", "#ffa953", "#139f84", "#f5c7d2", "#a57dfc", "#9d8045"), strict=True)
)
DASHES = ("-", (0, (5, 1.5)), (0, (1, 1)), "-.", (0, (3, 1, 1, 1, 1, 1)), (0, (8, 2)))

STYLE = {
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.labelcolor": GREY,
    "axes.labelsize": 11,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": GREY,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters everywhere
    "font.size": 11,
    "grid.alpha": 0.25,
    "grid.color": GREY,
    "legend.frameon": False,
    "legend.labelcolor": GREY,
    "legend.fontsize": 10,
    "lines.linewidth": 1.8,
    "mathtext.fontset": "dejavusans",  # as heavy as the words around it; Computer Modern is too fine at this size
    "text.color": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
}


@contextmanager
def style() -> Iterator[None]:
    """The book's style for the figures made within."""
    with mpl.rc_context(STYLE):
        yield


def new(width: float = 7.0, height: float = 3.6) -> Figure:
    """An empty figure, sizes in inches; call within :func:`style`. It belongs to no global state."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def drawn_by() -> str:
    """Dotted name of the function in ``tdbook.figures`` that was called from outside, or "" when there is none.

    The pages link every figure to the listing of that function.
    """
    package = __name__.rpartition(".")[0] + "."
    name = ""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module, function = frame.f_globals.get("__name__", ""), frame.f_code.co_name
        # Only a function at the top of its module has a place to link to; a nested one is part of its caller.
        if module.startswith(package) and module != __name__ and function in frame.f_globals:
            name = f"{module}.{function}"
        frame = frame.f_back
    return name


def palette(image: Image.Image) -> Image.Image:
    """The same picture in 256 colours with their transparencies: a third of the size, and no difference to be seen."""
    return image.quantize(256, method=Image.Quantize.FASTOCTREE)


def drawn(figure: Figure, dpi: float) -> bytes:
    """The figure as a PNG with a transparent background, in 256 colours."""
    canvas, own = FigureCanvasAgg(figure), figure.dpi
    with mpl.rc_context(STYLE):
        figure.set_dpi(dpi)
        try:
            canvas.draw()
        finally:
            figure.set_dpi(own)
    buffer = io.BytesIO()
    palette(Image.fromarray(np.asarray(canvas.buffer_rgba()))).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def power(value: float) -> str:
    """A number for a caption, in TeX with one digit: ``$2\\cdot10^{-6}$``, or plain from 0.01 up to 9999."""
    if value == 0 or 0.01 <= abs(value) < 1e4:
        return f"{value:.2g}" if abs(value) < 100 else f"{value:.0f}"
    digit, exponent = f"{value:.0e}".split("e")
    return f"$10^{{{int(exponent)}}}$" if digit == "1" else f"${digit}\\cdot10^{{{int(exponent)}}}$"


_PROGRAM_NUMBER = re.compile(r"(?<![\w.])-?\d(?:\.\d+)?e[+-]?\d+(?!\w)")
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def readable(text: str) -> str:
    """The text with numbers as people write them: ``3e-06`` becomes 3·10⁻⁶, and ``1e+01`` 10."""

    def written(match: re.Match[str]) -> str:
        value = float(match[0])
        if value == 0 or 0.01 <= abs(value) < 1e4:
            return f"{value:g}"
        digits, exponent = match[0].split("e")
        digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
        scale = "10" + str(int(exponent)).translate(_RAISED)
        return scale if digits == "1" else f"{digits}·{scale}"

    return _PROGRAM_NUMBER.sub(written, text)


def rounded_up(value: float, digits: int = 2) -> float:
    """So many significant digits, rounded up: what is at most ``value`` is at most the number that is said."""
    return _rounded(value, digits, ROUND_CEILING)


def rounded_down(value: float, digits: int = 2) -> float:
    """So many significant digits, rounded down, for a number that is said to be reached."""
    return _rounded(value, digits, ROUND_FLOOR)


def _rounded(value: float, digits: int, way: str) -> float:
    return float(Context(prec=digits, rounding=way).create_decimal(f"{value:.12g}"))  # 0.3 and not 0.30000000000000004


def few(items: Iterable[Item], limit: int = len(COLOURS)) -> list[Item]:
    """The curves of a picture, which must be no more than can be told apart."""
    found = list(items)
    if len(found) > limit:
        raise ValueError(f"curves must be at most {limit} in this picture, got {len(found)}")
    return found


def sentence(text: str) -> str:
    """The text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


class Picture:
    """A figure with the alternative text that was computed from its data.

    As the last expression of a notebook's cell it is displayed: a PNG at twice the page's resolution, and in the
    output's metadata the alternative text, the caption in MyST, the name of the function that drew it (``drawn_by``)
    and the other forms of the picture: for narrow screens, for dark pages, for both. Its plain text is the alternative
    text. The first, bold sentence of a caption says what is to be seen; without a caption the pages show the first
    sentence of the alternative text.
    """

    def __init__(self, figure: Figure, alt: str, caption: str = "") -> None:
        if not alt.strip():
            raise ValueError("alt must describe what is to be seen, got an empty text")
        self.figure, self.alt, self.caption = figure, readable(" ".join(alt.split())), readable(caption)
        self.drawn_by = drawn_by()

    def __repr__(self) -> str:
        return f"Figure: {self.alt}"

    def png(self, dpi: float = 200.0) -> bytes:
        """The figure as a PNG with a transparent background, in 256 colours."""
        return drawn(self.figure, dpi)

    def forms(self, themes: Sequence[str] = ("light", "dark"), dpi: float = 200.0) -> dict[str, bytes]:
        """The figure as a PNG for each theme, and laid out for a telephone, as ``light narrow`` and ``dark narrow``."""
        with mpl.rc_context(STYLE):
            narrow = narrowed(self.figure)
        found = {}
        for layout, figure in (("", self.figure), (" narrow", narrow)):
            for theme in themes:
                with recoloured(figure, DARK) if theme == "dark" else nullcontext():
                    found[theme + layout] = drawn(figure, dpi)
        return found

    def bundle(self, themes: Sequence[str] = ("light", "dark")) -> tuple[dict, dict]:
        """What a notebook shows, and its metadata, which holds all other forms."""
        forms = self.forms(themes)
        png = forms.pop("light")
        metadata: dict[str, object] = {
            "alt": self.alt,
            "caption": self.caption,
            "width": round(self.figure.get_figwidth() * 100),
            "forms": {name: b64encode(form).decode() for name, form in forms.items()},
        }
        if self.drawn_by:
            metadata["drawn_by"] = self.drawn_by
        return {"image/png": png, "text/plain": repr(self)}, {"image/png": metadata}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        return self.bundle()

    def save(self, path: str, dpi: float = 200.0, background: str | None = None) -> None:
        """Write the figure to ``path``; ``background`` is a colour, none by default."""
        with mpl.rc_context(STYLE):
            self.figure.savefig(path, dpi=dpi, facecolor=background or "none")
