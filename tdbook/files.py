"""Tensors and runs in files: .npz for components and results, .npy for dense symmetric arrays.

Nothing is ever unpickled. A file is written beside its place under another name and moved there when it is
complete, so a failure leaves what was there before.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np

from tdbook import validation
from tdbook.descent import EpochRecord, History, Run, Settings, StopReason
from tdbook.descent.refinement import PolishRecord
from tdbook.tensors import DenseSymmetric, SymmetricCP, SymmetricTensor

_FORMAT = 2


def load(path: str | os.PathLike[str]) -> Run | SymmetricCP | DenseSymmetric:
    """Read what :func:`save` or NumPy wrote.

    Parameters
    ----------
    path : str or path
        ``.npz`` with ``weights``, ``factors`` and ``order`` (a :class:`SymmetricCP`; with a saved run beside
        them, a :class:`Run`), or ``.npy`` with a dense symmetric array of shape (d,) * l.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is truncated, holds Python objects, or is not a tensor; the line names the file.
    """
    file = _path("path", path)
    if not file.exists():
        raise FileNotFoundError(f"path must name an existing .npz or .npy file, got {str(file)!r}")
    if file.suffix not in (".npz", ".npy"):
        raise ValueError(f"path must end in .npz or .npy, got {str(file)!r}")
    try:
        with file.open("rb") as stream:
            content = np.load(stream, allow_pickle=False)
            packed = isinstance(content, np.lib.npyio.NpzFile)
            if packed != (file.suffix == ".npz"):
                raise ValueError("its content is of the other kind, .npz against .npy")
            arrays = {name: content[name] for name in content.files} if packed else {"array": content}
    except Exception as error:  # what zip, zlib and NumPy's headers raise on damaged bytes is a long and open list
        # NumPy takes whatever is not its own format for a pickle; only an object array really is one
        why = " ".join(str(error).split()) or type(error).__name__
        if "Object arrays" in why:
            why = "it holds Python objects, which are never loaded"
        if "pickled" in why:
            why = "it is not in NumPy's format"
        raise ValueError(
            f"path must name a readable {file.suffix} file of numbers, got {str(file)!r}: {why}"
        ) from error
    try:
        if file.suffix == ".npy":
            return DenseSymmetric(arrays["array"])
        return _from_arrays(arrays)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        why = " ".join(str(error).split())
        raise ValueError(f"path must name a file that holds a tensor, got {str(file)!r}: {why}") from error


def save(thing: Run | SymmetricTensor, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a tensor or a run: a ``DenseSymmetric`` to .npy, everything else to .npz.

    Raises
    ------
    FileExistsError
        If the file exists and ``overwrite`` is False.
    """
    file = _path("path", path)
    if isinstance(thing, DenseSymmetric):
        wanted, arrays = ".npy", {"array": thing.array}
    elif isinstance(thing, SymmetricCP):
        wanted, arrays = ".npz", _cp_arrays(thing)
    elif isinstance(thing, Run):
        wanted, arrays = ".npz", _run_arrays(thing)
    else:
        raise TypeError(f"thing must be a Run or a symmetric tensor, got {validation.describe(thing)}")
    check_output(file, wanted, overwrite=validation.flag("overwrite", overwrite))
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=wanted)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            if wanted == ".npy":
                np.save(stream, arrays["array"], allow_pickle=False)
            else:
                np.savez_compressed(stream, allow_pickle=False, **cast(Any, arrays))
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def check_output(path: str | os.PathLike[str], suffix: str, *, overwrite: bool) -> None:
    """Refuse an output path before the work that would fill it is done."""
    file = _path("path", path)
    if file.suffix != suffix:
        raise ValueError(f"path must end in {suffix}, got {str(file)!r}")
    if not file.parent.is_dir():
        raise FileNotFoundError(f"path must lie in an existing folder, got {str(file)!r}")
    if file.exists() and not overwrite:
        raise FileExistsError(f"path must not exist unless overwriting is asked for, got {str(file)!r}")


def _path(name: str, value: Any) -> Path:
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"{name} must be a file's path, got {validation.describe(value)}")
    return Path(value)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _cp_arrays(tensor: SymmetricCP) -> dict[str, Any]:
    return {"weights": tensor.weights, "factors": tensor.factors, "order": np.int64(tensor.order)}


def _run_arrays(result: Run) -> dict[str, Any]:
    history = result.history
    described = {
        "format": _FORMAT,
        "error": result.error,
        "converged": result.converged,
        "stop": result.stop.name,
        "reason": result.reason,
        "epochs": result.epochs,
        "best_epoch": result.best_epoch,
        "seconds": result.seconds,
        "settings": asdict(result.settings),
        "history": [asdict(record) for record in history.epochs],
        "refinement": [asdict(record) for record in history.refinement],
    }
    return {
        **_cp_arrays(result.tensor),
        "run": np.array(json.dumps(described)),
        "time": np.array(history.time, dtype=np.int64),
        "norms": np.array(history.norms, dtype=float),
        "switched": np.array(history.switched, dtype=bool),
        "loss": np.array(history.loss, dtype=float),
        "outside": np.array(history.outside, dtype=float),
    }


def _from_arrays(arrays: dict[str, np.ndarray]) -> Run | SymmetricCP:
    for name, content in arrays.items():
        if not isinstance(content, np.ndarray):  # bytes, of a member that does not begin as an array does
            raise ValueError(f"{name} must be an array, got {validation.describe(content)}")
    for name in ("weights", "factors", "order"):
        if name not in arrays:
            raise ValueError(f"it must hold weights, factors and order, got {', '.join(arrays) or 'nothing'}")
    order = arrays["order"]
    if order.shape != () or order.dtype.kind not in "iu":
        raise ValueError(f"order must be one integer, got {validation.describe(order)}")
    tensor = SymmetricCP(arrays["weights"], arrays["factors"], int(order))
    if "run" not in arrays:
        return tensor
    described = json.loads(str(arrays["run"]))
    if described.get("format") != _FORMAT:
        raise ValueError(f"format must be {_FORMAT}, got {described.get('format')}")
    settings = Settings(**described["settings"])
    points = len(arrays["time"])
    for name in ("time", "loss", "outside", "norms", "switched"):
        kinds = "b" if name == "switched" else "iuf"
        columns = (settings.components,) if name in ("norms", "switched") else ()
        record = arrays[name]
        if points and (record.shape != (points, *columns) or record.dtype.kind not in kinds):
            raise ValueError(f"{name} must have shape {(points, *columns)}, got {validation.describe(record)}")
        if not np.isfinite(record).all():
            raise ValueError(f"{name} must be finite, got entries that are not")
    for name in ("error", "seconds"):
        validation.real(name, described[name], strict=False)
    for name in ("epochs", "best_epoch"):
        validation.integer(name, described[name], 0)
    validation.flag("converged", described["converged"])
    validation.instance("reason", described["reason"], str)
    history = History(
        epochs=[EpochRecord(**record) for record in described["history"]],
        time=arrays["time"].tolist(),
        norms=list(arrays["norms"]),
        switched=list(arrays["switched"]),
        loss=arrays["loss"].tolist(),
        outside=arrays["outside"].tolist(),
        refinement=[PolishRecord(**record) for record in described.get("refinement", [])],
    )
    return Run(
        tensor=tensor,
        error=described["error"],
        converged=described["converged"],
        stop=StopReason[described["stop"]],
        reason=described["reason"],
        epochs=described["epochs"],
        best_epoch=described["best_epoch"],
        seconds=described["seconds"],
        settings=settings,
        history=history,
    )
