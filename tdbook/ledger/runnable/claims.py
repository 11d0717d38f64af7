"""The claims of the chapter on constants that run: a relative of Algorithm 1, beyond the paper."""

from __future__ import annotations

from tdbook.ledger.claims import Claim
from tdbook.ledger.evidence import proofs_of
from tdbook.ledger.runnable import runs, steps

PLACE = "Beyond the paper"

CLAIMS = (
    Claim(
        id="one-column",
        title="One step of one column alone",
        place=PLACE,
        kinds=("symbolic", "bound"),
        checks=(proofs_of("one-column"), steps.check_one_column_bound),
        note="The growth of the correlation is the monotonicity of the shifted power method SS-HOPM (Kolda and Mayo), sharpened by the second inequality. The proof of "
        "that inequality uses that a function is convex, which the ledger tests and the chapter proves.",
    ),
    Claim(
        id="lucky-fall",
        title="One lucky epoch",
        place=PLACE,
        kinds=("symbolic", "bound", "run"),
        checks=(
            proofs_of("lucky-fall"),
            steps.check_lucky_fall_steps,
            steps.check_lucky_fall_draws,
            steps.check_any_draw,
        ),
        rests_on=("one-column",),
    ),
    Claim(
        id="one-column-theorem",
        title="One column at a time",
        place=PLACE,
        kinds=("bound", "run", "measured"),
        checks=(
            runs.check_conditions,
            runs.check_table_in_sum,
            runs.check_whole_runs,
            runs.check_law_of_a_draw,
            runs.check_looking,
            runs.check_other_variants,
        ),
        rests_on=("lucky-fall", "correlation-rms", "initial-share"),
        note="A greedy method, matching pursuit with atoms found by descent, and not Algorithm 1. Its proved rate is that of a random direction in $S$, which the descent "
        "only does not spoil; that it does far better is measured, not proved.",
    ),
    Claim(
        id="no-switch",
        title="One column at a time, nothing dropped",
        place=PLACE,
        kinds=("symbolic", "bound", "run"),
        checks=(proofs_of("no-switch"), runs.check_no_switch_leak, runs.check_no_switch_runs),
        rests_on=("one-column", "correlation-rms", "initial-share"),
        note=r"$\delta$ is $10^{-1000}$ and less: a theorem of exact arithmetic. In floats $10^{-16}$ takes its place, and the run shows no leak above that. Whether a "
        r"$\delta=\mathrm{poly}(\varepsilon,1/d)$ is enough is open.",
    ),
    Claim(
        id="random-pursuit",
        title="Random directions of the span",
        place=PLACE,
        kinds=("measured",),
        checks=(runs.check_pursuit_means,),
        rests_on=("correlation-rms",),
    ),
    Claim(
        id="merging",
        title="Fewer columns for the same tensor",
        place=PLACE,
        kinds=("run",),
        checks=(runs.check_merging,),
        rests_on=("sym-dim",),
    ),
)
