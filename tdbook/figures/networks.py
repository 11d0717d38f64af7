"""Pictures: networks beside tensors, and the order in which components are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tdbook.figures.style import BLUE, COLOURS, DASHES, GREEN, GREY, ORANGE, Picture, new, sentence, style
from tdbook.validation import Array


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
