"""Make one PDF of the whole book with LaTeX; needs XeLaTeX, which nothing else here does.

    python -m tools.pdf [--tex] [FOLDER]

Executes what ``tools/build.py`` would execute, writes LaTeX with Sphinx and typesets it. ``--tex`` stops before that,
and needs no LaTeX.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.build import BookError, execute, execution_environment, forget_stale

NAME, TITLE, AUTHOR = "beyond-lazy-training", "Beyond Lazy Training, Executable", "the tdbook authors"
PROGRAMS = ("xelatex", "latexmk", "kpsewhich")
# One file of each TeX package and font collection that the book uses, with the Debian package that brings it.
FILES = {
    "fontspec.sty": "texlive-latex-recommended",
    "unicode-math.sty": "texlive-latex-recommended",
    "xelatex.ini": "texlive-xetex",
    "tcolorbox.sty": "texlive-latex-extra",
    "newunicodechar.sty": "texlive-latex-extra",
    "tikz.sty": "texlive-pictures",
    "texgyrepagella-regular.otf": "fonts-texgyre",
    "texgyrepagella-math.otf": "fonts-texgyre-math",
}
FONTS = {"DejaVu Sans Mono": "fonts-dejavu", "DejaVu Sans": "fonts-dejavu"}
DEBIAN = (
    "texlive-xetex texlive-latex-recommended texlive-latex-extra texlive-fonts-recommended "
    "latexmk fonts-texgyre fonts-texgyre-math fonts-dejavu fontconfig"
)
WIDE = 5.0  # points over the margin from which a line counts as too wide

COVER = r"""
\newcommand\bookcover{\begin{titlepage}\setlength\parindent{0pt}\raggedright\vspace*{0.12\textheight}
{\fontsize{34}{40}\selectfont\bfseries Beyond Lazy Training,\\[4pt] Executable\par}\vspace{18pt}
{\Large Proofs, code and checks for over-parametrised tensor decomposition\par}\vspace{36pt}
\includegraphics[width=\linewidth]{headline.png}\par\vspace{36pt}
{\large the tdbook authors\par}\vspace{4pt}{\large Version %(version)s\par}\vfill
{\small A companion to Wang, Wu, Lee, Ma and Ge, \emph{Beyond Lazy Training for Over-parameterized Tensor
Decomposition}, NeurIPS 2020.\par\vspace{4pt}Text under CC BY 4.0, code under the MIT licence. Every number in this book
was computed when it was built; code that the pages keep folded is left out here and stands in the chapters'
notebooks.\par}\end{titlepage}}
"""


def missing(which: Callable[[str], str | None] = shutil.which) -> list[str]:
    """What is needed and not there: programs first, then, if all of these are there, files and fonts."""
    absent = [program for program in PROGRAMS if not which(program)]
    if absent:
        return absent

    def finds(command: Sequence[str], wanted: str) -> bool:
        found = subprocess.run([*command, wanted], capture_output=True, text=True, check=False)
        return found.returncode == 0 and bool(found.stdout.strip())

    absent += [name for name in FILES if name != "xelatex.ini" and not finds(["kpsewhich"], name)]
    if which("fc-list"):
        absent += [f"the font {name}" for name in FONTS if not finds(["fc-list"], f":family={name}")]
    return absent


def settings(root: Path) -> dict:
    """The configuration of the pages, with what LaTeX needs beside or instead."""
    from jupyter_book.config import get_final_config

    config, _ = get_final_config(
        user_yaml=root / "_config.yml", cli_config={"latex_individualpages": False}, sourcedir=root
    )
    here = Path(__file__).parent
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    fonts = (
        r"\setmainfont{texgyrepagella}[Extension=.otf,UprightFont=*-regular,ItalicFont=*-italic,BoldFont=*-bold,"
        r"BoldItalicFont=*-bolditalic]"
        "\n"
        r"\setsansfont{texgyreheros}[Extension=.otf,UprightFont=*-regular,ItalicFont=*-italic,BoldFont=*-bold,"
        r"BoldItalicFont=*-bolditalic]"
        "\n"
        r"\setmonofont{DejaVu Sans Mono}[Scale=0.82]"
    )
    about = (
        r"\hypersetup{pdftitle={Beyond Lazy Training, Executable},pdfauthor={the tdbook authors},"
        r"pdfsubject={Over-parametrised tensor decomposition: proofs, code and checks},"
        r"pdfkeywords={tensor decomposition, over-parametrisation, lazy training, gradient descent},pdflang={en-GB},"
        r"pdfdisplaydoctitle=true,bookmarksnumbered=true,bookmarksdepth=1}"
    )
    # Jupyter Book's own class for LaTeX is left out: it overrides what is set here and numbers in its own way.
    extensions = [name for name in config["extensions"] if name != "sphinx_jupyterbook_latex"]
    config["extensions"] = [*extensions, "tools.pdf_pages"]
    config |= {
        "latex_engine": "xelatex",
        "latex_use_xindy": False,
        "latex_domain_indices": False,
        "latex_additional_files": [str(root / "book" / "_static" / "headline.png")],
        "latex_show_urls": "no",
        "latex_table_style": ["booktabs"],
        "math_numfig": False,
        "nb_execution_cache_path": str(root / "_build" / ".jupyter_cache"),
        "latex_elements": {
            "papersize": "a4paper",
            "pointsize": "11pt",
            "fontpkg": fonts,
            "fncychap": "",
            "geometry": r"\usepackage[a4paper,hmargin=27mm,top=27mm,bottom=30mm]{geometry}",
            "preamble": (here / "pdf.tex").read_text(encoding="utf-8") + COVER % {"version": version} + about,
            "maketitle": r"\bookcover",
            "printindex": "",
            "extraclassoptions": "openany,oneside",
            "sphinxsetup": "VerbatimColor={HTML}{F7F6F1},VerbatimBorderColor={HTML}{D9D6CD},"
            "div.note_border-width=0pt,div.note_border-left-width=2.5pt,div.note_border-TeXcolor={HTML}{0B5563},"
            "div.note_background-TeXcolor={HTML}{F0F5F6},div.note_title-background-TeXcolor={HTML}{F0F5F6},"
            "div.note_title-foreground-TeXcolor={HTML}{0B5563},div.note_padding=7pt,div.note_box-shadow=none,"
            "div.note_border-radius=0pt,div.topic_box-shadow=none,div.topic_border-width=0pt,"
            "div.topic_border-left-width=2.5pt,div.topic_border-TeXcolor={HTML}{7D5200},"
            "div.topic_background-TeXcolor={HTML}{FAF0DA},div.topic_padding=7pt,"
            "InnerLinkColor={HTML}{0B5A82},OuterLinkColor={HTML}{8A3A1F},TitleColor={HTML}{14242B}",
        },
    }
    return config


def write_tex(root: Path) -> Path:
    """The book as LaTeX, in ``_build/pdf/tex``; every warning is an error."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    target = root / "_build" / "pdf"
    sys.path.insert(0, str(Path(__file__).parents[1]))
    log = target / "sphinx.log"
    target.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as warnings, patch_docutils(), docutils_namespace():
        app = Sphinx(
            srcdir=root, confdir=None, outdir=target / "tex", doctreedir=target / "doctrees", buildername="latex",
            confoverrides=settings(root), status=None, warning=warnings, freshenv=True, warningiserror=True,
            keep_going=True,
        )  # fmt: skip
        # The first page is known only now that the table of contents has been read.
        app.config.latex_documents = [(app.config.root_doc, f"{NAME}.tex", TITLE, AUTHOR, "manual", False)]
        app.build()
    if app.statuscode:
        raise BookError(f"writing LaTeX failed\n\n{log.read_text(encoding='utf-8').strip()}")
    return target / "tex" / f"{NAME}.tex"


