"""Claims of Section 5 on how a fresh component leaves a bad region: Lemmas 7 to 9 and 1."""

from __future__ import annotations

from tdbook.ledger.claims import Claim
from tdbook.ledger.escape import epoch, growth, inside
from tdbook.ledger.evidence import proofs_of

CLAIMS = (
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
