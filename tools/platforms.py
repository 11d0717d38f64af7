"""Install the package as a stranger would, under each Python that is here, and use it: ``make platforms``.

Each interpreter gets an environment of its own in a temporary folder, ``pip install .`` there, and then the commands of
``COMMANDS`` in another folder, so that nothing of this one helps. Names of interpreters may be given as arguments.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
USE = """
import numpy, tdbook
from importlib.resources import files
from tdbook.files import save
assert "site-packages" in tdbook.__file__, tdbook.__file__
assert files("tdbook").joinpath("__init__.pyi").is_file()
assert sum(entry.name.endswith(".md") for entry in files("tdbook.statements").iterdir()) >= 10
save(tdbook.random_target(20, 2, 3, rng=0), "t.npz")
assert tdbook.exercises.check("tensors-1", 7)
"""
COMMANDS = (
    ["-c", USE],
    ["-m", "tdbook", "--version"],
    ["-m", "tdbook", "decompose", "t.npz"],
    [
        "-m",
        "tdbook",
        "sweep",
        "s.csv",
        "--dimension",
        "10",
        "--rank",
        "2",
        "--seeds",
        "2",
        "--epochs",
        "2",
        "--jobs",
        "2",
    ],
    ["-m", "tdbook", "verify", "--fast", "--jobs", "2", "euler", "vec-order"],
)


def interpreters() -> dict[str, str]:
    """A Python of each version: on the path, or one that pyenv keeps."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = {}
    for version in VERSIONS:
        candidates = [shutil.which(f"python{version}"), *sorted(map(str, kept.glob(f"{version}.*/bin/python")))]
        works = [c for c in candidates if c and subprocess.run([c, "-c", ""], capture_output=True).returncode == 0]
        if works:
            found[version] = works[-1]
    return found


def tried(python: str) -> str:
    """What went wrong under an interpreter, or an empty text."""
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder, "env")
        inside = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
        steps = [
            [python, "-m", "venv", str(environment)],
            [str(inside), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(ROOT)],
            *([str(inside), *arguments] for arguments in COMMANDS),
        ]
        plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        for step in steps:
            ended = subprocess.run(step, cwd=folder, capture_output=True, text=True, env=plain)
            if ended.returncode:
                return f"{' '.join(step[1:4])[:60]}: exit code {ended.returncode}\n{ended.stderr[-1500:]}"
    return ""


def main() -> int:
    """Try every interpreter; 1 if something went wrong, and what ran is printed."""
    named = dict.fromkeys(sys.argv[1:])
    every = {name: name for name in named} if named else interpreters()
    for version in VERSIONS if not named else ():
        if version not in every:
            print(f"{version}: not on this machine")
    wrong = 0
    for version, python in every.items():
        fault = tried(python)
        wrong += bool(fault)
        print(f"{version}: {fault or 'installed and used'}", flush=True)
    return int(wrong > 0 or not every)


if __name__ == "__main__":
    sys.exit(main())
