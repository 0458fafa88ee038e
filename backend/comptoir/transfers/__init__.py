"""Transfers: goods that go from one place of the retailer's to another, and what came of them on the way."""
