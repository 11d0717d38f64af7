"""Claims of Section 3: the objective, and the three obstacles to descending it."""

from tdbook.ledger import section3_landscape, section3_lazy
from tdbook.ledger.mechanism import Claim

CLAIMS = (
    Claim(
        id="loss-gram",
        title="The losses through inner products",
        place="Sections 1 and 3, equations (1) and (2)",
        statement=r"$\|\sum_ic_iu_i^{\otimes l}-\sum_sc^*_s{u^*_s}^{\otimes l}\|_F^2=\sum_{ij}c_ic_j\langle u_i,u_j\rangle^l"
        r"-2\sum_{is}c_ic^*_s\langle u_i,u^*_s\rangle^l+\sum_{st}c^*_sc^*_t\langle u^*_s,u^*_t\rangle^l$: nothing of size "
        r"$d^l$ is ever needed.",
        kinds=("symbolic", "exact"),
        rests_on=("tensor-inner",),
        chapter="02-objective",
    ),
    *section3_lazy.CLAIMS,
    *section3_landscape.CLAIMS,
)
