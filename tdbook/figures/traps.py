"""Pictures of Sections 3.2 and 3.3: zero, the trap, the ways out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.patches import Circle

from tdbook.figures.style import BLUE, COLOURS, DASHES, GREEN, GREY, ORANGE, Picture, few, new, sentence, style
from tdbook.landscape import LevelPath, Trap, TrapRun, homogeneous_trap, three_arrows
from tdbook.tables.landscape import Row

# Blue below, a warm light grey at zero, orange above: told apart by all eyes, on light and dark pages alike.
_HILLS = LinearSegmentedColormap.from_list("hills", [BLUE, "#7fb2d6", "#e9e5de", "#eda877", ORANGE])
_INK = "#22262b"  # on the light middle of the map, whatever the page behind it


# --- zero --------------------------------------------------------------------------------------


# --- Re z^3 ------------------------------------------------------------------------------------


def disk(axes: Axes, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """A grid over a disk, drawn with its edge; shapes (401, 401)."""
    grid = np.linspace(-radius, radius, 401)
    X, Y = np.meshgrid(grid, grid)
    axes.set_aspect("equal")
    axes.set_xlim(-radius * 1.04, radius * 1.04)
    axes.set_ylim(-radius * 1.04, radius * 1.04)
    axes.axis("off")
    return X, Y


def hills(axes: Axes, X: np.ndarray, Y: np.ndarray, Z: np.ndarray, top: float, radius: float) -> None:
    """Filled contours clipped to a disk, with thin contour lines."""
    levels = np.linspace(-top, top, 25)
    norm = TwoSlopeNorm(0.0, -top, top)
    filled = axes.contourf(X, Y, np.clip(Z, -top, top), levels=levels, cmap=_HILLS, norm=norm)
    lines = axes.contour(X, Y, Z, levels=levels[::2], colors=_INK, linewidths=0.4, alpha=0.35)
    rim = Circle((0, 0), radius, transform=axes.transData, facecolor="none", edgecolor=GREY, linewidth=1.0)
    axes.add_patch(rim)
    for drawn in (filled, lines):
        drawn.set_clip_path(rim)


def _arrow(axes: Axes, tip: np.ndarray, **look: Any) -> None:
    axes.annotate(
        "",
        (float(tip[0]), float(tip[1])),
        xytext=(0, 0),
        arrowprops={"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, **look},
    )


def plane(components: int = 4) -> Picture:
    """Re z^3: what is to be found, and what one more component sees when all others are in the trap.

    Left: T*(u, u, u) on the unit disk, the three arrows on which it is 1, the trap's components on one of them. Right:
    f - f_0 in the 2-homogeneous model (lambda = 0) when a component u is added to the trap.
    """
    trap = homogeneous_trap(3, 1, components, 2)
    target = three_arrows(1, 2)
    with style():
        figure = new(7.4, 4.1)
        left, right = figure.subplots(1, 2)
        X, Y = disk(left, 1.0)
        points = np.vstack([X.ravel(), Y.ravel()])
        hills(left, X, Y, target.evaluate(points).reshape(X.shape), 1.0, 1.0)
        for tip in target.factors.T:
            _arrow(left, 0.95 * tip, color=_INK, linewidth=2.6, mutation_scale=20)
        left.set_title("what is to be found: three arrows", fontsize=12)
        reach = 1.35
        X, Y = disk(right, reach)
        points = np.vstack([X.ravel(), Y.ravel()])
        rise = added_component(trap, points).reshape(X.shape)
        hills(right, X, Y, rise, float(-rise.min()) * 1.02, reach)
        level = right.contour(X, Y, rise, levels=[0.0], colors=_INK, linewidths=1.3)
        level.set_clip_path(Circle((0, 0), reach, transform=right.transData))
        for tip in target.factors.T[1:]:
            _arrow(right, tip, color=_INK, linewidth=1.6, mutation_scale=14, alpha=0.45)
        best = points[:, int(np.argmin(np.where(points[1] >= 0, rise.ravel(), np.inf)))]
        for well in (best, best * [1, -1]):
            right.plot(*well, "o", color="white", markeredgecolor=_INK, markersize=7)
            right.text(well[0], 0.74 * well[1], "well", color="white", fontsize=11, ha="center", va="center")
        right.plot([0, 0], [-reach, reach], color=_INK, linestyle=DASHES[1], linewidth=1.6)
        right.text(0.07, -1.02, r"$u_1\geq 0$:" + "\nno way down", color=_INK, fontsize=11, va="bottom")
        right.set_title("what one more component sees", fontsize=12)
        for panel, label in ((left, (0.70, 0.13)), (right, (0.62, 0.12))):
            spread = 0.035 * np.linspace(-1, 1, components)
            panel.plot(
                np.full(components, 0.62), spread * 2.2, "D", color="#f0e442", markeredgecolor=_INK, markersize=7
            )
            panel.text(*label, "the trap", color=_INK, fontsize=11, ha="center", va="bottom")
    angle = np.degrees(np.arctan2(best[1], best[0]))
    return Picture(
        figure,
        "Two disks with coloured contours. First: Re z cubed, with three hills of height 1 and three "
        "hollows, an arrow on each "
        "hill, 120 degrees apart; the trap is a pile of components on the first arrow. Second: change "
        "of the loss when one "
        "component is added to the trap. The right half plane is nowhere below zero; two wells of "
        f"depth {-rise.min():.2f} lie "
        f"in the left half, at plus and minus {angle:.0f} degrees.",
        caption=f"**Nothing is gained in the right half plane: the wells, {-rise.min():.2f} deep, lie at plus and "
        f"minus {angle:.0f} degrees.** "
        "Left the target with its three arrows, right the change of the loss when one component is added to the trap.",
    )


def added_component(trap: Trap, points: np.ndarray) -> np.ndarray:
    """f - f_0 when a component of sign +1 is added to a 2-homogeneous trap, for each column of ``points`` (d, n)."""
    return added_to(lambda w: trap.target.evaluate(w) - trap.c @ _trap_powers(trap, w), points, trap.regularization)


def added_to(residual: Callable[[np.ndarray], np.ndarray], points: np.ndarray, regularization: float) -> np.ndarray:
    """The same when (T* - T)(w, ..., w) is given as a function of unit columns w; linear in it and in lambda."""
    norms = np.linalg.norm(points, axis=0)
    weights = norms**2
    w = points / np.where(norms > 0, norms, 1.0)
    return -weights * residual(w) + 0.5 * weights**2 + regularization * weights


def _trap_powers(trap: Trap, w: np.ndarray) -> np.ndarray:
    """<T_0's terms, w^{(x) l}>, shape (m, n)."""
    norms = np.linalg.norm(trap.U, axis=0)
    return norms[:, None] ** 2 * ((trap.U / norms).T @ w) ** trap.order


