"""Claims and checks of the chapter on the certificate of a decomposition."""

from tdbook.ledger.certificate.claims import CLAIMS

__all__ = ["CLAIMS"]
