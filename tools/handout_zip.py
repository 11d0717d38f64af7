"""Pack notebooks into zips that run wherever they are unpacked: with the data, the library, and how to set it up.

The same sources give the same bytes: files stand in the order of their names and have one fixed date.
"""

from __future__ import annotations

import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
README = """# {title}

Open a terminal in this folder (the one with this file) and type the lines for your system. Python 3.11 or newer is
needed; the library `tdbook` and the data lie in this folder and need no installation.

Windows:

    py -m venv env
    env\\Scripts\\python -m pip install -r requirements.txt
    env\\Scripts\\jupyter lab

macOS and Linux:

    python3 -m venv env
    env/bin/python -m pip install -r requirements.txt
    env/bin/jupyter lab

conda, on any system:

    conda create -n tdbook python=3.12 pip
    conda activate tdbook
    python -m pip install -r requirements.txt
    jupyter lab

Then open a notebook and run its cells from the top. Keep the notebooks in this folder, beside `data` and `tdbook`.

## Working on an exercise

Write your answer in place of `...` and run the cell below it: it says that something is missing, gives a hint, or says
that the answer is right. You may try as often as you like. A blank stops "Run all": go on with the next cell by hand.
Where a proof is asked for, write it in the cell that says so: `check` looks at its end only, a person reads the rest.

## Handing in and asking

Save the notebook and hand in the `.ipynb` file itself, with your name before the chapter's: `YOURNAME-traps.ipynb`.
When you ask for help, send the cell, the whole reply or error message, and what you expected instead.
"""


def requirements() -> str:
    """What the notebooks need, one a line: the library's dependencies and Jupyter."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return "\n".join([*project["dependencies"], "jupyterlab>=4"]) + "\n"


def common() -> dict[str, bytes]:
    """What lies beside the notebooks, by path: the library, data, examples, the requirements and the licence."""
    found = {"requirements.txt": requirements().encode()}
    paths = [*(ROOT / "book" / "data").glob("*.csv"), *ROOT.glob("LICENSE*")]
    paths += [*(ROOT / "tdbook").rglob("*"), *(ROOT / "examples").rglob("*")]
    for path in paths:
        if path.is_file() and "__pycache__" not in path.parts:
            name = f"data/{path.name}" if path.parent.name == "data" else path.relative_to(ROOT).as_posix()
            found[name] = path.read_bytes()
    return found


def pack(target: Path, title: str, notebooks: Mapping[str, str], beside: Mapping[str, bytes]) -> Path:
    """Write one zip, which holds a folder of its own name: the notebooks by their names, and what lies beside them."""
    files = {name: text.encode() for name, text in notebooks.items()} | dict(beside)
    files["README.md"] = README.format(title=title).encode()
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{target.stem}/{name}", DATE)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED)
    return target
