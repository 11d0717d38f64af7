"""Claims and checks of the chapter on the proof of Theorem 3."""

from tdbook.ledger.theorem3.claims import CLAIMS

__all__ = ["CLAIMS"]
