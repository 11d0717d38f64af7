"""Pictures of certificates: the residual on the circle and on the sphere."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import LogNorm
from matplotlib.patches import Circle

from tdbook.beyond import sphere_values
from tdbook.decomposition import merge
from tdbook.figures.style import COLOURS, DASHES, GREY, ORANGE, Picture, new, sentence, style
from tdbook.tensors import SymmetricCP, SymmetricTensor, unit_columns
from tdbook.validation import Array

_HOLDS = 1.01  # of lambda: what is above violates the certificate, beyond what a run leaves
_PALE = "#e9e5de"


def certificate_circle(tensors: Mapping[str, SymmetricCP], target: SymmetricTensor, regularization: float) -> Picture:
    """|R(w^l)| / lambda around half the unit circle of S, dim S = 2, with the components of each tensor as dots."""
    basis = target.span()
    if basis.shape[1] != 2:
        raise ValueError(f"target must have a span of dimension 2, got {basis.shape[1]}")
    turn = np.linspace(0, 180, 721)
    points = np.vstack([np.cos(np.radians(turn)), np.sin(np.radians(turn))])
    peaks = {}
    with style():
        figure = new(7.2, 3.8)
        axes = figure.subplots()
        axes.axhline(1.0, color=GREY, linewidth=1.2)
        for index, (name, tensor) in enumerate(tensors.items()):
            values = np.abs(sphere_values((tensor - target).in_basis(basis), points)) / regularization
            colour = COLOURS[index % len(COLOURS)]
            axes.semilogy(turn, np.maximum(values, 1e-2), color=colour, linestyle=DASHES[index], label=name)
            atoms = basis.T @ merge(tensor, 0.95, 0.01).normalized().factors
            angles = np.degrees(np.arctan2(atoms[1], atoms[0])) % 180
            heights = np.interp(angles, turn, values)
            axes.plot(angles, heights, "o", color=colour, markersize=8, markerfacecolor="none", markeredgewidth=1.8)
            peaks[name] = (float(values.max()), len(angles))
        axes.set_xlim(0, 180)
        axes.set_xticks(np.arange(0, 181, 30))
        axes.set_ylim(bottom=0.05)
        axes.set_xlabel("direction $w$ in the plane $S$, degrees")
        axes.set_ylabel(r"$|R(w^{\otimes l})|\,/\,\lambda$")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(tensors))
    told = "; ".join(f"{name}: largest value {peak:.3g}, atoms {count}" for name, (peak, count) in peaks.items())
    return Picture(
        figure,
        "The residual on half the unit circle in units of lambda, one curve for each decomposition, its atoms as "
        f"rings, and the line at 1 that the certificate forbids to cross. {told}.",
        caption="**The certificate wants the curve at 1 or below: "
        + ", ".join(f"{name} it reaches {peak:.3g}" for name, (peak, _) in peaks.items())
        + ".** Half the unit circle; rings are atoms.",
    )


def _hemisphere(directions: Array) -> Array:
    """A rotation, shape (3, 3), whose last row is a pole near which the directions lie up to sign."""
    values, vectors = np.linalg.eigh(directions @ directions.T)
    pole = vectors[:, int(np.argmax(values))]
    flipped = directions * np.where(pole @ directions < 0, -1.0, 1.0)
    pole = flipped.sum(axis=1) / np.linalg.norm(flipped.sum(axis=1))
    first = flipped[:, 0] - (flipped[:, 0] @ pole) * pole
    if np.linalg.norm(first) < 1e-6:
        first = np.linalg.svd(pole[None, :])[2][1]
    first /= np.linalg.norm(first)
    return np.vstack([first, np.cross(pole, first), pole])


def certificate_sphere(tensors: Mapping[str, SymmetricCP], target: SymmetricCP, regularization: float) -> Picture:
    """|R(w^l)| / lambda on half the unit sphere of S, dim S = 3, one map for each tensor.

    The maps keep areas (Lambert's projection), so that a patch has the chance with which a random direction
    falls into it. Rings: atoms of the tensor, sized by mass. Where the value is at most 1 the map is pale.
    """
    basis = target.span()
    if basis.shape[1] != 3:
        raise ValueError(f"target must have a span of dimension 3, got {basis.shape[1]}")
    turn = _hemisphere(unit_columns(basis.T @ target.factors)[1])
    side = np.linspace(-1, 1, 241)
    x, y = np.meshgrid(side, side)
    radius2 = x**2 + y**2
    lift = np.sqrt(np.maximum(2.0 - radius2, 0.0))  # the disc of radius 1 is the half sphere, area for area
    sphere = np.vstack([(x * lift).ravel(), (y * lift).ravel(), (1.0 - radius2).ravel()])
    sphere = unit_columns(np.where(radius2.ravel() <= 1.0, sphere, 1.0))[1]
    maps = {}
    for name, tensor in tensors.items():
        R = (tensor - target).in_basis(basis)
        values = np.abs(sphere_values(R, turn.T @ sphere)).reshape(x.shape) / regularization
        maps[name] = np.where(radius2 <= 1.0, values, np.nan)
    told, shares = [], []
    with style():
        figure = new(7.6, 3.3)
        panels = figure.subplots(1, len(tensors), squeeze=False)[0]
        norm = LogNorm(_HOLDS, max(10.0, *(float(np.nanmax(values)) for values in maps.values())))
        colours = colormaps["cividis_r"].with_extremes(under=_PALE)
        for axes, (name, tensor) in zip(panels, tensors.items(), strict=True):
            values = maps[name]
            image = axes.pcolormesh(x, y, values, norm=norm, cmap=colours, rasterized=True, shading="auto")
            axes.add_artist(Circle((0, 0), 1.0, fill=False, edgecolor=GREY, linewidth=1.0))
            atoms = merge(tensor, 0.95, 0.01).normalized()
            weights, directions = atoms.components()
            places = turn @ basis.T @ directions
            places = places * np.where(places[2] < 0, -1.0, 1.0)
            flat = places[:2] / np.sqrt(1.0 + places[2])
            mass = np.abs(weights)
            axes.scatter(*flat, s=30 + 220 * mass / mass.max(), color="none", edgecolors="white", linewidths=2.6)
            axes.scatter(*flat, s=30 + 220 * mass / mass.max(), color="none", edgecolors=ORANGE, linewidths=1.4)
            axes.set(aspect="equal", xticks=[], yticks=[], title=name, xlim=(-1.08, 1.08), ylim=(-1.08, 1.08))
            axes.grid(visible=False)
            axes.spines[:].set_visible(False)
            shares.append(float(np.nanmean(np.where(np.isnan(values), np.nan, values > _HOLDS))))
            told.append(
                f"{name}: atoms {atoms.rank}, largest value {np.nanmax(values):.3g}, above 1 on {shares[-1]:.0%} of it"
            )
        bar = figure.colorbar(image, ax=list(panels), shrink=0.8, extend="min")
        bar.set_label(r"$|R(w^{\otimes l})|\,/\,\lambda$")
        bar.outline.set_visible(False)
    return Picture(
        figure,
        "Maps of half the unit sphere, coloured by the residual in units of lambda on a logarithmic scale where it is "
        "above 1 and violates the certificate, pale elsewhere, atoms as rings. " + "; ".join(told) + ".",
        caption="**The certificate is violated (coloured) on "
        + ", ".join(f"{share:.0%} of the directions {name}" for name, share in zip(tensors, shares, strict=True))
        + f".** The darker, the more; rings are atoms. {sentence('; '.join(told))}.",
    )
