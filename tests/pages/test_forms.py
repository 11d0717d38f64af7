"""The forms of a figure on a page: for each theme one element, of which a browser fetches one file; one on paper."""

from __future__ import annotations

import io
import re
import sys
from binascii import b2a_base64
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from docutils import nodes
from docutils.utils import new_document
from PIL import Image

from tdbook.figures.style import DARK, GREY


@pytest.fixture
def extension(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "book" / "_ext"))
    import bookforms

    yield bookforms
    for name in ("bookforms", "bookrender"):
        sys.modules.pop(name, None)


FORMS = {"light narrow": "n.png", "dark": "d.png", "dark narrow": "m.png"}


def page(forms: dict[str, str]) -> nodes.document:
    """A figure in several forms, a line below it, and a figure that has only one."""
    doctree = new_document("page")
    cell = nodes.container()
    for form, uri in forms.items():
        cell += nodes.image(uri=f"in/{uri}", alt="", form=form, size=(840, 1200), candidates={"*": f"out/{uri}"})
    cell += nodes.image(uri="in/w.png", alt="a line that rises", candidates={"*": "out/w.png"})
    cell += nodes.paragraph("", "Drawn by somebody")
    cell += nodes.image(uri="in/x.png", alt="a lone figure", candidates={"*": "out/x.png"})
    doctree += cell
    return doctree


def resolved(extension, kind: str, forms: dict[str, str] = FORMS) -> tuple[nodes.document, dict]:
    doctree = page(forms)
    files = {f"out/{uri}": (set(), uri) for uri in ("w.png", *forms.values())}
    app = SimpleNamespace(builder=SimpleNamespace(format=kind, images={}), env=SimpleNamespace(images=files))
    extension.join_forms(app, doctree, "page")
    return doctree, app.builder.images


def test_a_page_gets_one_element_for_each_theme(extension):
    doctree, copied = resolved(extension, "html")
    light, dark = doctree.findall(extension.picture)
    assert [image["candidates"]["*"] for image in doctree.findall(nodes.image)] == [
        "out/w.png", "out/d.png", "out/x.png",
    ]  # fmt: skip
    assert [image["alt"] for image in doctree.findall(nodes.image)] == [*2 * ["a line that rises"], "a lone figure"]
    assert (light["theme"], dark["theme"]) == ("light", "dark")
    assert copied == {"out/n.png": "n.png", "out/m.png": "m.png"}
    assert isinstance(dark.next_node(descend=False, siblings=True), nodes.paragraph)


def test_each_element_names_its_theme_its_two_files_and_their_sizes(extension):
    doctree, copied = resolved(extension, "html")
    files = copied | {"in/w.png": "w.png", "in/d.png": "d.png"}
    for joined, theme, wide, narrow in zip(
        doctree.findall(extension.picture), ("light", "dark"), ("w", "d"), ("n", "m"), strict=True
    ):
        assert "no-scaled-link" in next(iter(joined.findall(nodes.image)))["classes"]
        writer = SimpleNamespace(builder=SimpleNamespace(imgpath="../_images", images=files), body=[])
        extension.visit_html(writer, joined)
        extension.depart_html(writer, joined)
        written = "".join(writer.body)
        assert 'media="(max-width: 575.98px)"' in written
        assert f'srcset="../_images/{narrow}.png" width="840" height="1200"' in written
        link = f'<a class="reference internal image-reference td-on-{theme}" href="../_images/{wide}.png"><picture>'
        assert written.startswith(link)
        assert written.endswith("</picture></a>\n")


def test_a_figure_for_light_pages_alone_is_for_no_theme(extension):
    doctree, _ = resolved(extension, "html", {"light narrow": "n.png"})
    (joined,) = doctree.findall(extension.picture)
    assert joined["theme"] == ""


def test_paper_gets_the_wide_light_form_alone(extension):
    doctree, copied = resolved(extension, "latex")
    assert [image["uri"] for image in doctree.findall(nodes.image)] == ["in/w.png", "in/x.png"]
    assert not list(doctree.findall(extension.picture))
    assert copied == {}


@pytest.mark.parametrize(("extensions", "forms"), [(["bookforms"], ["light narrow", "dark"]), ([], [])])
def test_an_output_brings_its_forms_along_to_pages_but_not_to_slides(extension, monkeypatch, extensions, forms):
    from bookrender import NbElementRenderer, Renderer

    written = {}

    def write_file(self, names, content, **options):
        written[names[0]] = content
        return names[0]

    monkeypatch.setattr(NbElementRenderer, "render_image", lambda self, data: [nodes.image(uri="wide.png")])
    monkeypatch.setattr(NbElementRenderer, "write_file", write_file)
    env = SimpleNamespace(app=SimpleNamespace(extensions=extensions))
    monkeypatch.setattr(Renderer, "renderer", SimpleNamespace(sphinx_env=env), raising=False)
    png = io.BytesIO()
    Image.new("RGBA", (64, 48)).save(png, "png")
    content = b2a_base64(png.getvalue()).decode()
    metadata = {"image/png": {"forms": {"light narrow": content, "dark": content}, "alt": "a  line"}}
    data = SimpleNamespace(mime_type="image/png", output_metadata=metadata, content=content)
    *others, wide = Renderer.render_image(Renderer.__new__(Renderer), data)
    assert [image["form"] for image in others] == forms
    assert all(image["size"] == (64, 48) and written[image["uri"]] == png.getvalue() for image in others)
    assert (wide["uri"], wide["alt"]) == ("wide.png", "a line")


