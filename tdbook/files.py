"""Tensors and runs in files: .npz for components and results, .npy for dense symmetric arrays."""

from __future__ import annotations

import os

import numpy as np

from tdbook import archives, validation
from tdbook.descent import Run
from tdbook.tensors import DenseSymmetric, SymmetricCP, SymmetricTensor


def load(path: str | os.PathLike[str], *, symmetrize: bool = False) -> Run | SymmetricCP | DenseSymmetric:
    """Read what :func:`save` or NumPy wrote.

    Parameters
    ----------
    path : str or path
        ``.npz`` with ``weights``, ``factors`` and ``order`` (a :class:`SymmetricCP`; with a saved run beside
        them, a :class:`Run`), or ``.npy`` with a dense symmetric array of shape (d,) * l.
    symmetrize : bool
        Take the symmetric part of an array that is not symmetric.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is truncated, holds Python objects, or is not a tensor; the line names the file.
    """
    symmetrize = validation.flag("symmetrize", symmetrize)
    arrays = archives.read(path, {*SymmetricCP.MEMBERS, *Run.MEMBERS})
    try:
        if "array" in arrays:
            return DenseSymmetric(arrays["array"], symmetrize=symmetrize)
        return Run.from_arrays(arrays) if "run" in arrays else SymmetricCP.from_arrays(arrays)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        why = " ".join(str(error).split())
        raise ValueError(f"path must name a file that holds a tensor, got {os.fspath(path)!r}: {why}") from error


def save(result: Run | SymmetricTensor, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a tensor or a run: a ``DenseSymmetric`` to .npy, everything else to .npz.

    The file is written whole or not at all.

    Raises
    ------
    FileExistsError
        If the file exists and ``overwrite`` is False.
    """
    if not isinstance(result, Run | SymmetricTensor):
        raise TypeError(f"result must be a Run or a symmetric tensor, got {validation.describe(result)}")
    archives.write(path, result.arrays(), overwrite=overwrite)


def save_csv(tensor: SymmetricCP, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write components as a table: a row for each, its weight and then the entries of its factor.

    Raises
    ------
    FileExistsError
        If the file exists and ``overwrite`` is False.
    """
    validation.instance("tensor", tensor, SymmetricCP)
    archives.check_output(path, ".csv", overwrite=validation.flag("overwrite", overwrite))
    head = ",".join(["weight", *(f"x{i + 1}" for i in range(tensor.dimension))])
    with archives.replacing(archives.as_path("path", path)) as stream:
        table = np.column_stack([tensor.weights, tensor.factors.T])
        np.savetxt(stream, table, fmt="%.17g", delimiter=",", header=head, comments="")
