"""Live figures of the chapter on lazy training: what lazy training must pay, and how lazy real descent is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from tdbook.figures.lazy import error_against_components, plateau
from tdbook.figures.live.core import Live
from tdbook.figures.live.parts import Axis, Band, Choice, Line, Plot, Points, Rule, Slider
from tdbook.figures.live.series import Series, spoken
from tdbook.lazy import LazyRun, Prefixes, flatness, lazy_threshold
from tdbook.tensors import symmetric_dimension

FAR = (1000, 10**6)  # dimensions at which the bounds alone are drawn
TENTHS = tuple(range(1, 11))  # the reader's m in tenths of the threshold
_POINTS, _CURVE = 32, 48


# --- the price of lazy training ---------------------------------------------------------------------------


def generic_rank(dimension: int, order: int, components: float) -> float:
    """dim S_U of m generic columns where nothing was computed: min(dm, D), for order 2 dm - m(m-1)/2 up to m = d.

    ``components`` may lie between whole numbers, for a curve. The four exceptions are one short at one m.
    """
    d, size = dimension, symmetric_dimension(dimension, order)
    if order == 2:
        m = min(components, float(d))
        return d * m - m * (m - 1) / 2
    return min(d * components, float(size))


def bounds(dimension: int, order: int, components: float) -> tuple[float, float]:
    """Theorem 1's kappa (1 - rho') and 1 - kappa rho' at that rank."""
    share = generic_rank(dimension, order, components) / symmetric_dimension(dimension, order)
    kappa = float(flatness(dimension, order))
    return kappa * (1.0 - share), 1.0 - kappa * share


