"""Claims of Section 5: the lemmas, in the order of the paper."""

from tdbook.ledger import lemmas_chance, lemmas_escape, lemmas_rise

_outside, _rest = lemmas_escape.CLAIMS[:2], lemmas_escape.CLAIMS[2:]  # Lemma 5 comes before the draw, the rest after it
CLAIMS = lemmas_rise.CLAIMS + _outside + lemmas_chance.CLAIMS + _rest
