"""What may follow a fresh column without raising ||T - T*||: fewer columns for the same T, or steps of all of them."""

from __future__ import annotations

import math
from itertools import combinations_with_replacement

import numpy as np

from tdbook import validation
from tdbook.objectives import Parameters, frozen_gradient, model
from tdbook.tensors import SymmetricCP, SymmetricTensor, check_tensor, multinomial
from tdbook.validation import Array


def merged(tensor: SymmetricCP, basis: Array | None = None, *, towards: float = 1.0) -> SymmetricCP:
    """The same tensor with at most dim Sym^l(S) of its columns, each with its sign, and no more mass.

    Of more columns than that the powers are dependent: sum_i v_i a_i w_i^{(x) l} = 0, with sum_i v_i >= 0. Taking t v
    off the masses beta_i leaves T as it is, and the largest t that keeps them all >= 0 makes one of them vanish.

    Parameters
    ----------
    tensor : SymmetricCP
        Its columns lie in S.
    basis : ndarray of shape (d, s), optional
        An orthonormal basis of S; that of the span of ``tensor`` by default.
    towards : float
        The sign of sum_i v_i; -1 shows why it is 1, for then the mass grows.
    """
    l = validation.instance("tensor", tensor, SymmetricCP).order
    basis = tensor.span() if basis is None else validation.array("basis", basis, (tensor.dimension, "s"))
    weights, directions = tensor.components()
    kept = weights != 0.0
    weights, directions = weights[kept], directions[:, kept]
    most = math.comb(basis.shape[1] + l - 1, l)
    powers = _powers(basis.T @ directions, l) * np.sign(weights)
    masses = np.abs(weights)
    while len(masses) > most:
        v = np.linalg.svd(powers)[2][-1]
        v *= towards if v.sum() >= 0.0 else -towards
        ratios = np.divide(masses, v, out=np.full_like(v, np.inf), where=v > 0.0)
        gone = int(np.argmin(ratios))
        masses = np.maximum(masses - ratios[gone] * v, 0.0)
        kept = np.arange(len(masses)) != gone
        masses, weights, directions, powers = masses[kept], weights[kept], directions[:, kept], powers[:, kept]
    return SymmetricCP(np.copysign(masses, weights), directions, l) if len(masses) else tensor


def _powers(columns: Array, order: int) -> Array:
    """x^{(x) l} of each column in an orthonormal basis of Sym^l, shape (dim, m)."""
    rows = []
    for chosen in combinations_with_replacement(range(len(columns)), order):
        places = multinomial(chosen.count(i) for i in set(chosen))
        rows.append(math.sqrt(places) * columns[list(chosen)].prod(axis=0))
    return np.array(rows)


def joint_step(tensor: SymmetricCP, target: SymmetricTensor, step_size: float) -> SymmetricCP:
    """One frozen-gradient step of all columns, c = 1/||u||, halved until ||T - T*|| does not rise; at worst none."""
    check_tensor("target", target)
    weights, directions = validation.instance("tensor", tensor, SymmetricCP).components()
    kept = weights != 0.0
    if not kept.any():
        return tensor
    U = directions[:, kept] * np.sqrt(np.abs(weights[kept]))
    point = Parameters.two_homogeneous(U, np.sign(weights[kept]))
    downhill, norm = frozen_gradient(point, target, 0.0), tensor.distance(target)
    for halving in range(12):
        moved = U - validation.real("step_size", step_size) / 2**halving * downhill
        found = model(Parameters.two_homogeneous(moved, point.a), tensor.order)
        if found.distance(target) <= norm:
            return found
    return tensor
