"""Pictures of the chapter on constants that run say what they show."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from tdbook.descent import FreshEpoch
from tdbook.descent.one_column import born, training
from tdbook.figures import runnable
from tdbook.lemmas import guaranteed
from tdbook.tables.runnable import core

PLAN = guaranteed(10, 2, 3, 0.1)


def test_columns_needed_tells_both_ends():
    picture = runnable.columns_needed([10, 1000], {"lazy": [22, 167167], "proved": [240, 246]})
    assert "lazy: from 22 to 1.67·10⁵; proved: from 240 to 246" in picture.alt


def test_an_epoch_is_told_with_what_is_proved_of_it():
    target = core("harmonic", 2, 3)

    def pull(w):
        return np.append(-target.contract(w[:2, None])[:, 0], 0.0)

    birth = np.array([0.3, 0.12, np.sqrt(1 - 0.3**2 - 0.12**2)])
    columns = list(training(born(birth, 1.0, PLAN, 1.0), pull, PLAN))
    correlations = [target.evaluate((c.direction[:2] / np.linalg.norm(c.direction[:2]))[:, None])[0] for c in columns]
    assert np.diff(correlations).min() > -1e-6  # the switch costs a little
    picture = runnable.one_epoch(PLAN, columns, correlations)
    assert "loses 25% of its squared norm" in picture.alt
    assert len(picture.figure.axes) == 2


def test_falls_counts_the_lucky_draws_and_compares_them():
    lucky = FreshEpoch(1, 1.0, 0.6, 0.5, 1.5, 0.5, 100)
    others = [FreshEpoch(2, 0.6, 0.6, -0.5, 1.5, 0.0, None), FreshEpoch(3, 0.6, 0.3, 0.9, 0.01, 0.5, 90)]
    picture = runnable.falls(PLAN, [lucky, *others])
    least = (1 - 0.36) / PLAN.proved_fall(0.5)
    assert "3 epochs, 1 of them with a lucky draw" in picture.alt
    assert f"at least {least:.2f} times" in picture.alt
    assert "1 fall by more than 1%" in picture.alt


def test_residuals_stand_beside_the_proved_line():
    picture = runnable.residuals(PLAN, {"generic": np.array([1.0, 0.1, 0.01])})
    assert "After 2 epochs" in picture.alt and "generic 0.01" in picture.alt
    labels = {line.get_label() for line in picture.figure.axes[0].lines}
    assert {"generic", "proved"} <= labels
