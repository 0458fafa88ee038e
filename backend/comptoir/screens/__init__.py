"""Reads that join nouns: one file per page, one SQL statement, one view struct. Screens import no rule."""
