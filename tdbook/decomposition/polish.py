"""The best fit near a decomposition that one has."""

from __future__ import annotations

from tdbook import validation
from tdbook.decomposition.core import core_of
from tdbook.decomposition.levenberg_marquardt import Objective, levenberg_marquardt
from tdbook.decomposition.noise import settled
from tdbook.tensors import SymmetricCP, SymmetricTensor, check_tensor


def check_pair(name: str, tensor: SymmetricCP, target: SymmetricTensor) -> None:
    """A ``SymmetricCP`` of the dimension and order of the target."""
    shape = validation.instance(name, tensor, SymmetricCP).dimension, tensor.order
    if shape != (check_tensor("target", target).dimension, target.order):
        raise ValueError(
            f"{name} must have dimension {target.dimension} and order {target.order}, "
            f"got dimension {shape[0]} and order {shape[1]}"
        )


def polish(start: SymmetricCP, target: SymmetricTensor) -> SymmetricCP:
    """The best fit to a target near ``start``, with as many components, by Levenberg-Marquardt.

    Parameters
    ----------
    start : SymmetricCP
        Of the target's dimension and order. A component orthogonal to the target's span is left out.
    target : SymmetricTensor

    Returns
    -------
    SymmetricCP
        As by :meth:`SymmetricCP.normalized`. Its components lie in the span of the target, where the best fit is.

    Raises
    ------
    ValueError
        If the target is zero, if the spaces differ, or if all of ``start`` is orthogonal to the target's span.
    """
    check_pair("start", start, target)
    core = core_of(target)
    weights, directions = start.components()
    with validation.overflowing():
        weights = validation.finite("start / ||target||", weights / core.size, "the target is too small beside start")
    inside = SymmetricCP(weights, core.basis.T @ directions, core.order).components()
    kept = inside[0] != 0
    if not kept.any():
        raise ValueError("start must not be orthogonal to the target's span, got one that is")
    objective = Objective(core.tensor)
    fit = levenberg_marquardt(objective, inside[1][:, kept], inside[0][kept], progress=1e-6)
    fit, _ = settled(objective, fit)
    return core.lift(fit.weights, fit.directions)
