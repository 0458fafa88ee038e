"""Tools without a retail word in them."""
