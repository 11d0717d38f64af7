"""One good call of each public function, from which hostile calls are made; and what is left out, with the reason."""

from __future__ import annotations

import dataclasses
import inspect

import numpy as np

from tdbook import beyond, decomposition, descent, experiments, landscape, lazy, objectives, statistics, tensors
from tdbook.beyond import mixture, networks
from tdbook.descent import Settings, coordinates, fresh_first, practical_settings
from tdbook.landscape import algorithm, perturbed
from tdbook.landscape import descent as stuck
from tdbook.landscape import targets as trap_targets
from tdbook.landscape import zero as escape
from tdbook.lazy import converging as lazy_converging
from tdbook.lazy import descent as lazy_descent
from tdbook.lazy import moments as lazy_moments
from tdbook.lazy import rank as lazy_rank
from tdbook.lemmas import chance, outside, rise, runnable, theorem3
from tdbook.lemmas import escape as escaping
from tdbook.objectives import Parameters
from tdbook.tables import prefixes as lazy_table
from tdbook.tensors import DenseSymmetric, SymmetricCP, random_target, sources
from tests.support.hostile import Example

d, m, order = 4, 3, 3
rng = np.random.default_rng(5)
TARGET = random_target(d, 2, order, rng=0)
DENSE = DenseSymmetric(TARGET.to_dense())
U = rng.standard_normal((d, m))
V = rng.standard_normal((d, m))
SIGNS = np.array([1.0, -1.0, 1.0])
POINT = Parameters(U, SIGNS, np.array([0.5, 1.5, 1.0]), np.array([1.0, 0.7, 2.0]))
TIED = Parameters.two_homogeneous(U, SIGNS)
SETTINGS = Settings(
    dimension=d,
    components=m,
    epochs=2,
    iterations=5,
    step_size=0.1,
    init_scale=0.01,
    regularization=0.01,
    accuracy=0.05,
)
STATE = descent.initialize(SETTINGS, np.random.default_rng(0))
GRADIENT = descent.exact_gradient(TARGET, 0.01)
NEXT = descent.step(STATE, GRADIENT, SETTINGS)
EPOCH = rise.one_epoch(STATE, TARGET, SETTINGS, 0)
GENERATOR = np.random.default_rng(0)
BASIS = TARGET.span()
PLAN = dataclasses.replace(runnable.guaranteed(d, 2, order, 0.1), epochs=1, components=1)
VANILLA = landscape.vanilla_trap(3, 1, 4, 3)
TRAP = landscape.homogeneous_trap(3, 1, 3, 3, 0.1)
RUN = descent.run(TARGET, SETTINGS)
START = lazy_descent.paired_start(d, 2)
LINE = lazy_descent.linearise(START, TARGET)
CELL = experiments.grid(components=4, seed=0, epochs=1, iterations=5)[0]
OUTCOMES = [experiments.measure(dataclasses.replace(CELL, seed=seed)) for seed in range(2)]
MIXTURE = mixture.Mixture({2: 0.5, 3: 0.5}, np.array([1.0, 0.5]), TARGET.factors)
CERTIFICATE = beyond.certify(TARGET, TARGET, 0.1, fineness=20, starts=3)
X = rng.standard_normal((20, d))
NETWORK = dataclasses.replace(networks.network_settings(TARGET, m, 3), dimension=d)
SPHERE = tensors.random_unit_vectors(d, 5, np.random.default_rng(1))
LONG = ("iterations", "epochs")

point = {"parameters": POINT, "target": TARGET, "regularization": 0.1}
stepping = {**point, "step_size": 0.05}
state = {"state": STATE, "settings": SETTINGS}

