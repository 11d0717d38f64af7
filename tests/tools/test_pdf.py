"""The PDF: what is said without LaTeX, how HTML outputs become LaTeX, and what is read from LaTeX's log.

Typesetting the book takes minutes and a gigabyte of fonts and packages, so no test does it; `make pdf` itself reports.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

import nbformat
import pytest

from tdbook import ledger
from tdbook.ledger import views
from tools import build, pdf, pdf_html
from tools.pdf_pages import macros

look_for = pdf.missing


def test_without_latex_one_line_says_what_is_needed(monkeypatch, capsys):
    monkeypatch.setattr(pdf, "missing", lambda: look_for(lambda name: None))
    assert pdf.main([]) == 1
    said = capsys.readouterr().out.strip()
    assert "\n" not in said
    assert "xelatex, latexmk, kpsewhich" in said
    assert "apt-get install --no-install-recommends texlive-xetex" in said
    assert "fonts-texgyre" in said


def test_programs_that_are_there_are_not_asked_for():
    assert pdf.missing(lambda name: None if name == "latexmk" else f"/usr/bin/{name}") == ["latexmk"]


def test_a_package_that_is_not_there_is_named(monkeypatch):
    def run(command, **options):
        there = command[-1] != "tcolorbox.sty"
        return subprocess.CompletedProcess(command, 0 if there else 1, stdout="x" if there else "")

    monkeypatch.setattr(subprocess, "run", run)
    assert pdf.missing(lambda name: f"/usr/bin/{name}") == ["tcolorbox.sty"]


@pytest.mark.parametrize(
    ("html", "tex"),
    [
        ("<p>a & b <em>c</em></p>", r"a \& b \emph{c}"),
        ("<ul><li>one</li><li>two</li></ul>", "\\begin{itemize}\n\\item one\n\\item two\n\\end{itemize}"),
        (r"<figcaption>Try \(x^2\) &amp; more.</figcaption></figure>", r"{\small Try \(x^2\) \& more.\par}"),
        ('<figure><p class="td-live__title">A trap</p><div>', r"\textbf{A trap}"),
        ("<button>press</button><script>x</script>", ""),
        ("<!-- a note -->seen", "seen"),
    ],
)
def test_html_becomes_latex(html: str, tex: str):
    assert pdf_html.latex(html).strip() == tex


def test_macros_of_the_pages_are_those_of_the_pdf():
    class Config:
        mathjax3_config = {"tex": {"macros": {"R": r"\mathbb{R}", "norm": [r"\lVert #1 \rVert", 1]}}}  # noqa: RUF012

    assert macros(Config()) == (  # type: ignore[arg-type]
        "\\let\\R\\undefined\\newcommand{\\R}{\\mathbb{R}}\n"
        "\\let\\norm\\undefined\\newcommand{\\norm}[1]{\\lVert #1 \\rVert}"
    )


def test_the_pages_are_left_alone(tmp_path, monkeypatch, capsys):
    """A changed style sheet is no reason to throw the rendered pages away: only `make book` makes them anew."""
    page = tmp_path / "_build" / "html" / "index.html"
    page.parent.mkdir(parents=True)
    page.touch()
    (tmp_path / "_toc.yml").write_text("root: intro\n")
    monkeypatch.setattr(pdf, "execute", lambda root, say: [])
    monkeypatch.setattr(pdf, "write_tex", lambda root: root / "book.tex")
    (tmp_path / "_build" / "outputs.sha256").write_text(build.digest(tmp_path, build.OUTPUT_SOURCES))
    assert pdf.main(["--tex", str(tmp_path)]) == 0
    assert page.exists()
    assert "book.tex" in capsys.readouterr().out
    build.forget_stale(tmp_path)  # what `make book` does
    assert not page.exists()


LOG = r"""
Overfull \hbox (4.9pt too wide) in paragraph at lines 1--2
Overfull \hbox (31.25pt too wide) in paragraph at lines 3--4
Overfull \vbox (90.0pt too high) has occurred
BOOK shrinks a formula from 500.0pt to
 400.0pt
