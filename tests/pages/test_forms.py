"""The two layouts of a figure on a page: one element, of which a browser fetches one file; a single one on paper."""

from __future__ import annotations

import io
import sys
from binascii import b2a_base64
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document
from PIL import Image


@pytest.fixture
def extension(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "book" / "_ext"))
    import narrowfigures

    yield narrowfigures
    for name in ("narrowfigures", "bookrender"):
        sys.modules.pop(name, None)


def page() -> nodes.document:
    """A figure in two layouts, a line below it, and a figure that has only one."""
    doctree = new_document("page")
    cell = nodes.container()
    cell += nodes.image(uri="n.png", alt="", narrow=(420, 600), candidates={"*": "out/n.png"})
    cell += nodes.image(uri="w.png", alt="a line that rises", candidates={"*": "out/w.png"})
    cell += nodes.paragraph("", "Drawn by somebody")
    cell += nodes.image(uri="x.png", alt="a lone figure", candidates={"*": "out/x.png"})
    doctree += cell
    return doctree


def resolved(extension, kind: str) -> tuple[nodes.document, dict]:
    doctree = page()
    files = {"out/n.png": (set(), "n.png"), "out/w.png": (set(), "w.png")}
    app = SimpleNamespace(builder=SimpleNamespace(format=kind, images={}), env=SimpleNamespace(images=files))
    extension.join_layouts(app, doctree, "page")
    return doctree, app.builder.images


def test_a_page_gets_one_element_with_both_files(extension):
    doctree, copied = resolved(extension, "html")
    (joined,) = doctree.findall(extension.picture)
    assert [image["alt"] for image in joined.findall(nodes.image)] == ["a line that rises"]
    assert [image["alt"] for image in doctree.findall(nodes.image)] == ["a line that rises", "a lone figure"]
    assert copied == {"out/n.png": "n.png"}
    assert isinstance(joined.next_node(descend=False, siblings=True), nodes.paragraph)


def test_the_element_names_the_narrow_file_and_its_size(extension):
    doctree, copied = resolved(extension, "html")
    (joined,) = doctree.findall(extension.picture)
    assert "no-scaled-link" in next(iter(joined.findall(nodes.image)))["classes"]
    files = copied | {"w.png": "w.png"}
    writer = SimpleNamespace(builder=SimpleNamespace(imgpath="../_images", images=files), body=[])
    extension.visit_html(writer, joined)
    extension.depart_html(writer, joined)
    written = "".join(writer.body)
    assert 'media="(max-width: 575.98px)"' in written
    assert 'srcset="../_images/n.png" width="420" height="600"' in written
    assert written.startswith('<a class="reference internal image-reference" href="../_images/w.png"><picture>')
    assert written.endswith("</picture></a>\n")


def test_paper_gets_the_wide_layout_alone(extension):
    doctree, copied = resolved(extension, "latex")
    assert [image["uri"] for image in doctree.findall(nodes.image)] == ["w.png", "x.png"]
    assert not list(doctree.findall(extension.picture))
    assert copied == {}


def test_an_output_brings_its_narrow_layout_along(extension, monkeypatch):
    from bookrender import NbElementRenderer, Renderer

    written = {}

    def write_file(self, names, content, **options):
        written[names[0]] = content
        return names[0]

    monkeypatch.setattr(NbElementRenderer, "render_image", lambda self, data: [nodes.image(uri="wide.png")])
    monkeypatch.setattr(NbElementRenderer, "write_file", write_file)
    layout = {"png": "aGVsbG8=", "width": 420, "height": 600}

    def rendered(metadata, opacity=0):
        png = io.BytesIO()
        Image.new("RGBA", (64, 64), (0, 0, 0, opacity)).save(png, "png")
        data = SimpleNamespace(mime_type="image/png", output_metadata=metadata, content=b2a_base64(png.getvalue()))
        return Renderer.render_image(Renderer.__new__(Renderer), data)

    narrow, wide = rendered({"image/png": {"narrow": layout, "alt": "a  line"}})
    assert narrow["narrow"] == (420, 600)
    assert written[narrow["uri"]] == b"hello"
    assert (wide["uri"], wide["alt"]) == ("wide.png", "a line")
    (lines,) = rendered({"image/png": {"width": 720}})
    (chart,) = rendered({"image/png": {"width": 720}}, opacity=255)
    assert (lines["classes"], chart["classes"]) == ([], ["td-filled"])