# --- the trap ----------------------------------------------------------------------------------


def spectrum(trap: Trap, tied: bool = True) -> Picture:
    """Eigenvalues of the Hessian in a trap: found by differences (dots) and by the formula (rings)."""
    found = np.linalg.eigvalsh(trap.hessian(tied=tied))
    blocks = sorted(trap.spectrum(tied=tied))
    worst = float(np.abs(found - np.sort(np.concatenate([[value] * count for value, count, _ in blocks]))).max())
    with style():
        figure = new(7.4, 3.8)
        axes = figure.subplots()
        position = 1
        groups: dict[float, list[tuple[int, str]]] = {}
        for value, count, where in blocks:
            groups.setdefault(round(value, 9), []).append((count, where))
        for index, (value, parts) in enumerate(groups.items()):
            count = sum(part[0] for part in parts)
            places = np.arange(position, position + count)
            look: dict[str, Any] = {
                "markerfacecolor": "none",
                "color": COLOURS[index % len(COLOURS)],
                "markeredgewidth": 1.6,
                "markersize": 12,
            }
            name = "\n".join(f"{where} ({number})" for number, where in parts)
            axes.plot(places, np.full(count, value), "o", **look, label=name)
            position += count
        axes.plot(np.arange(1, len(found) + 1), found, ".", color=GREY, markersize=6)
        axes.set_xticks([1, len(found)])
        axes.set_xlabel("eigenvalue number")
        axes.set_ylabel("eigenvalue")
        # In the order in which the values stand above one another.
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5), labelspacing=0.9)
    zeros = sum(count for value, count, _ in blocks if value == 0)
    told = ", ".join(f"{value:.3g} ({sum(part[0] for part in parts)})" for value, parts in groups.items())
    negative = int((found < -1e-6).sum())
    return Picture(
        figure,
        f"The {len(found)} eigenvalues of the Hessian in the trap in rising order, dots inside the "
        f"rings of the formula, which gives, with multiplicities, {told}. "
        f"{zeros} are zero, {f'{negative} are' if negative else 'none is'} negative; the largest difference is "
        f"{'below' if worst < 1e-6 else 'above'} 1e-6.",
        caption=f"**{zeros} of the {len(found)} eigenvalues are zero.** Dots are computed, rings are the formula, "
        f"which gives, with "
        f"multiplicities, {told}.",
    )


