"""Claims on real descent at a large output scale."""

from __future__ import annotations

from tdbook.ledger.claims import Claim
from tdbook.ledger.evidence import cited, proofs_of
from tdbook.ledger.lazydescent import convergence, runs

CLAIMS = (
    Claim(
        id="lazy-gd",
        title="Gradient descent at a large output scale is lazy",
        place="Section 3.1",
        kinds=("run",),
        checks=(runs.check_descent_follows,),
        rests_on=("tangent-gram",),
        note=r"Section 3.2 says that lazy training is what an initialisation of large norm gives. It also takes $T_0\approx0$; and "
        r"the exponent 2 is owed to the pairing: with $T_0$ subtracted by other means the gap is of order $1/\alpha$.",
    ),
    Claim(
        id="lazy-convergence",
        title="Lazy gradient descent converges with enough columns",
        place="Abstract, Section 1",
        kinds=("symbolic", "exact", "run", "measured", "cited"),
        checks=(
            proofs_of("lazy-convergence"),
            convergence.check_mean_speeds,
            convergence.check_descent_arrives,
            convergence.check_random_columns,
            cited(
                "the matrix Chernoff bound, for random columns only: Tropp, User-friendly tail bounds for sums of random "
                "matrices, Found. Comput. Math. 12 (2012)"
            ),
        ),
        rests_on=("lazy-threshold", "thm1-spectrum"),
        note=r"The paper says that $m=\Omega(d^{l-1})$ is enough and refers to the neural tangent kernel. The proof is in the "
        r"chapter. How large $\alpha$ must be depends on $\sigma$, which is tiny for some starts near the threshold.",
    ),
    Claim(
        id="lazy-plateau",
        title="The lazy floor is a plateau",
        place="beyond the paper",
        kinds=("run",),
        checks=(runs.check_collapse, runs.check_floor_of_present_columns),
        rests_on=("lazy-gd",),
        note="Checked on runs, not proved. How long the plateau is depends on the target and on the start.",
    ),
)