def price(prefixes: Mapping[tuple[int, int], Prefixes], shown: Sequence[Prefixes]) -> Live:
    """Expected squared error against m, with the bounds of Theorem 1 and the threshold, for each order and dimension.

    Parameters
    ----------
    prefixes : mapping of (order, dimension) to Prefixes
        Exact errors, up to the threshold at least. Where one is missing, and at ``FAR`` dimensions, only the bounds
        are drawn.
    shown : sequence of Prefixes
        For the static picture.
    """
    orders = sorted({order for order, _ in prefixes})
    dimensions = sorted({d for _, d in prefixes} | set(FAR))
    shape = (len(orders), len(dimensions))
    thresholds = np.array([[float(lazy_threshold(d, l)) for d in dimensions] for l in orders])
    units = np.array([[float(d) ** (l - 1) for d in dimensions] for l in orders])

    # m runs to a fifth beyond the threshold: geometric steps for the logarithmic axis, even ones for the other
    ends = np.maximum(1.2 * thresholds, 1.5)
    curve = np.array([[_steps(1.0, end, _CURVE) for end in row] for row in ends])
    band = np.array(
        [[[bounds(d, l, m) for m in curve[i, j]] for j, d in enumerate(dimensions)] for i, l in enumerate(orders)]
    )
    m, error = (np.full((*shape, _POINTS), np.nan) for _ in range(2))
    for i, l in enumerate(orders):
        for j, d in enumerate(dimensions):
            if (l, d) in prefixes:
                known = prefixes[l, d]
                chosen = _steps(1.0, float(len(known.errors)), _POINTS).round().astype(int)
                chosen = np.unique(chosen)
                m[i, j, : len(chosen)], error[i, j, : len(chosen)] = chosen, known.errors[chosen - 1]

    now = np.maximum(np.ceil(thresholds[..., None] * np.array(TENTHS) / 10.0 - 1e-9), 1.0)
    found = np.full(now.shape, np.nan)
    words = np.full(now.shape, "no exact value was computed at this size", dtype=object)
    low, high = (np.empty(now.shape) for _ in range(2))
    for i, l in enumerate(orders):
        for j, d in enumerate(dimensions):
            for k, value in enumerate(now[i, j]):
                low[i, j, k], high[i, j, k] = bounds(d, l, value)
                if (l, d) in prefixes:
                    known = prefixes[l, d]
                    found[i, j, k] = known.errors[int(value) - 1]
                    rank, size = int(known.ranks[int(value) - 1]), symmetric_dimension(d, l)
                    low[i, j, k], high[i, j, k] = _at_rank(d, l, rank / size)
                    words[i, j, k] = f"for one random start it is exactly {found[i, j, k]:.3f}"
    at = ("l", "d")
    series = {
        "curve": Series((*at, "t"), curve, log=True),
        "curve_unit": Series((*at, "t"), curve / units[..., None], 1e-4),
        "low": Series((*at, "t"), band[..., 0], 0.002),
        "high": Series((*at, "t"), band[..., 1], 0.002),
        "m": Series((*at, "point"), m, log=True),
        "m_unit": Series((*at, "point"), m / units[..., None], 1e-4),
        "error": Series((*at, "point"), error, 0.001),
        "threshold": Series(at, thresholds, log=True),
        "threshold_unit": Series(at, thresholds / units, 1e-4),
        "limit": Series(("l",), [1.0 / math.factorial(l) for l in orders], 1e-4),
        "far": Series(at, 4.0 * _far(thresholds, dimensions), log=True),
        "far_unit": Series(("l",), 1.06 * (ends / units).max(axis=1), 1e-4),
        "now": Series((*at, "share"), now, log=True),
        "now_unit": Series((*at, "share"), now / units[..., None], 1e-4),
        "now_error": Series((*at, "share"), found, 0.001),
        # what is said to lie between two numbers still does when they are rounded
        "now_low": Series((*at, "share"), np.floor(100.0 * low + 1e-9) / 100.0, 0.01),
        "now_high": Series((*at, "share"), np.ceil(100.0 * high - 1e-9) / 100.0, 0.01),
        "count": Series((*at, "share"), [[[_count(v) for v in row] for row in block] for block in now.tolist()]),
        "needed": Series(at, [[_count(v) for v in row] for row in thresholds.tolist()]),
        "computed": Series((*at, "share"), words.astype(str)),
    }
    return Live(
        "lazy-price",
        "What lazy training must pay",
        picture=error_against_components(shown),
        controls=[
            Slider("d", "dimension *d*", [str(d) for d in dimensions], [_count(d) for d in dimensions],
                   start=dimensions.index(10) if 10 in dimensions else 0),
            Choice("l", "order *l*", orders, start=orders.index(3) if 3 in orders else 0),
            Slider("share", "your *m*, in tenths of the threshold", TENTHS, start=4),
            Choice("unit", "count them", ("components", "units"), ["one by one", "in units of *d*ˡ⁻¹"]),
        ],
        series=series,
        panels=[
            Plot(
                "expected squared error against the number of components",
                _price_marks("curve", "m", "now", "threshold"),
                Axis("components *m*", 1, "far", "log"),
                Axis("squared error", 0, 1.03),
                height=330,
                when={"unit": ("components",)},
            ),
            Plot(
                "expected squared error against the number of components",
                [
                    Rule(x="limit", label="1/*l*!", dash=2),
                    *_price_marks("curve_unit", "m_unit", "now_unit", "threshold_unit"),
                ],
                Axis("components *m* / *d*ˡ⁻¹", 0, "far_unit"),
                Axis("squared error", 0, 1.03),
                height=330,
                when={"unit": ("units",)},
            ),
        ],
        say="At dimension {d} and order {l} it takes {needed} columns to fit every target. With {count} of them "
        "the expected squared error lies between {now_low:.2f} and {now_high:.2f}; {computed}.",
        caption=r"<p>The band lies between the two bounds of Theorem 1, for a span as large as \(m\) generic "
        r"columns make it. Dots are exact expected errors of one random start; from \(d=1000\) on, and wherever "
        r"the space has more than some 5000 dimensions, only the bounds are drawn. The upright line marks the "
        r"threshold, \(\lceil D/d\rceil\) but for \(l=2\) and four sizes. <b>Try</b> to bring the error down to "
        r"a half and then double \(d\): at order 3 the threshold moves about four times as far to the right. "
        r"Count in units of \(d^{l-1}\), and it approaches \(1/l!\) instead, while the band closes on the "
        r"straight line. <b>Go</b> to order 6 and \(d=3\): where \(\kappa\) is small, the theorem says "
        r"little.</p>",
        source="tdbook.figures.live.lazy.price",
        tell=[{"share": "10"}, {"d": str(dimensions[-1])}, {"d": str(dimensions[0]), "l": str(orders[-1])}],
    )  # fmt: skip


