"""Notifications: what the customer is told, in their language, from the facts that events name."""
