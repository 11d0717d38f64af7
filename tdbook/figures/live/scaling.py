"""Live figure: the smallest m against d, for the reader's order, accuracy and number of epochs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import beta

from tdbook.experiments import Search
from tdbook.figures.live.core import Live
from tdbook.figures.live.parts import Axis, Choice, Line, Plot, Points, Rule, Slider
from tdbook.figures.live.series import Series, spelt, spoken
from tdbook.figures.scaling import against_dimension
from tdbook.lazy import components_forced, lazy_threshold
from tdbook.lemmas import guaranteed

WANTED = 0.9  # the share of runs that the rule asks for: 18 of 20
LAZY = tuple(10**k for k in range(1, 13))  # dimensions of the static picture's lazy line


def chance(successes: int, runs: int) -> tuple[float, float]:
    """Clopper and Pearson's 95% interval for a probability of success.

    A search gives an m up at its third failure and accepts it at its eighteenth success. Where sampling stops at the
    k-th failure, more than n runs were as good as fewer than k failures in n, so the upper limit is the same as for a
    number of runs fixed beforehand; likewise the lower limit where it stops at a success.
    """
    low = float(beta.ppf(0.025, successes, runs - successes + 1)) if successes else 0.0
    high = float(beta.ppf(0.975, successes + 1, runs - successes)) if successes < runs else 1.0
    return low, high


def not_ruled_out(search: Search) -> int:
    """The least m that the runs of a successful search do not rule out, at 95%, as one with the ``WANTED`` share."""
    return next(m for m, good, runs in search.tried if chance(good, runs)[1] >= WANTED)


def enough(searches: Sequence[Search], shown: Sequence[Search]) -> Live:
    """The smallest m of Algorithm 1 against d beside what lazy training is forced to, at the same accuracy.

    Parameters
    ----------
    searches : sequence of Search
        Of one rank and kind, at several orders, accuracies, numbers of epochs and dimensions; where a combination was
        not searched, nothing is drawn.
    shown : sequence of Search
        For the static picture.
    """
    # where a size was searched on vectors and in law, both are drawn and the vectors are read off
    found = {_key(search): search for search in sorted(searches, key=lambda search: -search.cell.in_law)}
    rank = searches[0].cell.rank
    orders = sorted({search.cell.order for search in searches})
    accuracies = sorted({search.cell.accuracy for search in searches}, reverse=True)
    epochs = sorted({search.cell.epochs for search in searches}, reverse=True)
    dimensions = sorted({search.cell.dimension for search in searches})
    shape = (len(orders), len(accuracies), len(epochs), len(dimensions))
    m, drawn = np.full(shape, np.nan), np.full((2, 2, *shape), np.nan)
    words = np.full(shape, "this was not measured.", dtype=object)
    for place in np.ndindex(shape):
        key = orders[place[0]], accuracies[place[1]], epochs[place[2]], dimensions[place[3]]
        if (search := found.get(key)) is not None:
            words[place] = _verdict(search)
            m[place] = np.nan if search.components is None else search.components
    for search in searches:
        if search.components is not None:
            order, accuracy, K, d = _key(search)
            place = orders.index(order), accuracies.index(accuracy), epochs.index(K), dimensions.index(d)
            drawn[(int(search.cell.in_law), slice(None), *place)] = search.components, not_ruled_out(search)
    forced = [[[components_forced(d, l, e**2) for d in dimensions] for e in accuracies] for l in orders]
    proved = [[[_proved(d, rank, l, e) for d in dimensions] for e in accuracies] for l in orders]
    at = ("l", "accuracy", "epochs", "d")
    series = {
        "dimensions": Series(("d",), [float(d) for d in dimensions], log=True),
        "m": Series(at, m, 1),
        "vectors": Series(at, drawn[0, 0], 1),
        "vectors_low": Series(at, drawn[0, 1], 1),
        "law": Series(at, drawn[1, 0], 1),
        "law_low": Series(at, drawn[1, 1], 1),
        "lazy": Series(("l", "accuracy", "d"), np.array(forced, dtype=float), log=True),
        "proved": Series(("l", "accuracy", "d"), np.array(proved, dtype=float), log=True),
        "least": spelt(("l", "accuracy", "d"), forced, "2"),
        "greedy": spelt(("l", "accuracy", "d"), proved, "3"),
        "verdict": Series(at, words.astype(str)),
    }
    orders_lazy = sorted({search.cell.order for search in shown})
    return Live(
        "enough",
        "How many components are enough",
        picture=against_dimension(
            shown,
            {l: {d: lazy_threshold(d, l) for d in LAZY} for l in orders_lazy},
            proved={l: {d: _proved(d, rank, l, shown[0].cell.accuracy) for d in LAZY} for l in orders_lazy},
        ),
        controls=[
            Choice("l", "order *l*", orders),
            Choice("accuracy", "relative error *ε*", accuracies, start=_first(0.05, accuracies)),
            Choice("epochs", "epochs *K*", epochs, ["one epoch" if K == 1 else f"up to {K} epochs" for K in epochs]),
            Slider("d", "read off at *d*", [str(d) for d in dimensions], [spoken(d, 2) for d in dimensions],
                   start=_first(10**6, dimensions)),
        ],
        series=series,
        panels=[
            Plot(
                "smallest *m* against the dimension",
                [
                    Line(x="dimensions", y="lazy", along="d", colour="orange", dash=1, width=2.6,
                         label="lazy training, at least"),
                    Line(x="dimensions", y="proved", along="d", colour="pink", dash=2,
                         label="a greedy relative, proved"),
                    Rule(y=float(rank), label="rank of the target", dash=2),
                    Rule(x="dimensions", dash=2),
                    Points(x="dimensions", y="m", size=8, colour="ink", hollow=True),
                    Points(x="dimensions", y="vectors", low="vectors_low", high="vectors", along="d", size=5,
                           label="Algorithm 1"),
                    Points(x="dimensions", y="law", low="law_low", high="law", along="d", size=5, colour="green",
                           shape="square", label="the same, in law"),
                ],
                Axis("dimension *d*", 7.0, 2e12, "log"),
                Axis("components *m*", 1, 1e6, "log"),
                height=340,
            )
        ],
        say="Order {l}, ε = {accuracy}, {epochs}, d = {d}: {verdict} Theorem 1 "
        "asks lazy training for at least {least} components; a greedy relative is proved with {greedy}.",
        caption=rf"<p>Generic targets with \(r={rank}\); the rule is that of this section. A bar reaches down to the "
        r"first \(m\) that its runs do not rule out at 95%. Upwards it is open: 18 successes in 20 only say that "
        r"the probability is above 0.68. The dashed line is Theorem 1's: with fewer components lazy training "
        r"cannot bring the expected squared error on a random rank-one target down to \(\varepsilon^2\). "
        r"The pink line is what <a href='runnable.html'>one column at a time</a> is proved to need. "
        r"<b>Try</b> every \(\varepsilon\) and \(l\): with 30 epochs the dots lie on the rank of the target, or "
        r"one below where \(\varepsilon\) is so coarse that two of three components do. <b>Then</b> allow a "
        r"single epoch, and see what the order costs. What was not measured is not drawn.</p>",
        source="tdbook.figures.live.scaling.enough",
        tell=[{"epochs": "1"}, {"l": str(orders[-1]), "epochs": "1"}, {"accuracy": f"{accuracies[0]:g}"}],
    )  # fmt: skip


def _proved(dimension: int, rank: int, order: int, accuracy: float) -> int:
    """The columns with which one column at a time is proved to reach the accuracy."""
    return guaranteed(dimension, min(rank, dimension), order, accuracy, "boosted").components


def _first(wanted: float, values: Sequence[float]) -> int:
    return list(values).index(wanted) if wanted in values else 0


def _key(search: Search) -> tuple[int, float, int, int]:
    cell = search.cell
    return cell.order, cell.accuracy, cell.epochs, cell.dimension


def _verdict(search: Search) -> str:
    if search.components is None:
        most = search.tried[-1][0]
        return f"no m up to {most} was enough."
    m, good, runs = search.tried[-1]
    low, high = chance(good, runs)
    return (
        f"m = {m} is enough, {good} of {runs} runs reach it (probability {low:.2f} to {high:.2f}); "
        f"m = {not_ruled_out(search)} is the least that is not ruled out."
    )
