"""Claims and checks of the chapter on beyond the paper."""

from tdbook.ledger.beyond.claims import CLAIMS

__all__ = ["CLAIMS"]
