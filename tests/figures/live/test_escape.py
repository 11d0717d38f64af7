"""The live figure of the escape: its epochs against runs in R^d, and what it says against the lemmas."""

from dataclasses import replace

import numpy as np
import pytest

from tdbook import lemmas
from tdbook.descent import exact_gradient, step, with_fresh_component
from tdbook.figures.live import escape
from tdbook.objectives import loss


@pytest.mark.parametrize("angle", [45, 120])
def test_three_coordinates_are_enough(angle):
    """The same epoch with all 40 coordinates of R^40, the fresh vector turned outside the plane."""
    setup = escape.Setup(angle, 40)
    target, state = lemmas.bad_minimum(40, escape.ORDER, escape.COMPONENTS, escape.LAMBDA)
    few = list(setup.states())
    first = few[0].parameters.U[:, 0]
    outside = np.random.default_rng(0).standard_normal(38)
    U = state.parameters.U.copy()
    U[:, 0] = np.concatenate([first[:2], first[2] * outside / np.linalg.norm(outside)])
    settings = replace(setup.settings, boost=setup.settings.initial_kappa)
    state = with_fresh_component(state, settings, U, 0, 1.0)
    for wanted in few[1:]:
        state = step(state, exact_gradient(target, escape.LAMBDA), settings)
        np.testing.assert_allclose(state.parameters.norms, wanted.parameters.norms, rtol=1e-9)
    last = loss(few[-1].parameters, setup.minimum[0], escape.LAMBDA)
    assert loss(state.parameters, target, escape.LAMBDA) == pytest.approx(last, rel=1e-9)


@pytest.mark.parametrize("d", [10, 100, 1000])
def test_every_lucky_start_escapes_and_nothing_grows_outside(d):
    lucky = 0
    for angle in range(0, 360, 15):
        setup = escape.Setup(angle, d)
        facts = escape.Facts.of(setup, list(setup.states()))
        bound = np.sqrt(escape.COMPONENTS + escape.EPOCHS) * escape.SIZE
        assert max(facts.outside) <= bound
        if facts.born <= -escape.strength():
            lucky += 1
            assert facts.losses[0] - facts.losses[-1] > 0.1
            assert facts.inside[-1] > 1e4 * facts.inside[0]
    assert lucky >= 24 / 5  # the share that Lemma 6 gives


def test_an_unlucky_start_may_stay():
    setup = escape.Setup(45)
    facts = escape.Facts.of(setup, list(setup.states()))
    assert facts.born > 0
    assert facts.inside[-1] < 10 * facts.inside[0]
    assert facts.losses[0] - facts.losses[-1] < 0.02


def test_without_the_boost_a_column_of_high_dimension_needs_longer():
    growth = []
    for boost in (True, False):
        setup = escape.Setup(120, 1000, boost=boost)
        facts = escape.Facts.of(setup, list(setup.states()))
        growth.append(facts.inside[-1] / facts.inside[0])
    assert growth[0] > 1e4 * growth[1]
