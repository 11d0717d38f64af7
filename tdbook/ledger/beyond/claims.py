"""Claims beyond the paper, and those that are only cited."""

from tdbook.ledger.beyond import boxes, certificate, deflation, networks
from tdbook.ledger.claims import Claim
from tdbook.ledger.evidence import cited, proofs_of

CLAIMS = (
    Claim(
        id="nuclear-norm",
        title="The regulariser is a nuclear norm",
        place="beyond the paper",
        kinds=("symbolic", "run"),
        checks=(
            proofs_of("nuclear-norm"),
            certificate.certificate_of_runs,
            certificate.one_solution,
            certificate.growth_of_components,
        ),
        rests_on=("two-homogeneous", "gradient"),
        note="That the certificate holds at the end of a run is checked run by run, not proved: a run may also end in a bad local "
        "minimum, and then it does not hold.",
    ),
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
        id="mixture-loss",
        title="The loss of a network is a mixture of orders",
        place="Section 1",
        kinds=("symbolic", "exact"),
        checks=(proofs_of("mixture-loss"), boxes.mixture_quadrature),
        rests_on=("hermite-network", "loss-gram"),
        note="Nothing like Theorem 3 is known to us for a mixture.",
    ),
    Claim(
        id="grid-bound",
        title="A grid proves a bound",
        place="beyond the paper",
        kinds=("bound",),
        checks=(boxes.grid_bound,),
        note="It uses M. Riesz's theorem on trigonometric polynomials, which is cited.",
    ),
    Claim(
        id="fresh-growth",
        title="What makes a fresh component grow",
        place="beyond the paper",
        kinds=("exact",),
        checks=(boxes.growth_exact,),
        rests_on=("euler",),
    ),
    Claim(
        id="np-hard",
        title="Minimal decompositions are NP-hard",
        place="Section 1",
        kinds=("cited",),
        checks=(cited("Hillar and Lim (2013)"),),
    ),
    Claim(
        id="jennrich",
        title="Independent components are found by eigenvalues",
        place="Section 1.1",
        kinds=("cited",),
        checks=(cited("Harshman (1970)"),),
    ),
    Claim(
        id="spectral-components",
        title="Spectral methods with more components",
        place="Section 1.1",
        kinds=("run",),
        checks=(boxes.spectral_run,),
        note="The paper states it without a reference; the constant of this construction is poor.",
    ),
    Claim(
        id="mean-field-exponential",
        title="Mean-field analyses need exponential width",
        place="Section 1",
        kinds=("cited",),
        checks=(cited("Chizat and Bach (2018); Wei et al. (2019)"),),
    ),
    Claim(
        id="carbery-wright",
        title="Anti-concentration of Gaussian polynomials",
        place="Section 5.2, Lemma 6",
        kinds=("cited",),
        checks=(cited("Carbery and Wright (2001)"),),
    ),
)
