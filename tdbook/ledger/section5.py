"""Claims of Section 5: the lemmas, in two halves as in the paper."""

from tdbook.ledger import lemmas_escape, lemmas_rise

CLAIMS = lemmas_rise.CLAIMS + lemmas_escape.CLAIMS
