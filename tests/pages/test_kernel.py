"""Algorithm 1 in a page (``kernel.js``): each step from the library's own state, held equal to the library's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tdbook.descent.coordinates import Lossless
from tdbook.descent.driver import PlainLoop, drive
from tdbook.descent.settings import practical_settings
from tdbook.descent.steps import exact_gradient, initial_state, smallest_column
from tdbook.objectives import frozen_gradient, loss
from tdbook.tensors import random_target

KERNEL = Path(__file__).parents[2] / "book" / "_static" / "kernel.js"
CLOSE = 1e-12
# Without the switch the full boost makes these steps diverge, so there it is mild.
ABLATIONS: dict[str, dict] = {"paper": {}, "no switch": {"switch": False, "boost": 1.3}, "no boost": {"boost": 1.0}}
RUN = """({states, directions, target, settings}) => states.map((state, n) => ({
  gradient: tdKernel.gradient(state, target, settings),
  losses: tdKernel.losses(state, target, settings),
  next: directions[n] ? tdKernel.reinitialize(state, settings, directions[n].unit, directions[n].sign)
                      : tdKernel.step(state, target, settings),
}))"""


class Recorded(Lossless):
    """Lossless coordinates that remember the vector that was last drawn."""

    def _replace(self, U, j, fresh):
        self.drawn = fresh
        return super()._replace(U, j, fresh)


def plain(state) -> dict:
    point = state.parameters
    return {
        "U": point.U.T.tolist(), "a": point.a.tolist(), "c": point.c.tolist(), "cHat": point.c_hat.tolist(),
        "fresh": state.fresh.tolist(), "switches": state.switches, "reinitialized": state.reinitialized,
    }  # fmt: skip


def library_run(order: int, ablation: dict):
    """Pairs of neighbouring states with the vector drawn between them, the target in coordinates, the settings."""
    target = random_target(60, 3, order, "generic", 5)
    settings = replace(practical_settings(target, 7, epochs=4, iterations=300), **ablation)
    rng = np.random.default_rng(11)
    space = Recorded(target, settings.components, rng)
    inside = replace(settings, dimension=space.target.dimension, boost=settings.initial_kappa)
    state = initial_state(space.components, inside, rng)
    loop = PlainLoop(exact_gradient(space.target, inside.regularization), inside)
    pairs = []
    for n, following in enumerate(drive(state, loop, inside, rng, space)):
        redrawn = following.iteration == 0
        if redrawn or following.switches > state.switches or n % 40 == 1:
            pairs.append((state, following, space.drawn / inside.init_scale if redrawn else None))
        state = following
    return pairs, space, inside


def apart(found, wanted, sizes=None) -> float:
    """The largest distance of two columns, relative to the wanted one or to sizes; a column is a row here."""
    difference = np.array(found) - np.array(wanted)
    scale = np.linalg.norm(wanted, axis=1) if sizes is None else sizes
    return float((np.linalg.norm(difference, axis=1) / scale).max())


def turned_apart(found, wanted, own: int) -> float:
    """The same where coordinates outside the target's may be turned: columns that have become dependent, to rounding,
    leave the axis of the reflection open, so all that is given are the target's coordinates and inner products."""
    sizes = np.linalg.norm(wanted, axis=1)
    products = np.abs(found @ found.T - wanted @ wanted.T) / np.outer(sizes, sizes)
    return max(apart(found[:, :own], wanted[:, :own], sizes), float(products.max()))


def terms(point, target):
    """The size of what is added up in each column of the gradient, where T and T* cancel once T is close."""
    summed = np.abs(target.weights).sum() + (point.kappa ** (target.order - 2) * point.norms**2).sum()
    return target.order * point.kappa ** (target.order - 2) * point.norms * summed


@pytest.mark.parametrize("order", [3, 4])
@pytest.mark.parametrize("ablation", ABLATIONS)
def test_each_step_is_that_of_the_library(browser, order, ablation):
    pairs, space, settings = library_run(order, ABLATIONS[ablation])
    assert sum(drawn is not None for _, _, drawn in pairs) == settings.epochs
    assert any(after.switches > before.switches for before, after, _ in pairs) == settings.switch
    directions = [
        drawn is not None and {"unit": drawn.tolist(), "sign": after.parameters.a[after.reinitialized]}
        for _, after, drawn in pairs
    ]
    given = {
        "states": [plain(before) for before, _, _ in pairs],
        "directions": directions,
        "target": {
            "order": order, "weights": space.target.weights.tolist(), "columns": space.target.factors.T.tolist()
        },
        "settings": {
            "own": space.own, "stepSize": settings.step_size, "initScale": settings.init_scale,
            "regularization": settings.regularization, "switchNorm": settings.switch_norm,
            "kappa": settings.initial_kappa, "switch": settings.switch,
        },
    }  # fmt: skip
    page = browser.new_page()
    page.add_script_tag(path=KERNEL)
    answers = page.evaluate(RUN, given)
    page.close()
    for (before, after, drawn), answer in zip(pairs, answers, strict=True):
        point, wanted, found = before.parameters, plain(after), answer["next"]
        gradient = frozen_gradient(point, space.target, settings.regularization).T
        assert apart(answer["gradient"], gradient, terms(point, space.target)) < CLOSE
        assert answer["losses"]["f"] == pytest.approx(loss(point, space.target, settings.regularization), rel=CLOSE)
        if drawn is None:
            assert apart(found["U"], wanted["U"]) < CLOSE
        else:
            assert turned_apart(np.array(found["U"]), np.array(wanted["U"]), space.own) < CLOSE
        for name in ("c", "cHat"):
            np.testing.assert_allclose(found[name], wanted[name], rtol=CLOSE)
        for name in ("a", "fresh", "switches"):
            assert found[name] == wanted[name]
        if drawn is not None:
            assert found["reinitialized"] == smallest_column(point.norms)
