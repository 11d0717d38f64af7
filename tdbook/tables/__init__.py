"""Small tables: what takes a chapter too long, kept in book/data; the notation; and tables as pages show them."""

from tdbook.tables.shown import Table

__all__ = ["Table"]
