"""Claims and checks of the chapter on the span of the lazy model, Theorem 1, and lazy gradient descent."""

from tdbook.ledger.lazy.claims import CLAIMS

__all__ = ["CLAIMS"]
