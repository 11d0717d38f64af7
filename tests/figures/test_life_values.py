"""The life of a component against the run that it is taken from."""

from itertools import islice

import tdbook
from tdbook.descent import iterate, practical_settings
from tdbook.figures import algorithm


def test_a_life_has_the_switch_of_its_run():
    target = tdbook.random_target(dimension=12, rank=2, order=3, rng=1)
    settings = practical_settings(target, 4, epochs=1, iterations=80)
    states = list(islice(iterate(target, settings, 0), 1, None))
    j = states[0].reinitialized
    picture = algorithm.life(states, j, settings)
    switched = [
        k for k in range(1, len(states)) if states[k].parameters.kappa[j] < 0.5 * states[k - 1].parameters.kappa[j]
    ]
    assert f"at iteration {switched[0]} it switches" in picture.alt
    assert f"kappa begins at {settings.initial_kappa:.1f}" in picture.alt
    still = algorithm.life(states[: switched[0]], j, settings)
    assert "it never switches" in still.alt
