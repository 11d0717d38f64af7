"""Section 2: symmetric tensors, their norms, random targets, tensors from samples and polynomials."""

from tdbook.tensors.cp import SymmetricCP
from tdbook.tensors.dense import DenseSymmetric
from tdbook.tensors.exponents import monomials, multinomial, multinomials, symmetric_dimension
from tdbook.tensors.norms import core_norm, frobenius_norm, integer_power, unit_columns
from tdbook.tensors.random import KINDS, random_target, random_unit_vectors
from tdbook.tensors.sources import (
    cp_polynomial,
    from_polynomial,
    from_samples,
    mixture_centres,
    polarized,
    principal_space,
    rational_powers,
    whitening,
)
from tdbook.tensors.symmetric import SymmetricTensor, check_tensor

__all__ = [
    "KINDS",
    "DenseSymmetric",
    "SymmetricCP",
    "SymmetricTensor",
    "check_tensor",
    "core_norm",
    "cp_polynomial",
    "frobenius_norm",
    "from_polynomial",
    "from_samples",
    "integer_power",
    "mixture_centres",
    "monomials",
    "multinomial",
    "multinomials",
    "polarized",
    "principal_space",
    "random_target",
    "random_unit_vectors",
    "rational_powers",
    "symmetric_dimension",
    "unit_columns",
    "whitening",
]
