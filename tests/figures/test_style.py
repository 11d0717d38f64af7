"""What every picture brings to its page: who drew it, and few bytes."""

import io
import sys

import numpy as np
import pytest
from PIL import Image

import tdbook
from tdbook.figures.style import Picture, new, power, readable, style
from tdbook.figures.tensors import cosines


@pytest.fixture(scope="module")
def picture():
    return cosines({"generic": tdbook.random_target(10, 3, 3, rng=0)})


def plain():
    with style():
        figure = new()
        figure.add_subplot().plot([0, 1], [0, 1])
    return Picture(figure, "a line from 0 to 1")


def test_a_picture_knows_the_function_that_a_chapter_called(picture):
    assert picture.drawn_by == "tdbook.figures.tensors.cosines"
    assert picture._repr_mimebundle_()[1]["image/png"]["drawn_by"] == picture.drawn_by


def test_a_function_that_calls_another_is_the_one_that_is_named():
    from tdbook import figures

    result = tdbook.decompose(tdbook.random_target(6, 1, 3, rng=0), 2, epochs=1, iterations=30, rng=0, progress=False)
    assert figures.run(result).drawn_by == "tdbook.figures.algorithm.run"


def test_a_picture_made_elsewhere_names_nobody():
    assert plain().drawn_by == ""
    assert "drawn_by" not in plain()._repr_mimebundle_()[1]["image/png"]


def test_pictures_are_the_same_bytes_each_time_and_hold_256_colours(picture):
    assert picture.png(100) == picture.png(100)
    with Image.open(io.BytesIO(picture.png(100))) as image:
        assert image.mode == "P"
        assert len(image.getcolors()) <= 256


def pixels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as image:
        rgba = np.asarray(image.convert("RGBA"), dtype=float)
    return rgba[..., :3] * rgba[..., 3:] / 255 + 255 - rgba[..., 3:]  # on white paper


def test_fewer_colours_are_smaller_and_not_to_be_seen(picture, monkeypatch):
    few = picture.png(100)
    monkeypatch.setattr(sys.modules[Picture.__module__], "palette", lambda image: image)
    full = picture.png(100)
    assert len(few) < 0.6 * len(full)
    gap = np.abs(pixels(few) - pixels(full))
    assert gap.mean() < 1.0 and np.percentile(gap, 99.5) < 40
    # negative control: four colours would be seen
    with Image.open(io.BytesIO(full)) as image:
        buffer = io.BytesIO()
        image.convert("RGBA").quantize(4, method=Image.Quantize.FASTOCTREE).save(buffer, "PNG")
    assert np.abs(pixels(buffer.getvalue()) - pixels(full)).mean() > 1.0


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.34, "0.34"), (12.4, "12"), (166748.0, r"$2\cdot10^{5}$"), (1e-6, "$10^{-6}$"), (-3e-7, r"$-3\cdot10^{-7}$")],
)
def test_numbers_of_captions_are_typeset(value: float, said: str):
    assert power(value) == said


def test_a_caption_travels_with_its_picture():
    with style():
        picture = Picture(new(), "A line that rises from 0 to 1.", caption="**It rises.** By 1.")
    _, metadata = picture._repr_mimebundle_()
    assert metadata["image/png"]["caption"] == "**It rises.** By 1."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("from 1e+01 down to 1.0e-15", "from 10 down to 10⁻¹⁵"),
        ("2.6e-06, 0e+00; 8e+16.", "2.6·10⁻⁶, 0; 8·10¹⁶."),
        ("below 1e-6, at -3e-08", "below 10⁻⁶, at -3·10⁻⁸"),
        ("1e-1 and 5e+02", "0.1 and 500"),
        ("the 2e component of v1e5", "the 2e component of v1e5"),
    ],
)
def test_numbers_are_written_as_people_write_them(text: str, said: str):
    assert readable(text) == said
    with style():
        picture = Picture(new(), text, caption=text)
    assert picture.alt == picture.caption == said
