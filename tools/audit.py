"""The supply chain, as far as it can be looked at without a network.

    python tools/audit.py

1. Every package of requirements.lock is pinned, carries hashes, and no line names an address.
2. What is installed is what is locked.
3. Every licence, as the installed package states it, is on the list of ALLOWED ones or has its line in EXCEPTIONS.

What cannot be done here: known vulnerabilities live in databases that change daily. Where there is a network,
`pip-audit --require-hashes -r requirements.lock` asks them; nothing here pretends to have done so.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parents[1]

# Licences under which tests and pages may be built and the book be given away, as SPDX names and as PyPI classifies.
ALLOWED = {
    "0BSD", "Apache 2.0", "Apache Software License", "Apache-2.0", "BSD", "BSD License", "BSD-2-Clause", "BSD-3-Clause",
    "CC0-1.0", "ISC License (ISCL)", "MIT", "MIT License", "MIT-CMU", "MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)",
    "PSF-2.0", "Python Software Foundation License", "Zlib",
}  # fmt: skip
# Packages whose metadata say something else or nothing: what holds, and where that is written.
EXCEPTIONS = {
    "axe-playwright-python": "MIT (LICENSE file of the package); the bundled axe-core is MPL-2.0; used in tests only",
    "docutils": "public domain for the most part, BSD and PSF for some files, GPL for an Emacs mode (COPYING.txt)",
}


@dataclass(frozen=True)
class Locked:
    """A package of the lock: its name, version, the marker that says where it is wanted, and how many hashes it has."""

    name: str
    version: str
    marker: str
    hashes: int


def read_lock(text: str) -> list[Locked]:
    """The packages of a requirements file; a line that is no package, hash or comment is refused."""
    found: list[Locked] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if match := re.fullmatch(r"([A-Za-z0-9._-]+)==([^\s;\\]+)(?: *; *([^\\]+?))? *\\?", line):
            found.append(Locked(match[1], match[2], match[3] or "", 0))
        elif found and re.fullmatch(r" +--hash=sha256:[0-9a-f]{64} *\\?", line):
            last = found[-1]
            found[-1] = Locked(last.name, last.version, last.marker, last.hashes + 1)
        else:
            raise ValueError(f"line {number} must be a pinned package or a hash, got {line!r}")
    return found


def licences(package: metadata.PackageMetadata) -> set[str]:
    """The licences that a package's metadata state: an SPDX expression's names, its classifiers, or its short field."""
    classified = {line.split("::")[-1].strip() for line in package.get_all("Classifier") or [] if "License ::" in line}
    # some readers of metadata raise for a field that is not there, others give None
    field, expression = (package[name] or "" if name in package else "" for name in ("License", "License-Expression"))
    words = expression or ("" if classified or "\n" in field else field.strip())
    return set(re.split(r" (?:AND|OR|WITH) ", re.sub("[()]", "", words))) - {""} or classified


def faults(locked: list[Locked]) -> list[str]:
    """What is wrong with a lock and with what is installed from it."""
    found: list[str] = []
    for package in locked:
        if not package.hashes:
            found.append(f"{package.name} has no hash")
        if package.marker and not Marker(package.marker).evaluate():
            continue  # wanted elsewhere
        try:
            installed = metadata.metadata(package.name)
        except metadata.PackageNotFoundError:
            found.append(f"{package.name} is locked and not installed")
            continue
        if installed["Version"] != package.version:
            found.append(f"{package.name} is locked at {package.version}, installed at {installed['Version']}")
        stated = licences(installed)
        if not (stated and stated <= ALLOWED) and package.name not in EXCEPTIONS:
            found.append(f"{package.name} states the licence {', '.join(sorted(stated)) or 'nothing'}: not allowed yet")
    return found


def main() -> int:
    locked = read_lock((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    found = faults(locked)
    elsewhere = [package.name for package in locked if package.marker and not Marker(package.marker).evaluate()]
    print(f"{len(locked)} packages locked, {sum(package.hashes for package in locked)} hashes")
    print(f"wanted on other systems only, so that their licences are not seen here: {', '.join(elsewhere)}")
    print("known vulnerabilities: not checked, which takes a network; see the head of tools/audit.py")
    for fault in found:
        print(f"FAULT {fault}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
