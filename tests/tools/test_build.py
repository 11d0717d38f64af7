"""The tools that build the book and store its chapters: nothing stale, nothing that varies, nothing hidden."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import nbformat
import pytest
from nbformat.warnings import DuplicateCellId

from tools.build import BookError, build, chapters, digest, execute, execution_environment, forget_stale, run
from tools.refresh import faults, main, steady, text_of

PICTURE = """\
from IPython.display import display
display({"image/png": "iVBORw0KGgo=", "text/plain": "a line"}, raw=True)"""


def notebook(path: Path, *cells: str) -> Path:
    """A notebook with a title and the given code cells, not executed."""
    title = nbformat.v4.new_markdown_cell(f"# {path.stem}")
    made = nbformat.v4.new_notebook(cells=[title, *map(nbformat.v4.new_code_cell, cells)])
    made.metadata.kernelspec = {"name": "python3", "display_name": "whatever", "language": "python"}
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, path)
    return path


@pytest.fixture
def book(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A book of one chapter with the real configuration, above a library of one number."""
    folder = tmp_path / "sample"
    shutil.copytree(root / "book" / "_ext", folder / "book" / "_ext", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(root / "book" / "_static", folder / "book" / "_static")
    shutil.copyfile(root / "book" / "references.bib", folder / "book" / "references.bib")
    shutil.copyfile(root / "_config.yml", folder / "_config.yml")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: book/intro\n")
    (folder / "requirements.lock").write_text("numpy==1\n")
    (folder / "tdbook").mkdir()
    (folder / "tdbook" / "__init__.py").write_text("number = 'forty-one'\n")
    notebook(folder / "book" / "intro.ipynb", "import tdbook\nprint(f'the library says {tdbook.number}')")
    # Whatever the builder sets for its kernels must not outlive this test.
    for name in ("PYTHONPATH", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "" if name == "PYTHONPATH" else "1")
    for name in ("VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    return folder


def test_an_edit_of_the_library_reaches_the_page(book: Path):
    said: list[str] = []
    page = build(book, said.append).parent / "book" / "intro.html"
    assert "the library says forty-one" in page.read_text()
    assert "executing 1 of 1" in "\n".join(said)

    said.clear()
    build(book, said.append)
    assert "executing 0 of 1" in "\n".join(said)

    (book / "tdbook" / "__init__.py").write_text("number = 'forty-two'\n")
    said.clear()
    build(book, said.append)
    assert "executing 1 of 1" in "\n".join(said)
    assert "the library says forty-two" in page.read_text()
    assert "forty-one" not in page.read_text()


def test_a_failing_cell_fails_the_build_and_shows_why(book: Path):
    notebook(book / "book" / "intro.ipynb", "weight = 0\n1 / weight")
    execution_environment(book)
    with pytest.raises(BookError, match=r"book/intro\.ipynb") as caught:
        execute(book, lambda line: None)
    assert "1 / weight" in str(caught.value)
    assert "ZeroDivisionError: division by zero" in str(caught.value)


def test_a_warning_fails_the_build(book: Path):
    path = notebook(book / "book" / "intro.ipynb", "print(1)")
    broken = nbformat.read(path, as_version=4)
    broken.cells[0].source = "# Intro\n\nSee {eq}`eq-nowhere`."
    nbformat.write(broken, path)
    with pytest.raises(BookError, match="eq-nowhere"):
        build(book, lambda line: None)


@pytest.mark.parametrize(
    ("file", "forgotten"),
    [
        ("tdbook/__init__.py", "all chapters run again"),
        ("tdbook/deep/new.py", "all chapters run again"),
        ("requirements.lock", "all chapters run again"),
        ("_config.yml", "all chapters run again"),
        ("book/_ext/bookpages.py", "all pages are rendered again"),
        ("_toc.yml", "all pages are rendered again"),
        ("book/_static/book.css", "all pages are rendered again"),
    ],
)
def test_an_edit_is_noticed(book: Path, file: str, forgotten: str):
    assert forget_stale(book) == []
    outputs, pages = book / "_build" / ".jupyter_cache" / "x", book / "_build" / "html" / "x"
    for known in (outputs, pages):
        known.parent.mkdir(parents=True)
        known.touch()
    assert forget_stale(book) == []
    assert outputs.exists()
    assert pages.exists()

    (book / file).parent.mkdir(exist_ok=True)
    with (book / file).open("a") as stream:
        stream.write("\n# edited\n")
    assert any(forgotten in sentence for sentence in forget_stale(book))
    assert not pages.exists()
    assert outputs.exists() == ("pages" in forgotten)
    assert forget_stale(book) == []


def test_the_digest_ignores_what_python_leaves_behind(book: Path):
    before = digest(book, ["tdbook/**/*"])
    (book / "tdbook" / "__pycache__").mkdir()
    (book / "tdbook" / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert digest(book, ["tdbook/**/*"]) == before
    (book / "tdbook" / "__init__.py").rename(book / "tdbook" / "other.py")
    assert digest(book, ["tdbook/**/*"]) != before


def test_every_chapter_of_the_contents_is_there(root: Path):
    listed = chapters(root)
    assert listed
    assert set(listed) == set((root / "book").glob("*.ipynb")), "a chapter is not in _toc.yml"


def test_an_executed_chapter_has_its_streams_in_one_piece(tmp_path: Path):
    loop = "import sys, time\nfor k in range(3):\n    print(k, end='', flush=True); time.sleep(0.5)"
    done = asyncio.run(run(notebook(tmp_path / "one.ipynb", loop), 60))
    assert [output.text for output in done.notebook.cells[1].outputs] == ["012"]


# --- refresh ----------------------------------------------------------------------------------------------


def test_refresh_drops_images_and_settles(tmp_path: Path):
    path = notebook(tmp_path / "one.ipynb", PICTURE, "print('a'); print('b')\n1 + 1")
    assert main([str(path)]) == 0
    first = path.read_text(encoding="utf-8")
    picture, text = nbformat.reads(first, as_version=4).cells[1:]
    assert picture.outputs[0].data == {"text/plain": "a line"}
    assert [output.output_type for output in text.outputs] == ["stream", "execute_result"]
    assert first.endswith("}\n")
    assert faults(path) == []

    assert main([str(path)]) == 0
    assert path.read_text(encoding="utf-8") == first
    assert not list(tmp_path.glob(".*.new"))


def test_refresh_leaves_a_failing_chapter_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = notebook(tmp_path / "one.ipynb", "undefined_name")
    before = path.read_bytes()
    assert main([str(path)]) == 1
    assert path.read_bytes() == before
    assert "NameError" in capsys.readouterr().err


def executed(path: Path) -> nbformat.NotebookNode:
    """A notebook as refresh would leave it, made without a kernel."""
    made = nbformat.read(notebook(path, "1 + 1"), as_version=4)
    made.cells[1].execution_count = 1
    made.cells[1].outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "2"}, execution_count=1)]
    return steady(made, path.stem)


