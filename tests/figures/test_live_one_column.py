"""The live figure of one column: every state keeps what is proved, and says so."""

import numpy as np
import pytest

from tdbook.figures.live import runnable
from tdbook.lemmas import guaranteed

PLAN = guaranteed(10, 2, 3, 0.1)


@pytest.fixture(scope="module")
def figure():
    return runnable.fresh_column()


def test_every_lucky_birth_wins_what_is_proved_and_no_birth_loses(figure):
    proved, lost = figure.series["proved"].values, figure.series["lost"].values / 100
    lucky = ~np.isnan(proved)
    assert lucky.any() and (~lucky).any()
    assert (lost[lucky] >= proved[lucky] - 0.006).all()  # a half per cent of rounding
    assert (lost >= -0.006).all()
    # the figure says which births are lucky: not all that begin with a positive correlation
    begin = figure.series["begin"].values
    np.testing.assert_array_equal(lucky, begin >= PLAN.threshold)


def test_the_correlation_never_falls_but_for_the_switch():
    for kind in runnable.KINDS:
        for angle in (15, 105, 200):
            run = runnable.trained(PLAN, kind, angle)
            falls = np.flatnonzero(np.diff(run.correlations) < -1e-12)
            switch = next((k for k, column in enumerate(run.columns) if column.switched), None)
            assert set(falls) <= ({switch - 1} if switch else set())


def test_the_sentence_of_an_unlucky_birth_promises_nothing(figure):
    assert "not lucky" in figure.say(angle="60")
    assert "proved" in figure.say(angle="15")
