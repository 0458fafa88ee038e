"""Doors: each handler parses, calls one function and renders; who may come in is declared beside every handler."""
