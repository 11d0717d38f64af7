"""The sentences of all live figures, in every state: what one number in them says of another is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tdbook.experiments import searched
from tdbook.figures.live import Live, algorithm, lazy, lazydescent, runnable, scaling, traps, zero
from tdbook.lazy import linearise
from tdbook.tables import landscape
from tdbook.tables import lazy as lazy_tables

DATA = Path(__file__).parents[3] / "book" / "data"
NUMBER = r"(−?\d+(?:\.\d+)?)"


def price() -> Live:
    errors = lazy_tables.read_errors(DATA / "lazy-errors.csv")
    return lazy.price(errors, [errors[3, 10]])


def scales() -> Live:
    start, target, _ = lazy_tables.scale_setting()
    runs = lazy_tables.read_scales(DATA / "lazy-scales.csv")
    return lazydescent.scales(runs, linearise(start, target).floor(1.0))


def enough() -> Live:
    tables = [f"m-against-{what}-{how}.csv" for what in ("d", "accuracy", "order") for how in ("vectors", "in-law")]
    found = [searched(DATA / name) for name in tables]
    return scaling.enough([search for searches in found for search in searches], found[0] + found[1])


FIGURES = {
    "price": price,
    "scales": scales,
    "enough": enough,
    "escape": lambda: zero.escape(landscape.read(DATA / "escape-times.csv"), scales=landscape.SCALES[:4:3]),
    "re_z3": lambda: traps.re_z3(angles=(45, 105)),
    "norms": lambda: algorithm.norms(),
    "fresh_column": runnable.fresh_column,
}


def value(text: str) -> float:
    return float(text.replace("−", "-"))


def faults(words: str) -> list[str]:
    """What cannot be true in a sentence."""
    found = []
    for pattern in (rf"between {NUMBER} and {NUMBER}", rf"probability {NUMBER} to {NUMBER}"):
        found += [f"{a} > {b}" for a, b in re.findall(pattern, words) if value(a) > value(b)]
    for low, high, exact in re.findall(rf"between {NUMBER} and {NUMBER}; .*exactly {NUMBER}", words):
        if not value(low) <= value(exact) <= value(high):
            found.append(f"{exact} is not within {low} and {high}")
    for good, runs, low, high in re.findall(
        rf"(\d+) of (\d+) runs reach it \(probability {NUMBER} to {NUMBER}\)", words
    ):
        if not value(low) <= int(good) / int(runs) <= value(high):
            found.append(f"{good} of {runs} is not within {low} and {high}")
    for enough_, least in re.findall(r"m = (\d+) is enough.*m = (\d+) is the least", words):
        if int(least) > int(enough_):
            found.append(f"the least, {least}, is above {enough_}")
    found += [f"{a} of {b}" for a, b in re.findall(r"(\d+) of (\d+)", words) if int(a) > int(b)]
    found += [
        f"component {k}" for k in re.findall(r"component (\d+)", words) if not 1 <= int(k) <= algorithm.COMPONENTS
    ]
    found += [f"epoch {k}" for k in re.findall(r"epoch (\d+)", words) if not 1 <= int(k) <= algorithm.EPOCHS]
    for time, epoch in re.findall(r"iteration (\d+), in epoch (\d+)", words):
        if not (int(epoch) - 1) * algorithm.ITERATIONS <= int(time) <= int(epoch) * algorithm.ITERATIONS:
            found.append(f"iteration {time} is not in epoch {epoch}")
    for trap, minimum in re.findall(rf"the trap lies at {NUMBER}, the global minimum at {NUMBER}", words):
        (loss,) = re.findall(rf"the loss is {NUMBER},", words)
        if not value(minimum) < value(trap) or value(loss) < value(minimum):
            found.append(f"{minimum}, {trap}, {loss} are out of order")
    found += [f"{share}%" for share in re.findall(rf"{NUMBER}%", words) if not 0 <= value(share) <= 100]
    for proved, lost in re.findall(rf"and {NUMBER}% are proved.* lost {NUMBER}%", words):
        if value(lost) < value(proved):
            found.append(f"{lost}% is less than the {proved}% that are proved")
    return found


@pytest.mark.parametrize("name", FIGURES)
def test_every_sentence_is_consistent(name):
    figure = FIGURES[name]()
    said = {figure.say(**state) for state in figure.states()}
    assert len(said) > 5
    wrong = {words: faults(words) for words in said if faults(words)}
    assert not wrong, list(wrong.items())[:3]


@pytest.mark.parametrize(
    "wrong",
    [
        "the error lies between 0.61 and 0.39; all is well",
        "lies between 0.61 and 0.70; for one random start it is exactly 0.590",
        "19 of 18 runs",
        "m = 7 is enough, 18 of 20 runs reach it (probability 0.91 to 0.99); m = 9 is the least",
        "component 0 was drawn anew",
        "at iteration 240, in epoch 9, nothing",
        "at iteration 10, in epoch 2, nothing",
        "the loss is 0.10, the trap lies at 1.55, the global minimum at 0.20",
        "and 12% are proved. After 9 steps the residual has lost 11%",
    ],
)
def test_a_sentence_that_cannot_be_true_is_seen(wrong):
    assert faults(wrong)
