"""Pictures: certificates, networks beside tensors, and the order of discovery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import LogNorm
from matplotlib.patches import Circle

from tdbook.beyond import sphere_values
from tdbook.decomposition import merge
from tdbook.figures.style import BLUE, COLOURS, DASHES, GREEN, GREY, ORANGE, Picture, new, sentence, style
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


def network(apart: Mapping[str, Mapping[int, Sequence[Array]]]) -> Picture:
    """How far trained networks are from the tensor run: along the run, and at its end against the samples.

    ``apart`` holds for each activation and each number of samples n the distances of several data sets, one array
    over the iterations each.
    """
    told = []
    with style():
        figure = new(7.6, 3.7)
        left, right = figure.subplots(1, 2)
        for index, (name, sizes) in enumerate(apart.items()):
            colour, dash = COLOURS[index], DASHES[index]
            rms = {n: np.sqrt(np.mean(np.square(np.array(sets)), axis=0)) for n, sets in sizes.items()}
            for n in (min(sizes), max(sizes)):
                left.semilogy(
                    np.arange(1, len(rms[n])),
                    rms[n][1:],
                    color=colour,
                    linestyle=dash,
                    alpha=0.45 if n == min(sizes) else 1.0,
                )
            for n, sets in sizes.items():
                right.loglog([n] * len(sets), [s[-1] for s in sets], ".", color=colour, alpha=0.5)
            right.loglog(list(sizes), [rms[n][-1] for n in sizes], color=colour, linestyle=dash, marker="o", label=name)
            first, last = min(sizes), max(sizes)
            told.append(f"{name}: {rms[first][-1]:.1g} with {first} samples, {rms[last][-1]:.1g} with {last}")
        ns = np.array(sorted(next(iter(apart.values()))))
        start = np.sqrt(np.mean([s[-1] ** 2 for s in next(iter(apart.values()))[int(ns[0])]]))
        right.loglog(ns, start * np.sqrt(ns[0] / ns), color=GREY, linewidth=1.2)
        right.annotate(
            r"$\propto n^{-1/2}$",
            (float(ns[1]), float(start * np.sqrt(ns[0] / ns[1]))),
            color=GREY,
            xytext=(-6, -16),
            textcoords="offset points",
            ha="right",
        )
        left.set(xlabel="iteration", ylabel=r"$\|T_{net}-T\|_F$", title=f"n = {ns[0]} (pale) and {ns[-1]}")
        right.set(xlabel="samples $n$", title="at the last iteration")
        right.set_xticks(ns, [str(n) for n in ns])
        right.minorticks_off()
        right.legend(loc="lower left")
    return Picture(
        figure,
        "Distance between a network trained on samples and the tensor run, first over the iterations, then at the end "
        "against the number of samples. Root mean square at the end: " + "; ".join(told) + ".",
        caption=f"**How far trained networks end from the tensor run: {'; '.join(told)}.** "
        "Distances over the iterations, and at the end against the number of samples; root mean squares.",
    )


def lone_columns(shares: Mapping[int, Sequence[Array]]) -> Picture:
    """The share of the strongest component in a lone column over the iterations, one line for each start.

    ``shares`` holds for each order arrays of shape (time, s): the shares of all directions, strongest first.
    """
    told, ends = [], []
    with style():
        figure = new(7.4, 3.2)
        panels = figure.subplots(1, len(shares), sharey=True, squeeze=False)[0]
        for axes, (order, paths) in zip(panels, shares.items(), strict=True):
            wins = 0
            for path in paths:
                won = bool(path[-1, 0] > 0.5)
                wins += won
                axes.plot(path[:, 0], color=BLUE if won else ORANGE, linestyle="-" if won else DASHES[1], linewidth=1.3)
            axes.set(title=f"order $l={order}$", xlabel="iteration", ylim=(-0.03, 1.03))
            told.append(f"order {order}: {wins} of {len(paths)} columns end in it")
            ends.append(f"{wins} of {len(paths)} at order {order}")
        panels[0].set_ylabel("share of the strongest, $w_1^2$")
    return Picture(
        figure,
        "The share of the strongest component in a single column, over the iterations, from several random starts, "
        "one panel for each order. " + "; ".join(told) + ".",
        caption=f"**Single columns that end in the strongest component: {'; '.join(ends)}.** A line for each start, "
        "dashed where the column ends in a weaker one.",
    )


def discovery(curves: Mapping[str, tuple[Sequence[int], Array]]) -> Picture:
    """How much of each component has been found over the iterations, ``{title: (iterations, shares (time, r))}``."""
    told = []
    with style():
        figure = new(7.4, 3.3)
        panels = figure.subplots(1, len(curves), sharey=True, squeeze=False)[0]
        for axes, (title, (time, shares)) in zip(panels, curves.items(), strict=True):
            for k, (colour, dash) in enumerate(zip((BLUE, ORANGE, GREEN), DASHES, strict=False)):
                if k < shares.shape[1]:
                    axes.plot(time, shares[:, k], color=colour, linestyle=dash, label=f"component {k + 1}")
            axes.set(title=title, xlabel="iteration", ylim=(-0.08, 1.12))
            half = [int(np.argmax(column > 0.5)) if (column > 0.5).any() else len(time) for column in shares.T]
            order = [k + 1 for k in np.argsort(half, kind="stable") if half[k] < len(time)]
            told.append(f"{title.replace('$', '')}: found in the order {', '.join(map(str, order))}")
        panels[0].set_ylabel(r"$T(e_k^{\otimes l})/\tau_k$")
        panels[-1].legend(loc="center right")
    return Picture(
        figure,
        "The share of each component that the model has taken up over the iterations; component 1 is the strongest. "
        + "; ".join(told)
        + ".",
        caption="**"
        + sentence("; ".join(told))
        + ".** Component 1 is the strongest; the curves are the shares that the model has taken up.",
    )
