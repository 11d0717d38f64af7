"""Claims of the chapter on the open question."""

from __future__ import annotations

from tdbook.ledger.claims import Claim
from tdbook.ledger.evidence import proofs_of
from tdbook.ledger.frontier import alternating, atoms, flow, spurious

_BEYOND = "beyond the paper"

CLAIMS = (
    Claim(
        id="orthogonal-spurious",
        title="Local minima of the sum of orthogonal cubes",
        place=_BEYOND,
        kinds=("symbolic", "exact", "bound"),
        checks=(
            proofs_of("orthogonal-spurious"),
            spurious.chain_in_fractions,
            spurious.nothing_lower_nearby,
            spurious.bound_at_random_points,
        ),
        rests_on=("tensor-inner",),
        note="The basins are tiny, so this says nothing about random starts. Above $r(r-1)/2$ these points are saddles; other local "
        "minima are not excluded there.",
    ),
    Claim(
        id="als-weak-term",
        title="Alternating least squares misses a weak term",
        place=_BEYOND,
        kinds=("exact", "run"),
        checks=(
            alternating.fourier_point,
            alternating.determinants_modulo_a_prime,
            alternating.finite_runs_modulo_a_prime,
            alternating.weak_coordinates_in_decimals,
            alternating.error_tends_to_the_weak_terms,
        ),
        note=r"Proved for $m=s^2$ only, with a $\tau_0$ that is not explicit. For other $m$ between $s$ and $s^2$ runs modulo a prime certify a "
        "finite number of sweeps.",
    ),
    Claim(
        id="als-bands",
        title="Four bands",
        place=_BEYOND,
        kinds=("measured",),
        checks=(alternating.bands, alternating.weak_against_equal),
        rests_on=("als-weak-term",),
        note="The band in the middle is measured, not explained.",
    ),
    Claim(
        id="als-deflation",
        title="Deflation cures it",
        place=_BEYOND,
        kinds=("run", "measured"),
        checks=(alternating.deflation_cures, alternating.redraws),
    ),
    Claim(
        id="coupons",
        title="Coupons",
        place=_BEYOND,
        kinds=("run", "measured"),
        checks=(flow.coupons_run_by_run, flow.coupon_chances),
        rests_on=("deflation",),
        note="Proved for a single column (the law of deflation); that several columns do not disturb one another is checked by runs.",
    ),
    Claim(
        id="emergence-times",
        title="When a term is found",
        place=_BEYOND,
        kinds=("run",),
        checks=(flow.emergence,),
        rests_on=("deflation",),
        note="Proved for a single column; the greedy pairing is measured.",
    ),
    Claim(
        id="opposite-powers",
        title="How many atoms two opposite powers take",
        place=_BEYOND,
        kinds=("symbolic", "exact", "bound"),
        checks=(
            proofs_of("opposite-powers"),
            atoms.weights_modulo_a_prime,
            atoms.certificates_at_random,
            atoms.atoms_by_linear_programming,
            atoms.orthogonal_pairs,
            atoms.shrunk_atoms_are_certified,
        ),
        rests_on=("nuclear-norm",),
    ),
    Claim(
        id="ring",
        title="A ring of atoms",
        place=_BEYOND,
        kinds=("symbolic", "exact", "bound"),
        checks=(proofs_of("ring"), atoms.ring_is_open, atoms.ring_form_on_the_sphere, atoms.many_decompositions),
        rests_on=("nuclear-norm",),
    ),
    Claim(
        id="late-rate",
        title="The end is slow",
        place=_BEYOND,
        kinds=("symbolic", "run"),
        checks=(proofs_of("late-rate"), flow.late_rates, flow.kept_quantity),
        note="Derived for the slow part of the flow; that the full flow follows it is checked by runs, not proved.",
    ),
    Claim(
        id="mixture-log-d",
        title="Two orders together",
        place=_BEYOND,
        kinds=("measured",),
        checks=(flow.two_orders,),
    ),
)
