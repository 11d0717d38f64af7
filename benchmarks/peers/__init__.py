"""Algorithm 1 with its refinement beside what one would otherwise take: TensorLy, pyttb, SciPy."""
