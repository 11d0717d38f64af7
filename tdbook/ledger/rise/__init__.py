"""Claims and checks of the chapter on how little the loss rises."""

from tdbook.ledger.rise.claims import CLAIMS

__all__ = ["CLAIMS"]
