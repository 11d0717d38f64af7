"""Claims of Section 5.1: the loss hardly rises."""

from __future__ import annotations

from tdbook.ledger.claims import Claim
from tdbook.ledger.evidence import proofs_of
from tdbook.ledger.rise import epoch, steps

CLAIMS = (
    Claim(
        id="lemma3",
        title="Lemma 3: a step goes down",
        place="Section 5.1, Lemma 3",
        kinds=("bound", "run"),
        checks=(
            steps.curvature_bound,
            steps.lemma3_constants,
            steps.lemma3_bound,
            steps.radial_bound,
            steps.lemma3_run,
        ),
        rests_on=("projection",),
        note=r"The paper gives no constants. With a plain regulariser $\lambda\|u\|^2$ the statement is false. At practical step "
        r"sizes $\eta=1/l^2$ the condition $\eta\le1/(lM)$ is hardly ever met, though the inequality nearly always is.",
    ),
    Claim(
        id="lemma4",
        title="Lemma 4: removing the smallest component",
        place="Section 5.1, Lemma 4",
        kinds=("bound", "run"),
        checks=(epoch.lemma4_constants, epoch.lemma4_bound, epoch.lemma4_run),
        rests_on=("norm-bound", "lemma4-exact"),
        note=r"The printed $O(1/(\lambda m))$ needs $f=O(1)$, $\lambda m$ bounded from below and $\delta$ small. At sizes one can run it exceeds the whole loss and "
        r"says nothing: there the exact cost is what explains the algorithm. The hypothesis $f\ge\varepsilon^2$ is not needed "
        r"with the terms in $\delta$ written out ($\|R\|\ge\varepsilon$ would give only $f\ge\varepsilon^2/2$).",
    ),
    Claim(
        id="lemma4-exact",
        title="What removing a component costs",
        place="beyond the paper",
        kinds=("symbolic",),
        checks=(proofs_of("lemma4-exact"), epoch.removal_run),
        rests_on=("gradient",),
    ),
    Claim(
        id="lemma2",
        title="Lemma 2: an epoch hardly raises the loss",
        place="Section 5.1, Lemma 2",
        kinds=("bound", "run"),
        checks=(epoch.lemma2_constants, epoch.lemma2_bound, epoch.lemma2_order, epoch.lemma2_run),
        rests_on=("lemma3", "lemma4", "switch-count"),
        note=r"The hypothesis $f\ge\varepsilon^2$ of the paper is not needed with the terms in $\delta$ written out. "
        r"$\|u^\prime\|\le4\sqrt{m+K}\,\delta$ where a step at most doubles a column, as it does for $\eta\le1/(lM)$ with the largest $\bar\kappa_i$ in $M$.",
    ),
)
