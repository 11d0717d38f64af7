"""The table of test_second_opinions.py: for each function of the numerical rooms, the other route and the test."""

DENSE, EXACT, DIGITS, HAND = "arrays of all entries", "exact fractions", "mpmath", "numbers by hand"
AUTODIFF, QUADRATURE, SAMPLES, SCIPY = "automatic differentiation", "quadrature", "samples", "SciPy or NumPy"

# what it is compared with, the test's file and name, the functions
OPINIONS = [
    # tensors and objectives
    (DENSE, "test_tensors", "test_algebra_equals_dense_arrays", "tensors.SymmetricCP tensors.DenseSymmetric"),
    ("Python's powers", "test_tensors", "test_integer_power_is_the_power", "tensors.integer_power"),
    (HAND, "test_tensors_faults", "test_each_column_is_scaled_by_itself", "tensors.unit_columns"),
    ("the Gram matrix", "test_tensors", "test_core_norm_blocks_agree_with_one_piece", "tensors.core_norm"),
    (SCIPY, "test_tensors_faults", "test_random_targets_are_drawn_as_described", "tensors.random_target"),
    (HAND, "test_objectives_faults", "test_kappa_is_one_number_or_one_for_each_column", "objectives.Parameters"),
    (DENSE, "test_objectives_faults", "test_the_model_entry_by_entry", "objectives.model"),
    (
        AUTODIFF,
        "test_autodiff",
        "test_the_library_has_the_values_and_derivatives_of_the_file",
        "objectives.loss objectives.frozen_gradient objectives.tied_gradient objectives.residual_contraction "
        "objectives.hessian_form objectives.vanilla_loss objectives.vanilla_gradient",
    ),
    (
        DIGITS,
        "test_extremes",
        "test_loss_and_gradients",
        "objectives.regularizer objectives.loss objectives.frozen_gradient objectives.tied_gradient",
    ),
    (DIGITS, "test_extremes", "test_hessian_form", "objectives.hessian_form"),
    (DIGITS, "test_extremes", "test_vanilla_model", "objectives.vanilla_loss objectives.vanilla_gradient"),
    (DENSE, "test_opinions_descent", "test_vanilla_models_on_all_entries", "objectives.vanilla_model"),
    # the lazy rooms
    ("inner products", "test_lazy", "test_coordinates_keep_inner_products", "lazy.coordinates"),
    (DENSE, "test_lazy", "test_tangent_gram_against_dense_tensors", "lazy.tangent_gram lazy.tangent_matrix"),
    (
        QUADRATURE,
        "test_opinions_lazy",
        "test_errors_and_displacements_on_all_entries",
        "lazy.lazy_error lazy.lazy_errors lazy.squared_errors lazy.expected_displacement lazy.moment_gram",
    ),
    (
        QUADRATURE,
        "test_opinions_lazy",
        "test_moments_on_all_entries_by_quadrature",
        "lazy_moments.moment_matrix lazy_moments.moment_spectrum lazy_moments.flatness lazy_moments.monomials",
    ),
    (
        QUADRATURE,
        "test_opinions_lazy",
        "test_bounds_are_the_worst_and_the_best_span_of_one_eigenvalue",
        "lazy_moments.error_bounds lazy_moments.components_forced",
    ),
    (SCIPY, "test_opinions_lazy", "test_odd_factorials_are_scipys", "lazy_moments.odd_factorial"),
    (
        QUADRATURE,
        "test_opinions_lazy",
        "test_the_step_from_gaussian_to_sphere_is_a_moment_of_the_length",
        "lazy_moments.gaussian_to_sphere",
    ),
    ("lists of words", "test_opinions_lazy", "test_multinomials_count_words", "lazy_moments.multinomials"),
    ("lists", "test_lazy_faults", "test_monomials_are_counted_one_by_one", "lazy_moments.symmetric_dimension"),
    (
        "ranks against a theorem",
        "test_lazy_rank",
        "test_hundreds_of_ranks_in_seconds",
        "lazy_rank.lazy_threshold lazy_rank.tangent_ranks lazy_rank.expected_rank",
    ),
    (SCIPY, "test_opinions_lazy", "test_the_generic_rank_on_all_entries", "lazy_rank.expected_rank"),
    (
        EXACT,
        "test_lazy_rank",
        "test_rank_modulo_the_prime_is_the_rational_rank",
        "lazy_rank.rank_of lazy_rank.integer_tangents",
    ),
    (EXACT, "test_lazy_rank", "test_prefix_ranks_against_fractions_and_extreme_residues", "lazy_rank.prefix_ranks"),
    (
        "another quadric",
        "test_opinions_lazy",
        "test_a_certificate_with_another_quadric_does_not_hold",
        "lazy_rank.exceptional_certificate",
    ),
    (
        SCIPY,
        "test_opinions_lazy",
        "test_reduced_blocks_have_numpys_ranks_and_the_distances_from_the_span",
        "lazy_reduction.reduce_blocks",
    ),
    (AUTODIFF, "test_autodiff", "test_the_linearised_model_descends_along_its_gradient", "lazy_descent.linearise"),
    (
        DENSE,
        "test_opinions_lazy",
        "test_lazy_descent_on_all_entries",
        "lazy_descent.lazy_descent lazy_descent.paired_start",
    ),
    (
        DENSE,
        "test_opinions_lazy",
        "test_a_shifted_target_on_all_entries",
        "lazy_descent.shifted_target lazy_descent.Start",
    ),
    ("the Gram route", "test_opinions_lazy", "test_the_table_by_inner_products", "lazy_table.random_prefixes"),
    # traps, escapes, stuck starts
    (
        DENSE,
        "test_opinions_landscape",
        "test_traps_on_all_entries",
        "landscape.Trap landscape.vanilla_trap landscape.homogeneous_trap landscape.mixed_sign_trap",
    ),
    (
        DENSE,
        "test_opinions_landscape",
        "test_targets_by_their_entries",
        "trap_targets.trap_target trap_targets.mixed_sign_target",
    ),
    (EXACT, "test_landscape", "test_decomposition_is_exact", "trap_targets.trap_decomposition"),
    (
        EXACT,
        "test_opinions_landscape",
        "test_the_moments_of_the_nodes_in_fractions",
        "trap_targets.nodes trap_targets.missing_direction",
    ),
    (
        DENSE,
        "test_opinions_landscape",
        "test_arrows_on_all_entries",
        "trap_targets.three_arrows trap_targets.arrows_minimum",
    ),
    (DENSE, "test_opinions_landscape", "test_the_path_out_of_a_trap_on_all_entries", "landscape.escape_path"),
    (
        "a flow in plain time, on all entries",
        "test_opinions_landscape",
        "test_times_of_escape_on_all_entries",
        "escape.escape_time escape.escape_path escape.escape_steps",
    ),
    (QUADRATURE, "test_opinions_landscape", "test_the_time_on_the_axis_for_a_tiny_start", "escape.escape_time"),
    (SCIPY, "test_opinions_landscape", "test_a_fitted_slope_is_scipys", "escape.fitted_slope"),
    (DENSE, "test_opinions_landscape", "test_perturbations_counted_again_on_all_entries", "escape.perturb"),
    (
        "brute force",
        "test_opinions_landscape",
        "test_the_lowest_point_of_a_ball_by_brute_force",
        "escape.lowest_within",
    ),
    (DENSE, "test_opinions_landscape", "test_descent_near_a_trap_on_all_entries", "escape.descend"),
    (
        "readable steps, and the loss on all entries",
        "test_opinions_landscape",
        "test_algorithm_1_from_a_trap_by_readable_steps",
        "escape.algorithm_from_trap",
    ),
    (
        DENSE,
        "test_opinions_landscape",
        "test_plain_descent_one_start_at_a_time_on_all_entries",
        "stuck.plain_descent stuck.orthogonal_target",
    ),
    # Algorithm 1
    (HAND, "test_opinions_descent", "test_settings_by_hand", "descent.settings.Settings"),
    (HAND, "test_opinions_descent", "test_settings_by_hand", "descent.settings.practical_settings"),
    (
        DENSE,
        "test_opinions_descent",
        "test_algorithm_1_on_arrays_of_all_entries",
        "descent.steps.initialize descent.steps.begun descent.steps.reinitialize descent.steps.renewed "
        "descent.steps.step descent.steps.iterate descent.running.run descent.running.run_in_ambient_space "
        "coordinates.Ambient",
    ),
    (
        "looking at all",
        "test_opinions_descent",
        "test_the_smallest_column_by_looking",
        "descent.steps.smallest_column",
    ),
    (
        DENSE,
        "test_opinions_descent",
        "test_a_decomposition_is_as_near_as_it_says",
        "descent.running.decompose descent.running.refined",
    ),
    (
        DENSE,
        "test_opinions_descent",
        "test_lossless_coordinates_make_the_run_of_all_entries",
        "coordinates.Lossless coordinates.choose",
    ),
    (
        "the law of direct draws",
        "test_coordinates",
        "test_components_in_law_are_those_of_the_ambient_space",
        "coordinates.InLaw",
    ),
    (
        "the law of direct draws",
        "test_coordinates",
        "test_targets_in_law_have_the_gram_matrix_of_random_targets",
        "coordinates.core_in_law",
    ),
    (
        "the law of direct runs",
        "test_coordinates",
        "test_runs_in_law_end_like_direct_ones",
        "descent.running.run_in_law",
    ),
    (SCIPY, "test_opinions_descent", "test_polish_ends_where_scipy_does_on_the_entries", "refinement.polish"),
    (
        SCIPY,
        "test_opinions_descent",
        "test_local_search_ends_where_scipy_does_on_the_entries",
        "refinement.local_search",
    ),
    (
        SCIPY,
        "test_opinions_descent",
        "test_the_fewest_components_are_the_rank_of_an_unfolding",
        "refinement.fewest",
    ),
    (DENSE, "test_opinions_descent", "test_merging_on_the_entries", "refinement.merge"),
    (HAND, "test_opinions_descent", "test_agreement_is_an_angle_up_to_sign", "refinement.agree"),
    (
        DENSE,
        "test_opinions_descent",
        "test_refining_finds_the_components_that_were_hidden",
        "refinement.refine_tensor",
    ),
    # the lemmas
    (
        DENSE,
        "test_opinions_lemmas",
        "test_lengths_boosts_and_the_step",
        "lemmas.rise.boosts lemmas.rise.weighted_norm lemmas.rise.after_step lemmas.rise.norm_bound",
    ),
    (
        DENSE,
        "test_opinions_lemmas",
        "test_the_constant_of_lemma_3_and_the_step_that_it_allows",
        "lemmas.rise.curvature_constant lemmas.rise.smoothness lemmas.rise.largest_step lemmas.rise.lemma3 "
        "lemmas.rise.descent_ratio",
    ),
    (DENSE, "test_opinions_lemmas", "test_what_a_removal_costs", "lemmas.rise.removal_cost"),
    (
        DENSE,
        "test_opinions_lemmas",
        "test_epochs_are_those_of_the_plain_algorithm",
        "lemmas.rise.epochs lemmas.rise.one_epoch",
    ),
    (
        DENSE,
        "test_opinions_lemmas",
        "test_lemmas_4_and_2_on_all_entries",
        "lemmas.rise.lemma2 lemmas.rise.lemma4 lemmas.rise.switch_bounds lemmas.rise.descends",
    ),
    (
        "Gamma functions",
        "test_opinions_lemmas",
        "test_gaussian_moments_and_the_chance_by_gamma_functions",
        "lemmas.chance.gaussian_moment lemmas.chance.anticoncentration",
    ),
    (
        QUADRATURE,
        "test_lemmas_escape",
        "test_sphere_moment_bounds_are_the_extreme_eigenvalues_on_the_circle",
        "lemmas.chance.sphere_moment_bounds",
    ),
    (
        QUADRATURE,
        "test_opinions_lemmas",
        "test_the_share_of_a_fresh_vector_by_quadrature",
        "lemmas.chance.fresh_share",
    ),
    (
        "counting on the circle",
        "test_opinions_lemmas",
        "test_a_hard_residual_is_hard_by_counting",
        "lemmas.chance.hard_residual lemmas.chance.correlation_quantile lemmas.chance.lemma6_chance",
    ),
    (
        DENSE,
        "test_opinions_escape_lemmas",
        "test_lemma_5_on_all_entries",
        "lemmas.escape.span_basis lemmas.escape.outside lemmas.escape.outside_mass lemmas.escape.outside_matrix "
        "lemmas.escape.lemma5 lemmas.escape.projected_model",
    ),
    (DENSE, "test_lemmas_escape", "test_lemma5_identity_against_the_dense_tensor", "lemmas.escape.lemma5_identity"),
    (
        DENSE,
        "test_lemmas_escape",
        "test_lemma7_decomposition_against_dense_tensors",
        "lemmas.escape.lemma7_decomposition",
    ),
    (
        DENSE,
        "test_opinions_escape_lemmas",
        "test_lemmas_7_and_8_on_all_entries",
        "lemmas.escape.correlation lemmas.escape.lemma7 lemmas.escape.lemma8 lemmas.escape.shift_step",
    ),
    (
        DENSE,
        "test_opinions_escape_lemmas",
        "test_whole_epochs_on_all_entries",
        "lemmas.escape.lemma1 lemmas.escape.lemma5_total lemmas.escape.lemma9 lemmas.escape.telescoping "
        "lemmas.escape.tensor_path",
    ),
    (DENSE, "test_opinions_escape_lemmas", "test_the_bad_minimum_on_all_entries", "lemmas.escape.bad_minimum"),
    (DIGITS, "test_extremes_rooms", "test_the_plan_of_theorem_3", "lemmas.theorem3.plan"),
    # sources, certificates, networks, sweeps
    (
        "the polynomial's values",
        "test_beyond_sources",
        "test_a_polynomial_and_its_tensors_take_the_same_values",
        "sources.dense_polynomial sources.cp_polynomial",
    ),
    ("SymPy", "test_beyond_sources", "test_polarisation_is_exact", "sources.polarized"),
    ("SymPy", "test_beyond_sources", "test_a_cubic_is_found_and_checked_exactly", "sources.rational_powers"),
    (DENSE, "test_beyond_sources", "test_moments_are_means_of_powers", "sources.moments"),
    (HAND, "test_beyond_sources", "test_centres_are_exact_from_exact_moments", "sources.mixture_centres"),
    (
        HAND,
        "test_opinions_above",
        "test_the_principal_space_of_points_whose_moments_are_exact",
        "sources.principal_space",
    ),
    (
        DENSE,
        "test_opinions_above",
        "test_tensors_on_the_sphere_on_all_entries",
        "beyond.difference beyond.restricted beyond.sphere_values beyond.overlaps beyond.nuclear_loss",
    ),
    (
        SCIPY,
        "test_opinions_above",
        "test_the_largest_value_on_the_circle_is_scipys",
        "beyond.largest_by_grid beyond.largest_by_ascent beyond.sphere_grid",
    ),
    (
        "a fine circle",
        "test_opinions_above",
        "test_a_certificate_by_a_fine_circle",
        "beyond.certify beyond.violating_share",
    ),
    (DENSE, "test_opinions_above", "test_atoms_on_all_entries", "beyond.gathered beyond.polished"),
    (
        DENSE,
        "test_opinions_above",
        "test_small_columns_of_an_orthogonal_target_on_all_entries",
        "beyond.small_step_factors beyond.deflation_rate beyond.predicted_winner",
    ),
    (
        HAND,
        "test_opinions_above",
        "test_shares_of_directions_by_hand",
        "beyond.direction_shares beyond.nearest_direction",
    ),
    (SCIPY, "test_beyond_networks", "test_hermite_polynomials_are_numpys", "networks.hermite"),
    (
        SCIPY,
        "test_opinions_above",
        "test_neurons_and_outputs_are_numpys_hermite_polynomials",
        "networks.neurons networks.outputs networks.hermite_ladder",
    ),
    (HAND, "test_opinions_above", "test_means_and_their_intervals", "networks.mean_of networks.network_loss"),
    (
        "differences of the sample loss",
        "test_beyond_networks",
        "test_sample_gradient_is_the_derivative_of_the_sample_loss",
        "networks.SampleGradient",
    ),
    (
        DENSE,
        "test_opinions_above",
        "test_paths_and_mixtures_on_all_entries",
        "networks.exact_gradient networks.path networks.separation networks.Mixture networks.mixture_run "
        "networks.network_settings",
    ),
    (
        "the step of Algorithm 1",
        "test_beyond_networks",
        "test_advance_with_the_exact_gradient_is_a_step_of_the_algorithm",
        "networks.advance",
    ),
    (SCIPY, "test_opinions_above", "test_slopes_of_a_table_are_numpys", "experiments.exponent"),
    (
        HAND,
        "test_opinions_above",
        "test_successes_counted_by_hand_and_columns_row_by_row",
        "experiments.successes experiments.columns",
    ),
    (DENSE, "test_opinions_above", "test_a_measured_cell_on_all_entries", "experiments.measure"),
    (DENSE, "test_experiments", "test_hard_targets_are_what_they_say", "experiments.hard_core"),
    (HAND, "test_experiments", "test_the_ladder", "experiments.ladder"),
    ("all seeds", "test_experiments", "test_the_smallest_m_is_that_of_all_seeds", "experiments.smallest"),
]

