"""Goods that come back: the notice of withdrawal and its dates."""
