"""Receiving: what suppliers are to bring, what came, and where the two differ."""
