"""Section 6 and further: certificates of optimality, deflation, networks and mixtures."""

from tdbook.beyond.certificate import (
    Certificate,
    certify,
    largest_by_ascent,
    largest_by_grid,
    nuclear_loss,
    sphere_grid,
    sphere_values,
    violating_share,
)
from tdbook.beyond.deflation import (
    deflation_rate,
    direction_shares,
    nearest_direction,
    overlaps,
    predicted_winner,
    small_step_factors,
)
from tdbook.beyond.mixture import Mixture, mixture_run, separation
from tdbook.beyond.networks import (
    ACTIVATIONS,
    SampleGradient,
    hermite,
    hermite_ladder,
    network_loss,
    network_settings,
    neurons,
    outputs,
    path,
)

__all__ = [
    "ACTIVATIONS",
    "Certificate",
    "Mixture",
    "SampleGradient",
    "certify",
    "deflation_rate",
    "direction_shares",
    "hermite",
    "hermite_ladder",
    "largest_by_ascent",
    "largest_by_grid",
    "mixture_run",
    "nearest_direction",
    "network_loss",
    "network_settings",
    "neurons",
    "nuclear_loss",
    "outputs",
    "overlaps",
    "path",
    "predicted_winner",
    "separation",
    "small_step_factors",
    "sphere_grid",
    "sphere_values",
    "violating_share",
]