# Of these rooms no function may be missing.
WHOLE = (
    "tensors", "objectives", "lazy", "lazy_moments", "lazy_rank", "lazy_reduction", "lazy_descent", "lazy_table",
    "landscape", "trap_targets", "escape", "stuck", "descent.settings", "descent.steps", "descent.running",
    "coordinates", "refinement", "lemmas.rise", "lemmas.chance", "lemmas.escape", "lemmas.theorem3", "sources",
    "beyond", "networks", "experiments",
)  # fmt: skip

# Why, and what has no number of its own.
NOTHING_TO_COMPARE = {
    "abstract": "tensors.SymmetricTensor coordinates.Space",
    "a check of arguments": "tensors.symmetric lazy.checked_start descent.steps.fits trap_targets.wide_enough",
    "draws; their law is tested through tdbook.coordinates": "tensors.random_unit_vectors",
    "a record": (
        "lazy.Prefixes lazy_moments.Level lazy_reduction.Reduction lazy_descent.LazyRun lazy_descent.Linearisation "
        "landscape.Path escape.Descent escape.Perturbed escape.Slope escape.TrapRun stuck.Fates descent.steps.State "
        "descent.running.EpochRecord descent.running.History descent.running.Run refinement.PolishRecord "
        "lemmas.rise.Epoch lemmas.rise.Inequality lemmas.escape.Decomposition lemmas.escape.EpochOutcome "
        "lemmas.theorem3.Condition lemmas.theorem3.Plan beyond.Certificate networks.Estimate experiments.Cell "
        "experiments.Outcome experiments.Search"
    ),
    "files and text": (
        "lazy_table.read lazy_table.write lazy_table.main experiments.notes experiments.read_notes "
        "experiments.read_table experiments.write_table"
    ),
    "a list of cells, or many times measure": "experiments.grid experiments.sweep experiments.searched",
}
