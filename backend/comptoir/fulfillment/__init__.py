"""Fulfillment: what a store does for an order: pick, stage, hand over; and what it does when something is not as promised."""
