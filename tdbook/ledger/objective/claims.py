"""Claims of Section 3: the objective, and what descent on it meets."""

from __future__ import annotations

from tdbook.ledger.claims import Claim
from tdbook.ledger.evidence import proofs_of
from tdbook.ledger.objective import gram, vanilla

CLAIMS = (
    Claim(
        id="loss-gram",
        title="The losses through inner products",
        place="Sections 1 and 3, equations (1) and (2)",
        kinds=("symbolic", "exact"),
        checks=(proofs_of("loss-gram"), gram.gram_exact),
        rests_on=("tensor-inner",),
    ),
    Claim(
        id="vanilla-gradient",
        title="Gradient of the vanilla loss",
        place="Section 3",
        kinds=("exact",),
        checks=(vanilla.gradient_exact,),
    ),
    Claim(
        id="vanilla-conserved",
        title="What descent conserves",
        place="beyond the paper",
        kinds=("run",),
        checks=(vanilla.conserved_run,),
        rests_on=("vanilla-gradient",),
    ),
    Claim(
        id="barrier",
        title="The barrier between two posts",
        place="beyond the paper",
        kinds=("exact",),
        checks=(vanilla.barrier_exact,),
    ),
    Claim(
        id="matrix-signs",
        title="What missing signs cost at order 2",
        place="Section 3.3",
        kinds=("bound",),
        checks=(vanilla.signs_bound,),
        note="The paper says that matrices have no bad local minima; the works that it cites have no coefficients of fixed sign.",
    ),
    Claim(
        id="matrix-no-traps",
        title="No bad minima for matrices",
        place="Section 3.3",
        kinds=("run",),
        checks=(vanilla.no_traps_run,),
        note="Without coefficients; with coefficients of fixed sign see matrix-signs.",
    ),
    Claim(
        id="border-rank",
        title="An infimum that is not attained",
        place="beyond the paper",
        kinds=("exact",),
        checks=(vanilla.border_exact,),
    ),
)
