"""Claims and checks of the chapter on the bad local minima."""

from tdbook.ledger.traps.claims import CLAIMS

__all__ = ["CLAIMS"]
