"""What several tests share."""

from tdbook.proofs import formulas


def value(formula: str, **at: float) -> float:
    """A formula of the catalogue at a point."""
    return float(formulas.expression(formula).subs({formulas.spelling(k): v for k, v in at.items()}))


def value_later(formula, **at):
    """A formula of the catalogue at a point."""
    return float(formulas.expression(formula).subs({formulas.spelling(k): v for k, v in at.items()}))
