"""Timings, reported as medians and ratios of one run; nothing here asserts a time."""
