"""Sourcing: which location fulfills what. A first form: the cheapest location that has everything, else fewest parcels."""
