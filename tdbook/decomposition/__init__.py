"""Decompositions with few components: what the field's methods can do, and Algorithm 1 among them.

``waring`` (pipeline.py) takes them in order where the entries are exact (exact_entries.py), and looks for the best fit
where they carry noise (noisy_entries.py). Each method is a module: flattenings and lower bounds (flattening.py), the
pencil (pencil.py), the subspace power method (power_method.py), Koszul-Young flattenings (koszul_young.py),
Levenberg-Marquardt (levenberg_marquardt.py), local search (local_search.py), fits to noise (noise.py). They work on
the target in its own span (core.py). Alternating least squares (als.py) stands apart: what it needs more components
for is the subject of a chapter. ``decompose`` (approximate.py) runs Algorithm 1 and, on request, refines what it found
(refinement.py): merge (merging.py), then Levenberg-Marquardt from the heaviest directions.
"""

from tdbook.decomposition.approximate import decompose, refined
from tdbook.decomposition.call import EXACT
from tdbook.decomposition.exact_entries import METHODS
from tdbook.decomposition.flattening import rank_lower_bound
from tdbook.decomposition.lbfgs import local_search
from tdbook.decomposition.merging import largest_angle, merge
from tdbook.decomposition.noise import StandardErrors
from tdbook.decomposition.pipeline import waring
from tdbook.decomposition.polish import polish
from tdbook.decomposition.refinement import Refinement, refine_tensor
from tdbook.decomposition.result import Decomposition

__all__ = [
    "EXACT",
    "METHODS",
    "Decomposition",
    "Refinement",
    "StandardErrors",
    "decompose",
    "largest_angle",
    "local_search",
    "merge",
    "polish",
    "rank_lower_bound",
    "refine_tensor",
    "refined",
    "waring",
]
