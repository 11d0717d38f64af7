"""Components of nearly one direction put together, and how far two decompositions are apart."""

from __future__ import annotations

import numpy as np

from tdbook import validation
from tdbook.tensors import SymmetricCP, unit_columns
from tdbook.validation import Array

SAME = (0.97, 0.99, 0.997, 0.999)  # components with a cosine beyond the first of these that works are one
_IDLE = 1e-3  # components below this share of the largest are dropped


def merge(tensor: SymmetricCP, cosine: float = SAME[0], share: float = _IDLE) -> SymmetricCP:
    """The tensor with components of nearly one direction put together, and idle ones left out.

    Components beyond a cosine, up to sign, become one along their weighted mean; then those below ``share`` of the
    largest are dropped. Components of opposite weights in one direction cancel.

    Raises
    ------
    ValueError
        If ``cosine`` or ``share`` is not in (0, 1).
    """
    validation.instance("tensor", tensor, SymmetricCP)
    cosine, share = validation.real("cosine", cosine, maximum=1.0), validation.real("share", share, maximum=1.0)
    weights, directions = tensor.components()
    order = tensor.order
    parts: list[tuple[float, Array]] = []
    left = [int(i) for i in np.argsort(-np.abs(weights)) if weights[i] != 0]
    while left:
        cosines = directions[:, left[0]] @ directions[:, left]
        members = [i for i, other in zip(left, cosines, strict=True) if abs(other) > cosine or i == left[0]]
        turned = np.sign(directions[:, left[0]] @ directions[:, members])
        signed = weights[members] * turned**order
        mean = (directions[:, members] * turned) @ np.abs(signed / signed[0])
        parts.append((float(signed.sum()), mean / np.linalg.norm(mean)))
        left = [i for i in left if i not in members]
    largest = max((abs(weight) for weight, _ in parts), default=0.0)
    kept = [(weight, mean) for weight, mean in parts if abs(weight) > share * largest]
    if not kept:
        return tensor
    return SymmetricCP([weight for weight, _ in kept], np.column_stack([mean for _, mean in kept]), order)


def largest_angle(one: SymmetricCP, two: SymmetricCP) -> float:
    """The largest angle, in radians, between components of ``one`` and their nearest ones in ``two``, up to sign."""
    validation.instance("one", one, SymmetricCP)
    if validation.instance("two", two, SymmetricCP).dimension != one.dimension:
        raise ValueError(f"two must have dimension {one.dimension} like one, got {two.dimension}")
    cosines = np.abs(unit_columns(one.factors)[1].T @ unit_columns(two.factors)[1]).max(axis=1)
    return float(np.arccos(np.clip(cosines, 0.0, 1.0)).max())