def _far(thresholds: np.ndarray, dimensions: Sequence[int]) -> np.ndarray:
    """The largest threshold in view, shape (orders, dimensions): of the near dimensions at each of them, else of all.

    With ``FAR`` dimensions in view the curve of ten dimensions would fill a tenth of the axis.
    """
    near = np.array([d not in FAR for d in dimensions])
    nearest = np.where(near, thresholds, 0.0).max(axis=1, keepdims=True)
    return np.where(near, nearest, thresholds.max(axis=1, keepdims=True))


def _price_marks(curve: str, m: str, now: str, threshold: str) -> list:
    return [
        Band(x=curve, low="low", high="high", along="t", colour="sky", label="between the bounds"),
        Line(x=curve, y="low", along="t", width=1.2, dash=1, colour="sky"),
        Line(x=curve, y="high", along="t", width=1.2, dash=1, colour="sky"),
        Rule(x=threshold, colour="orange"),
        Points(x=threshold, y=0.0, shape="up", size=6, colour="orange", label="threshold"),
        Points(x=m, y="error", along="point", size=3, label="exact, one random start"),
        Rule(x=now, dash=1, colour="ink"),
        Points(x=now, y="now_error", size=6, colour="ink", label="your *m*"),
    ]


def _at_rank(dimension: int, order: int, share: float) -> tuple[float, float]:
    kappa = float(flatness(dimension, order))
    return kappa * (1.0 - share), 1.0 - kappa * share


# --- from rich to lazy ------------------------------------------------------------------------------------


