"""Section 2: symmetric tensors, their norms, random targets, tensors from samples and polynomials."""

from tdbook.tensors.norms import core_norm, integer_power, unit_columns
from tdbook.tensors.random import KINDS, random_target, random_unit_vectors
from tdbook.tensors.sources import (
    cp_polynomial,
    dense_polynomial,
    mixture_centres,
    moments,
    polarized,
    principal_space,
    rational_powers,
)
from tdbook.tensors.symmetric import DenseSymmetric, SymmetricCP, SymmetricTensor, check_tensor

__all__ = [
    "KINDS",
    "DenseSymmetric",
    "SymmetricCP",
    "SymmetricTensor",
    "check_tensor",
    "core_norm",
    "cp_polynomial",
    "dense_polynomial",
    "integer_power",
    "mixture_centres",
    "moments",
    "polarized",
    "principal_space",
    "random_target",
    "random_unit_vectors",
    "rational_powers",
    "unit_columns",
]
