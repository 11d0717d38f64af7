"""One column at a time: the lemma on a step, the lemma on an epoch, the two theorems, and what stands beside them."""

from tdbook.ledger.runnable.claims import CLAIMS

__all__ = ["CLAIMS"]
