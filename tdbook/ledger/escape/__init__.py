"""Claims and checks of the chapter on how a fresh component leaves a bad region."""

from tdbook.ledger.escape.claims import CLAIMS

__all__ = ["CLAIMS"]
