"""Checks of Section 5.2: what a fresh component does outside the span, and which direction it has inside."""

from tdbook.ledger.fresh.claims import CLAIMS

__all__ = ["CLAIMS"]
