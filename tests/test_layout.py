"""The picture of the packages in CONTRIBUTING.md is the one that import-linter holds the code to."""

import re
import tomllib

import nbformat
import yaml

from tdbook.statements import CHAPTERS, PARTS


def drawn(text):
    """The layers of the picture, from the top: the names at the start of each of its lines."""
    picture = re.search(r"```\n(command_line .*?)```", text, re.S)[1]
    lines = [line for line in picture.splitlines() if not line.startswith("-")]
    return [set(re.split(r" \| ", re.split(r"  +", line)[0])) for line in lines]


def held(root):
    """The layers of the contract, from the top, without modules that are private or only call the command."""
    tool = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in tool["contracts"] if contract["type"] == "layers")
    names = [{name for name in re.sub("[()]", "", layer).split(" | ") if not name.startswith("_")} for layer in layers]
    return [layer for layer in names if layer]


def test_the_picture_is_true(root):
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert drawn(text) == held(root)
    assert drawn(text.replace("lemmas  ", "lemma  ")) != held(root)  # a package that moved or changed its name is seen


def test_contributing_is_short(root):
    assert len((root / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_chapters_stand_in_the_order_of_the_table_of_contents(root):
    files = re.findall(r"file: book/(\w+)", (root / "_toc.yml").read_text(encoding="utf-8"))
    assert [stem for stem in files if stem in CHAPTERS] == list(CHAPTERS)


def test_parts_and_titles_are_those_of_the_pages(root):
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    numbered = {
        part["caption"]: [entry["file"] for entry in part["chapters"]] for part in contents if "numbered" in part
    }
    assert numbered == {part: [f"book/{stem}" for stem in chapters] for part, chapters in PARTS.items()}
    for stem, title in ((stem, title) for chapters in PARTS.values() for stem, title in chapters.items()):
        first = nbformat.read(root / "book" / f"{stem}.ipynb", as_version=4).cells[0].source
        assert first.splitlines()[:2] == [f"(chapter-{stem})=", f"# {title}"]


def test_no_chapter_number_is_typed(root):
    """A number in words of a chapter or a slide comes from a role."""
    typed = re.compile(r"\b[Cc]hapters? \d")
    assert typed.search("see Chapter 3") and not typed.search("{numref}`Chapters {number} <chapter-lazy>`")
    for path in (root / "book").glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                assert not typed.search(cell.source), path.name
    for path in (root / "slides").glob("*.md"):
        assert not typed.search(path.read_text(encoding="utf-8")), path.name
