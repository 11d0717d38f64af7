"""Reading the tensor that a command works on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tdbook.tensors import SymmetricTensor


def add_symmetrize(command: argparse.ArgumentParser) -> None:
    """The option that takes the symmetric part of an array."""
    command.add_argument("--symmetrize", action="store_true", help="take the symmetric part of an .npy array")


def read_target(path: Path, symmetrize: bool) -> SymmetricTensor:
    """The tensor in a file; of a saved run, what it found."""
    from tdbook.files import load
    from tdbook.tensors import SymmetricTensor

    content = load(path, symmetrize=symmetrize)
    return content if isinstance(content, SymmetricTensor) else content.tensor
