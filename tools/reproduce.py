"""Build the book twice from the same commit, in two folders, and compare the pages byte by byte.

    python -m tools.reproduce                 clone the last commit twice, build both, compare: twice `make book`
    python -m tools.reproduce ONE TWO         only compare two built folders

The two builds differ in what must not matter: the folder, the time of day and its zone, the locale, the seed of
Python's string hashes. A file that differs and is not in EXPECTED is a fault.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Files that may differ between two builds, and why.
EXPECTED = {
    ".buildinfo": "a digest of settings for Sphinx's next build; extensions put absolute folders into html_static_path",
}

# What is different around the two builds.
SURROUNDINGS = (
    ("one", {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8"}),
    ("a/longer way/two", {"PYTHONHASHSEED": "20201206", "TZ": "Asia/Kolkata", "LC_ALL": "C"}),
)


@dataclass(frozen=True)
class Comparison:
    """Of two folders: how many files are the same, which differ as expected, and which should not differ."""

    same: int
    expected: tuple[str, ...]
    faults: tuple[str, ...]


def files(folder: Path) -> dict[str, bytes]:
    """Name and content of every file."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def first_difference(one: bytes, two: bytes) -> str:
    """Where two contents part, with what stands there."""
    place = next((k for k, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    start = max(0, place - 30)
    return f"at byte {place}: {one[start : place + 40]!r} and {two[start : place + 40]!r}"


def compare(one: Path, two: Path, expected: dict[str, str] | None = None) -> Comparison:
    """Compare two folders; ``expected`` maps patterns of names to reasons, EXPECTED by default."""
    allowed = EXPECTED if expected is None else expected
    left, right = files(one), files(two)
    if not left:
        raise ValueError(f"{one} must hold a built book, got no files")
    faults = [f"{name}: only in {one}" for name in left.keys() - right.keys()]
    faults += [f"{name}: only in {two}" for name in right.keys() - left.keys()]
    seen = []
    for name in sorted(left.keys() & right.keys()):
        if left[name] == right[name]:
            continue
        if any(fnmatch.fnmatch(name, pattern) for pattern in allowed):
            seen.append(name)
        else:
            faults.append(f"{name}: {first_difference(left[name], right[name])}")
    same = len(left.keys() & right.keys()) - len(seen) - sum(" at byte " in fault for fault in faults)
    return Comparison(same, tuple(seen), tuple(sorted(faults)))


def built(place: Path, surroundings: dict[str, str]) -> Path:
    """The pages of the last commit, built in a clone at ``place``."""
    place.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place)], check=True)
    command = [sys.executable, str(place / "tools" / "build.py")]
    subprocess.run(command, cwd=place, env={**os.environ, **surroundings}, check=True)
    return place / "_build" / "html"


def main() -> int:
    parser = argparse.ArgumentParser(description="Are two builds of one commit the same, byte for byte?")
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", help="two built folders, only to compare")
    folders = parser.parse_args().folders
    if len(folders) not in (0, 2):
        parser.error(f"FOLDER must be given twice or not at all, got {len(folders)}")
    with tempfile.TemporaryDirectory(prefix="tdbook-") as scratch:
        if not folders:
            folders = [built(Path(scratch) / name, surroundings) for name, surroundings in SURROUNDINGS]
        found = compare(*folders)
    print(f"{found.same} files are the same")
    for name in found.expected:
        print(f"differs, as expected: {name}")
    for fault in found.faults:
        print(f"FAULT {fault}")
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
