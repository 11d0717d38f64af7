"""Claims of Section 5.2 on a fresh component: nothing grows outside the span, and a good direction is likely."""

from __future__ import annotations

from tdbook.ledger.claims import Claim
from tdbook.ledger.evidence import cited, proofs_of
from tdbook.ledger.fresh import chance, explicit, outside

CLAIMS = (
    Claim(
        id="lemma5",
        title="Lemma 5: the mass outside S never grows",
        place="Section 5.2, Lemma 5",
        kinds=("symbolic", "bound", "run"),
        checks=(proofs_of("lemma5"), outside.lemma5_bound, outside.in_total_only, outside.lemma5_run),
        rests_on=("gradient", "lemma5-identity"),
        note=r"The paper states no condition on the step; $\eta l(N^2+\lambda)\le2$ is enough, as $\|Q\|\le N^2+\lambda$.",
    ),
    Claim(
        id="lemma5-identity",
        title="Why the gradient is frozen",
        place="Section 5.2",
        kinds=("symbolic", "exact"),
        checks=(proofs_of("lemma5-identity"), outside.identity_exact),
        rests_on=("gradient",),
    ),
    Claim(
        id="correlation-rms",
        title="The size of a random correlation",
        place="Section 5.2",
        kinds=("symbolic", "measured"),
        checks=(proofs_of("correlation-rms"), chance.rms_measured),
        rests_on=("thm1-spectrum",),
    ),
    Claim(
        id="lemma6",
        title="Lemma 6: the chance of a good direction",
        place="Section 5.2, Lemma 6",
        kinds=("bound", "measured"),
        checks=(chance.lemma6_bound, chance.kurtosis_exact, chance.lemma6_measured),
        rests_on=("correlation-rms",),
        note=r"The paper takes its $\frac15$ from the theorem of Carbery and Wright, whose constant is not explicit; the claim lemma6-explicit has one.",
    ),
    Claim(
        id="lemma6-explicit",
        title="Lemma 6 with the printed probability, and a sharper one",
        place="Section 5.2, Lemma 6",
        kinds=("exact", "bound"),
        checks=(explicit.kernel_exact, explicit.strength_bound, explicit.plane_bound),
        rests_on=("correlation-rms",),
        note=r"The first inequality uses that the square of a form of degree $l$ is at most $N$ times its mean on the sphere; the second the inequality of "
        r"Nazarov, Sodin and Volberg (2002; Fradelizi 2009) for log-concave measures, which is cited.",
    ),
    Claim(
        id="carbery-wright",
        title="Anti-concentration of Gaussian polynomials",
        place="Section 5.2, Lemma 6",
        kinds=("cited",),
        checks=(cited("Carbery and Wright (2001)"),),
    ),
)
