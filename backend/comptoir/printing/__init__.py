"""Printers of stores, and what waits for paper: no step ever waits for a printer."""
