from . import beyond as beyond
from . import descent as descent
from . import exercises as exercises
from . import experiments as experiments
from . import figures as figures
from . import files as files
from . import landscape as landscape
from . import lazy as lazy
from . import ledger as ledger
from . import lemmas as lemmas
from . import objectives as objectives
from . import proofs as proofs
from . import statistics as statistics
from . import tensors as tensors
from .descent import Run as Run
from .descent import decompose as decompose
from .files import load as load
from .files import save as save
from .lazy import lazy_error as lazy_error
from .lazy import lazy_threshold as lazy_threshold
from .ledger import verify as verify
from .tensors import DenseSymmetric as DenseSymmetric
from .tensors import SymmetricCP as SymmetricCP
from .tensors import SymmetricTensor as SymmetricTensor
from .tensors import random_target as random_target

__version__: str
