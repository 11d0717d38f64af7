"""Decompositions with few components: what the field's methods can do, and Algorithm 1 among them.

``waring`` (pipeline.py) takes them in order where the entries are exact (exact_entries.py), and looks for the best fit
where they carry noise (noisy_entries.py). Each method is a module: flattenings and lower bounds (flattening.py), the
pencil (pencil.py), the subspace power method (power_method.py), Koszul-Young flattenings (koszul_young.py),
Levenberg-Marquardt (levenberg_marquardt.py), local search (local_search.py), fits to noise (noise.py). They work on
the target in its own span (core.py). Alternating least squares (als.py) stands apart: what it needs more components
for is the subject of a chapter.
"""

from tdbook.decomposition.call import EXACT
from tdbook.decomposition.exact_entries import METHODS
from tdbook.decomposition.noise import StandardErrors
from tdbook.decomposition.pipeline import waring
from tdbook.decomposition.polish import polish
from tdbook.decomposition.result import Decomposition
from tdbook.descent.refinement import merge

__all__ = ["EXACT", "METHODS", "Decomposition", "StandardErrors", "merge", "polish", "waring"]
