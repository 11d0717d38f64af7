"""Claims and checks of the chapter on real descent at a large output scale."""

from tdbook.ledger.lazydescent.claims import CLAIMS

__all__ = ["CLAIMS"]