def path_values(paths: Mapping[str, LevelPath]) -> Picture:
    """The loss along escape paths, in units of the trap's value at the start."""
    with style():
        figure = new(7.4, 3.8)
        axes = figure.subplots()
        ends = []
        for (name, path), colour, dash in zip(few(paths.items()), COLOURS, DASHES, strict=False):
            n = len(path.values) // 3
            progress = np.concatenate([k + np.linspace(0, 1, n) for k in range(3)])
            relative = path.values / path.values[0]
            axes.plot(progress, relative, color=colour, linestyle=dash, label=name, linewidth=2.2)
            ends.append(f"{name.replace('$', '')} ends at {relative[-1]:.3f}")
        axes.set_xticks(
            [0.5, 1.5, 2.5],
            ["one shrinks,\nanother\ntakes over", "its coefficient\nmay change", "it grows in a\nnew direction"],
        )
        axes.tick_params(axis="x", length=0)
        for edge in (1, 2):
            axes.axvline(edge, color=GREY, linewidth=0.8, alpha=0.5)
        axes.set_ylabel(r"$f\;/\;f(\mathrm{trap})$")
        axes.grid(axis="x", visible=False)
        axes.legend(loc="center left")
    return Picture(
        figure,
        "The loss along paths out of the trap, relative to its value there. It is constant on the first two stretches. "
        f"On the last one: {'; '.join(ends)}.",
        caption=f"**The loss is level on the first two stretches of the path.** On the last one: {'; '.join(ends)}.",
    )


def below(rows: Sequence[Row], names: Mapping[tuple[int, int], str]) -> Picture:
    """Share of random perturbations that lower the loss against their radius, from a table of perturbations."""
    with style():
        figure = new(7.4, 3.8)
        axes = figure.subplots()
        told, least, last = [], np.inf, 0.0
        for (key, name), colour, dash in zip(few(names.items()), COLOURS, DASHES, strict=False):
            chosen = [row for row in rows if (int(row["kind"]), int(row["order"])) == key]
            share = np.array([row["share"] for row in chosen])
            part = np.array([row["below"] / row["samples"] for row in chosen])
            axes.plot(share, 1e3 * part, color=colour, linestyle=dash, marker="o", markersize=4, label=name)
            told.append(f"{name.replace('$', '')} {1e3 * part[-1]:.1f}")
            least = min([least, *share[part > 0]])
            last = share[-1]
        axes.axvspan(0, 1, color=GREEN, alpha=0.12, linewidth=0)
        axes.text(0.5, 0.92, "certified", color=GREEN, transform=axes.get_xaxis_transform(), ha="center")
        axes.set_xlim(0, max(row["share"] for row in rows))
        axes.set_ylim(bottom=-0.2)
        axes.set_xlabel("length of the perturbation / certified radius")
        axes.set_ylabel("lower points per 1000")
        axes.legend(loc="upper left", bbox_to_anchor=(0.34, 1.0))
    return Picture(
        figure,
        "Lower points per thousand random perturbations, against their length in certified radii. "
        f"The first lower points are seen at {least:g} radii. At {last:g} radii: {'; '.join(told)}.",
        caption=f"**The first lower points are seen at {least:g} certified radii.** In a thousand perturbations of "
        f"{last:g} radii: "
        f"{'; '.join(told)}.",
    )


