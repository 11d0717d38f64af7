"""Make the example tensors again: `python examples/make.py`. Each is drawn from a fixed seed."""

from pathlib import Path

import tdbook
from tdbook.files import save

HERE = Path(__file__).parent


def main() -> None:
    """Write three targets: components in d = 100, a dense array of order 4, and a dependent overcomplete one."""
    correlated = tdbook.random_target(dimension=100, rank=3, order=3, kind="correlated", rng=1)
    save(correlated, HERE / "correlated.npz", overwrite=True)
    mixed = tdbook.random_target(dimension=12, rank=3, order=4, kind="mixed-sign", rng=2)
    save(tdbook.DenseSymmetric(mixed.to_dense()), HERE / "dense.npy", overwrite=True)
    dependent = tdbook.random_target(dimension=30, rank=5, order=3, kind="dependent", rng=3)
    save(dependent, HERE / "dependent.npz", overwrite=True)


if __name__ == "__main__":
    main()