def add_image(made: nbformat.NotebookNode) -> None:
    made.cells[1].outputs[0].data["image/png"] = "iVBORw0KGgo="


def add_image_in_html(made: nbformat.NotebookNode) -> None:
    made.cells[1].outputs[0].data["text/html"] = '<img src="data:image/png;base64,iVBORw0KGgo=">'


def forget_execution(made: nbformat.NotebookNode) -> None:
    made.cells[1].execution_count, made.cells[1].outputs = None, []


def add_error(made: nbformat.NotebookNode) -> None:
    made.cells[1].outputs = [nbformat.v4.new_output("error", ename="E", evalue="v", traceback=[])]


def add_times(made: nbformat.NotebookNode) -> None:
    made.cells[1].metadata["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}


def add_kernel_version(made: nbformat.NotebookNode) -> None:
    made.metadata.language_info["version"] = "3.11.7"


def repeat_id(made: nbformat.NotebookNode) -> None:
    made.cells[1]["id"] = made.cells[0]["id"]


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (add_image, "cell 1 holds an image"),
        (add_image_in_html, "cell 1 holds an image"),
        (forget_execution, "cell 1 has not been executed"),
        (add_error, "cell 1 holds an error"),
        (add_times, "vary"),
        (add_kernel_version, "vary"),
        (repeat_id, "vary"),
    ],
)
def test_check_names_the_offender(spoil, fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    good, bad = tmp_path / "good.ipynb", tmp_path / "bad.ipynb"
    good.write_text(text_of(executed(good)), encoding="utf-8")
    made = executed(bad)
    spoil(made)
    with pytest.warns(DuplicateCellId) if spoil is repeat_id else nullcontext():
        bad.write_text(json.dumps(made, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        assert main(["--check", str(good), str(bad)]) == 1
    printed = capsys.readouterr().out
    assert "bad.ipynb" in printed
    assert fault in printed
    assert "good.ipynb" not in printed


def test_ids_stay_where_they_are_unique(tmp_path: Path):
    made = executed(tmp_path / "one.ipynb")
    kept = made.cells[0]["id"]
    made.cells[1]["id"] = kept
    again = steady(made, "one")
    assert again.cells[0]["id"] == kept
    assert again.cells[1]["id"] == "one-1"


def test_a_missing_chapter_is_said_plainly(root: Path):
    command = [sys.executable, "-m", "tools.refresh", "--check", "nowhere.ipynb"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "no such notebook" in result.stderr