EXAMPLES = [
    # ground
    Example(SymmetricCP, {"weights": SIGNS, "factors": U, "order": 3}),
    Example(DenseSymmetric, {"array": TARGET.to_dense()}),
    *(Example(getattr(tensor, name), {"U": U}) for tensor in (TARGET, DENSE) for name in ("contract", "evaluate")),
    *(Example(tensor.curvature, {"U": U, "V": V}) for tensor in (TARGET, DENSE)),
    *(
        Example(getattr(tensor, name), {"other": TARGET})
        for tensor in (TARGET, DENSE)
        for name in ("inner", "distance")
    ),
    *(Example(tensor.scaled, {"factor": 2.0}) for tensor in (TARGET, DENSE)),
    Example(random_target, {"dimension": 4, "rank": 3, "order": 3, "kind": "generic", "rng": GENERATOR}),
    # objectives
    Example(Parameters, {"U": U, "a": SIGNS, "c": POINT.c, "c_hat": POINT.c_hat}),
    Example(Parameters.two_homogeneous, {"U": U, "a": SIGNS, "kappa": 1.0}),
    Example(objectives.model, {"parameters": POINT, "order": 3}),
    Example(objectives.regularizer, {"parameters": POINT, "order": 3}),
    Example(objectives.residual_contraction, {"parameters": POINT, "target": TARGET}),
    *(Example(f, point) for f in (objectives.loss, objectives.frozen_gradient, objectives.tied_gradient)),
    Example(objectives.hessian_form, {**point, "V": V}),
    Example(objectives.vanilla_model, {"U": U, "c": SIGNS, "order": 3}),
    Example(objectives.vanilla_loss, {"U": U, "c": SIGNS, "target": TARGET}),
    Example(objectives.vanilla_gradient, {"U": U, "c": SIGNS, "target": TARGET}),
    # sources
    Example(sources.from_polynomial, {"coefficients": {(2, 1): 3.0}}),
    Example(sources.polarized, {"coefficients": {(2, 1): 3.0}}),
    Example(sources.cp_polynomial, {"coefficients": {(2, 1): 3.0}}),
    Example(
        sources.rational_powers,
        {"tensor": SymmetricCP([1.0, 1.0], np.eye(2), 3), "coefficients": {(3, 0): 1, (0, 3): 1}, "largest": 12},
    ),
    Example(sources.from_samples, {"X": X, "order": 3, "centered": False, "noise": 0.0}),
    Example(sources.principal_space, {"X": X, "count": 2}),
    Example(sources.whitening, {"X": X, "count": 2}),
    Example(sources.mixture_centres, {"atoms": TARGET, "second": random_target(d, 2, 2, rng=0)}),
    # descent
    Example(Settings, dataclasses.asdict(dataclasses.replace(SETTINGS, boost=2.0))),
    Example(
        practical_settings,
        {
            "target": TARGET,
            "components": 4,
            "accuracy": 0.05,
            "epochs": 3,
            "iterations": 5,
            "step_size": 0.1,
            "init_scale": 0.01,
            "regularization": 0.01,
            "literal": False,
            "dimension": d,
        },
    ),
    Example(
        decomposition.decompose,
        {
            "target": TARGET,
            "components": 4,
            "accuracy": 0.05,
            "rng": GENERATOR,
            "epochs": 2,
            "iterations": 5,
            "step_size": 0.1,
            "init_scale": 0.01,
            "regularization": 0.01,
            "literal": False,
            "refine": False,
            "progress": False,
        },
    ),
    Example(descent.run, {"target": TARGET, "settings": SETTINGS, "rng": GENERATOR, "trace": True}),
    Example(
        descent.run,
        {
            "target": random_target(2, 2, 3, rng=0),
            "settings": dataclasses.replace(SETTINGS, dimension=50),
            "rng": GENERATOR,
            "trace": True,
            "space": descent.InLaw,
        },
        kept=("space",),
    ),
    Example(descent.BufferedLoop, {"target": TARGET, "settings": SETTINGS, "every": 2}),
    Example(descent.PlainLoop, {"gradient": GRADIENT, "settings": SETTINGS}, kept=("gradient",)),
    Example(descent.iterate, {"target": TARGET, "settings": SETTINGS, "rng": GENERATOR}),
    Example(descent.initialize, {"settings": SETTINGS, "rng": GENERATOR}),
    Example(descent.reinitialize, {**state, "rng": GENERATOR, "column": 1}),
    Example(descent.step, {**state, "gradient": GRADIENT}, kept=("gradient",)),
    Example(GRADIENT, {"parameters": POINT}),
    Example(decomposition.refined, {"result": RUN, "target": TARGET}),
    # coordinates
    Example(coordinates.Ambient, {"target": TARGET, "components": m, "rng": GENERATOR}),
    Example(coordinates.Lossless, {"target": TARGET, "components": 2, "rng": GENERATOR}),
    Example(coordinates.InLaw, {"target": TARGET, "components": m, "rng": GENERATOR, "dimension": 50}),
    Example(coordinates.choose, {"target": TARGET, "components": m, "rng": GENERATOR}),
    Example(coordinates.core_in_law, {"dimension": 50, "rank": 3, "order": 3, "kind": "generic", "rng": GENERATOR}),
    # the lazy span
    Example(lazy.checked_start, {"U": U}),
    Example(lazy.coordinates, {"V": V, "order": 3}),
    Example(lazy.tangent_matrix, {"U": U, "order": 3}),
    Example(lazy.tangent_gram, {"U": U, "order": 3}),
    Example(lazy.moment_gram, {"U": U, "order": 3}),
    Example(lazy.lazy_errors, {"U": U, "order": 3}, infinite=True),  # least_kept where nothing was kept
    Example(lazy.lazy_error, {"U": U, "order": 3, "route": "auto"}),
    Example(lazy.lazy_error, {"U": U, "order": 3, "route": "gram"}),
    Example(lazy.squared_errors, {"U": U, "order": 3, "points": SPHERE}),
    Example(lazy.expected_displacement, {"U": U, "order": 3}),
    Example(tensors.symmetric_dimension, {"dimension": 4, "order": 3}),
    Example(lazy_moments.moment_matrix, {"dimension": 4, "order": 3}),
    Example(lazy_moments.moment_spectrum, {"dimension": 4, "order": 3}),
    Example(lazy_moments.flatness, {"dimension": 4, "order": 3}),
    Example(lazy_converging.mean_speeds, {"dimension": 4, "order": 3}),
    Example(lazy_converging.columns_enough, {"dimension": 4, "order": 3, "chance": 0.1}),
    Example(lazy_moments.error_bounds, {"dimension": 4, "order": 3, "rank": 5}),
    Example(lazy_moments.components_forced, {"dimension": 4, "order": 3, "error": 0.1}),
    Example(lazy_rank.lazy_threshold, {"dimension": 4, "order": 3}),
    Example(lazy_rank.expected_rank, {"dimension": 4, "order": 3, "components": 2}),
    Example(lazy_rank.integer_tangents, {"U": np.arange(6).reshape(3, 2) + 1, "order": 3}),
    Example(lazy_rank.tangent_ranks, {"dimension": 3, "order": 3, "components": 2, "rng": GENERATOR}),
    Example(lazy_rank.rank_of, {"U": np.arange(6).reshape(3, 2) + 1, "order": 3}),
    Example(lazy_rank.exceptional_certificate, {"dimension": 5, "order": 3, "rng": GENERATOR}),
    Example(lazy_table.random_prefixes, {"dimension": 3, "order": 3, "components": 2, "seed": 0}, infinite=True),
    Example(lazy_descent.Start, {"U": U, "c": SIGNS}),
    Example(START.model, {"scale": 2.0, "order": 3}),
    Example(lazy_descent.paired_start, {"dimension": 4, "pairs": 2, "rng": GENERATOR}),
    Example(lazy_descent.shifted_target, {"start": START, "target": TARGET, "scale": 2.0}),
    Example(lazy_descent.linearise, {"start": START, "target": TARGET}),
    Example(LINE.loss, {"scale": 2.0, "step_size": 0.1, "steps": np.array([0, 3])}),
    Example(LINE.floor, {"scale": 2.0}),
    Example(LINE.displacement, {"scale": 2.0, "step_size": 0.1, "steps": 3}),
    Example(LINE.tensor, {"scale": 2.0, "step_size": 0.1, "steps": 3}),
    Example(
        lazy_descent.lazy_descent,
        {"start": START, "target": TARGET, "scale": 2.0, "steps": np.array([1, 3]), "step_size": 0.1, "gaps": True},
        missing=True,
    ),
    # landscape
    Example(landscape.vanilla_trap, {"order": 3, "r": 1, "components": 4, "dimension": 3}),
    Example(
        landscape.homogeneous_trap,
        {"order": 3, "r": 1, "components": 3, "dimension": 3, "regularization": 0.1, "shares": np.ones(3)},
    ),
    Example(
        landscape.mixed_sign_trap,
        {"order": 4, "r": 1, "components": 4, "dimension": 3, "regularization": 0.1, "shares": np.ones(4)},
    ),
    *(
        Example(getattr(trap, name), {"U": trap.U + 0.1, "c": trap.c})
        for trap in (VANILLA, TRAP)
        for name in ("loss", "rise", "in_cone", "gradient")
    ),
    Example(TRAP.hessian, {"tied": True, "step": 1e-3}),
    Example(TRAP.spectrum, {"tied": True}),
    Example(landscape.level_path, {"trap": VANILLA, "points": 5, "flip": True}),
    Example(trap_targets.nodes, {"order": 4, "terms": "short"}),
    Example(trap_targets.missing_direction, {"order": 4, "terms": "short"}),
    Example(trap_targets.trap_decomposition, {"order": 4, "r": 2, "terms": "short"}),
    Example(trap_targets.trap_target, {"order": 4, "r": 2, "dimension": 4, "terms": "paper"}),
    Example(trap_targets.mixed_sign_target, {"order": 4, "r": 2, "dimension": 4}),
    Example(trap_targets.check_dimension, {"dimension": 4, "r": 2, "poles": 1}, kept=("poles",)),
    Example(trap_targets.three_arrows, {"r": 1, "dimension": 2}),
    Example(trap_targets.arrows_minimum, {"r": 1, "regularization": 0.1}),
    Example(
        escape.escape_time,
        {
            "target": TARGET,
            "scale": 0.1,
            "model": "two-homogeneous",
            "components": 3,
            "regularization": 0.0,
            "rng": GENERATOR,
            "horizon": 5.0,
            "signs": SIGNS,
        },
        infinite=True,
    ),
    Example(
        escape.escape_path,
        {
            "target": TARGET,
            "scale": 0.1,
            "model": "two-homogeneous",
            "components": 3,
            "regularization": 0.0,
            "rng": GENERATOR,
            "horizon": 5.0,
            "fitted": 0.5,
        },
    ),
    Example(
        escape.escape_steps,
        {
            "target": TARGET,
            "scale": 0.1,
            "model": "vanilla",
            "components": 3,
            "regularization": 0.0,
            "rng": GENERATOR,
            "step_size": 0.05,
            "cap": 50,
        },
    ),
    Example(statistics.fitted_slope, {"x": np.arange(4.0), "y": rng.standard_normal((3, 4))}),
    Example(perturbed.perturb, {"trap": VANILLA, "radius": 0.1, "samples": 20, "rng": GENERATOR}),
    Example(perturbed.lowest_within, {"trap": TRAP, "radius": 0.1, "starts": 2, "steps": 3, "rng": GENERATOR}),
    Example(perturbed.descend, {"trap": TRAP, "U": TRAP.U + 0.1, "c": TRAP.c, "steps": 5, "step_size": 0.01}),
    Example(
        algorithm.algorithm_from_trap,
        {
            "trap": TRAP,
            "rng": GENERATOR,
            "reinitialize_component": True,
            "epochs": 2,
            "iterations": 5,
            "step_size": 0.01,
            "boost": 1.0,
            "nudge": 0.1,
            "stop": False,
        },
    ),
    Example(stuck.orthogonal_target, {"dimension": 3, "order": 3}),
    Example(
        stuck.plain_descent,
        {
            "target": TARGET,
            "components": 3,
            "starts": 2,
            "rng": GENERATOR,
            "step_size": 0.02,
            "size": 0.5,
            "cap": 60,
            "accuracy": 0.01,
            "tolerance": 1e-5,
            "random_signs": False,
        },
    ),
    # refinement
    Example(decomposition.merge, {"tensor": TARGET, "cosine": 0.97}),
    Example(decomposition.polish, {"start": TARGET, "target": TARGET}),
    Example(decomposition.rank_lower_bound, {"target": TARGET, "tolerance": 1e-10}),
    Example(decomposition.refine_tensor, {"tensor": TARGET, "target": TARGET, "goal": 1e-10}),
    Example(decomposition.local_search, {"target": TARGET, "components": 2, "rng": GENERATOR, "patient": False}),
    Example(decomposition.largest_angle, {"one": TARGET, "two": TARGET}),
    Example(sources.whitening, {"X": np.random.default_rng(5).standard_normal((8, 3)), "count": 2}),
    Example(decomposition.waring, {"target": TARGET, "rank": 2, "rng": GENERATOR, "seconds": 5.0}),
    # lemmas
    Example(rise.epochs, {"target": TARGET, "settings": SETTINGS, "rng": GENERATOR}),
    Example(rise.one_epoch, {"state": STATE, "target": TARGET, "settings": SETTINGS, "rng": GENERATOR}),
    *(Example(f, {"parameters": POINT, "order": 3}) for f in (rise.boosts, rise.weighted_norm)),
    Example(rise.curvature_constant, {"order": 3}),
    Example(rise.norm_bound, {**point, "parameters": TIED}),
    *(Example(f, stepping) for f in (rise.after_step, rise.smoothness, rise.lemma3, rise.descent_ratio)),
    *(Example(f, point) for f in (rise.largest_step, rise.removal_cost, outside.lemma5_identity)),
    Example(
        rise.lemma4,
        {"before": EPOCH.before, "after": EPOCH.states[0], "target": TARGET, "settings": SETTINGS, "exact": True},
        infinite=True,
    ),
    Example(rise.switch_bounds, {"before": STATE, "after": NEXT, "target": TARGET, "settings": SETTINGS}),
    Example(rise.lemma2, {"epoch": EPOCH, "target": TARGET, "settings": SETTINGS, "exact": False}, infinite=True),
    Example(outside.span_basis, {"target": TARGET}),
    Example(outside.outside_mass, {"parameters": POINT, "target": TARGET}),
    Example(outside.outside_matrix, {"parameters": POINT, "order": 3, "regularization": 0.1}),
    Example(outside.lemma5, stepping),
    Example(outside.lemma5_total, {**state, "target": TARGET}),
    Example(outside.component_outside, {**state, "target": TARGET, "j": 0}),
    Example(outside.residual_outside, {"parameters": POINT, "target": TARGET}),
    Example(theorem3.sufficient_scale, {"dimension": 10, "order": 3, "accuracy": 0.1, "strength": 0.1, "chance": 0.2}),
    Example(theorem3.largest_shares, {"order": 3, "base": 40.0}),
    Example(outside.projected_model, {"parameters": POINT, "order": 3, "basis": BASIS}),
    Example(escaping.correlation, {"parameters": POINT, "target": TARGET, "j": 1}),
    Example(escaping.lemma7_decomposition, {**point, "j": 1}),
    Example(escaping.lemma7, {**stepping, "j": 1}),
    Example(escaping.shift_step, {**point, "j": 1}),
    Example(escaping.lemma8, {**stepping, "j": 1}),
    Example(escaping.tensor_path, {"states": [STATE, NEXT], "order": 3}),
    Example(escaping.lemma9, {"epoch": EPOCH, "target": TARGET, "settings": SETTINGS}),
    Example(escaping.telescoping, {"states": [STATE, NEXT], "target": TARGET, "j": 1, "printed": False}),
    Example(escaping.lemma1, {"epoch": EPOCH, "target": TARGET, "settings": SETTINGS}),
    Example(escaping.bad_minimum, {"dimension": 3, "order": 3, "components": 3, "regularization": 0.1}),
    Example(chance.gaussian_moment, {"dimension": 4, "power": 3}),
    Example(chance.sphere_moment_bounds, {"dimension": 4, "order": 3}),
    Example(chance.anticoncentration, {"order": 3, "theta": 0.5, "dimension": 4}),
    Example(chance.lemma6_chance, {"residual": TARGET, "theta": 0.5, "count": 20, "rng": GENERATOR}),
    Example(chance.correlation_quantile, {"residual": TARGET, "chance": 0.2, "count": 20, "rng": GENERATOR}),
    Example(chance.hard_residual, {"dimension": 2, "order": 3, "rng": GENERATOR, "chance": 0.2, "rounds": 2}),
    Example(chance.fresh_share, {"dimension": 10, "span": 2, "share": 0.2}),
    Example(
        theorem3.plan,
        {"dimension": 10, "span": 2, "order": 3, "accuracy": 0.1, "strength": 0.1, "chance": 0.2, "components": 1e16},
    ),
    # beyond
    Example(beyond.sphere_grid, {"dimension": 2, "fineness": 10}),
    Example(beyond.sphere_values, {"tensor": TARGET, "points": SPHERE}),
    Example(beyond.largest_by_grid, {"tensor": random_target(3, 2, 3, rng=0), "fineness": 20}),
    Example(beyond.largest_by_ascent, {"tensor": TARGET, "starts": 3, "steps": 20, "rng": GENERATOR}),
    Example(beyond.nuclear_loss, {"tensor": TARGET, "target": TARGET, "regularization": 0.1}),
    Example(
        beyond.certify,
        {"tensor": TARGET, "target": TARGET, "regularization": 0.1, "fineness": 20, "starts": 3, "rng": GENERATOR},
        infinite=True,
    ),
    Example(CERTIFICATE.holds, {"tolerance": 0.01}),
    Example(
        beyond.violating_share,
        {"tensor": TARGET, "target": TARGET, "regularization": 0.1, "samples": 20, "rng": GENERATOR},
    ),
    Example(
        beyond.small_step_factors,
        {
            "strengths": np.array([1.0, 0.5]),
            "coordinates": np.array([0.6, 0.8]),
            "order": 3,
            "sign": -1.0,
            "step_size": 0.1,
            "regularization": 0.1,
            "kappa": 2.0,
        },
    ),
    *(
        Example(f, {"strengths": np.array([1.0, 0.5]), "coordinates": np.array([0.6, 0.8]), "order": 3, "sign": -1.0})
        for f in (beyond.deflation_rate, beyond.predicted_winner)
    ),
    *(Example(f, {"parameters": POINT, "basis": BASIS}) for f in (beyond.direction_shares, beyond.nearest_direction)),
    Example(beyond.overlaps, {"tensor": TARGET, "target": TARGET}),
    # networks
    Example(networks.hermite, {"order": 3, "y": np.arange(3.0), "square": 1.0}),
    Example(networks.neurons, {"U": U, "X": X, "order": 3, "activation": "hermite"}),
    Example(networks.outputs, {"tensor": TARGET, "X": X, "activation": "hermite"}),
    Example(statistics.mean_of, {"values": np.arange(4.0)}),
    Example(networks.network_loss, {"student": TARGET, "teacher": TARGET, "X": X, "activation": "hermite"}),
    Example(networks.SampleGradient, {"teacher": TARGET, "X": X, "regularization": 0.1, "activation": "hermite"}),
    Example(networks.network_settings, {"teacher": TARGET, "components": 3, "iterations": 3, "regularization": 0.01}),
    Example(
        networks.path,
        {"gradient": GRADIENT, "settings": NETWORK, "rng": GENERATOR},
        kept=("gradient",),
    ),
    Example(mixture.separation, {"first": [POINT], "second": [TIED], "order": 3}),
    Example(mixture.Mixture, {"squares": {3: 1.0}, "weights": np.ones(2), "factors": TARGET.factors}),
    Example(MIXTURE.loss, {"parameters": POINT, "regularization": 0.1}),
    Example(MIXTURE.error, {"parameters": POINT}),
    Example(mixture.mixture_run, {"mixture": MIXTURE, "settings": SETTINGS, "rng": GENERATOR}),
    # experiments
    Example(experiments.Cell, dataclasses.asdict(CELL)),
    Example(experiments.hard_target, {"rank": 4, "order": 3, "kind": "border", "rng": GENERATOR}),
    Example(experiments.weak_target, {"rank": 3, "order": 3, "ratio": 2.0}),
    Example(experiments.power_law_target, {"rank": 3, "order": 3, "exponent": 1.0}),
    Example(
        experiments.grid,
        {
            "order": 3,
            "dimension": 30,
            "rank": 3,
            "components": 4,
            "accuracy": 0.05,
            "kind": "generic",
            "seed": 0,
            "epochs": 1,
            "iterations": 5,
            "in_law": False,
        },
    ),
    Example(experiments.columns, {"outcomes": OUTCOMES}),
    Example(experiments.ladder, {"start": 1, "limit": 20}),
    Example(statistics.proportion, {"successes": 3, "trials": 8}),
    Example(statistics.exponent, {"sizes": np.arange(1.0, 5.0), "components": np.arange(2.0, 6.0)}),
    Example(chance.explicit_strength, {"order": 3, "dimension": 2, "chance": 0.2}),
    Example(chance.proved_pair, {"order": 3, "dimension": 2}),
    Example(chance.measured_theta, {"order": 3, "dimension": 2}),
    Example(chance.measured_strength, {"order": 3, "dimension": 2}),
    Example(chance.holds_in_the_plane, {"strength": 0.1, "chance": 0.2}),
    Example(
        runnable.guaranteed,
        {"dimension": 5, "span": 2, "order": 3, "accuracy": 0.1, "variant": "plain", "looking": False},
    ),
    Example(fresh_first.run_fresh_first, {"target": TARGET, "plan": PLAN, "rng": GENERATOR}, kept=("plan",)),
]

