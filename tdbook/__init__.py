"""tdbook: the verified core of an executable book on over-parametrised tensor decomposition."""

from tdbook.tensors import DenseSymmetric, SymmetricCP, SymmetricTensor, random_target

__version__ = "0.1.0"

__all__ = ["DenseSymmetric", "SymmetricCP", "SymmetricTensor", "random_target"]
