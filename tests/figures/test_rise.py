"""The pictures of the proof: they draw, and their words come from the data."""

from __future__ import annotations

from tdbook.figures import escape, fresh, rise, theorem3
from tdbook.lemmas import EpochOutcome


def test_every_picture_draws_and_says_its_numbers() -> None:
    down = [1.0, 0.5, 0.25]
    outcomes = [EpochOutcome(1.0, 0.5, -0.3, 0.2), EpochOutcome(1.0, 0.5, 0.3, 0.0)]
    made = {
        "0.90": rise.descent([0.1, 1.0, 10.0], {"a": [0.9, 0.9, -2.0]}, order=3),
        "2·10⁻⁹": rise.reinitialisations([1e-9, 2e-9], [1e-9, 2e-9], [0.5, 30.0]),
        "from 1 to 0.25": rise.loss_by_events([0, 1, 2], down, [0], [1]),
        "A: the mass outside rises in no step": fresh.outside({"a": down}, bound=2.0),
        "rises in 2 steps, to 30.0% above": fresh.outside({"a": [1.0, 1.2, 1.3, 0.5]}, bound=2.0),
        "theta = 0.25": fresh.chance([0.1, 0.2, 0.3], {"a": [0.4, 0.3, 0.1]}, [0.01, 0.01, 0.01]),
        "ends at -0.1": escape.growth([1e-3, 1e-2], [1e-3, 5e-3], [-0.3, -0.1], switch=1),
        "reaches 0.7 after 20": escape.path([10, 20], [0.5, 0.7], [3.0, 4.0]),
        "1 of 1 epochs with a good sign lower the loss, and 0 of 1 epochs with a wrong sign": escape.outcomes(
            {"a": outcomes}
        ),
        "from 8 to 9": theorem3.components_needed([10, 100], {"a": [8.0, 9.0]}),
    }
    for number, picture in made.items():
        assert number in picture.alt
        assert picture.png(dpi=40).startswith(b"\x89PNG")


def test_a_residual_that_is_never_likely_is_said_to_be_so() -> None:
    assert "a is below 1/5 throughout" in fresh.chance([0.1, 0.2], {"a": [0.1, 0.1]}, [0.01, 0.01]).alt
    assert "a stays above 1/5" in fresh.chance([0.1, 0.2], {"a": [0.3, 0.3]}, [0.01, 0.01]).alt