# Public functions that are not tried here, and why.
LEFT_OUT = {
    f"tdbook.{name}": reason
    for reason, names in {
        "a kernel of the inner loops, for arrays that their owners have checked": (
            "tensors.integer_power tensors.unit_columns tensors.core_norm tensors.frobenius_norm "
            "tensors.random_unit_vectors tensors.monomials tensors.multinomial tensors.multinomials "
            "lazy.reduce_blocks lazy.prefix_ranks lazy.odd_factorial lazy.gaussian_to_sphere beyond.hermite_ladder "
            "objectives.vanilla_gradient_unchecked"
        ),
        "wants a start with many columns; tests/lazy/test_converging.py": "lazy.convergence",
        "a part of what is tried": (
            "descent.with_fresh_component descent.with_components descent.smallest_column descent.drive "
            "descent.drive_epoch descent.exact_gradient lemmas.descends"
        ),
        "takes minutes for large cells, or starts processes; tried through the command line": (
            "experiments.measure experiments.sweep experiments.smallest"
        ),
        "reads or writes a file, or counts its lines; tests/test_files.py": (
            "experiments.read_table experiments.write_table experiments.read_notes experiments.notes "
            "experiments.searched experiments.successes"
        ),
    }.items()
    for name in names.split()
}


def tried() -> set[object]:
    """The functions of the examples."""
    return {inspect.unwrap(example.call) for example in EXAMPLES}
