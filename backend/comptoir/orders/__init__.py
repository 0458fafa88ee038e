"""Orders: what the customer bought, is it acceptable, what holds it, how far it is. Personal data lives here only."""
