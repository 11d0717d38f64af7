"""Claims on how many components are needed, and for whom."""

from tdbook.ledger.frontier.claims import CLAIMS

__all__ = ["CLAIMS"]
