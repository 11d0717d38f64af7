"""Rational arithmetic of the ledger: tensors, polynomials and moments by routes that share nothing with the library."""
