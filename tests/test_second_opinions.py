"""Which independent computation each numerical function is compared with, and in which test.

"Independent" means another route to the same number: arrays of all d^l entries, exact fractions, 60 digits of
mpmath, quotients of differences, closed forms, samples. The table is held to the code: no public function of these
rooms is missing, and each test is there and speaks of the function.
"""

import ast
from pathlib import Path

import pytest
from hostile_examples import LEFT_OUT, public_names

TESTS = Path(__file__).parent
DENSE, EXACT, DIGITS, SLOPES = "arrays of all entries", "exact fractions", "mpmath", "differences of the loss"

# room.function: what it is compared with, file, test
OPINIONS = {
    "tensors.SymmetricCP": (DENSE, "test_tensors", "test_algebra_equals_dense_arrays"),
    "tensors.DenseSymmetric": (DENSE, "test_tensors", "test_algebra_equals_dense_arrays"),
    "tensors.integer_power": ("Python's powers", "test_tensors", "test_integer_power_is_the_power"),
    "tensors.unit_columns": ("numbers by hand", "test_tensors_faults", "test_each_column_is_scaled_by_itself"),
    "tensors.core_norm": ("the Gram matrix", "test_tensors", "test_core_norm_blocks_agree_with_one_piece"),
    "tensors.random_target": ("NumPy's own draws", "test_tensors_faults", "test_random_targets_are_drawn_as_described"),
    "objectives.Parameters": (
        "numbers by hand",
        "test_objectives_faults",
        "test_kappa_is_one_number_or_one_for_each_column",
    ),
    "objectives.model": (DENSE, "test_objectives_faults", "test_the_model_entry_by_entry"),
    "objectives.regularizer": (DIGITS, "test_extremes", "test_loss_and_gradients"),
    "objectives.loss": (DIGITS, "test_extremes", "test_loss_and_gradients"),
    "objectives.frozen_gradient": (DIGITS, "test_extremes", "test_loss_and_gradients"),
    "objectives.tied_gradient": (SLOPES, "test_objectives", "test_tied_gradient_moves_c_with_u"),
    "objectives.residual_contraction": (DENSE, "test_objectives_faults", "test_the_residual_seen_along_each_direction"),
    "objectives.hessian_form": (DIGITS, "test_extremes", "test_hessian_form"),
    "objectives.vanilla_model": (DENSE, "test_extremes", "test_vanilla_model"),
    "objectives.vanilla_loss": (DIGITS, "test_extremes", "test_vanilla_model"),
    "objectives.vanilla_gradient": (DIGITS, "test_extremes", "test_vanilla_model"),
    "lazy.coordinates": ("inner products", "test_lazy", "test_coordinates_keep_inner_products"),
    "lazy.tangent_matrix": ("inner products", "test_lazy_faults", "test_tangents_meet_powers_as_derivatives_do"),
    "lazy.tangent_gram": (DENSE, "test_lazy", "test_tangent_gram_against_dense_tensors"),
    "lazy.moment_gram": ("the moment matrix", "test_lazy", "test_moment_gram_against_the_moment_matrix"),
    "lazy.lazy_errors": ("each prefix by itself", "test_lazy", "test_prefixes_are_the_errors_of_the_prefixes"),
    "lazy.lazy_error": (DENSE, "test_lazy", "test_against_projection_and_dense_moments"),
    "lazy.squared_errors": (DENSE, "test_lazy", "test_against_projection_and_dense_moments"),
    "lazy.expected_displacement": ("samples", "test_lazy", "test_expected_displacement_against_samples_and_peak"),
    "lazy_moments.symmetric_dimension": ("lists", "test_lazy_faults", "test_monomials_are_counted_one_by_one"),
    "lazy_moments.moment_matrix": ("samples", "test_lazy", "test_moment_matrix_against_samples_of_the_sphere"),
    "lazy_moments.moment_spectrum": ("dense eigenvalues", "test_lazy", "test_spectrum_against_dense_eigenvalues"),
    "lazy_moments.flatness": ("a product", "test_lazy", "test_flatness_in_closed_form"),
    "lazy_moments.error_bounds": ("exact errors", "test_lazy", "test_bounds_and_invariances"),
    "lazy_rank.lazy_threshold": ("ranks modulo a prime", "test_lazy_rank", "test_hundreds_of_ranks_in_seconds"),
    "lazy_rank.prefix_ranks": (EXACT, "test_lazy_rank", "test_prefix_ranks_against_fractions_and_extreme_residues"),
    "lazy_rank.rank_of": (EXACT, "test_lazy_rank", "test_rank_modulo_the_prime_is_the_rational_rank"),
    "lazy_rank.exceptional_certificate": (EXACT, "test_lazy_rank", "test_certificates_of_the_exceptions"),
    "lazy_descent.linearise": (DENSE, "test_lazy_descent", "test_closed_form_against_dense_linear_descent"),
    "lazy_descent.lazy_descent": (
        "its linearisation",
        "test_lazy_descent",
        "test_gap_falls_with_the_square_of_the_scale",
    ),
    "landscape.vanilla_trap": ("the library's loss", "test_landscape", "test_value_and_gradient_of_every_trap"),
    "landscape.homogeneous_trap": ("the library's loss", "test_landscape", "test_value_and_gradient_of_every_trap"),
    "trap_targets.trap_decomposition": (EXACT, "test_landscape", "test_decomposition_is_exact"),
    "trap_targets.trap_target": (DENSE, "test_landscape", "test_dense_target_entry_by_entry"),
    "escape.escape_time": (
        "a closed form",
        "test_landscape_escape",
        "test_one_component_on_the_axis_has_a_closed_form",
    ),
    "escape.fitted_slope": ("numbers by hand", "test_landscape_escape", "test_fitted_slope"),
    "lemmas.rise.curvature_constant": (
        "differences",
        "test_lemmas_rise",
        "test_curvature_constant_is_reached_across_and_never_passed",
    ),
    "lemmas.rise.removal_cost": ("two losses", "test_lemmas_rise", "test_removal_cost_is_the_difference_of_losses"),
    "lemmas.escape.lemma5_identity": (DENSE, "test_lemmas_escape", "test_lemma5_identity_against_the_dense_tensor"),
    "lemmas.escape.lemma7_decomposition": (
        DENSE,
        "test_lemmas_escape",
        "test_lemma7_decomposition_against_dense_tensors",
    ),
}

# Rooms of which the table claims to be whole, and their functions without an independent number to compare with.
WHOLE = ("tensors", "objectives", "lazy")
NOTHING_TO_COMPARE = {
    "tensors.SymmetricTensor": "abstract",
    "tensors.symmetric": "a check of arguments",
    "tensors.random_unit_vectors": "draws; their law is tested through tdbook.coordinates",
    "lazy.Prefixes": "a record",
    "lazy.checked_start": "a check of arguments",
}


def test_the_table_is_whole():
    rooms = {name for name in public_names() if name.rsplit(".", 1)[0] in WHOLE}
    assert rooms - set(OPINIONS) - set(NOTHING_TO_COMPARE) == set()
    assert set(OPINIONS) | set(NOTHING_TO_COMPARE) <= public_names() | set(LEFT_OUT)


@pytest.mark.parametrize("name", OPINIONS)
def test_the_opinion_is_there(name):
    _, file, test = OPINIONS[name]
    text = (TESTS / f"{file}.py").read_text(encoding="utf-8")
    found = [node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    assert test in found
    assert name.rsplit(".", 1)[1] in text