Missing character: There is no ⧵ (U+29F5) in font [x]
"""


def test_the_log_is_read():
    assert pdf.wide_lines(LOG) == [31.25]
    assert pdf.shrunk(LOG) == [0.8]
    assert pdf.unknown_letters(LOG) == ["⧵"]
    assert pdf.wide_lines("") == pdf.shrunk("") == pdf.unknown_letters("") == []


@pytest.fixture(scope="module")
def tex(root, tmp_path_factory) -> str:
    """A book of two pages as LaTeX, with the real configuration."""
    folder = tmp_path_factory.mktemp("pdf") / "sample"
    for part in ("book/_ext", "book/_static"):
        shutil.copytree(root / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("book/references.bib", "_config.yml", "pyproject.toml"):
        shutil.copyfile(root / part, folder / part)
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: book/intro\nparts:\n"
        "  - caption: Foundations\n    numbered: 1\n    chapters:\n      - file: book/01-first\n"
    )
    wide = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    live = nbformat.v4.new_output(
        "display_data", {"image/png": wide, "text/html": "<b>live</b>", "text/plain": "Figure: x"}
    )
    unchecked = views.card(ledger.Report(ledger.CLAIMS, {}, ("gradient",)), "gradient")
    data, metadata = unchecked._repr_mimebundle_()
    card = nbformat.v4.new_output("display_data", data, metadata=metadata)
    text = (
        "(chapter-first)=\n# First\n\n$$\na=b\n$$ (eq-first)\n\n"
        "See {eq}`eq-first`, {claim}`gradient` and [the start](intro.ipynb), {numref}`chapter-first`.\n\n"
        ":::{dropdown} Proof\nIt is so. ∎\n:::"
    )
    for name, cells in (
        ("intro", [nbformat.v4.new_markdown_cell("# Book\n\nHello.\n\n## Why\n\nBecause.")]),
        (
            "01-first",
            [
                nbformat.v4.new_markdown_cell(text),
                nbformat.v4.new_code_cell("figure()", outputs=[live]),
                nbformat.v4.new_code_cell("card()", outputs=[card]),
            ],
        ),
    ):
        made = nbformat.v4.new_notebook(cells=cells)
        made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(made, folder / "book" / f"{name}.ipynb")
    config = (folder / "_config.yml").read_text()
    (folder / "_config.yml").write_text(config.replace("execute_notebooks: cache", "execute_notebooks: 'off'"))
    # In a process of its own: Sphinx and its extensions leave traces in the one they run in.
    code = (
        f"import pathlib, sys; sys.path.insert(0, {str(root)!r})\n"
        f"from tools import pdf; pdf.write_tex(pathlib.Path({str(folder)!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return (folder / "_build" / "pdf" / "tex" / f"{pdf.NAME}.tex").read_text(encoding="utf-8")


def test_the_book_has_parts_and_chapters(tex: str):
    assert r"\part{Foundations}" in tex
    assert r"\chapter{Introduction}" in tex
    assert r"\section{Why}" in tex
    assert "\\numberedpages{1}" in tex
    assert r"\chapter{First}" in tex
    assert tex.index(r"\part{Foundations}") < tex.index(r"\chapter{First}")


def test_formulas_references_and_proofs_are_there(tex: str):
    assert "\\fitnumbered{%\na=b}" in tex
    assert r"\eqref{equation:book/01-first:eq-first}" in tex
    assert r"\hyperref[claim:gradient]{The frozen gradient}" in tex
    assert r"{Chapter \ref{" in tex
    assert r"\begin{bookproof}{Proof}" in tex
    assert tex.count(r"\begin{bookproof}") == tex.count(r"\end{bookproof}") == 1
    assert "∎" in tex


def test_a_live_figure_is_its_picture_and_a_card_is_a_box(tex: str):
    assert tex.count(r"\sphinxincludegraphics") == 1
    assert "live" not in tex.split(r"\begin{document}")[1]
    assert tex.count(r"\begin{bookcard}{td-unchecked}{claim:gradient}") == 1


def test_metadata_and_cover(tex: str):
    assert "pdftitle={Beyond Lazy Training, Executable}" in tex
    assert r"\bookcover" in tex
    assert r"\includegraphics[width=\linewidth]{headline.png}" in tex
