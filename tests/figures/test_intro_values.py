"""The picture of the reasons against the epoch that it shows."""

import numpy as np

from tdbook import lemmas
from tdbook.descent import practical_settings
from tdbook.figures import intro
from tdbook.figures.live.series import spoken


def test_the_reasons_are_those_of_the_epoch():
    target, stuck = lemmas.bad_minimum(50, 3, 4, 0.01)
    settings = practical_settings(target, 4, iterations=200, step_size=0.04, regularization=0.01)
    for seed in range(4):
        epoch = lemmas.one_epoch(stuck, target, settings, rng=seed)
        alt = intro.why(epoch, target, 0.01).alt
        j = epoch.states[0].reinitialized
        start, end = (np.linalg.norm(epoch.states[k].parameters.U[:2, j]) for k in (0, -1))
        assert f"grows from {spoken(start, 2)} to {end:.2f} in 200 steps" in alt
        most = max(np.linalg.norm(state.parameters.U[2:]) for state in epoch.states)
        assert f"never exceed {spoken(most, 2)}" in alt
