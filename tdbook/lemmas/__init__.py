"""Both sides of every lemma of Section 5, evaluated on a state, a step or an epoch of Algorithm 1.

Along the two halves of the paper's proof, its one probability and their sum, and a relative whose constants run:

* :mod:`.rise` (Section 5.1): how little the loss can rise. Lemmas 2, 3 and 4;
* :mod:`.chance` (Section 5.2): how likely a good direction is. Lemma 6;
* :mod:`.outside` (Section 5.2): the parts of the components outside the span of the target. Lemma 5;
* :mod:`.escape` (Section 5.2): why a fresh component escapes. Lemmas 7, 8, 9 and the events of Lemma 1;
* :mod:`.theorem3`: the constants of all of them put together;
* :mod:`.guarantee` and :mod:`.runnable`: those of one column at a time.

Notation, as in the book: n_i = ||u_i||, kappa_i = c_i n_i, kbar_i = kappa_i^{l-2}, R = T - T*, S the span of the
target and B its complement, x = P_S u, y = P_B u, w = x / ||x||, rho = ||x|| / ||u||, N^2 = sum_i kbar_i^2 n_i^2.
Targets are taken to have unit norm.
"""

from tdbook.lemmas.chance import (
    anticoncentration,
    correlation_quantile,
    explicit_strength,
    fresh_share,
    gaussian_moment,
    hard_residual,
    holds_in_the_plane,
    lemma6_chance,
    measured_strength,
    measured_theta,
    proved_pair,
    sphere_moment_bounds,
)
from tdbook.lemmas.escape import (
    EpochOutcome,
    GrowthTerms,
    bad_minimum,
    correlation,
    lemma1,
    lemma7,
    lemma7_decomposition,
    lemma8,
    lemma9,
    shift_step,
    telescoping,
    tensor_path,
)
from tdbook.lemmas.guarantee import Guarantee
from tdbook.lemmas.outside import (
    component_outside,
    lemma5,
    lemma5_identity,
    lemma5_total,
    outside_mass,
    outside_matrix,
    projected_model,
    residual_outside,
)
from tdbook.lemmas.rise import (
    ROUNDING,
    Epoch,
    Inequality,
    after_step,
    curvature_constant,
    descends,
    descent_ratio,
    epochs,
    largest_step,
    lemma2,
    lemma3,
    lemma4,
    norm_bound,
    one_epoch,
    removal_cost,
    smoothness,
    switch_bounds,
)
from tdbook.lemmas.runnable import guaranteed
from tdbook.lemmas.theorem3 import Condition, Plan, largest_shares, plan, sufficient_scale

__all__ = [
    "ROUNDING",
    "Condition",
    "Epoch",
    "EpochOutcome",
    "GrowthTerms",
    "Guarantee",
    "Inequality",
    "Plan",
    "after_step",
    "anticoncentration",
    "bad_minimum",
    "component_outside",
    "correlation",
    "correlation_quantile",
    "curvature_constant",
    "descends",
    "descent_ratio",
    "epochs",
    "explicit_strength",
    "fresh_share",
    "gaussian_moment",
    "guaranteed",
    "hard_residual",
    "holds_in_the_plane",
    "largest_shares",
    "largest_step",
    "lemma1",
    "lemma2",
    "lemma3",
    "lemma4",
    "lemma5",
    "lemma5_identity",
    "lemma5_total",
    "lemma6_chance",
    "lemma7",
    "lemma7_decomposition",
    "lemma8",
    "lemma9",
    "measured_strength",
    "measured_theta",
    "norm_bound",
    "one_epoch",
    "outside_mass",
    "outside_matrix",
    "plan",
    "projected_model",
    "proved_pair",
    "removal_cost",
    "residual_outside",
    "shift_step",
    "smoothness",
    "sphere_moment_bounds",
    "sufficient_scale",
    "switch_bounds",
    "telescoping",
    "tensor_path",
]
