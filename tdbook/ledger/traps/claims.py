"""Claims of Section 3.3: the bad local minima."""

from __future__ import annotations

from tdbook.ledger.claims import Claim
from tdbook.ledger.evidence import proofs_of
from tdbook.ledger.traps import homogeneous, runs, vanilla

CLAIMS = (
    Claim(
        id="thm2",
        title="Theorem 2 by one identity",
        place="Section 3.3, Theorem 2",
        kinds=("symbolic", "exact", "bound", "run"),
        checks=(
            proofs_of("thm2"),
            vanilla.check_identity_in_fractions,
            vanilla.check_routes_vanilla,
            vanilla.check_certified_vanilla,
            runs.check_descent_returns,
        ),
        rests_on=("loss-gram", "thm2-rank"),
        note=r"Printed: missing directions $1\le j\le r+1$, for $2\le j\le r+1$; “plus its $\binom l2$ permutations” means "
        r"$\binom l2$ terms in all; $\|T^*\|^2=1+r\binom l2$, not 1; this $r$ is not the rank of $T^*$.",
    ),
    Claim(
        id="thm2-hessian",
        title="The Hessian at the bad minimum",
        place="Section 3.3",
        kinds=("exact",),
        checks=(vanilla.check_hessian_in_fractions, vanilla.check_spectra_by_differences),
        rests_on=("thm2",),
    ),
    Claim(
        id="thm2-rank",
        title="The rank of the trap's target",
        place="Section 3.3",
        kinds=("exact",),
        checks=(vanilla.check_decompositions,),
        rests_on=("tensor-inner",),
        note=r"Theorem 2 therefore holds with $m\ge r(l-1)+1$ in place of $m\ge r(l+1)+1$.",
    ),
    Claim(
        id="thm2-not-strict",
        title="Not a strict minimum",
        place="Section 3.3",
        kinds=("exact", "run"),
        checks=(runs.check_level_path_in_fractions, runs.check_fall, runs.check_descent_from_the_path),
        rests_on=("thm2",),
        note=r"The printed account, shrink a component and then add a missing direction, works as it stands only for odd $l$.",
    ),
    Claim(
        id="thm2-homogeneous",
        title="The bad minimum of the 2-homogeneous model",
        place="Section 3.3, Appendix B",
        kinds=("symbolic", "exact", "bound", "run", "measured"),
        checks=(
            proofs_of("thm2-homogeneous"),
            homogeneous.check_homogeneous_in_fractions,
            homogeneous.check_stationary,
            vanilla.check_spectra_by_differences,
            homogeneous.check_routes_homogeneous,
            homogeneous.check_certified_homogeneous,
            homogeneous.check_even_order_is_global,
            runs.check_algorithm_escapes,
            runs.check_escape_probability,
        ),
        rests_on=("thm2", "two-homogeneous"),
        note=r"The paper's Appendix B is not to be had; this is a reconstruction, with the regulariser.",
    ),
    Claim(
        id="thm2-mixed-signs",
        title="A bad minimum with both signs",
        place="Appendix B",
        kinds=("exact", "bound"),
        checks=(
            homogeneous.check_mixed_in_fractions,
            homogeneous.check_routes_mixed,
            homogeneous.check_certified_mixed,
        ),
        rests_on=("thm2-homogeneous",),
    ),
    Claim(
        id="re-z3",
        title="The trap in the plane",
        place="beyond the paper",
        kinds=("exact", "run"),
        checks=(homogeneous.check_arrows_in_fractions, runs.check_global_minimum_is_reached),
        rests_on=("thm2-homogeneous",),
    ),
    Claim(
        id="orthogonal-stuck",
        title="Exact parametrisation gets stuck",
        place="Section 1",
        kinds=("measured",),
        checks=(runs.check_stuck_fractions,),
        rests_on=("loss-gram",),
        note=r"Measured for $l=3,4$ and small $r$, with $c_i=1$ at the start. With $m=2r$ and $l=3$ the fraction is not zero.",
    ),
)
