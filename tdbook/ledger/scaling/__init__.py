"""Claims and checks of the chapter on how many components are enough."""

from tdbook.ledger.scaling.claims import CLAIMS

__all__ = ["CLAIMS"]
