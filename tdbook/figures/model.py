"""Figures of the chapter on the 2-homogeneous model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.ticker import NullFormatter

from tdbook.figures.algorithm import _MARKERS, _SURFACE
from tdbook.figures.style import BLUE, COLOURS, DASHES, GREY, ORANGE, Picture, new, rounded_up, sentence, style
from tdbook.objectives import Parameters, frozen_gradient, loss, tied_gradient
from tdbook.tensors import SymmetricTensor, integer_power
from tdbook.validation import Array


def two_bowls(target: SymmetricTensor, reach: float = 0.6) -> Picture:
    """The loss of one component over a plane near zero, minus its value at zero, for both models; d = 2.

    Left c = 1 is fixed, right c = 1/||u||. By the Gram form the gap is, with b = c^{l-2},
    -b T*(u, ..., u) + b^2 ||u||^{2l} / 2.
    """
    order = target.order
    side = np.linspace(-reach, reach, 161)  # odd: the grid holds zero
    X, Y = np.meshgrid(side, side)
    points = np.vstack([X.ravel(), Y.ravel()])
    radii, turns = np.linspace(0.0, 0.25, 26), np.linspace(0.0, 2.0 * np.pi, 360, endpoint=False)
    near = np.vstack([np.outer(radii, np.cos(turns)).ravel(), np.outer(radii, np.sin(turns)).ravel()])

    def gaps(u: Array) -> dict[str, Array]:
        norms, values = np.sqrt(np.square(u).sum(axis=0)), target.evaluate(u)
        safe = np.where(norms > 0, norms, 1.0)
        return {
            r"vanilla, $c=1$": -values + integer_power(norms, 2 * order) / 2,
            r"2-homogeneous, $c=1/\|u\|$": -values / integer_power(safe, order - 2) + integer_power(norms, 4) / 2,
        }

    lowest = min(float(gap.min()) for gap in gaps(points).values())
    deepest = {}
    with style():
        figure = new(7.4, 3.5)
        panels = figure.subplots(1, 2, sharey=True)
        for axes, (name, gap) in zip(panels, gaps(points).items(), strict=True):
            levels = np.linspace(lowest, -0.4 * lowest, 22)
            image = axes.contourf(X, Y, gap.reshape(X.shape), levels=levels, cmap=_SURFACE, extend="max")
            axes.plot(0, 0, "x", color="white", markersize=7, markeredgewidth=2)
            axes.set_aspect("equal")
            axes.set_title(name)
            axes.set_xlabel("$u_1$")
            axes.grid(False)
            deepest[name.replace("$", "").replace(r"\|", "|")] = float(gaps(near)[name].min())
        panels[0].set_ylabel("$u_2$")
        bar = figure.colorbar(image, ax=list(panels), shrink=0.9, format="%.2f")
        bar.outline.set_edgecolor(GREY)
        bar.set_label("loss minus loss at zero")
    found = "; ".join(f"{name}: {value:.4f}" for name, value in deepest.items())
    return Picture(
        figure,
        f"Level sets of the loss of a single component near zero, for a target of order {order}, darker is lower, zero "
        f"as a cross. The first surface is flat around zero, the second falls at once. Lowest value within 0.25 of "
        f"zero, less the value at zero: {found}.",
        caption=f"**The first surface is flat around zero, the second falls at once.** Lowest value within 0.25 of "
        f"zero, less the value at "
        f"zero: {found}.",
    )


def curvatures(angles: Array, families: Mapping[str, Array]) -> Picture:
    """Second derivatives at zero along the directions of a circle, each with the quadratic form closest to it.

    A quadratic form on the plane is a constant plus a multiple of cos(2 theta - phi); what else a curve holds, no
    Hessian at zero can produce.
    """
    angles = np.asarray(angles)
    forms = np.vstack([np.ones_like(angles), np.cos(2 * angles), np.sin(2 * angles)]).T
    found = []
    with style():
        figure = new(7.4, 3.4)
        panels = figure.subplots(1, len(families), squeeze=False, sharey=True)[0]
        for axes, (name, values) in zip(panels, families.items(), strict=True):
            values = np.asarray(values)
            closest = forms @ np.linalg.lstsq(forms, values, rcond=None)[0]
            axes.plot(angles / np.pi, values, color=BLUE, label="along the direction")
            axes.plot(angles / np.pi, closest, color=ORANGE, linestyle=DASHES[1], label="closest quadratic form")
            axes.set_title(name)
            axes.set_xlabel(r"angle, in units of $\pi$")
            found.append(f"{name} misses its closest quadratic form by up to {np.abs(values - closest).max():.2f}")
        panels[0].set_ylabel("second derivative at zero")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return Picture(
        figure,
        f"Second derivative of the loss at zero against the direction of departure, one panel a case. "
        f"{'; '.join(found)}.",
        caption=f"**{sentence('; '.join(found))}.** The second derivative of the loss at zero along each direction; "
        "where it is no quadratic form there is no Hessian.",
    )


def taylor(steps: Array, gaps: Mapping[str, Array]) -> Picture:
    """Gradient checks: |f(U + tV) - f(U) - t<G, V>| against t, one line a candidate for G, with fitted slopes.

    A gradient leaves a remainder of order t^2; anything else leaves one of order t.
    """
    steps = np.asarray(steps)
    middle = slice(len(steps) // 4, 3 * len(steps) // 4)
    found = []
    with style():
        figure = new(7.2, 3.8)
        axes = figure.subplots()
        for index, (name, values) in enumerate(gaps.items()):
            values = np.asarray(values)
            slope = np.polyfit(np.log(steps[middle]), np.log(values[middle]), 1)[0]
            colour, dash = COLOURS[index % len(COLOURS)], DASHES[index % len(DASHES)]
            label = f"{name}: slope {slope:.2f}"
            axes.loglog(steps, values, _MARKERS[index], color=colour, linestyle=dash, markersize=5, label=label)
            found.append(label)
        axes.set_xlabel("step $t$")
        axes.set_ylabel("remainder")
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return Picture(
        figure,
        f"Remainder against step, both axes logarithmic. {'; '.join(found)}.",
        caption=f"**A gradient is right when its remainder has slope 2.** {sentence('; '.join(found))}.",
    )


def two_gradients(target: SymmetricTensor, regularization: float = 0.0, reach: float = 1.25) -> Picture:
    """The tied loss of one component over the plane, and minus both its gradients at some points; d = 2."""
    side = np.linspace(-reach, reach, 61)
    X, Y = np.meshgrid(side, side)

    def at(x: float, y: float) -> Parameters:
        return Parameters.two_homogeneous([[x], [y]], [1.0])

    at_zero = 0.5 * target.norm() ** 2
    values = [
        loss(at(x, y), target, regularization) if x or y else at_zero for x, y in zip(X.ravel(), Y.ravel(), strict=True)
    ]
    surface = np.array(values).reshape(X.shape)
    turned = []
    with style():
        figure = new(6.4, 4.6)
        axes = figure.subplots()
        axes.set_facecolor("white")  # under the map, on dark pages too
        axes.contourf(X, Y, surface, levels=np.quantile(surface, np.linspace(0, 1, 20)), cmap=_SURFACE, alpha=0.75)
        for radius in (0.45, 0.8, 1.1):
            for angle in np.pi * (np.arange(10) + 0.5) / 5:
                x, y = radius * np.cos(angle), radius * np.sin(angle)
                frozen = frozen_gradient(at(x, y), target, regularization).ravel()
                tied = tied_gradient(at(x, y), target, regularization).ravel()
                cosine = float(frozen @ tied) / float(np.linalg.norm(frozen) * np.linalg.norm(tied))
                turned.append(float(np.degrees(np.arccos(min(1.0, cosine)))))
                size = 0.22 / float(np.linalg.norm(frozen))
                for arrow, colour, width in ((frozen, "white", 0.010), (tied, "black", 0.006)):
                    axes.quiver(
                        x, y, *(-size * arrow), angles="xy", scale_units="xy", scale=1, color=colour, width=width,
                        zorder=3,
                    )  # fmt: skip
        axes.plot([], [], color="white", linewidth=3, label="frozen", marker="")
        axes.plot([], [], color="black", linewidth=2, label="tied")
        axes.legend(loc="lower right", facecolor="#6b7278", framealpha=0.9, frameon=True, labelcolor="white")
        axes.set_aspect("equal")
        axes.set_xlabel("$u_1$")
        axes.set_ylabel("$u_2$")
        axes.grid(False)
    most = rounded_up(max(turned))
    return Picture(
        figure,
        f"Level sets of the loss of one component of order {target.order}, darker is lower, with arrows against the "
        f"frozen gradient in white and the tied one in black at {len(turned)} points. They never point apart by more "
        f"than {most:g} degrees.",
        caption=f"**The two gradients never point apart by more than {most:g} degrees.** Arrows against "
        f"the frozen one are white, "
        "against the tied one black; darker is lower.",
    )
