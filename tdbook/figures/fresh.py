"""Pictures for a fresh component: the mass outside the span, and the chance of a good direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tdbook.figures.style import COLOURS, DASHES, GREY, Picture, new, sentence, style


def outside(curves: Mapping[str, Sequence[float]], bound: float) -> Picture:
    """||P_B U||^2 along runs, against (m + K) delta^2."""
    with style():
        figure = new(7.2, 3.8)
        axes = figure.subplots()
        for k, (name, values) in enumerate(curves.items()):
            axes.semilogy(values, color=COLOURS[k], linestyle=DASHES[k], label=name)
        axes.axhline(bound, color=GREY, linewidth=1.0)
        axes.annotate(r"$(m+K)\delta^2$", (0, bound), xytext=(2, 4), textcoords="offset points")
        axes.set_xlabel("iteration")
        axes.set_ylabel(r"$\|P_BU\|_F^2$")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    peaks = "; ".join(f"{name}: at most {max(values) / bound:.1g} of the bound" for name, values in curves.items())
    return Picture(
        figure,
        f"Mass outside the span of the target along runs. {peaks}.",
        caption=f"**How much mass lies outside the span, against the bound.** {sentence(peaks)}.",
    )


def chance(thetas: Sequence[float], curves: Mapping[str, Sequence[float]], proved: Sequence[float]) -> Picture:
    """The chance of a correlation of theta sqrt(l!/M_s) ||R||, for several residuals, and what is proved."""
    with style():
        figure = new(7.2, 4.0)
        axes = figure.subplots()
        for k, (name, values) in enumerate(curves.items()):
            axes.semilogy(thetas, np.maximum(values, 1e-5), color=COLOURS[k], linestyle=DASHES[k], label=name)
        axes.semilogy(thetas, proved, color=GREY, linewidth=2.4, label="proved")
        axes.axhline(0.2, color=GREY, linewidth=0.9)
        axes.annotate("1/5", (min(thetas), 0.2), xytext=(0, -13), textcoords="offset points")
        axes.set_ylim(1e-5, 1.0)
        axes.set_xlabel(r"$\theta$")
        axes.set_ylabel("probability")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    crossings = []
    for name, values in curves.items():
        above = [theta for theta, value in zip(thetas, values, strict=True) if value >= 0.2]
        crossings.append(
            f"{name} down to 1/5 at theta about {max(above):.1f}" if above else f"{name} below 1/5 throughout"
        )
    return Picture(
        figure,
        f"Probability of a good direction against theta. {'; '.join(crossings)}; the proved curve lies far below.",
        caption=f"**How likely a draw is good.** {sentence('; '.join(crossings))}. Grey is what is proved.",
    )
