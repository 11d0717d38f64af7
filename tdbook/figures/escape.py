"""Pictures for the escape: a component that grows, the path of the tensor, the outcomes of epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tdbook.figures.style import BLUE, COLOURS, DASHES, GREEN, GREY, ORANGE, Picture, new, power, sentence, style
from tdbook.lemmas import EpochOutcome


def growth(
    inside: Sequence[float], guaranteed: Sequence[float], correlation: Sequence[float], switch: int | None
) -> Picture:
    """||P_S u|| of one component over an epoch, the growth that Lemma 7 guarantees, and its correlation."""
    with style():
        figure = new(7.2, 5.2)
        top, bottom = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [1.5, 1]})
        top.semilogy(inside, color=BLUE, label=r"$\|P_Su\|$")
        top.semilogy(guaranteed, color=ORANGE, linestyle=DASHES[1], label="guaranteed by Lemma 7")
        bottom.plot(correlation, color=GREEN)
        bottom.axhline(0.0, color=GREY, linewidth=0.9)
        for axes in (top, bottom):
            if switch is not None:
                axes.axvline(switch, color=GREY, linewidth=1.0, linestyle=DASHES[2])
        top.legend(loc="lower right")
        top.set_ylabel("length")
        bottom.set_ylabel(r"$a\,\langle R_S,w^{\otimes l}\rangle$")
        bottom.set_xlabel("iteration of the epoch")
    low = np.asarray(inside) < np.asarray(guaranteed) * (1 - 1e-9)
    held = f"at {int(low.sum())} of them below" if low.any() else "never below"
    return Picture(
        figure,
        f"A re-initialised component over {len(inside) - 1} iterations: its length in S grows from {inside[0]:.0e} to "
        f"{inside[-1]:.1g}, {held} what Lemma 7 guarantees ({guaranteed[-1]:.1g} at the end). Its correlation "
        f"with the residual begins at {correlation[0]:.2f}, reaches {min(correlation):.2f} and ends at "
        f"{correlation[-1]:.2f}.",
        caption=f"**Inside $S$ the component grows from {power(inside[0])} to {inside[-1]:.1g}; Lemma 7 guarantees "
        f"{guaranteed[-1]:.1g}.** Its "
        f"correlation begins at {correlation[0]:.2f}, reaches {min(correlation):.2f} and ends at "
        f"{correlation[-1]:.2f}.",
    )


def path(iterations: Sequence[int], moved: Sequence[float], bound: Sequence[float]) -> Picture:
    """The accumulated path of T in an epoch and the bound of Lemma 9, at some iterations."""
    with style():
        figure = new(7.2, 3.6)
        axes = figure.subplots()
        axes.plot(
            iterations, bound, color=ORANGE, linestyle=DASHES[1], marker="s", markersize=4, label="bound of Lemma 9"
        )
        axes.plot(iterations, moved, color=BLUE, marker="o", markersize=4, label=r"$\sum\|T_\tau-T_{\tau-1}\|_F$")
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("iteration of the epoch")
        axes.set_ylabel("length of the path")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return Picture(
        figure,
        f"The accumulated path of the tensor reaches {moved[-1]:.1f} after {iterations[-1]} iterations; the bound of "
        f"Lemma 9 reaches {bound[-1]:.0f}.",
        caption=f"**After {iterations[-1]} iterations the path is {moved[-1]:.1f} long; the bound of Lemma 9 is "
        f"{bound[-1]:.0f}.**",
    )


def outcomes(groups: Mapping[str, Sequence[EpochOutcome]]) -> Picture:
    """What epochs from one state achieved, against the correlation of their fresh component."""
    with style():
        figure = new(7.2, 3.8)
        axes = figure.subplots()
        words = []
        for k, (name, found) in enumerate(groups.items()):
            x = np.array([outcome.correlation for outcome in found])
            y = np.array([outcome.decrease for outcome in found])
            axes.plot(x, y, "os^D"[k], color=COLOURS[k], alpha=0.75, markersize=6, fillstyle="none", label=name)
            words.append(f"{name}: {int((y > 0.01).sum())} of {len(y)} epochs lower the loss")
        axes.axvline(0.0, color=GREY, linewidth=0.9)
        axes.set_xlabel(r"$a\,\langle R_S,w^{\otimes l}\rangle/\|R_S\|$ of the fresh component")
        axes.set_ylabel("decrease of $f$ in the epoch")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return Picture(
        figure,
        f"Decrease of the loss in an epoch against the fresh component's correlation. {'; '.join(words)}.",
        caption=f"**{sentence('; '.join(words))}.** Each mark is an epoch, placed by the fresh component's "
        f"correlation.",
    )
