"""Claims on Theorem 3, the steps of its proof and its bookkeeping; it belongs to Section 4 and rests on Section 5."""

from __future__ import annotations

from tdbook.ledger.claims import Claim
from tdbook.ledger.evidence import proofs_of
from tdbook.ledger.theorem3 import constants, runs, steps

CLAIMS = (
    Claim(
        id="thm3",
        title="Theorem 3",
        place="Section 4, Theorem 3",
        kinds=("bound", "measured"),
        checks=(constants.conditions_bound, runs.success_measured),
        rests_on=(
            "lemma1",
            "lemma2",
            "walk",
            "residual-in-span",
            "component-in-span",
            "loss-bounded",
            "thm3-solvable",
            "exponents",
        ),
        note=r"A statement about the best epoch, not the last; $r$ enters through $s$ only; the printed $r^{2.5t}$ is $r^{2.5l}$. The pair $(\gamma,p)$ may be "
        r"either of lemma6-explicit: with $p=\frac15$ it does not depend on $d$, and no unspecified constant is left. The practical settings are outside the "
        r"theorem: the chapter says which conditions they keep.",
    ),
    Claim(
        id="walk",
        title="Enough epochs",
        place="Section 5",
        kinds=("bound",),
        checks=(steps.walk_bound,),
        note="The paper joins Lemmas 1 and 2 to Theorem 3 in a sentence. Independence of the epochs is not needed.",
    ),
    Claim(
        id="residual-in-span",
        title="The residual lies nearly in S",
        place="Section 5.2",
        kinds=("bound",),
        checks=(steps.residual_bound,),
        rests_on=("lemma5",),
        note="The paper says that $T$ lies almost entirely in $S$; this says how nearly.",
    ),
    Claim(
        id="component-in-span",
        title="A component that has grown lies nearly in S",
        place="Section 5.2",
        kinds=("run",),
        checks=(steps.component_run,),
        rests_on=("lemma5",),
    ),
    Claim(
        id="loss-bounded",
        title="What stays bounded in a run",
        place="Section 5",
        kinds=("bound", "run"),
        checks=(steps.bounded_bound, steps.bounded_run),
        rests_on=("lemma2", "norm-bound", "switch-count"),
        note=r"The paper assumes $f\le10$ in Lemma 3 and a constant elsewhere.",
    ),
    Claim(
        id="thm3-solvable",
        title="The conditions of Theorem 3 can be met at all sizes",
        place="Section 4, Theorem 3",
        kinds=("bound",),
        checks=(constants.solvable_bound,),
    ),
    Claim(
        id="thm3-settled",
        title="Fewer components, if the epoch waits for a small gradient",
        place="beyond the paper",
        kinds=("bound",),
        checks=(constants.settled_bound,),
        rests_on=("thm3", "lemma3", "lemma4-exact"),
        note="It changes the length of an epoch, and nothing else, in Algorithm 1. Nobody can run these constants either.",
    ),
    Claim(
        id="exponents",
        title="The bookkeeping of exponents",
        place="Section 5",
        kinds=("symbolic",),
        checks=(proofs_of("exponents"),),
    ),
)