def typeset(tex: Path) -> Path:
    """Run XeLaTeX until the references have settled."""
    command = ["latexmk", "-xelatex", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error", tex.name]
    result = subprocess.run(command, cwd=tex.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode:
        lines = result.stdout.decode(errors="replace").splitlines()
        first = next((i for i, line in enumerate(lines) if re.match(r"\S+:\d+: |! ", line)), len(lines) - 15)
        raise BookError("XeLaTeX failed\n\n" + "\n".join(lines[first : first + 15]))
    return tex.with_suffix(".pdf")


def wide_lines(log: str) -> list[float]:
    """How far, in points, lines reach over the margin, by the log of LaTeX; those below ``WIDE`` are left out."""
    found = [float(width) for width in re.findall(r"Overfull \\hbox \((\d+(?:\.\d+)?)pt too wide\)", log)]
    return sorted((width for width in found if width > WIDE), reverse=True)


def shrunk(log: str) -> list[float]:
    """By which factors formulas were made smaller to fit the line."""
    joined = log.replace("\n", "")
    pairs = re.findall(r"BOOK shrinks a formula from ([\d.]+)pt to ([\d.]+)pt", joined)
    return sorted(float(to) / float(whole) for whole, to in pairs)


def unknown_letters(log: str) -> list[str]:
    """Characters that a font did not have, and which therefore are not to be seen."""
    return sorted(set(re.findall(r"Missing character: There is no (\S+)", log)))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Make one PDF of the whole book with LaTeX.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--tex", action="store_true", help="write the LaTeX and stop; needs no LaTeX")
    options = parser.parse_args(arguments)
    root = options.folder.resolve()
    if not options.tex and (absent := missing()):
        print(
            f"The PDF needs LaTeX, and this machine lacks {', '.join(absent)}. On Debian or Ubuntu: "
            f"apt-get install --no-install-recommends {DEBIAN}"
        )
        return 1
    started = time.perf_counter()
    try:
        execution_environment(root)
        for sentence in forget_stale(root, ("outputs",)):  # the pages are not touched
            print(f"      {sentence}", flush=True)
        execute(root, lambda line: print(line.replace("[1/2]", "[1/3]"), flush=True))
        print("[2/3] writing LaTeX", flush=True)
        tex = write_tex(root)
        if options.tex:
            print(f"\nThe LaTeX is ready: {tex}")
            return 0
        print("[3/3] typesetting, a few minutes", flush=True)
        made = typeset(tex)
    except BookError as error:
        print(f"\nThe PDF was not made: {error}")
        return 1
    log = made.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
    wide, smaller, unknown = wide_lines(log), shrunk(log), unknown_letters(log)
    print(f"      {len(wide)} lines reach more than {WIDE:g} pt over the margin, {len(smaller)} formulas made smaller")
    if unknown:
        print(f"\nThe PDF was not made: no font has {' '.join(unknown)}")
        return 1
    final = root / "_build" / "pdf" / f"{NAME}.pdf"
    shutil.copyfile(made, final)
    print(f"\nThe PDF is ready ({time.perf_counter() - started:.0f} s): {final}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
