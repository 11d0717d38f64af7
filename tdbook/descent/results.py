"""What a run returns: its tensor, its history and its settings, and how they are stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any, ClassVar

import numpy as np

from tdbook import archives, validation
from tdbook.descent.settings import Settings
from tdbook.tensors import SymmetricCP
from tdbook.validation import Array

_FORMAT = 2  # of a run's file


class StopReason(Enum):
    """Why a run of Algorithm 1 stopped."""

    ACCURACY = "Reached relative error {error:.3g} <= accuracy {accuracy:g} in epoch {epoch}."
    AS_PRINTED = "Ran all {epochs} epochs as printed; the last one has relative error {error:.3g}."
    EPOCHS = (
        "Ran all {epochs} epochs without reaching accuracy {accuracy:g}: the best, epoch {epoch}, has relative error "
        "{error:.3g}. Try more components (now {components}), more epochs, or another rng."
    )
    STAGNATED = (
        "Stopped after {epochs} epochs, the last of which lowered the error by less than a hundredth: the best, epoch "
        "{epoch}, has relative error {error:.3g}, accuracy {accuracy:g} was asked for. Try more components (now "
        "{components}), or another rng."
    )
    DIVERGED = "The norms blew up in epoch {unfinished}: try a step_size below {step_size:.3g}; {found}."
    INTERRUPTED = "Interrupted; {found}."

    @property
    def sentence(self) -> str:
        """What happened and what to try, for users; the numbers of a run go where their names stand in braces."""
        return self.value


@dataclass(frozen=True)
class PolishRecord:
    """One stage of a refinement: what was done, components afterwards, relative error afterwards."""

    stage: str
    components: int
    error: float


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch did: the component re-initialised, switches in it, loss and relative error at its end."""

    epoch: int
    reinitialized: int | None
    switches: int
    loss: float
    error: float


@dataclass(eq=False)
class History:
    """A run's record. Row k of the arrays belongs to ``time[k]``, counted in iterations from the start.

    Attributes
    ----------
    epochs : list of EpochRecord
    time : list of int
        The first point of an epoch is taken right after its re-initialisation, at the same time as the
        last point of the epoch before.
    norms : list of ndarray, shape (m,)
        ||u_i||.
    switched : list of ndarray of bool, shape (m,)
    loss : list of float
        f, for the target scaled to unit norm.
    outside : list of float
        ||P_B U||_F^2, the mass outside the span S of the target.
    refinement : list of PolishRecord
        The stages after Algorithm 1, if the run was refined.
    """

    epochs: list[EpochRecord] = field(default_factory=list)
    time: list[int] = field(default_factory=list)
    norms: list[Array] = field(default_factory=list)
    switched: list[np.ndarray] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    outside: list[float] = field(default_factory=list)
    refinement: list[PolishRecord] = field(default_factory=list)

    def keep_whole_rows(self) -> None:
        """Leave only rows that all lists have: an interrupt may fall between two of them."""
        lists: tuple[list, ...] = (self.time, self.norms, self.switched, self.loss, self.outside)
        whole = min(map(len, lists))
        for values in lists:
            del values[whole:]


@dataclass(frozen=True, eq=False)
class Run:
    """What a run found.

    Attributes
    ----------
    tensor : SymmetricCP
        The decomposition, m components, in the scale of the target.
    error : float
        ||T - T*||_F / ||T*||_F.
    converged : bool
        Whether error <= accuracy.
    stop : StopReason
        Why Algorithm 1 stopped, or that the refinement after it was interrupted.
    reason : str
        The same as a sentence with the numbers of the run, and what to try if it failed.
    epochs : int
        Epochs done.
    best_epoch : int
        The epoch that ``tensor`` comes from.
    seconds : float
    settings : Settings
    history : History
    """

    tensor: SymmetricCP
    error: float
    converged: bool
    stop: StopReason
    reason: str
    epochs: int
    best_epoch: int
    seconds: float
    settings: Settings
    history: History

    def __repr__(self) -> str:
        return (
            f"Run({self.tensor.rank} components, relative error {self.error:.2e}, {self.epochs} epochs)\n{self.reason}"
        )

    def save(self, path: str, *, overwrite: bool = False) -> None:
        """Write the decomposition, settings and history to an .npz file; see :func:`tdbook.load`.

        The file is written whole or not at all; an existing one is kept unless ``overwrite``.
        """
        archives.write(path, self.arrays(), overwrite=overwrite)

    MEMBERS: ClassVar = ("run", "time", "norms", "switched", "loss", "outside")

    def arrays(self) -> dict[str, Any]:
        """What a file of this run holds, by name: its tensor, its history, and all else as JSON."""
        history = self.history
        described = {
            "format": _FORMAT,
            "error": self.error,
            "converged": self.converged,
            "stop": self.stop.name,
            "reason": self.reason,
            "epochs": self.epochs,
            "best_epoch": self.best_epoch,
            "seconds": self.seconds,
            "settings": asdict(self.settings),
            "history": [asdict(record) for record in history.epochs],
            "refinement": [asdict(record) for record in history.refinement],
        }
        return {
            **self.tensor.arrays(),
            "run": np.array(json.dumps(described)),
            "time": np.array(history.time, dtype=np.int64),
            "norms": np.array(history.norms, dtype=float),
            "switched": np.array(history.switched, dtype=bool),
            "loss": np.array(history.loss, dtype=float),
            "outside": np.array(history.outside, dtype=float),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Run:
        """The run of :meth:`arrays`; ``ValueError`` or ``LookupError`` if they are not those of a run."""
        tensor = SymmetricCP.from_arrays(arrays)
        described = json.loads(str(arrays["run"]))
        if described.get("format") != _FORMAT:
            raise ValueError(f"format must be {_FORMAT}, got {described.get('format')}")
        settings = Settings(**described["settings"])
        points = len(arrays["time"])
        for name in ("time", "loss", "outside", "norms", "switched"):
            kinds = "b" if name == "switched" else "iuf"
            columns = (settings.components,) if name in ("norms", "switched") else ()
            record = arrays[name]
            if not isinstance(record, np.ndarray):
                raise ValueError(f"{name} must be an array, got {validation.describe(record)}")
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
        return cls(
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
