"""Draw the README's picture and the cover again: `python -m tools.headline`. The numbers are those of the book's
first page; the cover is what other sites show of the book when it is shared, in the size that they want."""

from __future__ import annotations

from pathlib import Path

import tdbook
from tdbook.figures.tensors import widths
from tdbook.lazy import components_forced

ORDER, RANK, COMPONENTS, ACCURACY, SEEDS = 3, 3, 12, 0.05, 5


def main() -> None:
    """Twelve components at every dimension, beside what lazy training cannot do without."""
    runs = {}
    for d in (10, 30, 100, 300, 1000):
        targets = [tdbook.random_target(d, RANK, ORDER, rng=seed) for seed in range(SEEDS)]
        runs[d] = [
            tdbook.decompose(target, COMPONENTS, ACCURACY, rng=seed, progress=False)
            for seed, target in enumerate(targets)
        ]
    picture = widths(runs, {d: components_forced(d, ORDER, ACCURACY**2) for d in runs})
    static = Path(__file__).parent.parent / "book" / "_static"
    picture.save(str(static / "headline.png"), dpi=130, background="white")
    picture.figure.set_size_inches(8, 4.2)
    picture.figure.suptitle("Beyond Lazy Training, Executable", fontsize=17, color="black")
    picture.save(str(static / "cover.png"), dpi=150, background="white")  # 1200 × 630
    print(picture.alt)


if __name__ == "__main__":
    main()