def escapes(runs: Mapping[str, TrapRun], level: float, minimum: float | None = None) -> Picture:
    """Loss of runs that start in a trap, with the trap's value and, where known, the global minimum as lines."""
    with style():
        figure = new(7.4, 3.8)
        axes = figure.subplots()
        told = []
        for (name, run), colour, dash in zip(few(runs.items(), 3), (ORANGE, BLUE, GREEN), DASHES, strict=False):
            axes.plot(run.time, run.losses, color=colour, linestyle=dash, label=name)
            told.append(f"{name} ends at {run.losses[-1]:.3f}")
        axes.axhline(level, color=GREY, linewidth=1.0)
        axes.annotate(
            "the trap", (run.time[-1], level), xytext=(0, 5), textcoords="offset points", color=GREY, ha="right"
        )
        if minimum is not None:
            axes.axhline(minimum, color=GREY, linewidth=1.0)
            axes.annotate(
                "global minimum",
                (run.time[-1], minimum),
                xytext=(0, -15),
                textcoords="offset points",
                color=GREY,
                ha="right",
            )
        axes.set_ylim(0.0, 1.12 * level)
        axes.set_xlabel("iteration")
        axes.set_ylabel("loss $f$")
        axes.legend(loc="center right")
    low = "" if minimum is None else f", the global minimum at {minimum:.3f}"
    return Picture(
        figure,
        f"Loss over iterations of runs that start in the trap. The trap lies at {level:.3f}{low}. {'; '.join(told)}.",
        caption=f"**{sentence('; '.join(told))}.** The trap lies at {level:.3f}{low}.",
    )


def stalled(rows: Sequence[Row]) -> Picture:
    """Share of stalled starts as a heat map: a row for each order and rank, a column for each m/r."""
    groups = sorted({(int(row["order"]), int(row["rank"])) for row in rows})
    factors = sorted({int(row["factor"]) for row in rows})
    found = {(int(row["order"]), int(row["rank"]), int(row["factor"])): row for row in rows}
    table = np.array([[found[*group, k]["stalled"] / found[*group, k]["starts"] for k in factors] for group in groups])
    with style():
        figure = new(6.4, 0.56 * len(groups) + 1.2)
        axes = figure.subplots()
        axes.grid(visible=False)
        axes.imshow(table, cmap="cividis", vmin=0, vmax=1, aspect="auto")
        for y, group in enumerate(groups):
            for x, k in enumerate(factors):
                row = found[*group, k]
                text = f"{table[y, x]:.2f}"
                if row["unfinished"]:
                    text += f"\n+{int(row['unfinished'])} slow"
                axes.text(
                    x, y, text, ha="center", va="center", color="#111" if table[y, x] > 0.55 else "white", fontsize=10.5
                )
        axes.set_xticks(range(len(factors)), [f"$m={k}r$" if k > 1 else "$m=r$" for k in factors])
        axes.set_yticks(range(len(groups)), [f"$l={order}$, $r={rank}$" for order, rank in groups])
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
    told = "; ".join(
        f"order {order}, r = {rank}: " + ", ".join(f"{value:.2f}" for value in line)
        for (order, rank), line in zip(groups, table, strict=True)
    )
    return Picture(
        figure,
        "Table in colours: share of random starts of plain descent that stall, for m = "
        f"{', '.join(f'{k}r' for k in factors)}. {told}.",
        caption=f"**With $m=r$ components between {table[:, 0].min():.0%} and {table[:, 0].max():.0%} of the random "
        f"starts stall, with $m={factors[-1]}r$ at most {table[:, -1].max():.0%}.** Shares for each order and rank; "
        "slow are those that had not ended.",
    )
