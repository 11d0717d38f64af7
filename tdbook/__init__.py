"""tdbook: the verified core of an executable book on over-parametrised tensor decomposition.

>>> import tdbook
>>> target = tdbook.random_target(dimension=30, rank=3, order=3, kind="generic", rng=0)
>>> result = tdbook.decompose(target, components=12, accuracy=0.05, rng=0)
>>> result.converged
True
"""

from importlib import import_module
from typing import Any

from tdbook.descent import Run, decompose
from tdbook.tensors import DenseSymmetric, SymmetricCP, SymmetricTensor, random_target

__version__ = "0.1.0"

# Loaded on first use, so that numerical work needs neither SymPy nor matplotlib.
_LATER = {
    "exercises": "",
    "figures": "",
    "lazy_error": "tdbook.lazy",
    "lazy_threshold": "tdbook.lazy",
    "ledger": "",
    "load": "tdbook.files",
    "proofs": "",
    "save": "tdbook.files",
    "verify": "tdbook.ledger",
    "waring": "tdbook.decomposition",
}

__all__ = [
    "DenseSymmetric",
    "Run",
    "SymmetricCP",
    "SymmetricTensor",
    "decompose",
    "exercises",
    "lazy_error",
    "lazy_threshold",
    "load",
    "random_target",
    "save",
    "verify",
    "waring",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'tdbook' has no attribute {name!r}")
    home = _LATER[name]
    return getattr(import_module(home), name) if home else import_module(f"tdbook.{name}")
