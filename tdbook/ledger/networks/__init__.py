"""Claims and checks of the chapter on networks and deflation."""

from tdbook.ledger.networks.claims import CLAIMS

__all__ = ["CLAIMS"]
