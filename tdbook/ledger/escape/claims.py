"""Claims of Section 5 on how a fresh component leaves a bad region: Lemmas 5 to 9 and 1."""

from __future__ import annotations

from tdbook.ledger.claims import Claim
from tdbook.ledger.escape import chance, epoch, explicit, growth, inside, outside
from tdbook.ledger.evidence import proofs_of

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
        id="lemma7",
        title="Lemma 7: a good component grows",
        place="Section 5.2, Lemma 7",
        kinds=("symbolic", "bound", "run"),
        checks=(proofs_of("lemma7"), growth.lemma7_bound, growth.leak_bound, growth.lemma7_run),
        rests_on=("gradient", "lemma5"),
        note=r"The paper does not say that $\lambda$ must be below $\frac12\rho_0\tau$; with $\lambda>\rho_0\tau$ the component shrinks. From "
        r"$\|P_Su\|\ge c\delta/\sqrt d$ and Lemma 5, $\rho_0\ge\min(0.99c,\sqrt3/2)^{l-2}$ while it grows.",
    ),
    Claim(
        id="lemma8",
        title="Lemma 8: turning does not spoil the correlation",
        place="Section 5.2, Lemma 8",
        kinds=("bound", "run"),
        checks=(growth.lemma8_constants, growth.lemma8_bound, growth.lemma8_run),
        rests_on=("lemma5",),
        note=r"The step condition is missing in the paper. By Lemma 5, $\Lambda\le\delta\cdot\mathrm{poly}(d)$ as printed, if $\|P_Su\|\ge c\delta/\sqrt d$.",
    ),
    Claim(
        id="telescoping",
        title="The telescoping display",
        place="Section 5.2",
        kinds=("symbolic", "run"),
        checks=(proofs_of("telescoping"), growth.telescoping_run),
        note="The paper leaves out the sign $a$ on the right; for $a=-1$ its display is false.",
    ),
    Claim(
        id="lemma9",
        title="Lemma 9: moving T costs loss",
        place="Section 5.2, Lemma 9",
        kinds=("bound", "run"),
        checks=(epoch.lemma9_constants, epoch.lemma9_bound, epoch.lemma9_run),
        rests_on=("lemma3", "norm-bound"),
    ),
    Claim(
        id="lemma1",
        title="Lemma 1: an epoch escapes with constant probability",
        place="Section 5, Lemma 1",
        kinds=("bound", "measured"),
        checks=(epoch.lemma1_bound, inside.lemma1_inside, epoch.lemma1_measured),
        rests_on=("lemma5", "lemma6", "lemma7", "lemma8", "lemma9", "telescoping", "initial-share", "residual-in-span"),
        note=r"$r$ enters through $s=\dim S$ only. The condition on $m$ is not printed, and without it the statement is false; the paper takes $\frac16$ from "
        r"the theorem of Carbery and Wright, and lemma6-explicit has a constant for it.",
    ),
)