# --- every figure of the book -------------------------------------------------------------------------------------

PAIR = re.compile(
    r'<a class="[^"]*td-on-light" href="(?P<light>[^"]+)"><picture><source [^>]*srcset="(?P<light_narrow>[^"]+)".*?'
    r'<a class="[^"]*td-on-dark" href="(?P<dark>[^"]+)"><picture><source [^>]*srcset="(?P<dark_narrow>[^"]+)"',
    re.DOTALL,
)


def share(image: Image.Image, colours: Sequence[str]) -> list[float]:
    """What part of the picture is opaque and has each colour, but for what 256 colours lose beside a map."""
    rgba = np.asarray(image.convert("RGBA")).astype(int)
    opaque = rgba[rgba[..., 3] > 200][:, :3]
    aims = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours]
    return [float((np.abs(opaque - aim).max(axis=1) <= 24).sum() / rgba[..., 0].size) for aim in aims]


def pairs(html: Path) -> list[tuple[Path, dict[str, str]]]:
    return [
        (page, found.groupdict())
        for page in sorted(html.glob("book/*.html"))
        for found in PAIR.finditer(page.read_text(encoding="utf-8"))
    ]


def test_every_figure_has_letters_for_the_page_it_stands_on(html: Path):
    """Drawings of one size, each with the letters' colour of its own page."""
    found = pairs(html)
    pages = [page.read_text(encoding="utf-8") for page in html.glob("book/*.html")]
    assert len(found) == sum(page.count('<figure class="td-figure') for page in pages) > 50
    for page, forms in found:
        shares = {}
        for form, file in forms.items():
            with Image.open(page.parent / file) as image:
                shares[form] = (image.size, *share(image, (GREY, DARK[GREY])))
        for layout in ("", "_narrow"):
            (size, ink, other), (same, paler, own) = shares["light" + layout], shares["dark" + layout]
            assert size == same
            # A map may hold either colour, but as often in both forms.
            assert ink > max(paler, 1e-4) and own > max(other, 1e-4), (page.name, forms["light"], forms["dark"])


# --- in a browser -------------------------------------------------------------------------------------------------

SHOWN = """() => [...document.querySelectorAll("figure.td-figure")].map(box =>
  [...box.querySelectorAll("picture img")].filter(image => image.checkVisibility()).map(image => [
    image.closest("a").className.replace(/.*td-on-/, ""), image.currentSrc.split("/").at(-1),
    getComputedStyle(image).filter, getComputedStyle(image).backgroundColor]))"""


def looked_at(browser, path: Path, width: int, theme: str) -> tuple[list[list[list[str]]], set[str]]:
    """What is shown of each figure of a page, folds open, and the names of all files that were fetched."""
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=theme)
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url.split("/")[-1]))
    page.goto(path.as_uri())
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    for figure in page.query_selector_all("figure.td-figure"):
        figure.scroll_into_view_if_needed()
    page.wait_for_function(f"() => ({SHOWN})().flat().every(([, name]) => name)")
    seen = page.evaluate(SHOWN)
    page.close()
    return seen, asked


def test_a_page_shows_and_fetches_the_form_for_its_theme_and_its_width(browser, html: Path):
    path = html / "book" / "model.html"
    looks = {
        (theme, width): looked_at(browser, path, width, theme) for theme in ("light", "dark") for width in (1366, 375)
    }
    names = {look: {name for figure in seen for _, name, *_ in figure} for look, (seen, _) in looks.items()}
    for (theme, width), (seen, asked) in looks.items():
        assert len(seen) == path.read_text(encoding="utf-8").count('<figure class="td-figure') > 3
        for figure in seen:
            assert [shown[0] for shown in figure] == [theme]
            assert [shown[2:] for shown in figure] == [["none", "rgba(0, 0, 0, 0)"]]
        assert names[theme, width] <= asked
        for other, hidden in names.items():
            assert other == (theme, width) or not hidden & asked, f"{other} was fetched by {theme} at {width} px"


def test_the_look_in_a_browser_would_see_a_filter(browser, tmp_path: Path):
    """Negative control of the page's test."""
    path = tmp_path / "page.html"
    path.write_text(
        "<style>img { filter: brightness(1.3) }</style><figure class='td-figure'><a class='td-on-light'><picture>"
        "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw=' alt='x'></picture></a></figure>",
        encoding="utf-8",
    )
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.evaluate(SHOWN)[0][0][2] == "brightness(1.3)"
    page.close()
