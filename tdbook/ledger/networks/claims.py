"""Claims on two-layer networks and on the order in which components are found."""

from tdbook.ledger.claims import Claim
from tdbook.ledger.evidence import cited, proofs_of
from tdbook.ledger.networks import deflation, mixture, networks

CLAIMS = (
    Claim(
        id="hermite-network",
        title="Tensors and two-layer networks",
        place="beyond the paper",
        kinds=("symbolic", "measured"),
        checks=(
            proofs_of("hermite-network"),
            networks.by_quadrature,
            networks.products_of_neurons,
            networks.losses_agree,
            networks.network_follows_tensor,
        ),
        rests_on=("loss-gram",),
    ),
    Claim(
        id="mixture-loss",
        title="The loss of a network is a mixture of orders",
        place="Section 1",
        kinds=("symbolic", "exact"),
        checks=(proofs_of("mixture-loss"), mixture.mixture_quadrature),
        rests_on=("hermite-network", "loss-gram"),
        note="Nothing like Theorem 3 is known to us for a mixture.",
    ),
    Claim(
        id="deflation",
        title="In which order components are found",
        place="beyond the paper",
        kinds=("symbolic", "run"),
        checks=(proofs_of("deflation"), deflation.law_along_runs, deflation.winners),
        rests_on=("gradient",),
        note=r"A component with $a=-1$ obeys the law with the opposite sign. Before the scalar mode switch the right-hand side has "
        r"the factor $\kappa^{l-2}$.",
    ),
    Claim(
        id="mean-field-exponential",
        title="Mean-field analyses need exponential width",
        place="Section 1",
        kinds=("cited",),
        checks=(cited("Chizat and Bach (2018); Wei et al. (2019)"),),
    ),
)
