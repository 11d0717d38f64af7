"""Results that take a chapter too long, kept as small tables in book/data, and the notation."""
