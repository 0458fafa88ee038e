"""A retailer that never was, to score sourcing on: a documented generator, a week played hour by hour, a bound that knows the future."""
