"""What becomes of Algorithm 1 when each epoch redraws a random column: the runs of an exercise."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from tdbook.descent import PlainLoop, Settings, exact_gradient, initialize, practical_settings, reinitialize, run
from tdbook.objectives import model
from tdbook.tensors import SymmetricTensor, random_target
from tdbook.validation import Array

# The targets of the chapter's table: order 4, rank 3, dimension 30; six components, epsilon = 0.02.
ACCURACY, COMPONENTS, RANK, EPOCHS = 0.02, 6, 3, 8


@lru_cache(maxsize=1)
def random_redraws(runs: int = 10) -> Array:
    """Relative errors at the ends of epochs, shape (runs, 8), when each epoch redraws a random column."""
    table = []
    for seed in range(runs):
        target, settings = _target_and_settings(seed)
        rng = np.random.default_rng(seed)
        loop = PlainLoop(exact_gradient(target, settings.regularization), settings)
        state, errors = initialize(settings, rng), []
        for _ in range(EPOCHS):
            column = int(rng.integers(COMPONENTS))
            *_, state = loop(reinitialize(state, settings, rng, column=column))
            errors.append(model(state.parameters, 4).distance(target))
        table.append(errors)
    return np.array(table)


def as_designed(runs: int = 10) -> Array:
    """The same table for the algorithm itself, which redraws the shortest column."""
    histories = (run(*_target_and_settings(seed), seed, trace=False).history for seed in range(runs))
    return np.array([[record.error for record in history.epochs] for history in histories])


def _target_and_settings(seed: int) -> tuple[SymmetricTensor, Settings]:
    target = random_target(30, RANK, 4, rng=100 + seed)
    return target, practical_settings(target, COMPONENTS, ACCURACY, epochs=EPOCHS, iterations=120, literal=True)
