"""Decompositions with few components: what the field's methods can do, and Algorithm 1 among them.

``waring`` takes them in order (pipeline.py). Each method is a module: flattenings and lower bounds (flattening.py),
the pencil (pencil.py), the subspace power method (power_method.py), Koszul-Young flattenings (koszul_young.py),
Levenberg-Marquardt (levenberg_marquardt.py), local search (local_search.py), fits to noise (noise.py). These
work on the target in its own span (core.py) and on coordinates of Sym^n (symmetric_power.py). Alternating least squares
(als.py) stands apart: what it needs more components for is the subject of a chapter.
"""

from tdbook.decomposition.noise import StandardErrors
from tdbook.decomposition.pipeline import EXACT, METHODS, waring
from tdbook.decomposition.polish import normalized, polish
from tdbook.decomposition.result import Decomposition
from tdbook.descent.refinement import merge

__all__ = ["EXACT", "METHODS", "Decomposition", "StandardErrors", "merge", "normalized", "polish", "waring"]
