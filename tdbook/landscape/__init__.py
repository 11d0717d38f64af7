"""Sections 3.2 and 3.3: the saddle at zero, the bad local minima, and how descent leaves or does not leave them."""

from tdbook.landscape.algorithm import TrapRun, algorithm_from_trap
from tdbook.landscape.descent import OUTCOMES, Outcomes, orthogonal_target, plain_descent
from tdbook.landscape.level_path import LevelPath, level_path
from tdbook.landscape.perturbed import Descent, PerturbationCounts, descend, lowest_within, perturb
from tdbook.landscape.targets import (
    TERMS,
    arrows_minimum,
    check_dimension,
    missing_direction,
    mixed_sign_target,
    nodes,
    three_arrows,
    trap_decomposition,
    trap_target,
)
from tdbook.landscape.traps import Trap, homogeneous_trap, mixed_sign_trap, vanilla_trap
from tdbook.landscape.zero import MODELS, escape_path, escape_steps, escape_time

__all__ = [
    "MODELS",
    "OUTCOMES",
    "TERMS",
    "Descent",
    "LevelPath",
    "Outcomes",
    "PerturbationCounts",
    "Trap",
    "TrapRun",
    "algorithm_from_trap",
    "arrows_minimum",
    "check_dimension",
    "descend",
    "escape_path",
    "escape_steps",
    "escape_time",
    "homogeneous_trap",
    "level_path",
    "lowest_within",
    "missing_direction",
    "mixed_sign_target",
    "mixed_sign_trap",
    "nodes",
    "orthogonal_target",
    "perturb",
    "plain_descent",
    "three_arrows",
    "trap_decomposition",
    "trap_target",
    "vanilla_trap",
]
