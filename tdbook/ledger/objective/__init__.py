"""Claims and checks of the chapter on the objective."""

from tdbook.ledger.objective.claims import CLAIMS

__all__ = ["CLAIMS"]
