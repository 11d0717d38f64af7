"""Claims on the certificate of a decomposition."""

from tdbook.ledger.certificate import boxes, runs
from tdbook.ledger.claims import Claim
from tdbook.ledger.evidence import proofs_of

CLAIMS = (
    Claim(
        id="nuclear-norm",
        title="The regulariser is a nuclear norm",
        place="beyond the paper",
        kinds=("symbolic", "run"),
        checks=(
            proofs_of("nuclear-norm"),
            runs.certificate_of_runs,
            runs.one_solution,
            runs.growth_of_components,
        ),
        rests_on=("two-homogeneous", "gradient"),
        note="That the certificate holds at the end of a run is checked run by run, not proved: a run may also end in a bad local "
        "minimum, and then it does not hold.",
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
)
