"""Decomposition by other means than Algorithm 1."""
