"""Pictures for the escape: a component that grows, the path of the tensor, the outcomes of epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tdbook.figures.style import BLUE, DASHES, GREEN, GREY, ORANGE, Picture, new, power, sentence, style
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
        axes.plot(iterations, moved, color=BLUE, marker="o", markersize=4, label=r"$\sum\|T_h-T_{h-1}\|_F$")
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
    """In how many epochs from one state the loss fell, by the sign of their fresh component's correlation."""
    rows, told = [], []
    for name, found in groups.items():
        counts = []
        for good in (True, False):
            fell = [outcome.decrease > 0.01 for outcome in found if (outcome.correlation < 0) == good]
            rows.append((f"{name}, {'good' if good else 'wrong'} sign", sum(fell), len(fell)))
            counts.append(f"{sum(fell)} of {len(fell)} epochs with a {'good' if good else 'wrong'} sign")
        told.append(f"{name}: {counts[0]} lower the loss, and {counts[1]}")
    with style():
        figure = new(7.2, 0.5 * len(rows) + 1.1)
        axes = figure.subplots()
        for place, (_, hits, count) in enumerate(reversed(rows)):
            axes.barh(place, count, height=0.62, color=GREY, alpha=0.25, label="no fall" if not place else None)
            axes.barh(place, hits, height=0.62, color=BLUE, label="the loss falls" if not place else None)
            axes.annotate(
                f"{hits} of {count}",
                (count, place),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                fontsize=10,
            )
        axes.set_yticks(range(len(rows)), [name for name, _, _ in reversed(rows)])
        axes.set_xlim(0, 1.2 * max(count for _, _, count in rows))
        axes.grid(axis="y", visible=False)
        axes.set_axisbelow(True)
        axes.set_xlabel("epochs")
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, borderaxespad=0.1)
    return Picture(
        figure,
        "How many epochs from one state lower the loss, by order and by the sign of the fresh component's "
        f"correlation, good when negative. {sentence('; '.join(told))}.",
        caption=f"**{sentence('; '.join(told))}.** A sign is good when the fresh component's correlation with the "
        "residual is negative.",
    )
