"""Files of arrays: written whole or not at all, and read without unpickling anything."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from tdbook import validation

LARGEST = 2**30  # bytes of a file's arrays once unpacked
PATIENCE = 60.0  # seconds to wait for a file that another process has locked


def as_path(name: str, value: Any) -> Path:
    """A file's path; ``TypeError`` for anything else."""
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"{name} must be a file's path, got {validation.describe(value)}")
    return Path(value)


def check_output(path: str | os.PathLike[str], suffix: str, *, overwrite: bool) -> None:
    """Refuse an output path before the work that would fill it is done."""
    file = as_path("path", path)
    if file.suffix != suffix:
        raise ValueError(f"path must end in {suffix}, got {str(file)!r}")
    if not file.parent.is_dir():
        raise FileNotFoundError(f"path must lie in an existing folder, got {str(file)!r}")
    if file.exists() and not overwrite:
        raise FileExistsError(f"path must not exist unless overwriting is asked for, got {str(file)!r}")


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A stream to a new file that takes the place of ``path`` when the block ends, and is removed if it fails.

    The file that was there before stays until the new one is complete and on the disk.
    """
    with naming(path):
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).chmod(0o666 & ~_umask())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Give the errors of the system that name no file, as that of a full disk, the name of this one."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes out of a file: who finds it locked waits, says so after a second, and gives up after 60.

    The lock is an empty file ``.NAME.lock`` beside it. The system drops the lock when its process ends, however it
    ends; the empty file stays. It works between machines if their shared folder passes locks on.

    Raises
    ------
    TimeoutError
        If another process kept the lock all the time.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f".{path.name}.lock"))
    with naming(path):
        try:
            lock.acquire(timeout=1.0)
        except Timeout:
            print(f"tdbook: waiting for {path.name}, which another process has locked", file=sys.stderr)
            try:
                lock.acquire(timeout=PATIENCE)
            except Timeout as error:
                raise TimeoutError(
                    f"path must name a file that is free, got {str(path)!r}, "
                    f"which another process has kept locked for {PATIENCE:g} s"
                ) from error
    try:
        yield
    finally:
        lock.release()


def write(path: str | os.PathLike[str], arrays: Mapping[str, Any], *, overwrite: bool = False) -> None:
    """Write arrays to an .npz file, or the one array named "array" to an .npy file.

    Raises
    ------
    FileExistsError
        If the file exists and ``overwrite`` is False.
    """
    alone = set(arrays) == {"array"}
    check_output(path, ".npy" if alone else ".npz", overwrite=validation.flag("overwrite", overwrite))
    with replacing(as_path("path", path)) as stream:
        if alone:
            np.save(stream, arrays["array"], allow_pickle=False)
        else:
            np.savez_compressed(stream, allow_pickle=False, **cast(Any, arrays))


def read(path: str | os.PathLike[str], members: Collection[str]) -> dict[str, np.ndarray]:
    """Those of the named members that an .npz file holds, or the array of an .npy file as "array".

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, holds Python objects, or would take more than 2^30 bytes; the line names the file.
    """
    file = as_path("path", path)
    if not file.exists():
        raise FileNotFoundError(f"path must name an existing .npz or .npy file, got {str(file)!r}")
    if file.suffix not in (".npz", ".npy"):
        raise ValueError(f"path must end in .npz or .npy, got {str(file)!r}")
    if not file.is_file():  # a pipe would be waited for
        raise ValueError(f"path must name a readable {file.suffix} file of numbers, got {str(file)!r}: it is no file")
    try:
        with file.open("rb") as stream:
            content = np.load(stream, allow_pickle=False)
            packed = isinstance(content, np.lib.npyio.NpzFile)
            if packed != (file.suffix == ".npz"):
                raise ValueError("its content is of the other kind, .npz against .npy")
            return _members(content, members) if packed else {"array": content}
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


def _members(content: np.lib.npyio.NpzFile, wanted: Collection[str]) -> dict[str, np.ndarray]:
    """The wanted arrays of an archive, after a look at their sizes."""
    names = [name for name in content.files if name in wanted]
    assert content.zip is not None  # the archive is open
    sizes = [info.file_size for info in content.zip.infolist() if info.filename.removesuffix(".npy") in names]
    if sum(sizes) > LARGEST:
        raise ValueError(f"it must hold at most {LARGEST} bytes, got {sum(sizes)}")
    return {name: content[name] for name in names}


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
