"""Pictures of how few components are possible, and of which method finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from tdbook.figures.style import BLUE, COLOURS, GREEN, GREY, ORANGE, Picture, few, new, power, sentence, style
from tdbook.validation import Array

_MARKS = "os^Dv*"
FOUND, LONGER, NOTHING = "found", "longer", "nothing"


def singular_values(groups: Mapping[str, Array]) -> Picture:
    """Singular values of flattenings in falling order, one curve a tensor, logarithmic."""
    with style():
        figure = new(7.2, 3.8)
        axes = figure.subplots()
        for (name, values), colour, mark in zip(few(groups.items()), COLOURS, _MARKS, strict=False):
            shown = np.maximum(values / values[0], 1e-17)
            axes.semilogy(np.arange(1, len(values) + 1), shown, mark + ":", color=colour, markersize=5, label=name)
        axes.set_xlabel("number")
        axes.set_ylabel("singular value, of the largest")
        axes.legend(loc="lower left")
    told = "; ".join(
        f"{name}: {_above(values, 1e-12)} of {len(values)} above 1e-12 of the largest, the largest fall by a factor "
        f"of about 1e{round(np.log10(_falls(values).max()))} after number {int(np.argmax(_falls(values))) + 1}"
        for name, values in groups.items()
    )
    ranks = {int(np.argmax(_falls(values))) + 1 for values in groups.values()}
    least = min(float(_falls(values).max()) for values in groups.values())
    return Picture(
        figure,
        f"Singular values of the squarest flattening, falling, logarithmic. {told}.",
        caption=f"**The largest fall comes after singular value number {' or '.join(map(str, sorted(ranks)))}, by a "
        f"factor of {power(least)} at least.** {sentence(told)}.",
    )


def _falls(values: Array) -> Array:
    floor = np.maximum(values, 1e-15 * values[0])
    return floor[:-1] / floor[1:]


def _above(values: Array, share: float) -> int:
    return int((values > share * values[0]).sum())


def koszul_blocks(orders: Sequence[int] = (1, 2)) -> Picture:
    """Where the blocks +T_j and -T_j stand in K_p, one panel a p, and what rank each p can show."""
    with style():
        figure = new(8.2, 3.8)
        panels = figure.subplots(1, len(orders) + 1, width_ratios=[2] * len(orders) + [1.6])
        for axes, p in zip(panels, orders, strict=False):
            c = 2 * p + 1
            rows, columns = list(combinations(range(c), p + 1)), list(combinations(range(c), p))
            for a, J in enumerate(rows):
                for place, j in enumerate(J):
                    b = columns.index(J[:place] + J[place + 1 :])
                    sign = (-1) ** place
                    colour = BLUE if sign > 0 else ORANGE
                    axes.add_patch(_square(b, len(rows) - 1 - a, colour))
                    text = f"{'+' if sign > 0 else '−'}{j + 1}"
                    axes.text(
                        b + 0.5, len(rows) - a - 0.5, text, ha="center", va="center", fontsize=14 if p == 1 else 9
                    )
            axes.set_xlim(0, len(columns))
            axes.set_ylim(0, len(rows))
            axes.set_aspect("equal")
            axes.set_xticks([])
            axes.set_yticks([])
            axes.grid(False)
            axes.set_title(f"$p={p}$: {len(rows)} × {len(columns)} blocks")
        bars = panels[-1]
        ps = [0, 1, 2, 3, 4]
        bars.bar(ps, [2 - 1 / (p + 1) for p in ps], color=GREEN, width=0.6)
        bars.axhline(2, color=GREY, linewidth=1.0)
        bars.set_xticks(ps)
        bars.set_xlabel("$p$")
        bars.set_title("rank shown, of $d$")
    counts = "; ".join(f"p = {p}: {len(list(combinations(range(2 * p + 1), p)))} block columns" for p in orders)
    return Picture(
        figure,
        f"Block patterns of Koszul-Young flattenings, {counts}. A block row holds p + 1 blocks plus or minus T_j and "
        "is zero elsewhere. Beside them, bars: the rank that can be shown at order 3, in units of d, is "
        f"{', '.join(f'{2 - 1 / (p + 1):.2f} for p = {p}' for p in ps)}, and stays below 2.",
        caption=f"**With larger $p$ the rank that can be shown rises from {2 - 1 / (ps[0] + 1):.2f} to "
        f"{2 - 1 / (ps[-1] + 1):.2f} times $d$, and stays below 2.** Left, where the blocks $T_j$ stand, with their "
        "signs; each block row holds $p+1$ of them. Right, the rank at order 3 in units of $d$.",
    )


def _square(x: float, y: float, colour: str) -> object:
    from matplotlib.patches import Rectangle

    return Rectangle((x + 0.04, y + 0.04), 0.92, 0.92, facecolor=colour, alpha=0.35, edgecolor="none")


def who_finds_it(table: Mapping[str, Mapping[int, str]], dimension: int) -> Picture:
    """For each method and rank: found with as many components, with more, or not at all."""
    methods = list(table)
    with style():
        figure = new(7.4, 0.9 + 0.55 * len(methods))
        axes = figure.subplots()
        for y, (_name, found) in enumerate(table.items()):
            for r, how in found.items():
                if how == FOUND:
                    axes.plot(r, -y, "o", color=BLUE, markersize=11)
                elif how == LONGER:
                    axes.plot(r, -y, "o", color=ORANGE, markersize=11, markerfacecolor="none", markeredgewidth=2)
                else:
                    axes.plot(r, -y, "x", color=GREY, markersize=7)
        axes.axvline(dimension, color=GREY, linewidth=1.0, linestyle=":")
        axes.set_yticks([-y for y in range(len(methods))], methods)
        axes.set_ylim(-len(methods) + 0.4, 0.6)
        ranks = sorted({r for found in table.values() for r in found})
        axes.set_xticks(ranks)
        axes.set_xlabel("components of the target")
    told = "; ".join(
        f"{name}: found at {_ranks(found, FOUND)}, longer at {_ranks(found, LONGER)}" for name, found in table.items()
    )
    return Picture(
        figure,
        f"Which method finds the components of a random cubic in dimension {dimension}: full circles where it finds as "
        f"many as there are, open ones where it finds more, crosses where it finds nothing. {told}.",
        caption="**Largest rank at which each method finds as many components as there are: "
        + ", ".join(
            f"{name} {max((r for r, how in row.items() if how == FOUND), default=0)}" for name, row in table.items()
        )
        + f".** Random cubics in dimension {dimension}; an open circle means that more components are found, a cross "
        "that none are.",
    )


def _ranks(found: Mapping[int, str], how: str) -> str:
    return ", ".join(str(r) for r, each in found.items() if each == how) or "none"


def errors_by_rank(curves: Mapping[str, Mapping[int, float]], chosen: Mapping[str, int]) -> Picture:
    """Error of the best fit against its number of components, one curve a tensor, and the number that BIC chooses."""
    with style():
        figure = new(7.2, 3.8)
        axes = figure.subplots()
        for (name, curve), colour, mark in zip(few(curves.items()), COLOURS, _MARKS, strict=False):
            axes.semilogy(list(curve), list(curve.values()), mark + "-", color=colour, label=name)
            m = chosen[name]
            axes.plot(m, curve[m], "o", color=colour, markersize=16, markerfacecolor="none", markeredgewidth=1.5)
        axes.set_xlabel("components of the fit")
        axes.set_ylabel("relative error")
        axes.set_xticks(sorted({m for curve in curves.values() for m in curve}))
        axes.legend(loc="upper right")
    told = "; ".join(
        f"{name}: {', '.join(f'{error:.1g}' for error in curve.values())}; BIC chooses {chosen[name]}"
        for name, curve in curves.items()
    )
    return Picture(
        figure,
        "Relative error of the best fit against its number of components, from "
        f"{min(min(curve) for curve in curves.values())} on, logarithmic; rings where BIC chooses. {told}.",
        caption="**The error falls steeply up to the number of components that BIC chooses (rings): "
        + ", ".join(f"{m} with {name}" for name, m in chosen.items())
        + f".** Errors from {min(min(curve) for curve in curves.values())} component on: {told}.",
    )
