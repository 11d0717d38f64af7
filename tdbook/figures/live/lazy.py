"""Live figure of the chapter on lazy training: what lazy training must pay."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from tdbook.figures.lazy import error_against_components
from tdbook.figures.live.core import Live
from tdbook.figures.live.parts import Axis, Band, Choice, Line, Plot, Points, Rule, Slider
from tdbook.figures.live.series import Series, spoken
from tdbook.lazy import Prefixes, flatness, lazy_threshold
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


def _steps(first: float, last: float, count: int) -> np.ndarray:
    """``count`` values from first to last, a third of them in geometric steps and the others in even ones."""
    third = count // 3
    if last <= first:
        return np.full(count, first)
    return np.sort(np.append(np.geomspace(first, last, third + 2)[1:-1], np.linspace(first, last, count - third)))


def _count(value: float) -> str:
    """A number of things: whole where it can be said at a glance, with two digits and a power of ten beyond."""
    return f"{value:.0f}" if value < 10_000 else spoken(value, 2)