def scales(runs: Sequence[LazyRun], floor: float, shown: Sequence[float] = (2.0, 4.0, 8.0, 16.0)) -> Live:
    """Real descent at an output scale beside its linearisation, counted in steps or in slow time eta k / alpha^2.

    Parameters
    ----------
    runs : sequence of LazyRun
        One for each output scale, all recorded at the same steps.
    floor : float
        The loss below which no point of the linearised model is.
    shown : sequence of float
        Output scales of the static picture.
    """
    steps = runs[0].steps[1:].astype(float)
    losses = np.array([run.losses[1:] for run in runs])
    linear = np.array([run.linear_losses[1:] for run in runs])
    moved = np.array([run.moved[1:] for run in runs])
    slow = np.array([run.slow_time[1:] for run in runs])
    half = [_first_below(run, 0.5 * floor) for run in runs]
    words = [
        f"falls to half of the lazy floor after {_count(float(_two_digits(k)))} steps, in slow time {t:.2f}"
        if math.isfinite(k)
        else "does not fall to half of the lazy floor within these steps"
        for k, t in half
    ]
    names = [f"{run.scale:g}" for run in runs]
    series = {
        "k": Series(("k_",), steps, log=True),
        "slow": Series(("alpha", "k_"), slow, log=True),
        "loss": Series(("alpha", "k_"), losses, 0.001),
        "linear": Series(("alpha", "k_"), linear, 0.001),
        "moved": Series(("alpha", "k_"), moved, log=True),
        "others": Series(("other", "k_"), losses, 0.001),
        "others_slow": Series(("other", "k_"), slow, log=True),
        "end": Series(("alpha",), losses[:, -1], 0.001),
        "linear_end": Series(("alpha",), linear[:, -1], 0.001),
        "percent": Series(("alpha",), 100.0 * moved[:, -1], log=True),
        "floor": Series((), floor, 0.0001),
        "last": Series((), steps[-1], 1),
        "half": Series(("alpha",), words),
    }
    clocks = {
        "steps": ("k", "k", "steps *k*", (1.0, float(steps[-1]))),
        "slow": ("slow", "others_slow", "slow time *ηk*/*α*²", (1e-3, 30.0)),
    }
    panels = []
    for clock, (x, others, label, ends) in clocks.items():
        axis = Axis(label, *ends, "log")
        loss = [
            Rule(y="floor", label="lazy floor", dash=2),
            Line(x=others, y="others", along="k_", each="other", colour="grey", width=0.8, label="other scales"),
            Line(x=x, y="linear", along="k_", colour="orange", dash=1, width=2.6, label="linearised"),
            Line(x=x, y="loss", along="k_", width=2.8, label="real descent"),
        ]
        panels.append(
            Plot("real descent and its linearisation", loss, axis, Axis("loss", 0, 0.5), height=300, share=1.5,
                 when={"clock": (clock,)})
        )  # fmt: skip
        movement = [Line(x=x, y="moved", along="k_", colour="green", width=2.4)]
        panels.append(
            Plot("how far the columns have moved", movement, axis, Axis("‖*U*−*U*₀‖ / ‖*U*₀‖", 1e-5, 1.0, "log"),
                 height=190, when={"clock": (clock,)})
        )  # fmt: skip
    return Live(
        "rich-to-lazy",
        "The lazy floor is a plateau",
        picture=plateau([run for run in runs if run.scale in shown], floor),
        controls=[
            Slider("alpha", "output scale *α*", names, start=len(names) // 2, play=9),
            Choice("clock", "clock", ("steps", "slow"), ["steps", "slow time"]),
        ],
        series=series,
        panels=panels,
        say="At output scale {alpha}, after {last} steps, the loss is {end:.3f} and that of the linearised model "
        "{linear_end:.3f}; the columns have moved by {percent:2}% of their norm. The real loss {half}.",
        caption=r"<p>Four pairs of columns, \(d=6\), \(l=3\), a target of rank one; blue is real gradient "
        r"descent, the dashed line its linearisation, which never falls below the lazy floor. <b>Try</b> to push "
        r"\(\alpha\) up while you count steps: each doubling makes the plateau four times longer, until the end "
        r"of the run lies on it and the model looks lazy for good. Then switch to slow time: from \(\alpha=4\) "
        r"on the falls lie on one another. <b>Go</b> down to \(\alpha=0.5\), where no plateau is left and the "
        r"columns move by half of their length.</p>",
        source="tdbook.figures.live.lazy.scales",
        tell=[{"alpha": names[0]}, {"alpha": names[-1], "clock": "slow"}],
    )


def _first_below(run: LazyRun, level: float) -> tuple[float, float]:
    """Steps and slow time at which the loss first falls to a level, between recorded steps; inf if it does not."""
    below = np.flatnonzero(run.losses <= level)
    if not len(below):
        return math.inf, math.inf
    i = int(below[0])
    steps = float(np.interp(-level, -run.losses[i - 1 : i + 1], run.steps[i - 1 : i + 1]))
    return steps, run.step_size * steps / run.scale**2


def _two_digits(value: float) -> float:
    return float(f"{value:.1e}")


def _steps(first: float, last: float, count: int) -> np.ndarray:
    """``count`` values from first to last, a third of them in geometric steps and the others in even ones."""
    third = count // 3
    if last <= first:
        return np.full(count, first)
    return np.sort(np.append(np.geomspace(first, last, third + 2)[1:-1], np.linspace(first, last, count - third)))


def _count(value: float) -> str:
    """A number of things: whole where it can be said at a glance, with two digits and a power of ten beyond."""
    return f"{value:.0f}" if value < 10_000 else spoken(value, 2)
