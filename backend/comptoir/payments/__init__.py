"""Payments: what was captured, what is to be given back. References only; no card data, ever."""
