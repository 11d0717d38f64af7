"""Figures of the chapter on Theorem 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tdbook.figures.style import COLOURS, DASHES, Picture, new, power, style


def components_needed(dimensions: Sequence[float], curves: Mapping[str, Sequence[float]]) -> Picture:
    """m against d on two logarithmic axes: what the proof asks for, lazy training, and practice."""
    with style():
        figure = new(7.2, 4.2)
        axes = figure.subplots()
        for k, (name, values) in enumerate(curves.items()):
            axes.loglog(
                dimensions, values, color=COLOURS[k], linestyle=DASHES[k], marker="os^D"[k], markersize=4, label=name
            )
        axes.set_xlabel("dimension $d$")
        axes.set_ylabel("components $m$")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    words = "; ".join(f"{name}: from {values[0]:.0e} to {values[-1]:.0e}" for name, values in curves.items())
    return Picture(
        figure,
        f"Components against dimensions from {dimensions[0]:.0e} to {dimensions[-1]:.0e}. {words}.",
        caption=f"**Components at $d=$ {power(dimensions[-1])}: "
        + ", ".join(f"{power(values[-1])} ({name})" for name, values in curves.items())
        + f".** At $d=$ {power(dimensions[0])} they are {', '.join(power(values[0]) for values in curves.values())}.",
    )
