"""What stands around each page, without addresses as the book is configured, and with them in a small book."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

from tests.pages import furniturecheck, pagecheck
from tools import build

ROOT = Path(__file__).parents[2]
REPOSITORY, SITE = "https://github.com/example/tensors", "https://example.org/tensors/"


@pytest.mark.parametrize("check", furniturecheck.CHECKS, ids=lambda check: check.__name__)
def test_every_page_has_its(check, html: Path):
    faults = [f"{page.name}: {fault}" for page in pagecheck.chapters(html) for fault in check(page)]
    assert not faults, "\n" + "\n".join(faults)


def test_without_an_address_a_page_has_no_tags_for_sharing(html: Path):
    for page in pagecheck.chapters(html):
        assert not any(furniturecheck.meta(page, name) for name in ("og:title", "og:url", "og:image"))


def test_a_reader_can_go_on_and_back_through_the_whole_book(html: Path):
    order = [f"{path.stem}.html" for path in build.chapters(ROOT)]
    for k, name in enumerate(order):
        area = pagecheck.soup(html / "book" / name).select_one(".prev-next-area")
        assert area is not None
        ways = {way: area.select_one(f".{way}-{end}") for way, end in (("left", "prev"), ("right", "next"))}
        found = [ways[way]["href"] if ways[way] else None for way in ("left", "right")]
        assert found == [order[k - 1] if k else None, order[k + 1] if k + 1 < len(order) else None]
        assert furniturecheck.sidebar(html / "book" / name, len(order)) == []


# --- broken samples ----------------------------------------------------------------------------------------

GOOD = """<!doctype html><html lang="en"><head><title>Good — Book</title><link rel="icon" href="icon.svg">
<meta name="description" content="What a good page says of itself, in a sentence.">
<meta property="og:title" content="Good"><meta property="og:site_name" content="Book">
<meta property="og:url" content="https://x.org/p.html">
<meta property="og:image" content="https://x.org/c.png"><meta property="og:description" content="The same.">
<meta name="twitter:card" content="summary"></head><body>
<h1><span class="section-number">4. </span>Good<a class="headerlink" href="#">#</a></h1>
<aside class="td-foot"><a download href="good.ipynb">notebook</a><details>
<summary>Cite this page</summary><p>Good. In: Book, chapter 4.</p><pre>@incollection{x,
  title = {Good}
}</pre></details></aside></body></html>"""


def sample(folder: Path, old: str, new: str) -> Path:
    (folder / "icon.svg").touch()
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("(chapter-good)=\n# Good")]),
        folder / "good.ipynb",
    )
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Bad")]), folder / "bad.ipynb")
    assert old in GOOD
    page = folder / "page.html"
    page.write_text(GOOD.replace(old, new), encoding="utf-8")
    return page


@pytest.mark.parametrize("check", furniturecheck.CHECKS, ids=lambda check: check.__name__)
def test_a_good_page_passes(check, tmp_path: Path):
    assert check(sample(tmp_path, "", "")) == []


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        (furniturecheck.sharing, 'name="twitter:card"', 'name="other"'),
        (furniturecheck.sharing, 'content="Good"', 'content="Other"'),
        (furniturecheck.sharing, "What a good page says of itself, in a sentence.", "Short."),
        (furniturecheck.sharing, "https://x.org/c.png", "_static/cover.png"),
        (furniturecheck.icons, "icon.svg", "nowhere.svg"),
        (furniturecheck.dead_buttons, "</body>", '<a href="https://mybinder.org/v2/gh//main">Binder</a></body>'),
        (furniturecheck.download, "good.ipynb", "missing.ipynb"),
        (furniturecheck.download, "good.ipynb", "bad.ipynb"),
        (furniturecheck.download, "download ", ""),
        (furniturecheck.citation, "Good. In: Book, ", "In: Book, "),
        (furniturecheck.citation, "In: Book, ", "In: Project name not set, "),
        (furniturecheck.citation, "{Good}", "{Bad}"),
        (furniturecheck.citation, "{Good}\n}", "{Good}"),
        (furniturecheck.citation, "Cite this page", "Other"),
    ],
)
def test_a_broken_page_is_caught(check, old: str, new: str, tmp_path: Path):
    assert len(check(sample(tmp_path, old, new))) == 1


def test_a_short_sidebar_is_caught(tmp_path: Path):
    assert len(furniturecheck.sidebar(sample(tmp_path, "", ""), 3)) == 2


# --- with addresses ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """A book of two pages with the real configuration and extension, and both addresses filled in."""
    root = tmp_path_factory.mktemp("published")
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["execute"] = {"execute_notebooks": "off"}
    config["sphinx"]["config"]["html_baseurl"] = SITE
    config["sphinx"]["config"]["html_theme_options"]["repository_url"] = REPOSITORY
    (root / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/intro\nparts:\n- numbered: 1\n  chapters:\n  - file: book/01-one\n"
    )
    for part in ("book/_ext", "book/_static"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "book" / "references.bib", root / "book" / "references.bib")
    for name, title in (("intro", "A book"), ("01-one", 'One & only "page"')):
        text = f"# {title}\n\n**Question.** What does the page {name} do for its readers?"
        cells = [nbformat.v4.new_markdown_cell(text), nbformat.v4.new_code_cell("1 + 1")]
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        metadata = {"kernelspec": kernel, "language_info": {"name": "python", "pygments_lexer": "ipython3"}}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
        nbformat.write(notebook, root / "book" / f"{name}.ipynb")
    program = Path(sys.executable).with_name("jupyter-book")
    command = [str(program), "build", str(root), "-W", "--keep-going", "-n", "-q"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return root / "_build" / "html" / "book" / "01-one.html"


def test_with_a_repository_the_buttons_open_this_page(published: Path):
    links = {str(a["href"]) for a in pagecheck.soup(published).find_all("a", href=True)}
    assert f"{REPOSITORY}" in links
    assert "https://mybinder.org/v2/gh/example/tensors/main?urlpath=lab/tree/book/01-one.ipynb" in links
    assert "https://colab.research.google.com/github/example/tensors/blob/main/book/01-one.ipynb" in links
    assert any(link.startswith(f"{REPOSITORY}/issues/new") for link in links)
    assert len(furniturecheck.dead_buttons(published)) == 2  # so the check above sees them


def test_with_a_repository_colab_is_told_what_to_install(published: Path):
    said = pagecheck.soup(published).select_one(".td-foot").get_text()
    assert f"git clone --depth 1 {REPOSITORY}\n%pip install --quiet ./tensors\n%cd tensors/book" in said


def test_with_an_address_a_page_knows_where_it_is(published: Path):
    assert furniturecheck.sharing(published) == []
    assert furniturecheck.meta(published, "og:url") == SITE + "book/01-one.html"
    assert furniturecheck.meta(published, "og:image") == SITE + "_static/cover.png"
    assert furniturecheck.meta(published, "og:title") == "1. One & only “page”"
    assert furniturecheck.meta(published, "twitter:card") == "summary_large_image"
    entry = pagecheck.soup(published).select(".td-foot pre")[-1].get_text()
    assert f"url       = {{{SITE}book/01-one.html}}" in entry
    assert r"title     = {One \& only" in entry
    assert "chapter   = {1}" in entry
    assert (published.parents[1] / "_static" / "cover.png").is_file()


def test_with_addresses_a_page_still_asks_no_other_host(published: Path):
    assert pagecheck.outside_requests(published) == []


# --- beside the pages --------------------------------------------------------------------------------------


def test_the_cover_has_the_size_that_the_pages_announce(html: Path):
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]
    head = (html / config["ogp_image"]).read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    for name, place in (("width", 16), ("height", 20)):
        tag = f'<meta property="og:image:{name}" content="{int.from_bytes(head[place : place + 4], "big")}" />'
        assert tag in config["ogp_custom_meta_tags"]


def test_binder_installs_the_lock_and_the_library():
    folder = ROOT / "binder"
    lines = [line for line in (folder / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert [(folder / line.removeprefix("-r ")).resolve() for line in lines] == [ROOT / "requirements.lock"]
    script = folder / "postBuild"
    assert "--no-deps --no-build-isolation --editable ." in script.read_text()
    assert os.access(script, os.X_OK)
    assert (folder / "runtime.txt").read_text().strip() == "python-3.11"
