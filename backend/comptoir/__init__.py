"""Comptoir: store operations for retailers who sell on the web and in shops."""
